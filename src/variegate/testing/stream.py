"""Stream: a source through a pipeline, run in several ways: with threads, as ranks, after a resume, in a DataLoader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from variegate.errors import DecodeError
from variegate.key import Key
from variegate.loader import Loader, Source
from variegate.pipeline import Compose
from variegate.testing.keyed import value_bytes

BATCH = 5  # so that batches, ranks and epochs end at odd places
OTHER = 8  # samples a batch, where another size is tried
SampleDict = Mapping[str, Any]
FieldBytes = dict[str, bytes]  # of the fields of a sample, by their names
FoundSamples = Iterable[tuple[int, FieldBytes]]  # samples, by their ids


@dataclass(frozen=True)
class Stream:
    """The samples of a source through a pipeline."""

    source: Source
    pipeline: Compose
    seed: int = 0

    def loader(self, workers: int, batch_size: int = BATCH, rank: int = 0, world_size: int = 1) -> Loader:
        """A loader of these samples."""
        return Loader(
            self.source, self.pipeline, batch_size, self.seed, workers=workers, rank=rank, world_size=world_size
        )

    def epoch(self, epoch: int, workers: int, batch_size: int = BATCH) -> FoundSamples:
        """The samples of an epoch of the plain loader."""
        return of(self.loader(workers, batch_size).epoch(epoch))

    def length(self, batch_size: int) -> int:
        """Batches an epoch."""
        return len(self.loader(0, batch_size))


class StreamCase(NamedTuple):
    """One way to run a stream.

    name   what is done, for messages
    epoch  the samples of epoch 0 or 1
    cause  where to look if bytes differ
    """

    name: str
    epoch: Callable[[Stream, int], FoundSamples]
    cause: str


SHARED = (
    "threads share something that it writes to, such as an array, an attribute or a variable outside: "
    "make it afresh in each call"
)
THREAD = "look for what belongs to a thread, as threading.local does, or to the first call"
STEP = "look for what hangs on the number or the order of the samples before"
PROCESS = "look for what a process has of its own, such as its number, its environment or a file's place"


def stream_cases(seed: int, length: int) -> list[StreamCase]:
    """The cases within one process.

    length  batches an epoch, of pairs: after one of them, which the seed picks, a resume is tried
    """
    step = int(np.random.default_rng(abs(seed)).integers(1, length)) if length > 1 else 0
    return [
        StreamCase("1 worker", lambda stream, k: stream.epoch(k, workers=1), THREAD),
        StreamCase(f"3 workers, batches of {OTHER}", lambda stream, k: stream.epoch(k, 3, OTHER), SHARED),
        StreamCase("3 ranks", _ranks, STEP),
        StreamCase(f"a resume after batch {step} of {length}", lambda stream, k: _resumed(stream, k, step), STEP),
        StreamCase("the pipeline called for one sample after the other", lambda stream, k: called(stream, k), STEP),
    ]


def of(batches: Iterable[SampleDict]) -> FoundSamples:
    """The samples of batches."""
    for batch in batches:
        names = sorted(batch.keys() - {"id", "index"})
        for n, sample in enumerate(batch["id"]):
            yield int(sample), {name: value_bytes(batch[name][n]) for name in names}


def _ranks(stream: Stream, epoch: int) -> FoundSamples:
    world_size = min(3, len(stream.source))
    for rank in range(world_size):
        yield from of(stream.loader(1, rank=rank, world_size=world_size).epoch(epoch))


def _resumed(stream: Stream, epoch: int, step: int) -> FoundSamples:
    """An epoch that is broken off after some batches of 2, and gone on with by another loader."""
    first = stream.loader(2, 2)
    first.next_epoch = epoch
    if step:
        yield from of(islice(first, step))
    other = stream.loader(1, OTHER)
    if step:
        other.resume(first.state())
    else:
        other.next_epoch = epoch
    yield from of(other)


def called(stream: Stream, epoch: int) -> FoundSamples:
    """Each sample by a call with its key."""
    samples = BytesBySample(stream, epoch)
    return (samples[i] for i in range(len(samples)))


class BytesBySample:
    """The samples of an epoch as a map-style data set, each drawn by its key."""

    def __init__(self, stream: Stream, epoch: int) -> None:
        self.source, self.seed, self.epoch = stream.source, stream.seed, epoch
        declared = stream.loader(0).targets
        self.pipeline = stream.pipeline if declared is None else replace(stream.pipeline, targets=declared)

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, i: int) -> tuple[int, FieldBytes]:
        key = Key(self.seed, self.epoch, self.source.id(i))
        made: SampleDict = self.pipeline(**whole(self.source, i), key=key)
        label = {} if self.source.labels is None else {"label": self.source.label(i)}
        return key.id, {name: value_bytes(value) for name, value in {**made, **label}.items()}


def whole(source: Source, i: int) -> dict[str, Any]:
    """The decoded picture of a sample and its fields.

    Raises  DecodeError, with the path, if it cannot be read.
    """
    data, where = source.read(i), source.where(i)
    image = data if isinstance(data, np.ndarray) else source.header(i, data).decode()
    if image.ndim != 3:
        raise DecodeError(where, f"a picture is (height, width, channels), got {image.shape}")
    source.check_size(i, image.shape[:2], source.size_of_labels(i))
    return {"image": image, **source.fields(i)}
