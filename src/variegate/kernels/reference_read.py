"""The truth of reading between pixels: interpolation and antialiasing in plain float64 NumPy; see `reference.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.codes import BICUBIC, NEAREST

Floats = NDArray[np.float64]
Kernel = Callable[[Floats], Floats]
Covers = tuple[float, float, float, float]  # left, top, right, bottom

WIDEST = 32  # pixels: no filter reaches further


class Lens(NamedTuple):
    """How the picture that is there shows the planned one: its size, and x' = (x - left) * across, y alike.

    size  (height, width)
    """

    size: tuple[int, ...]
    left: float
    across: float
    top: float
    down: float


def lens_of(planned: NDArray[np.int64], there: tuple[int, ...], covers: Covers | None) -> Lens:
    """The lens for sizes (height, width, ...); covers: what the picture that is there shows, by default all."""
    left, top, right, bottom = covers or (0, 0, planned[1], planned[0])
    return Lens(there[:2], left, there[1] / (right - left), top, there[0] / (bottom - top))


def tent(t: Floats) -> Floats:
    """The triangle of a linear interpolation, at distances t."""
    return np.asarray(np.maximum(1 - np.abs(t), 0))


def keys(t: Floats) -> Floats:
    """Keys' cubic convolution with a = -1/2 (IEEE ASSP 29, 1981), at distances t."""
    t = np.abs(t)
    near, far = 1.5 * t**3 - 2.5 * t**2 + 1, -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    return np.asarray(np.where(t < 1, near, np.where(t < 2, far, 0)))


def jacobian(maps: Floats, x: float, y: float) -> tuple[Floats, Floats]:
    """All maps as one, and how far the source moves for a step right and down at (x, y): ((a, b), (c, d))."""
    way = np.eye(3)
    for m in maps[::-1]:
        way = (m[:, :, None] * way).sum(axis=1)  # "@" may blur what is exactly 0
    u, v, w = way @ (x, y, 1)
    return way, (way[:2, :2] - np.outer((u / w, v / w), way[2, :2])) / w


def read(
    picture: Floats, way: Floats, J: Floats, x: Floats, y: Floats, bent: bool, interpolation: int, antialias: bool
) -> Floats:
    """The picture (height, width, channels) at coordinates.

    way, J  all maps as one, and its `jacobian`
    bent    whether a border folds any coordinate, or a map is projective
    """
    if interpolation == NEAREST:
        rows, columns = (
            np.clip(np.floor(p), 0, n - 1).astype(int) for p, n in zip((y, x), picture.shape[:2], strict=True)
        )
        return np.asarray(picture[rows, columns])
    kernel = keys if interpolation == BICUBIC else tent
    if not antialias:
        return interpolated(picture, x, y, kernel)
    if bent or way[0, 1] != 0 or way[1, 0] != 0:
        return filtered(picture, J, x, y, kernel)
    return upright(picture, y[:, 0], x[0], abs(J[1, 1]), abs(J[0, 0]), kernel)


def interpolated(picture: Floats, x: Floats, y: Floats, kernel: Kernel) -> Floats:
    """The picture at coordinates: taps at pixel centres, those outside dropped and the rest renormalised per axis."""
    (rows, down), (columns, across) = taps(y, picture.shape[0], kernel), taps(x, picture.shape[1], kernel)
    parts = [picture[rows[a], columns[b]] * (down[a] * across[b])[..., None] for a in range(4) for b in range(4)]
    return np.asarray(sum(parts))


def taps(position: Floats, size: int, kernel: Kernel) -> tuple[NDArray[np.int64], Floats]:
    """The four pixels around each coordinate along one axis, and their weights."""
    position = np.clip(position, 0, size)
    pixels = np.floor(position - 0.5).astype(int) + np.arange(-1, 3).reshape(4, *[1] * position.ndim)
    weights = kernel(pixels + 0.5 - position) * ((pixels >= 0) & (pixels < size))
    return np.clip(pixels, 0, size - 1), weights / weights.sum(axis=0)


