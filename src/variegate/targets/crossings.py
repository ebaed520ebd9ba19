"""Crossings: how often the lines of rings cross, as that decides how long it takes to say what they enclose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError

Floats = NDArray[np.float64]

MOST = 500  # to cut rings that cross so often takes 50 to 100 ms
PAIRS = 1 << 22  # of lines that are looked at together, at most


def check_crossings(rings: Sequence[Floats], name: str) -> None:
    """Refuse rings that are a tangle: 1,000 random points cross 230,000 times, an outline drawn by hand hardly ever.

    name  what errors call them

    Raises  InputError.
    """
    count = sum(map(len, rings))
    if count * (count - 3) // 2 > MOST and _cross_often(rings):  # as neighbours do not cross
        raise InputError(
            f"{name}: its {count} lines cross each other more than {MOST} times, so it is no outline, and would take "
            "long to cut. See whether its points are in order, x before y and along the outline; or remove it"
        )


def _cross_often(rings: Sequence[Floats]) -> bool:
    """Whether there are more crossings than are taken; to touch is not to cross."""
    try:
        import shapely
    except ImportError:  # without which nothing is cut
        return False
    closed = [shapely.linestrings(np.concatenate([ring, ring[:1]])) for ring in rings]
    if shapely.is_simple(shapely.multilinestrings(closed)):
        return False
    ends = np.concatenate([np.stack([ring, np.roll(ring, -1, axis=0)], axis=1) for ring in rings])
    lines = shapely.linestrings(ends)
    tree, found, start, step = shapely.STRtree(lines), 0, 0, 8  # a tangle is known by few of its lines
    while start < len(ends):
        one, other = tree.query(lines[start : start + step])  # whose boxes meet
        one, other = one[one + start < other] + start, other[one + start < other]
        found += int(np.count_nonzero(_apart(ends[one], ends[other]) & _apart(ends[other], ends[one])))
        if found > MOST:
            return True
        start, step = start + step, min(2 * step, max(1, PAIRS // len(ends)))
    return False


def _apart(lines: Floats, others: Floats) -> NDArray[np.bool_]:
    """Whether the ends of each of the others lie on different sides of a line; both (n, 2, 2)."""
    along, away = lines[:, 1] - lines[:, 0], others - lines[:, :1]
    side = along[:, None, 0] * away[..., 1] - along[:, None, 1] * away[..., 0]
    return np.asarray(side[:, 0] * side[:, 1] < 0)
