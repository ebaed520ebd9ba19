"""ChannelDropout and ChannelShuffle: which channels go, and where."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import variegate as vg
from variegate import testing

IMAGE = np.random.default_rng(2).integers(1, 255, (20, 30, 3), np.uint8)


def batch(op, image=IMAGE, count=600):
    return vg.Compose([op]).batch([image] * count, keys=vg.Keys.at(0, 0, np.arange(count)))


@pytest.mark.parametrize(
    "op", [vg.ChannelDropout(), vg.ChannelDropout((0, 3), fill=(0.1, 0.2, 0.3)), vg.ChannelShuffle()]
)
def test_it_is_sound_and_fuses(op):
    testing.assert_lowering_is_sound(op)
    testing.assert_draws_are_keyed(op)
    testing.assert_fused_equals_reference([vg.Rotate(20), vg.Brightness(1.1), op, vg.Contrast(1.5), vg.Gamma(1.2)])


@pytest.mark.parametrize("channels", [2, 3, 4, 9])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_channels_are_dropped_each_as_often_and_the_others_stay(channels, dtype):
    image = np.random.default_rng(1).integers(1, 255, (6, 7, channels)).astype(dtype)
    image = image / np.float32(255) if dtype == "float32" else image
    for n in range(channels if channels < 9 else 4):
        made = batch(vg.ChannelDropout(n), image)
        gone = (made == 0).all(axis=(1, 2))
        assert (gone.sum(axis=1) == n).all()
        np.testing.assert_allclose(gone.mean(axis=0), n / channels, atol=0.08)
        np.testing.assert_array_equal(made, np.where(gone[:, None, None], 0, image).astype(dtype))


def test_how_many_is_drawn_and_each_may_have_a_colour_of_its_own():
    black = np.zeros((2, 2, 3), np.uint8)
    made = batch(vg.ChannelDropout((0, 3), fill=(0.2, 0.4, 0.6)), black)[:, 0, 0]
    assert (np.isin(made, (0, 51, 102, 153))).all() and set(map(tuple, made)) == {
        (0, 0, 0), (51, 0, 0), (0, 102, 0), (0, 0, 153), (51, 102, 0), (51, 0, 153), (0, 102, 153),
    }  # fmt: skip


def test_a_shuffle_is_each_order_as_often_and_changes_no_number():
    made = batch(vg.ChannelShuffle(), count=1200)
    orders = list(itertools.permutations(range(3)))
    found = np.array([[(each == IMAGE[..., order]).all() for order in orders] for each in made])
    assert (found.sum(axis=1) == 1).all()
    assert ((found.sum(axis=0) - 200) ** 2 / 200).sum() < 20.5  # chi-square of 5 degrees: 1 in 1000


def test_a_shuffle_leaves_a_grey_picture():
    grey = IMAGE[..., 0].copy()
    np.testing.assert_array_equal(batch(vg.ChannelShuffle(), grey, 20), np.stack([grey] * 20))


@pytest.mark.parametrize(
    ("op", "channels", "told"),
    [
        (
            vg.ChannelDropout(2),
            2,
            "^ChannelDropout drops 2 of a picture's channels, and this one has 2: one at least must be left. ",
        ),
        (vg.ChannelDropout(), 1, "^ChannelDropout drops 1 of a picture's channels, and this one has 1"),
        (vg.ChannelShuffle(), 4, "^ChannelShuffle takes pictures of 1 or 3 channels, got 4"),
    ],
)
def test_channels_that_it_cannot_serve(op, channels, told):
    with pytest.raises(vg.InputError, match=told):
        vg.Compose([op])(np.zeros((4, 5, channels), np.uint8))


def test_channels_cannot_be_fewer_than_none():
    with pytest.raises(vg.FieldError, match=r"^ChannelDropout\.channels must be at least 0"):
        vg.ChannelDropout(-1)
