"""Image: another view of the same size."""

from __future__ import annotations

import numpy as np
import pytest

from variegate.errors import InputError
from variegate.targets import Image


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 6, 7)])
def test_a_view_is_taken_as_it_is(shape, dtype):
    picture = np.zeros(shape, dtype)
    leaf = Image().read(picture, (4, 6), "infrared")
    assert leaf.value is picture and Image().write(leaf, (4, 6)) is picture


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1]], r"^infrared is a NumPy array, got list; np\.asarray\(picture\) may do$"),
        (None, r"^infrared is a NumPy array, got NoneType"),
        (
            np.zeros((4, 6)),
            r"^infrared is uint8 \(white at 255\) or float32 \(white at 1\), got float64 \(4, 6\); convert it first$",
        ),
        (
            np.zeros((4, 6, 3, 1), np.uint8),
            r"^infrared is \(height, width\) or \(height, width, channels\), none of them 0; got \(4, 6, 3, 1\)$",
        ),
        (np.zeros((4, 6, 0), np.uint8), r"none of them 0; got \(4, 6, 0\)$"),
        (
            np.zeros((6, 4, 3), np.uint8),
            r"^infrared is 6 x 4 and `image` 4 x 6 \(height x width\); views of one sample have the same size$",
        ),
    ],
)
def test_errors(value, message):
    with pytest.raises(InputError, match=message):
        Image().read(value, (4, 6), "infrared")
