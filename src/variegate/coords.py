"""The pixel convention, the 3x3 mathematics of stacks of maps, and the formats of boxes.

Pixel (row i, column j) covers [j, j + 1) x [i, i + 1); x runs to the right, y down. A picture of (height, width) covers
[0, width) x [0, height). A map is a (B, 3, 3) stack that takes the column vector (x, y, 1).
A box with the edges x0, y0, x1, y1 covers [x0, x1) x [y0, y1): one pixel is 0, 0, 1, 1.
Products are written out, element by element: NumPy's `@` and `linalg` give other bits on other CPUs.
"""

from __future__ import annotations

import functools
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FloatLike = float | Floats  # one for all, or one a sample
BoxLayout = Literal["xyxy", "yxyx", "xywh", "cxcywh"]  # edges, x or y first; corner and sides; centre and sides
SWAPPED = [1, 0, 3, 2]  # the columns of xyxy, in the order of yxyx

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


def affine(a: FloatLike, b: FloatLike, c: FloatLike, d: FloatLike, e: FloatLike, f: FloatLike) -> Floats:
    """The stack of maps x' = a x + b y + c, y' = d x + e y + f; each entry is a number or a column.

    >>> affine(1, 0, 2, 0, 1, 3)
    array([[[1., 0., 2.],
            [0., 1., 3.],
            [0., 0., 1.]]])
    """
    out = np.zeros((np.broadcast(a, b, c, d, e, f).size, 3, 3))
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


def about(matrix: Floats, x: FloatLike, y: FloatLike) -> Floats:
    """The same maps about another point: move (x, y) to the origin, map, move back."""
    out = matrix.copy()  # move, map, move back, written out
    out[:, :2, 2] -= matrix[:, :2, 0] * np.reshape(x, (-1, 1)) + matrix[:, :2, 1] * np.reshape(y, (-1, 1))
    out[:, 2, 2] -= matrix[:, 2, 0] * x + matrix[:, 2, 1] * y
    out[:, 0] += out[:, 2] * np.reshape(x, (-1, 1))
    out[:, 1] += out[:, 2] * np.reshape(y, (-1, 1))
    return out


def apply(matrix: Floats, x: FloatLike, y: FloatLike) -> tuple[Floats, Floats]:
    """Points (..., B) through a stack of maps, one point a map."""
    m = matrix
    w = m[:, 2, 0] * x + m[:, 2, 1] * y + m[:, 2, 2]
    return (m[:, 0, 0] * x + m[:, 0, 1] * y + m[:, 0, 2]) / w, (m[:, 1, 0] * x + m[:, 1, 1] * y + m[:, 1, 2]) / w


def box_edges(rows: Floats, layout: BoxLayout) -> Floats:
    """The left, top, right and bottom edge of boxes (N, 4) in a layout.

    >>> box_edges(np.array([[5.0, 4, 2, 4]]), "cxcywh")
    array([[4., 2., 6., 6.]])
    """
    if layout in ("xyxy", "yxyx"):
        return rows.copy() if layout == "xyxy" else rows[:, SWAPPED]
    return np.concatenate(_corners(rows, layout), axis=1)


def _corners(rows: NDArray[Any], layout: BoxLayout) -> tuple[NDArray[Any], NDArray[Any]]:
    """The first and the last corner of boxes, each (N, 2); of "yxyx" as (y, x)."""
    place, sides = rows[:, :2], rows[:, 2:]
    if layout in ("xyxy", "yxyx"):
        return place, sides
    if layout == "xywh":
        return place, place + sides
    half = sides * HALF
    return place - half, place + half


def box_rows(edges: Floats, layout: BoxLayout) -> Floats:
    """Boxes (N, 4) in a layout, from their left, top, right and bottom edges.

    >>> box_rows(np.array([[4.0, 2, 6, 6]]), "cxcywh")
    array([[5., 4., 2., 4.]])
    """
    if layout in ("xyxy", "yxyx"):
        return edges.copy() if layout == "xyxy" else edges[:, SWAPPED]
    first, last = edges[:, :2], edges[:, 2:]
    place = first if layout == "xywh" else (first + last) * HALF
    return np.concatenate([place, last - first], axis=1)


def between(numbers: NDArray[Any], least: Any, most: Any) -> NDArray[Any]:
    """`np.clip`, in a third of its time on a few numbers."""
    return np.asarray(np.minimum(np.maximum(numbers, least), most))


@functools.lru_cache(maxsize=256)
def box_limits(width: float, height: float, dtype: Any) -> NDArray[Any]:
    """The far edges (x, y) of a picture as numbers of a dtype: the largest that lie in it."""
    limits = np.array([width, height], dtype)
    over = limits.astype(np.float64) > (width, height)  # float32 holds every whole number up to 2**24 only
    limits = np.where(over, np.nextafter(limits, limits.dtype.type(0)), limits)
    limits.flags.writeable = False  # kept, and given to whoever asks again
    return limits


def boxes_within(rows: NDArray[Any], layout: BoxLayout, limits: NDArray[Any]) -> NDArray[np.bool_]:
    """(N,): whether boxes lie within 0 and the limits, (x, y), as arithmetic in their own dtype finds."""
    first, last = _corners(rows, layout)
    limits = limits[::-1] if layout == "yxyx" else limits
    return np.asarray(((first >= 0) & (last <= limits)).all(axis=1))


def fit_boxes(rows: NDArray[Any], layout: BoxLayout, limits: NDArray[Any]) -> NDArray[Any]:
    """Boxes that lie within 0 and the limits but for rounding, mended: x + w, or cx + w / 2, passes no limit.

    The law holds for sums in the dtype of the rows and in float64. Sides give way, by a rounding's worth.
    """
    limits = limits[::-1] if layout == "yxyx" else limits
    place, sides = between(rows[:, :2], 0, limits), rows[:, 2:]
    if layout in ("xyxy", "yxyx"):
        sides = between(sides, place, limits)
    elif layout == "xywh":
        sides = between(sides, 0, limits - place)
        over = np.add(place, sides, dtype=np.float64) > limits  # limits - place was rounded up: by half a step at most
        sides = np.where(over, np.nextafter(sides, sides.dtype.type(0)), sides)
    else:  # the smaller of the two differences is exact: 2 * place, or by Sterbenz' lemma limits - place
        sides = between(sides, 0, np.minimum(2 * place, 2 * (limits - place)))
    return np.concatenate([place, sides], axis=1)
