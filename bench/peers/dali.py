"""DALI on the CPU, two threads. The warp is one affine; its resize antialiases by default, as ours does.

The affine's canvas keeps each picture's size, so the matrix is built from the size in the graph. `standard` decodes
the crop only (`image_random_crop`), which is DALI's own ImageNet recipe.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import nvidia.dali.fn as fn
import nvidia.dali.types as types
from nvidia.dali import pipeline_def

from peers import measure

THREADS = 2
MEAN, STD = ([v * 255 for v in values] for values in (measure.MEAN, measure.STD))


def affine(images: Any) -> Any:
    """Turn, shift, scale and shear about the centre, in one warp."""
    shape = images.shape(dtype=types.FLOAT)
    size = fn.stack(shape[1], shape[0])
    centre = size / 2
    matrix = fn.transforms.rotation(angle=fn.random.uniform(range=(-30, 30)), center=centre)
    shift = fn.random.uniform(range=(-0.1, 0.1), shape=2) * size
    matrix = fn.transforms.translation(matrix, offset=shift)
    zoom = fn.random.uniform(range=(0.8, 1.2))
    matrix = fn.transforms.scale(matrix, scale=fn.stack(zoom, zoom), center=centre)
    matrix = fn.transforms.shear(matrix, angles=fn.random.uniform(range=(-10, 10), shape=2), center=centre)
    return fn.warp_affine(images, matrix=matrix, inverse_map=False, fill_value=0, interp_type=types.INTERP_LINEAR)


@pipeline_def(batch_size=measure.BATCH, num_threads=THREADS, device_id=None)
def pipeline(recipe: str, paths: list[str]) -> Any:
    """Files to 64x3x224x224."""
    data, _ = fn.readers.file(files=paths, labels=[0] * len(paths), random_shuffle=True, name="files")
    flip = fn.random.coin_flip(probability=0.5)
    side = [measure.SIZE, measure.SIZE]
    if recipe == "standard":
        crop = {"random_area": [0.08, 1.0], "random_aspect_ratio": [3 / 4, 4 / 3]}
        images = fn.decoders.image_random_crop(data, device="cpu", output_type=types.RGB, **crop)
        images = fn.resize(images, size=side)
    else:
        images = affine(fn.decoders.image(data, device="cpu", output_type=types.RGB))
        images = fn.flip(images, horizontal=0, vertical=fn.random.coin_flip(probability=0.5))
        images = fn.random_resized_crop(images, size=side)
        mean = fn.reductions.mean(images)
        images = fn.contrast(images, contrast=fn.random.uniform(range=(0.8, 1.2)), contrast_center=mean)
    return fn.crop_mirror_normalize(images, mirror=flip, mean=MEAN, std=STD, dtype=types.FLOAT, output_layout="CHW")


def batches(recipe: str, paths: list[str], variant: str) -> Iterable[Any]:
    """Endless batches, as views of DALI's own buffers."""
    pipe = pipeline(recipe, paths)
    pipe.build()
    while True:
        yield pipe.run()[0].as_tensor()


if __name__ == "__main__":
    measure.main(batches)
