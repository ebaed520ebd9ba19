"""Canvas: shapes in the coordinates of the picture, drawn larger and then made smaller, so that edges are smooth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFont

from variegate.coords import HALF, Floats
from variegate.draw.palette import BLACK, WHITE, Bytes, Colour, ink, mix
from variegate.draw.picture import resized

MOST = 24_000_000  # pixels of the larger drawing
FAR = 1e6  # pixels: what lies further out is moved here, since Pillow counts in 32 bits
Point = tuple[float, float]


class Canvas:
    """A picture to draw on.

    picture  RGB
    size     (width, height) of the result

    line     the width of a line in pixels of the result; text, dots and gaps follow it
    fine     how many pixels of the canvas a pixel of the result has, along each side
    """

    def __init__(self, picture: Image.Image, size: tuple[int, int]) -> None:
        self.size = size
        self.line = float(np.clip((size[0] * size[1]) ** 0.5 / 320, 1.25, 8))
        self.fine = next((n for n in (3, 2) if n * n * size[0] * size[1] <= MOST), 1)
        self.scale = np.array([self.fine * size[0] / picture.width, self.fine * size[1] / picture.height])
        self.shape = size[1] * self.fine, size[0] * self.fine
        whole = (self.shape[1], self.shape[0])
        self.page = resized(picture, size).resize(whole, Image.Resampling.NEAREST)
        self.pen = ImageDraw.Draw(self.page)
        self._tags: list[tuple[str, Colour, Point, bool]] = []

    def places(self, points: Floats) -> list[Point]:
        """Points of the picture as Pillow's: pixel centres at whole numbers."""
        return [tuple(point) for point in np.clip(points * self.scale - HALF, -FAR, FAR).tolist()]

    def grown(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """A mask (h, w), of any size and dtype, as (H, W) of the canvas, by nearest."""
        rows, columns = (
            ((np.arange(many) + HALF) * few / many).astype(np.int64)
            for many, few in zip(self.shape, pixels.shape, strict=False)
        )
        return np.asarray(pixels[rows[:, None], columns])

    def wash(self, colours: Bytes | Colour, strength: Bytes | NDArray[np.float64]) -> None:
        """Mix colours, (H, W, 3) or one, into the canvas: not at all where the strength, (H, W), is 0; wholly at 1."""
        mask = Image.fromarray(np.rint(strength * 255).astype(np.uint8))
        over = colours if isinstance(colours, tuple) else Image.fromarray(colours)
        self.page.paste(over, (0, 0) if not isinstance(over, tuple) else (0, 0, *self.page.size), mask)

    def rim(self, inside: NDArray[Any]) -> NDArray[np.bool_]:
        """(H, W): the pixels whose value differs from one a line's width away; the picture's own edge is no rim."""
        far = max(1, round(self.line * self.fine * HALF * 2))
        found = np.zeros(inside.shape, np.bool_)
        for axis in (0, 1):
            if inside.shape[axis] > far:
                one = np.take(inside, np.arange(far, inside.shape[axis]), axis)
                other = np.take(inside, np.arange(inside.shape[axis] - far), axis)
                differs = one != other
                found |= np.pad(differs, [(far, 0) if n == axis else (0, 0) for n in (0, 1)])
                found |= np.pad(differs, [(0, far) if n == axis else (0, 0) for n in (0, 1)])
        return found

    def inside(self, rings: Sequence[Floats], holes: bool) -> Image.Image:
        """A 1-bit image of what lies in any ring; with holes, in an odd number of them."""
        whole = Image.new("1", self.page.size)
        for ring in rings:
            if len(ring) > 2:
                part = Image.new("1", self.page.size)
                ImageDraw.Draw(part).polygon(self.places(ring), fill=1)
                whole = ImageChops.logical_xor(whole, part) if holes else ImageChops.logical_or(whole, part)
        return whole

    def stroke(self, points: Floats, colour: Colour, closed: bool, width: float = 1) -> None:
        """A line through points, with a thin dark seam so that it is seen on any ground."""
        path = self.places(points)
        if closed and len(path) > 1:
            path = [*path, *path[:2]]  # the second again joins the corner at the start
        if len(path) < 2:
            return
        for shade, extra in ((mix(colour, BLACK, 0.7), 0.8), (colour, 0)):
            thick = max(1, round((self.line * width + extra) * self.fine))
            self.pen.line(path, fill=shade, width=thick, joint="curve")

    def dot(self, at: Floats, colour: Colour, hollow: bool = False) -> None:
        """A dot; a hollow one is a ring."""
        radius = self.line * 2.1
        if hollow:
            self.ring(at, radius, colour)
            return
        self._disc(at, radius + 0.5 * self.line, WHITE)
        self._disc(at, radius, colour)

    def ring(self, at: Floats, radius: float, colour: Colour) -> None:
        """A circle of a radius in pixels of the result."""
        for shade, extra in ((mix(colour, BLACK, 0.7), 0.8), (colour, 0)):
            thick = max(1, round((self.line + extra) * self.fine))
            self.pen.ellipse(self._round(at, radius + (self.line + extra) * HALF), outline=shade, width=thick)

    def _disc(self, at: Floats, radius: float, colour: Colour) -> None:
        self.pen.ellipse(self._round(at, radius), fill=colour)

    def _round(self, at: Floats, radius: float) -> tuple[float, float, float, float]:
        (x, y), r = self.places(at[None])[0], min(radius * self.fine, FAR)
        return x - r, y - r, x + r, y + r

    def tag(self, text: str, colour: Colour, at: Floats, centred: bool = False) -> None:
        """A word above a point; tags are drawn last, and give way to each other."""
        x, y = self.places(at[None])[0]
        self._tags.append((text, colour, (x / self.fine, y / self.fine), centred))

    def finish(self) -> Image.Image:
        """The result."""
        result = self.page.reduce(self.fine) if self.fine > 1 else self.page
        pen, taken = ImageDraw.Draw(result), list[tuple[float, float, float, float]]()
        for text, colour, at, centred in self._tags:
            room = self._room(text, at, centred, taken)
            taken.append(room)
            left, top, right, bottom = room
            pen.rounded_rectangle((left, top, right - 1, bottom - 1), self.line, fill=colour)
            pen.text(((left + right) / 2, (top + bottom) / 2), text, ink(colour), self.font, anchor="mm")
        return result

    @cached_property
    def font(self) -> Any:
        """Pillow's own, in a size that can be read."""
        return ImageFont.load_default(max(10, self.line * 7.5))

    def _room(
        self, text: str, at: Point, centred: bool, taken: Iterable[tuple[float, float, float, float]]
    ) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of a tag: above its point, else below, else where nothing is written yet."""
        long, high = self.font.getlength(text) + self.line * 4, self.font.size * 1.3
        long, high = float(round(long)), float(round(high))
        left = float(np.clip(round(at[0] - (long / 2 if centred else self.line / 2)), 0, max(0, self.size[0] - long)))
        for step in (-1, 0, 1, -2, 2, -3, 3):
            top = round(at[1]) + step * high
            room = (left, top, left + long, top + high)
            if 0 <= top <= self.size[1] - high and not any(_meet(room, other) for other in taken):
                return room
        top = float(np.clip(round(at[1]) - high, 0, max(0, self.size[1] - high)))
        return left, top, left + long, top + high


def _meet(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two rectangles have a point in common."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
