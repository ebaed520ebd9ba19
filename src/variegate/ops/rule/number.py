"""Channels, Filling, Span, Point, Count, Number, Wholes, Probability and Certain: numbers that are not drawn."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self, get_args, get_origin

import numpy as np

from variegate.arguments import finite, is_number, is_whole
from variegate.dist import Constant, Distribution
from variegate.errors import FieldError
from variegate.ops.rule.base import Rule
from variegate.ramp import Ramp, is_probability


@dataclass(frozen=True)
class Channels(Rule):
    """A number, or a tuple of one number a channel."""

    def parse(self, value: Any, owner: str, op: Any) -> float | tuple[float, ...]:
        if isinstance(value, (tuple, list)) and value:
            several = tuple(finite(each, f"{owner}[{i}]") for i, each in enumerate(value))
        elif not is_number(value):
            raise FieldError(f"{owner} is a number, or a tuple of one number a channel, got {value!r}")
        else:
            several = (finite(value, owner),)
        given = several if isinstance(value, (tuple, list)) else several[0]
        if not self.limits(op).hold(min(several), max(several)):
            raise self.limits(op).refuse(given, owner)
        return given

    def good(self, op: Any) -> Iterator[Any]:
        low, high = self.limits(op).inside()
        yield from (low, high, (low,), (low, high, high), [high, low])

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        yield from ("0", (), math.nan, (1, math.inf), (1, "1"), True)
        yield from (value for beyond in self.limits(op).outside() for value in (beyond, (1, beyond)))


@dataclass(frozen=True)
class Filling(Channels):
    """A number, one a channel, or one of a few words."""

    words: tuple[str, ...] = ()

    hinted: ClassVar[bool] = True

    def of(self, hint: Any) -> Self:
        literals = [each for each in get_args(hint) if get_origin(each) is Literal]
        return replace(self, words=tuple(word for each in literals for word in get_args(each)))

    def parse(self, value: Any, owner: str, op: Any) -> Any:
        if not isinstance(value, str):
            return super().parse(value, owner, op)
        if value not in self.words:
            words = ", ".join(map(repr, self.words))
            raise FieldError(f"{owner} is a number, a tuple of one number a channel, or {words}; got {value!r}")
        return value

    def good(self, op: Any) -> Iterator[Any]:
        yield from (*super().good(op), *self.words)


@dataclass(frozen=True)
class Span(Rule):
    """A pair (least, most) above something."""

    def parse(self, value: Any, owner: str, op: Any) -> tuple[float, float]:
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            raise FieldError(f"{owner} is a pair (least, most), got {value!r}")
        low, high = (finite(end, f"{owner}[{i}]") for i, end in enumerate(value))
        if low > high or not self.limits(op).hold(low, high):
            raise FieldError(f"{owner} is a pair (least, most) {self.limits(op).description()}, got {value!r}")
        return low, high

    def good(self, op: Any) -> Iterator[Any]:
        low, high = self.limits(op).inside()
        yield from ((low, high), [low, low])

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        low, high = self.limits(op).inside()
        yield from (low, (low,), (high, low), (low, math.inf), (low, high, high), ("a", "b"))
        yield from ((beyond, beyond) for beyond in self.limits(op).outside())


@dataclass(frozen=True)
class Point(Rule):
    """A point (x, y) of the picture."""

    def parse(self, value: Any, owner: str, op: Any) -> tuple[float, float]:
        told = "a point (x, y), in fractions of the width and of the height from the top left corner"
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            raise FieldError(f"{owner} is {told}, got {value!r}")
        x, y = (finite(each, f"{owner}[{i}]") for i, each in enumerate(value))
        if not self.limits(op).hold(min(x, y), max(x, y)):
            raise FieldError(f"{owner} is {told}, each {self.limits(op).description()}; got {value!r}")
        return x, y

    def good(self, op: Any) -> Iterator[Any]:
        low, high = self.limits(op).inside()
        yield from ((low, high), [high, low])

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        yield from (0.5, "12", (0.5,), (0.5, 0.5, 0.5), (0.5, math.nan), (0.5, True))
        yield from ((0.5, beyond) for beyond in self.limits(op).outside())


@dataclass(frozen=True)
class Count(Rule):
    """How many of something: a whole number."""

    hinted: ClassVar[bool] = True

    def parse(self, value: Any, owner: str, op: Any) -> int:
        least, most = (int(end) for end in self.limits(op)[:2])
        if not is_whole(value) or not least <= value <= most:
            raise FieldError(f"{owner} is a whole number, {least} to {most}; got {value!r}")
        return int(value)

    def good(self, op: Any) -> Iterator[Any]:
        yield from super().good(op)
        least, most = (int(end) for end in self.limits(op)[:2])
        yield from (least, np.int64(least), least + 1, most)

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        least, most = (int(end) for end in self.limits(op)[:2])
        yield from (least - 1, most + 1, float(least), True, str(least), (least, most))


@dataclass(frozen=True)
class Number(Rule):
    """A number that is not drawn."""

    def parse(self, value: Any, owner: str, op: Any) -> float:
        given = finite(value, owner)
        if not self.limits(op).hold(given, given):
            raise self.limits(op).refuse(given, owner)
        return given

    def good(self, op: Any) -> Iterator[Any]:
        yield from self.limits(op).inside()

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        yield from ("1", math.nan, math.inf, True, (1, 2), *self.limits(op).outside())


@dataclass(frozen=True)
class Wholes(Rule):
    """A list of whole numbers."""

    def parse(self, value: Any, owner: str, op: Any) -> tuple[int, ...]:
        if not isinstance(value, (tuple, list)) or not all(map(is_whole, value)):
            raise FieldError(f"{owner} is a list of whole numbers, got {value!r}")
        return tuple(int(each) for each in value)

    def good(self, op: Any) -> Iterator[Any]:
        yield from ((), (0,), [3, np.uint8(255), -1])

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        yield from (0, (0, 1.5), (True,), "12")


@dataclass(frozen=True)
class Probability(Rule):
    """A probability, or a Ramp between two."""

    def parse(self, value: Any, owner: str, op: Any) -> Any:
        if not is_probability(value):
            ramp = ", or a Ramp between two" if isinstance(value, Distribution) else ""
            raise FieldError(f"{owner} is a probability from 0 to 1{ramp}, got {value!r}")
        return value

    def good(self, op: Any) -> Iterator[Any]:
        low, high = self.limits(op).inside()
        yield from (low, high, Ramp(low, high, 3))

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        yield from (*self.limits(op).outside(), math.nan, True, "1", (0, 1), Constant(1), Ramp(0, (0, 1), 3))
        yield from (Ramp(1, beyond, 3) for beyond in self.limits(op).outside())


class Certain(Probability):
    """A probability of 1."""

    def parse(self, value: Any, owner: str, op: Any) -> Any:
        given = super().parse(value, owner, op)
        if given != 1:
            raise FieldError(f"{owner} must be 1, because a batch has one form; got {given!r}")
        return given

    def good(self, op: Any) -> Iterator[Any]:
        yield from (1, 1.0)

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        yield Ramp(1, 1, 3)
