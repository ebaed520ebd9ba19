"""MemoryBudget: how many batches fit into a loader's budget of bytes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from variegate.errors import ResourceError
from variegate.loader.batch.sample import Sample
from variegate.loader.decode.indexes import Indexes
from variegate.loader.pipeline import SamplePlan
from variegate.loader.source.base import Source
from variegate.scratch import HUGE

DEEPEST = 8  # batches ahead that a loader makes of its own accord, however large its budget
HUGE_PAGE = 2 << 20
USERS = 2  # batches in the consumer's hands while it changes one for the next


class BatchMemory(NamedTuple):
    """Bytes that a batch takes.

    slot    its results, masks and views among them
    files   its files, until they are decoded; its masks and views, until they are moved and those of results, which
            are there twice until then, are put together
    pixels  decoding and resampling its largest picture, and the pictures between the segments of a pipeline
    where   the file of that picture; empty of one that came as an array
    """

    slot: int
    files: int
    pixels: int
    where: str = ""

    @classmethod
    def of(cls, plan: SamplePlan, samples: Sequence[Sample], source: Source) -> BatchMemory:
        """What a planned batch of a source's samples takes."""
        shapes = plan.shapes
        one = math.prod(shapes[0]) if shapes.count(shapes[0]) == len(shapes) else None
        values = one * len(shapes) if one is not None else sum(map(math.prod, shapes))
        planes = _planes(shapes, samples)
        files = planes + sum(sample.file_bytes + (0 if source.held else sample.plane_bytes) for sample in samples)
        large = max(samples, key=_pixels)
        named = source.where(large.position) if large.picture.peak else ""
        slot = _paged(values * np.dtype(plan.dtype).itemsize) + planes
        between: int = getattr(plan, "between", 0)  # a pipeline of somebody's own may have none
        return cls(slot, files, _pixels(large) + _paged(between), named)


def _planes(shapes: Sequence[tuple[int, ...]], samples: Sequence[Sample]) -> int:
    """Bytes of the masks and views of results, which have as many a pixel as those of the samples."""
    repeats, total = len(shapes) // len(samples), 0.0
    for n, sample in enumerate(samples):
        if sample.plane_bytes:
            height, width = sample.picture.size
            made = sum(map(math.prod, shapes[n * repeats : (n + 1) * repeats])) / sample.picture.channels
            total += sample.plane_bytes / (height * width) * made
    return int(total)


def _pixels(sample: Sample) -> int:
    """Bytes that a sample's picture takes to be decoded and resampled."""
    picture = sample.picture
    return _paged(picture.peak) + _paged(_resampling(picture.size, picture.channels, picture.dtype))


def _resampling(size: tuple[int, int], channels: int, dtype: np.dtype[Any]) -> int:
    """Bytes that a kernel takes beside a picture that shrinks: a filtered one, packed in words of 32 bits."""
    return 4 * size[0] * size[1] * (-(-channels // 3) if dtype == np.uint8 else channels)


def _paged(size: int) -> int:
    """What a block takes of the system: a large one comes in huge pages, which need not begin where it does."""
    return size if size < HUGE else -(-size // HUGE_PAGE) * HUGE_PAGE + HUGE_PAGE


@dataclass
class MemoryBudget:
    """Bytes for the batches in the making, those that wait, and the one in use. One thread at a time asks it.

    limit    bytes
    workers  threads that decode
    indexes  of files, which take what batches leave
    """

    limit: int
    workers: int
    indexes: Indexes[Any] | None = None

    def __post_init__(self) -> None:
        self._most = BatchMemory(0, 0, 0)  # by column, so far

    def see(self, need: BatchMemory) -> None:
        """Take note of what a batch takes.

        Raises  ResourceError, with the sum, if not even this batch alone fits.
        """
        most = self._most
        largest = need if need.pixels > most.pixels else most
        self._most = BatchMemory(max(most.slot, need.slot), max(most.files, need.files), largest.pixels, largest.where)
        least = self._total([]) + self._most.slot + self._most.files
        if self._total([]) + need.slot + need.files > self.limit:
            raise ResourceError(self._refusal())
        if self.indexes is not None:
            self.indexes.allow(self.limit - least)

    def holds(self, need: BatchMemory) -> bool:
        """Whether a batch that takes so much would fit, alone."""
        most = self._most
        slot, pixels = max(most.slot, need.slot), max(most.pixels, need.pixels)
        return self.workers * pixels + USERS * slot + need.slot + need.files <= self.limit

    def fits(self, waiting: Sequence[tuple[BatchMemory | None, bool]]) -> bool:
        """Whether batches may be in memory at once: what each needs, if that is known yet, and whether it is made.

        Of what nothing is known yet takes all there is: before the first batch's headers are read, no other begins.
        """
        beside = 0 if self.indexes is None else self.indexes.nbytes
        return self._total(waiting) + beside <= self.limit if self._most.slot else len(waiting) <= 1

    def _total(self, waiting: Iterable[tuple[BatchMemory | None, bool]]) -> int:
        total = self.workers * self._most.pixels + USERS * self._most.slot
        for need, ready in waiting:
            need = need or self._most
            total += need.slot + (0 if ready else need.files)
        return total

    def _refusal(self) -> str:
        most = self._most
        least = self.workers * most.pixels + (USERS + 1) * most.slot + most.files
        hint = (
            f'. The largest picture is that of {most.where}; to leave such out, say on_error=vg.OnError("skip", '
            "max_pixels=...)"
        )
        return (
            f"Loader.memory is {_told(self.limit)}, and {_told(least)} are needed so far: {USERS + 1} batches of "
            f"{_told(most.slot)} (one in the making, the one in use and the one before it), {_told(most.files)} of "
            f"files, and {self.workers} x {_told(most.pixels)} to decode into. Allow more, or make batch_size or "
            f"workers less{hint if most.where else ''}"
        )


def _told(size: int) -> str:
    """A number of bytes in words."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
