"""Keyed: a pipeline as a function of pictures and their keys, for a data pipeline of one's own on the host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
from numpy.typing import ArrayLike

from variegate.errors import InputError
from variegate.key import Key, Keys
from variegate.pipeline import Compose


def keyed(augment: Compose, seed: int = 0) -> Callable[..., Any]:
    """A function (images, epoch, ids, variation=0) -> images, the same for ever.

    images     a picture (H, W, C) or (H, W), with one id; or pictures (B, H, W, C), or a list of them, with B ids;
               uint8, uint16 or float32; of floats white is 1, unless the pipeline says otherwise, as
               Compose([...], white=255.0) for Keras' data sets. Or a dict with these under "image": its fields, as the
               pipeline declares them, are augmented with it, and a dict comes back
    epoch      0 to 2**32 - 1
    ids        one a picture, such as `source.ids` of a vg.ImageFolder has; in a vg.Arrays an id is the index
    variation  one number for all, or one a picture

    With the same seed, ids and samples the bytes, and the labels, are those of vg.Loader. Arrays in and out are NumPy's
    (a `jax.Array` is read as one), as grain and other pipelines on the host have them. It does not run within
    `jax.jit`: there a 64-bit id is cut to 32 bits, and a callback would bring every picture back from the device.

    >>> from variegate.ops import Rotate
    >>> augmented = keyed(Compose([Rotate((-30, 30))]), seed=7)
    >>> pictures = np.zeros((2, 8, 8, 3), np.uint8)
    >>> augmented(pictures, epoch=3, ids=[5, 6]).shape
    (2, 8, 8, 3)

    Raises  FieldError if ops mix samples; InputError, from the call, if it is within jit, ids are no integers of 0 to
            2**64 - 1, or not one a picture, or a field is not what was declared.
    """
    augment.alone("keyed", "vj.Loader(vg.Loader(source, augment, batch_size=64))")

    def augmented(images: Any, epoch: int, ids: ArrayLike, variation: ArrayLike = 0) -> Any:
        fields = images if isinstance(images, Mapping) else {"image": images}
        traced = [value for value in (*fields.values(), epoch, ids) if isinstance(value, jax.core.Tracer)]
        if traced:
            raise InputError(
                f"a pipeline runs on the host, on arrays, and got {traced[0]}: call it before jax.jit, on what goes in"
            )
        if "image" not in fields:
            raise InputError(f'a sample has its pictures under "image", got {sorted(map(str, fields))}')
        augment.known.check(fields)  # before a call has them as keywords
        given = {name: _host(value) for name, value in fields.items()}
        made = _augmented(augment, seed, int(epoch), np.asarray(ids), np.asarray(variation), given)
        return made if isinstance(images, Mapping) else made["image"]

    return augmented


def _augmented(augment: Compose, seed: int, epoch: int, ids: Any, variation: Any, fields: dict[str, Any]) -> Any:
    if ids.ndim == 0:
        return augment(key=Key(seed, epoch, ids.item(), variation.item()), **fields)
    return augment.batch(keys=Keys.at(seed, epoch, ids, variation), **fields)


def _host(value: Any) -> Any:
    """A field with arrays for what is on a device."""
    if isinstance(value, jax.Array):
        return np.asarray(value)
    return [_host(one) for one in value] if isinstance(value, list) else value
