"""The limit on pixels, held against Pillow's headers too, in place of Pillow's own and for no call but ours.

Pillow warns above 89 million pixels and refuses twice as many, by a limit that is one number for the whole process. The
user's own calls must go on seeing that number, and ours must not; and a change of warning filters is no thread's own.
So the function by which Pillow checks is wrapped, once: in a thread that is within `limited` it holds our limit, which
also reaches where Pillow allocates before it tells a size (WebP) or finds another later on (frames, tiles); anywhere
else it is Pillow's own.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from variegate.errors import DecodeError

CHECK = "_decompression_bomb_check"


class TooLargeError(Exception):
    """A header says more than the limit; size: (width, height), as Pillow has it."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__(size)
        self.size = size


class _PixelLimit(threading.local):
    pixels: int | None = None


_limit = _PixelLimit()


def too_large(name: str, size: tuple[int, ...], most: int) -> DecodeError:
    """What is said of a header's size (height, width)."""
    return DecodeError(
        name,
        f"its header says {size[0]} x {size[1]} pixels (height x width); the limit is {most} pixels. "
        "If it is sound, on_error=vg.OnError(max_pixels=...) of the Loader raises the limit",
    )


@contextmanager
def limited(pixels: int) -> Iterator[None]:
    """Within it, this thread's pictures may have so many pixels; Pillow raises TooLargeError at more, and never warns.

    Not to be nested: on the way out there is no limit of ours.
    """
    _wrap()
    _limit.pixels = pixels
    try:
        yield
    finally:
        _limit.pixels = None


@functools.cache
def _wrap() -> None:
    from PIL import Image

    theirs = getattr(Image, CHECK, None)
    if theirs is None:  # another Pillow: its own limit stands beside ours
        return

    @functools.wraps(theirs)
    def check(size: tuple[int, int], *rest: Any, **options: Any) -> None:
        if _limit.pixels is None:
            theirs(size, *rest, **options)
        elif size[0] * size[1] > _limit.pixels:
            raise TooLargeError(size)

    setattr(Image, CHECK, check)
