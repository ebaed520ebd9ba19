"""HueSaturationValue: the three parts of HSV, each changed by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from variegate.ops.base import Drawn, Draws, LoweringContext, Op, three
from variegate.ops.effect import ColourFunction, Effect, Ints
from variegate.ops.fields import declare, drawn

F32 = np.float32
_ZERO, _ONE, _TWO, _FOUR, _SIX, _SIXTH = F32(0), F32(1), F32(2), F32(4), F32(6), F32(1 / 6)


@declare
class HueSaturationValue(Op):
    """Turn the hue of HSV, and multiply its saturation and its value.

    hue         degrees by which every hue turns, from red towards green; one draw a sample
    saturation  factor: 0 is grey, 1 changes nothing; what would leave full saturation stays there; one draw a sample
    value       factor on the largest channel, and so on all: 0 is black, 1 changes nothing; one draw a sample
    targets     image of 3 channels (labels stay)        effect  a function of each pixel: input clamped

    Laws: greys stay grey; hues add up, 360 degrees change nothing; hue 0 with factors of 1 is the identity, to the bit.
    Source: Smith (1978), as torchvision's `adjust_hue`, here without rounding to 8 bits on the way, which costs OpenCV
    and Pillow up to 5 levels even for a hue of 0. `Hue` turns chroma and keeps the luminance instead, and is a matrix,
    which costs less. Albumentations' op of this name adds to saturation and value, which gives grey areas the colour of
    their noise; its hue is in units of 2 degrees. kornia's and TensorFlow's saturation is the factor here.

    >>> HueSaturationValue(hue=(-10, 10), saturation=1, value=1)
    HueSaturationValue(hue=Uniform(-10, 10), saturation=Constant(1), value=Constant(1))

    Raises  FieldError if a factor can be negative; InputError on other than 3 channels.
    """

    hue: Drawn = drawn(default=(-20, 20))
    saturation: Drawn = drawn(default=(0.7, 1.3), least=0)
    value: Drawn = drawn(default=(0.8, 1.2), least=0)

    gives: ClassVar[type[Effect]] = ColourFunction
    needs_white: ClassVar[bool] = True

    def takes(self) -> Sequence[int]:
        return (3,)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> ColourFunction:
        three(self, context)
        hue = draws["hue"] / 60
        numbers = np.stack([hue - 6 * np.floor(hue / 6), draws["saturation"], draws["value"]], axis=1)
        return ColourFunction(hsv_changed, numbers, rests=(numbers == (0, 1, 1)).all(axis=1))


def hsv_changed(row: Any, y: int, height: int, sixths: float, saturation: float, value: float) -> None:
    """A row through HSV: hues turned by sixths of a turn, saturation and value multiplied."""
    reds, greens, blues = row
    turn, factor, gain = F32(sixths), F32(saturation), F32(value)
    for x in range(len(reds)):
        red = min(max(reds[x], _ZERO), _ONE)
        green = min(max(greens[x], _ZERO), _ONE)
        blue = min(max(blues[x], _ZERO), _ONE)
        most = max(max(red, green), blue)
        chroma = most - min(min(red, green), blue)
        per = _ONE / (chroma if chroma > _ZERO else _ONE)
        hue = (red - green) * per + _FOUR
        hue = (blue - red) * per + _TWO if green == most else hue
        hue = (green - blue) * per if red == most else hue
        hue = hue + turn  # from -1 to below 11
        # As much as it had, times the factor, and at most all of it.
        wide = min(chroma * factor, most)
        top, spread = most * gain, wide * gain
        for n in (5, 3, 1):
            place = hue + F32(n)
            place = place - _SIX * np.floor(place * _SIXTH)
            part = min(max(min(place, _FOUR - place), _ZERO), _ONE)
            out = top - spread * part
            if n == 5:
                reds[x] = out
            elif n == 3:
                greens[x] = out
            else:
                blues[x] = out
