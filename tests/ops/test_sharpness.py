"""Sharpness and UnsharpMask: the numbers of Pillow and torchvision, and what stays."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter
from scipy import ndimage

import variegate as vg
from variegate import testing

RNG = np.random.default_rng(4)
IMAGE = np.uint8(ndimage.gaussian_filter(RNG.integers(0, 256, (40, 56, 3)).astype(np.float64), (1, 1, 0)))
OPS = [
    vg.Sharpness(),
    vg.Sharpness((0, 5)),
    vg.UnsharpMask(),
    vg.UnsharpMask((0, 2), (0, 4), border="edge"),
    vg.UnsharpMask((0, 2), (0, 4), (0, 0.2)),
]
STILL = [vg.Sharpness(1), vg.UnsharpMask(2, 0), vg.UnsharpMask(0, 0.13)]


@pytest.mark.parametrize("op", OPS, ids=repr)
def test_it_is_sound_fuses_and_labels_stay(op):
    testing.assert_lowering_is_sound(op)
    testing.assert_draws_are_keyed(op)
    testing.assert_fused_equals_reference([vg.Rotate(10), op, vg.Scale(1.2)])
    testing.assert_targets_stay_in_step(op)


@pytest.mark.parametrize("op", STILL, ids=repr)
def test_what_adds_nothing_is_the_identity_to_the_bit(op):
    augment = vg.Compose([vg.Rotate(7), op, vg.Brightness(1.1)])
    plain = vg.Compose([vg.Rotate(7), vg.Brightness(1.1)])
    np.testing.assert_array_equal(augment(IMAGE, key=vg.Key(1)), plain(IMAGE, key=vg.Key(1)))


@pytest.mark.parametrize("op", OPS, ids=repr)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_flat_pictures_stay(op, dtype, channels):
    flat = np.full((11, 8, channels), 0.3 if dtype == np.float32 else 77, dtype)
    out = vg.Compose([op])(flat, key=vg.Key(5))
    assert out.dtype == dtype
    np.testing.assert_allclose(out, flat, rtol=1e-6, atol=0)


def test_affine_in_its_strength():
    image = np.float32(IMAGE / 255)
    for make in (vg.Sharpness, lambda f: vg.UnsharpMask(1.5, f), lambda f: vg.UnsharpMask(1.5, f, 0.05)):
        none, one, two = (vg.Compose([make(f)], white=None)(image).astype(np.float64) for f in (0, 1, 2.5))
        np.testing.assert_allclose(two, none + 2.5 * (one - none), atol=2e-6)


def test_sharpness_by_hand():
    image = np.zeros((5, 5), np.float32)
    image[2, 2] = 1
    smooth = vg.Compose([vg.Sharpness(0)])(image)
    want = np.zeros((5, 5))
    want[1:4, 1:4], want[2, 2] = 1 / 13, 5 / 13
    np.testing.assert_allclose(smooth, want, atol=1e-7)
    sharp = vg.Compose([vg.Sharpness(2)], white=None)(image)
    np.testing.assert_allclose(sharp, 2 * image - want, atol=1e-6)


@pytest.mark.parametrize("factor", [0, 0.5, 1.5, 2, 4])
def test_sharpness_is_pillow_s_within_its_rounding(factor):
    want = np.asarray(ImageEnhance.Sharpness(Image.fromarray(IMAGE)).enhance(factor))
    out = vg.Compose([vg.Sharpness(factor)])(IMAGE)
    assert np.abs(out.astype(int) - want).max() <= 1 + 0.5 * abs(factor - 1)
    for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        np.testing.assert_array_equal(out[edge], IMAGE[edge])


def test_unsharp_mask_is_its_formula():
    image = np.float32(IMAGE / 255)
    blurred = vg.Compose([vg.GaussianBlur(1.7, "edge")])(image).astype(np.float64)
    out = vg.Compose([vg.UnsharpMask(1.7, 1.2, border="edge")])(image)
    np.testing.assert_allclose(out, np.clip(image + 1.2 * (image - blurred), 0, 1), atol=3e-6)


def test_unsharp_mask_is_pillow_s_as_far_as_its_blur_is_a_gaussian():
    y, x = np.mgrid[:60, :80]
    image = np.uint8(128 + 60 * np.sin(x / 7 + y / 11) + 40 * (x > 40) * (y > 25))
    want = np.asarray(Image.fromarray(image).filter(ImageFilter.UnsharpMask(2, 150, 0))).astype(float)
    out = vg.Compose([vg.UnsharpMask(2, 1.5, border="edge")])(image).astype(float)
    assert np.abs(out - want).max() <= 1.5 * 4
    assert np.abs(out - want).mean() < 0.25 * np.abs(out - image).mean()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("threshold", [0, 0.02, 0.1, 1])
def test_unsharp_mask_leaves_what_differs_by_no_more_than_the_threshold(dtype, channels, threshold):
    white = 1 if dtype == np.float32 else np.iinfo(dtype).max
    image = (RNG.random((30, 41, channels)) * white).astype(dtype)
    beyond = image / white - vg.Compose([vg.GaussianBlur(1.1)])(np.float32(image / white)).astype(np.float64)
    out = vg.Compose([vg.UnsharpMask(1.1, 0.7, threshold)])(image)
    small, large = np.abs(beyond) <= threshold - 1e-5, np.abs(beyond) > threshold + 1e-5
    np.testing.assert_array_equal(out[small], image[small])
    want = white * np.clip(image / white + 0.7 * beyond, 0, 1)
    rounding = 0 if dtype == np.float32 else 0.5
    assert np.abs(out - want)[large].max(initial=0) <= 3e-6 * white + rounding
    assert small.any() == (threshold > 0) and large.any() == (threshold < 1)


@pytest.mark.parametrize("threshold", [3, 10])
def test_unsharp_mask_leaves_what_pillow_leaves_but_where_their_blurs_decide(threshold):
    """Pillow's blur lies within 3 levels of a Gaussian: where that is too little to cross the threshold."""
    y, x = np.mgrid[:60, :80]
    image = np.uint8(128 + 60 * np.sin(x / 7 + y / 11) + 40 * (x > 40) * (y > 25) + RNG.integers(-2, 3, (60, 80)))
    picture = Image.fromarray(image)
    want = np.asarray(picture.filter(ImageFilter.UnsharpMask(2, 150, threshold)))
    out = vg.Compose([vg.UnsharpMask(2, 1.5, threshold / 255, border="edge")])(image)
    beyond = np.abs(image - np.asarray(picture.filter(ImageFilter.GaussianBlur(2))).astype(int))
    small, large = beyond <= threshold - 2, beyond > threshold + 3
    assert small.any() and large.any()
    np.testing.assert_array_equal(out[small], want[small])
    np.testing.assert_array_equal(out[small], image[small])
    assert np.abs(out.astype(int) - want)[large].max() <= 1.5 * 4
    assert np.mean(out == want) > 0.5, "most of the picture"


