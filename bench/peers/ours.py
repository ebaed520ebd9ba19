"""Variegate: the two recipes, and its loader with two workers over files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import variegate as vg
from peers import measure

LOADERS: list[vg.Loader] = []


def ops(recipe: str, variant: str = "four") -> list[Any]:
    """The recipe's ops; *seed* with one Affine or with an op each."""
    crop, mirror = vg.RandomResizedCrop(measure.SIZE), vg.HorizontalFlip(p=0.5)
    last = vg.Normalize(mean=measure.MEAN, std=measure.STD, layout="CHW")
    if recipe == "standard":
        return [crop, mirror, last]
    turn, shift, zoom, slant = (-30, 30), (-0.1, 0.1), (0.8, 1.2), (-10, 10)
    affine: dict[str, list[Any]] = {
        "one": [vg.Affine(rotate=turn, x=shift, y=shift, scale=zoom, shear_x=slant, shear_y=slant)],
        "four": [vg.Rotate(turn), vg.Translate(x=shift, y=shift), vg.Scale(zoom), vg.Shear(x=slant, y=slant)],
    }
    return [*affine[variant], mirror, vg.VerticalFlip(p=0.5), crop, vg.Contrast((0.8, 1.2)), last]


def pipeline(recipe: str, variant: str = "four", antialias: bool = True) -> vg.Compose:
    """The recipe to CHW float32."""
    return vg.Compose(ops(recipe, variant), antialias=antialias)


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
