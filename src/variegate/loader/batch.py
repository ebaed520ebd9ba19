"""Batch: how the samples of one batch are made, by one thread or by several at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import DecodeError, InputError
from variegate.key import Keys
from variegate.loader.labels import Labels
from variegate.loader.order import Order
from variegate.loader.pool import Pool, Scratch
from variegate.loader.shelf import Shelf
from variegate.loader.source.base import Source
from variegate.loader.source.subset import taken
from variegate.loader.stats import CARRY, DECODE, KERNEL, PLAN, READ, Row, Stats, now
from variegate.loader.unchanged import Augment, Plan
from variegate.targets.leaf import Leaves

if TYPE_CHECKING:
    from variegate.loader.decode import Encoded
    from variegate.plan.plan import Carried

Batch = dict[str, Any]


@dataclass(frozen=True)
class Recipe:
    """All that a batch is made of beside its epoch and number. Threads hold this, and never the loader."""

    source: Source
    augment: Augment
    seed: int
    batch_size: int
    shuffle: bool
    drop_last: bool
    pool: Pool
    labels: Labels | None = None
    stats: Stats = field(default_factory=Stats)
    shelf: Shelf = field(default_factory=Shelf)
    scratches: deque[Scratch] = field(default_factory=deque)

    def __len__(self) -> int:
        full, rest = divmod(len(self.source), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def order(self, epoch: int) -> Order:
        """The order of an epoch's samples."""
        return Order(len(self.source), self.seed, epoch, self.shuffle)

    def making(self, order: Order, epoch: int, number: int) -> Making:
        """A batch of an epoch, about to be made."""
        start = number * self.batch_size
        return Making(self, epoch, order.batch(start, min(start + self.batch_size, len(self.source))))

    def whole(self, order: Order, epoch: int, number: int, row: Row) -> Batch:
        """A batch of an epoch, made in the calling thread."""
        making = self.making(order, epoch, number)
        scratch = self.scratches.pop() if self.scratches else Scratch()
        if making.prepare(row):
            making.work(scratch, row)
        self.scratches.append(scratch)
        return making.batch()


class _Decoded:
    """A picture that a source gave as an array, with the face of an encoded one."""

    __slots__ = ("channels", "dtype", "image", "size")
    nbytes = 0  # of scratch

    def __init__(self, image: NDArray[Any]) -> None:
        self.image = image if image.ndim == 3 else image[:, :, np.newaxis]
        self.size, self.channels, self.dtype = self.image.shape[:2], self.image.shape[2], image.dtype

    def decode(self, out: NDArray[np.uint8] | None = None) -> NDArray[Any]:
        return self.image


