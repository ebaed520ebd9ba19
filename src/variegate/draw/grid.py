"""The contact sheet: pictures in a grid, each fitted into a cell of its own, the first of a row framed or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from variegate.draw.picture import levels
from variegate.picture import with_channels
from variegate.white import White

SheetPicture = NDArray[Any] | Image.Image
PAPER, FRAME = (255, 255, 255), (214, 93, 14)
INK = (32, 32, 32)
GAP, TITLE = 6, 20  # pixels


def grid(
    rows: Sequence[Sequence[SheetPicture]],
    cell: int = 160,
    white: White = "dtype",
    titles: Sequence[str] = (),
    framed: bool = True,
) -> Image.Image:
    """A PNG-ready sheet of rows of pictures.

    rows    pictures, HW or HWC, of any size, or PIL images; each is fitted into cell x cell pixels
    white   which of their numbers is white; None: of each picture the largest, and its least is black
    titles  a line above each row, or none
    framed  whether the first of each row has a frame, as the original of the others
    """
    columns, title = max(len(row) for row in rows), TITLE if titles else 0
    page = Image.new("RGB", (GAP + columns * (cell + GAP), GAP + len(rows) * (cell + title + GAP)), PAPER)
    draw = ImageDraw.Draw(page)
    for r, row in enumerate(rows):
        if titles:
            at = GAP, GAP + r * (cell + title + GAP)
            draw.text(at, titles[r], fill=INK, font=ImageFont.load_default(size=14))
        for c, picture in enumerate(row):
            small = fitted(picture, cell, white)
            left, top = GAP + c * (cell + GAP), GAP + title + r * (cell + title + GAP)
            x, y = left + (cell - small.width) // 2, top + (cell - small.height) // 2
            page.paste(small, (x, y))
            if c == 0 and framed:
                draw.rectangle((x - 3, y - 3, x + small.width + 2, y + small.height + 2), outline=FRAME, width=3)
    return page


def fitted(picture: SheetPicture, cell: int, white: White = "dtype") -> Image.Image:
    """A picture as RGB with its longer side `cell` pixels; small ones grow in whole pixels."""
    image = picture if isinstance(picture, Image.Image) else rgb(picture, white)
    longer = max(image.size)
    wanted = [max(1, round(side * cell / longer)) for side in image.size]
    how = Image.Resampling.NEAREST if longer * 2 <= cell else Image.Resampling.LANCZOS
    return image.resize((wanted[0], wanted[1]), how)


def rgb(picture: NDArray[Any], white: White = "dtype") -> Image.Image:
    """A picture of any dtype and of 1, 2, 3 or more channels as a person sees it."""
    shown = with_channels(levels(picture, white))
    shown = shown[..., :3] if shown.shape[-1] >= 3 else np.repeat(shown[..., :1], 3, axis=-1)
    return Image.fromarray(np.ascontiguousarray(shown), "RGB")
