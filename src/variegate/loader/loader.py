"""Loader: when and where. Epochs of batches, in an order and with pixels that hang on seeds alone."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator
from typing import Any

from variegate.errors import FieldError, InputError, SourceError
from variegate.key import LIMITS
from variegate.loader.batch import Batch, Recipe
from variegate.loader.labels import Form, labels_of
from variegate.loader.order import Order
from variegate.loader.pool import Pool
from variegate.loader.source.base import Source
from variegate.loader.stats import Stats
from variegate.loader.stream import Stream
from variegate.loader.unchanged import Augment, Unchanged
from variegate.targets import Targets


class Loader:
    """Augmented batches from a source, made by threads ahead of their use.

    source      an ImageFolder, Arrays, one side of their `split`, or a Source of your own
    augment     a Compose, or None for the pictures as they are
    batch_size  samples a batch; the last of an epoch may have fewer
    seed        any integer; fixes every order and every draw
    shuffle     a new order each epoch; False: the order of the source
    workers     threads; None: as many as this process has cores; 0: none, batches are made when they are asked for
    prefetch    how many batches may be made ahead of the one in use. With that one and the one asked for, about
                prefetch + 2 batches are in memory
    drop_last   leave out a last batch of fewer samples
    collate     how fields of instances stand in a batch: "list", a list of one value a sample; or Padded(...), arrays
                (B, M, ...) and which of the M instances are there

    A batch is a dict: `image`, an array (B, ...), or a list of arrays where their shapes differ; `label`, as the source
    has them (integers as int64), absent if it has none; `index`, (B,) int64, the positions in the source; `id`, (B,)
    uint64. The bytes are the same for any number of workers and any batch size. A batch belongs to whoever has it: its
    memory is used again only when nobody refers to it any more.

    The other fields of the samples, such as boxes, follow the pixels: masks as one array where they have one shape,
    fields of instances as `collate` says. What a field is, the source declares, or the pipeline's `targets`, or both:
    then the pipeline's declaration holds, with its filters, and must say the same of format and group.

    >>> import numpy as np
    >>> from variegate.loader import Arrays
    >>> loader = Loader(Arrays(np.zeros((5, 4, 4, 3), np.uint8)), batch_size=2, workers=0)
    >>> [batch["image"].shape for batch in loader]
    [(2, 4, 4, 3), (2, 4, 4, 3), (1, 4, 4, 3)]

    Raises  SourceError or FieldError if an argument cannot be, or source and pipeline declare a field differently;
            DecodeError, with the path, from the batch where a file is that cannot be decoded; InputError from the
            batch where labels are that cannot be taken.
    """

    def __init__(
        self,
        source: Source,
        augment: Augment | None = None,
        batch_size: int = 64,
        seed: int = 0,
        shuffle: bool = True,
        workers: int | None = None,
        prefetch: int = 2,
        drop_last: bool = False,
        collate: Form = "list",
    ) -> None:
        if not isinstance(source, Source):
            raise SourceError(
                f"Loader takes a source first, such as ImageFolder(path) or Arrays(images), got {source!r}"
            )
        if augment is not None and not hasattr(augment, "plan"):
            raise FieldError(f"Loader.augment is a Compose or None, got {augment!r}; wrap a single op in Compose([op])")
        self.source, self.augment = source, augment
        self.batch_size = _whole(batch_size, "batch_size", 1)
        self.seed = _whole(seed, "seed", None)
        self.shuffle, self.drop_last = bool(shuffle), bool(drop_last)
        self.workers = None if workers is None else _whole(workers, "workers", 0)
        self.prefetch, self.collate = _whole(prefetch, "prefetch", 0), collate
        if len(source) == 0 or (drop_last and len(source) < self.batch_size):
            raise SourceError(f"{len(source)} samples make no batch of {self.batch_size} (drop_last={self.drop_last})")
        self.next_epoch = 0
        self._begin()

    def _begin(self) -> None:
        """What a loader has in one process and never takes to another."""
        self._stats = Stats()
        self._row = self._stats.row()
        self._pool = Pool(keep=self.prefetch + 2)
        self._last_order: tuple[int, Order] | None = None
        augment = Unchanged() if self.augment is None else self.augment
        labels = labels_of(self.source, augment, self.collate)
        options = self.seed, self.batch_size, self.shuffle, self.drop_last
        self._recipe = Recipe(self.source, augment, *options, self._pool, labels, self._stats)

    @property
    def targets(self) -> Targets | None:
        """What the fields of the samples are, as source and pipeline declare them; None if there are none."""
        labels = self._recipe.labels
        return None if labels is None else labels.targets

    def __len__(self) -> int:
        """Batches an epoch."""
        return len(self._recipe)

    def __iter__(self) -> Iterator[Batch]:
        """The batches of the next epoch: the first pass is epoch 0."""
        batches = self.epoch(self.next_epoch)
        self.next_epoch += 1
        return batches

    def epoch(self, epoch: int) -> Iterator[Batch]:
        """The batches of an epoch, 0 to 2**32 - 1, in order; the pass that `for batch in loader` is at stays put."""
        epoch = self._checked(epoch)
        workers = available_cores() if self.workers is None else self.workers
        if workers == 0:
            return (self.batch(epoch, number) for number in range(len(self)))
        return Stream(self._recipe, epoch, workers, self.prefetch, self._stats).batches()

    def batch(self, epoch: int, number: int) -> Batch:
        """Batch `number`, 0 to len - 1, of an epoch, made in the calling thread; any thread may call."""
        epoch = self._checked(epoch)
        if not 0 <= number < len(self):
            raise InputError(f"an epoch has batches 0 to {len(self) - 1}, got {number}")
        known = self._last_order  # read once: other threads may replace it, as a whole
        if known is None or known[0] != epoch:
            known = self._last_order = epoch, self._recipe.order(epoch)
        return self._recipe.whole(known[1], epoch, number, self._row)

    @staticmethod
    def _checked(epoch: int) -> int:
        if not 0 <= operator.index(epoch) <= LIMITS["epoch"]:
            raise InputError(f"an epoch is 0 to {LIMITS['epoch']}, got {epoch}")
        return operator.index(epoch)

    def stats(self) -> dict[str, Any]:
        """Where the time went, in seconds summed over threads, how many batches' memory there is, and what was dropped.

        read, decode, plan, kernel, carry  the stages of a sample, carry that of its labels
        wait                               the consumer, for a batch
        lent, lent_bytes                   slots of batches in the making, in use or kept by the user
        idle, made                         slots to be used again; slots made since the start
        dropped                            instances gone from the batches handed out: a dict by the field and the
                                           filter, as "boxes.min_area", or by the group, as "instances.most" of Padded
        """
        pool = self._pool
        slots = {"lent": pool.out, "lent_bytes": pool.out_bytes, "idle": pool.idle, "made": pool.made}
        return {**self._stats.seconds(), **slots, "dropped": self._stats.dropped()}

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()

    def __repr__(self) -> str:
        return f"Loader({self.source!r}, {len(self)} batches of {self.batch_size})"


def available_cores() -> int:
    """How many cores this process may use, at least 1."""
    try:
        return len(os.sched_getaffinity(0)) or 1
    except AttributeError:  # not on macOS or Windows
        return os.cpu_count() or 1


def _whole(value: Any, name: str, least: int | None) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or (least is not None and number < least):
        limit = "" if least is None else f" of {least} or more"
        raise FieldError(f"Loader.{name} is an integer{limit}, got {value!r}") from None
    return number
