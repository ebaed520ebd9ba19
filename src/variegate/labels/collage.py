"""Collage: the labels of pictures that lie side by side, as those of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.labels.blend import rows_joined, unsaid
from variegate.labels.carry import MovedLabels
from variegate.labels.mask_map import mask_map
from variegate.labels.point_map import PointMap
from variegate.targets import Mask, PerSample, Target, Targets
from variegate.targets.leaf import Leaf, Leaves, MaskLeaf, PlainLeaf


def joined(
    targets: Targets,
    moved: Sequence[MovedLabels],
    leaves: Sequence[Leaves],
    maps: Sequence[PointMap],
    places: NDArray[np.int8],
    shares: Sequence[float],
    path: str,
    layout: str,
) -> MovedLabels:
    """The labels of all parts; what was moved by the maps, and was `leaves` before.

    places  which part each pixel of the result shows; shares: how much of it each does
    path    of the op, for errors

    Raises  InputError if the parts have other fields, or a field cannot be joined.
    """
    own = moved[0]
    for n, each in enumerate(moved):
        if each.leaves.keys() != own.leaves.keys():
            raise InputError(
                f"{path}: the picture has the fields {sorted(own.leaves)}, partner {n} {sorted(each.leaves)}"
            )
    found = dict[str, Leaf]()
    for name in own.leaves:
        target, parts = targets[name], [each.leaves[name] for each in moved]
        if target.rows_of is not None:
            own_alone = [_own_alone(part, places, k) for k, part in enumerate(parts)]
            found[name] = rows_joined(own_alone, f"{path}: {name}")
        elif isinstance(target, Mask):
            found[name] = _mask(target, parts, [each[name] for each in leaves], maps, f"{path}: {name}")
        elif target.picture:
            found[name] = PlainLeaf(_view([_value(part) for part in parts], places, f"{path}: {name}", layout))
        else:
            found[name] = _plain(target, parts, shares, path, name)
    dropped = sum((each.dropped for each in moved), Counter())
    return MovedLabels(found, dropped)


def _own_alone(part: Leaf, places: NDArray[np.int8], k: int) -> Leaf:
    """The rows of a part; masks without the pixels of which the centre lies on the seam, and which another part shows.

    Both parts end there, and both have such a pixel.
    """
    if not isinstance(part, MaskLeaf) or not len(part.pixels):
        return part
    mine = places == k
    tall = mine.copy()
    tall[1:] |= mine[:-1]
    tall[:-1] |= mine[1:]
    around = tall.copy()
    around[:, 1:] |= tall[:, :-1]
    around[:, :-1] |= tall[:, 1:]
    y, x = np.nonzero(around & ~mine)
    if not part.pixels[:, y, x].any():
        return part
    pixels = part.pixels.copy()
    pixels[:, y, x] = 0
    return MaskLeaf(pixels)


def _mask(target: Mask, parts: Sequence[Leaf], before: Sequence[Leaf], maps: Sequence[PointMap], name: str) -> Leaf:
    """A mask of the pixels that each part shows of itself."""
    from variegate.labels.masks import visible_pixels

    out: NDArray[Any] | None = None
    for part, leaf, point_map in zip(parts, before, maps, strict=True):
        assert isinstance(part, MaskLeaf) and isinstance(leaf, MaskLeaf)
        if out is None:
            out = part.pixels.copy()
            continue
        if part.pixels.shape != out.shape or part.pixels.dtype != out.dtype:
            raise InputError(
                f"{name} is {out.dtype} {out.shape}, and that of a partner {part.pixels.dtype} {part.pixels.shape}"
            )
        shown = visible_pixels(mask_map(target, leaf, point_map))
        out[shown] = part.pixels[shown]
    assert out is not None
    return MaskLeaf(out)


def _view(values: Sequence[NDArray[Any]], places: NDArray[np.int8], name: str, layout: str) -> NDArray[Any]:
    from variegate.kernels.collage import put

    out = values[0].copy()
    for k, value in enumerate(values[1:], 1):
        if value.shape != out.shape or value.dtype != out.dtype:
            raise InputError(f"{name} is {out.dtype} {out.shape}, and that of a partner {value.dtype} {value.shape}")
        put(np.ascontiguousarray(value), places, k, out, layout=layout)
    return out


def _plain(target: Target, parts: Sequence[Leaf], shares: Sequence[float], path: str, name: str) -> Leaf:
    """A value of a sample as a whole."""
    if target.numbers or (isinstance(target, PerSample) and target.blend):
        values = [np.asarray(_value(part), np.float32) for part in parts]
        if len({value.shape for value in values}) > 1:
            raise InputError(f"{path}: {name} has {values[0].shape} numbers, and that of a partner others")
        return PlainLeaf(sum(value * np.float32(share) for value, share in zip(values, shares, strict=True)))
    if target.undeclared:
        raise unsaid(path, name)
    if not isinstance(parts[0], PlainLeaf):
        raise InputError(
            f"{path}: {name} is {target!r}, points of the picture as a whole, and here are {len(parts)} pictures: "
            "declare them as instances, with group="
        )
    return parts[0]


def _value(leaf: Leaf) -> Any:
    assert isinstance(leaf, PlainLeaf)
    return leaf.value
