"""TensorFlow: a loader as a `tf.data.Dataset`, and pipelines as functions for `dataset.map`.

The whole stream by Variegate's threads:

    import variegate.adapters.tensorflow as vtf
    train = vtf.dataset(vg.Loader(source, augment, batch_size=64, seed=0))
    model.fit(train, epochs=20)

In the form everybody knows, with fresh numbers every time:

    train = originals.map(vtf.mapper(augment), num_parallel_calls=tf.data.AUTOTUNE).batch(64)

The same, with numbers that can be drawn again. Number the elements before anything shuffles them:

    epoch = tf.Variable(0, dtype=tf.int64)
    keyed = vtf.keyed_mapper(augment, seed=0, epoch=epoch)
    train = originals.enumerate().shuffle(1000).map(keyed, num_parallel_calls=tf.data.AUTOTUNE).batch(64)
    model.fit(train, epochs=20, callbacks=[vtf.EpochCallback(epoch)])

A map may also stand after `batch`, where pictures have one size: one hop into Python a batch, which is faster.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from variegate.errors import InputError
from variegate.key import Key, Keys
from variegate.loader import Arrays, Loader, Source, Subset
from variegate.loader.source.subset import taken
from variegate.loader.unchanged import Augment, Unchanged
from variegate.pipeline import Compose
from variegate.plan.picture import DTYPES

try:
    import tensorflow as tf
except ImportError as error:
    raise ImportError('variegate.adapters.tensorflow needs TensorFlow: pip install "variegate[tensorflow]"') from error

Tensor = Any  # TensorFlow has no types that mypy could read
Dataset = Any
Shape = tuple[int | None, ...]

PROBES = 32  # keys with which a shape is tried: one that hangs on the draw is no fixed shape
UNKNOWN = 4096  # pixels; stands for a side that is not known, larger than any crop


def dataset(loader: Loader, epoch: int | tf.Variable = 0) -> Dataset:
    """A `tf.data.Dataset` of whole batches: (image, label), or image alone of a source without labels.

    epoch  a number: the first pass is that epoch, and each pass the next. A tf.Variable: a pass is of the epoch that it
           holds when the pass begins; EpochCallback moves it, and honours the initial_epoch of fit

    A batch comes by one hop into Python. Sides that the pipeline fixes are static. The order is the loader's, so do not
    shuffle again.

    Raises  InputError, from the batch where it is met, if pictures differ in size.
    """
    passes = itertools.count(epoch) if isinstance(epoch, int) else None

    def batches() -> Iterator[Any]:
        return map(_elements, loader.epoch(next(passes) if passes else int(epoch)))

    made = tf.data.Dataset.from_generator(batches, output_signature=_signature(loader))
    return made.apply(tf.data.experimental.assert_cardinality(len(loader))).prefetch(1)


def _elements(batch: dict[str, Any]) -> Any:
    image = batch["image"]
    if isinstance(image, list):
        raise InputError(
            f"a batch for TensorFlow needs pictures of one size, got {image[0].shape} and others; end the pipeline "
            "with Resize, RandomResizedCrop or another op that gives a fixed size"
        )
    return (image, np.asarray(batch["label"])) if "label" in batch else image


def _signature(loader: Loader) -> Any:
    """The specification of a loader's batches."""
    source = loader.source
    whole = loader.drop_last or len(source) % loader.batch_size == 0
    count = loader.batch_size if whole else None
    shape, dtype = _form(Unchanged() if loader.augment is None else loader.augment, *_pictures(source))
    image = tf.TensorSpec((count, *shape), dtype)
    if source.labels is None:
        return image
    label = np.asarray(taken(source.labels, np.zeros(1, np.int64)))
    return image, tf.TensorSpec((count, *label.shape[1:]), tf.as_dtype(label.dtype))


def _pictures(source: Source) -> tuple[list[tuple[int, int]], int, str]:
    """Sizes that stand for those of a source's pictures, their channels, and their dtype."""
    from variegate.loader.decode import open_image

    data = source.read(0)
    if isinstance(data, bytes):
        header = open_image(data, source.where(0), source.mode)  # type: ignore[arg-type]
        return _about(None, None), header.channels, header.dtype.name
    while isinstance(source, Subset):
        source = source.source
    of_one_size = isinstance(source, Arrays) and isinstance(source.images, np.ndarray)
    height, width, channels = data.shape if data.ndim == 3 else (*data.shape, 1)
    return _about(height, width) if of_one_size else _about(None, None), channels, data.dtype.name


def _about(height: int | None, width: int | None) -> list[tuple[int, int]]:
    """Sizes of pictures of which only these sides are known.

    A shape that is the same for all of them is the same for any size.
    """
    rows = [height] if height else [UNKNOWN, UNKNOWN + 1, UNKNOWN * 2]
    columns = [width] if width else [UNKNOWN, UNKNOWN + 2, UNKNOWN * 2 + 1]
    return [(row, column) for row in rows for column in columns]


def _form(augment: Augment, sizes: list[tuple[int, int]], channels: int, dtype: str) -> tuple[Shape, Any]:
    """The shape of the pipeline's results, None where it varies, and their dtype."""
    tries = sizes * PROBES
    keys = Keys.at(0, 0, np.arange(len(tries), dtype=np.uint64))
    plan = augment.plan(keys, np.array(tries, np.int64), channels, dtype)
    sides = [set(side) for side in zip(*plan.shapes, strict=True)]
    return tuple(side.pop() if len(side) == 1 else None for side in sides), tf.as_dtype(plan.dtype)


