"""Tags: words on a picture, in places where they hide neither each other nor, if it can be, what they name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from variegate.draw.palette import RGB, ink

Anchor = Literal["corner", "above", "on"]
Rect = tuple[float, float, float, float]  # left, top, right, bottom


class Tags:
    """Words to be written on a picture.

    size  (width, height) of the picture
    line  the width of its lines; text is in proportion
    """

    def __init__(self, size: tuple[int, int], line: float) -> None:
        self.size, self.line = size, line
        self.font: Any = ImageFont.load_default(max(10, line * 7.5))
        self.found: list[tuple[str, RGB, Rect]] = []

    def add(self, text: str, colour: RGB, at: Sequence[float], anchor: Anchor) -> None:
        """A word at a point, in pixels: above it and to the right, above its middle, or on it.

        Where another word is already, or the picture ends, it goes below, or further up or down.
        """
        text = " ".join(text.split())
        if not text:
            return
        long, high = (float(round(side)) for side in (self.font.getlength(text) + self.line * 4, self.font.size * 1.35))
        left = at[0] - (self.line / 2 if anchor == "corner" else long / 2)
        left = float(np.clip(round(left), 0, max(0, self.size[0] - long)))
        last = max(0, self.size[1] - high)
        top = float(np.clip(round(at[1]) - (high / 2 if anchor == "on" else high), 0, last))
        for step in (0, 1, -1, 2, -2, 3, -3, 4, -4):
            room = (left, top + step * high, left + long, top + (step + 1) * high)
            if 0 <= room[1] <= last and not any(_meet(room, other) for _, _, other in self.found):
                break
        else:
            room = (left, top, left + long, top + high)
        self.found.append((text, colour, room))

    def write(self, picture: Image.Image) -> None:
        """Write them all."""
        pen = ImageDraw.Draw(picture)
        for text, colour, (left, top, right, bottom) in self.found:
            pen.rounded_rectangle((left, top, right - 1, bottom - 1), self.line * 1.2, fill=colour)
            pen.text(((left + right) / 2, (top + bottom) / 2), text, ink(colour), self.font, anchor="mm")


def _meet(one: Rect, other: Rect) -> bool:
    """Whether two rooms share a pixel."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
