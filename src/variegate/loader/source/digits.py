"""Digits: numbers that were written as text, by programs of any language."""

from __future__ import annotations


def integer(text: str) -> int:
    """An integer as text.

    >>> integer(" 10 ")
    10

    Raises  ValueError if it is none.
    """
    return int(_plain(text))


def decimal(text: str) -> float:
    """A number as text; NaN and infinities are some.

    >>> decimal("2.50"), decimal("1e-3")
    (2.5, 0.001)

    Raises  ValueError if it is none.
    """
    return float(_plain(text))


def decimals(text: str) -> list[float]:
    """Numbers with spaces between them.

    >>> decimals("0 0.5 .25")
    [0.0, 0.5, 0.25]

    Raises  ValueError if one is none.
    """
    return [*map(float, _plain(text).split())]


def _plain(text: str) -> str:
    """A text, if its numbers are written as data has them: Python itself reads 1_0 as 10, and digits of any script."""
    if "_" in text or not text.isascii():
        raise ValueError(f"a number has the digits 0 to 9 and no underscore, got {text[:60]!r}")
    return text
