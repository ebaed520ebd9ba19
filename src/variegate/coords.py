"""The pixel convention, and the 3x3 mathematics of stacks of maps.

Pixel (row i, column j) covers [j, j + 1) x [i, i + 1); x runs to the right, y down. A picture of (height, width) covers
[0, width) x [0, height). A map is a (B, 3, 3) stack that takes the column vector (x, y, 1).
Products are written out, element by element: NumPy's `@` and `linalg` give other bits on other CPUs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Numbers = float | Floats  # one for all, or one a sample

HALF = 0.5  # from a pixel's corner to its centre


def pixel_centre(index: ArrayLike) -> Floats:
    """The continuous coordinate of the centre of a pixel, from its row or column."""
    return np.asarray(index, np.float64) + HALF


def centre(sizes: Ints) -> tuple[Floats, Floats]:
    """The centre (x, y) of pictures of sizes (B, 2) as (height, width).

    >>> centre(np.array([[2, 5]]))
    (array([2.5]), array([1.]))
    """
    return np.asarray(sizes[:, 1] * HALF), np.asarray(sizes[:, 0] * HALF)


def affine(a: Numbers, b: Numbers, c: Numbers, d: Numbers, e: Numbers, f: Numbers) -> Floats:
    """The stack of maps x' = a x + b y + c, y' = d x + e y + f; each entry is a number or a column.

    >>> affine(1, 0, 2, 0, 1, 3)
    array([[[1., 0., 2.],
            [0., 1., 3.],
            [0., 0., 1.]]])
    """
    count = max((len(entry) for entry in (a, b, c, d, e, f) if isinstance(entry, np.ndarray)), default=1)
    out = np.zeros((count, 3, 3))
    out[:, 0, 0] = a
    out[:, 0, 1] = b
    out[:, 0, 2] = c
    out[:, 1, 0] = d
    out[:, 1, 1] = e
    out[:, 1, 2] = f
    out[:, 2, 2] = 1
    return out


def identity(count: int) -> Floats:
    """A stack of maps that leave every point where it is."""
    out = np.zeros((count, 3, 3))
    out[:, 0, 0] = out[:, 1, 1] = out[:, 2, 2] = 1
    return out


def compose(first: Floats, second: Floats) -> Floats:
    """The stack of maps that take a point through `first`, then through `second`."""
    column, row = second[:, :, :, None], first[:, :, None, :]
    return np.asarray(column[:, :, 0] * row[:, 0] + column[:, :, 1] * row[:, 1] + column[:, :, 2] * row[:, 2])


def inverse(matrix: Floats) -> Floats:
    """The stack of inverse maps; an affine map stays exactly affine."""
    (a, b, c), (d, e, f), (g, h, i) = np.moveaxis(matrix, 0, -1)
    out = np.empty_like(matrix)
    out[:, 0, 0] = e * i - f * h
    out[:, 0, 1] = c * h - b * i
    out[:, 0, 2] = b * f - c * e
    out[:, 1, 0] = f * g - d * i
    out[:, 1, 1] = a * i - c * g
    out[:, 1, 2] = c * d - a * f
    out[:, 2, 0] = d * h - e * g
    out[:, 2, 1] = b * g - a * h
    out[:, 2, 2] = a * e - b * d
    determinant = a * out[:, 0, 0] + b * out[:, 1, 0] + c * out[:, 2, 0]
    return np.asarray(out / determinant[:, None, None])


def about(matrix: Floats, x: Numbers, y: Numbers) -> Floats:
    """The same maps about another point: move (x, y) to the origin, map, move back."""
    out = matrix.copy()  # move, map, move back, written out
    out[:, :2, 2] -= matrix[:, :2, 0] * np.reshape(x, (-1, 1)) + matrix[:, :2, 1] * np.reshape(y, (-1, 1))
    out[:, 2, 2] -= matrix[:, 2, 0] * x + matrix[:, 2, 1] * y
    out[:, 0] += out[:, 2] * np.reshape(x, (-1, 1))
    out[:, 1] += out[:, 2] * np.reshape(y, (-1, 1))
    return out


def apply(matrix: Floats, x: Numbers, y: Numbers) -> tuple[Floats, Floats]:
    """Points (..., B) through a stack of maps, one point a map."""
    m = matrix
    w = m[:, 2, 0] * x + m[:, 2, 1] * y + m[:, 2, 2]
    return (m[:, 0, 0] * x + m[:, 0, 1] * y + m[:, 0, 2]) / w, (m[:, 1, 0] * x + m[:, 1, 1] * y + m[:, 1, 2]) / w
