"""The limit on planes: how many pixels the masks and views of a sample may have, as its loader says.

They are read by the source, which knows of no loader; so the limit is the thread's, for as long as the sample is taken.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from variegate.picture import MOST_PIXELS


class _PlaneLimit(threading.local):
    pixels = MOST_PIXELS


_limit = _PlaneLimit()


def most_plane_pixels() -> int:
    """The pixels that a mask or a view may have in this thread now."""
    return _limit.pixels


@contextmanager
def limited_planes(pixels: int) -> Iterator[None]:
    """Within it, this thread's masks and views have at most so many pixels."""
    before, _limit.pixels = _limit.pixels, pixels
    try:
        yield
    finally:
        _limit.pixels = before
