"""Draws are keyed: the same key gives the same bytes, and nothing else has a say."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from variegate.key import Key
from variegate.pipeline import Compose
from variegate.testing.scene import noise
from variegate.testing.trial import Subject, attempt, keys_of, labels_for, middle, params_text, pipeline_of

SampleDict = dict[str, Any]
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
    and the clock of `time` put forward by a day; then all of them in one batch; then by a replay of its record. So what
    comes from a global generator, the clock, a counter, the pictures before or the neighbours in the batch is found.
    What differs between processes alone, as the hash of a text does, is not. Where an op looks at labels, the samples
    have a box or a mask about the middle.

    >>> from variegate import Opaque, Rotate
    >>> assert_draws_are_keyed(Rotate((-30, 30)))
    >>> assert_draws_are_keyed(Opaque(lambda image: image + np.float32(np.random.rand())))
    Traceback (most recent call last):
        ...
    AssertionError: Opaque: the same picture and key gave other pixels (7413 of 9216 values differ) the second time: a
    global generator of NumPy or Python has a say; declare the number as a field of the op, so that the key draws
    it, or take a Generator that the key makes: Opaque(function, rng=True); ...

    Raises  AssertionError that names the op and the key, and says what had a say.
    """
    sizes = [(size[0] + 3 * (n % 2), size[1] + 5 * (n % 2)) if ragged else size for n in range(tries)]
    pictures = [noise(each, channels, seed=n) for n, each in enumerate(sizes)]
    attempt(partial(_check, pictures=pictures), pipeline_of(subject))


def _check(pipeline: Compose, pictures: list[NDArray[np.uint8]]) -> None:
    compare(pipeline, [_sample(pipeline, picture) for picture in pictures])


def compare(pipeline: Compose, samples: Sequence[SampleDict]) -> None:
    """The same of samples of one's own, each a dict of a picture and the fields that the pipeline knows.

    Raises  AssertionError that names the key, and says what had a say.
    """
    keys = keys_of(len(samples))
    calls = [partial(_called, pipeline, sample, key) for sample, key in zip(samples, keys, strict=True)]
    with _world(1):
        first = [call() for call in calls]
    with _world(2, later=DAY):
        again = [call() for call in reversed(calls)][::-1]
    for key, call, one, two in zip(keys, calls, first, again, strict=True):
        if off := _differ(one, two):
            raise AssertionError(
                f"the same picture and key gave other {off} the second time: {_reason(call)}; "
                f"{params_text(pipeline, key)}"
            )
    whole = pipeline.batch(**{name: [sample[name] for sample in samples] for name in samples[0]}, keys=keys)
    for n, key in enumerate(keys):
        if off := _differ(first[n], {name: column[n] for name, column in whole.items()}):
            raise AssertionError(
                f"a batch gave other {off} than one call: each row of draws and sizes is a sample of its own, so what "
                f"lower() makes of it may not hang on other rows; {params_text(pipeline, key)}"
            )
        if off := _differ(first[n], _replayed(pipeline, samples[n], key)):
            raise AssertionError(f"a replay of the record gave other {off} than the call; {params_text(pipeline, key)}")


def _sample(pipeline: Compose, picture: NDArray[np.uint8]) -> SampleDict:
    size = picture.shape[0], picture.shape[1]
    return {"image": picture, **labels_for(pipeline, size, middle(size))}


def _called(pipeline: Compose, sample: SampleDict, key: Key) -> SampleDict:
    return pipeline(**sample, key=key)


def _replayed(pipeline: Compose, sample: SampleDict, key: Key) -> SampleDict:
    """A sample by the numbers of its record, which has been text in between."""
    _, record = pipeline(**sample, key=key, return_params=True)
    return pipeline.replay(json.loads(json.dumps(record)), **sample)


def _reason(call: Callable[[], SampleDict]) -> str:
    """What else than picture and key has a say."""

    def given(number: int, later: float) -> SampleDict:
        with _world(number, later):
            return call()

    if any(_differ(given(1, 0), given(1, 0)) for _ in range(3)):  # numbers by chance may be alike by chance
        return "something changes from call to call, as a counter, the clock or an unseeded generator does"
    if _differ(given(1, 0), given(2, 0)):
        return (
            "a global generator of NumPy or Python has a say; declare the number as a field of the op, so that the key "
            "draws it, or take a Generator that the key makes: Opaque(function, rng=True)"
        )
    return "the clock has a say" if _differ(given(1, 0), given(1, DAY)) else "the calls before have a say"


@contextmanager
def _world(number: int, later: float = 0) -> Iterator[None]:
    """What is no business of an op, one way of several: global generators, which are put back, and seconds gone by."""
    ours, theirs, now, exactly = random.getstate(), np.random.get_state(), time.time, time.time_ns
    random.seed(number)
    np.random.seed(number)
    try:
        with mock.patch.multiple(time, time=lambda: now() + later, time_ns=lambda: exactly() + int(later * 1e9)):
            yield
    finally:
        random.setstate(ours)
        np.random.set_state(theirs)


def _differ(one: SampleDict, other: SampleDict) -> str:
    """In what two samples differ; nothing if they do not."""
    for name in one:
        what = "pixels" if name == "image" else name
        if isinstance(one[name], list | tuple):  # such as rings, of several lengths
            if value_bytes(one[name]) != value_bytes(other[name]):
                return what
            continue
        a, b = np.asarray(one[name]), np.asarray(other[name])
        if a.shape != b.shape or a.dtype != b.dtype:
            return f"{what} ({a.dtype} {a.shape}, then {b.dtype} {b.shape})"
        if not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
            return f"{what} ({int((a != b).sum())} of {a.size} values differ)"
    return ""


def value_bytes(value: Any) -> bytes:
    """The bytes of a field's value, with dtype and shape where it has them."""
    if isinstance(value, list | tuple):
        return b"[%s]" % b", ".join(map(value_bytes, value))
    array = np.asarray(value)
    if array.dtype.hasobject:
        return repr(value).encode()
    return f"{array.dtype} {array.shape} ".encode() + array.tobytes()
