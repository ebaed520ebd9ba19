"""Distributions: how a blind uniform number becomes the number that an op asked for.

Drawn is what a field accepts: a bare number is a constant, a pair a uniform range, anything else a distribution.
Long, because the distributions and the shorthand for them are read together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from variegate import exact
from variegate.arguments import finite, is_number, show
from variegate.errors import FieldError

Floats = NDArray[np.float64]


class Distribution:
    """A distribution of one number; `draws` uniforms in [0, 1) become one number a sample."""

    draws: int = 1
    ends_ramp: bool = True  # whether it may be an end of a `Ramp`

    def at(self, u: Floats) -> Floats:
        """The drawn numbers, shape (...), for uniforms u of shape (draws, ...); element by element."""
        raise TypeError(f"{type(self).__name__} has no at(): a distribution must say what it draws")

    def at_epoch(self, u: Floats, epoch: NDArray[np.uint32]) -> Floats:
        """The same in these epochs, (B,); u has shape (draws, ..., B). Most hang on none."""
        return self.at(u)

    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest number that can be drawn."""
        return -math.inf, math.inf


@dataclass(frozen=True, repr=False)
class Constant(Distribution):
    """Always the same number, which costs no draw.

    value  the number

    >>> Constant(30)
    Constant(30)

    Raises  FieldError if the value is not a finite number.
    """

    value: float
    draws = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", finite(self.value, "Constant.value"))

    def __repr__(self) -> str:
        return f"Constant({show(self.value)})"

    def at(self, u: Floats) -> Floats:
        return np.full(u.shape[1:], self.value, np.float64)

    def bounds(self) -> tuple[float, float]:
        return self.value, self.value


