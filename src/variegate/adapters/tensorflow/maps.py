"""Maps: a pipeline as a function for `dataset.map`, with fresh numbers or with those of a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray

from variegate.adapters.tensorflow.beside import beside
from variegate.adapters.tensorflow.promise import promise
from variegate.errors import InputError
from variegate.key import Key, Keys
from variegate.pipeline import Compose
from variegate.targets.rows import label_mend

MEND = (
    'let it be a dict, such as {"image": ..., "mask": ...}, and declare it in the pipeline\'s targets; '
    "vg.PerSample() is passed on as it is, never moved"
)

Tensor = Any  # TensorFlow has no types that mypy could read
TensorFields = Mapping[str, Any]
DrawFunction = Callable[..., Any]  # (number of pictures, or None for one alone, *numbers) -> the keys


def mapper(augment: Compose) -> Callable[..., Any]:
    """A function for `dataset.map`, with fresh numbers at every call: image -> image, or image, label -> image, label.

    A picture is (H, W, C) or (H, W), or a batch of them (B, H, W, C); uint8, uint16 or float32. Which number is white
    the pipeline says: `keras.utils.image_dataset_from_directory` and most code around it give float32 from 0 to 255, so
    write Compose([...], white=255.0) for them; without it white is 1, and a picture beyond is refused.
    An element may also be a dict with the picture under "image", or a picture and a dict: its fields, as the pipeline
    declares them, are augmented with it, but for polygons, which take vtf.dataset. Of a batch these are masks and
    views; what instances have is mapped before it. What else follows a picture is passed on: numbers, texts, and
    vectors of zeros and ones. Calls may run in parallel, and no two draw the same numbers. The static shape is set as
    far as it is known.

    >>> from variegate import HorizontalFlip
    >>> data = tf.data.Dataset.from_tensor_slices((np.arange(6, dtype=np.uint8).reshape(2, 1, 3, 1), [7, 8]))
    >>> mirrored = data.map(mapper(Compose([HorizontalFlip()])))
    >>> [(image[0, :, 0].numpy().tolist(), int(label)) for image, label in mirrored]
    [([2, 1, 0], 7), ([5, 4, 3], 8)]

    Raises  FieldError if ops mix samples; InputError, when the graph is made, if pictures have another dtype or rank, a
            field is not declared, or something that may lie on the picture has no name; of a vector its values tell,
            when they are there.
    """
    augment.alone("mapper", "vtf.dataset(vg.Loader(source, augment, batch_size=64))")

    def drawn(count: int | None) -> Any:
        return None

    def mapped(*element: Any) -> Any:
        done = _element(augment, drawn, element)
        return done if len(element) > 1 else done[0]

    return _left_alone(mapped)


def keyed_mapper(
    augment: Compose, seed: int = 0, epoch: int | tf.Variable = 0, ids: ArrayLike | None = None
) -> Callable[..., Any]:
    """A function for `dataset.enumerate().map`: (index, element) -> element, the same for ever.

    seed     any integer
    epoch    a number, or a tf.Variable (int64) that EpochCallback moves
    ids      (N,), the sample ids by index, such as `source.ids` of a vg.ImageFolder; None: the index, as in vg.Arrays.
             With the same seed, ids and samples the bytes, and the labels, are those of vg.Loader

    An element is as in `mapper`. The epoch is read when an element is mapped, so let each epoch be a pass of its own:
    behind `repeat` elements of the next pass may still draw the last one's numbers.

    >>> from variegate import Rotate
    >>> data = tf.data.Dataset.from_tensor_slices(np.arange(64, dtype=np.uint8).reshape(1, 8, 8, 1)).enumerate()
    >>> augment = Compose([Rotate((-90, 90))])
    >>> one, other = (next(iter(data.map(keyed_mapper(augment, seed=1)))) for _ in range(2))
    >>> np.array_equal(one, other)
    True

    Raises  FieldError if ops mix samples; else as `mapper`.
    """
    augment.alone("keyed_mapper", "vtf.dataset(vg.Loader(source, augment, batch_size=64))")
    table = None if ids is None else np.asarray(ids, np.uint64)

    def drawn(count: int | None, index: Any, now: Any) -> Any:
        numbers = np.asarray(index).astype(np.uint64) if table is None else table[index]
        return Key(seed, int(now), int(numbers)) if count is None else Keys.at(seed, int(now), numbers)

    def mapped(index: Tensor, element: Any) -> Any:
        elements = element if isinstance(element, tuple) else (element,)
        done = _element(augment, drawn, elements, index, tf.cast(epoch, tf.int64))
        return done if isinstance(element, tuple) else done[0]

    return _left_alone(mapped)


def _left_alone(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function for a graph as it stands: AutoGraph has nothing to rewrite in it."""
    function = tf.autograph.experimental.do_not_convert(function)
    return function


