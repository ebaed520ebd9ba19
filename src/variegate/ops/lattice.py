"""What the ops that bend a picture share: cells, numbers of chance for a lattice's nodes, and control values."""

from __future__ import annotations

from typing import Any

import numpy as np

from variegate.ops.effect import Floats, Ints
from variegate.ops.geometric import SizeLike

SMOOTH = 3  # nodes more than cells, along each side of a smooth lattice
SPREAD = 151 / 315  # of cubic B-splines: the mean over a cell of their squared weights
UPRIGHT = 0.47  # of a cell: control values of a smooth field that stay within fold nowhere (Choi and Lee, 2000)


def pair_of(cells: SizeLike) -> tuple[int, int]:
    """(rows, columns) of an op that is made, for the type checker: always a pair."""
    if not isinstance(cells, tuple):
        raise TypeError(f"a grid is (rows, columns) once the op is made, got {cells!r}")
    return cells


def chances(bits: Any, count: int) -> Floats:
    """(B, count): numbers of chance from -1 to 1, by each sample's own bits."""
    from variegate.rng import filled

    return filled(bits, count) * 2 - 1


def steps(sizes: Ints, cells: tuple[int, int]) -> Floats:
    """(B, 2): how wide and how high a cell is, in pixels."""
    return np.asarray(sizes[:, ::-1] / np.array(cells[::-1], np.float64))


def controls(values: Floats) -> Floats:
    """The control values of a smooth field whose values at the nodes, and at a ring of nodes around, are given.

    values  (B, rows + 2, columns + 2, 2); the result is smaller by the ring. Exact for polynomials of degree 3 in x and
            y; else the field goes by the values to the fourth order of a cell
    """
    across = values[:, :, 1:-1] - (values[:, :, :-2] - 2 * values[:, :, 1:-1] + values[:, :, 2:]) / 6
    return np.asarray(across[:, 1:-1] - (across[:, :-2] - 2 * across[:, 1:-1] + across[:, 2:]) / 6)


def nodes(cells: tuple[int, int], ring: int = 0) -> tuple[Floats, Floats]:
    """x (columns,) and y (rows,) of the nodes of a smooth lattice, in fractions of the sides; `ring` more around."""
    rows, columns = (np.arange(-1 - ring, count + 2 + ring, dtype=np.float64) / count for count in cells)
    return columns, rows


def upright(lattice: Floats, step: Floats) -> Floats:
    """A smooth lattice (B, rows, columns, 2), each sample made flatter as a whole where it might fold.

    step  (B, 2): of a cell, in pixels
    Where neighbouring control values differ by so little that the derivative of the map is dominated by its diagonal,
    nothing folds: |d dx / dx| + |d dx / dy| < 1, and of dy alike.
    """
    across = np.abs(np.diff(lattice, axis=2)).max(axis=(1, 2)) / step[:, :1]
    down = np.abs(np.diff(lattice, axis=1)).max(axis=(1, 2)) / step[:, 1:]
    most = (across + down).max(axis=1)
    return np.asarray(lattice * np.minimum(1.0, 2 * UPRIGHT / np.maximum(most, 2 * UPRIGHT))[:, None, None, None])
