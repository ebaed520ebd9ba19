"""Option, Flag and Name: words, and truth values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self, get_args, get_origin

import numpy as np

from variegate.errors import FieldError
from variegate.ops.rule.base import Rule


@dataclass(frozen=True)
class Option(Rule):
    """One of a few words."""

    words: tuple[str, ...] = ()

    hinted: ClassVar[bool] = True

    def of(self, hint: Any) -> Self:
        literals = [each for each in (hint, *get_args(hint)) if get_origin(each) is Literal]
        return replace(super().of(hint), words=tuple(word for each in literals for word in get_args(each)))

    def parse(self, value: Any, owner: str, op: Any) -> str:
        if not isinstance(value, str) or value not in self.words:
            options = (*self.words, None) if self.optional else self.words
            raise FieldError(f"{owner} is one of {', '.join(map(repr, options))}; got {value!r}")
        return value

    def good(self, op: Any) -> Iterator[Any]:
        yield from super().good(op)
        yield from self.words

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        yield from ("", self.words[0].upper() + "?", [], 0)


@dataclass(frozen=True)
class Flag(Rule):
    """True or False."""

    hinted: ClassVar[bool] = True

    def parse(self, value: Any, owner: str, op: Any) -> bool:
        if not isinstance(value, bool | np.bool_):
            told = "True, False or None;" if self.optional else "True or False,"
            raise FieldError(f"{owner} is {told} got {value!r}")
        return bool(value)

    def good(self, op: Any) -> Iterator[Any]:
        yield from super().good(op)
        yield from (True, False, np.True_)

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        yield from (0, 1, 0.5, "True")


class Name(Rule):
    """What an op goes by."""

    def parse(self, value: Any, owner: str, op: Any) -> str:
        if not isinstance(value, str) or not value:
            raise FieldError(f"{owner} is a text that is not empty, got {value!r}")
        return value

    def good(self, op: Any) -> Iterator[Any]:
        yield from super().good(op)
        yield "mine"

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        yield from ("", 3)
