"""Orientation: how a picture is stored and how it stands, as Exif numbers the eight ways."""

from __future__ import annotations

from collections.abc import Callable

from variegate.loader.decode.window import Window
from variegate.picture import ImageArray

Covers = tuple[float, float, float, float]  # left, top, right, bottom, in pixels

# An EXIF orientation -> how to turn the stored picture upright.
UPRIGHT: dict[int, Callable[[ImageArray], ImageArray]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a[::-1].swapaxes(0, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a[:, ::-1].swapaxes(0, 1),
}
MIRRORED, FLIPPED = frozenset((2, 3, 7, 8)), frozenset((3, 4, 6, 7))  # stored from the right; from below


def stored_window(window: Window, stored: tuple[int, int], orientation: int) -> Window:
    """Where a window of the upright picture lies in the stored one; stored: its (height, width).

    >>> stored_window((0, 2, 1, 4), (10, 5), orientation=6)  # a quarter turn: its top is what is stored at the left
    (6, 9, 0, 2)
    """
    top, bottom, left, right = window if orientation < 5 else (*window[2:], *window[:2])
    height, width = stored
    if orientation in FLIPPED:
        top, bottom = height - bottom, height - top
    if orientation in MIRRORED:
        left, right = width - right, width - left
    return top, bottom, left, right


def covers(stored: tuple[int, int], reduced: tuple[int, int], step: int, orientation: int) -> Covers:
    """What a picture decoded at 1/step shows of the upright one; sizes (height, width) as stored.

    >>> covers((5, 10), (2, 3), 4, orientation=1)  # 2 x 3 pixels of 4 x 4: three rows and two columns too many
    (0, 0, 12, 8)
    >>> covers((5, 10), (2, 3), 4, orientation=3)  # upside down: too many at the left and the top
    (-2, -3, 10, 5)
    """
    (height, width), (rows, columns) = stored, reduced
    left = width - columns * step if orientation in MIRRORED else 0
    top = height - rows * step if orientation in FLIPPED else 0
    right, bottom = left + columns * step, top + rows * step
    return (left, top, right, bottom) if orientation < 5 else (top, left, bottom, right)
