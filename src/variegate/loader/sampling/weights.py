"""Weighted: an order with replacement, in which samples come as often as their weights say.

The places of an epoch are the strata of a stratified sample (Cochran, "Sampling Techniques", chapter 5): a permutation
gives each place one of as many equal parts of the row of all weights, a hash a point within it, and the sample whose
weight lies there is taken. Each place alone is a weighted draw; together, a sample that is due 3.7 times comes 3 to 5
times, where independent draws would give any number. As in a shuffle, any place is known without the others.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from variegate.errors import FieldError
from variegate.loader.hash import digest, mixed
from variegate.loader.sampling.order import Order, Positions
from variegate.loader.source.multi_hot import MultiHot, SourceLabels

Weights = ArrayLike | Literal["balanced"]
UNIT = 2.0**-53


class Weighted:
    """Which sample stands at which place of an epoch, with replacement.

    edges   (N,) float64: the running sum of the weights
    length  number of places
    seed    any integer
    epoch   0 to 2**32 - 1

    >>> order = Weighted(np.cumsum([1.0, 0.0, 3.0]), 8, seed=0, epoch=0)
    >>> np.bincount(order[np.arange(8)]).tolist()
    [2, 0, 6]
    """

    def __init__(self, edges: NDArray[np.float64], length: int, seed: int, epoch: int) -> None:
        self.edges, self.length = edges, length
        self._order = Order(length, seed, epoch)
        self._key = np.frombuffer(digest("weights", seed, epoch), "<u8").astype(np.uint64)

    def __getitem__(self, places: Positions) -> Positions:
        """The positions in the source of the samples at these places, from 0 to length - 1."""
        within = unit(mixed(self._key + mixed(self._key ^ places.astype(np.uint64))))
        return at_share(self.edges, (self._order[places] + within) / self.length)

    def occurrences(self, places: Positions) -> Positions:
        """A number for each place, of its own: a sample that comes again is never the same twice."""
        return places


def unit(words: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Words as numbers from 0 to below 1."""
    return (words >> np.uint64(11)).astype(np.float64) * UNIT


def at_share(edges: NDArray[np.float64], shares: NDArray[np.float64]) -> Positions:
    """The samples in whose part of the row of all weights these shares of it lie, each from 0 to below 1."""
    last = np.searchsorted(edges, edges[-1], side="left")  # that has any weight: rounding must not go beyond it
    found: Positions = np.minimum(np.searchsorted(edges, shares * edges[-1], side="right"), last).astype(np.int64)
    return found


def edges_of(weights: Weights, labels: SourceLabels | None, length: int) -> NDArray[np.float64]:
    """The running sum of the weights of a source's samples, the largest of which counts as 0.5 to 1.

    weights  one a sample, 0 or more, of any magnitude; or "balanced": every class as often as every other
    labels   one a sample, for "balanced"

    Raises  FieldError if the weights are not one a sample, or cannot be weights, or there are no classes.
    """
    column = _balanced(labels) if isinstance(weights, str) and weights == "balanced" else _numbers(weights)
    if column.shape != (length,):
        raise FieldError(f"Loader.weights are one a sample: {length} of them, got shape {column.shape}")
    if not np.isfinite(column).all() or column.min() < 0 or column.max() == 0:
        raise FieldError(
            f"Loader.weights are finite, 0 or more, and not all 0; got {column.min()} to {column.max()}, "
            f"{int((~np.isfinite(column)).sum())} of them not finite"
        )
    # By a power of two, which rounds nothing: a share of the smallest floats would lose its bits, a sum of the largest
    # its value.
    return np.cumsum(np.ldexp(column, -np.frexp(column.max())[1]))


def _numbers(weights: Any) -> NDArray[np.float64]:
    try:
        return np.asarray(weights, np.float64)
    except (TypeError, ValueError):
        raise FieldError(f'Loader.weights are numbers, one a sample, or "balanced", got {weights!r:.80}') from None


def _balanced(labels: SourceLabels | None) -> NDArray[np.float64]:
    """One by the number of samples of the same label."""
    if labels is None or isinstance(labels, MultiHot) or np.ndim(labels) != 1:
        raise FieldError(
            'Loader.weights="balanced" needs a source with one label a sample, known before it is read; '
            "give the weights as numbers, one a sample"
        )
    _, which, counts = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[which], np.float64)
