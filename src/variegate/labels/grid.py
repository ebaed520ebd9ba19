"""Grid: the pixels of a mask, which may be larger or smaller than those of its picture but cover the same plane."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from variegate import coords
from variegate.labels.track import Way
from variegate.plan.ir import CONSTANT
from variegate.targets import Mask
from variegate.targets.leaf import MaskLeaf

Floats = NDArray[np.float64]


def own_way(target: Mask, leaf: MaskLeaf, way: Way) -> Way:
    """The way as a mask goes it: from its own pixels to those of the result's mask, by its own borders.

    Of another resolution than the picture, it is the picture's way between two scalings: windows cut, and borders fold,
    where they do in the picture. A stack has nothing beyond a window, unless it is to have mirror images.
    """
    if target.stack and not target.copies:
        way = way._replace(borders=np.full(len(way.borders), CONSTANT, np.int64))
    if target.stride == 1:
        return way
    into, out = unit(sides_of(target, leaf), way.canvas[0]), unit(target.sides(way.size), way.canvas[-1])
    none, one = np.array([CONSTANT], np.int64), np.ones(1)
    before, after = np.concatenate([1 / into, one]), np.concatenate([1 / out, one])
    return way._replace(
        maps=np.concatenate([_scaling(1 / into), way.maps, _scaling(out)]),
        canvas=np.array([sides_of(target, leaf), *way.canvas.tolist(), target.sides(way.size)], np.int64),
        borders=np.concatenate([none, way.borders, none]),  # of the outer two, which cover the pictures, none is seen
        forward=after[:, None] * way.forward / before,
        backward=before[:, None] * way.backward / after,
        region=way.region / out,
        source=way.source / into,
    )


def sides_of(target: Mask, leaf: MaskLeaf) -> tuple[int, int]:
    """(height, width) of a mask."""
    height, width = leaf.pixels.shape[1:] if target.stack else leaf.pixels.shape[:2]
    return height, width


def unit(sides: tuple[int, int], size: NDArray[np.int64]) -> Floats:
    """(x, y): how many pixels of a picture a pixel of its mask is wide and high, from the (height, width) of both."""
    return np.asarray(size[::-1] / np.array(sides[::-1], np.float64))


def _scaling(by: Floats) -> Floats:
    """(1, 3, 3): the map that multiplies x and y."""
    return coords.affine(by[0], 0.0, 0.0, 0.0, by[1], 0.0)
