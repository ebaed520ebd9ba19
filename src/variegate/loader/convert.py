"""Convert: the pixels of a picture that Pillow opened, in one of our modes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import DecodeError

PROGRAMS = ("EPS", "WMF")  # which Pillow has other programs draw


def converted(picture: Any, mode: str, name: str) -> NDArray[Any]:
    """The pixels of a picture that Pillow opened, in the mode asked for."""
    from PIL import Image

    if picture.format in PROGRAMS:
        raise DecodeError(name, f"{picture.format} is a program that draws, not a picture; convert it to PNG")
    picture.load()
    found = picture.mode
    if found.startswith("I;16") or (found == "I" and picture.format in ("PNG", "PPM")):
        wide = np.asarray(picture).astype(np.uint32)
        wide *= 255  # in place: such pictures are large
        wide += 32767
        wide //= 65535
        picture = Image.fromarray(wide.astype(np.uint8))
    elif found in ("I", "F"):
        raise DecodeError(
            name,
            f'its pixels are 32-bit numbers (Pillow\'s mode "{found}") of which black and white '
            "are not known; convert it to 8 or 16 bits, or load it yourself and use Arrays",
        )
    if found == "P":  # by way of RGBA, or Pillow warns of palettes with transparency
        picture = picture.convert("RGBA")
    return np.asarray(picture if picture.mode == mode else picture.convert(mode))
