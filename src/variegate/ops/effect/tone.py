"""Tone: each channel by itself, clamped and rounded to its levels first; as a table or by a formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from variegate.ops.effect.base import BENT, Floats
from variegate.ops.effect.colour import Colour


class Tone(Colour):
    """A Table or a Curve."""

    cuts: ClassVar[str] = BENT


@dataclass(frozen=True)
class Table(Tone):
    """v -> values[round(255 * clamp(v))] in uint8; in pictures of other levels, on the lines between the values.

    values  (B, 256) float64, in units of white
    """

    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"values": (256,)}

    values: Floats


@dataclass(frozen=True)
class Curve(Tone):
    """v -> a formula of v, clamped and, in pictures of integers, rounded to their own levels.

    kind     "power": b v^a; "posterize": the levels in a parts, each its lowest; "solarize": 1 - v where v >= a
    numbers  (B, 2) float64: a and b
    """

    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"numbers": (2,)}

    kind: Literal["power", "posterize", "solarize"]
    numbers: Floats

    @classmethod
    def of(cls, kind: Literal["power", "posterize", "solarize"], a: Floats, b: Floats | None = None) -> Curve:
        """A curve of one column or two."""
        return cls(kind, np.stack([a, np.zeros(len(a)) if b is None else b], axis=1))
