"""Labels through the pixels' map: one file a target, `track` for the map, `carry` for a whole sample."""
