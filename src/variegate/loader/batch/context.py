"""LoaderContext: the values that all threads of a loader share."""

from __future__ import annotations

import functools
from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import SourceError
from variegate.loader.batch.blocks import Blocks
from variegate.loader.batch.budget import MemoryBudget
from variegate.loader.batch.class_members import ClassMembers
from variegate.loader.batch.sample import SampleSpec
from variegate.loader.cache import Store
from variegate.loader.decode import WindowReader
from variegate.loader.labels import Labels
from variegate.loader.memory import Arena, DecodeScratch, SlotPool
from variegate.loader.pipeline import SamplePipeline
from variegate.loader.policy import Faults, OnError
from variegate.loader.sampling import Deal, EpochSamples, History, Order, Schedule, Weighted
from variegate.loader.source.base import Source
from variegate.loader.source.multi_hot import MultiHot, SourceLabels
from variegate.loader.stats import Stats
from variegate.pipeline import Compose
from variegate.targets import Classes


@dataclass(frozen=True)
class LoaderContext:
    """All that a batch is made of beside the samples in it. Threads hold this, and never the loader.

    edges    the running sum of the samples' weights; None: each comes once
    one_hot  the source's labels as rows of 0 and 1, if these are wanted
    scaled   whether pictures may be decoded smaller
    reader   who decodes no more of a JPEG than a plan looks at; None: nobody does
    specs    what the source's samples have in common: one at most, once the first of them has been read
    levels   how often ops of the pipeline blend samples; collage: whether one puts them side by side
    classes  what their label is then
    deals    of epochs that another number of ranks began, how they were dealt
    """

    source: Source
    augment: SamplePipeline
    seed: int
    schedule: Schedule
    faults: Faults
    pool: SlotPool
    shuffle: bool = True
    edges: NDArray[np.float64] | None = None
    repeats: int = 1
    labels: Labels | None = None
    one_hot: SourceLabels | None = None
    cache: Store | None = None
    scaled: bool = False
    reader: WindowReader | None = None
    budget: MemoryBudget | None = None
    stats: Stats = field(default_factory=Stats)
    arena: Arena = field(default_factory=Arena)
    scratches: deque[DecodeScratch] = field(default_factory=deque)
    specs: list[SampleSpec] = field(default_factory=list)
    spec_lock: Lock = field(default_factory=Lock)
    levels: int = 0
    collage: bool = False
    classes: Classes | None = None
    deals: dict[int, History] = field(default_factory=dict)
    blocks: Blocks = field(default_factory=Blocks)

    @property
    def mixes(self) -> bool:
        """Whether ops of the pipeline mix samples, so that the epoch is dealt in blocks."""
        return self.levels > 0 or self.collage

    @property
    def within(self) -> bool:
        """Whether samples of one batch are partners, so that results hang on it."""
        return isinstance(self.augment, Compose) and bool(self.augment.compiler.within)

    def __post_init__(self) -> None:
        if self.budget is not None and self.reader is not None:
            self.budget.indexes = self.reader.indexes

    @property
    def rule(self) -> OnError:
        """What to do about samples that cannot be taken."""
        return self.faults.rule

    @property
    def column(self) -> SourceLabels | None:
        """The labels that are known before their samples, as batches have them."""
        return self.source.labels if self.one_hot is None else self.one_hot

    @property
    def varying(self) -> bool:
        """Whether a sample may come more than once an epoch, so that a batch says which time it is."""
        weighted = self.edges is not None
        return weighted or self.repeats > 1 or self.schedule.pad or self.rule.policy == "replace"

    @functools.cached_property
    def checked(self) -> NDArray[np.bool_]:
        """Which samples have a picture that stays in memory, and was seen to have numbers that the pipeline takes."""
        return np.zeros(len(self.source), np.bool_)

    @functools.cached_property
    def members(self) -> ClassMembers:
        """The samples by their class; those of weight 0 are nobody's partner.

        Raises  SourceError if no label of each sample is known before it is read.
        """
        labels = self.source.labels
        if labels is None or isinstance(labels, MultiHot) or np.ndim(labels) != 1:
            raise SourceError(
                'partners="class" and "other class" need a source with one label a sample, known before it is read; '
                f"{self.source!r} has none"
            )
        allowed = None if self.edges is None else np.diff(self.edges, prepend=0) > 0
        return ClassMembers(np.asarray(labels), allowed)

    def flush(self) -> None:
        """Write what the cache has gathered and is noted of files, and let go of what the last batches shared."""
        self.blocks.clear()
        if self.cache is not None:
            self.cache.flush()
        if self.reader is not None:
            self.reader.flush()

    def told(self) -> dict[str, Any]:
        """What `Loader.stats` tells."""
        pool = self.pool
        slots = {"lent": pool.out, "lent_bytes": pool.out_bytes, "idle": pool.idle, "made": pool.made}
        faults = {"errors": len(self.faults), "abandoned": self.faults.abandoned}
        cache = {} if self.cache is None else {"cache": self.cache.stats()}
        windows = {} if self.reader is None else {"windows": self.reader.stats()}
        times = {**self.stats.seconds(), **self.stats.counts()}
        return {**times, **slots, **faults, "dropped": self.stats.dropped(), **cache, **windows}

    def epoch_samples(self, epoch: int) -> EpochSamples:
        """The samples of an epoch."""
        length = self.schedule.length
        deal = Deal.of(length, self.dealt(epoch)) if self.mixes else None
        if self.edges is not None:
            return EpochSamples(Weighted(self.edges, length, self.seed, epoch), self.schedule, deal)
        return EpochSamples(Order(length, self.seed, epoch, self.shuffle), self.schedule, deal)

    def dealt(self, epoch: int) -> History:
        """How an epoch of blocks is dealt to ranks: see `Deal`."""
        return self.deals.get(epoch, ((0, self.schedule.world_size),))
