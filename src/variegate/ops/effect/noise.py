"""Noise: numbers by the key and a pixel's place, put on the picture by a kernel of the library's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from variegate.ops.effect.base import Floats, Ints, misfit_bits
from variegate.ops.effect.colour import Colour
from variegate.ops.effect.row_function import RowFunction

NoiseKind = Literal["gaussian", "uniform", "speckle", "shot", "iso", "salt_and_pepper"]
NUMBERS = dict(zip(get_args(NoiseKind), (2, 1, 1, 1, 2, 2), strict=True))  # of each kind, how many


@dataclass(frozen=True)
class Noise(Colour):
    """Noise on every pixel of the canvas, what a border filled included; a `RowFunction`, compiled once for all.

    A sample whose numbers are all 0 is left as it is.

    kind         "gaussian": v + std n + mean, of a normal n; numbers: std, mean
                 "uniform": v + amplitude n, n in (-1, 1); amplitude
                 "speckle": v + v std n, of a normal n; std
                 "shot": scale k, k of Poisson's law of the mean v / scale; scale
                 "iso": that of a camera, of 1 channel or 3; intensity, color
                 "salt_and_pepper": 0 or 1, each by its probability; of 0, of 1
    numbers      (B, n) float64, in units of white
    bits         (4, B) uint32, the column of a `Bits` draw
    per_channel  whether each channel has a noise of its own; "shot" and "iso" know no other
    """

    cuts: ClassVar[str] = RowFunction.cuts
    may_rest: ClassVar[bool] = True
    finite: ClassVar[tuple[str, ...]] = ("numbers",)
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"numbers": (None,)}

    kind: NoiseKind
    numbers: Floats
    bits: NDArray[np.uint32]
    per_channel: bool = True

    def misfit(self, count: int) -> str:
        if self.kind not in NUMBERS:
            return f"Noise.kind is one of {', '.join(NUMBERS)}; got {self.kind!r}"
        wrong = super().misfit(count)
        if not wrong and self.numbers.shape[1] != NUMBERS[self.kind]:
            wrong = f"Noise.numbers of kind {self.kind!r} is ({count}, {NUMBERS[self.kind]}), got {self.numbers.shape}"
        if not wrong and self.bits is None:
            wrong = f"Noise.bits is an array (4, {count}) uint32, got None"
        return wrong or misfit_bits("Noise.bits", self.bits, count)

    def neutral(self, before: Ints) -> NDArray[np.bool_]:
        return np.asarray(~self.numbers.any(axis=1))

    def take(self, rows: NDArray[np.bool_]) -> Self:
        return replace(self, numbers=self.numbers[rows], bits=self.bits[:, rows])
