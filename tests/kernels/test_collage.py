"""Pictures side by side: where each shows, and how it gets there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from variegate.kernels.collage import put, survey


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_survey_is_what_numpy_finds(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(-1, count, (rng.integers(1, 4), rng.integers(1, 4)))
    places = np.kron(coarse, np.ones((3, 5), int)).astype(np.int8)
    counts, boxes = survey(places, count)
    for k in range(count):
        assert counts[k] == np.count_nonzero(places == k)
        rows, columns = np.nonzero(places <= 0 if k == 0 else places == k)
        if len(rows):
            top, left, height, width = boxes[k]
            assert (top, left) == (rows.min(), columns.min())
            assert (top + height, left + width) == (rows.max() + 1, columns.max() + 1)
        else:
            assert boxes[k] == (0, 0, 1, 1)


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_put_takes_the_pixels_of_a_part_and_no_others(layout: str) -> None:
    rng = np.random.default_rng(0)
    places = rng.integers(-1, 3, (9, 11)).astype(np.int8)
    top, left, height, width = 2, 3, 5, 6
    for k in range(3):
        made = rng.integers(0, 200, (height, width, 3), np.uint8)
        out = np.full((9, 11, 3), 255, np.uint8)
        expected = out.copy()
        mine = places[top : top + height, left : left + width]
        shown = mine <= 0 if k == 0 else mine == k
        expected[top : top + height, left : left + width][shown] = made[shown]
        if layout == "CHW":
            planes = np.ascontiguousarray(out.transpose(2, 0, 1))
            put(np.ascontiguousarray(made.transpose(2, 0, 1)), places, k, planes, (top, left), "CHW")
            out = planes.transpose(1, 2, 0)
        else:
            put(made, places, k, out, (top, left))
        assert np.array_equal(out, expected)
