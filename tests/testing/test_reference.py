"""assert_fused_equals_reference finds what the compiled pass does otherwise than the definitions."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pytest

import variegate as vg
from variegate.ops.base import Drawn
from variegate.ops.effect import PixelFunction
from variegate.testing import assert_fused_equals_reference, reference, trial

GLOBAL = 0.5


def fails(op, *texts, **options):
    with pytest.raises(AssertionError) as caught:
        assert_fused_equals_reference(op, **options)
    for text in texts:
        assert text in str(caught.value), str(caught.value)
    return str(caught.value)


def overflow(pixel, by):
    return (int(pixel[0] * 2**40) ** 2 / 2.0**80, pixel[1] + by, pixel[2])


def sharp(pixel):
    """Steps, on which the last bit decides, and a gain of ten."""
    return (1.0 if pixel[0] > 128 / 255 else 0.0, (pixel[1] - 0.5) * 10 + 0.5, pixel[2])


def rooted(pixel):
    """No number where compiled, an error in Python."""
    root = math.sqrt(pixel[0] - 0.5)
    return (root if root >= 0 else 0.0, pixel[1], pixel[2])


@pytest.mark.parametrize(
    "ops",
    [
        [vg.Rotate((-30, 30)), vg.Brightness((0.5, 3)), vg.Pointwise(sharp)],
        [vg.Pointwise(sharp), vg.Rotate((-30, 30), border="wrap"), vg.Normalize(layout="CHW")],
        [vg.Opaque(lambda image: image**2), vg.Perspective((0, 0.5)), vg.ToDtype("float16")],
        [vg.Opaque(lambda image: (image * 200).astype(np.uint8)), vg.Rotate((-30, 30))],
        [vg.RandomIoUCrop(), vg.CropNonEmptyMask(9), vg.Contrast((0.5, 4))],
        [vg.Rotate(30, interpolation="nearest"), vg.Scale((0.2, 0.5), interpolation="bicubic"), vg.Invert()],
        [vg.Rotate(90), vg.Resize((5, 7)), vg.Saturation((3, 9)), vg.Opaque(lambda image: image[:3]), vg.Resize(3)],
    ],
)
def test_what_agrees_passes(ops):
    assert_fused_equals_reference(ops)


@pytest.mark.parametrize("channels", [1, 4])
def test_any_number_of_channels(channels):
    assert_fused_equals_reference([vg.Rotate((-30, 30)), vg.Gamma((0.5, 2))], channels=channels)


def test_whole_numbers_that_leave_64_bits():
    message = fails(
        vg.Pointwise(overflow, by=(0, 0.1)), "overflow: the value at (", ", the reference says ", " levels apart"
    )
    assert "on uint8; key Key(seed=5, id=0), which draws overflow(by=0.0" in message


def test_a_global_that_changed_after_the_first_call(monkeypatch):
    def scaled(pixel):
        return (pixel[0] * GLOBAL, pixel[1], pixel[2])

    op = vg.Pointwise(scaled)
    assert_fused_equals_reference(op)
    monkeypatch.setitem(globals(), "GLOBAL", 0.75)
    fails(op, "the reference says")


def test_what_stops_as_python():
    message = fails([vg.Pointwise(rooted)], "rooted: what runs when compiled stops as Python, where rooted is ")
    assert "called a pixel at a time: ValueError: math domain error; key " in message


def test_an_array_function_that_gives_something_else_each_time():
    count = itertools.count()
    wrong = vg.Opaque(lambda image: image * 0 + next(count) % 97 / 97)
    message = fails([vg.Rotate(5), wrong], "the reference gave other values the second time", "assert_draws_are_keyed")
    assert message.startswith("[Rotate, Opaque]: ") and message.endswith(". Of the chain's ops Opaque fails alone too")


def test_the_error_of_an_array_function_is_its_own():
    with pytest.raises(ZeroDivisionError):
        assert_fused_equals_reference(vg.Opaque(lambda image: image / (1 // 0)))
    left = itertools.count(1, -1)
    with pytest.raises(ZeroDivisionError):  # the second time, in the reference
        assert_fused_equals_reference(vg.Opaque(lambda image: image / (1 // next(left))))


@pytest.mark.parametrize("last", [[], [vg.Normalize(std=0.01)], [vg.ToDtype("float32", "CHW")]])
def test_a_level_is_of_the_picture_whatever_is_written(monkeypatch, last):
    def lifted(pixel):
        return (pixel[0] / 2 + GLOBAL, pixel[1], pixel[2])

    monkeypatch.setitem(globals(), "GLOBAL", 0.25)
    pipeline = [vg.Pointwise(lifted), *last]
    assert_fused_equals_reference(pipeline)
    monkeypatch.setitem(globals(), "GLOBAL", 0.25 + 10 / 255)
    fails(pipeline, ": 10", " levels apart, on uint8", levels=9)
    assert_fused_equals_reference(pipeline, levels=11)


def test_every_second_picture_is_of_floats(monkeypatch):
    met = []

    def planned(pipeline, image, key, fields):
        met.append((image.dtype.name, float(image.max())))
        return trial.planned(pipeline, image, key, fields)

    monkeypatch.setattr(reference, "planned", planned)
    assert_fused_equals_reference(vg.Invert(), tries=4)
    assert [name for name, _ in met] == ["uint8", "float32"] * 2
    assert all(0.7 < top <= 1 if name == "float32" else top > 180 for name, top in met)


def test_nothing_to_be_compared_is_no_pass():
    """By nearest, half a pixel aside: all centres lie between two pixels."""
    halves = vg.Translate(0.05, 0, border="wrap", interpolation="nearest")
    fails([halves, vg.Opaque(np.abs)], "in 8 tries there was no pixel of which the reference is sure")


@dataclass(frozen=True, repr=False)
class Own(vg.Op):
    """A user's op that makes a function of a pixel, compiled already."""

    by: Drawn = 0.1
    gives = PixelFunction

    def lower(self, draws, sizes, context):
        return PixelFunction(overflow, np.stack([draws["by"]], axis=1))


def test_an_op_of_ones_own():
    fails(Own(), "Own: the value at (")
