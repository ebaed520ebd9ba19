"""Labels through the pixels' map: one file a target, `point_map` for the map, `carry` for a whole sample."""
