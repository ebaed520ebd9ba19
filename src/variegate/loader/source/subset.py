"""Subset: some samples of a source, which keep their ids and classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from variegate.errors import SourceError
from variegate.loader.order import digest, mixed
from variegate.loader.source.base import Labels, Room, Source
from variegate.loader.source.hot import Hot


class Subset(Source):
    """The samples of `source` at these positions, in this order.

    positions  0 to len(source) - 1, each at most once

    Raises  SourceError if a position is out of range or comes twice.
    """

    def __init__(self, source: Source, positions: ArrayLike) -> None:
        self.positions = np.array(positions, np.int64).reshape(-1)
        if self.positions.size and not 0 <= self.positions.min() <= self.positions.max() < len(source):
            raise SourceError(
                f"the positions of a subset lie in 0 to {len(source) - 1}, got {self.positions.min()} to "
                f"{self.positions.max()}"
            )
        if len(np.unique(self.positions)) < len(self.positions):
            raise SourceError("a position of a subset comes twice; an epoch has each sample once")
        self.source = source
        self.ids = source.ids[self.positions]
        labels = source.labels
        self.labels = labels.taken(self.positions) if isinstance(labels, Hot) else taken(labels, self.positions)
        self.classes, self.targets, self.held = source.classes, source.targets, source.held
        self.mode, self.dtype = source.mode, source.dtype

    def fields(self, i: int) -> dict[str, Any]:
        """The fields of the sample at position i of the subset."""
        return self.source.fields(int(self.positions[i]))

    def read(self, i: int) -> bytes | NDArray[Any]:
        """The sample at position i of the subset."""
        return self.source.read(int(self.positions[i]))

    def read_into(self, i: int, room: Room) -> bytes | memoryview | NDArray[Any]:
        """The same, in memory from `room` where the source can."""
        return self.source.read_into(int(self.positions[i]), room)

    def sample(self, i: int, room: Room) -> tuple[bytes | memoryview | NDArray[Any], dict[str, Any]]:
        """The picture and the fields of the sample at position i of the subset."""
        return self.source.sample(int(self.positions[i]), room)

    def size_of_labels(self, i: int) -> tuple[int, int] | None:
        """What the source says of the fields at position i of the subset."""
        return self.source.size_of_labels(int(self.positions[i]))

    def check_size(self, i: int, size: tuple[int, int], said: tuple[int, int] | None) -> None:
        """What the source does at position i of the subset."""
        self.source.check_size(int(self.positions[i]), size, said)

    def stamp(self, i: int) -> int | None:
        """What the source says of the picture at position i of the subset."""
        return self.source.stamp(int(self.positions[i]))

    def where(self, i: int) -> str:
        """The path of the sample at position i of the subset."""
        return self.source.where(int(self.positions[i]))

    def __repr__(self) -> str:
        return f"<{len(self)} of {self.source!r}>"


def taken(labels: Labels | None, positions: NDArray[np.int64]) -> Any:
    """The labels at these positions: an array of an array or of rows of 0 and 1, a list of a list, None of None."""
    if labels is None:
        return None
    return labels[positions] if isinstance(labels, np.ndarray | Hot) else [labels[i] for i in positions]


def split(source: Source, fraction: float, seed: int) -> tuple[Subset, Subset]:
    """What `Source.split` does."""
    if not 0 < fraction < 1:
        raise SourceError(f"split takes a fraction above 0 and below 1, got {fraction!r}")
    first = round(fraction * len(source))
    if not 0 < first < len(source):
        raise SourceError(f"a split of {len(source)} samples at {fraction} leaves one side empty")
    key = np.frombuffer(digest("split", seed), "<u8").astype(np.uint64)
    rank = np.argsort(mixed(key + mixed(key ^ source.ids)), kind="stable")
    return Subset(source, np.sort(rank[:first])), Subset(source, np.sort(rank[first:]))
