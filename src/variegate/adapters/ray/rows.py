"""RowBlock: the samples of a source as a Ray Dataset, in the loader's order, read where they are used."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import ray
from numpy.typing import NDArray

from variegate.adapters.ray.column import column
from variegate.arguments import whole
from variegate.errors import FieldError, InputError, SourceError
from variegate.key import Key
from variegate.loader import Loader, Source
from variegate.loader.options import source_of
from variegate.loader.sampling import Order
from variegate.loader.source.classes import label_column
from variegate.loader.source.multi_hot import labels_at
from variegate.loader.transient import retried
from variegate.pipeline import Compose
from variegate.targets import names

RowBlock = dict[str, NDArray[Any]]
AT_ONCE = 64  # rows read at once
OWN = ("epoch", "place", "path", "bytes", "image")  # columns, beside those that batches have too


def rows(
    source: Any,
    seed: int = 0,
    epoch: int | range = 0,
    shuffle: bool = True,
    rows_per_task: int = 128,
    augment: Compose | None = None,
) -> ray.data.Dataset:
    """A `ray.data.Dataset` with a row for each sample of a source, read by the tasks: the driver holds no picture.

    source         as of a vg.Loader; kept in the object store once. Every node finds its files under the same path
    seed           any integer
    epoch          0 to 2**32 - 1; or several, one after the other, as range(90): Ray runs the same data set anew for
                   each pass over it, and so the same epochs
    shuffle        whether an epoch has the order that vg.Loader(source, seed=seed) gives it
    rows_per_task  how many samples one task reads, which are made again together if a node dies. A task costs some
                   10 ms, and its results are in memory together
    augment        a pipeline that is run where the rows are read: for ops that mix samples, of which `Augment` knows
                   nothing. Whole blocks of 64 places are made, so rows_per_task is best a multiple of 64

    A row has `epoch`; `place`, from 0, in the epoch; `index`, the position in the source; `id`; `path`, what leads a
    user to it; `label`, if the source has any; `bytes`, the picture's file, or `image`, an array; and the sample's
    fields, which `Augment(..., targets=source.targets)` takes. With `augment` it has `epoch`, `place` and what a batch
    of vg.Loader(source, augment, seed=seed) has of the sample, to the byte. Rows come in order of epoch and place where
    Ray keeps order (`DataContext.execution_options.preserve_order`), else as they are ready;
    `sort(["epoch", "place"])` sorts.

    A whole run, which needs a cluster or starts one, is in docs/guide/scale.md.

    >>> from variegate import Arrays
    >>> rows(Arrays(np.zeros((2, 8, 8), np.uint8)), epoch=range(0))
    Traceback (most recent call last):
    variegate.errors.FieldError: rows.epoch is a number or a range of one or more, got range(0, 0)

    Raises  SourceError if the source is none, or empty; from a task, DecodeError with the path of a file that cannot be
            read.
    """
    source = source_of(source)
    if not len(source):
        raise SourceError(f"rows takes a source of one sample or more, got {source!r}")
    rows_per_task = whole(rows_per_task, "rows_per_task", least=1)
    epochs = epoch if isinstance(epoch, range) else range(epoch, epoch + 1)
    if not epochs:
        raise FieldError(f"rows.epoch is a number or a range of one or more, got {epoch!r}")
    Key(seed, min(epochs)), Key(seed, max(epochs))
    count = len(source) * len(epochs)
    if augment is not None and not isinstance(augment, Compose):
        raise FieldError(f"rows.augment is a Compose or None, got {augment!r}; wrap a single op in Compose([op])")
    if augment is not None and augment.compiler.within:
        raise FieldError(
            f"rows knows blocks of 64 places and no batch, and {augment.compiler.within[0].path} mixes within a batch: "
            'write partners="block", per="sample"'
        )
    read = Read(ray.put(source), len(source), seed, epochs, bool(shuffle), augment)
    return ray.data.range(count, override_num_blocks=-(-count // rows_per_task)).map_batches(read, batch_format="numpy")


class Read:
    """What the tasks do: rows out of the places of all epochs together, counted from 0.

    source  in the object store
    length  of the source
    augment  what makes the rows of samples; None: they stay samples
    """

    def __init__(
        self, source: ray.ObjectRef, length: int, seed: int, epochs: range, shuffle: bool, augment: Compose | None
    ) -> None:
        self.source, self.length, self.seed, self.epochs, self.shuffle = source, length, seed, epochs, shuffle
        self.augment = augment

    def __call__(self, batch: RowBlock) -> Iterator[RowBlock]:
        """The rows of these places, some at a time."""
        which, place = np.divmod(batch["id"], self.length)
        epoch, index = np.array(self.epochs, np.uint32)[which], np.empty(len(place), np.int64)
        if self.augment is not None:
            yield from self._made(epoch, place)
            return
        for each in np.unique(epoch):
            here = epoch == each
            index[here] = Order(self.length, self.seed, int(each), self.shuffle)[place[here]]
        source = _source(self.source)
        for start in range(0, len(place), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            yield {"epoch": epoch[part], "place": place[part], **_read(source, index[part])}

    def _made(self, epoch: NDArray[np.uint32], place: NDArray[np.int64]) -> Iterator[RowBlock]:
        """The rows as a loader makes them, block by block."""
        loader = Loader(
            _source(self.source), self.augment, batch_size=AT_ONCE, seed=self.seed, shuffle=self.shuffle, workers=0
        )
        blocks = np.stack([epoch.astype(np.int64), place // AT_ONCE], axis=1)
        for each, number in np.unique(blocks, axis=0).tolist():
            here = np.flatnonzero((epoch == each) & (place // AT_ONCE == number))
            batch, within = loader.batch(each, number), place[here] % AT_ONCE
            made = {name: column([values[n] for n in within.tolist()]) for name, values in batch.items()}
            yield {"epoch": epoch[here], "place": place[here], **made}


@functools.lru_cache(maxsize=2)
def _source(source: ray.ObjectRef) -> Source:
    """The source, unpacked once a process."""
    return ray.get(source)  # type: ignore[no-any-return]


def _read(source: Source, index: NDArray[np.int64]) -> RowBlock:
    """The samples at these positions."""
    positions = index.tolist()
    samples = [retried(functools.partial(source.sample, i, _room)) for i in positions]
    pictures = [bytes(picture) if isinstance(picture, memoryview) else picture for picture, _ in samples]
    made = {"index": index, "id": source.ids[index], "path": column([source.where(i) for i in positions])}
    if source.labels is not None:
        made["label"] = column(labels_at(source.labels, index))
    made["bytes" if all(isinstance(each, bytes) for each in pictures) else "image"] = column(pictures)
    for name in samples[0][1]:
        said = names.name_clash([name], type(source).__name__, (*made, *OWN))
        if said is not None:
            raise InputError(said)
        values = [_field(fields, name, source, i) for (_, fields), i in zip(samples, positions, strict=True)]
        made[name] = column(label_column(values, len(values), any_form=True) if name == "label" else values)  # type: ignore[arg-type]
    return made


def _room(size: int) -> memoryview:
    """Memory of its own for each sample: a row outlives its reading."""
    return memoryview(bytearray(size))


def _field(fields: dict[str, Any], name: str, source: Source, i: int) -> Any:
    if name not in fields:
        raise InputError(
            f"{source.where(i)} has no field {name!r}, and others have. Give an empty value where there is nothing, as "
            "[] for boxes"
        )
    return fields[name]
