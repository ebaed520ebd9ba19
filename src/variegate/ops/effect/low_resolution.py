"""LowResolution: a picture at fewer pixels, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from variegate.ops.effect.base import Ints
from variegate.ops.effect.colour import Colour

Resizing = Literal["nearest", "box", "bilinear"]
RESIZINGS: tuple[str, ...] = get_args(Resizing)


@dataclass(frozen=True)
class LowResolution(Colour):
    """A picture resized to another size, and back to its own; labels stay.

    size  (B, 2) int64: (height, width) between; a sample that has this size is left as it is
    kind  how both ways: "nearest", "box", the mean of the pixels whose centres lie within, or "bilinear", with a
          prefilter where it shrinks
    """

    may_rest: ClassVar[bool] = True
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"size": (2,)}

    size: Ints
    kind: Resizing

    def misfit(self, count: int) -> str:
        wrong = super().misfit(count)
        if wrong:
            return wrong
        if self.kind not in RESIZINGS:
            return f"LowResolution.kind is one of {', '.join(RESIZINGS)}; got {self.kind!r}"
        if self.size.dtype.kind == "f" or (self.size < 1).any():
            return f"LowResolution.size is whole pixels, 1 or more; got {self.size.min():g}"
        return ""

    def neutral(self, before: Ints) -> NDArray[np.bool_]:
        return np.asarray((self.size == before).all(axis=1))