def upright(picture: Floats, y: Floats, x: Floats, down: float, across: float, kernel: Kernel) -> Floats:
    """An upright map by its exact kernel: stretched by the scale along each axis, where that shrinks."""
    rows, columns = stretched(y, picture.shape[0], down, kernel), stretched(x, picture.shape[1], across, kernel)
    return np.asarray(np.einsum("yi,xj,ijc->yxc", rows, columns, picture, optimize=True))


def stretched(position: Floats, size: int, scale: float, kernel: Kernel) -> Floats:
    """Weights (positions, size) of all pixels along an axis."""
    distance = np.clip(position, 0, size)[:, None] - (np.arange(size) + 0.5)
    weights = kernel(distance / max(scale, 1))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def filtered(picture: Floats, J: Floats, x: Floats, y: Floats, kernel: Kernel) -> Floats:
    """Any other map: the part of the footprint that interpolation lacks as three short filters, then interpolation."""
    across, down, slant, sign = footprint(J, (1, 1))
    by = tuple(max(1, int(scale / 2)) for scale in (across, down))
    if by != (1, 1):  # shrinking by 4 or more: first by a whole factor, by the exact kernel
        height, width = (-(-n // factor) for n, factor in zip(picture.shape[:2], by[::-1], strict=True))
        rows, columns = by[1] * (np.arange(height) + 0.5), by[0] * (np.arange(width) + 0.5)
        picture = upright(picture, rows, columns, by[1], by[0], kernel)
        across, down, slant, sign = footprint(J / np.array(by)[:, None], [1 if factor == 1 else 2 for factor in by])
    picture = smoothed(picture, short(down, kernel), 1, 0)
    picture = smoothed(picture, short(across, kernel), 0, 1)
    picture = smoothed(picture, short(slant, kernel), 1, sign)
    return interpolated(picture, x / by[0], y / by[1], kernel)


def footprint(J: Floats, spent: Sequence[float]) -> tuple[float, float, float, int]:
    """Scales along x, y and the diagonal (sign, 1), whose filters together have the covariance (J J' - spent) / 6."""
    lack = J @ J.T - np.diag(spent)
    values, vectors = np.linalg.eigh(lack)
    if values[0] < 0:  # enlarged along one axis of the ellipse: nothing to filter there
        lack = (vectors * np.maximum(values, 0)) @ vectors.T
    cross = min(abs(lack[0, 1]), lack[0, 0], lack[1, 1])
    across, down, slant = np.sqrt(1 + np.maximum((lack[0, 0] - cross, lack[1, 1] - cross, cross), 0))
    return across, down, slant, 1 if lack[0, 1] >= 0 else -1


def short(scale: float, kernel: Kernel) -> Floats:
    """Weights at -n..n of the filter that, with interpolation after it, is the kernel stretched by a scale.

    At whole scales it is a tent sampled at the pixels; between, the mix of both that has variance (scale^2 - 1) / 6.
    """
    if kernel is keys:
        scale = min(scale, WIDEST / 2)
        weights = keys(np.arange(-int(2 * scale), int(2 * scale) + 1) / scale)
        return weights / weights.sum() if scale > 1 else np.ones(1)
    n = int(min(scale, WIDEST))
    narrow, wide = (tent(np.arange(-n, n + 1) / m) / m for m in (n, n + 1))
    share = (min(scale, WIDEST) ** 2 - n**2) / ((n + 1) ** 2 - n**2)
    return np.asarray((1 - share) * narrow + share * wide)


def smoothed(picture: Floats, weights: Floats, down: int, right: int) -> Floats:
    """The picture filtered along (right, down); taps beyond the edge dropped and the rest renormalised."""
    height, width, n = *picture.shape[:2], len(weights) // 2
    inside = np.pad(np.ones((height, width, 1)), ((n, n), (n, n), (0, 0)))
    padded = np.pad(picture, ((n, n), (n, n), (0, 0)))
    total, share = np.zeros(picture.shape), np.zeros((height, width, 1))
    for k, weight in zip(range(-n, n + 1), weights, strict=True):
        here = np.s_[n + k * down : n + k * down + height, n + k * right : n + k * right + width]
        total, share = total + weight * padded[here], share + weight * inside[here]
    return total / share
