"""Smaller pictures in place of the planned ones: where their pixels lie, and how much smaller they may be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from variegate.coords import compose
from variegate.errors import InputError
from variegate.kernels.codes import CONSTANT, NEAREST
from variegate.kernels.tables import RowTables
from variegate.ops.effect import Floats, Ints

Fit = tuple[float, float, float, float]  # scale x, shift x, scale y, shift y: from the planned plane to the smaller one
Covers = tuple[float, float, float, float]  # left, top, right, bottom, in the planned plane

FACTORS = 8, 4, 2
CELLS = 8  # along a side: under perspective, the shrinking is bounded cell by cell
SLACK = 1e-6  # of a factor: a shrinking by exactly 2 is one, and the root below loses half the digits


def fit_of(size: tuple[int, ...], there: tuple[int, ...], covers: Covers | None) -> Fit:
    """From the plane of a planned picture to that of a smaller one; sizes as (height, width).

    Raises  InputError if the smaller picture would have more pixels than the planned one where it covers it.
    """
    left, top, right, bottom = covers or (0, 0, size[1], size[0])
    if not right - left >= there[1] or not bottom - top >= there[0]:
        raise InputError(
            f"a picture {there} (height, width) in place of a planned one of {size} cannot cover only "
            f"{right - left} x {bottom - top} (width x height) of its pixels: covers is {covers}"
        )
    x, y = there[1] / (right - left), there[0] / (bottom - top)
    return x, -left * x, y, -top * y


def reductions(rows: Sequence[RowTables]) -> list[int]:
    """For each row the factor, see `Plan.reduction`."""
    told = [1] * len(rows)
    asked = [
        n
        for n, row in enumerate(rows)
        if row.antialias and row.interpolation != NEAREST and not row.chain.bent.any()  # a field may stretch, somewhere
    ]
    if asked:
        least = shrinking([rows[n] for n in asked]).tolist()
        for n, scale in zip(asked, least, strict=True):
            told[n] = next((d for d in FACTORS if scale >= d * (1 - SLACK)), 1)
    return told


def shrinking(rows: Sequence[RowTables]) -> Floats:
    """(B,): by how much the maps of each row shrink its source at least, at any pixel in any direction.

    Where a border folds between two maps, each is bounded by itself.
    """
    most = max(len(row.maps) for row in rows)
    maps, canvas = np.empty((len(rows), most, 3, 3)), np.empty((len(rows), most + 1, 2), np.int64)
    maps[:] = np.eye(3)
    for n, row in enumerate(rows):
        maps[n, : len(row.maps)] = row.maps
        canvas[n, : len(row.canvas)], canvas[n, len(row.canvas) :] = row.canvas, row.canvas[-1]
    folds = np.array([bool((row.borders != CONSTANT).any()) for row in rows])
    product, way = np.ones(len(rows)), maps[:, -1] if most else maps
    for k in range(most - 1, -1, -1):
        if folds.any():
            product *= least_scale(maps[:, k], canvas[:, k + 1])
        way = way if k == most - 1 else compose(way, maps[:, k])
    return np.where(folds, product, least_scale(way, canvas[:, -1])) if most else product


def least_scale(m: Floats, size: Ints) -> Floats:
    """(B,): the least singular value of the Jacobian of maps (B, 3, 3) over canvases (B, 2), or a lower bound of it.

    For an affine map it is exact. For a projective one, each entry of the Jacobian is linear in x or y over w^2, and
    its determinant is constant over w^3, so on each cell of a grid the corners bound them. 0 where the horizon is seen.
    """
    bent = (m[:, 2, 0] != 0) | (m[:, 2, 1] != 0) | (m[:, 2, 2] != 1)
    steps = np.arange(CELLS + 1) / CELLS if bent.any() else np.array([0.0, 1.0])
    x, y = size[:, 1, None, None] * steps[None, None, :], size[:, 0, None, None] * steps[None, :, None]
    (a, b, c), (d, e, f), (g, h, i) = np.moveaxis(m[:, :, :, None, None], (1, 2), (0, 1))
    w = g * x + (h * y + i)
    least, most = _of_cells(np.minimum, w), _of_cells(np.maximum, w)
    square = np.zeros(least.shape)
    for p, q, r in ((a, b, c), (d, e, f)):
        for slope in ((p * h - q * g) * y + (p * i - r * g), (q * g - p * h) * x + (q * i - r * h)):
            bound = _of_cells(np.maximum, np.abs(np.broadcast_to(slope, w.shape)))
            square += bound * bound
    volume = np.abs(a * (e * i - f * h) + (b * (f * g - d * i) + c * (d * h - e * g)))
    seen = (least > 0).all(axis=(1, 2))
    least = np.where(least > 0, least, 1.0)
    square, volume = square / (least * least * least * least), volume / (most * most * most)
    largest = np.sqrt((square + np.sqrt(np.maximum(square * square - 4 * (volume * volume), 0))) / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = (volume / largest).min(axis=(1, 2))
    return np.where(seen & (scale > 0), scale, 0.0)


def _of_cells(extreme: np.ufunc, values: Floats) -> Floats:
    """The extreme of each cell's four corners, (B, n, n) from (B, n + 1, n + 1)."""
    rows = extreme(values[:, 1:], values[:, :-1])
    return np.asarray(extreme(rows[:, :, 1:], rows[:, :, :-1]))
