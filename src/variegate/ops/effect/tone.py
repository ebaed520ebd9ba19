"""Tone: each channel by itself, clamped and rounded to its levels first; as a table, a formula, or by a histogram."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from variegate.ops.effect.base import BENT, Floats
from variegate.ops.effect.colour import Colour

LEVELS = 256
CurveKind = Literal["power", "posterize", "solarize", "solarize_add"]


class Tone(Colour):
    """A Table, a Curve or a Statistic."""

    cuts: ClassVar[str] = BENT


@dataclass(frozen=True)
class Table(Tone):
    """v -> values[round(255 * clamp(v))] in uint8; in pictures of other levels, on the lines between the values.

    values  (B, 256) float64, in units of white; or (B, C, 256), a table for each channel
    """

    finite: ClassVar[tuple[str, ...]] = ("values",)
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"values": (LEVELS,)}

    values: Floats

    def misfit(self, count: int) -> str:
        if getattr(self.values, "ndim", 0) == 3:  # a channel is a sample to the rule
            count, values = count * self.values.shape[1], self.values.reshape(-1, self.values.shape[2])
            return Table(values).misfit(count)
        return super().misfit(count)


@dataclass(frozen=True)
class Curve(Tone):
    """v -> a formula of v, clamped and, in pictures of integers, rounded to their own levels.

    kind     "power": b v^a; "posterize": the levels in a parts, each its lowest; "solarize": 1 - v where v >= a;
             "solarize_add": v + b, clamped, where v < a
    numbers  (B, 2) float64: a and b
    """

    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"numbers": (2,)}

    kind: CurveKind
    numbers: Floats

    @classmethod
    def of(cls, kind: CurveKind, a: Floats, b: Floats | None = None) -> Curve:
        """A curve of one column or two."""
        return cls(kind, np.stack([a, np.zeros(len(a)) if b is None else b], axis=1))


@dataclass(frozen=True)
class Statistic(Tone):
    """A table that hangs on the whole picture at that point of the pipeline: table = function(histogram, *draws).

    function  of `histogram` (C, 256) int64, how many pixels of each channel are next to each of 256 levels, what a
              border filled included; and the numbers drawn, as floats. It returns values as `Table` has them, (256,)
              or (C, 256), in units of white. It is called when the picture is there, in Python, on any thread, and may
              hang on nothing else; for the same bits on every CPU it takes + - * / and sqrt, and `variegate.exact`
    draws     (B, n) float64
    """

    begins: ClassVar[str] = "counts the levels of the whole picture, which must exist first"
    finite: ClassVar[tuple[str, ...]] = ("draws",)
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"draws": (None,)}

    function: Callable[..., Any]
    draws: Floats
