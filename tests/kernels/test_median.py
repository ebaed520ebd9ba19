"""Medians: NumPy's of the same windows, to the bit, and Pillow's; and which numbers may stand in a row's pass."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image, ImageFilter
from scipy import ndimage

import variegate as vg
from variegate import testing
from variegate.ops import effect as effects

RNG = np.random.default_rng(6)


@pytest.mark.parametrize("size", [3, 5, 7])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(23, 31, 3), (1, 1, 1), (2, 9, 4), (12, 1, 2), (5, 5, 1), (30, 90, 3)])
def test_numpy_s_of_the_same_windows_to_the_bit(size, dtype, shape):
    """OpenCV's and SciPy's, with an edge that goes on."""
    image = (RNG.random(shape) * (1 if dtype == np.float32 else np.iinfo(dtype).max)).astype(dtype)
    want = ndimage.median_filter(image, (size, size, 1), mode="nearest")
    np.testing.assert_array_equal(vg.Compose([vg.MedianBlur(size)])(image), want)


@pytest.mark.parametrize("size", [3, 5, 7])
def test_of_few_levels_each_rank_is_met(size):
    """Every order of zeros and ones that a network might get wrong is likely among so many windows."""
    image = (RNG.random((200, 300, 3)) < np.linspace(0.2, 0.8, 300)[:, None]).astype(np.uint8)
    want = ndimage.median_filter(image, (size, size, 1), mode="nearest")
    np.testing.assert_array_equal(vg.Compose([vg.MedianBlur(size)])(image), want)


@pytest.mark.parametrize("size", [3, 5, 7])
def test_pillow_s_to_the_bit(size):
    image = RNG.integers(0, 256, (40, 50, 3), np.uint8)
    want = np.asarray(Image.fromarray(image).filter(ImageFilter.MedianFilter(size)))
    np.testing.assert_array_equal(vg.Compose([vg.MedianBlur(size)])(image), want)


@pytest.mark.parametrize("size", [3, 5, 7])
def test_it_is_sound_fuses_and_labels_stay(size):
    op = vg.MedianBlur(size)
    testing.assert_lowering_is_sound(op)
    testing.assert_targets_stay_in_step(op)
    testing.assert_fused_equals_reference([vg.Rotate(10), op, vg.Scale(1.2)])
    testing.assert_fused_equals_reference([op, vg.Normalize(layout="CHW")])


def test_what_keeps_the_order_may_come_before_or_after():
    image = RNG.random((20, 30, 3)).astype(np.float32)
    before, after = ([vg.Gamma(2), vg.MedianBlur(5)], [vg.MedianBlur(5), vg.Gamma(2)])
    np.testing.assert_array_equal(vg.Compose(before)(image), vg.Compose(after)(image))


def test_of_one_pixel_nothing_is_run():
    image = RNG.integers(0, 256, (20, 30, 3), np.uint8)
    augment, plain = vg.Compose([vg.Rotate(7), vg.MedianBlur(1)]), vg.Compose([vg.Rotate(7)])
    np.testing.assert_array_equal(augment(image), plain(image))
    assert augment.plan(vg.Keys.of([vg.Key()]), [(20, 30)]).between == 0


class Wide(vg.Op):
    """A median of another size."""

    gives = effects.Median

    def lower(self, draws, sizes, context):
        return effects.Median(np.full(len(sizes), 9))


def test_sizes_that_are_none():
    with pytest.raises(vg.PipelineError, match=re.escape("Median.size is 1, 3, 5 or 7, got [9]")):
        vg.Compose([Wide()])(np.zeros((9, 9, 3), np.uint8))
    for size in (2, 4, 9, 0):
        with pytest.raises(vg.FieldError, match=r"MedianBlur.size is an odd whole number .*, 1 to 7; got"):
            vg.MedianBlur(size)
