"""The words for reading between pixels, and beyond the edge of a picture."""

from __future__ import annotations

from typing import Literal, get_args

Interpolation = Literal["nearest", "bilinear", "bicubic"]  # bicubic: Keys' kernel with a = -1/2
Border = Literal["constant", "edge", "reflect", "symmetric", "wrap"]  # what lies outside, as numpy.pad has it
INTERPOLATIONS: tuple[str, ...] = get_args(Interpolation)
BORDERS: tuple[str, ...] = get_args(Border)
KEEP = "keep"  # of filters: a pixel whose neighbours lie partly outside stays as it is
