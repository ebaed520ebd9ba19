"""Boxes that reach outside of their pictures, clipped at the edges."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.coords import BoxLayout, Floats, between, box_edges, box_rows, fit_boxes


class Clipped(NamedTuple):
    """Boxes as they came, but for those that reached outside.

    rows     (N, 4)
    reached  (N,): which did
    outside  (N,): of which nothing lies on the picture; they are to be left out
    """

    rows: Floats
    reached: NDArray[np.bool_]
    outside: NDArray[np.bool_]


def clip_boxes(rows: Floats, layout: BoxLayout, limits: Floats, slack: float) -> Clipped:
    """Clip boxes that reach outside of 0 and the limits.

    rows    (N, 4) in the layout; what is not finite, or has a negative side, is left as it is, for others to refuse
    limits  (N, 2), the picture's far edges, x and y; NaN where nobody knows them, and then nothing is clipped
    slack   by how much a box may reach outside and still be left as it is

    >>> clip_boxes(np.array([[-2.0, 1, 6, 3], [1, 1, 2, 2], [9, 1, 2, 2]]), "xywh", np.full((3, 2), 8.0), 0.01).rows[:2]
    array([[0., 1., 4., 3.],
           [1., 1., 2., 2.]])
    """
    edges = box_edges(rows, layout)
    low, high = edges[:, :2], edges[:, 2:]
    sound = (np.isfinite(rows).all(axis=1) & (low <= high).all(axis=1)) & np.isfinite(limits).all(axis=1)
    reached = np.asarray(sound & ((low < -slack) | (high > limits + slack)).any(axis=1))
    outside = np.asarray(reached & ((high <= 0) | (low >= limits)).any(axis=1))
    ends = limits[reached]
    within = between(edges[reached], 0, np.concatenate([ends, ends], axis=1))
    made = rows.copy()
    made[reached] = fit_boxes(box_rows(within, layout), layout, ends)
    return Clipped(made, reached, outside)


def clip_summary(clipped: int, outside: int) -> str:
    """How many boxes were clipped and how many left out, where any were; for `repr`.

    >>> clip_summary(3, 0), clip_summary(0, 0)
    (', 3 clipped, 0 outside', '')
    """
    return f", {clipped} clipped, {outside} outside" if clipped or outside else ""
