"""Shares: how much of a whole each of several parts has, drawn by Dirichlet's distribution, or Beta's of two."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from variegate import exact
from variegate.dist import Distribution
from variegate.ops.effect import Floats

TRIES = 12  # each is taken in more than 95 of 100 cases


@dataclass(frozen=True)
class Gamma(Distribution):
    """The gamma distribution of a shape, at scale 1, by Marsaglia and Tsang (2000); of shape 1 minus a logarithm.

    The shares that several of these have of their sum follow Dirichlet's distribution.
    """

    shape: float
    ends_ramp = False

    @property
    def draws(self) -> int:  # type: ignore[override]
        return 1 if self.shape == 1 else 1 + 3 * TRIES

    def at(self, u: Floats) -> Floats:
        if self.shape == 1:
            return np.asarray(-exact.log(1 - u[0]))
        below = self.shape < 1
        d = self.shape + below - 1 / 3
        found = np.full(u.shape[1:], d)
        for k in range(TRIES - 1, -1, -1):  # so that the first that is taken stays
            first, angle, chance = u[1 + 3 * k : 4 + 3 * k]
            x = np.sqrt(-2 * exact.log(1 - first)) * exact.sincos(360 * angle)[1]
            v = 1 + x / np.sqrt(9 * d)
            cube = np.where(v > 0, v * v * v, 1.0)
            taken = (v > 0) & (exact.log(1 - chance) < x * x / 2 + d - d * cube + d * exact.log(cube))
            found = np.where(taken, d * cube, found)
        return np.asarray(found * exact.power(1 - u[0], 1 / self.shape) if below else found)

    def bounds(self) -> tuple[float, float]:
        return 0.0, math.inf


def shares(parts: Floats) -> Floats:
    """What part of their sum each of (n, B) numbers is; of nothing all have as much."""
    total = parts[0].copy()
    for each in parts[1:]:
        total = total + each
    return np.asarray(np.where(total > 0, parts / np.where(total > 0, total, 1.0), 1 / len(parts)))
