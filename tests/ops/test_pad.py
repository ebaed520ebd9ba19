"""Pad: margins as numpy.pad."""

from __future__ import annotations

import numpy as np
import pytest

from variegate.ops import Pad, PadIfNeeded


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


@pytest.mark.parametrize(
    ("op", "size", "corner"),
    [
        (PadIfNeeded(8), (8, 8), (1, 0)),
        (PadIfNeeded((4, 12)), (5, 12), (0, 2)),
        (PadIfNeeded(3), (5, 7), (0, 0)),
        (PadIfNeeded(multiple=4), (8, 8), (1, 0)),
        (PadIfNeeded(multiple=(5, 7)), (5, 7), (0, 0)),
        (PadIfNeeded(9, multiple=(6, 4)), (12, 12), (3, 2)),
        (PadIfNeeded(9, multiple=(6, 4), place="top_left"), (12, 12), (0, 0)),
        (PadIfNeeded(), (5, 7), (0, 0)),
    ],
)
def test_as_much_margin_as_is_needed(lower, pick, image, op, size, corner):
    assert image.shape == (5, 7)
    effect = lower(op, image.shape)
    assert tuple(effect.size[0]) == size
    want = np.full(size, -1)
    want[corner[0] : corner[0] + 5, corner[1] : corner[1] + 7] = image
    assert np.array_equal(pick(image, effect), want)
