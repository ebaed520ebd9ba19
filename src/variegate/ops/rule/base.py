"""Rule: what one field of an op takes; and Limits, where its numbers must lie."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import NoneType
from typing import Any, ClassVar, NamedTuple, Self, get_args

from variegate.arguments import show
from variegate.errors import FieldError

Limit = float | Callable[[Any], float]  # a number, or what it is for this op: where other fields decide
FAR = 1000.0  # a number without a limit, to try


class Limits(NamedTuple):
    """Where numbers must lie; infinite: anywhere."""

    least: float = -math.inf
    most: float = math.inf
    above: float = -math.inf
    below: float = math.inf

    def hold(self, low: float, high: float) -> bool:
        """Whether all numbers from low to high lie within."""
        return low >= self.least and high <= self.most and low > self.above and high < self.below

    def description(self) -> str:
        """In words: "at least 0 and below 90"; nothing where there are none."""
        ends = (("at least", self.least), ("above", self.above), ("at most", self.most), ("below", self.below))
        return " and ".join(f"{word} {show(round(end, 4))}" for word, end in ends if math.isfinite(end))

    def inside(self) -> tuple[float, float]:
        """The outermost numbers that lie within."""
        low = max(self.least, math.nextafter(self.above, math.inf) if self.above > -math.inf else -math.inf, -FAR)
        high = min(self.most, math.nextafter(self.below, -math.inf) if self.below < math.inf else math.inf)
        return low, high if high < math.inf else low + 2 * FAR

    def outside(self) -> list[float]:
        """The first numbers that do not."""
        beyond = math.nextafter(self.least, -math.inf), self.above, math.nextafter(self.most, math.inf), self.below
        ends = self.least, self.above, self.most, self.below
        return [number for number, end in zip(beyond, ends, strict=True) if math.isfinite(end)]

    def refuse(self, given: object, owner: str) -> FieldError:
        """The error of a value that leaves them."""
        return FieldError(f"{owner} must be {self.description()}, got {given!r}")


@dataclass(frozen=True)
class Rule:
    """What a field takes.

    least, most, above, below  the limits of its numbers
    optional                   whether None will do
    fewest                     how many a list must have
    whole                      whether a number alone has no fraction
    """

    least: Limit = -math.inf
    most: Limit = math.inf
    above: float = -math.inf
    below: float = math.inf
    optional: bool = False
    fewest: int = field(default=0, kw_only=True)
    whole: bool = field(default=False, kw_only=True)

    hinted: ClassVar[bool] = False  # whether the annotation says more
    drawn: ClassVar[bool] = False  # whether the value is a distribution, from which the op draws
    odd: ClassVar[bool] = False  # whether its numbers are odd

    @property
    def hangs(self) -> bool:
        """Whether its limits hang on other fields of the op."""
        return callable(self.least) or callable(self.most)

    def of(self, hint: Any) -> Self:
        """The rule with what the field's annotation adds."""
        return replace(self, optional=NoneType in get_args(hint))

    def read(self, value: Any, owner: str, op: Any) -> Any:
        """What is kept of a value; `owner` is the field's path, for the error, `op` what the field is of."""
        return None if value is None and self.optional else self.parse(value, owner, op)

    def parse(self, value: Any, owner: str, op: Any) -> Any:
        """What is kept of a value that is not None.

        Raises  FieldError that begins with `owner`, and says what it is to be and what was got.
        """
        raise TypeError(f"{type(self).__name__} has no parse(): a rule must say what it takes")

    def limits(self, op: Any = None) -> Limits:
        """The limits, for an op; without one those that hang on no other field."""
        ends = self.least, self.most, self.above, self.below
        if op is not None:
            return Limits(*(end(op) if callable(end) else end for end in ends))
        return Limits(*(usual if callable(end) else end for end, usual in zip(ends, Limits(), strict=True)))

    def range_limits(self, op: Any = None) -> Limits:
        """The limits of several numbers, in a range or a list, where those are others."""
        return self.limits(op)

    def good(self, op: Any) -> Iterator[Any]:
        """Values that are taken, those at the limits among them; op: with the other fields."""
        if self.optional:
            yield None

    def bad(self, op: Any) -> Iterator[Any]:
        """Values that are refused, those just beyond the limits among them."""
        yield object()
        if not self.optional:
            yield None


@dataclass(frozen=True)
class Checked(Rule):
    """Whatever a function makes of it."""

    by: Callable[[Any, str], Any] = field(kw_only=True)

    def parse(self, value: Any, owner: str, op: Any) -> Any:
        return self.by(value, owner)

    def bad(self, op: Any) -> Iterator[Any]:
        yield object()
