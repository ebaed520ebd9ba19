"""Blend: the labels of a result and of its partner's, as those of the picture that the two make."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.kernels.chain import MapChain
from variegate.kernels.codes import CONSTANT
from variegate.labels.blend_row import BlendRow
from variegate.labels.carry import MovedLabels, carry, filtered
from variegate.labels.hidden import hidden, mask_box
from variegate.labels.projective import projective
from variegate.labels.visibility import Visibility
from variegate.targets import Mask, PerInstance, PerSample, Target, Targets
from variegate.targets.leaf import (
    BoxLeaf,
    Leaf,
    Leaves,
    MaskLeaf,
    OrientedLeaf,
    PlainLeaf,
    PointLeaf,
    RingLeaf,
    RowLeaf,
)

Hide = Callable[[Target, Any, Visibility | None], tuple[Leaf, Visibility | None]]


def blended(targets: Targets, own: MovedLabels, other: MovedLabels, row: BlendRow, layout: str) -> MovedLabels:
    """The labels of a result and of its partner's as one.

    layout  in which views are

    Raises  InputError if the two have other fields, or a field cannot be mixed; it names the field and the op.
    """
    if own.leaves.keys() != other.leaves.keys():
        raise InputError(
            f"{row.path}: the picture has the fields {sorted(own.leaves)}, its partner {sorted(other.leaves)}"
        )
    whole = row.share > 0 or row.weight == 1
    mine = MovedLabels(dict(own.leaves), Counter()) if whole else _outside(targets, own.leaves, row)
    theirs = MovedLabels(dict(other.leaves), Counter()) if whole else _inside(targets, other.leaves, row)
    leaves = dict[str, Leaf]()
    weights = (row.share, 1 - row.share) if row.share > 0 else (1.0, 1.0)  # of what is cut out, all is there
    for name, leaf in own.leaves.items():
        target = targets[name]
        if target.rows_of is not None:
            first, second = (
                _weighed(target, each.leaves[name], w) for each, w in zip((mine, theirs), weights, strict=True)
            )
            leaves[name] = _joined(first, second, f"{row.path}: {name}")
        else:
            leaves[name] = _mixed(target, leaf, other.leaves[name], row, layout, name)
    dropped = own.dropped + other.dropped + mine.dropped + theirs.dropped
    return MovedLabels(leaves, dropped)


def _outside(targets: Targets, leaves: Leaves, row: BlendRow) -> MovedLabels:
    """What is left of instances under the box, and the filters."""
    return beneath(targets, leaves, lambda target, leaf, around: hidden(target, leaf, row.box, row.size, around))


def beneath(targets: Targets, leaves: Leaves, hide: Hide) -> MovedLabels:
    """Leaves without what something hides, and without the instances that filters then drop.

    hide  (target, leaf, what more exact shapes of the same instances tell) -> what is left of it, as `move` gives it
    """
    left = dict[str, Leaf]()
    visibilities, around = dict[str, Visibility](), dict[str | None, Visibility]()
    for name, target in sorted(((n, targets[n]) for n in leaves), key=lambda field: -field[1].exactness):
        left[name], visibility = hide(target, leaves[name], around.get(target.rows_of))
        if visibility is not None:
            visibilities[name] = visibility
            if target.outlines:
                around.setdefault(target.rows_of, visibility)
    return filtered(targets, leaves, {name: left[name] for name in leaves}, visibilities)


def _inside(targets: Targets, leaves: Leaves, row: BlendRow) -> MovedLabels:
    """What the box shows of the partner's instances: as if it had been cropped, and put back."""
    left, top, right, bottom = row.box
    maps = np.array([np.eye(3), np.eye(3)])
    maps[0, :2, 2], maps[1, :2, 2] = (left, top), (-left, -top)
    canvas = np.array([row.size, (bottom - top, right - left), row.size], np.int64)
    window = projective(MapChain(maps, canvas, np.full(2, CONSTANT, np.int64)), False)
    rows = {name: leaf for name, leaf in leaves.items() if targets[name].rows_of is not None}
    return carry(targets, rows, window)


def _mixed(target: Target, own: Leaf, other: Leaf, row: BlendRow, layout: str, name: str) -> Leaf:
    """A field that has no instances."""
    if isinstance(own, MaskLeaf) and isinstance(other, MaskLeaf):
        assert isinstance(target, Mask)
        return _mask(target, own, other, row, name)
    if isinstance(own, PlainLeaf) and isinstance(other, PlainLeaf):
        if target.picture:
            return PlainLeaf(_view(own.value, other.value, row, layout, name))
        return plain_shared(target, own, other, row.weight, row.path, name)
    raise pointed(target, row.path, name)


def _mask(target: Mask, own: MaskLeaf, other: MaskLeaf, row: BlendRow, name: str) -> MaskLeaf:
    """A mask of classes or a map of numbers, pixel by pixel."""
    mine, theirs = own.pixels, other.pixels
    if mine.shape != theirs.shape or mine.dtype != theirs.dtype:
        raise InputError(
            f"{row.path}: {name} is {mine.dtype} {mine.shape}, and that of the partner {theirs.dtype} {theirs.shape}"
        )
    left, top, right, bottom = mask_box(row.box, row.size, mine.shape[:2])
    there = slice(top, bottom), slice(left, right)
    if row.share > 0 and row.share < 1 and mine.dtype.kind != "f":
        raise InputError(
            f"{row.path}: {name} is a mask of classes ({mine.dtype}), which cannot be averaged. CutMix takes it; or "
            "give floats, one channel a class"
        )
    pixels, share = mine.copy(), mine.dtype.type(row.share)
    pixels[there] = theirs[there] if row.share == 0 else mine[there] * share + theirs[there] * (1 - share)
    return MaskLeaf(pixels)


