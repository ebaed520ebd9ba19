"""An Example reads as TensorFlow reads it, whatever is in it; damage is an error."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from variegate.loader.source.tfrecord.example import features

INTEGERS = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20)
FLOATS = st.lists(st.floats(width=32, allow_nan=False), max_size=20)
BLOBS = st.lists(st.binary(max_size=300), max_size=5)


def feature(value: Any) -> tf.train.Feature:
    if isinstance(value, tuple):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=value))
    if isinstance(value, list):
        return tf.train.Feature(float_list=tf.train.FloatList(value=value))
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=value))


def example(**named: Any) -> bytes:
    return tf.train.Example(
        features=tf.train.Features(feature={k: feature(v) for k, v in named.items()})
    ).SerializeToString()


def read(data: bytes) -> dict[str, list[Any]]:
    return {name: list(found.value()) for name, found in features(data, 0, len(data)).items()}


def by_tensorflow(data: bytes) -> dict[str, list[Any]]:
    found = tf.train.Example.FromString(data).features.feature
    return {
        name: list(getattr(one, one.WhichOneof("kind")).value if one.WhichOneof("kind") else [])
        for name, one in found.items()
    }


@given(st.dictionaries(st.text(max_size=20), st.one_of(INTEGERS.map(tuple), FLOATS), max_size=6),
       st.dictionaries(st.text(max_size=20), BLOBS, max_size=4))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_as_tensorflow(numbers: dict[str, Any], blobs: dict[str, list[bytes]]) -> None:
    made = {**{name: feature(value) for name, value in numbers.items()},
            **{name: tf.train.Feature(bytes_list=tf.train.BytesList(value=value)) for name, value in blobs.items()},
            "none": tf.train.Feature()}  # fmt: skip
    data = tf.train.Example(features=tf.train.Features(feature=made)).SerializeToString()
    assert read(data) == by_tensorflow(data)


def test_types() -> None:
    data = example(i=(1, -2), f=[0.5], none=())
    found = features(data, 0, len(data))
    assert found["i"].value().dtype == np.int64 and found["f"].value().dtype == np.float32
    assert found["none"].value().dtype == np.int64 and found["f"].blobs() == []


def wire(*parts: bytes) -> bytes:
    """An Example of one feature "a", whose list has this content."""
    inner = b"".join(parts)
    entry = b"\x0a\x01a\x12" + bytes([len(inner)]) + inner
    whole = b"\x0a" + bytes([len(entry)]) + entry
    return b"\x0a" + bytes([len(whole)]) + whole


@pytest.mark.parametrize(
    "data",
    [
        wire(b"\x1a\x04\x08\x05\x08\x07"),  # integers that are not packed
        wire(b"\x1a\x06\x08\x05\x0a\x02\x07\x08"),  # some packed and some not
        wire(b"\x12\x05\x0d\0\0\x80\x3f"),  # a float that is not packed
        wire(b"\x1a\x02\x08\x05", b"\x1a\x02\x08\x06"),  # a list in two parts
        wire(b"\x1a\x02\x08\x05", b"\x0a\x03\x0a\x01b"),  # two kinds: the last counts
        wire(b"\x1a\x02\x08\x05") + wire(b"\x1a\x02\x08\x06"),  # the feature twice: the last counts
        wire(b"\x1a\x02\x08\x05") + b"\x10\x05\x19" + b"12345678" + b"\x25" + b"1234" + b"\x2a\x01x",  # fields unknown
        b"",
        b"\x0a\x02\x0a\x00",  # an entry without key and value
    ],
)
def test_forms_that_tensorflow_reads_but_does_not_write(data: bytes) -> None:
    assert read(data) == by_tensorflow(data)


def test_damage_is_an_error() -> None:
    data = example(image=np.array([b"x" * 200]), label=(7, 300, -1), scale=[1.5, 2.5])
    for length in range(1, len(data)):
        with pytest.raises(ValueError):
            read(data[:length])
    rng = np.random.default_rng(0)
    for _ in range(2000):
        damaged = bytearray(data)
        for at in rng.integers(0, len(data), rng.integers(1, 6)):
            damaged[at] = rng.integers(256)
        with suppress(ValueError):  # and nothing else, in no time
            read(bytes(damaged))
