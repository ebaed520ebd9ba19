"""Mixed: a value, and of whose pictures it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from variegate.pipeline.mix import Value

Parts = tuple[tuple[int, float], ...]  # positions in the source, each with its share of the picture


class Mixed(NamedTuple):
    """A value, and of whose pictures it is made.

    done  to be called when its picture is not looked at any more
    """

    value: Value
    parts: Parts
    done: Callable[[], object] | None = None
