"""Mixture: the picture averaged with what branches make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from variegate.ops.effect.base import Floats
from variegate.ops.effect.colour import Colour


@dataclass(frozen=True)
class Mixture(Colour):
    """The sum of the picture and of what each branch of the op makes of it, each by a weight; see `Op.branches`.

    own      (B,): the weight of the picture as it is
    weights  (B, branches): those of the branches

    What comes out of a branch is clamped to black and white before, where numbers have a range. Labels stay: they are
    those of the picture as it is, wherever a branch moves its pixels.
    """

    finite: ClassVar[tuple[str, ...]] = ("own", "weights")
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"own": (), "weights": (None,)}

    own: Floats
    weights: Floats
