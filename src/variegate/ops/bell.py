"""The weights of a Gaussian, as the filters have them that are made of it."""

from __future__ import annotations

import numpy as np

from variegate import exact
from variegate.ops.effect import Floats, Ints

WIDEST = 128.0  # sigma, in pixels


def reach_of(sigma: Floats) -> Ints:
    """(B,): how many pixels a Gaussian reaches to each side: what lies beyond 3 sigma weighs less than 0.3%."""
    return np.ceil(3 * sigma).astype(np.int64)


def bell(sigma: Floats, reach: Ints) -> Floats:
    """(B, 2 n + 1): weights at whole pixels as far as each sample reaches, of sum 1; n: as far as the furthest does.

    A sigma of 0 gives a pixel its own weight alone.
    """
    at = np.arange(1, int(reach.max(initial=0)) + 1)
    wide = sigma > 0
    square = (np.where(wide, sigma, 1.0) * np.where(wide, sigma, 1.0))[:, None]
    half = np.where(wide[:, None] & (at <= reach[:, None]), exact.exp(at * at / (-2 * square)), 0.0)
    total = np.ones(len(sigma))
    for n in range(len(at)):  # one after the other: a batch's longest changes no bit of another
        total = total + 2 * half[:, n]
    half, middle = half / total[:, None], 1 / total[:, None]
    return np.concatenate([half[:, ::-1], middle, half], axis=1)
