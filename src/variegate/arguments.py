"""Arguments: what a call was given, checked, with errors that say what it takes and what it got."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from numbers import Real
from typing import Any, TypeVar, cast

import numpy as np

from variegate.errors import FieldError, VariegateError

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def is_number(value: object) -> bool:
    """Whether a value is a real number, of Python or NumPy, and no truth value."""
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_))


def is_whole(value: object) -> bool:
    """Whether a value is an integer, of Python or NumPy, and no truth value."""
    return is_number(value) and hasattr(value, "__index__")


def finite(value: Any, owner: str) -> float:
    """A finite number as a float, or a FieldError in which `owner` says where it was written."""
    if not is_number(value):
        raise FieldError(f"{owner} is a number, got {value!r}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise FieldError(f"{owner} is a finite number, got {value!r}")
    return number


def whole(
    value: Any, owner: str, least: int | None = None, also: str = "", error: type[VariegateError] = FieldError
) -> int:
    """An integer as an int, whoever's it is (a tensor's too), or an error in which `owner` says where it was written.

    least  the smallest that will do; also: in words, what else would, such as ", or None"

    >>> whole(np.int64(3), "Loader.workers", least=0)
    3
    """
    try:
        number = None if isinstance(value, (bool, np.bool_)) else operator.index(value)
    except TypeError:
        number = None
    if number is None or (least is not None and number < least):
        limit = "" if least is None else f" of {least} or more"
        raise error(f"{owner} is an integer{limit}{also}, got {value!r}")
    return number


def one_of(value: Any, owner: str, known: tuple[str, ...]) -> str:
    """A word out of some, or a FieldError that names them."""
    if not isinstance(value, str) or value not in known:
        raise FieldError(f"{owner} is {' or '.join(map(repr, known))}, got {value!r}")
    return value


def renamed(**words: str) -> Callable[[Decorated], Decorated]:
    """Let a function or a class answer arguments by the names that they once had with a FieldError that tells the new.

    words  old=new
    """

    def wrap(made: Decorated) -> Decorated:
        function: Any = vars(made)["__init__"] if isinstance(made, type) else made
        owner = made.__name__ if isinstance(made, type) else function.__qualname__.removesuffix(".__init__")

        @functools.wraps(function)
        def checked(*args: Any, **given: Any) -> Any:
            for old in words.keys() & given.keys():
                new, value = words[old], given[old]
                raise FieldError(f"{owner} has no {old}=: it is {new}= now. Write {new}={value!r:.100}")
            return function(*args, **given)

        if isinstance(made, type):
            made.__init__ = checked  # type: ignore[misc]
            return made
        return cast(Decorated, checked)

    return wrap


def show(number: float) -> str:
    """A number as a person writes it: 30, not 30.0."""
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)
