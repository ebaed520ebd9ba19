"""Masks through a sample's map: classes by nearest or by vote, float maps as a picture is read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.labels.track import Way
from variegate.ops.base import Facts
from variegate.plan.ir import Defaults
from variegate.targets import Mask, MaskLeaf, Targets

MOST = (1 << 31) - 1  # kernels count the numbers of a picture in 32 bits

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


def carry_mask(target: Mask, leaf: MaskLeaf, way: Way) -> MaskLeaf:
    """A mask, or a stack of them, as it lies on the result; its dtype stays.

    Classes, bool or integers, are read by nearest; with `shrink="area"`, what shrinks is put to the vote. Floats are
    read as a picture is: bilinear, filtered where they shrink if the pipeline says so, in float32, never clamped; but
    bit by bit where all maps are flips, quarter turns and shifts by whole pixels.

    Raises  InputError if the fill is no number of the mask's dtype, or a float map is too large.
    """
    pixels = leaf.pixels
    axes = slice(1, None) if target.stack else slice(0, 2)
    assert pixels.shape[axes] == tuple(way.canvas[0].tolist()), "a leaf lies on the picture that the way starts from"
    if pixels.dtype.kind == "f":
        return MaskLeaf(_floats(target, pixels, way))
    planes = pixels if target.stack else pixels[None]
    carried = _classes(target, planes, way).astype(pixels.dtype, copy=False)
    return MaskLeaf(carried if target.stack else carried[0])


def seen(way: Way) -> Flags:
    """Which pixels of the result show the picture at all, (h, w): elsewhere a fill is seen."""
    from variegate.kernels.gather import Chain, shown

    return shown(Chain(way.maps, way.canvas, way.borders))


def _classes(target: Mask, planes: NDArray[Any], way: Way) -> NDArray[Any]:
    """A stack of class masks, in the machine's own byte order."""
    from variegate.kernels.elect import Vote, elect
    from variegate.kernels.gather import Chain, gather

    fill, chain = int(_fill(target, planes.dtype)), Chain(way.maps, way.canvas, way.borders)
    planes = np.require(planes, planes.dtype.newbyteorder("="), ["C", "A"])
    if target.shrink == "area":
        return elect(chain, planes, fill, Vote(target.ignore_index, target.keep))
    return gather(chain, planes, fill)


def _floats(target: Mask, pixels: NDArray[Any], way: Way) -> NDArray[Any]:
    """A float map (H, W) or (H, W, C), or a stack (N, H, W) of them: each one a channel of a picture."""
    fill = _fill(target, pixels.dtype)
    image = np.moveaxis(pixels, 0, 2) if target.stack else pixels
    image = image.reshape(*image.shape[:2], -1)
    if not image.size or (_whole(way.maps) and pixels.dtype.itemsize <= 8):
        out = _bits(image, fill, way)
    else:
        out = _picture(np.require(image, np.float32, ["C", "A"]), fill, way).astype(pixels.dtype)
    if target.stack:
        return np.ascontiguousarray(np.moveaxis(out, 2, 0))
    return out if pixels.ndim == 3 else out[:, :, 0]


def _whole(maps: Floats) -> bool:
    """Whether every map is a flip, a quarter turn or a shift by whole pixels: then nothing lies between pixels."""
    turned = (np.abs(maps[:, :2, :2]).sum(axis=2) == 1).all()
    return bool(turned and (maps == np.rint(maps)).all() and (maps[:, 2] == (0, 0, 1)).all())


def _bits(image: NDArray[Any], fill: float, way: Way) -> NDArray[Any]:
    """A picture of floats (H, W, C) by nearest, so that every number stays as it is, bit by bit."""
    from variegate.kernels.gather import Chain, gather

    dtype = image.dtype.newbyteorder("=")
    planes, number = np.ascontiguousarray(np.moveaxis(image, 2, 0), dtype), np.dtype(f"i{dtype.itemsize}")
    out = gather(Chain(way.maps, way.canvas, way.borders), planes.view(number), int(np.array(fill, dtype).view(number)))
    return np.ascontiguousarray(np.moveaxis(out.view(dtype), 0, 2), image.dtype)


def _picture(image: NDArray[np.float32], fill: float, way: Way) -> NDArray[np.float32]:
    """A float32 picture (H, W, C) through the very kernels of pictures."""
    from variegate.plan.group import Pass
    from variegate.plan.kind import Kind
    from variegate.plan.lower import Lowering, Source
    from variegate.plan.output import Written
    from variegate.plan.trail import Trail

    if image.size > MOST:
        raise InputError(f"a float map has at most {MOST} numbers, got {image.shape}; give its channels in parts")
    channels, sizes, nothing = image.shape[2], way.canvas[:1], Targets()
    defaults = Defaults("bilinear", way.defaults.antialias)
    lowering = Lowering({}, sizes, Facts(channels), Trail(sizes, defaults, nothing))
    lowering.maps, lowering.canvas = list(way.maps[:, None]), list(way.canvas[:, None])
    lowering.borders, lowering.fills = way.borders.tolist(), [(fill,) * channels] * len(way.maps)
    kind = Kind(channels, "float32", None, defaults, nothing)
    reading = Pass(lowering, Source("float32", kind.unit), Written("float32", kind.unit), kind, final=True)
    out = np.empty(reading.shape(0), np.float32)
    reading.run(0, image, out)
    return out


def _fill(target: Mask, dtype: np.dtype[Any]) -> float:
    """What lies outside, as a mask of this dtype can hold it."""
    fill = target.outside
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
    return fill
