"""Masks through a sample's map: classes by nearest or by vote, float maps as a picture is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.labels.mask_map import mask_map
from variegate.labels.move import move
from variegate.labels.point_map import PointMap
from variegate.labels.projective import ProjectiveMap, per_pixel
from variegate.labels.stack import in_pixels, visibility_of
from variegate.labels.visibility import Visibility
from variegate.targets import Mask, MaskLeaf

MOST = (1 << 31) - 1  # kernels count the numbers of a picture in 32 bits

Flags = NDArray[np.bool_]
Fills = tuple[float, ...]  # one a layer


@move.register(Mask)
def move_mask(
    target: Mask, leaf: MaskLeaf, point_map: PointMap, _: Visibility | None = None
) -> tuple[MaskLeaf, Visibility | None]:
    """A mask on the result; of a stack, also what is left of each instance."""
    own = mask_map(target, leaf, point_map)
    moved = carry_mask(target, leaf, own)
    if not target.stack:
        return moved, None
    return moved, in_pixels(
        visibility_of(leaf, moved, own, target.copies), per_pixel(own.size, np.array(point_map.size))
    )


def carry_mask(target: Mask, leaf: MaskLeaf, point_map: PointMap) -> MaskLeaf:
    """A mask, or a stack of them, as it lies on the result; its dtype stays.

    point_map  the mask's own, see `grid`

    Classes, bool or integers, are read by nearest; with `shrink="area"`, what shrinks is put to the vote. Floats are
    read as a picture is: bilinear, filtered where they shrink if the pipeline says so, in float32, never clamped; but
    bit by bit where all maps are flips, quarter turns and shifts by whole pixels.

    Raises  InputError if the fill is no number of the mask's dtype, or a float map is too large.
    """
    pixels = leaf.pixels
    axes = slice(1, None) if target.stack else slice(0, 2)
    assert pixels.shape[axes] == point_map.before, "a leaf lies on the picture that the map starts from"
    layers = pixels if target.stack else np.moveaxis(pixels, 2, 0) if pixels.ndim == 3 else pixels[None]
    fills = _fills(target, pixels.dtype, len(layers))
    carried = (_floats if pixels.dtype.kind == "f" else _classes)(target, layers, fills, point_map)
    if not target.stack:
        carried = np.moveaxis(carried, 0, 2) if pixels.ndim == 3 else carried[0]
    return MaskLeaf(np.ascontiguousarray(carried, pixels.dtype))


def visible_pixels(point_map: PointMap) -> Flags:
    """Which pixels of the result show the picture at all, (h, w): elsewhere a fill is seen."""
    from variegate.kernels.gather import visible_mask

    return visible_mask(point_map.chain)


def visible_part(point_map: PointMap) -> tuple[tuple[int, int], Flags]:
    """The same within a box of the result beyond which nothing shows: its corner (top, left), and those in it."""
    from variegate.kernels.chain import MapChain
    from variegate.kernels.codes import CONSTANT
    from variegate.kernels.gather import visible_mask

    chain = point_map.chain
    if not isinstance(point_map, ProjectiveMap) or (chain.borders != CONSTANT).any():
        return (0, 0), visible_mask(chain)
    if len(point_map.region) < 3:
        return (0, 0), np.zeros((0, 0), np.bool_)
    (left, top), (right, bottom) = point_map.region.min(axis=0), point_map.region.max(axis=0)
    height, width = point_map.size
    y, x = max(int(top) - 1, 0), max(int(left) - 1, 0)
    shape = min(int(bottom) + 2, height) - y, min(int(right) + 2, width) - x
    if min(shape) < 1:
        return (0, 0), np.zeros((0, 0), np.bool_)
    shift = np.array([[[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]]])
    canvas = np.concatenate([chain.canvas, np.array([shape], np.int64)])
    borders = np.concatenate([chain.borders, np.array([CONSTANT], np.int64)])
    return (y, x), visible_mask(MapChain(np.concatenate([chain.maps, shift]), canvas, borders))


def _classes(target: Mask, planes: NDArray[Any], fills: Fills, point_map: PointMap) -> NDArray[Any]:
    """Class masks (N, H, W), in the machine's own byte order: those that share a fill are read together."""
    from variegate.kernels.elect import Vote, elect
    from variegate.kernels.gather import gather

    chain, vote = point_map.chain, Vote(target.ignore_index, tuple(target.keep))
    planes = np.require(planes, planes.dtype.newbyteorder("="), ["C", "A"])

    def read(some: NDArray[Any], fill: float) -> NDArray[Any]:
        return elect(chain, some, int(fill), vote) if target.shrink == "area" else gather(chain, some, int(fill))

    return _by_fill(read, planes, fills)


