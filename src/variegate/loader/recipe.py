"""Recipe: all that a batch is made of beside its turn, and how one sample of it is read.

Long, because what all samples of a source have in common is told here too, beside the samples.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import DecodeError, InputError, in_line, shown
from variegate.key import Keys
from variegate.labels.kind import Kinds
from variegate.loader.cache import Store
from variegate.loader.decode import beside
from variegate.loader.labels import Labels
from variegate.loader.memory import Budget
from variegate.loader.order import Order, digest, mixed
from variegate.loader.policy import Faults, OnError
from variegate.loader.pool import Pool, Scratch
from variegate.loader.schedule import Row, Schedule, Turn
from variegate.loader.shelf import Shelf
from variegate.loader.source.base import Labels as Column
from variegate.loader.source.base import Room, Source
from variegate.loader.stats import Row as Times
from variegate.loader.stats import Stats
from variegate.loader.unchanged import Augment, Plan
from variegate.loader.weights import Weighted, at_share, unit
from variegate.picture import pixels
from variegate.targets.leaf import Leaves, plane_of

if TYPE_CHECKING:
    from variegate.loader.batch import Batch
    from variegate.loader.decode import Encoded

SOMEBODY_ELSE = 1 << 31  # the variations of samples that stand in for others begin here


class Decoded:
    """A picture that came as an array, with the face of an encoded one.

    size   (height, width); of a cached picture, those that it had before it was made smaller
    kept   whether a cache has it, or has no use for it
    given  whether the source gave it so, and not a cache
    """

    __slots__ = ("channels", "dtype", "given", "image", "kept", "size")
    peak = 0  # bytes that decoding takes
    scaled = False

    def __init__(self, image: NDArray[Any], kept: bool, size: tuple[int, int] | None = None) -> None:
        self.image = image if image.ndim == 3 else image[:, :, np.newaxis]
        self.size, self.given = size or self.image.shape[:2], size is None
        self.channels, self.dtype, self.kept = self.image.shape[2], image.dtype, kept


@dataclass(slots=True)
class Taken:
    """A sample that has been read, its picture not decoded yet.

    place      its number among the places of the batch
    position   in the source
    variation  the first of its repeats
    held       bytes that its file takes until it is decoded
    planes     bytes of its masks and views, which are there until the batch is made
    tried      how many samples had stood in here before it
    """

    place: int
    position: int
    variation: int
    picture: Encoded | Decoded
    leaves: Leaves
    held: int
    planes: int = 0
    tried: int = 0


class Form(NamedTuple):
    """What all samples of a source have in common.

    fields    names of labels
    channels  of the picture, and its dtype
    where     the sample that it was read off
    kinds     what the labels are in all batches
    """

    fields: frozenset[str]
    channels: int
    dtype: np.dtype[Any]
    where: str
    kinds: Kinds

    @classmethod
    def of(cls, sample: Taken, where: str, kinds: Kinds) -> Form:
        """That of a sample."""
        return cls(frozenset(sample.leaves), sample.picture.channels, sample.picture.dtype, where, kinds)

    def check(self, sample: Taken, source: Source, labels: Labels | None) -> None:
        """Whether a sample of a source has this form.

        Raises  InputError that says in what it has not; or SourceError, of a label that is no class.
        """
        picture, place = sample.picture, source.where(sample.position)
        if sample.leaves.keys() != self.fields:
            raise InputError(
                f"{place}: all samples of a source have the same fields: this one has {sorted(sample.leaves)}, "
                f"{self.where} {sorted(self.fields)}. Give an empty value where there is nothing, as [] for boxes"
            )
        if (picture.channels, picture.dtype) != (self.channels, self.dtype):
            hint = '; mode="RGB" or "L" makes them alike' if source.mode == "bands" else ""
            raise InputError(
                f"{place}: the pictures of a source have one number of channels and one dtype: this one has "
                f"{picture.channels} {picture.dtype}, {self.where} {self.channels} {self.dtype}{hint}"
            )
        if labels is not None:
            labels.check(sample.leaves, sample.position, self.kinds, picture.size)


@dataclass(frozen=True)
class Recipe:
    """All that a batch is made of beside its turn. Threads hold this, and never the loader.

    edges  the running sum of the samples' weights; None: each comes once
    hot    the source's labels as rows of 0 and 1, if these are wanted
    """

    source: Source
    augment: Augment
    seed: int
    schedule: Schedule
    faults: Faults
    pool: Pool
    shuffle: bool = True
    edges: NDArray[np.float64] | None = None
    repeats: int = 1
    labels: Labels | None = None
    hot: Column | None = None
    cache: Store | None = None
    scaled: bool = False
    budget: Budget | None = None
    stats: Stats = field(default_factory=Stats)
    shelf: Shelf = field(default_factory=Shelf)
    scratches: deque[Scratch] = field(default_factory=deque)
    forms: list[Form] = field(default_factory=list)  # one at most: that of the source's samples
    forming: Lock = field(default_factory=Lock)  # whoever finds it out

    @property
    def rule(self) -> OnError:
        """What to do about samples that cannot be taken."""
        return self.faults.rule

    @property
    def column(self) -> Column | None:
        """The labels that are known before their samples, as batches have them."""
        return self.source.labels if self.hot is None else self.hot

    @property
    def varying(self) -> bool:
        """Whether a sample may come more than once an epoch, so that a batch says which time it is."""
        weighted = self.edges is not None
        return weighted or self.repeats > 1 or self.schedule.pad or self.rule.policy == "replace"

    @functools.cached_property
    def sound(self) -> NDArray[np.bool_]:
        """Which samples have a picture that stays in memory, and was seen to have numbers that the pipeline takes."""
        return np.zeros(len(self.source), np.bool_)

    def flush(self) -> None:
        """Write what the cache has gathered."""
        if self.cache is not None:
            self.cache.flush()

    def row(self, epoch: int) -> Row:
        """The samples of an epoch."""
        length = self.schedule.length
        if self.edges is not None:
            return Row(Weighted(self.edges, length, self.seed, epoch), self.schedule)
        return Row(Order(length, self.seed, epoch, self.shuffle), self.schedule)

    def take(self, place: int, position: int, variation: int, room: Room) -> Taken:
        """Read a sample: its file and its header, and its labels."""
        source, labels = self.source, self.labels
        cached = None if self.cache is None else self.cache.get(position)
        fields: dict[str, Any] | None = None
        picture: Encoded | Decoded
        held, said = 0, None if labels is None else source.size_of_labels(position)
        if cached is not None:
            assert self.cache is not None
            picture = Decoded(cached, True, self.cache.size(position))
        else:
            # Of labels that say for which size they are, nothing is made before it is known to be the picture's.
            if labels is None or said is not None:
                data = source.read_into(position, room)
            else:
                with beside(self.rule.max_pixels):
                    data, fields = source.sample(position, room)
            picture = self._opened(position, data)
            held = 0 if source.held else data.nbytes if isinstance(data, np.ndarray | memoryview) else len(data)
        if labels is None:
            return Taken(place, position, variation, picture, {}, held)
        source.check_size(position, picture.size, said)
        if fields is None:
            with beside(self.rule.max_pixels):
                fields = source.fields(position)
        leaves = labels.read(fields, picture.size)
        planes = sum(plane.nbytes for leaf in leaves.values() if (plane := plane_of(leaf)) is not None)
        return Taken(place, position, variation, picture, leaves, held, planes)

    def _opened(self, position: int, data: bytes | memoryview | NDArray[Any]) -> Encoded | Decoded:
        if isinstance(data, bytes | memoryview):
            return self.source.header(position, data, self.rule.max_pixels)
        source, where = self.source, self.source.where(position)
        if not isinstance(data, np.ndarray):
            said = f"{type(source).__name__}.read gives the bytes of a picture file, or an array (H, W) or (H, W, C)"
            raise InputError(f"{where}: {said}; got {type(data).__name__}")
        return Decoded(pixels(data, where), self.cache is None or source.held)

    def stand_in(self, epoch: int, place: int, tried: int) -> tuple[int, int]:
        """(position, variation) of the sample that stands in at a place of an epoch, after so many bad ones."""
        key = np.frombuffer(digest("stand-in", self.seed, epoch, tried), "<u8").astype(np.uint64)
        word = mixed(key + mixed(key ^ np.uint64(place)))
        if self.edges is None:
            position = int(word[0] % np.uint64(len(self.source)))
        else:  # as likely as the weights say
            position = int(at_share(self.edges, unit(word))[0])
        return position, SOMEBODY_ELSE | (place * self.repeats) % SOMEBODY_ELSE

    def plan(self, epoch: int, samples: Sequence[Taken]) -> Plan:
        """Draw and lower samples, each as often as it is repeated."""
        kinds = {(sample.picture.channels, sample.picture.dtype.name): sample.position for sample in samples}
        if len(kinds) > 1:  # of a source that gives files and arrays
            told = ", ".join(f"{self.source.where(at)} has {count} {dtype}" for (count, dtype), at in kinds.items())
            raise InputError(f"the pictures of a batch have one number of channels and one dtype: {told}")
        sizes = np.array([sample.picture.size for sample in samples], np.int64)
        keys = Keys.at(self.seed, epoch, self.source.ids[self.positions(samples)], self.variations(samples))
        given: tuple[Any, ...] = ()
        if self.labels is not None and any(sample.leaves for sample in samples):
            given = [sample.leaves for sample in samples for _ in range(self.repeats)], self.labels.targets
        return self.augment.plan(keys, np.repeat(sizes, self.repeats, axis=0), *next(iter(kinds)), *given)

    def positions(self, samples: Sequence[Taken]) -> NDArray[np.int64]:
        """In the source, one a repeat."""
        return np.repeat(np.array([sample.position for sample in samples], np.int64), self.repeats)

    def variations(self, samples: Sequence[Taken]) -> NDArray[np.uint32]:
        """One a repeat."""
        first = np.array([sample.variation for sample in samples], np.uint32)
        if self.repeats == 1:
            return first
        again = first[:, np.newaxis] + np.arange(self.repeats, dtype=np.uint32)
        return again.reshape(-1).astype(np.uint32)

    def whole(self, row: Row, turn: Turn, times: Times) -> Batch:
        """A batch of an epoch, made in the calling thread."""
        from variegate.loader.batch import Making

        making = Making(self, turn, row)
        scratch = self.scratches.pop() if self.scratches else Scratch()
        ready = making.prepare(times)
        if self.budget is not None and making.need is not None:
            self.budget.see(making.need)
        if ready:
            making.work(scratch, times)
        self.scratches.append(scratch)
        return making.batch(times)


def note(error: BaseException, source: Source, position: int) -> None:
    """Add to an error which sample was being made."""
    if not isinstance(error, DecodeError):  # which names its path itself
        error.add_note(shown(f"variegate: this was in making sample {position}, {in_line(source.where(position))}"))
