"""Holes: pixels that are dropped, whatever they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from variegate.ops.effect.base import Floats, Ints, misfit_bits
from variegate.ops.effect.colour import Colour

HoleKind = Literal["rectangles", "grid", "dots", "channels", "spans"]


@dataclass(frozen=True)
class Holes(Colour):
    """Pixels that become a colour, or noise; labels stay, but for instances that are gone.

    kind     "rectangles": numbers are four each, top, bottom, left, right, whole pixels, without the last; "grid":
             four, where the first square begins down and across, how far one is from the next, and how large each is,
             in pixels; "dots": two, how many of 65,536 pixels, and whether each channel has its own; "channels": one a
             channel, not 0 where it is dropped; "spans": where the spans of each row begin among the numbers, and
             where the last one's end, and then of each its first column and the one after its last; or all 0
    numbers  (B, n) float64
    colour   (B, C) float64: what the dropped become, in units of white
    bits     (4, B) uint32, the column of a `Bits` draw, for noise and dots
    noise    whether the dropped become noise, even from black to white, in place of the colour
    gone     (B, N) bool: which instances the labels of a sample lose, of those that came to the op; None: none
    group    whose instances these are
    """

    cuts: ClassVar[str] = "hangs on where a pixel lies, and a map of the plane would move it"
    may_rest: ClassVar[bool] = True
    finite: ClassVar[tuple[str, ...]] = ("numbers", "colour")
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"numbers": (None,), "colour": (None,), "gone": (None,)}

    kind: HoleKind
    numbers: Floats
    colour: Floats
    bits: NDArray[np.uint32] | None = None
    noise: bool = False
    gone: NDArray[np.bool_] | None = None
    group: str = ""

    def without(self, gone: NDArray[np.bool_], group: str) -> Self:
        """The same, with instances of a group that go."""
        return replace(self, gone=gone, group=group)

    def misfit(self, count: int) -> str:
        return super().misfit(count) or misfit_bits("Holes.bits", self.bits, count)

    def neutral(self, before: Ints) -> NDArray[np.bool_]:
        if self.kind == "rectangles":
            top, bottom, left, right = np.moveaxis(self.numbers.reshape(len(before), -1, 4), 2, 0)
            return np.asarray(((bottom <= top) | (right <= left)).all(axis=1))
        if self.kind in ("channels", "spans"):
            return np.asarray((self.numbers == 0).all(axis=1))
        return np.asarray(self.numbers[:, 3 if self.kind == "grid" else 0] <= 0)

    def take(self, rows: NDArray[np.bool_]) -> Self:
        return replace(super().take(rows), bits=None if self.bits is None else self.bits[:, rows])
