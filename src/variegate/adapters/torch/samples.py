"""Samples: a source as a map-style data set, decoded where it is asked for."""

from __future__ import annotations

from typing import Any

from variegate.loader.source.base import Source
from variegate.loader.transient import retried


class Samples:
    """The samples of a source as dicts: `image`, decoded; its other fields; and `label`, if it has labels."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, i: int) -> dict[str, Any]:
        i = range(len(self.source))[i]  # which knows -1, and when to stop
        return retried(lambda: self.source[i])
