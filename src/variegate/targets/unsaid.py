"""Unsaid: what a value may be of which nobody said what it is, and which stands beside a picture.

Such a value is passed on, and never moves. So whatever may lie on the picture is refused:

    passed on   None, a number, a text, bytes, a date, a path; texts in lists and dicts, such as captions and tags; and
                a vector of classes: a list or an array of one number, or of zeros and ones only
    refused     a flat list or array, or a dict, of other numbers: (10, 20, 30, 40) is a box, and (3, 7) a point, or the
                classes of two instances; what has numbers in lists in lists, dicts in lists, arrays of two dimensions
                and more; PIL images, and files of {bytes, path}; and objects of which nothing is known

A dict's texts count as the numbers that they are: {"xmin": "8", "ymin": "12"} is how VOC's files are read.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import os
import re
import reprlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from variegate.errors import InputError

NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*")
PLAIN = (
    *(type(None), bool, int, float, complex, str, bytes, bytearray, memoryview, np.generic, decimal.Decimal),
    *(enum.Enum, datetime.date, datetime.time, datetime.timedelta, os.PathLike),
)
SEVERAL = (list, tuple, set, frozenset)


def unsaid(value: Any) -> str | None:
    """What a value that may lie on a picture looks like, for an error; None of one that cannot, and is passed on.

    >>> unsaid("owl"), unsaid([0, 1, 0]), unsaid([10, 20, 30, 40])
    (None, None, 'list [10, 20, 30, 40]')
    """
    if not _may_lie(value):
        return None
    name = type(value).__name__
    if isinstance(value, (*SEVERAL, Mapping)):
        return f"{name} {reprlib.repr(value)}"
    form = getattr(value, "shape", getattr(value, "size", None))  # of an array or a tensor, or of a PIL image
    return name if form is None or callable(form) else f"{name} {tuple(form)}"


def check_unsaid(value: Any, owner: str, mend: str) -> None:
    """Refuse what may lie on the picture.

    owner  who has it, for the error: "a sample"
    mend   what to do

    Raises  InputError.
    """
    form = unsaid(value)
    if form is None:
        return
    if isinstance(value, SEVERAL) and any(isinstance(item, Mapping) for item in value):
        mend += '. Of a list of dicts make fields first: {"boxes": [each["bbox"] for each in ...], "labels": [...]}'
    raise InputError(f"{owner} has a {form} beside its picture, and what it is was not said: {mend}")


def _may_lie(value: Any) -> bool:
    if isinstance(value, PLAIN):
        return False
    if hasattr(value, "ndim"):
        array = _array(value)
        if array is None or array.ndim > 1:
            return True
        if array.dtype.kind in "biufc":
            return array.size > 1 and bool(np.any((array != 0) & (array != 1)))
        if array.dtype.kind != "O":
            return array.dtype.kind not in "SUMm"
        value = array.tolist() if array.ndim else [array.item()]
    elif not isinstance(value, (*SEVERAL, Mapping)) or _is_file(value):
        return True
    numbers = []
    for item in _items(value):
        number = _number(item, isinstance(value, Mapping))
        if number is not None:
            numbers.append(number)
        elif _has_numbers(item):
            return True
    return len(numbers) > 1 and any(number not in (0, 1) for number in numbers)


def _has_numbers(value: Any, texts: bool = False) -> bool:
    """Whether there is a number, or a picture, anywhere in a value; or what nothing is known of.

    texts  whether texts that are numbers count
    """
    if _number(value, texts) is not None:
        return True
    if isinstance(value, PLAIN):
        return False
    if hasattr(value, "ndim"):
        array = _array(value)
        if array is None or array.dtype.kind != "O":
            return array is None or bool(array.size and array.dtype.kind not in "SUMm")
        return any(map(_has_numbers, array.ravel().tolist()))
    if not isinstance(value, (*SEVERAL, Mapping)) or _is_file(value):
        return True
    return any(_has_numbers(item, isinstance(value, Mapping)) for item in _items(value))


def _is_file(value: Any) -> bool:
    """Whether a value is a file as Hugging Face's data sets have those of pictures."""
    return isinstance(value, Mapping) and set(value) == {"bytes", "path"}


def _items(value: Any) -> Iterator[Any]:
    return iter(value.values() if isinstance(value, Mapping) else value)


def _number(value: Any, texts: bool) -> Any:
    """A value as a number, if it is one."""
    if isinstance(value, (bool, int, float, complex, np.number, np.bool_, decimal.Decimal)):
        return value
    if texts and isinstance(value, str) and NUMBER.fullmatch(value):
        return float(value)
    if getattr(value, "ndim", None) == 0:
        array = _array(value)
        return array.item() if array is not None and array.dtype.kind in "biufc" else None
    return None


def _array(value: Any) -> Any:
    """An array, or a tensor as one; None where NumPy has none for it."""
    try:
        return np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    except (TypeError, ValueError, RuntimeError):
        return None
