"""Canvas: shapes in the coordinates of the picture, drawn larger and then made smaller, so that edges are smooth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from variegate.coords import HALF, Floats, pixel_centre
from variegate.draw.palette import BLACK, RGB, WHITE, ByteImage, mix
from variegate.draw.picture import resized
from variegate.draw.regions import Bools
from variegate.exact import sincos

MOST = 24_000_000  # pixels of the larger drawing
FAR = 1e6  # pixels: what lies further out is moved here, since Pillow counts in 32 bits
SEAM = 1.0  # pixels by which the dark seam of a line is wider than the line


class Canvas:
    """A picture to draw on.

    picture  RGB
    size     (width, height) of the result

    line     the width of a line in pixels of the result; text, dots and gaps follow it
    zoom     pixels of the result for a pixel of the picture
    fine     pixels of the canvas for a pixel of the result
    """

    def __init__(self, picture: Image.Image, size: tuple[int, int]) -> None:
        self.picture_size, self.size = picture.size, size
        self.line = float(np.clip((size[0] * size[1]) ** 0.5 / 280, 1.5, 8))
        self.zoom = size[0] / picture.width
        self.fine = next((n for n in (3, 2) if n * n * size[0] * size[1] <= MOST), 1)
        self.shape = size[1] * self.fine, size[0] * self.fine
        self.scale = np.array([self.shape[1] / picture.width, self.shape[0] / picture.height])
        self.page = resized(picture, size).resize(self.shape[::-1], Image.Resampling.NEAREST)
        self.pen = ImageDraw.Draw(self.page)

    def finish(self) -> Image.Image:
        """What was drawn, in the size of the result."""
        return self.page.reduce(self.fine) if self.fine > 1 else self.page

    def grown(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """An array (h, w) of the picture, as (H, W) of the canvas, by nearest."""
        rows, columns = self._sources()
        return np.asarray(pixels[rows[:, None], columns])

    def window(self, inside: Bools) -> tuple[Bools, tuple[int, int]] | None:
        """The part of `grown` in which a mask is, with a margin, and its (left, top); None where it is nowhere."""
        cuts, margin = list[slice](), 2 * self._far
        for sources, axis in zip(self._sources(), (1, 0), strict=True):
            met = np.flatnonzero(np.asarray(inside.any(axis=axis))[sources])
            if not met.size:
                return None
            cuts.append(slice(max(0, int(met[0]) - margin), int(met[-1]) + 1 + margin))
        rows, columns = (sources[cut] for sources, cut in zip(self._sources(), cuts, strict=True))
        return inside[rows[:, None], columns], (cuts[1].start, cuts[0].start)

    def _sources(self) -> list[NDArray[np.int64]]:
        """The row and the column of the picture at each of the canvas."""
        sides = zip(self.shape, self.picture_size[::-1], strict=True)
        return [(pixel_centre(np.arange(many)) * few / many).astype(np.int64) for many, few in sides]

    @property
    def _far(self) -> int:
        """How wide a rim is, in pixels of the canvas."""
        return max(1, round(self.line * self.fine * 0.7))

    def rim(self, values: NDArray[Any]) -> Bools:
        """(H, W): where the value differs from one a line's width away; the edge of the picture is no rim."""
        far, found = self._far, np.zeros(values.shape, np.bool_)
        for axis in (0, 1):
            turned, marks = (np.moveaxis(array, axis, 0) for array in (values, found))
            differs = turned[far:] != turned[:-far]
            marks[far:] |= differs
            marks[:-far] |= differs
        return found

    def wash(self, colours: ByteImage | RGB, strength: NDArray[Any], at: tuple[int, int] = (0, 0)) -> None:
        """Mix colours, (H, W, 3) or one, into the canvas: not at all where the strength, (H, W), is 0; wholly at 1.

        at  (left, top) of the strength on the canvas
        """
        mask = Image.fromarray(np.rint(strength * 255).astype(np.uint8))
        box = (*at, at[0] + mask.width, at[1] + mask.height)
        self.page.paste(colours if isinstance(colours, tuple) else Image.fromarray(colours), box, mask)

    def tint(self, rings: Sequence[Floats], holes: bool, colour: RGB, strength: float) -> None:
        """Mix a colour into what lies in any ring; with holes, in an odd number of them."""
        whole = Image.new("1", self.page.size)
        for ring in rings:
            if len(ring) > 2:
                part = Image.new("1", self.page.size)
                ImageDraw.Draw(part).polygon(self._places(ring), fill=1)
                whole = ImageChops.logical_xor(whole, part) if holes else ImageChops.logical_or(whole, part)
        self.page.paste(colour, mask=whole.convert("L").point([round(level * strength) for level in range(256)]))

    def stroke(self, points: Floats, colour: RGB, closed: bool) -> None:
        """A line through points, with a thin dark seam, so that it is seen on any ground."""
        path = self._places(points)
        if closed:
            path = [*path, *path[:2]]  # the second again: it joins the corner at the start
        if len(points) > 1:
            for shade, extra in ((mix(colour, BLACK, 0.7), SEAM), (colour, 0)):
                self.pen.line(path, fill=shade, width=self._odd(self.line + extra), joint="curve")

    def dot(self, at: Floats, colour: RGB, hollow: bool = False) -> None:
        """A dot; a hollow one is a ring."""
        radius = self.line * 2.2
        if hollow:
            self.ring(at, radius / self.zoom, colour)
            return
        ((x, y),) = self._places(at[None])
        for shade, extra in ((mix(colour, BLACK, 0.7), SEAM + self.line * 0.7), (WHITE, self.line * 0.7), (colour, 0)):
            far = (radius + extra) * self.fine
            self.pen.ellipse((x - far, y - far, x + far, y + far), fill=shade)

    def ring(self, at: Floats, radius: float, colour: RGB) -> None:
        """A circle of a radius in pixels of the picture; of many corners, since Pillow is slow at large ones."""
        self.stroke(at + radius * np.stack(sincos(np.arange(0, 360, 3)), axis=1), colour, closed=True)

    def corners(self, xyxy: Floats) -> Floats:
        """(4, 2): the corners of a box; a side on the edge of the picture is so far in that its line is seen whole."""
        half, ends = self.line / 2 / self.zoom, np.array(self.picture_size * 2, np.float64)
        sides = np.where(np.abs(xyxy) <= half, half, xyxy)
        x0, y0, x1, y1 = np.where(np.abs(sides - ends) <= half, ends - half, sides).tolist()
        return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])

    def _odd(self, width: float) -> int:
        """A width in pixels of the canvas: odd, since Pillow draws an even one to one side of its middle."""
        return 2 * round((width * self.fine - 1) / 2) + 1

    def _places(self, points: Floats) -> list[tuple[float, float]]:
        """Points of the picture as Pillow's: pixel centres at whole numbers, to which it would cut them off."""
        return [(x, y) for x, y in np.rint(np.clip(points * self.scale - HALF, -FAR, FAR)).tolist()]