def _element(augment: Compose, drawn: DrawFunction, element: tuple[Any, ...], *numbers: Tensor) -> tuple[Any, ...]:
    """An element with its fields augmented; what follows them is passed on."""
    first, rest = element[0], element[1:]
    if isinstance(first, dict):
        if "image" not in first:
            raise InputError(f'an element has its picture under "image", got {sorted(first)}')
        return _augmented(augment, drawn, first, rest, *numbers), *rest
    labels = rest[0] if rest and isinstance(rest[0], dict) else None
    if labels is None:
        return _augmented(augment, drawn, {"image": first}, rest, *numbers)["image"], *rest
    if "image" in labels:
        raise InputError('the labels of an element have a field "image", as its picture is called; rename it')
    made = _augmented(augment, drawn, {"image": first, **labels}, rest[1:], *numbers)
    return made.pop("image"), made, *rest[1:]


def _augmented(
    augment: Compose, drawn: DrawFunction, fields: TensorFields, rest: tuple[Any, ...], *numbers: Tensor
) -> dict[str, Any]:
    """The fields of an element, by one call into Python, as an op of the graph.

    rest  what follows them in the element, which is looked at there
    """
    known, image = augment.known, fields["image"]
    known.check(fields)
    watched = [beside(value, image, MEND) for value in rest]
    watched += [beside(value, image, label_mend(name)) for name, value in fields.items() if known[name].undeclared]
    names = [name for name in fields if name == "image" or not known[name].passed_on]
    promises = promise(augment, {name: fields[name] for name in names})

    def call(*arrays: Any) -> list[NDArray[Any]]:
        left = iter(arrays)
        given = dict(zip(names, left, strict=False))
        count = len(given["image"]) if given["image"].ndim == 4 else None
        drawn_of = [next(left) for _ in numbers]
        for each in watched:
            each.check([next(left) for _ in each.tensors], count)
        return _called(augment, drawn(count, *drawn_of), given)

    # numpy_function rather than py_function: arrays go in without a copy, and no eager tensors are made.
    inputs = [*(fields[name] for name in names), *numbers, *(tensor for each in watched for tensor in each.tensors)]
    made = tf.numpy_function(call, inputs, [promises[n].dtype for n in names])
    for name, result in zip(names, made, strict=True):
        result.set_shape(promises[name].shape)
    return {**fields, **dict(zip(names, made, strict=True))}


def _called(augment: Compose, keys: Any, fields: dict[str, Any]) -> list[NDArray[Any]]:
    """The fields augmented, in their order."""
    alone = fields["image"].ndim < 4
    made = augment(key=keys, **fields) if alone else augment.batch(keys=keys, **fields)
    return [_one_array(name, made[name]) for name in fields]


def _one_array(name: str, value: Any) -> NDArray[Any]:
    if isinstance(value, np.ndarray):
        return value
    if name != "image" and len({one.shape for one in value}) == 1:  # points of the pictures
        return np.stack(value)
    raise InputError(
        f"the {'pictures' if name == 'image' else name} of a batch leave the pipeline in several sizes, as "
        f"{value[0].shape}; end it with Resize, RandomResizedCrop or another op that gives a fixed size, or map before "
        "batch"
    )
