"""Loader: when and where. Batches of one epoch after the other, in an order and with pixels that hang on seeds alone.

Long, because an argument of the Loader is a line in its docstring and a line where it is kept.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from variegate.arguments import renamed
from variegate.draw.display import Displayed
from variegate.errors import FieldError, InputError
from variegate.key import LIMITS
from variegate.loader import options
from variegate.loader.batch import DEEPEST, Batch, Blocks, LoaderContext, MemoryBudget, make_batch
from variegate.loader.bytes import parse_bytes
from variegate.loader.cache import Cache, open_store
from variegate.loader.decode import allow_again, further, reader_of
from variegate.loader.identity import pipeline_of
from variegate.loader.labels import CollateForm, class_target, labels_of, one_hot_classes
from variegate.loader.memory import Arena, SlotPool
from variegate.loader.mixing import batches_told, levels_of, needs_blocks
from variegate.loader.options import available_cores, integer, one_of, optional_integer, rank_of, source_of
from variegate.loader.pipeline import SamplePipeline
from variegate.loader.policy import Faults, OnError, Policy
from variegate.loader.prefetcher import Prefetcher
from variegate.loader.sampling import BatchSpan, EpochSamples, History, Schedule, Weights, edges_of
from variegate.loader.source.base import Source
from variegate.loader.source.multi_hot import SourceLabels
from variegate.loader.source.multi_hot import one_hot as rows_of
from variegate.loader.state import State, history_in, made_of, order_told, place_in
from variegate.targets import Targets

if TYPE_CHECKING:
    from variegate.loader.isolate import Child

PREFETCH = 2


class Loader(Displayed):
    """Augmented batches from a source, made by threads ahead of their use.

    source      an ImageFolder, Arrays, or another Source; or any object with `__len__` and `__getitem__`, see Items
    augment     a Compose, or None for the pictures as they are
    batch_size  samples a batch; the last of an epoch may have fewer
    seed        any integer; fixes every order and every draw
    shuffle     a new order each epoch; False: the order of the source
    workers     threads; None: as many as this process has cores; 0: none, batches are made when they are asked for
    prefetch    how many batches may be made ahead of the one in use; None: 2, or with `memory` as many as fit, to 8
    drop_last   leave out a last batch of fewer samples, and with several ranks what would make them uneven
    collate     how fields of instances stand in a batch: "list", a list of one value a sample; or Padded(...), arrays
                (B, M, ...) and which of the M instances are there
    one_hot     a label that is the number of a class as a row of 0 and 1, float32: True, of the classes that the source
                names; or of how many classes
    rank        of `world_size` processes that share each epoch: place p of its order is that of rank p mod world_size
    world_size  how many. Every sample comes once an epoch, so ranks may differ by one sample
    pad         make ranks even: the first places of the order come again at its end, with other numbers
    weights     one a sample, or "balanced", every class as often as every other: an order with replacement, in which
                a sample that comes again has other numbers
    samples_per_epoch  how many places an order with replacement has; None: as many as the source has samples
    repeats     how many variations of each sample a batch has, side by side; batch_size is a multiple of it
    memory      bytes, or a text such as "256MB", that batches ahead and in use, their files and the memory to decode
                into may take together. Batches that you keep are yours, and come on top
    on_error    "raise", "skip" or "replace", or OnError(...): what becomes of samples that cannot be read. What the
                machine or the network lacks is no sample's fault: it is waited for, and raised under each of these
    cache       "memory", a folder, or Cache(...): keep decoded pictures between epochs
    decode      "exact"; or "scaled": large JPEGs are decoded smaller where the numbers drawn shrink them anyway, which
                is faster and changes pixels a little
    jpeg_decoder  "auto": of a JPEG no more is decoded than will be seen; or "turbo": all, by simplejpeg. The same bytes
    jpeg_indexes  None, or a folder that keeps for later runs where in each JPEG a decode may begin, in 2% of its bytes
    isolate     make batches in one process of their own, where Python code of yours that never waits cannot hinder
                them; the same bytes. Lambdas and classes of a notebook need cloudpickle, "variegate[isolate]"

    A batch is a dict: `image`, an array (B, ...), or a list of arrays where their shapes differ; `label`, as the source
    has them (integers as int64; several classes a sample as rows of 0 and 1, float32), absent if it has none; `index`,
    (B,) int64, the positions in the source; `id`, (B,) uint64; and `variation`, (B,) uint32, where a sample may come
    more than once an epoch. A field has one type in every batch: that of the first samples. The bytes are a function of
    (seed, epoch, id, variation): the same for any number of workers and ranks and any batch size, unless ops mix within
    a batch. A batch belongs to whoever has it: its memory is used again only when nobody refers to it any more.

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
            batch where labels are that cannot be taken. Whatever `on_error` says, ResourceError if the machine lacks
            memory or open files, or the network does not answer, for some seconds, or `memory` cannot hold a batch.
    """

    @renamed(world="world_size", samples="samples_per_epoch")
    def __init__(
        self,
        source: Source | Any,
        augment: SamplePipeline | None = None,
        batch_size: int = 64,
        seed: int = 0,
        shuffle: bool = True,
        workers: int | None = None,
        prefetch: int | None = None,
        drop_last: bool = False,
        collate: CollateForm = "list",
        *,
        one_hot: bool | int = False,
        rank: int = 0,
        world_size: int = 1,
        pad: bool = False,
        weights: Weights | None = None,
        samples_per_epoch: int | None = None,
        repeats: int = 1,
        memory: int | str | None = None,
        on_error: Policy | OnError = "raise",
        cache: str | os.PathLike[str] | Cache | None = None,
        decode: Literal["exact", "scaled"] = "exact",
        jpeg_decoder: Literal["auto", "turbo"] = "auto",
        jpeg_indexes: str | os.PathLike[str] | None = None,
        isolate: bool = False,
    ) -> None:
        self.source = source_of(source)
        if augment is not None and not hasattr(augment, "plan"):
            raise FieldError(f"Loader.augment is a Compose or None, got {augment!r}; wrap a single op in Compose([op])")
        self.augment, self.shuffle, self.seed = augment, bool(shuffle), integer(seed, "seed", None)
        self.batch_size, self.repeats = integer(batch_size, "batch_size", 1), integer(repeats, "repeats", 1)
        self.workers, self.prefetch = optional_integer(workers, "workers", 0), optional_integer(prefetch, "prefetch", 0)
        self.drop_last, self.collate, self.pad = bool(drop_last), collate, bool(pad)
        self.one_hot = one_hot if isinstance(one_hot, bool) else integer(one_hot, "one_hot", 1)
        self.rank, self.world_size = rank_of(rank, world_size)
        self.weights, self.samples_per_epoch = weights, optional_integer(samples_per_epoch, "samples_per_epoch", 1)
        self.memory = None if memory is None else parse_bytes(memory, "Loader.memory")
        self.on_error, self.cache = OnError.of(on_error), None if cache is None else Cache.of(cache)
        self.decode, self.isolate = one_of(decode, "decode", ("exact", "scaled")), bool(isolate)
        self.jpeg_decoder = one_of(jpeg_decoder, "jpeg_decoder", ("auto", "turbo"))
        self.jpeg_indexes = options.folder_of_indexes(jpeg_indexes, self.jpeg_decoder, self.decode)
        if self.isolate:
            import variegate.loader.isolate  # noqa: F401  # an epoch may begin when no more files can be opened
        options.check_together(self.batch_size, self.repeats, weights, self.samples_per_epoch, len(self.source))
        options.check_kept(self.cache is not None, self.decode)
        self._next, self.deals = (0, 0), dict[int, History]()  # where the next pass begins; see `Deal`
        self._place: tuple[int, int] | Callable[[], tuple[int, int]] = (0, 0)  # and that at which the last pass stands
        self._begin()

    def _begin(self) -> None:
        """What a loader has in one process and never takes to another."""
        source, augment = self.source, pipeline_of(self.augment, self.cache)
        kept = None if self.isolate else options.index_file(self.jpeg_indexes, source)
        levels, collage = levels_of(augment)
        declared = class_target(source, augment, self.one_hot, levels > 0 or collage)
        classes = one_hot_classes(source, self.one_hot) if declared is None else declared.count
        edges = None if self.weights is None else edges_of(self.weights, source.labels, len(source))
        self.schedule = self._scheduled()
        self.schedule.check()
        self._pool = SlotPool(keep=1 if self.memory is not None else self._depth + 2)
        self._context = LoaderContext(
            source,
            augment,
            self.seed,
            self.schedule,
            Faults(self.on_error, source),
            self._pool,
            shuffle=self.shuffle,
            edges=edges,
            repeats=self.repeats,
            labels=labels_of(source, augment, self.collate, self.on_error.policy != "raise", classes, declared),
            one_hot=None if source.labels is None or not classes else rows_of(source.labels, classes, source.where),
            cache=None if self.cache is None else open_store(self.cache, source),
            scaled=self.decode == "scaled" and self.augment is not None and not collage,
            reader=reader_of(self.jpeg_decoder, self.decode, self.memory, kept),
            budget=None if self.memory is None else MemoryBudget(self.memory, self._workers or 1),
            arena=Arena() if self.memory is None else Arena(idle=1),
            levels=levels,
            collage=collage,
            classes=declared,
            deals=self.deals,
            blocks=Blocks(needs_blocks(augment)),
        )
        self._counters = self._context.stats.counters()
        self._last_epoch: tuple[int, EpochSamples] | None = None
        self._made_of: dict[str, Any] | None = None
        self._child: Child | None = None

    @property
    def labels(self) -> SourceLabels | None:
        """One a sample, as batches have them; None if they come with the samples, or not at all."""
        return self._context.column

    def _scheduled(self) -> Schedule:
        length = self.samples_per_epoch or len(self.source)
        return Schedule(length, self.batch_size // self.repeats, self.rank, self.world_size, self.pad, self.drop_last)

    @property
    def _workers(self) -> int:
        return available_cores() if self.workers is None else self.workers

    @property
    def _depth(self) -> int:
        """How many batches may be made ahead."""
        if self.prefetch is not None:
            return self.prefetch
        return PREFETCH if self.memory is None else DEEPEST

    @property
    def targets(self) -> Targets | None:
        """What the fields of the samples are, as source and pipeline declare them; None if there are none."""
        labels = self._context.labels
        return None if labels is None else labels.targets

    def __len__(self) -> int:
        """Batches an epoch, of this rank."""
        return len(self.schedule)

    def __iter__(self) -> Iterator[Batch]:
        """The batches of the next epoch: the first pass is epoch 0. After `resume`, first what is left of its epoch."""
        return self._pass(endless=False)

    def stream(self) -> Iterator[Batch]:
        """The batches of one epoch after the other without end, and without a gap where the next one begins."""
        return self._pass(endless=True)

    @property
    def next_epoch(self) -> int:
        """The epoch of the next pass; set it to make that another one, from its beginning."""
        return self._next[0]

    @next_epoch.setter
    def next_epoch(self, epoch: int) -> None:
        if self._checked(epoch) != self._next[0]:
            self._next = self._place = operator.index(epoch), 0

    @property
    def next_place(self) -> tuple[int, int]:
        """The epoch and the position at which the next pass begins."""
        return self._next

    def _pass(self, endless: bool) -> Iterator[Batch]:
        """Batches, each counted in the state before it is handed out. A pass that is never begun takes no epoch."""
        epoch, position = self._checked(self._next[0]), self._next[1]
        self._next = epoch + 1, 0
        batches = self._batches(epoch, position, endless)
        try:
            for span in self.schedule.spans(epoch, position, endless):
                ready = [next(batches)]  # given away below: what is handed out is the consumer's alone
                self._place = span.after
                if endless:
                    self._next = span.epoch + 1, 0
                yield ready.pop()
        finally:
            batches.close()

    def epoch(self, epoch: int, position: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, 0 to 2**32 - 1, in order; the pass that `for batch in loader` is at stays put.

        position  how many places of the epoch to leave out; 0: none
        """
        return self._batches(self._checked(epoch), integer(position, "position", 0), endless=False)

    def _batches(self, epoch: int, position: int, endless: bool) -> Generator[Batch, None, None]:
        if self.isolate:
            return self._isolated().batches(epoch, position, endless)
        spans = self.schedule.spans(epoch, position, endless)
        if self._workers == 0:
            return self._here(spans)
        return Prefetcher(self._context, spans, self._workers, self._depth).batches()

    def _here(self, spans: Iterator[BatchSpan]) -> Generator[Batch, None, None]:
        """Batches made in the calling thread."""
        try:
            for span in spans:
                yield self._whole(span)
        finally:
            self._context.flush()

    def _whole(self, span: BatchSpan) -> Batch:
        known = self._last_epoch  # read once: other threads may replace it, as a whole
        if known is None or known[0] != span.epoch:
            known = self._last_epoch = span.epoch, self._context.epoch_samples(span.epoch)
        return make_batch(self._context, span, known[1], self._counters)

    def _isolated(self) -> Child:
        from variegate.loader.isolate import Child

        if self._child is None:
            self._child = Child(self)
        return self._child

    def batch(self, epoch: int, number: int) -> Batch:
        """Batch `number`, 0 to len - 1, of an epoch, made in the calling thread; any thread may call."""
        epoch = self._checked(epoch)
        if not 0 <= number < len(self):
            raise InputError(f"an epoch has batches 0 to {len(self) - 1}, got {number}")
        return self._whole(self.schedule.span(epoch, number))

    def state(self) -> State:
        """Where the last pass begun by `for batch in loader` or `stream()` stands, as a small dict for JSON.

        It counts the batches handed out: save it with the model, once the model has learned from the batch. All ranks
        have the same state after the same number of batches, so one of them may save it for all.

        >>> import numpy as np
        >>> from variegate.loader import Arrays
        >>> loader = Loader(Arrays(np.zeros((5, 4, 4, 3), np.uint8)), batch_size=2, workers=0)
        >>> for batch in loader:
        ...     break
        >>> loader.state()["epoch"], loader.state()["position"]
        (0, 2)
        """
        if self._made_of is None:
            order = order_told(self.seed, self.shuffle, self._context.edges, self.samples_per_epoch, self.repeats)
            order |= batches_told(self.augment, self.batch_size, self.world_size, self.pad)
            side = None if self.cache is None else self.cache.max_side
            self._made_of = made_of(self.source, self.augment, order, self.on_error, self.decode, side)
        epoch, position = self._stand()
        dealt = {"dealt": [list(each) for each in self._context.dealt(epoch)]} if self._context.mixes else {}
        return {"epoch": epoch, "position": position, **dealt, "made_of": self._made_of}

    def follow(self, epoch: int, place: Callable[[], tuple[int, int]]) -> None:
        """Have `state` tell where a pass stands that an adapter runs by `epoch`, until another one begins.

        epoch  that of the pass; the next pass is of the one after it
        place  gives the epoch and the position after the batch that the adapter's user has taken last
        """
        self._next, self._place = (self._checked(epoch) + 1, 0), place

    def _stand(self) -> tuple[int, int]:
        return self._place() if callable(self._place) else self._place

    def resume(self, state: Mapping[str, Any], strict: bool = True) -> None:
        """Go on where a state was taken: the next pass is what is left of its epoch, the one after it the next epoch.

        state   of a loader with the same source, pipeline, seed and order; batch_size, workers and ranks may differ,
                unless ops mix within a batch: then the batches must be the same
        strict  False: go on from the same place, whatever changed

        Raises  InputError if it is no state, or is of another run; the message says what changed.
        """
        epoch, position = place_in(state, self.state()["made_of"], self.schedule.end, strict)
        self._next = self._place = epoch, position
        if self._context.mixes:
            self._last_epoch = None
            self.deals.clear()
            self.deals[epoch] = history_in(state, position, self.world_size)
            self.close()  # the child, which knows of others

    @staticmethod
    def _checked(epoch: int) -> int:
        if not 0 <= operator.index(epoch) <= LIMITS["epoch"]:
            raise InputError(f"an epoch is 0 to {LIMITS['epoch']}, got {epoch}")
        return operator.index(epoch)

    def stats(self) -> dict[str, Any]:
        """Where the time went, in seconds summed over threads; how much went through; what memory there is.

        read, decode, plan, kernel, carry  the stages of a sample, carry that of its labels
        wait                               the consumer, for a batch
        batches, samples                   handed out
        bytes_read, _decoded, _made        of files, of pictures, of results
        queue                              how many batches waited, finished, when one was asked for: a mean
        lent, lent_bytes                   slots of batches in the making, in use or kept by the user
        idle, made                         slots to be used again; slots made since the start
        unmixed, again                     samples that an op would have mixed, and that found no partner; partners that
                                           were read and made once more, outside of their own batch
        errors                             samples that could not be taken, each counted once; never for what the
                                           machine or the network lacked
        abandoned                          threads left at a sample that took longer than its deadline
        dropped                            instances gone from the batches handed out: a dict by the field and the
                                           filter, as "boxes.min_area", or by the group, as "instances.most" of Padded
        cache                              hits, misses and bytes, if there is one
        windows                            how many JPEGs were read by_index, for the first time, or left to simplejpeg;
                                           how many indexes there are, and their bytes. None of jpeg_decoder="turbo"
        """
        if self._child is not None and (found := self._child.stats()):
            return found
        return self._context.told()

    def close(self) -> None:
        """End the process of `isolate=True`, and write what cache and indexes have gathered; it may be used again."""
        if self._child is not None:
            self._child.close()
            self._child = None
        self._context.flush()

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: value for name, value in vars(self).items() if not name.startswith("_") and name != "schedule"}
        return kept | {"_place": self._stand(), "_next": self._next, "_formats": further()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        allow_again(state.pop("_formats"))
        vars(self).update(state)
        self._begin()

    def __repr__(self) -> str:
        return f"Loader({self.source!r}, {len(self)} batches of {self.batch_size})"
