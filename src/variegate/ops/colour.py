"""What the colour ops share: luminance, and the matrices built on it."""

from __future__ import annotations

import numpy as np

from variegate.ops.effect import Floats, Matrix
from variegate.white import LUMINANCE

# ITU-R BT.601: how bright red, green and blue look. torchvision writes 0.2989 for red, Pillow rounds to 16 bits.
LUMA = np.array(LUMINANCE)

IDENTITY = np.eye(3)
GREY = np.ones((3, 1)) * LUMA  # every channel becomes the luminance
CHROMA = IDENTITY - GREY  # what is left without it


def multiple(factor: Floats) -> Floats:
    """The stack (B, 3, 3) that multiplies all channels by a factor, (B,)."""
    out: Floats = IDENTITY * factor[:, None, None]
    return out


def nothing(count: int) -> Floats:
    """The stack (B, 3) of no offset."""
    return np.zeros((count, 3))


def unchanged(count: int) -> Matrix:
    """What an op of colour does to pictures of one channel."""
    return Matrix(multiple(np.ones(count)), nothing(count), uniform=True)


def saturation(factor: Floats) -> Floats:
    """The stack (B, 3, 3) that keeps the luminance and multiplies the rest: factor v + (1 - factor) luma."""
    out: Floats = IDENTITY * factor[:, None, None] + GREY * (1 - factor)[:, None, None]
    return out


# Chroma rotates in the plane of U = 0.493 (B - Y) and V = 0.877 (R - Y); green follows, so that the luminance stays.
_RATIO = 0.877 / 0.493
_RED, _BLUE = CHROMA[2] / _RATIO, CHROMA[0] * -_RATIO
QUARTER = np.stack([_RED, -(LUMA[0] * _RED + LUMA[2] * _BLUE) / LUMA[1], _BLUE])


def hue(sin: Floats, cos: Floats) -> Floats:
    """The stack (B, 3, 3) that keeps the luminance and turns the chroma by an angle."""
    out: Floats = IDENTITY + CHROMA * (cos - 1)[:, None, None] + QUARTER * sin[:, None, None]
    return out
