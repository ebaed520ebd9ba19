"""Variegate: the recipes, with and without labels, and its loader with two workers over files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import variegate as vg
from peers import measure

LOADERS: list[vg.Loader] = []


def policy() -> list[vg.OneOf]:
    """Two of 14 ops: a poor man's RandAugment.

    Ten are of its list, at the magnitudes of its strongest level and both signs; Hue, Gamma, Invert and a flip stand
    for AutoContrast, Equalize, Sharpness and Identity.
    """
    slant, shift, factor = (-17, 17), (-0.45, 0.45), (0.1, 1.9)

    def one() -> vg.OneOf:
        moving = [vg.Rotate((-30, 30)), vg.Shear(x=slant), vg.Shear(y=slant), vg.Translate(x=shift)]
        moving += [vg.Translate(y=shift), vg.HorizontalFlip()]
        colour = [vg.Brightness(factor), vg.Contrast(factor), vg.Saturation(factor), vg.Hue((-30, 30))]
        return vg.OneOf([*moving, *colour, vg.Posterize((4, 8)), vg.Solarize((0, 1)), vg.Gamma((0.5, 2)), vg.Invert()])

    return [one(), one()]


def ops(recipe: str, variant: str = "four") -> list[Any]:
    """The recipe's ops; *seed* with one Affine or with an op each; *policy* before the standard recipe, or inside."""
    crop, mirror = vg.RandomResizedCrop(measure.SIZE), vg.HorizontalFlip(p=0.5)
    last = vg.Normalize(mean=measure.MEAN, std=measure.STD, layout="CHW")
    if recipe == "standard":
        return [crop, mirror, last]
    if recipe == "policy":
        return [*policy(), crop, mirror, last]
    if recipe == "policy inside":
        return [crop, mirror, *policy(), last]
    turn, shift, zoom, slant = (-30, 30), (-0.1, 0.1), (0.8, 1.2), (-10, 10)
    affine: dict[str, list[Any]] = {
        "one": [vg.Affine(rotate=turn, x=shift, y=shift, scale=zoom, shear_x=slant, shear_y=slant)],
        "four": [vg.Rotate(turn), vg.Translate(x=shift, y=shift), vg.Scale(zoom), vg.Shear(x=slant, y=slant)],
    }
    return [*affine[variant], mirror, vg.VerticalFlip(p=0.5), crop, vg.Contrast((0.8, 1.2)), last]


def pipeline(recipe: str, variant: str = "four", antialias: bool = True) -> vg.Compose:
    """The recipe to CHW float32."""
    return vg.Compose(ops(recipe, variant), antialias=antialias)


def detection(order: str = "affine first", antialias: bool = True) -> vg.Compose:
    """Affine, flip, resized crop, colours, with COCO boxes and their classes; or the crop before the affine."""
    shift, slant = (-0.1, 0.1), (-5, 5)
    move = vg.Affine(rotate=(-10, 10), scale=(0.8, 1.2), x=shift, y=shift, shear_x=slant, shear_y=slant)
    crop, mirror = vg.RandomResizedCrop(640), vg.HorizontalFlip(p=0.5)
    colours = vg.ColorJitter(hue=(-40, 40), saturation=(0.8, 1.2), brightness=(0.9, 1.1))
    steps = [move, mirror, crop] if order == "affine first" else [crop, move, mirror]
    targets = vg.Targets(boxes=vg.Boxes("coco", min_visible=0.1), labels=vg.PerInstance())
    return vg.Compose([*steps, colours], antialias=antialias, targets=targets)


def segmentation(antialias: bool = True) -> vg.Compose:
    """Scale, rotate, crop with padding, flip, colours, with a mask."""
    factor = (0.8, 1.2)
    colours = vg.ColorJitter(brightness=factor, contrast=factor, saturation=factor, hue=(-18, 18))
    crop = vg.RandomCrop(512, border="constant")
    ops = [vg.Scale((0.5, 2)), vg.Rotate((-10, 10)), crop, vg.HorizontalFlip(p=0.5), colours]
    return vg.Compose(ops, antialias=antialias, targets=vg.Targets(mask=vg.Mask(ignore_index=255)))


def loader(recipe: str, folder: str | Path, **options: Any) -> vg.Loader:
    """Our defaults, two workers, batches of 64, from the files of one flat folder."""
    chosen = {"batch_size": measure.BATCH, "workers": 2, "drop_last": True, **options}
    return vg.Loader(vg.ImageFolder(folder), pipeline(recipe), **chosen)


def batches(recipe: str, paths: list[str], variant: str) -> Iterator[Any]:
    """One epoch, shuffled."""
    LOADERS[:] = [loader(recipe, Path(paths[0]).parent)]
    for batch in LOADERS[0]:
        yield batch["image"]


def stages() -> dict[str, float]:
    """Seconds by stage so far: of the threads together, and the consumer's wait."""
    kept = ("read", "decode", "plan", "kernel", "wait")
    return {name: LOADERS[0].stats()[name] for name in kept} if LOADERS else {}


if __name__ == "__main__":
    measure.main(batches, stages)
