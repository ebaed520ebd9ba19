"""Masks through a sample's map: classes by nearest or by vote, float maps as a picture is read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.labels.track import Way
from variegate.ops.base import Facts
from variegate.plan.lower import Defaults, Lowering
from variegate.plan.output import Written
from variegate.plan.plan import Kind, Pass
from variegate.targets import Mask, MaskLeaf

MOST = (1 << 31) - 1  # kernels count the numbers of a picture in 32 bits

Flags = NDArray[np.bool_]


def carry_mask(target: Mask, leaf: MaskLeaf, way: Way) -> MaskLeaf:
    """A mask, or a stack of them, as it lies on the result; its dtype stays.

    Classes, bool or integers, are read by nearest; with `shrink="area"`, what shrinks is put to the vote. Floats are
    read as a picture is: bilinear, filtered where they shrink if the pipeline says so, in float32, never clamped.

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
    from variegate.kernels.gather import Chain, Vote, gather

    dtype = planes.dtype.newbyteorder("=")
    vote = None
    if target.shrink == "area":  # a class that the dtype does not have is never met
        keep = tuple(int(value) for value in target.keep if _fits(value, dtype))
        ignore = target.ignore_index
        vote = Vote(int(ignore) if ignore is not None and _fits(ignore, dtype) else None, keep)
    planes = np.require(planes, dtype, "CA")
    return gather(Chain(way.maps, way.canvas, way.borders), planes, int(_fill(target, dtype)), vote)


def _floats(target: Mask, pixels: NDArray[Any], way: Way) -> NDArray[Any]:
    """A float map (H, W) or (H, W, C), or a stack (N, H, W) of them: each one a channel of a picture."""
    fill = float(_fill(target, pixels.dtype))
    image = np.moveaxis(pixels, 0, 2) if target.stack else pixels
    image = np.require(image.reshape(*image.shape[:2], -1), np.float32, "CA")
    out = _picture(image, fill, way) if image.size else np.empty((*way.canvas[-1].tolist(), 0), np.float32)
    out = out.astype(pixels.dtype)
    if target.stack:
        return np.ascontiguousarray(np.moveaxis(out, 2, 0))
    return out if pixels.ndim == 3 else out[:, :, 0]


def _picture(image: NDArray[np.float32], fill: float, way: Way) -> NDArray[np.float32]:
    """A float32 picture (H, W, C) through the very kernels of pictures."""
    channels, count = image.shape[2], len(way.maps)
    if image.size > MOST:
        raise InputError(f"a float map has at most {MOST} numbers, got {image.shape}; give its channels in parts")
    defaults = Defaults("bilinear", way.defaults.antialias)
    lowering = Lowering({}, way.canvas[:1], Facts(channels), 1.0, defaults)
    lowering.maps, lowering.canvas = list(way.maps[:, None]), list(way.canvas[:, None])
    lowering.borders, lowering.fills = way.borders.tolist(), [(fill,) * channels] * count
    reading = Pass(lowering, Written("float32"), Kind(channels, "float32", defaults), final=False)
    out = np.empty(reading.shape(0), np.float32)
    reading.run(0, image, out)
    return out


def _fill(target: Mask, dtype: np.dtype[Any]) -> float:
    """What lies outside: the mask's own fill, else its ignored class, else 0."""
    name, value = "fill", target.fill
    if value is None:
        name, value = "ignore_index", target.ignore_index
    if value is None:
        return 0
    if not _fits(value, dtype):
        raise InputError(
            f"Mask({name}={value!r}) is what lies outside of the picture, but a mask of {dtype} cannot hold it. Give a "
            "fill of that dtype, or a mask of another one."
        )
    return value


def _fits(value: float, dtype: np.dtype[Any]) -> bool:
    """Whether a number is one of a dtype; a float map has those of float32, in which it is read, if it has more."""
    if dtype.kind == "b":
        return value in (0, 1)
    if dtype.kind == "f":
        most = float(min(np.finfo(dtype).max, np.finfo(np.float32).max))
        return bool(np.isfinite(value) <= (abs(value) <= most))
    limits = np.iinfo(dtype)
    return bool(limits.min <= value <= limits.max) and value == int(value)