class Making:
    """One batch in the making: `prepare` by one thread, then `work` by any number of them, then `batch`.

    Threads share the samples by drawing numbers from `_todo`, which is atomic, and so is the count of those done.
    """

    def __init__(self, recipe: Recipe, epoch: int, index: NDArray[np.int64]) -> None:
        self._recipe, self._epoch, self._index = recipe, epoch, index
        self._todo, self._done = count(), count(1)
        self._pictures: list[Encoded | _Decoded | None] = []
        self._leaves: list[Leaves] = []  # the labels of each sample, if the source has any
        self._carried: list[Carried | None] = []  # what becomes of them
        self._fields: dict[str, Any] = {}  # those of the whole batch
        self._dropped: Mapping[str, int] = {}
        self._plan: Plan | None = None
        self._image: Any = None  # where the samples are written; taken when the first of them is
        self._taking = Lock()
        self._errors: dict[int, BaseException] = {}  # by the sample's place in the batch
        self.open = False  # whether a thread that looks for work may find some here
        self.ready = False

    def prepare(self, row: Row, stopped: Event | None = None) -> bool:
        """Read every sample and its header, then plan the batch; whether there is anything left to do."""
        try:
            begun = now()
            self._read(stopped)
            row[READ] += (read := now()) - begun
            if len(self._pictures) < len(self._index):
                return False
            self._make_plan()
            row[PLAN] += now() - read
        except BaseException as error:
            self._errors[len(self._pictures)] = error
            self.ready = True
            return False
        return True

    def _read(self, stopped: Event | None) -> None:
        from variegate.loader.decode import open_image

        source, labels, room = self._recipe.source, self._recipe.labels, self._recipe.shelf.rooms()
        for i in self._index.tolist():
            if stopped is not None and stopped.is_set():
                return
            with _Noted(source, i):
                data = source.read_into(i, room)
                picture: Encoded | _Decoded
                if isinstance(data, bytes | memoryview):
                    picture = open_image(data, source.where(i), source.mode)  # type: ignore[arg-type]
                else:
                    picture = _Decoded(data)
                if labels is not None:
                    self._leaves.append(labels.read(i, picture.size, self._leaves))
                self._pictures.append(picture)

    def _make_plan(self) -> None:
        recipe, pictures = self._recipe, [picture for picture in self._pictures if picture is not None]
        kinds = {(picture.channels, picture.dtype) for picture in pictures}
        if len(kinds) > 1:
            raise InputError(f"the pictures of a batch have one number of channels and one dtype, got {kinds}")
        sizes = np.array([picture.size for picture in pictures], np.int64)
        keys = Keys.at(recipe.seed, self._epoch, recipe.source.ids[self._index])
        given: tuple[Any, ...] = ()
        if recipe.labels is not None and any(self._leaves):
            given = self._leaves, recipe.labels.targets
            self._carried = [None] * len(pictures)
        self._plan = recipe.augment.plan(keys, sizes, *kinds.pop(), *given)

    def _target(self, plan: Plan) -> Any:
        """The batch's memory. It is taken late: by then the consumer has let go of a batch that it is done with."""
        with self._taking:
            if self._image is None:
                shapes = plan.shapes
                if shapes.count(shapes[0]) == len(shapes):
                    self._image = self._recipe.pool.take((len(shapes), *shapes[0]), plan.dtype)
                else:
                    self._image = [np.empty(shape, plan.dtype) for shape in shapes]
            return self._image

    def work(self, scratch: Scratch, row: Row, stopped: Event | None = None) -> bool:
        """Make samples until none is left or `stopped` is set; whether this thread made the batch's last."""
        size, last = len(self._pictures), False
        for i in self._todo:
            if i >= size or (stopped is not None and stopped.is_set()):
                break
            try:
                self._sample(i, scratch, row)
            except KeyboardInterrupt:  # only where the consumer's own thread makes the batch
                raise
            except BaseException as error:
                _note(error, self._recipe.source, int(self._index[i]))
                self._errors[i] = error
            last = next(self._done) == size
        if last and self._carried and not self._errors:
            self._collate(row)
        self.open = False
        return last

    def _sample(self, i: int, scratch: Scratch, row: Row) -> None:
        picture = self._pictures[i]
        assert picture is not None and self._plan is not None
        begun = now()
        image = picture.decode(scratch.of(picture.nbytes))
        decoded = now()
        self._plan.run(i, image, self._target(self._plan)[i])
        row[DECODE] += decoded - begun
        row[KERNEL] += (done := now()) - decoded
        self._pictures[i] = None  # the file's bytes are of no use any more
        if self._carried:
            self._carried[i] = self._plan.carry(i)  # type: ignore[attr-defined]
            row[CARRY] += now() - done

    def _collate(self, row: Row) -> None:
        """Put the labels of the batch together, in the thread that made its last sample."""
        begun, labels = now(), self._recipe.labels
        assert labels is not None
        try:
            self._fields, self._dropped = labels.collate(self._index, self._carried)  # type: ignore[arg-type]
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._errors[0] = error
        row[CARRY] += now() - begun

    def batch(self) -> Batch:
        """The finished batch, which this object lets go of.

        Raises  the first error, by place in the batch, of those met in making it.
        """
        if self._errors:
            raise self._errors[min(self._errors)]
        source, image = self._recipe.source, self._image
        batch = {"image": image, **self._fields, "index": self._index, "id": source.ids[self._index]}
        if self._dropped:
            self._recipe.stats.drop(self._dropped)
        self._image = self._plan = None
        self._leaves, self._carried, self._fields = [], [], {}
        if source.labels is not None:
            batch["label"] = taken(source.labels, self._index)
        return batch


class _Noted:
    """Adds to an error that leaves it which sample was being made."""

    __slots__ = ("_position", "_source")

    def __init__(self, source: Source, position: int) -> None:
        self._source, self._position = source, position

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is not None:
            _note(error, self._source, self._position)


def _note(error: BaseException, source: Source, position: int) -> None:
    if not isinstance(error, DecodeError):  # which names its path itself
        error.add_note(f"variegate: this was in making sample {position}, {source.where(position)}")
