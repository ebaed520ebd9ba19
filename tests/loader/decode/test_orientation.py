"""What a reduced picture covers: see also test_image.py, where real files are held to it."""

from __future__ import annotations

import numpy as np
import pytest

from variegate.loader.decode.orientation import UPRIGHT, covers, stored_window


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("size", "step"), [((16, 24), 4), ((17, 23), 4), ((5, 10), 8), ((9, 2), 2)])
def test_covers_turns_as_the_pixels_do(orientation: int, size: tuple[int, int], step: int) -> None:
    """Mark each reduced pixel with the stored pixel at its corner, turn both, and look where it came to lie."""
    stored = np.arange(size[0] * size[1]).reshape(size) % 251
    small = stored[::step, ::step]
    whole, turned = (UPRIGHT[orientation](part.astype(np.uint8)) for part in (stored, small))
    left, top, right, bottom = covers(size, small.shape, step, orientation)
    assert (right - left, bottom - top) == (turned.shape[1] * step, turned.shape[0] * step)
    inside = np.pad(whole.astype(int), 8, constant_values=-1)
    for i in range(turned.shape[0]):
        for j in range(turned.shape[1]):
            y, x = int(top) + i * step + 8, int(left) + j * step + 8
            assert turned[i, j] in inside[y : y + step, x : x + step]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_window_turns_as_the_pixels_do(orientation: int) -> None:
    stored = np.arange(7 * 11).reshape(7, 11)
    upright = UPRIGHT[orientation](stored)
    height, width = upright.shape
    for top, bottom, left, right in ((0, height, 0, width), (1, 3, 2, 7), (height - 1, height, 0, 1), (0, 4, 3, 4)):
        a, b, c, d = stored_window((top, bottom, left, right), stored.shape, orientation)
        np.testing.assert_array_equal(np.sort(stored[a:b, c:d], None), np.sort(upright[top:bottom, left:right], None))
