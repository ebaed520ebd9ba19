"""Bytes: a number of bytes, as a person writes it."""

from __future__ import annotations

import operator
import re
from fractions import Fraction

from variegate.errors import FieldError

Bytes = int | str

SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.IGNORECASE | re.ASCII)
LETTERS = "kmgt"
UNITS = {
    **{"": 1, "b": 1},
    **{f"{letter}b": 1000 ** (n + 1) for n, letter in enumerate(LETTERS)},
    **{f"{letter}ib": 1024 ** (n + 1) for n, letter in enumerate(LETTERS)},
}


def parse_bytes(value: Bytes, name: str = "a size") -> int:
    """A number of bytes, 0 or more: an integer, or a text such as "256MB", "1.5 GB" or "64MiB".

    value  kB, MB, GB, TB are powers of 1000; KiB, MiB, GiB, TiB of 1024; upper or lower case; a fraction is cut off
    name   what an error calls it

    >>> parse_bytes("256MB"), parse_bytes("64 MiB"), parse_bytes(4096)
    (256000000, 67108864, 4096)

    Raises  FieldError if it is none of these.
    """
    if isinstance(value, str):
        found = SIZE.fullmatch(value)
        unit = UNITS.get(found[2].lower()) if found else None
        if found is None or unit is None:
            raise FieldError(f'{name} is a number of bytes such as "256MB", "1.5GiB" or 4096, got {value!r}')
        return int(Fraction(found[1]) * unit)
    try:
        number = operator.index(value)
    except TypeError:
        number = -1
    if isinstance(value, bool) or number < 0:
        raise FieldError(f'{name} is a number of bytes, 0 or more, such as "256MB" or 4096, got {value!r}')
    return number
