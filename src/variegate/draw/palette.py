"""Colours: of classes and instances, and of heat.

The first seven are those of Okabe and Ito (2008), which people tell apart whatever their colour vision; then come
lighter and darker ones of the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from variegate.coords import Floats

RGB = tuple[int, int, int]
ByteImage = NDArray[np.uint8]

WHITE, BLACK, SLATE = (255, 255, 255), (0, 0, 0), (60, 64, 72)
SEVEN: tuple[RGB, ...] = (
    (230, 159, 0),  # orange
    (86, 180, 233),  # sky blue
    (0, 158, 115),  # bluish green
    (240, 228, 66),  # yellow
    (0, 114, 178),  # blue
    (213, 94, 0),  # vermilion
    (204, 121, 167),  # reddish purple
)
HEAT = np.array(  # from dark to bright, even to the eye and to the colour-blind
    [(0, 0, 4), (66, 10, 104), (147, 38, 103), (221, 81, 58), (252, 165, 10), (252, 255, 164)], np.float64
)


def colour(number: int) -> RGB:
    """The colour of a class or an instance; the 22nd has that of the first.

    >>> colour(0), colour(7), colour(21)
    ((230, 159, 0), (242, 207, 128), (230, 159, 0))
    """
    shade, place = divmod(number % 21, 7)
    base, mixed = SEVEN[place], (None, WHITE, BLACK)[shade]
    return base if mixed is None else mix(base, mixed, 0.5 if mixed == WHITE else 0.3)


def mix(one: RGB, other: RGB, part: float) -> RGB:
    """A colour with so large a part of another."""
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def ink(paper: RGB) -> RGB:
    """Black or white, whichever is read more easily on that colour."""
    red, green, blue = ((level / 255) ** 2 for level in paper)  # light, nearly enough
    return BLACK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 else WHITE


def heat(levels: Floats) -> ByteImage:
    """(..., 3) colours of levels from 0 to 1."""
    at, stops = levels * (len(HEAT) - 1), np.arange(len(HEAT))
    channels = [np.interp(at, stops, HEAT[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.uint8)
