"""Arguments: what is refused, and in which words."""

from __future__ import annotations

import re

import numpy as np
import pytest

import variegate as vg
from variegate.arguments import one_of, renamed, whole


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), np.array(3)])
def test_an_integer_is_an_int(value):
    assert type(whole(value, "here", least=3)) is int and whole(value, "here") == 3


@pytest.mark.parametrize("value", [True, np.True_, 3.0, "3", None, np.array([3])])
def test_what_is_none_is_refused(value):
    with pytest.raises(vg.FieldError, match=r"^here is an integer of 0 or more, or None, got "):
        whole(value, "here", least=0, also=", or None")


def test_too_small_an_integer_is_refused():
    with pytest.raises(vg.InputError, match=r"^here is an integer of 1 or more, got 0$"):
        whole(0, "here", least=1, error=vg.InputError)


def test_a_word_is_one_of_some():
    assert one_of("a", "here", ("a", "b")) == "a"
    for wrong in ("c", ["a"], None):
        with pytest.raises(vg.FieldError, match=r"^here is 'a' or 'b', got "):
            one_of(wrong, "here", ("a", "b"))


def test_an_old_name_is_answered_with_the_new_one():
    @renamed(world="world_size")
    def load(rank=0, world_size=1):
        """Load."""
        return rank, world_size

    assert load(2, world_size=3) == load(2, 3) == (2, 3)
    assert load.__doc__ == "Load."
    with pytest.raises(vg.FieldError, match=r"load has no world=: it is world_size= now. Write world_size=4$"):
        load(0, world=4)


PICTURES = vg.Arrays(np.zeros((3, 2, 2, 3), np.uint8))


def test_opaque_tells_the_new_word():
    with pytest.raises(
        vg.FieldError, match=r"^Opaque has no moves=: it is moves_pixels= now. Write moves_pixels=False"
    ):
        vg.Opaque(abs, moves=False)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: vg.Loader(PICTURES, world=2), "Loader has no world=: it is world_size= now. Write world_size=2"),
        (lambda: vg.Loader(PICTURES, samples=9), "Loader has no samples=: it is samples_per_epoch= now"),
        (lambda: vg.Cache(where="memory"), "Cache has no where=: it is path= now. Write path='memory'"),
        (lambda: vg.Cache("memory", bytes="1GB"), "Cache has no bytes=: it is max_bytes= now"),
        (lambda: vg.Cache("memory", side=256), "Cache has no side=: it is max_side= now. Write max_side=256"),
        (lambda: vg.OnError("skip", most=3), "OnError has no most=: it is max_errors= now. Write max_errors=3"),
    ],
)
def test_the_public_arguments_tell_their_new_words(call, told):
    with pytest.raises(vg.FieldError, match=f"^{re.escape(told)}"):
        call()
