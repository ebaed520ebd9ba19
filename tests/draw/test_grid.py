"""The contact sheet: each picture whole, in its cell, whatever its form."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from variegate.draw.grid import FRAME, GAP, PAPER, fitted, grid, rgb


@pytest.mark.parametrize("shape", [(5, 9), (5, 9, 1), (5, 9, 2), (5, 9, 3), (5, 9, 4), (1, 1, 3), (1, 900, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_picture_of_any_form_fits_its_cell(shape: tuple[int, ...], dtype: type) -> None:
    picture = np.full(shape, {np.uint8: 200, np.uint16: 200 * 257, np.float32: 0.5}[dtype], dtype)
    small = fitted(picture, 40)
    assert small.mode == "RGB" and max(small.size) == 40 and min(small.size) >= 1
    value = 128 if dtype is np.float32 else 200
    assert small.getpixel((0, 0)) == (value,) * 3


def test_float_levels_beyond_the_nominal_range_are_clamped() -> None:
    assert np.asarray(rgb(np.array([[-1.0, 0.5, 7.0]], np.float32)))[0, :, 0].tolist() == [0, 128, 255]


def test_a_sheet_has_a_cell_a_picture_and_frames_the_first() -> None:
    grey = np.full((10, 20, 3), 100, np.uint8)
    page = grid([[grey, grey, grey], [grey, grey]], cell=40)
    assert page.size == (GAP + 3 * (40 + GAP), GAP + 2 * (40 + GAP))
    middle = GAP + 20
    for row in range(2):
        for column in range(3):
            at = (middle + column * (40 + GAP), middle + row * (40 + GAP))
            assert page.getpixel(at) == ((100,) * 3 if (row, column) != (1, 2) else PAPER)
    assert page.getpixel((middle, GAP + 9)) == FRAME
    assert page.getpixel((middle + 40 + GAP, GAP + 9)) == PAPER


def test_a_drawn_picture_of_the_size_of_a_cell_is_pasted_as_it_is() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    page = grid([[Image.fromarray(noise)]], cell=40)
    assert np.array_equal(np.asarray(page)[GAP + 5 : GAP + 35, GAP : GAP + 40], noise)
