"""CLAHE: OpenCV's, to the level; and what it does to colours and to pictures that are no bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import variegate as vg
from variegate import testing
from variegate.kernels.reference_clahe import equalized, limited

PHOTO = np.random.default_rng(0).normal(110, 30, (60, 80)).clip(0, 255).astype(np.uint8)
LUMA = np.array([0.299, 0.587, 0.114])


def test_it_is_opencvs():
    # cv2 5.0.0: createCLAHE(clip, (4, 3)).apply(picture), of a picture that neither side of which is a multiple.
    picture = (np.arange(7 * 10).reshape(7, 10) ** 2 % 251).astype(np.uint8)
    for clip, expected in OPENCV.items():
        assert np.array_equal(vg.Compose([vg.CLAHE(clip, (3, 4))])(picture), expected)


@settings(max_examples=25)
@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(1, 9), st.integers(1, 9), st.sampled_from([0, 0.5, 1, 2, 40])
)
def test_any_size_by_any_tiles_is_the_definition(height, width, rows, columns, clip):
    image = np.random.default_rng(height + 99 * width).integers(0, 256, (height, width), np.uint8)
    got = vg.Compose([vg.CLAHE(clip, (rows, columns))])(image)
    truth = 255 * equalized(image / 255, clip, (min(rows, height), min(columns, width)), True)
    sure = np.abs(truth - np.floor(truth) - 0.5) > 1e-3
    assert np.array_equal(got[sure], np.rint(truth)[sure]) and np.abs(got - truth).max() < 0.502


def test_counts_are_limited_by_hand():
    counts = np.zeros(256, np.int64)
    counts[[7, 9]] = 500, 12  # of a mean of 2; at most 3 times that: 494 + 6 are cut, one for each and 244 more
    out = limited(counts, 3)
    assert out.sum() == 512 and out[7] == 6 + 1 + 1 and out[255] == 1 and out[243] == 2 and out[244] == 1
    assert np.array_equal(limited(counts, 0), counts)


def test_one_tile_without_a_limit_is_the_cumulative_histogram():
    got = vg.Compose([vg.CLAHE(0, 1)])(PHOTO)
    below = np.cumsum(np.bincount(PHOTO.ravel(), minlength=256))
    assert np.array_equal(got, np.rint(255 * below / PHOTO.size)[PHOTO])


def test_more_limit_is_more_contrast():
    spread = [vg.Compose([vg.CLAHE(clip, 2)])(PHOTO).std() for clip in (1, 2, 3, 4)]
    assert PHOTO.std() < spread[0] and (np.diff(spread) > 0).all()


def test_all_channels_gain_what_the_luminance_gains():
    image = np.random.default_rng(1).integers(60, 180, (40, 48, 3), np.uint8).astype(np.float32) / 255
    got = vg.Compose([vg.CLAHE(1.2, 2)])(image)
    gained = equalized(image.astype(np.float64) @ LUMA, 1.2, (2, 2), False) - image @ LUMA
    inside = (image + gained[..., None] > 0) & (image + gained[..., None] < 1)
    off = np.abs(got - (image + gained[..., None]))[inside]
    assert np.median(off) < 1e-6 and off.max() < 1.01 / (20 * 24)  # where float32 counts a pixel at the next level
    grey = np.repeat(image[..., :1], 3, axis=2)
    assert np.ptp(vg.Compose([vg.CLAHE()])(grey), axis=2).max() < 1e-6


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_about_channel_each_is_by_itself(dtype, channels):
    image = np.random.default_rng(2).integers(60, 180, (30, 40, channels), np.uint8)
    image = {"uint8": image, "uint16": image.astype(np.uint16) * 257, "float32": np.float32(image / 255)}[dtype]
    got = vg.Compose([vg.CLAHE(2, about="channel")])(image)
    for c in range(channels):
        assert np.array_equal(got[..., c], vg.Compose([vg.CLAHE(2)])(np.ascontiguousarray(image[..., c])))


@pytest.mark.parametrize(("dtype", "white"), [("uint16", 65535), ("float32", 1)])
def test_other_levels_lie_between(dtype, white):
    bytes_ = vg.Compose([vg.CLAHE(2)])(PHOTO)
    fine = vg.Compose([vg.CLAHE(2)])((PHOTO * np.float64(white / 255)).astype(dtype))
    assert fine.dtype == dtype and np.abs(fine / white * 255 - bytes_).max() < 1.01


def test_one_pixel_and_fewer_pixels_than_tiles():
    assert vg.Compose([vg.CLAHE()])(np.full((1, 1), 9, np.uint8)) == 255
    assert vg.Compose([vg.CLAHE()])(np.full((3, 50), 9, np.uint8)).shape == (3, 50)


def test_explain_says_what_it_does():
    told = vg.Compose([vg.Rotate(3), vg.CLAHE(2)]).explain(size=(48, 64))
    assert "tiles    8 down, 8 across; counts at most 2 times their mean" in told
    assert "CLAHE counts the levels of tiles of the picture, which must exist first" in told


def test_it_keeps_the_library_s_promises():
    for op in (vg.CLAHE(), vg.CLAHE((0, 3), (2, 3), "channel")):
        testing.assert_lowering_is_sound(op)
        testing.assert_fused_equals_reference([vg.Rotate(20), op, vg.Brightness(0.8)])
        testing.assert_draws_are_keyed(op)
        testing.assert_targets_stay_in_step(op)
        testing.check(op)


def test_bad_fields_are_refused():
    with pytest.raises(vg.FieldError, match=r"^CLAHE\.clip_limit must be at least 0, got"):
        vg.CLAHE((-1, 4))
    with pytest.raises(vg.FieldError, match=r"^CLAHE\.tile_grid_size is a whole number of pixels or"):
        vg.CLAHE(tile_grid_size=0)
    with pytest.raises(vg.InputError, match=r"CLAHE takes pictures of 1 or 3 channels, got 4\."):
        vg.Compose([vg.CLAHE()])(np.zeros((9, 9, 4), np.uint8))


OPENCV = {
    0.0: [
        [28, 57, 71, 56, 62, 76, 99, 137, 160, 184],
        [113, 142, 170, 198, 227, 250, 14, 113, 189, 212],
        [189, 218, 251, 92, 124, 169, 208, 251, 44, 174],
        [156, 227, 69, 99, 170, 239, 78, 165, 210, 14],
        [108, 175, 31, 114, 214, 48, 135, 227, 65, 165],
        [255, 90, 202, 69, 185, 23, 156, 255, 84, 220],
        [71, 212, 62, 212, 92, 236, 85, 232, 97, 255],
    ],
    2.0: [
        [28, 57, 71, 56, 62, 76, 99, 137, 160, 184],
        [113, 142, 170, 198, 227, 250, 14, 113, 189, 212],
        [189, 218, 251, 92, 124, 169, 208, 251, 44, 174],
        [156, 227, 69, 99, 170, 239, 78, 165, 210, 14],
        [108, 175, 31, 114, 214, 48, 135, 227, 65, 165],
        [255, 90, 202, 69, 185, 23, 156, 255, 84, 220],
        [71, 212, 62, 212, 92, 236, 85, 232, 97, 255],
    ],
}