def test_a_batch_s_thresholds_are_each_sample_s_own():
    augment = vg.Compose([vg.UnsharpMask(1.5, 2, vg.Choice((0, 0.1)))])
    ours = augment.batch([IMAGE] * 12, keys=[vg.Key(id=n) for n in range(12)])
    seen = [vg.Compose([vg.UnsharpMask(1.5, 2, t)])(IMAGE) for t in (0, 0.1)]
    found = [[np.array_equal(each, image) for image in seen] for each in ours]
    assert all(map(any, found)) and np.any(found, axis=0).all()


@pytest.mark.parametrize("op", OPS, ids=repr)
def test_a_picture_of_one_pixel(op):
    assert vg.Compose([op])(np.full((1, 1, 3), 7, np.uint8)).shape == (1, 1, 3)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: vg.Sharpness(-1), "Sharpness.factor must be at least 0"),
        (lambda: vg.UnsharpMask(-1), "UnsharpMask.sigma must be at least 0"),
        (lambda: vg.UnsharpMask(129), "UnsharpMask.sigma must be .* at most 128"),
        (lambda: vg.UnsharpMask(1, -1), "UnsharpMask.amount must be at least 0"),
        (lambda: vg.UnsharpMask(1, 1, -1), "UnsharpMask.threshold must be at least 0"),
    ],
)
def test_what_cannot_be(make, told):
    with pytest.raises(vg.FieldError, match=told):
        make()
