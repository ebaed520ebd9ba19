"""Draws are keyed: the same key gives the same bytes, and nothing else has a say."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from variegate.key import Key
from variegate.pipeline import Compose
from variegate.testing.scene import noise
from variegate.testing.trial import Subject, attempt, keys_of, labels_for, middle, pipeline_of, told

Sample = dict[str, Any]
DAY = 86400  # seconds


def assert_draws_are_keyed(
    subject: Subject, size: tuple[int, int] = (48, 64), channels: int = 3, tries: int = 8, ragged: bool = True
) -> None:
    """The result is a function of the picture and the key, and of nothing else.

    size      (height, width) of the pictures
    channels  how many they have
    tries     how many keys
    ragged    every second picture is a few pixels larger; False: all have one size, for ops that take no other

    Each key is tried alone; then once more in the other order, with the generators of NumPy and Python set otherwise
    and the clock of `time` put forward by a day; then all of them in one batch; then by a replay of its record. So a
    number that comes from a global generator, from the clock, from a counter, from the pictures before or from the
    neighbours in the batch is found. What differs only between processes, as the hash of a text does, is not.
    Where an op looks at labels, the samples have a box or a mask about the middle.

    >>> from variegate import Opaque, Rotate
    >>> assert_draws_are_keyed(Rotate((-30, 30)))
    >>> assert_draws_are_keyed(Opaque(lambda image: image + np.float32(np.random.rand())))
    Traceback (most recent call last):
        ...
    AssertionError: Opaque: the same picture and key gave other pixels the second time: 9919 of 9919 values differ ...

    Raises  AssertionError that names the op and the key, and says what had a say.
    """
    sizes = [(size[0] + 3 * (n % 2), size[1] + 5 * (n % 2)) if ragged else size for n in range(tries)]
    pictures = [noise(each, channels, seed=n) for n, each in enumerate(sizes)]
    attempt(partial(_check, pictures=pictures), pipeline_of(subject))


def _check(pipeline: Compose, pictures: list[NDArray[np.uint8]]) -> None:
    keys = keys_of(len(pictures))
    samples = [_sample(pipeline, picture) for picture in pictures]
    with _world(1):
        first = [pipeline(**sample, key=key) for sample, key in zip(samples, keys, strict=True)]
    with _world(2):
        for n in reversed(range(len(keys))):
            again = pipeline(**samples[n], key=keys[n])
            _same(first[n], again, "the same picture and key gave other {} the second time", told(pipeline, keys[n]))
    whole = pipeline.batch(**{name: [sample[name] for sample in samples] for name in samples[0]}, keys=keys)
    for n, key in enumerate(keys):
        batched = {name: column[n] for name, column in whole.items()}
        _same(first[n], batched, "a batch gave other {} than one call", told(pipeline, key))
        replayed = _replayed(pipeline, samples[n], key)
        _same(first[n], replayed, "a replay of the record gave other {} than the call", told(pipeline, key))


def _sample(pipeline: Compose, picture: NDArray[np.uint8]) -> Sample:
    size = picture.shape[0], picture.shape[1]
    return {"image": picture, **labels_for(pipeline, size, middle(size))}


def _replayed(pipeline: Compose, sample: Sample, key: Key) -> Sample:
    """A sample by the numbers of its record, which has been text in between."""
    _, record = pipeline(**sample, key=key, return_params=True)
    again: Sample = pipeline.replay(json.loads(json.dumps(record)), **sample)
    return again


@contextmanager
def _world(number: int) -> Iterator[None]:
    """What is no business of an op, one way of several: the global generators, which are put back, and the clock."""
    ours, theirs, now, exactly = random.getstate(), np.random.get_state(), time.time, time.time_ns
    random.seed(number)
    np.random.seed(number)
    later = number * DAY
    try:
        with mock.patch.multiple(time, time=lambda: now() + later, time_ns=lambda: exactly() + later * 10**9):
            yield
    finally:
        random.setstate(ours)
        np.random.set_state(theirs)


def _same(one: Sample, other: Sample, what: str, key: str) -> None:
    for name in one:
        if (off := _differs(np.asarray(one[name]), np.asarray(other[name]))) is not None:
            raise AssertionError(f"{what.format('pixels' if name == 'image' else name)}: {off}; {key}")


def _differs(one: NDArray[Any], other: NDArray[Any]) -> str | None:
    """How two arrays differ; None if they do not."""
    if one.shape != other.shape or one.dtype != other.dtype:
        return f"{one.dtype} {one.shape}, then {other.dtype} {other.shape}"
    if np.array_equal(one, other, equal_nan=one.dtype.kind == "f"):
        return None
    return f"{int((one != other).sum())} of {one.size} values differ"
