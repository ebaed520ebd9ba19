"""The contact sheet: pictures in a grid, each fitted into a cell of its own, the original framed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Picture = NDArray[Any] | Image.Image
PAPER, FRAME = (255, 255, 255), (214, 93, 14)
GAP = 6


def sheet(rows: Sequence[Sequence[Picture]], cell: int = 160) -> Image.Image:
    """A PNG-ready sheet of rows of pictures, of which the first in each row is the original.

    rows  uint8 or float32 pictures, HW or HWC, of any size, or PIL images; each is fitted into cell x cell pixels
    """
    columns = max(len(row) for row in rows)
    page = Image.new("RGB", (GAP + columns * (cell + GAP), GAP + len(rows) * (cell + GAP)), PAPER)
    draw = ImageDraw.Draw(page)
    for r, row in enumerate(rows):
        for c, picture in enumerate(row):
            small = fitted(picture, cell)
            left, top = GAP + c * (cell + GAP), GAP + r * (cell + GAP)
            x, y = left + (cell - small.width) // 2, top + (cell - small.height) // 2
            page.paste(small, (x, y))
            if c == 0:
                draw.rectangle((x - 3, y - 3, x + small.width + 2, y + small.height + 2), outline=FRAME, width=3)
    return page


def fitted(picture: Picture, cell: int) -> Image.Image:
    """A picture as RGB with its longer side `cell` pixels; small ones grow in whole pixels."""
    image = picture if isinstance(picture, Image.Image) else rgb(picture)
    longer = max(image.size)
    wanted = [max(1, round(side * cell / longer)) for side in image.size]
    how = Image.Resampling.NEAREST if longer * 2 <= cell else Image.Resampling.LANCZOS
    return image.resize((wanted[0], wanted[1]), how)


def rgb(picture: NDArray[Any]) -> Image.Image:
    """A picture of any dtype and of 1, 2, 3 or more channels as a person sees it."""
    parts = picture / 65535 if picture.dtype == np.uint16 else picture
    levels = picture if picture.dtype == np.uint8 else np.rint(np.clip(parts, 0, 1) * 255).astype(np.uint8)
    levels = levels[..., None] if levels.ndim == 2 else levels
    levels = levels[..., :3] if levels.shape[-1] >= 3 else np.repeat(levels[..., :1], 3, axis=-1)
    return Image.fromarray(np.ascontiguousarray(levels), "RGB")
