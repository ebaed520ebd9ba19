"""The stream: a loader's batches as a `tf.data.Dataset`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from variegate.adapters.tensorflow.columns import Column, columns_of
from variegate.adapters.tensorflow.shapes import form, header, sizes_of
from variegate.errors import InputError
from variegate.loader import Loader
from variegate.loader.source.subset import taken
from variegate.loader.unchanged import Unchanged

Dataset = Any  # TensorFlow has no types that mypy could read


def dataset(loader: Loader, epoch: int | tf.Variable = 0) -> Dataset:
    """A `tf.data.Dataset` of whole batches: (image, label), or image alone of a source without labels.

    epoch  a number: the first pass is that epoch, and each pass the next. A tf.Variable: a pass is of the epoch that it
           holds when the pass begins; EpochCallback moves it, and honours the initial_epoch of fit

    Where samples have other fields, a batch is a dict: `image`, each field, and `label` where there is one. Masks and
    views are tensors. What instances have is, of a loader with collate=Padded(...), a tensor (B, M, ...), its places
    static where Padded has `most`, beside the `valid` of its group; else a tf.RaggedTensor (B, None, ...). Polygons are
    ragged in any case: batch, instance, ring, point (and x, y). Texts are tf.string.

    A batch comes by one hop into Python. Sides that the pipeline fixes are static; which dtype a field has, and how
    wide its rows are, the first samples tell. The order is the loader's, so do not shuffle again.

    Raises  InputError if a field holds what no tensor can; from the batch where it is met, if pictures differ in size,
            or a field in dtype.
    """
    passes = itertools.count(epoch) if isinstance(epoch, int) else None
    signature, columns = _signature(loader)

    def batches() -> Iterator[Any]:
        for batch in loader.epoch(next(passes) if passes else int(epoch)):
            yield _element(batch, columns)

    made = tf.data.Dataset.from_generator(batches, output_signature=signature)
    return made.apply(tf.data.experimental.assert_cardinality(len(loader))).prefetch(1)


def _element(batch: dict[str, Any], columns: dict[str, Column] | None) -> Any:
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


def _signature(loader: Loader) -> tuple[Any, dict[str, Column] | None]:
    """The specification of a loader's batches, and how their fields become tensors."""
    source = loader.source
    whole = loader.drop_last or len(source) % loader.batch_size == 0
    count = loader.batch_size if whole else None
    augment, first = Unchanged() if loader.augment is None else loader.augment, header(source, 0)
    made = form(augment, sizes_of(source), first.channels, first.dtype)
    image = tf.TensorSpec((count, *made.shape), made.dtype)
    label = {}
    if source.labels is not None:
        found = np.asarray(taken(source.labels, np.zeros(1, np.int64)))
        label = {"label": tf.TensorSpec((count, *found.shape[1:]), tf.as_dtype(found.dtype))}
    if loader.targets is None:
        return ((image, label["label"]) if label else image), None
    columns = columns_of(loader, augment, count, made)
    return {"image": image, **{name: column.spec for name, column in columns.items()}, **label}, columns
