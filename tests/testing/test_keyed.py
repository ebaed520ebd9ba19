"""assert_draws_are_keyed finds whatever else than picture and key has a say."""

from __future__ import annotations

import itertools
import random
import time
from dataclasses import dataclass

import numpy as np
import pytest

import variegate as vg
from variegate import coords
from variegate.ops.base import Drawn
from variegate.ops.effect import Map
from variegate.ops.geometric import Bordered
from variegate.testing import assert_draws_are_keyed

FRESH = "something changes from call to call, as a counter, the clock or an unseeded generator does"
GLOBAL = "a global generator of NumPy or Python has a say; declare the number as a field of the op"


def fails(op, text, **options):
    with pytest.raises(AssertionError) as caught:
        assert_draws_are_keyed(op, **options)
    assert text in str(caught.value), str(caught.value)
    return str(caught.value)


@dataclass(frozen=True, repr=False)
class Slide(Bordered):
    """To the right by some pixels, in one of several wrong ways."""

    by: Drawn = 0
    wrong: str = ""

    def lower(self, draws, sizes, context):
        by = draws["by"]
        if self.wrong == "random":
            by = by + np.random.rand()
        elif self.wrong == "batch":
            by = by + len(by)
        elif self.wrong == "neighbour":
            by = by + sizes[0, 0]
        elif self.wrong == "in place":
            by += 1
        return Map(coords.affine(1, 0, -by, 0, 1, np.zeros(len(by))), sizes)


def test_what_is_keyed_passes():
    assert_draws_are_keyed(Slide((0, 5)))
    assert_draws_are_keyed([vg.Rotate((-30, 30)), vg.Opaque(lambda i, by: i * by, by=(0, 1)), vg.ColorJitter((0.8, 1))])
    assert_draws_are_keyed(vg.Compose([vg.RandomResizedCrop(16), vg.Normalize(layout="CHW")], interpolation="nearest"))
    assert_draws_are_keyed([vg.RandomIoUCrop(), vg.CropNonEmptyMask((8, 9), border="edge")], channels=1)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (np.random.rand, GLOBAL),
        (random.random, GLOBAL),
        (lambda: time.time() // 3600 % 1000 / 1000, "the clock has a say"),
        (lambda: time.time_ns() // (3600 * 10**9) % 1000 / 1000, "the clock has a say"),
        (itertools.cycle(np.arange(97) / 97).__next__, FRESH),
        (itertools.cycle((0, 1)).__next__, FRESH),
        (lambda: np.random.default_rng().random(), FRESH),
        (random.SystemRandom().random, FRESH),
        (lambda: time.perf_counter() * 1e4, FRESH),
    ],
)
def test_a_number_that_no_key_draws(number, reason):
    message = fails(vg.Opaque(lambda image: image * 0 + np.float32(number() % 1.001), moves_pixels=False), reason)
    assert message.startswith("Opaque: the same picture and key gave other pixels (")
    assert "key Key(seed=5, id=" in message and message.endswith("which draws Opaque()")


@pytest.mark.parametrize("length", range(2, 16))
def test_a_counter_that_comes_round_again(length):
    turn = itertools.cycle(np.arange(length) / length).__next__
    fails(vg.Opaque(lambda image: image * 0 + np.float32(turn())), FRESH)


def test_the_picture_before():
    before = [np.float32(0)]

    def ghost(image):
        seen, before[0] = before[0], image.mean()
        return image + seen / 4

    fails(vg.Opaque(ghost), "second time")


def test_one_call_of_many_is_enough():
    def rare(image, at):
        return image + np.float32(np.random.rand() if at < 0.2 else 0)

    message = fails(vg.Opaque(rare, at=(0, 1)), GLOBAL)
    assert "which draws rare(at=" in message


def test_a_number_drawn_in_lower():
    fails(Slide((0, 5), wrong="random"), GLOBAL)


@pytest.mark.parametrize("wrong", ["batch", "neighbour"])
def test_what_hangs_on_the_rest_of_the_batch(wrong):
    message = fails(Slide((0, 5), wrong=wrong), "a batch gave other pixels (")
    assert "what lower() makes of it may not hang on other rows" in message


def test_neighbours_of_one_size_hide_what_hangs_on_sizes():
    assert_draws_are_keyed(Slide((0, 5), wrong="neighbour"), ragged=False)


def test_draws_changed_in_place_spoil_the_record():
    fails(Slide((0, 5), wrong="in place"), "a replay of the record gave other pixels (")


def test_an_op_that_takes_one_size_only():
    stripes = np.linspace(0, 1, 48, dtype=np.float32)[:, None, None]
    assert_draws_are_keyed(vg.Opaque(lambda image: image * stripes), ragged=False)
    with pytest.raises(ValueError, match="broadcast"):
        assert_draws_are_keyed(vg.Opaque(lambda image: image * stripes))


def test_a_size_that_changes_is_told():
    count = itertools.count()

    def grow(image):
        return np.repeat(image, 1 + next(count) // 2 % 2, axis=0)

    message = fails([vg.Opaque(grow), vg.Resize(9), vg.Opaque(lambda i: i + next(count) % 7 / 9)], "values differ")
    assert "Opaque fails alone" in message


def test_the_generators_and_the_clock_are_put_back():
    random.seed(7)
    np.random.seed(7)
    ours, theirs, now = random.getstate(), np.random.get_state(), time.time
    assert_draws_are_keyed(vg.Rotate(10), tries=2)
    assert random.getstate() == ours and time.time is now
    assert all(np.array_equal(a, b) for a, b in zip(np.random.get_state(), theirs, strict=True))


def test_the_picture_is_fresh_in_each_call():
    def greedy(image):
        image *= 0.5
        return image

    assert_draws_are_keyed(vg.Opaque(greedy))
    assert_draws_are_keyed([vg.Rotate(5), vg.Opaque(greedy), vg.Rotate(5)])
