"""JSON: the one place where that of a data set is parsed, and where its values are shown in errors."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from reprlib import Repr
from typing import Any

from variegate.errors import InputError, SourceError

LENGTH = 60  # letters of a value that an error shows

_SHOWN = Repr()
_SHOWN.maxlevel = 3  # lists within lists may be the same one many times over, in YAML
_SHOWN.maxlist = _SHOWN.maxtuple = _SHOWN.maxset = _SHOWN.maxfrozenset = 20
_SHOWN.maxstring = _SHOWN.maxlong = _SHOWN.maxother = 4 * LENGTH  # it cuts the middle out, and we the end


def parsed(
    text: str | bytes | memoryview,
    place: str,
    error: type[InputError | SourceError] = SourceError,
    hook: Callable[[dict[str, Any]], Any] | None = None,
) -> Any:
    """The value of a JSON text, or of the bytes of one in UTF-8; NaN and Infinity are taken.

    place  what leads a user to it, for errors
    error  which is raised
    hook   what makes something else of each object, as json.loads(object_hook=)

    >>> parsed('{"a": [1, 2.5]}', "x.json")
    {'a': [1, 2.5]}

    Raises  `error` if it is no JSON, is nested too deeply, or has an integer of more digits than Python reads.
    """
    text = text if isinstance(text, str) else text_of(text, place, error)
    try:
        return json.loads(text, object_hook=hook)
    except json.JSONDecodeError as problem:
        line = f", line {problem.lineno}" if problem.lineno > 1 or "\n" in problem.doc else ""
        raise error(f"{place}{line}: it is no JSON: {problem.msg}, at character {problem.colno}") from None
    except RecursionError:
        raise error(f"{place}: its lists and objects are nested too deeply to be read") from None
    except ValueError:  # of int()
        most = sys.get_int_max_str_digits()
        raise error(f"{place}: it has an integer of more than {most} digits, which is not read") from None


def text_of(data: bytes | memoryview, place: str, error: type[InputError | SourceError] = SourceError) -> str:
    """The text of bytes in UTF-8, without the mark that some editors begin it with.

    Raises  `error` if they are no UTF-8.
    """
    try:
        return str(data, "utf-8-sig")
    except UnicodeDecodeError as problem:
        raise error(f"{place}: it is no JSON: byte {problem.start} is no UTF-8") from None


def short(value: Any) -> str:
    """A value of JSON or YAML, as far as a line of an error holds it.

    >>> short({"x": 1, "y": 2}), short("a" * 100)[:8], short([[1, 2], None])
    ('an object with x, y', "'aaaaaaa", '[[1, 2], None]')
    """
    if isinstance(value, dict):
        return f"an object with {', '.join(str(key)[:LENGTH] for key in list(value)[:4]) or 'nothing'}"
    try:
        text = _SHOWN.repr(value)
    except ValueError:  # of an integer in hexadecimals, as YAML has it, whose digits Python does not write
        text = f"what is too long to be shown (of type {type(value).__name__})"
    return text if len(text) <= LENGTH else f"{text[: LENGTH - 3]}..."