def mapper(augment: Compose) -> Callable[..., Any]:
    """A function for `dataset.map`, with fresh numbers at every call: image -> image, or image, label -> image, label.

    A picture is (H, W, C) or (H, W), or a batch of them (B, H, W, C); uint8 (white at 255) or float32 (white at 1).
    What follows it in an element is passed on; an element may also be a dict with the picture under "image". Calls may
    run in parallel, and no two draw the same numbers. The static shape is set as far as it is known.

    Raises  InputError, when the graph is made, if pictures have another dtype or rank.
    """

    def fresh(image: NDArray[Any]) -> NDArray[Any]:
        return augment(image) if image.ndim < 4 else _one_array(augment.batch(image))

    def mapped(*element: Any) -> Any:
        first, rest = element[0], element[1:]
        done = _replaced(first, lambda image: _hop(augment, fresh, image))
        return (done, *rest) if rest else done

    return _left_alone(mapped)


def keyed_mapper(
    augment: Compose, seed: int = 0, epoch: int | tf.Variable = 0, ids: ArrayLike | None = None
) -> Callable[..., Any]:
    """A function for `dataset.enumerate().map`: (index, element) -> element, the same for ever.

    seed     any integer
    epoch    a number, or a tf.Variable (int64) that EpochCallback moves
    ids      (N,), the sample ids by index, such as `source.ids` of a vg.ImageFolder; None: the index, as in vg.Arrays.
             With the same seed, ids and pictures the bytes are those of vg.Loader

    An element is as in `mapper`. The epoch is read when an element is mapped, so let each epoch be a pass of its own:
    behind `repeat` elements of the next pass may still draw the last one's numbers.
    """
    table = None if ids is None else np.asarray(ids, np.uint64)

    def keyed(image: NDArray[Any], index: Any, now: Any) -> NDArray[Any]:
        numbers = np.asarray(index).astype(np.uint64) if table is None else table[index]
        if image.ndim < 4:
            return augment(image, key=Key(seed, int(now), int(numbers)))  # type: ignore[no-any-return]
        return _one_array(augment.batch(image, keys=Keys.at(seed, int(now), numbers)))

    def mapped(index: Tensor, element: Any) -> Any:
        first, rest = (element[0], element[1:]) if isinstance(element, tuple) else (element, ())
        now = tf.cast(epoch, tf.int64)
        done = _replaced(first, lambda image: _hop(augment, keyed, image, index, now))
        return (done, *rest) if isinstance(element, tuple) else done

    return _left_alone(mapped)


def _left_alone(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function for a graph as it stands: AutoGraph has nothing to rewrite in it."""
    function = tf.autograph.experimental.do_not_convert(function)
    return function


def _replaced(first: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """The picture of an element through a function; what a dict holds beside it stays."""
    return {**first, "image": function(first["image"])} if isinstance(first, dict) else function(first)


def _one_array(images: Any) -> NDArray[Any]:
    if isinstance(images, np.ndarray):
        return images
    raise InputError(
        f"the pictures of a batch leave the pipeline in several sizes, as {images[0].shape}; end it with Resize, "
        "RandomResizedCrop or another op that gives a fixed size, or map before batch"
    )


def _hop(augment: Compose, function: Callable[..., NDArray[Any]], image: Tensor, *numbers: Tensor) -> Tensor:
    """A call into Python, as an op of the graph."""
    shape, dtype = _promise(augment, image)
    # numpy_function rather than py_function: arrays go in without a copy, and no eager tensors are made.
    result = tf.numpy_function(function, [image, *numbers], dtype)
    result.set_shape(shape)
    return result


def _promise(augment: Compose, image: Tensor) -> tuple[Shape | None, Any]:
    """The static shape and the dtype of what a picture, or a batch, becomes."""
    if image.dtype.name not in DTYPES:
        raise InputError(
            f"a picture is uint8 (white at 255) or float32 (white at 1), got {image.dtype.name}; tf.cast it first"
        )
    rank = image.shape.rank
    if rank not in (None, 2, 3, 4):
        raise InputError(f"a picture is (H, W), (H, W, C) or a batch (B, H, W, C), got the shape {image.shape}")
    known: list[int | None] = [None, None, None] if rank is None else image.shape.as_list()[rank == 4 :]
    height, width, channels = (*known, 1)[:3]
    shape, dtype = _form(augment, _about(height, width), channels or 3, image.dtype.name)
    if rank is None or channels is None:
        return (None if rank is None else (None,) * rank), dtype
    if rank == 2:
        return (shape[:2] if shape[2] == 1 else shape), dtype
    return ((image.shape[0], *shape) if rank == 4 else shape), dtype


class EpochCallback(tf.keras.callbacks.Callback):  # type: ignore[misc]
    """A Keras callback that sets a tf.Variable to the epoch that `fit` begins, `initial_epoch` honoured.

    variable  the tf.Variable that `dataset` or `keyed_mapper` was given
    """

    def __init__(self, variable: tf.Variable) -> None:
        super().__init__()
        self.variable = variable

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Called by Keras."""
        self.variable.assign(epoch)
