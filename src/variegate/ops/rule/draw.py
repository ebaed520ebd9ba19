"""Draw and Subkey: what an op draws from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from variegate.dist import Bits, Choice, Constant, Distribution, Uniform, parse
from variegate.errors import FieldError
from variegate.ops.rule.base import Limits, Rule
from variegate.ramp import Ramp


@dataclass(frozen=True)
class Draw(Rule):
    """A number, a range or a distribution; see `fields.drawn`."""

    drawn: ClassVar[bool] = True

    range_most: float | None = None
    pair: Callable[[float, float], Distribution] = Uniform

    def parse(self, value: Any, owner: str, op: Any) -> Distribution:
        given = parse(value, owner)
        for end in given.ends if isinstance(given, Ramp) else (given,):
            if self.whole and any(number != int(number) for number in _written(end)):
                raise FieldError(f"{owner} is a whole number, got {given!r}")
            limits = self.range_limits(op) if isinstance(end, Uniform) else self.limits(op)
            if not limits.hold(*end.bounds()):
                raise limits.refuse(given, owner)
        if isinstance(given, Uniform) and not isinstance(value, Distribution):
            return self.pair(given.low, given.high)
        return given

    def range_limits(self, op: Any = None) -> Limits:
        limits = self.limits(op)
        return limits if self.range_most is None else limits._replace(most=self.range_most)

    def good(self, op: Any) -> Iterator[Any]:
        low, high = self.limits(op).inside()
        yield from (low, high, (low, high), (low, low), Uniform(low, high), Constant(high), Choice((low, high)))
        yield from (Ramp(low, high, 3), Ramp(high, (low, high), 3))
        if self.range_most is not None:
            yield from ((low, self.range_most), Ramp((low, self.range_most), low, 3))

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        low, high = self.limits(op).inside()
        yield from ("1", math.nan, math.inf, (low,), (high, low - 1), (low, high, high), True)
        for beyond in self.limits(op).outside():
            yield from (beyond, Constant(beyond), Choice((low, beyond)), Ramp(low, beyond, 3), Ramp(beyond, low, 3))
            if self.range_most is None or beyond < low:
                yield (min(low, beyond), max(low, beyond))
        if self.range_most is not None:
            yield (low, math.nextafter(self.range_most, math.inf))
        if self.whole:
            yield from (low + 0.5, Choice((low, low + 0.5)), Ramp(low, low + 0.5, 3))


class Subkey(Rule):
    """Bits, which nobody sets."""

    drawn: ClassVar[bool] = True

    def parse(self, value: Any, owner: str, op: Any) -> Bits:
        if not isinstance(value, Bits):
            raise FieldError(f"{owner} is Bits, got {value!r}")
        return value

    def good(self, op: Any) -> Iterator[Any]:
        yield Bits()


def _written(given: Distribution) -> tuple[float, ...]:
    """The numbers that someone has written down, one by one."""
    return (given.value,) if isinstance(given, Constant) else tuple(given.values) if isinstance(given, Choice) else ()
