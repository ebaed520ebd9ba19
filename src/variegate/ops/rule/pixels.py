"""Extent and Pixels: whole numbers of pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from variegate.arguments import is_whole
from variegate.errors import FieldError
from variegate.ops.rule.base import Rule

MOST_SIDE = 1 << 30  # products of two such sides can be counted


@dataclass(frozen=True)
class Extent(Rule):
    """A whole number of pixels."""

    hinted: ClassVar[bool] = True

    def parse(self, value: Any, owner: str, op: Any) -> int:
        least = int(self.limits(op).least)
        if not is_whole(value) or value < least:
            raise FieldError(f"{owner} is a whole number of pixels, {least} or more; got {value!r}")
        return _side(value, owner)

    def good(self, op: Any) -> Iterator[Any]:
        yield from super().good(op)
        least = int(self.limits(op).least)
        yield from (least, np.int32(least), least + 1, MOST_SIDE)

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        least = int(self.limits(op).least)
        yield from (least - 1, MOST_SIDE + 1, 10**30, least + 0.5, float(least), True, "1", (least, least))


@dataclass(frozen=True)
class Pixels(Rule):
    """(height, width) in pixels; one number is both sides."""

    hinted: ClassVar[bool] = True

    def parse(self, value: Any, owner: str, op: Any) -> tuple[int, int]:
        pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
        if len(pair) != 2 or not all(is_whole(side) and side > 0 for side in pair):
            raise FieldError(f"{owner} is a whole number of pixels or (height, width), 1 or more; got {value!r}")
        return _side(pair[0], owner), _side(pair[1], owner)

    def good(self, op: Any) -> Iterator[Any]:
        yield from super().good(op)
        yield from (1, MOST_SIDE, (1, MOST_SIDE), [3, np.int64(4)])

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        yield from (0, -1, MOST_SIDE + 1, (1, 0), (MOST_SIDE + 1, 1), (1,), (1, 1, 1), 2.0, (1, 2.5), True, "1")


@dataclass(frozen=True)
class Grid(Rule):
    """(rows, columns) of something; one number is both."""

    hinted: ClassVar[bool] = True

    def parse(self, value: Any, owner: str, op: Any) -> tuple[int, int]:
        least, most = self.ends(op)
        pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
        if len(pair) != 2 or not all(is_whole(count) and least <= count <= most for count in pair):
            raise FieldError(f"{owner} is a whole number or (rows, columns), {least} to {most}; got {value!r}")
        return int(pair[0]), int(pair[1])

    def ends(self, op: Any) -> tuple[int, int]:
        """The fewest, and the most."""
        limits = self.limits(op)
        return int(limits.least), int(limits.most)

    def good(self, op: Any) -> Iterator[Any]:
        yield from super().good(op)
        least, most = self.ends(op)
        yield from (least, np.int64(least), (least, least + 1), [least, least])
        yield (most, least)

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        least, most = self.ends(op)
        yield from (least - 1, most + 1, (least, most + 1), (least,), (least,) * 3, float(least), True, str(least))


@dataclass(frozen=True)
class Odd(Rule):
    """An odd whole number of pixels, so that one is in the middle."""

    hinted: ClassVar[bool] = True
    odd: ClassVar[bool] = True

    def parse(self, value: Any, owner: str, op: Any) -> int:
        least, most = (int(end) for end in self.limits(op)[:2])
        if not is_whole(value) or not least <= value <= most or value % 2 == 0:
            raise FieldError(f"{owner} is an odd whole number of pixels, {least} to {most}; got {value!r}")
        return int(value)

    def good(self, op: Any) -> Iterator[Any]:
        yield from super().good(op)
        least, most = (int(end) for end in self.limits(op)[:2])
        yield from (least, np.int32(least), least + 2, most)

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        least, most = (int(end) for end in self.limits(op)[:2])
        yield from (least - 2, least + 1, most + 2, 10**30 + 1, float(least), True, str(least), (least, least))


def _side(value: Any, owner: str) -> int:
    if value > MOST_SIDE:
        told = value if value < 1 << 63 else "more than 2**63"
        raise FieldError(f"{owner} is at most {MOST_SIDE} pixels; got {told}. Has it a zero too many?")
    return int(value)
