"""Means of a picture of bytes: what bytes add up to is what floats add up to, to the bit."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

import variegate as vg
from variegate.kernels.colour import FIXED, sum_row
from variegate.kernels.library import SUM_BYTES, SUM_ROW
from variegate.kernels.tally import LANES, LINES, sum_bytes

BYTES = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)
FLOATS = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 6, ctypes.c_double, ctypes.c_int64)
LINE = LANES * LINES  # bytes that are added up at once
MAPS = {
    "turned": [vg.Rotate(10)],
    "shrunk": [vg.Resize((17, 20))],
    "padded": [vg.Pad(3, fill=200), vg.HorizontalFlip()],
    "as it is": [],
}


def by_bytes(pixels):
    sums = np.full(pixels.shape[1], 7.0)
    BYTES(sum_bytes.address)(pixels.ctypes.data, *pixels.shape, sums.ctypes.data)
    return sums


def by_floats(pixels):
    sums, planes = np.full(pixels.shape[1], 7.0), np.ascontiguousarray(pixels.T, np.float32)
    count, channels = pixels.shape
    FLOATS(sum_row.address)(planes.ctypes.data, count, channels, 0, count, 0, 255.0, sums.ctypes.data)
    return sums


def test_every_byte():
    for v in range(256):
        pixels = np.full((1, 1), v, np.uint8)
        assert by_bytes(pixels) == by_floats(pixels), v
        assert abs(by_bytes(pixels)[0] - 7 - v / 255 * FIXED) < 0.51, v


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_any_number_of_pixels(channels):
    for count in (0, 1, 31, 32, 33, 95, 96, LINE // channels, LINE // channels + 1, 3 * LINE // channels + 40):
        for least in (0, 250):
            pixels = np.random.default_rng(count).integers(least, 256, (count, channels), np.uint8)
            np.testing.assert_array_equal(by_bytes(pixels), by_floats(pixels), f"{count} pixels from {least} on")


def test_a_picture_that_is_all_white():
    pixels = np.full((10 * LINE, 1), 255, np.uint8)
    np.testing.assert_array_equal(by_bytes(pixels), [7 + 10 * LINE * FIXED])


def planned(ops, image, **options):
    return vg.Compose(ops, **options).plan(vg.Keys.of([vg.Key()]), [image.shape[:2]], image.shape[2], image.dtype)


def run(plan, image):
    out = np.empty(plan.shapes[0], plan.dtype)
    plan.run(0, image, out)
    return out


@pytest.mark.parametrize("channels", [1, 3, 4, 5])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("name", MAPS)
def test_a_mean_of_the_source_is_that_of_its_floats(name, dtype, channels):
    image = np.random.default_rng(channels).integers(0, 256, (31, 43, channels), np.uint8)
    ops = [vg.Brightness(0.9), vg.Contrast(1.3, about="channel"), *MAPS[name], vg.ToDtype(dtype)]
    plan = planned(ops, image)
    units = plan.bound.read.tables.library
    assert units[:, SUM_BYTES].any()
    made = run(plan, image)
    units = units.copy()
    units[:, SUM_BYTES] = 0
    plan.bound.read.tables = plan.bound.read.tables._replace(library=units)
    np.testing.assert_array_equal(made, run(plan, image))


def test_it_is_made_of_bytes_only_where_it_is_one():
    """Another white is another number of steps, and what a map has made is no picture of bytes."""
    image = np.random.default_rng(0).integers(0, 200, (31, 43, 3), np.uint8)
    for ops, white, asked in (
        ([vg.Contrast(1.3), vg.Rotate(10)], "dtype", True),
        ([vg.Contrast(1.3)], "dtype", True),
        ([vg.Rotate(10), vg.Contrast(1.3)], "dtype", False),
        ([vg.Contrast(1.3), vg.Rotate(10)], 200, False),
        ([vg.Contrast(1.3), vg.Rotate(10)], None, False),
        ([vg.Brightness(1.3)], "dtype", False),
    ):
        library = planned(ops, image, white=white).bound.read.tables.library
        assert library[:, SUM_BYTES].any() == asked, (ops, white)
        assert library[:, SUM_ROW].any() == any(isinstance(op, vg.Contrast) for op in ops)


def test_a_smaller_picture_has_a_mean_of_the_canvas_planned():
    """Its pixels are read as the planned ones, of which there are more."""
    image = np.random.default_rng(1).integers(0, 256, (16, 20, 3), np.uint8)
    large = np.repeat(np.repeat(image, 2, 0), 2, 1)
    plan = planned([vg.Contrast(1.3), vg.Rotate(180)], large, interpolation="nearest")
    np.testing.assert_array_equal(run(plan, image), run(plan, large))
