"""PerInstance and PerSample: values of any type and dtype, unchanged."""

from __future__ import annotations

import numpy as np
import pytest

from variegate.errors import InputError
from variegate.targets import PerInstance, PerSample

SIZE = (4, 4)


@pytest.mark.parametrize(
    "rows",
    [
        np.array([3, 1, 2], np.uint16),
        np.array(["cat", "dog", "cat"]),
        np.array([{"a": 1}, None, 3], object),
        np.zeros((3, 2, 5), np.float16),
    ],
)
def test_an_array_keeps_its_dtype(rows):
    leaf = PerInstance().read(rows, SIZE, "labels")
    out = PerInstance().write(leaf, SIZE)
    assert leaf.count == 3 and out.dtype == rows.dtype and np.array_equal(out, rows)
    assert not np.shares_memory(out, rows) and not np.shares_memory(out, leaf.rows)


@pytest.mark.parametrize("rows", [["cat", "dog"], ("cat", None), [], ()])
def test_a_list_stays_a_list(rows):
    leaf = PerInstance().read(rows, SIZE, "labels")
    out = PerInstance().write(leaf, SIZE)
    assert out == rows and type(out) is type(rows) and leaf.count == len(rows)


def test_a_later_write_changes_nothing():
    for rows in ([1, 2], np.array([1, 2])):
        leaf = PerInstance().read(rows, SIZE, "labels")
        rows[0] = 9
        PerInstance().write(leaf, SIZE)[0] = 7
        assert list(PerInstance().write(leaf, SIZE)) == [1, 2]


def test_a_named_tuple_comes_back_as_a_tuple():
    from collections import namedtuple

    pair = namedtuple("pair", "a b")(1, 2)
    assert PerInstance().write(PerInstance().read(pair, SIZE, "labels").take(np.array([1])), SIZE) == (2,)


@pytest.mark.parametrize(
    ("value", "got"),
    [(3, "int"), ("cats", "str"), (None, "NoneType"), ({1: 2}, "dict"), (np.array(3), r"an array of shape \(\)")],
)
def test_errors(value, got):
    with pytest.raises(
        InputError, match=rf"^labels is a row for each instance, as an array, a list or a tuple; got {got}$"
    ):
        PerInstance().read(value, SIZE, "labels")


@pytest.mark.parametrize("value", [3, None, "cat", {"a": [1]}, np.zeros(3)])
def test_what_is_of_the_sample_is_passed_on(value):
    assert PerSample().write(PerSample().read(value, SIZE, "label"), SIZE) is value
