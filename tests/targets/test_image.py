"""Image: another view of the same size."""

from __future__ import annotations

import numpy as np
import pytest

from variegate.errors import FieldError, InputError
from variegate.targets import Image


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 6, 7)])
def test_a_view_is_taken_as_it_is(shape, dtype):
    picture = np.zeros(shape, dtype)
    leaf = Image().read(picture, (4, 6), "infrared")
    assert leaf.value is picture and Image().write(leaf, (4, 6)) is picture


@pytest.mark.parametrize("field", [{"white": 0}, {"white": "255"}, {"white": True}, {"colour": 1}])
def test_what_is_no_white_is_refused(field):
    with pytest.raises(FieldError, match=rf"Image\.{next(iter(field))} is "):
        Image(**field)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1]], r"^infrared is a NumPy array or a PIL image, got list; np\.asarray\(image\) may do$"),
        (None, r"^infrared is a NumPy array or a PIL image, got NoneType"),
        (np.full((4, 6), 0.1), r"^infrared is uint8, uint16 or float32, got float64 \(4, 6\); convert it, as by"),
        (np.zeros((4, 6, 3, 1), np.uint8), r"^infrared is \(height, width\) or .* got \(4, 6, 3, 1\): a batch goes"),
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
