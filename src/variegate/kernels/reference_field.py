"""The truth of displacement fields, in plain float64 NumPy from the definitions; see `variegate.ops.effect.Field`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.chain import Displacements
from variegate.kernels.codes import DENSE, LINEAR

Floats = NDArray[np.float64]


def bump(t: Floats) -> Floats:
    """The uniform cubic B-spline at distances t, in cells, from the middle of its bell."""
    t = np.abs(t)
    near, far = 2 / 3 - t * t + t**3 / 2, np.maximum(2 - t, 0) ** 3 / 6
    return np.asarray(np.where(t < 1, near, far))


def displacement(
    fields: Displacements, k: int, x: Floats, y: Floats, size: tuple[int, int] | NDArray[np.int64]
) -> tuple[Floats, Floats] | None:
    """(dx, dy) of map k at points of its new canvas, of size (height, width); None where nothing bends it."""
    if not len(fields.which) or fields.which[k] < 0:
        return None
    kind, rows, columns, first = fields.grids[fields.which[k]].tolist()
    lattice = fields.nodes[first : first + 2 * rows * columns].reshape(rows, columns, 2)
    (height, width), places = size, []
    for p, side, count in ((x, width, columns), (y, height, rows)):
        p = np.clip(np.where(np.isnan(p), 0, p), 0, side)[..., None]
        n = np.arange(count)
        if kind == DENSE:
            places.append((np.minimum(np.floor(p), count - 1) == n).astype(np.float64))
        elif kind == LINEAR:
            places.append(np.maximum(1 - np.abs(p * (count - 1) / side - n), 0))
        else:
            places.append(bump(p * (count - 3) / side - (n - 1)))
    moved = np.einsum("...j,...i,ijc->...c", places[0], places[1], lattice, optimize=True)
    return moved[..., 0], moved[..., 1]
