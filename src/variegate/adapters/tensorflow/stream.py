"""The stream: a loader's batches as a `tf.data.TensorDataset`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from variegate.adapters.tensorflow.columns import TensorColumn, columns_of
from variegate.adapters.tensorflow.shapes import LOOKS, form, header, headers, sizes_of
from variegate.errors import InputError
from variegate.loader import Loader
from variegate.loader.identity import Identity
from variegate.loader.source.multi_hot import labels_at

PLACE = tf.TensorSpec((2,), tf.int64)  # an epoch, and a position in it
TensorDataset = Any  # TensorFlow has no types that mypy could read


def dataset(
    loader: Loader,
    epoch: int | tf.Variable | None = None,
    position: int = 0,
    state: Mapping[str, Any] | None = None,
    *,
    strict: bool = True,
) -> TensorDataset:
    """A `tf.data.TensorDataset` of whole batches: (image, label), or image alone of a source without labels.

    epoch     None: each pass is the loader's next, as `for batch in loader` has it: the first is epoch 0, and after
              `loader.resume` what is left of the epoch of that state. A number: the first pass is that epoch, and each
              pass the next. A tf.Variable: a pass is of the epoch that it holds when the pass begins; EpochCallback
              moves it, and honours the initial_epoch of fit
    position  where in its epoch the first pass begins: how many places all ranks together have behind them, so after b
              batches b * batch_size of one rank
    state     what `loader.resume` is given first
    strict    of a state; False: go on from its place, whatever changed

    Where samples have other fields, a batch is a dict: `image`, each field, and `label` where there is one. Masks and
    views are tensors. What instances have is, of a loader with collate=Padded(...), a tensor (B, M, ...), its places
    static where Padded has `most`, beside the `valid` of its group; else a tf.RaggedTensor (B, None, ...). Polygons are
    ragged in any case: batch, instance, ring, point (and x, y). Texts are tf.string.

    A batch comes by one hop into Python. Sides that the pipeline fixes are static; which dtype a field has, and how
    wide its rows are, the first samples tell. The order is the loader's, so do not shuffle again. The threads of a pass
    end with its iterator. `repeat()` gives epoch after epoch; a fit on it takes steps_per_epoch=len(loader). So does
    one that goes on within an epoch, as TensorFlow is not told the length of a data set whose first pass is shorter.

    `loader.state()` tells where the last pass begun stands, by the batches that were taken from it: save it with the
    model, once the model has learned from the batch. `fit` takes a batch when a step begins, so that a callback's
    `on_train_batch_end` has the state to save, with steps_per_execution=1. What stands behind it, such as another
    `prefetch`, a `shuffle` or tf.distribute, takes batches ahead of the model, and they count as taken.

    >>> import numpy as np
    >>> from variegate import Arrays, Compose, Rotate
    >>> digits = Arrays(np.zeros((6, 8, 8, 1), np.uint8), labels=[0, 1, 2, 0, 1, 2])
    >>> train = dataset(Loader(digits, Compose([Rotate((-9, 9))]), batch_size=4))
    >>> [(image.shape.as_list(), label.numpy().size) for image, label in train]
    [([4, 8, 8, 1], 4), ([2, 8, 8, 1], 2)]

    Raises  InputError if a field holds what no tensor can, or the state is of another run; from the batch where it is
            met, if pictures differ in size, or a field in dtype; and from a pass if the loader was resumed within an
            epoch when its data set was made already.
    """
    if state is not None:
        if epoch is not None or position:
            raise InputError("a state says itself at which epoch and position it is; leave out both")
        loader.resume(state, strict)
    if epoch is None and not position:
        position = loader.next_place[1]
        begin = _passes_of(loader, position)
    else:
        begin = _passes(loader.next_epoch if epoch is None else epoch, position)
    stand = _Stand()
    signature, columns = _signature(loader, position)

    def batches() -> Iterator[Any]:
        at = begin()
        stand.begin(loader, at)
        for span, batch in zip(loader.schedule.spans(*at), loader.epoch(*at), strict=True):
            yield span.after, _element(batch, columns)

    made = tf.data.Dataset.from_generator(batches, output_signature=(PLACE, signature))
    if not position:
        made = made.apply(tf.data.experimental.assert_cardinality(len(loader)))
    exact = tf.data.Options()
    exact.experimental_optimization.inject_prefetch = False  # TensorFlow's own, behind all that there is
    return made.prefetch(1).map(stand.note).with_options(exact)


class _Stand:
    """Where a pass stands, by the batches that have left its dataset: a graph writes it, which needs no hop."""

    def __init__(self) -> None:
        with tf.device("/CPU:0"):  # where the graph of a dataset runs
            self._place = tf.Variable((0, 0), dtype=tf.int64, trainable=False)

    def begin(self, loader: Loader, place: tuple[int, int]) -> None:
        """A pass begins there."""
        self._place.assign(place)
        loader.follow(place[0], self._now)

    def _now(self) -> tuple[int, int]:
        epoch, position = self._place.numpy().tolist()
        return epoch, position

    def note(self, place: Any, element: Any) -> Any:
        """An element without the place that a run has after it, which is noted."""
        self._place.assign(place)
        return element


def _passes(epoch: int | tf.Variable, position: int) -> Callable[[], tuple[int, int]]:
    """What tells each pass the epoch and the position at which it begins."""
    begun = 0

    def begin() -> tuple[int, int]:
        nonlocal begun
        begun += 1
        return (epoch + begun - 1 if isinstance(epoch, int) else int(epoch)), position if begun == 1 else 0

    return begin


def _passes_of(loader: Loader, position: int) -> Callable[[], tuple[int, int]]:
    """The same of the loader's own passes.

    position  where in its epoch the next one begins, for which the data set is made
    """

    def begin() -> tuple[int, int]:
        place = loader.next_place
        if place[1] not in (0, position):
            raise InputError(
                f"the loader was resumed at position {place[1]} of an epoch when its tf.data.Dataset was made already, "
                "and TensorFlow knows the length of that: call loader.resume(state) first, then dataset(loader)"
            )
        return place

    return begin


def _element(batch: dict[str, Any], columns: dict[str, TensorColumn] | None) -> Any:
    image = batch["image"]
    if isinstance(image, list):
        raise InputError(
            f"a batch for TensorFlow needs pictures of one size, got {image[0].shape} and others; end the pipeline "
            "with Resize, RandomResizedCrop or another op that gives a fixed size"
        )
    label = {"label": np.asarray(batch["label"])} if "label" in batch and "label" not in (columns or {}) else {}
    if columns is not None:
        return {"image": image, **{name: column.tensor(batch[name]) for name, column in columns.items()}, **label}
    return (image, label["label"]) if label else image


def _count(loader: Loader, position: int) -> int | None:
    """Samples a batch; None if some may have fewer."""
    schedule = loader.schedule
    even = schedule.own % schedule.batch == 0 and position % (schedule.batch * schedule.world_size) == 0
    return loader.batch_size if (schedule.drop_last or even) and loader.on_error.policy != "skip" else None


def _signature(loader: Loader, position: int) -> tuple[Any, dict[str, TensorColumn] | None]:
    """The specification of a loader's batches, and how their fields become tensors."""
    source, count = loader.source, _count(loader, position)
    augment = Identity() if loader.augment is None else loader.augment
    first = next((found for _, found in headers(loader, LOOKS)), None) or header(source, 0)
    made = form(augment, sizes_of(source), first.channels, first.dtype, mixes=True)
    image = tf.TensorSpec((count, *made.shape), made.dtype)
    label = {}
    if loader.labels is not None:
        found = np.asarray(labels_at(loader.labels, np.zeros(1, np.int64)))
        label = {"label": tf.TensorSpec((count, *found.shape[1:]), tf.as_dtype(found.dtype))}
    if loader.targets is None:
        return ((image, label["label"]) if label else image), None
    columns = columns_of(loader, augment, count, made)
    return {"image": image, **{name: column.spec for name, column in columns.items()}, **label}, columns
