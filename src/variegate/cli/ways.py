"""Ways: how many of a source's pictures are decoded by window, and why the others are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from variegate.loader import Source
from variegate.loader.decode.compilation import COMPILATION

FAST = ""  # in place of a reason


def ways(source: Source) -> Counter[str]:
    """How many pictures go the fast way, as FAST, and how many do not, by the reason; every file is walked through."""
    from variegate.jpeg import refusal

    COMPILATION.compile()
    read = (source.read(i) for i in range(len(source)))
    return Counter(refusal(data) if isinstance(data, bytes) else "it comes as an array" for data in read)


def told(found: Mapping[str, int]) -> str:
    """The share, and the reasons, the most frequent first.

    >>> told({"": 97, "it is progressive": 1, "it is no JPEG": 2})
    '97% of the pictures are decoded no further than they are seen; not so: 2% (it is no JPEG), 1% (it is progressive)'
    """
    total = sum(found.values())
    line = f"{found.get(FAST, 0) / total:.0%} of the pictures are decoded no further than they are seen"
    others = sorted(((count, why) for why, count in found.items() if why != FAST), key=lambda each: (-each[0], each[1]))
    return f"{line}; not so: {', '.join(f'{count / total:.0%} ({why})' for count, why in others)}" if others else line
