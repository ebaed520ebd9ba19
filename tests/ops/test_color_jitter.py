"""ColorJitter equals the four ops in the order drawn."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

from variegate.ops import Brightness, ColorJitter, Contrast, Hue, Saturation

PIXELS = np.random.default_rng(0).random((50, 3))
VALUES = {"brightness": 0.7, "contrast": 1.4, "saturation": 0.5, "hue": 40.0}
SINGLE = {"brightness": Brightness, "contrast": Contrast, "saturation": Saturation, "hue": Hue}


def jitter(lower, colour, op, **draws):
    pixels = PIXELS
    for effect in lower(op, (4, 4), **draws):
        pixels = colour(effect, pixels)
    return pixels


def chain(lower, colour, order):
    pixels = PIXELS
    for item in order:
        pixels = colour(lower(SINGLE[item](VALUES[item]), (4, 4)), pixels)
    return pixels


def test_fixed_order(lower, colour):
    assert np.allclose(jitter(lower, colour, ColorJitter(**VALUES, order="fixed")), chain(lower, colour, VALUES))


def test_each_of_the_24_orders_comes_up_once(lower, colour):
    got = [jitter(lower, colour, ColorJitter(**VALUES), order=(k + 0.5) / 24) for k in range(24)]
    expected = [chain(lower, colour, order) for order in itertools.permutations(VALUES)]
    for one in expected:
        assert sum(np.allclose(one, other, atol=1e-12) for other in got) >= 1
    for other in got:
        assert sum(np.allclose(one, other, atol=1e-12) for one in expected) >= 1


def test_one_batch_holds_several_orders(lower, colour):
    order = (np.arange(24) + 0.5) / 24
    slots = lower(ColorJitter(**VALUES), [(4, 4)] * 24, order=order)
    assert len(slots) == 4
    for i in (0, 7, 23):
        single = lower(ColorJitter(**VALUES), (4, 4), order=order[i])
        for whole, one in zip(slots, single, strict=True):
            assert np.array_equal(whole.weights[i], one.weights[0])
            assert whole.luminance[i] == one.luminance[0]


def test_parts_that_change_nothing_cost_nothing(lower):
    assert [len(lower(op, (4, 4))) for op in (ColorJitter(), ColorJitter(0.5), ColorJitter(0.5, hue=5))] == [1, 1, 2]
    assert all(slot.luminance is None for slot in lower(ColorJitter(0.5, saturation=0.2, hue=5), (4, 4)))


@pytest.mark.parametrize("order", ["random", "fixed"])
def test_one_channel(lower, colour, order):
    grey = PIXELS.mean(axis=1, keepdims=True).repeat(3, axis=1)
    pixels = grey
    slots = lower(ColorJitter(0.7, 1.4, 0.5, 40, order), (4, 4), channels=1)
    for effect in slots:
        assert effect.uniform and effect.luminance is None
        pixels = colour(effect, pixels)
    bright = grey * 0.7
    assert np.allclose(pixels, 1.4 * bright - 0.4 * bright.mean())


def test_the_order_is_a_hidden_draw_only_where_it_is_random():
    assert list(ColorJitter().drawn()) == ["brightness", "contrast", "saturation", "hue", "order"]
    assert list(ColorJitter(order="fixed").drawn()) == ["brightness", "contrast", "saturation", "hue"]


def test_three_constants_below_1_are_probably_meant_as_ranges():
    told = r"torchvision's ColorJitter of these is ColorJitter\(\(0\.6, 1\.4\), \(0\.7, 1\.3\), \(0\.8, 1\.2\)"
    with pytest.warns(UserWarning, match=rf"{told}, \(-36, 36\)\)") as caught:
        ColorJitter(0.4, 0.3, 0.2, 0.1)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match=rf"{told}\)"):
        ColorJitter(0.4, 0.3, 0.2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ColorJitter((0.4, 0.4), 0.3, 0.2, 0.1)
        ColorJitter(0.4, 0.3)
        ColorJitter(0.4, 1, 0.2)
