"""Colour: means at every point of a pipeline, fills that follow, tables that round."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg

LUMA = np.array([0.299, 0.587, 0.114])


def noise(shape, seed=0):
    return np.random.default_rng(seed).random(shape, np.float32)


def test_a_table_clamps_and_rounds_what_it_reads():
    """Of uint8, at that point of the pipeline: a factor before it makes values beyond white and between levels."""
    image = np.array([0, 1, 100, 101, 254, 255], np.uint8)[None, :, None]
    for factor in (0.4, 1.0, 1.51):
        levels = np.rint(np.minimum(image[0, :, 0] * factor, 255)).astype(int)
        squared = vg.Compose([vg.Brightness(factor), vg.Gamma(2), vg.ToDtype("float32")])(image)[0, :, 0]
        np.testing.assert_allclose(squared, (levels / 255) ** 2, atol=1e-6)
        coarse = vg.Compose([vg.Brightness(factor), vg.Posterize(3)])(image)[0, :, 0]
        np.testing.assert_array_equal(coarse, levels & 0b11100000)


def test_colours_are_neither_rounded_nor_clamped_between_ops():
    image = noise((5, 6, 3))
    out = vg.Compose([vg.Brightness(40), vg.Brightness(1 / 40)])(image)
    np.testing.assert_allclose(out, image, atol=1e-6)
    eight = np.random.default_rng(0).integers(0, 256, (5, 6, 3), np.uint8)
    np.testing.assert_array_equal(vg.Compose([vg.Brightness(0.01), vg.Brightness(100)])(eight), eight)


def test_contrast_of_nothing_is_the_mean():
    image = noise((13, 17, 3))
    flat = vg.Compose([vg.Contrast(0)])(image)
    np.testing.assert_allclose(flat, np.full_like(image, (image @ LUMA).mean()), atol=2e-5)
    flat = vg.Compose([vg.Contrast(0, about="channel")])(image)
    np.testing.assert_allclose(flat, np.broadcast_to(image.mean((0, 1)), image.shape), atol=2e-5)


def test_the_mean_after_a_map_counts_its_fill():
    image = noise((20, 20, 1))
    turned = vg.Compose([vg.Rotate(30, fill=1)])(image)
    flat = vg.Compose([vg.Rotate(30, fill=1), vg.Contrast(0)])(image)
    np.testing.assert_allclose(flat, turned.mean(), atol=2e-5)


def test_the_mean_before_a_map_is_that_of_the_whole_picture():
    image = noise((20, 20, 1))
    out = vg.Compose([vg.Contrast(0), vg.Crop(0, 0, 5, 5)])(image)
    np.testing.assert_allclose(out, image.mean(), atol=2e-5)
    out = vg.Compose([vg.Contrast(0), vg.Translate(x=0.5, fill=0.25)])(image)
    np.testing.assert_allclose(out[:, 10:], image.mean(), atol=2e-5)
    np.testing.assert_array_equal(out[:, :10], 0.25)


def test_a_mean_between_two_maps_is_that_of_the_canvas_between():
    image = noise((20, 30, 3))
    first, last = [vg.Brightness(0.5), vg.Rotate(40, fill=0.9)], [vg.Translate(y=0.5, fill=0.1)]
    between = vg.Compose([*first, vg.ToDtype("float32")])(image)
    out = vg.Compose([*first, vg.Contrast(0), *last, vg.Invert()])(image)
    np.testing.assert_allclose(out[10:], 1 - (between @ LUMA).mean(), atol=1e-4)
    np.testing.assert_allclose(out[:10], 0.9, atol=1e-6)


def test_two_means_after_each_other():
    image = noise((20, 30, 3))
    once = vg.Compose([vg.Contrast(0.3)])(image)
    twice = vg.Compose([vg.Contrast(0.6), vg.Contrast(0.5)])(image)
    np.testing.assert_allclose(twice, once, atol=1e-5)


def test_a_mean_after_a_table_is_that_of_the_tables_result():
    image = noise((20, 30, 3))
    posterized = vg.Compose([vg.Rotate(10, fill=1), vg.Posterize(2)])(image)
    flat = vg.Compose([vg.Rotate(10, fill=1), vg.Posterize(2), vg.Contrast(0)])(image)
    np.testing.assert_allclose(flat, (posterized @ LUMA).mean(), atol=5e-5)


def test_a_fill_goes_through_the_colours_after_it_and_no_others():
    image = np.zeros((4, 8, 3), np.uint8)
    fill = vg.Translate(x=0.5, fill=(40, 60, 80))
    corner = lambda *ops: vg.Compose(ops)(image)[0, 0].tolist()  # noqa: E731
    assert corner(fill) == [40, 60, 80]
    assert corner(vg.Brightness(2), fill) == [40, 60, 80]
    assert corner(fill, vg.Brightness(2)) == [80, 120, 160]
    assert corner(fill, vg.Invert()) == [215, 195, 175]
    assert corner(vg.Invert(), fill, vg.Invert()) == [215, 195, 175]
    assert corner(fill, vg.Posterize(1)) == [0, 0, 0]
    assert corner(fill, vg.Brightness(2), vg.Posterize(1)) == [0, 0, 128]
    assert corner(fill, vg.Brightness(2), vg.Translate(x=0.1, fill=7), vg.Invert()) == [248, 248, 248]


def test_fills_are_in_the_pictures_units_and_one_a_channel():
    white = vg.Compose([vg.Translate(x=1)])
    assert white(np.ones((2, 2, 2), np.uint8)).max() == 0
    pale = vg.Compose([vg.Translate(x=1, fill=(0.5, 0.25))])
    np.testing.assert_array_equal(pale(np.zeros((2, 2, 2), np.float32))[0, 0], [0.5, 0.25])
    with pytest.raises(vg.InputError, match=r"Translate.fill has 2 numbers, but the picture has 3 channels"):
        pale(np.zeros((2, 2, 3), np.float32))
    grey = vg.Compose([vg.Opaque(negative), vg.Translate(x=1, fill=0.5)])  # between stages, too, the face's units hold
    np.testing.assert_array_equal(grey(np.zeros((2, 2, 1), np.float32)), np.full((2, 2, 1), 0.5, np.float32))
    grey = vg.Compose([vg.Opaque(negative), vg.Translate(x=1, fill=51)])
    np.testing.assert_array_equal(grey(np.zeros((2, 2, 1), np.uint8)), np.full((2, 2, 1), 51, np.uint8))


def negative(image):
    return 1 - image


def test_normalize_is_the_formula():
    image = np.random.default_rng(0).integers(0, 256, (6, 7, 3), np.uint8)
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    out = vg.Compose([vg.Normalize(layout="CHW")])(image)
    np.testing.assert_allclose(out, ((image / 255 - mean) / std).transpose(2, 0, 1), atol=2e-6)
    assert out.dtype == np.float32
