"""assert_points_move_as_pixels finds pixels that went elsewhere than their points."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg
from variegate.testing import assert_points_move_as_pixels


def fails(op, *texts, **options):
    with pytest.raises(AssertionError) as caught:
        assert_points_move_as_pixels(op, **options)
    for text in texts:
        assert text in str(caught.value), str(caught.value)
    return str(caught.value)


def shift(image, by):
    """To the right, by a fraction of a pixel or more."""
    whole = int(by)
    part = np.float32(by - whole)
    image = np.roll(image, whole, axis=1)
    return image * (1 - part) + np.roll(image, 1, axis=1) * part


CHAIN = [vg.Rotate((-30, 30)), vg.Scale((0.6, 1.5)), vg.Perspective((0, 0.3))]


@pytest.mark.parametrize(
    "ops",
    [
        CHAIN,
        [*CHAIN, vg.Normalize(layout="CHW")],
        [vg.Pad(60, border="reflect"), vg.Rotate((-30, 30), border="symmetric")],
        [vg.RandomZoomOut((1, 4), fill=1), vg.Rotate((-180, 180), fill=(0.2, 0.4, 0.8))],
        [vg.Invert(), vg.Gamma((0.5, 2)), vg.Posterize(3), vg.HorizontalFlip(p=0.5)],
        [vg.Solarize(0.5), vg.Rotate90(), vg.ColorJitter((0.5, 2), (0.5, 2), (0, 2), (-90, 90))],
        [vg.RandomCropNearBox(), vg.RandomIoUCrop(), vg.CropNonEmptyMask((60, 60), border="constant")],
        [vg.Resize((40, 200)), vg.ToDtype("uint8")],
    ],
)
def test_points_that_follow_pass(ops):
    assert_points_move_as_pixels(ops)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_number_of_channels(channels):
    assert_points_move_as_pixels(CHAIN, channels=channels)
    fails(vg.Opaque(shift, by=1, moves_pixels=False), ": 1.000 pixels apart;", channels=channels)


@pytest.mark.parametrize("by", [0.5, 1, 3, 11, 20])
def test_a_shift_is_told_to_a_fraction_of_a_pixel(by):
    there = f"({71.012 + by:.2f}, 39.16)"
    fails(
        vg.Opaque(shift, by=by, moves_pixels=False),
        f"shift: the spot at (71.01, 39.16) moved to {there}, its keypoint to (71.01, 39.16): {by:.3f} pixels apart; "
        f"key Key(seed=5, id=0), which draws shift(by={by})",
    )


def test_a_fifth_of_a_pixel_is_told_on_average():
    fails(
        vg.Opaque(shift, by=0.2, moves_pixels=False),
        "shift: points and pixels are 0.200 pixels apart on average over 16 tries, which is more than 0.1",
    )


def test_a_spot_that_is_gone():
    fails(
        vg.Opaque(lambda image: np.roll(image, 48, 0), moves_pixels=False),
        "is not to be seen where its keypoint came to lie, (",
        "what differs most from the ground there is at (",
    )


def test_the_op_at_fault_is_named():
    chain = [
        vg.Rotate((-9, 9)),
        vg.Opaque(lambda i: 1 - i, moves_pixels=False),
        vg.Opaque(shift, by=(1, 3), moves_pixels=False),
    ]
    message = fails(chain, "[Rotate, Opaque, shift]: the spot at (")
    assert message.endswith(". Of the chain's ops shift fails alone too")


def test_a_function_that_shifts_only_sometimes():
    fails([vg.OneOf([vg.Rotate(9), vg.Opaque(shift, by=2, moves_pixels=False)])], "Rotate left out, shift(by=2)")


def test_a_shift_within_the_tolerance_passes():
    assert_points_move_as_pixels(vg.Opaque(shift, by=0.5, moves_pixels=False), tolerance=0.6)
    assert_points_move_as_pixels(vg.Opaque(shift, by=0.04, moves_pixels=False))


def test_colour_alone_moves_nothing():
    assert_points_move_as_pixels(vg.Opaque(lambda image: 1 - image**2, moves_pixels=False))
    assert_points_move_as_pixels(vg.Pointwise(lambda pixel: (pixel[1], 1 - pixel[0], pixel[2] * 2)))


@pytest.mark.parametrize("op", [vg.Brightness(0), vg.Crop(0, 0, 9, 9), vg.Resize((2, 2))])
def test_nothing_to_be_seen_is_no_pass(op):
    fails(op, "in 16 tries no spot stayed whole and visible, so nothing was tried")


def test_a_function_that_may_move_pixels_is_refused_by_the_pipeline():
    with pytest.raises(vg.InputError, match="points cannot follow it"):
        assert_points_move_as_pixels(vg.Opaque(shift, by=2))
