"""A value as text: by what it holds, the same in every process."""

from __future__ import annotations

import functools
import os
import pickle
import subprocess
import sys
from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from PIL import Image

from variegate.content import content


class Mode(Enum):
    SOFT = 1


class Plain:
    pass


@dataclass
class Held:
    """What an object may hold."""

    value: Any = None
    words: set[str] = field(default_factory=lambda: {"a", "b", "c", "d"})

    def __call__(self, image):
        return image

    def other(self, image):
        return image


class Slotted:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


Pair = namedtuple("Pair", "a b")


def picture(mode):
    return Image.fromarray(np.full((3, 4, 3), 7, np.uint8)).convert(mode)


def long(last):
    """An array whose repr leaves out what differs."""
    return np.append(np.zeros(2000), [last, 0, 0, 0, 0])


def one(image):
    return image + 1


def two(image):
    return image + 2


TEXTS = {"a text that tells a place": "<x at 0x7f>", "a text that tells another": "<x at 0x8f>"}
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
    **TEXTS,
    "an object with a number": Held(1),
    "an object with another": Held(2),
    "an object with fewer words": Held(1, {"a"}),
    "an object with an array": Held(long(1)),
    "an object with another array": Held(long(2)),
    "an object with slots": Slotted(1),
    "an object with other slots": Slotted(2),
    "a method": Held(1).__call__,
    "of another object": Held(2).__call__,
    "another method": Held(1).other,
    "a built-in method": "x".join,
    "of another text": "y".join,
    "a pair": Pair(1, 2),
    "a tuple like it": (1, 2),
    "an ordered dict": OrderedDict(b=1, a=(2,)),
    "a path": Path("a"),
    "another path": Path("b"),
    "a range": range(3),
    "another range": range(4),
    "a picture": picture("RGB"),
    "a picture of numbers alike": picture("YCbCr").point(lambda _: 7),
    "a picture with a palette": picture("P"),
    "a masked array": np.ma.array([1.0, 2.0], mask=[False, True]),
    "another mask": np.ma.array([1.0, 2.0], mask=[True, False]),
    "a generator": np.random.default_rng(0),
    "another seed": np.random.default_rng(1),
}


def test_no_two_are_alike():
    told = [content(value) for value in VALUES.values()]
    assert len(set(told)) == len(told), sorted(told)


def test_no_place_in_memory_and_no_order_of_hashing():
    assert not [name for name, value in VALUES.items() if " at 0x" in content(value) and name not in TEXTS]
    code = "from tests.test_content import *; print([*map(content, (VALUES | FUNCTIONS).values())])"
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


# Functions


def closed(by):
    def scaled(image):
        return image * by

    return scaled


def calls(by):
    """A function that calls itself, and closes over a number."""

    def again(image, times=1):
        return image * by if times == 0 else again(image, times - 1)

    return again


FUNCTIONS = {
    "closed over 1": closed(1),
    "closed over 2": closed(2),
    "closed over an array": closed(np.zeros(3)),
    "closed over another": closed(np.ones(3)),
    "closed over a function": closed(closed(1)),
    "closed over another function": closed(closed(2)),
    "recursive": calls(1),
    "another that is": calls(2),
    "a default": lambda image, by=1: image,
    "another default": lambda image, by=2: image,
    "no default": lambda image, by: image,
    "another name": lambda image, to: image,
    "by keyword": lambda image, *, by: image,
    "a keyword's default": lambda image, *, by=1: image,
    "another of a keyword": lambda image, *, by=2: image,
    "any more": lambda image, *by: image,
    "in a set": lambda image: image in {1, 2},
    "in another set": lambda image: image in {1, 3},
    "in a set of texts": lambda image: image in {"a", "b", "c", "d"},
    "complex": lambda image: image * 1j,
    "another number": lambda image: image * 2j,
    "within": lambda image: [(lambda i: i + 1)(each) for each in image],
    "within, another": lambda image: [(lambda i: i + 2)(each) for each in image],
    "kept": functools.lru_cache(closed(1)),
    "kept, another": functools.lru_cache(closed(2)),
    "of vectors": np.vectorize(closed(1)),
    "of vectors, another": np.vectorize(closed(2)),
}


def test_no_two_functions_are_alike():
    told = {name: content(value) for name, value in FUNCTIONS.items()}
    assert len(set(told.values())) == len(told), sorted(told.items(), key=lambda item: item[1])
    assert content(closed(np.ones(3))) == content(closed(np.ones(3))) and content(calls(1)) == content(calls(1))


def test_where_an_error_is_caught_counts():
    def one(image):
        try:
            image += 1
        except ValueError:
            image += 2
        image += 1

    def two(image):
        try:
            image += 1
            image += 1
        except ValueError:
            image += 2

    two.__qualname__ = one.__qualname__
    assert content(one) != content(two)


def test_what_is_edited_in_a_class_that_is_called_counts():
    def made(function):
        return type("Made", (), {"__call__": function, "__qualname__": "Made"})()

    assert content(made(lambda self, image: image)) != content(made(lambda self, image: -image))


def test_modules_go_by_name():
    assert content(np) == "module numpy" and content(closed(np)) != content(closed(functools))


def test_what_holds_itself_ends():
    rows: list[Any] = [1]
    rows.append(rows)
    other: list[Any] = [2]
    other.append(other)
    tree = Held()
    tree.value = {"root": tree}
    assert content(rows) != content(other) and content(tree) == content(pickle.loads(pickle.dumps(tree)))


def test_what_is_held_many_times_is_told_once():
    """Told each time, it would take 2**40 steps."""
    value = Held(1)
    for _ in range(40):
        value = Held((value, value))
    assert content(value) == content(pickle.loads(pickle.dumps(value)))


def test_tensors():
    torch = pytest.importorskip("torch")
    values = [
        torch.zeros(3),
        torch.ones(3, requires_grad=True),
        torch.zeros(3, dtype=torch.bfloat16),
        torch.ones(3, dtype=torch.bfloat16),
        torch.zeros(3).numpy(),
        torch.nn.Linear(2, 2),
        torch.nn.Linear(2, 2),
    ]
    told = list(map(content, values))
    assert len(set(told)) == len(told) and told == [content(pickle.loads(pickle.dumps(value))) for value in values]
    assert content(torch.zeros(2).to_sparse()) == "torch.Tensor"


def test_what_pickle_cannot_take_goes_by_its_class():
    with open(os.devnull) as one, open(__file__) as two:
        assert content(one) == content(two) == "_io.TextIOWrapper"
