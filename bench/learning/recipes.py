"""The recipes that are compared, as a user would write them, and those that only the digits are given, to be hurt."""

from __future__ import annotations

import variegate as vg

# By name, in words. `moves` is the seed's recipe less its flips: it shows which of the two did what the seed's does.
RECIPES = {
    "none": "none",
    "flips": "flips",
    "seed": "the seed's recipe",
    "moves": "the same without its flips",
    "RandAugment": "RandAugment(2, 9)",
    "MixUp": "MixUp(0.2)",
}
TURNS = {
    "mirror": "left and right exchanged, half of the time",
    "half turn": "upside down, half of the time",
    "any turn": "turned by any angle",
    "small turn": "turned by up to 15 degrees",
}


def ops(recipe: str, size: int) -> list[vg.Op]:
    """The ops of a recipe for square pictures of a size, before they become floats.

    The seed's is that of bench/peers/ours.py: rotate, shift, zoom, shear, both flips, a resized crop, contrast. Its
    crop is of 224 pixels and of 8 to 100 % of the area; here it has the set's own size, and 60 to 100 %, because a
    twelfth of a digit is none.
    """
    flips = [vg.HorizontalFlip(p=0.5), vg.VerticalFlip(p=0.5)]
    move = [vg.Rotate((-30, 30)), vg.Translate(x=(-0.1, 0.1), y=(-0.1, 0.1)), vg.Scale((0.8, 1.2))]
    move += [vg.Shear(x=(-10, 10), y=(-10, 10))]
    last = [vg.RandomResizedCrop(size, scale=(0.6, 1)), vg.Contrast((0.8, 1.2))]
    known: dict[str, list[vg.Op]] = {
        "none": [],
        "flips": flips,
        "seed": [*move, *flips, *last],
        "moves": [*move, *last],
        "RandAugment": [vg.RandAugment(2, 9)],
        "MixUp": [vg.MixUp(0.2)],
        "mirror": [vg.HorizontalFlip(p=0.5)],
        "half turn": [vg.Rotate(vg.Choice([0, 180]))],
        "any turn": [vg.Rotate((-180, 180))],
        "small turn": [vg.Rotate((-15, 15))],
    }
    return known[recipe]


def pipeline(recipe: str, size: int, classes: int, masks: bool) -> vg.Compose:
    """A recipe to floats, channels first, with its targets.

    A mask of classes has no mean, so where pictures are averaged there is a map of shares for each class instead, 0
    to 1; elsewhere what lies outside of the picture is left out of the loss.
    """
    mixed = recipe == "MixUp"
    targets: dict[str, vg.Target] = {"label": vg.Classes(classes)} if mixed and not masks else {}
    if masks:
        targets["mask"] = vg.Mask() if mixed else vg.Mask(ignore_index=255)
    return vg.Compose([*ops(recipe, size), vg.ToDtype("float32", "CHW")], targets=targets)