def _view(own: NDArray[Any], other: NDArray[Any], row: BlendRow, layout: str, name: str) -> NDArray[Any]:
    from variegate.kernels.blend import blend

    if own.shape != other.shape or own.dtype != other.dtype:
        raise InputError(
            f"{row.path}: {name} is {own.dtype} {own.shape}, and that of the partner {other.dtype} {other.shape}"
        )
    out = np.empty_like(own)
    blend(own, other, row.share, row.box, out, layout)
    return out


def _shared(own: Any, other: Any, weight: float, name: str) -> Any:
    """Numbers of two samples by their shares of the picture."""
    try:
        mine, theirs = np.asarray(own, np.float32), np.asarray(other, np.float32)
    except (TypeError, ValueError):
        raise InputError(f"{name} is no number, and cannot be mixed: {own!r:.40}, {other!r:.40}") from None
    if mine.shape != theirs.shape:
        raise InputError(f"{name} is {mine.shape}, and that of the partner {theirs.shape}")
    share = np.float32(weight)
    return mine * share + theirs * (np.float32(1) - share)


def _weighed(target: Target, leaf: Leaf, weight: float) -> Leaf:
    """A leaf of weights of instances, each by that of its picture; any other as it is."""
    if isinstance(target, PerInstance) and target.weight and isinstance(leaf, RowLeaf):
        return RowLeaf(leaf.rows * np.float32(weight), leaf.count)
    return leaf


def plain_shared(target: Target, own: Leaf, other: Leaf, weight: float, path: str, name: str) -> Leaf:
    """A value of a sample as a whole, of two that share a picture; weight: what part of it is the first's."""
    if not (isinstance(own, PlainLeaf) and isinstance(other, PlainLeaf)):
        raise pointed(target, path, name)
    if target.numbers or (isinstance(target, PerSample) and target.blend):
        return PlainLeaf(_shared(own.value, other.value, weight, f"{path}: {name}"))
    if target.undeclared:
        raise unsaid(path, name)
    return own


def pointed(target: Target, path: str, name: str) -> InputError:
    """The error of points of which there would be several."""
    return InputError(
        f"{path}: {name} is {target!r}, points of the picture as a whole, and of several pictures there are several: "
        "declare them as instances, with group="
    )


def unsaid(path: str, name: str) -> InputError:
    """The error of a value of a sample of which nobody said what it is."""
    return InputError(
        f"{path} mixes pictures, and nobody said what {name} is: declare it, as by "
        f'targets={{"{name}": Classes(10)}}, PerSample(blend=True) or PerSample(), which keeps its own'
    )


def rows_joined(parts: Sequence[Leaf], name: str) -> Leaf:
    """The rows of several leaves of one target, one after the other; name: what errors call it."""
    found = parts[0]
    for part in parts[1:]:
        found = _joined(found, part, name)
    return found


@functools.singledispatch
def _joined(own: Any, other: Any, name: str) -> Leaf:
    """The rows of two leaves of one target, one after the other."""
    raise TypeError(f"{name}: a {type(own).__name__} has no rows")


@_joined.register
def _(own: BoxLeaf, other: BoxLeaf, name: str) -> Leaf:
    return BoxLeaf(np.concatenate([own.xyxy, other.xyxy]), _both(own.given, other.given))


@_joined.register
def _(own: OrientedLeaf, other: OrientedLeaf, name: str) -> Leaf:
    return OrientedLeaf(np.concatenate([own.rows, other.rows]), _both(own.given, other.given))


@_joined.register
def _(own: PointLeaf, other: PointLeaf, name: str) -> Leaf:
    if not (own.count and other.count):
        return own if own.count else other
    if own.xy.shape[1] != other.xy.shape[1]:
        raise InputError(
            f"{name} has {own.xy.shape[1]} points an instance, and that of the partner {other.xy.shape[1]}"
        )
    columns = {item: _both(getattr(own, item), getattr(other, item)) for item in ("visible", "scale", "angle", "given")}
    return replace(own, xy=np.concatenate([own.xy, other.xy]), **columns)


@_joined.register
def _(own: RingLeaf, other: RingLeaf, name: str) -> Leaf:
    given = None if own.given is None or other.given is None else own.given + other.given
    return RingLeaf(own.rings + other.rings, given)


@_joined.register
def _(own: MaskLeaf, other: MaskLeaf, name: str) -> Leaf:
    if own.pixels.dtype != other.pixels.dtype and own.count and other.count:
        raise InputError(f"{name} is {own.pixels.dtype}, and that of the partner {other.pixels.dtype}")
    dtype = own.pixels.dtype if own.count else other.pixels.dtype
    return MaskLeaf(np.concatenate([own.pixels.astype(dtype), other.pixels.astype(dtype)]))


@_joined.register
def _(own: RowLeaf, other: RowLeaf, name: str) -> Leaf:
    if isinstance(own.rows, np.ndarray) and isinstance(other.rows, np.ndarray):
        if not (own.count and other.count):
            return own if own.count else other
        if own.rows.shape[1:] != other.rows.shape[1:]:
            raise InputError(f"{name} has rows {own.rows.shape[1:]}, and that of the partner {other.rows.shape[1:]}")
        return RowLeaf(np.concatenate([own.rows, other.rows]), own.count + other.count)
    kind = type(own.rows) if isinstance(own.rows, (list, tuple)) else list
    return RowLeaf(kind([*own.rows, *other.rows]), own.count + other.count)


def _both(own: NDArray[Any] | None, other: NDArray[Any] | None) -> NDArray[Any] | None:
    """The rows of both, where both have them."""
    return None if own is None or other is None else np.concatenate([own, other])
