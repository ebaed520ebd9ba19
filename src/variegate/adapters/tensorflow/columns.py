"""Columns: the fields of a loader's batches as tensors, dense or ragged, of a form that is known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from variegate.adapters.tensorflow.shapes import LOOKS, BatchShape, form, headers, sizes_of
from variegate.errors import InputError
from variegate.loader import Loader, Padded, Source
from variegate.loader.pipeline import SamplePipeline
from variegate.loader.transient import is_transient, retried
from variegate.targets import Target, Targets
from variegate.targets.base import Shape

Tensor = Any  # TensorFlow has no types that mypy could read


class TensorColumn(NamedTuple):
    """One field of every batch.

    spec    of its tensor
    tensor  a batch's value -> what has that spec
    """

    spec: Any
    tensor: Callable[[Any], Tensor]


def columns_of(
    loader: Loader, augment: SamplePipeline, count: int | None, image: BatchShape
) -> dict[str, TensorColumn]:
    """The columns of a loader's batches, by the fields of its first samples.

    count  samples a batch; None where the last has fewer
    image  the form of the pictures

    Raises  InputError if a field holds what no tensor can.
    """
    targets = loader.targets or Targets()
    made, groups = {}, {}
    for name, value in _examples(loader, targets).items():
        target = targets[name]
        if target.picture:
            made[name] = _view(name, value, loader.source, augment, count)
        elif target.per == "pixel":
            made[name] = dense(name, (count, *target.shape_on(image.sides, value.shape)), value.dtype)
        else:
            made[name] = _field(name, target, value, loader.collate, count, image)
            if target.rows_of is not None and isinstance(made[name].spec, tf.TensorSpec):
                groups[target.rows_of] = dense(target.rows_of, made[name].spec.shape[:2], np.dtype(bool))
    return {**made, **groups}


def _examples(loader: Loader, targets: Targets) -> dict[str, Any]:
    """A value of each field, of an instance at least where one of the first samples has any."""
    found: dict[str, Any] = {}
    source = loader.source
    for i, (size, *_) in headers(loader, LOOKS):
        try:
            source.check_size(i, size, source.size_of_labels(i))
            values = targets.write(targets.read(retried(partial(source.fields, i)), size), size)
        except Exception as error:
            if loader.on_error.policy == "raise" or is_transient(error):
                raise
            continue
        found = {name: found[name] if _tells(found.get(name)) else value for name, value in values.items()}
        if all(targets[name].rows_of is None or _tells(value) for name, value in found.items()):
            break
    return found


def _tells(value: Any) -> bool:
    """Whether a value has a row, and outlines have a ring."""
    if not hasattr(value, "__len__") or not len(value):
        return False
    return not isinstance(value, list) or any(not isinstance(item, list) or item for item in value)


def _view(name: str, value: NDArray[Any], source: Source, augment: SamplePipeline, count: int | None) -> TensorColumn:
    """Another view of the picture, through the same pipeline."""
    made = form(augment, sizes_of(source), value.shape[2] if value.ndim == 3 else 1, value.dtype.name, mixes=True)
    flat = value.ndim == 2 and made.layout == "HWC"
    return dense(name, (count, *(made.shape[:2] if flat else made.shape)), made.dtype.as_numpy_dtype)


def _field(name: str, target: Target, value: Any, collate: Any, count: int | None, image: BatchShape) -> TensorColumn:
    """Any other field."""
    if target.ragged:
        return nested(name, (count, *target.shape_on(image.sides, ())), np.dtype(target.written_dtype))
    if target.passed_on:
        array = as_array(name, value)
        return dense(name, (count, *(None for _ in array.shape)), array.dtype)
    rows = as_array(name, value, rows=True)
    tail = target.shape_on(image.sides, rows.shape)[1:]
    if not isinstance(collate, Padded) or rows.dtype.kind in "US":
        return ragged(name, count, tail, rows.dtype)
    most = None if target.per == "sample" else collate.most
    return dense(name, (count, most, *tail), rows.dtype)


def dense(name: str, shape: Sequence[int | None], dtype: Any) -> TensorColumn:
    """A field whose batches are one array."""
    dtype = np.dtype(dtype)
    shape = tuple(shape)

    def tensor(value: Any) -> Any:
        array = as_array(name, value)
        if not array.size and array.ndim == len(shape):  # rows of which there are none may have any width
            array = np.zeros(
                [own if side is None else side for own, side in zip(array.shape, shape, strict=True)], dtype
            )
        return _of_dtype(name, array, dtype)

    return TensorColumn(tf.TensorSpec(shape, _dtype(dtype)), tensor)


def ragged(name: str, count: int | None, tail: Shape, dtype: Any) -> TensorColumn:
    """A field of which each sample has any number of rows."""

    def tensor(values: Any) -> Any:
        rows = [as_array(name, value, rows=True) for value in values]
        found = [row for row in rows if len(row)]
        if len({row.shape[1:] for row in found}) > 1:
            raise InputError(f"{name} has rows of several shapes in one batch: {sorted({row.shape for row in found})}")
        own = rows[0].shape[1:]
        none = [own[n] if side is None else side for n, side in enumerate(tail)]
        flat = np.concatenate(found) if found else np.zeros((0, *none), dtype)
        lengths = np.array([len(row) for row in rows], np.int64)
        return tf.RaggedTensor.from_row_lengths(_of_dtype(name, flat, dtype), lengths)

    return TensorColumn(tf.RaggedTensorSpec((count, None, *tail), _dtype(dtype), ragged_rank=1), tensor)


def nested(name: str, shape: Shape, dtype: Any) -> TensorColumn:
    """A field of lists in lists of arrays, as polygons are: batch, instance, ring, point."""
    point, levels = tuple(side for side in shape[1:] if side is not None), shape[1:].count(None)

    def tensor(values: Any) -> Any:
        parts, lengths = values, []
        for level in range(levels):
            parts = list(chain(*parts)) if level else parts
            lengths.append(np.array([len(part) for part in parts], np.int64))
        points = np.concatenate(parts) if len(parts) else np.zeros((0, *point), dtype)
        return tf.RaggedTensor.from_nested_row_lengths(_of_dtype(name, points, dtype), lengths)

    return TensorColumn(tf.RaggedTensorSpec(shape, _dtype(dtype), ragged_rank=levels), tensor)


def as_array(name: str, value: Any, rows: bool = False) -> NDArray[Any]:
    """Numbers or texts as an array.

    rows  of instances: a list of them is one of single numbers or texts

    Raises  InputError if they are anything else, or differ in shape.
    """
    try:
        array = np.asarray(value) if not isinstance(value, list) or value else np.zeros(0, np.int64)
    except ValueError:
        raise InputError(
            f"{name} differs in shape between the samples of a batch, so that no tensor holds it; leave the field out, "
            "or take the loader's own batches"
        ) from None
    if array.dtype.kind not in "biufUS" or (rows and not isinstance(value, np.ndarray) and array.ndim > 1):
        raise InputError(
            f"{name} holds {value!r:.60}, and a tensor holds numbers or texts; give arrays, leave the field out, or "
            "take the loader's own batches"
        )
    return array


def _of_dtype(name: str, array: NDArray[Any], dtype: np.dtype[Any]) -> Any:
    """An array as a tensor of the field's dtype; nothing but nothing is ever rounded."""
    if dtype.kind in "US" and array.dtype.kind in "US":
        return tf.constant(array.tolist(), tf.string, shape=array.shape)
    if array.dtype != dtype and array.any():
        raise InputError(
            f"{name} is {array.dtype} in this batch and {dtype} in the first samples; give every sample one dtype"
        )
    return array.astype(dtype, copy=False)


def _dtype(dtype: np.dtype[Any]) -> Any:
    return tf.string if dtype.kind in "US" else tf.as_dtype(dtype)