def _by_fill(read: Callable[[NDArray[Any], float], NDArray[Any]], planes: NDArray[Any], fills: Fills) -> NDArray[Any]:
    """Planes (N, H, W) by a function that knows one fill."""
    if len(set(fills)) < 2:
        return read(planes, fills[0] if fills else 0)
    return np.concatenate([read(planes[n : n + 1], fill) for n, fill in enumerate(fills)])


def _floats(target: Mask, planes: NDArray[Any], fills: Fills, point_map: PointMap) -> NDArray[Any]:
    """Float maps (N, H, W): each one a channel of a picture."""
    if not planes.size or (_whole(point_map, target.stride != 1) and planes.dtype.itemsize <= 8):
        return _by_fill(lambda some, fill: _bits(some, fill, point_map), planes, fills)
    return np.moveaxis(_picture(np.require(np.moveaxis(planes, 0, 2), np.float32, ["C", "A"]), fills, point_map), 2, 0)


def _whole(point_map: PointMap, scaled: bool) -> bool:
    """Whether every map is a flip, a quarter turn or a shift by whole pixels: then nothing lies between pixels.

    scaled  the first and the last map are scalings, and what counts is that they undo each other
    """
    if not isinstance(point_map, ProjectiveMap):
        return False
    maps = np.concatenate([point_map.maps[1:-1], point_map.backward[None]]) if scaled else point_map.maps
    turned = (np.abs(maps[:, :2, :2]).sum(axis=2) == 1).all()
    return bool(turned and (maps == np.rint(maps)).all() and (maps[:, 2] == (0, 0, 1)).all())


def _bits(planes: NDArray[Any], fill: float, point_map: PointMap) -> NDArray[Any]:
    """Planes of floats (N, H, W) by nearest, so that every number stays as it is, bit by bit."""
    from variegate.kernels.gather import gather

    dtype = planes.dtype.newbyteorder("=")
    planes, number = np.ascontiguousarray(planes, dtype), np.dtype(f"i{dtype.itemsize}")
    out = gather(point_map.chain, planes.view(number), int(np.array(fill, dtype).view(number)))
    return out.view(dtype)


def _picture(image: NDArray[np.float32], fills: Fills, point_map: PointMap) -> NDArray[np.float32]:
    """A float32 picture (H, W, C) through the very kernels of pictures."""
    from variegate.kernels.picture import read_picture

    if image.size > MOST:
        raise InputError(f"a float map has at most {MOST} numbers, got {image.shape}; give its channels in parts")
    return read_picture(image, point_map.chain, np.array(fills, np.float64), point_map.antialias)


def _fills(target: Mask, dtype: np.dtype[Any], count: int) -> Fills:
    """What lies outside of each layer, as a mask of this dtype can hold it."""
    for fill in target.outside:
        if dtype.kind == "f":  # read as float32, whatever it is
            fits = abs(fill) <= min(float(np.finfo(dtype).max), float(np.finfo(np.float32).max))
        else:
            low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
            fits = low <= fill <= high and fill == int(fill)
        if not fits:
            raise InputError(
                f"a mask of {dtype} cannot hold {fill}, which is to lie outside of the picture; give the mask another "
                "dtype, or Mask another fill"
            )
    return target.outside if len(target.outside) == count else target.outside[:1] * count
