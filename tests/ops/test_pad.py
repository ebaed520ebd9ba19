"""Pad: margins as numpy.pad."""

from __future__ import annotations

import numpy as np
import pytest

from variegate.ops import Pad


@pytest.mark.parametrize(
    ("op", "margins"),
    [
        (Pad(2), (2, 2, 2, 2)),
        (Pad(top=1), (1, 0, 0, 0)),
        (Pad(3, left=0), (3, 0, 3, 3)),
        (Pad(top=1, left=2, bottom=3, right=4), (1, 2, 3, 4)),
        (Pad(), (0, 0, 0, 0)),
    ],
)
def test_margins(lower, pick, image, op, margins):
    top, left, bottom, right = margins
    effect = lower(op, image.shape)
    expected = np.pad(image, ((top, bottom), (left, right)), constant_values=-1)
    assert np.array_equal(pick(image, effect), expected) and tuple(effect.size[0]) == expected.shape
