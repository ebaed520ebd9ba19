"""Draws are keyed: the same key gives the same bytes, and nothing else has a say."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.key import Key
from variegate.ops.base import Op
from variegate.pipeline import Compose
from variegate.testing.scene import noise, pipeline_of

Picture = NDArray[Any]


def assert_draws_are_keyed(
    subject: Compose | Op | Sequence[Op], size: tuple[int, int] = (48, 64), channels: int = 3, tries: int = 8
) -> None:
    """The result is a function of the picture and the key.

    Each of `tries` keys is drawn alone, again in the other order, in a batch, and after the global generators of Python
    and NumPy were set otherwise; and a replay of the record is tried.

    >>> from variegate import Opaque, Rotate
    >>> assert_draws_are_keyed(Rotate((-30, 30)))
    >>> assert_draws_are_keyed(Opaque(lambda image: image + np.float32(np.random.rand())))
    Traceback (most recent call last):
        ...
    AssertionError: key 7: after NumPy's and Python's generators were set otherwise the same key gave others: ...
    """
    augment, image = pipeline_of(subject), noise(size, channels)
    keys = [Key(seed=5, id=n) for n in range(tries)]
    random.seed(1)
    np.random.seed(1)
    first = [augment(image, key=key) for key in keys]
    random.seed(2)
    np.random.seed(2)
    for n, again in reversed(list(enumerate(augment(image, key=key) for key in keys))):
        _same(
            first[n],
            again,
            f"key {n}: after NumPy's and Python's generators were set otherwise the same key gave others",
        )
    for n, each in enumerate(augment.batch([image] * tries, keys=keys)):
        _same(first[n], each, f"key {n}: a batch gave other pixels than one call")
    for n, key in enumerate(keys):
        _, record = augment(image, key=key, return_params=True)
        _same(first[n], augment.replay(record, image), f"key {n}: a replay of its record gave other pixels")


def _same(one: Picture, other: Picture, told: str) -> None:
    if one.shape != other.shape or one.dtype != other.dtype:
        raise AssertionError(f"{told}: {one.dtype} {one.shape}, then {other.dtype} {other.shape}")
    if not np.array_equal(one, other, equal_nan=one.dtype.kind == "f"):
        count = int((one != other).sum())
        raise AssertionError(f"{told}: {count} of {one.size} values differ")