@dataclass(frozen=True, repr=False)
class Uniform(Distribution):
    """Evenly between low (included) and high.

    low   the least number
    high  the end of the range, not reached unless it is also low

    >>> Uniform(-30, 30)
    Uniform(-30, 30)

    Raises  FieldError if an end is not a finite number, or low is above high.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        low, high = _range(self.low, self.high, "Uniform")
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    def __repr__(self) -> str:
        return f"Uniform({show(self.low)}, {show(self.high)})"

    def at(self, u: Floats) -> Floats:
        return np.asarray(self.low + (self.high - self.low) * u[0])

    def bounds(self) -> tuple[float, float]:
        return self.low, self.high


@dataclass(frozen=True, repr=False)
class LogUniform(Distribution):
    """Between two positive numbers, evenly in the logarithm: half and double are as likely.

    low   the least number, above 0
    high  the greatest

    >>> LogUniform(0.5, 2)
    LogUniform(0.5, 2)

    Raises  FieldError if an end is not finite and positive, or low is above high.
    """

    low: float
    high: float
    _log: tuple[float, float] = field(init=False, compare=False, default=(0.0, 0.0))

    def __post_init__(self) -> None:
        low, high = _range(self.low, self.high, "LogUniform")
        if not low > 0:
            raise FieldError(f"LogUniform.low must be positive, got {show(low)}")
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)
        first, last = exact.log(np.array([low, high])).tolist()
        object.__setattr__(self, "_log", (first, last - first))

    def __repr__(self) -> str:
        return f"LogUniform({show(self.low)}, {show(self.high)})"

    def at(self, u: Floats) -> Floats:
        # Clipped, because rounding could step over an end by one unit in the last place.
        drawn = exact.exp(self._log[0] + self._log[1] * u[0])
        return np.asarray(np.minimum(np.maximum(drawn, self.low), self.high))

    def bounds(self) -> tuple[float, float]:
        return self.low, self.high


@dataclass(frozen=True, repr=False)
class Normal(Distribution):
    """The bell curve about a mean, by the formula of Box and Muller (1958); two draws.

    mean, std  in the unit of the field; std >= 0. No number lies beyond 8.6 std, as 53 bits reach no further.

    >>> Normal(0, 0.1).bounds()
    (-0.86, 0.86)

    Raises  FieldError if a number is not finite, or std is negative.
    """

    mean: float
    std: float
    draws = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", finite(self.mean, "Normal.mean"))
        object.__setattr__(self, "std", finite(self.std, "Normal.std"))
        if self.std < 0:
            raise FieldError(f"Normal.std must be 0 or more, got {show(self.std)}")

    def __repr__(self) -> str:
        return f"Normal({show(self.mean)}, {show(self.std)})"

    def at(self, u: Floats) -> Floats:
        radius = np.sqrt(-2 * exact.log(1 - u[0]))
        return np.asarray(self.mean + self.std * (radius * exact.sincos(360 * u[1])[1]))

    def bounds(self) -> tuple[float, float]:
        return self.mean - 8.6 * self.std, self.mean + 8.6 * self.std


@dataclass(frozen=True)
class Choice(Distribution):
    """One of a list of numbers.

    values   the numbers
    weights  how likely each is, relative to the rest; None for equally likely

    >>> Choice((0, 90, 180, 270))
    Choice((0, 90, 180, 270))

    Raises  FieldError if the list is empty or holds no finite numbers, or the weights do not fit it.
    """

    values: Sequence[float]
    weights: Sequence[float] | None = None
    ends_ramp = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", _numbers(self.values, "Choice.values"))
        if self.weights is None:
            return
        weights = _numbers(self.weights, "Choice.weights")
        object.__setattr__(self, "weights", weights)
        if len(weights) != len(self.values):
            raise FieldError(f"Choice.weights has one number a value, {len(self.values)}, got {len(weights)}")
        if min(weights) < 0 or not 0 < sum(weights) < math.inf:
            raise FieldError(f"Choice.weights are 0 or more and not all 0, got {weights!r}")

    def __repr__(self) -> str:
        weights = "" if self.weights is None else f", weights={_shown(self.weights)}"
        return f"Choice({_shown(self.values)}{weights})"

    def at(self, u: Floats) -> Floats:
        values = np.array(self.values, np.float64)
        if self.weights is None:
            return np.asarray(values[(u[0] * len(values)).astype(np.int64)])
        edges = np.cumsum(np.array(self.weights, np.float64))
        return np.asarray(values[np.searchsorted(edges, u[0] * edges[-1], side="right")])

    def bounds(self) -> tuple[float, float]:
        return min(self.values), max(self.values)


@dataclass(frozen=True, repr=False)
class Bernoulli(Distribution):
    """1 with probability p, else 0.

    p  the probability, 0 to 1

    >>> Bernoulli(0.5)
    Bernoulli(0.5)

    Raises  FieldError if p is not from 0 to 1.
    """

    p: float
    ends_ramp = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "p", finite(self.p, "Bernoulli.p"))
        if not 0 <= self.p <= 1:
            raise FieldError(f"Bernoulli.p is a probability from 0 to 1, got {show(self.p)}")

    def __repr__(self) -> str:
        return f"Bernoulli({show(self.p)})"

    def at(self, u: Floats) -> Floats:
        return np.asarray(u[0] < self.p, np.float64)

    def bounds(self) -> tuple[float, float]:
        return float(self.p == 1), float(self.p > 0)


@dataclass(frozen=True)
class Bits(Distribution):
    """128 random bits: no number, but the key to any number of them, by position.

    What is drawn is a column (4, B) of uint32: a sub-key a sample, of which `variegate.extend` fills arrays. A
    field of numbers does not take it. An op adds it to what `drawn()` gives, or declares a field that nobody sets,
    `noise: Bits = bits()`, by `variegate.ops.fields`. `trials` make no more of it: other positions do.

    >>> Bits()
    Bits()
    """

    def at(self, u: Floats) -> Floats:
        raise TypeError("Bits has no at(): it draws words, not numbers")


def _range(low: Any, high: Any, owner: str, ends: tuple[str, str] = (".low", ".high")) -> tuple[float, float]:
    """Both ends as floats, checked, and their order."""
    low, high = finite(low, owner + ends[0]), finite(high, owner + ends[1])
    got = f"got ({show(low)}, {show(high)})"
    if low > high:
        raise FieldError(f"{owner} runs from low to high, {got}. Write ({show(high)}, {show(low)}).")
    if not math.isfinite(high - low):
        raise FieldError(f"{owner} is too wide for a float, {got}")
    return low, high


def _numbers(values: Any, owner: str) -> tuple[float, ...]:
    """A list of at least one finite number, as a tuple."""
    if isinstance(values, (str, bytes)) or not isinstance(values, (Sequence, np.ndarray)) or not len(values):
        raise FieldError(f"{owner} is a list of one number or more, got {values!r}")
    return tuple(finite(value, f"{owner}[{i}]") for i, value in enumerate(values))


def _shown(values: Sequence[float]) -> str:
    """A tuple of numbers, as one writes it."""
    return f"({', '.join(map(show, values))}{',' if len(values) == 1 else ''})"


if TYPE_CHECKING:
    Drawn = float | Sequence[float] | Distribution  # a list of two is taken too
else:
    Drawn = float | tuple[float, float] | Distribution


def parse(value: Any, owner: str) -> Distribution:
    """A field's value as a distribution; `owner` is the field's path, for the error.

    >>> parse(30, "Rotate.angle"), parse((-30, 30), "Rotate.angle")
    (Constant(30), Uniform(-30, 30))

    Raises  FieldError if the value is no number, pair or distribution, not finite, or low is above high.
    """
    if isinstance(value, Distribution) and not isinstance(value, Bits):
        return value
    if is_number(value):
        return Constant(finite(value, owner))
    if not isinstance(value, (tuple, list)) or len(value) != 2 or not all(is_number(end) for end in value):
        raise FieldError(
            f"{owner} is a number, a range (low, high) or a distribution such as Normal(0, 1), got {value!r}"
        )
    return Uniform(*_range(value[0], value[1], owner, ("[0]", "[1]")))
