"""How many files are read here, and why others are not: what a user asks before he looks for the reason of a speed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from variegate.jpeg.header import parse
from variegate.jpeg.index import verify


class Share(NamedTuple):
    """Of how many files how many are read here, and how many are not for each reason, the most frequent first."""

    files: int
    read: int
    refused: dict[str, int]


def refusal(data: bytes | memoryview) -> str:
    """Why another decoder must read a file, in words; "" if this one does. All of the file is looked at.

    >>> refusal(b"GIF89a...")
    'it is no JPEG'
    """
    header = parse(data)
    if isinstance(header, str):
        return header
    picture = np.empty((*header.size, 1), np.uint8)  # none of it is written
    found = verify(data, header, (0, 0, 0, 0), picture)
    return found if isinstance(found, str) else ""


def share(files: Iterable[bytes | memoryview]) -> Share:
    """How many of some files are read here; a file that is no JPEG is one that is not.

    >>> share([b"GIF89a...", b"GIF87a..."])
    Share(files=2, read=0, refused={'it is no JPEG': 2})
    """
    found = Counter(refusal(data) for data in files)
    read = found.pop("", 0)
    return Share(read + found.total(), read, dict(found.most_common()))
