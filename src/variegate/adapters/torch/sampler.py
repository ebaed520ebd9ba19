"""Sampler: the loader's order, for `torch.utils.data.DataLoader` and its worker processes."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from variegate.adapters.torch.keyed_index import KeyedIndex
from variegate.arguments import renamed
from variegate.errors import FieldError
from variegate.key import Key
from variegate.loader.options import integer, optional_integer, rank_of
from variegate.loader.sampling import EpochSamples, Order, Schedule, Weighted, Weights, edges_of
from variegate.loader.source.base import Source
from variegate.loader.state import order_told, place_in, source_told


class Sampler(torch.utils.data.Sampler[KeyedIndex]):
    """The very order of vg.Loader, as indices that also tell a KeyedDataset which numbers to draw.

    source     a source or data set, or the number of its samples
    drop_last  with several ranks, leave out what would make them uneven; also give it to the DataLoader
    seed, shuffle, rank, world_size, pad, weights, samples_per_epoch, repeats   as those of vg.Loader

    Each pass is the next epoch, unless `set_epoch` says which. An index knows its epoch and its variation, so the
    epoch of the KeyedDataset need not be set; with any other data set it is a plain index.

        dataset = vt.KeyedDataset(photos, augment, seed=0)
        loader = DataLoader(dataset, batch_size=64, sampler=vt.Sampler(photos, seed=0), num_workers=4)

    `state_dict` tells what has been asked for, and a DataLoader with worker processes asks ahead of what it hands out:
    torchdata's StatefulDataLoader takes care of that, and saves and loads the state of its sampler. Lightning's Trainer
    shards again by itself where world_size > 1: give it use_distributed_sampler=False.

    >>> sampler = Sampler(5, shuffle=False)
    >>> list(sampler)[4], list(sampler)[0]
    (KeyedIndex(4, epoch=0, variation=0), KeyedIndex(0, epoch=1, variation=0))

    Raises  FieldError if an argument cannot be.
    """

    @renamed(world="world_size", samples="samples_per_epoch")
    def __init__(
        self,
        source: Any,
        seed: int = 0,
        shuffle: bool = True,
        *,
        rank: int = 0,
        world_size: int = 1,
        pad: bool = False,
        drop_last: bool = False,
        weights: Weights | None = None,
        samples_per_epoch: int | None = None,
        repeats: int = 1,
    ) -> None:
        known = isinstance(source, Source) or (hasattr(source, "__len__") and hasattr(source, "__getitem__"))
        if not (known or hasattr(source, "__index__")):  # a loader has a length too, of batches
            raise FieldError(f"Sampler takes a source, a data set, or the number of its samples, got {source!r:.200}")
        length = len(source) if hasattr(source, "__len__") else integer(source, "source", 1)
        self.seed, self.shuffle = integer(seed, "seed", None), bool(shuffle)
        self.repeats = integer(repeats, "repeats", 1)
        self.rank, self.world_size = rank_of(rank, world_size)
        self.samples_per_epoch = optional_integer(samples_per_epoch, "samples_per_epoch", 1)
        if self.samples_per_epoch is not None and weights is None:
            raise FieldError(
                'Sampler.samples_per_epoch is for an order with replacement: give weights too, or "balanced"'
            )
        self._edges = None if weights is None else edges_of(weights, getattr(source, "labels", None), length)
        places = self.samples_per_epoch or length
        self._schedule = Schedule(places, 1, self.rank, self.world_size, bool(pad), bool(drop_last))
        self._schedule.check()
        self._source = source if isinstance(source, Source) else None
        self._next = 0  # the epoch of the next pass
        self._start: int | None = None  # where in it a state that was loaded begins
        self._place = 0, 0  # (epoch, position) of what was asked for

    @property
    def epoch(self) -> int:
        """The epoch of the next pass."""
        return self._next

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the next pass; a state that was loaded is kept where it is of this epoch.

        Raises  InputError if it is not in 0 to 2**32 - 1.
        """
        if Key(epoch=epoch).epoch != self._next:
            self._next, self._start, self._place = epoch, None, (epoch, 0)

    def __len__(self) -> int:
        """Indices a pass, of this rank."""
        return self._schedule.own * self.repeats

    def __iter__(self) -> Iterator[KeyedIndex]:
        start, self._start = self._start, None
        if start is None:
            return self._fresh()
        self._next += 1
        return self.run(self._next - 1, start)

    def _fresh(self) -> Iterator[KeyedIndex]:
        """The next epoch. It is taken with the first index, as DataLoaders make iterators that they never use."""
        self._next += 1
        yield from self.run(self._next - 1, 0)

    def run(self, epoch: int, position: int) -> Iterator[KeyedIndex]:
        """The indices of an epoch from a position on; the next pass stays what it was."""
        samples, self._place = self._samples(epoch), (epoch, position)
        for span in self._schedule.spans(epoch, position):
            (index,), (occurrence,) = samples.at(span.first, span.last)
            again = int(occurrence) * self.repeats
            for variation in range(again, again + self.repeats):
                if variation + 1 == again + self.repeats:
                    self._place = span.after if span.after[0] == epoch else (epoch, self._schedule.length)
                yield KeyedIndex(int(index), epoch, variation)

    def _samples(self, epoch: int) -> EpochSamples:
        places = self._schedule.length
        if self._edges is not None:
            return EpochSamples(Weighted(self._edges, places, self.seed, epoch), self._schedule)
        return EpochSamples(Order(places, self.seed, epoch, self.shuffle), self._schedule)

    def state_dict(self) -> dict[str, Any]:
        """Where the last pass stands, in a form for JSON."""
        epoch, position = self._place
        return {"epoch": epoch, "position": position, "made_of": self._made_of}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> None:
        """Go on from a state of this order; rank and world_size may be others, and it may be that of a vg.Loader.

        strict  False: go on from the same place, whatever changed

        Raises  InputError if it is no state, or of another order; the message says what changed.
        """
        self._place = self._next, self._start = place_in(state, self._made_of, self._schedule.end, strict)

    @functools.cached_property
    def _made_of(self) -> dict[str, Any]:
        """What the order hangs on, in the words of vg.Loader's state."""
        source = {} if self._source is None else {"source": source_told(self._source)}
        return {**source, **order_told(self.seed, self.shuffle, self._edges, self.samples_per_epoch, self.repeats)}
