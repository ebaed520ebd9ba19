"""A value as text: by what it holds, the same in every process."""

from __future__ import annotations

import functools
import os
import pickle
import subprocess
import sys
from enum import Enum

import numba
import numpy as np
import pytest

from variegate.content import content


class Mode(Enum):
    SOFT = 1


class Plain:
    pass


def one(image):
    return image + 1


def two(image):
    return image + 2


VALUES = {
    "text": "x",
    "nothing": None,
    "truth": True,
    "one": 1,
    "a float": 1.0,
    "complex": 1j,
    "bytes": b"x",
    "an enum": Mode.SOFT,
    "a tuple": (1, 2, 3),
    "a tuple of one": (1,),
    "a list": [1, 2, 3],
    "a set": {"a", "b", "c", "d"},
    "a dict": {"b": 1, "a": (2,)},
    "zeros": np.zeros(3),
    "zeros, narrower": np.zeros(3, np.float32),
    "zeros, in a column": np.zeros((3, 1)),
    "ones": np.ones(3),
    "texts in an array": np.array(["a", None], object),
    "a number of NumPy's": np.float32(2),
    "a type": np.float32,
    "a function": one,
    "another": two,
    "a part of one": functools.partial(one, 3),
    "another part": functools.partial(one, 4),
    "built in": abs,
    "a ufunc": np.negative,
    "an object": Plain(),
}


def test_no_two_are_alike():
    told = [content(value) for value in VALUES.values()]
    assert len(set(told)) == len(told), sorted(told)


def test_no_place_in_memory_and_no_order_of_hashing():
    assert not [name for name, value in VALUES.items() if " at 0x" in content(value)]
    code = "from tests.test_content import VALUES, content; print([*map(content, VALUES.values())])"
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": n},
        ).stdout
        for n in ("1", "2")
    }
    assert len(runs) == 1 and len(runs.pop()) > 100


@pytest.mark.parametrize("name", VALUES)
def test_a_pickle_changes_nothing(name):
    assert content(pickle.loads(pickle.dumps(VALUES[name]))) == content(VALUES[name])


def test_what_is_the_same():
    assert content({"a": 1, "b": 2}) == content({"b": 2, "a": 1})
    assert content(numba.njit(one)) == content(one)
    assert content(np.zeros((4, 4))[::2, ::2]) == content(np.zeros((2, 2)))
    assert content(functools.partial(one, by=np.ones(2))) == content(functools.partial(one, by=np.ones(2)))
    assert content(lambda image: image * 2) != content(lambda image: image * 3)
