"""The truth itself, against numpy.pad, Pillow and numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import variegate as vg
from variegate.kernels.reference import reference_run
from variegate.sampling import BORDERS


def truth(ops, image, **options):
    augment = vg.Compose([*ops, vg.ToDtype("float32")], **options)
    plan = augment.plan(vg.Keys.of([vg.Key()]), [image.shape[:2]], image.shape[2], image.dtype)
    return reference_run(plan, 0, image)


def noise(*shape):
    return np.random.default_rng(0).random(shape, np.float32)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
def test_whole_pixels_stay_whole(interpolation):
    image = noise(6, 9, 3)
    for ops, want in (([], image), ([vg.HorizontalFlip()], image[:, ::-1]), ([vg.Rotate90(1)], np.rot90(image))):
        found = truth(ops, image, interpolation=interpolation)
        np.testing.assert_array_equal(found.values, want.astype(np.float64))
        assert not found.doubt.any()


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
def test_borders_are_numpys(border, interpolation):
    image = noise(3, 5, 2)
    found = truth([vg.Pad(17, border=border)], image, interpolation=interpolation)
    np.testing.assert_allclose(found.values, np.pad(image, ((17, 17), (17, 17), (0, 0)), mode=border), atol=1e-12)


@pytest.mark.parametrize("size", [(7, 9), (31, 17), (60, 80), (20, 200)])
@pytest.mark.parametrize("kind", ["bilinear", "bicubic"])
def test_a_resize_is_pillows(size, kind):
    image = noise(40, 50, 1)
    resample = getattr(Image.Resampling, kind.upper())
    want = np.asarray(Image.fromarray(image[:, :, 0]).resize(size[::-1], resample))
    found = truth([vg.Resize(size)], image, interpolation=kind).values[:, :, 0]
    np.testing.assert_allclose(found, np.clip(want, 0, 1), atol=2e-6)


def test_half_a_pixel_by_hand():
    image = np.array([0, 1, 0, 0], np.float32)[None, :, None]
    shift = [vg.Translate(x=0.5 / 4, border="edge")]
    np.testing.assert_allclose(truth(shift, image).values[0, :, 0], [0, 0.5, 0.5, 0])
    # Keys at 1/2 and 3/2 is 9/16 and -1/16; beside an edge three taps are left of four. What is below black is black.
    cubic = truth(shift, image, interpolation="bicubic").values[0, :, 0]
    np.testing.assert_allclose(cubic, [0, 9 / 17, 9 / 16, 0], atol=1e-12)


def test_a_turned_step_is_blurred_by_a_tent_of_two_output_pixels():
    """Shrunk twice and turned by a quarter: a step becomes 1/8, 7/8, as two pixels see it under the wide tent."""
    step = np.zeros((16, 16, 1), np.float32)
    step[8:] = 1
    found = truth([vg.Rotate90(1), vg.Scale(0.5), vg.CenterCrop(6)], step).values[3, :, 0]
    upright = truth([vg.Scale(0.5), vg.CenterCrop(6)], step).values[:, 3, 0]
    np.testing.assert_allclose(found, upright, atol=1e-12)
    np.testing.assert_allclose(upright, [0, 0, 1 / 8, 7 / 8, 1, 1], atol=1e-12)


def test_doubt_is_where_the_last_bit_decides():
    image = noise(4, 4, 1)
    halves = truth([vg.Translate(x=0.5 / 4, border="edge")], image, interpolation="nearest")
    np.testing.assert_array_equal(halves.doubt[0, :, 0], [False, True, True, True])
    assert not truth([vg.Translate(x=0.5 / 4)], image).doubt.any()
    edge = truth([vg.Translate(x=(0.5 + 1e-9) / 4)], image)
    assert edge.doubt[:, 0].all() and not edge.doubt[:, 1:].any()
    table = truth([vg.Brightness(0.5), vg.Posterize(1)], np.full((1, 1, 1), 255, np.uint8))
    assert table.doubt.all()  # 127.5 is as near to 127 as to 128
    assert truth([vg.Posterize(1)], np.full((1, 1, 1), 0.5, np.float32)).doubt.all()
    assert not truth([vg.Posterize(1)], np.full((1, 1, 1), 0.498, np.float32)).doubt.any()


def test_contrast_by_hand():
    image = np.array([[[0.2, 0.4, 0.6]], [[0.4, 0.6, 0.8]]], np.float32)
    mean = 0.299 * 0.3 + 0.587 * 0.5 + 0.114 * 0.7
    np.testing.assert_allclose(truth([vg.Contrast(0.5)], image).values, 0.5 * image + 0.5 * mean, atol=1e-7)
    each = image.mean(axis=(0, 1))
    np.testing.assert_allclose(
        truth([vg.Contrast(0.5, about="channel")], image).values, 0.5 * image + 0.5 * each, atol=1e-7
    )
