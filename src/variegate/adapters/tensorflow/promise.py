"""Promise: the shapes and dtypes of an element's fields after a map, as far as they are known in the graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from variegate.adapters.tensorflow.shapes import BatchShape, about, form
from variegate.errors import InputError
from variegate.pipeline import Compose
from variegate.targets import Target
from variegate.targets.base import Shape
from variegate.white import DTYPES

Tensor = Any  # TensorFlow has no types that mypy could read


class Promise(NamedTuple):
    """What a tensor will be; None where a side, or even the rank, is not known."""

    shape: Shape | None
    dtype: Any


def promise(augment: Compose, fields: Mapping[str, Tensor]) -> dict[str, Promise]:
    """What the fields of an element, one of them `image`, become.

    Raises  InputError if one of them cannot go through a map.
    """
    image = fields["image"]
    made = {"image": _picture(augment, image, "a picture")}
    if len(fields) == 1:
        return made
    batched, sides = image.shape.rank == 4, _form(augment, image).sides
    for name, tensor in fields.items():
        target = augment.known[name]
        _check(name, tensor, target, batched)
        if target.picture:
            made[name] = _views(augment, tensor, name) if batched else _picture(augment, tensor, name)
        else:
            shape = None if tensor.shape.rank is None else tuple(tensor.shape.as_list())
            if shape is not None:
                shape = (*shape[:batched], *target.shape_on(sides, shape[batched:]))
            made[name] = Promise(shape, tf.as_dtype(target.written_dtype or tensor.dtype))
    return made


def _check(name: str, tensor: Tensor, target: Target, batched: bool) -> None:
    """Refuse what no NumPy array holds, and what a batch has no array for."""
    if target.ragged or not isinstance(tensor, (tf.Tensor, tf.Variable)):
        raise InputError(
            f"{name} is {target!r} as a {type(tensor).__name__}, which does not go through a map; take "
            "variegate.adapters.tensorflow.dataset, where a loader moves it"
        )
    if batched and target.rows_of is not None:
        raise InputError(
            f"{name} is {target!r}: the pictures of a batch come to have different numbers of instances, of which one "
            "tensor cannot be made; map before batch, or take a vg.Loader with collate=Padded(...)"
        )


def _picture(augment: Compose, image: Tensor, name: str) -> Promise:
    """What a picture, or a batch of them, becomes."""
    if image.dtype.name not in DTYPES:
        raise InputError(f"{name} is uint8, uint16 or float32, got {image.dtype.name}; tf.cast it first")
    rank = image.shape.rank
    if rank not in (None, 2, 3, 4):
        raise InputError(f"{name} is (H, W), (H, W, C) or a batch (B, H, W, C), got the shape {image.shape}")
    made = _form(augment, image)
    if rank is None or (rank > 2 and image.shape[-1] is None):
        return Promise(None if rank is None else (None,) * rank, made.dtype)
    if rank == 2:
        return Promise(made.shape[:2] if made.shape[2] == 1 else made.shape, made.dtype)
    return Promise((image.shape[0], *made.shape) if rank == 4 else made.shape, made.dtype)


def _views(augment: Compose, views: Tensor, name: str) -> Promise:
    """What the views of a batch of pictures become: (B, H, W, C), or (B, H, W), in which each is (H, W)."""
    if views.shape.rank in (None, 4):
        return _picture(augment, views, name)
    one = _picture(augment, tf.TensorSpec(views.shape[1:], views.dtype), name)
    return Promise(None if one.shape is None else (views.shape[0], *one.shape), one.dtype)


def _form(augment: Compose, image: Tensor) -> BatchShape:
    rank = image.shape.rank
    known: list[int | None] = [None, None, None] if rank is None else image.shape.as_list()[rank == 4 :]
    height, width, channels = (*known, 1)[:3]
    return form(augment, about(height, width), channels or 3, image.dtype.name)
