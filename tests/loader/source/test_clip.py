"""Boxes that reach outside end at the edge; all others stay bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from variegate.coords import BoxLayout, box_edges, box_rows, boxes_within
from variegate.loader.source.clip import clip_boxes


@pytest.mark.parametrize("layout", ["xywh", "xyxy", "cxcywh"])
@pytest.mark.parametrize("size", [(1.0, 1.0), (640.0, 427.0)])
def test_what_is_cut_is_what_is_seen(layout: BoxLayout, size: tuple[float, float]) -> None:
    rng = np.random.default_rng(3)
    rows = box_rows(np.sort(rng.uniform(-0.5, 1.5, (2000, 2, 2)), axis=1).reshape(-1, 4) * [*size, *size], layout)
    came, edges = rows.copy(), box_edges(rows, layout)
    found = clip_boxes(rows, layout, np.tile(size, (2000, 1)), 1e-6)
    assert np.array_equal(rows, came)  # what came is not written to
    want = np.clip(edges, 0, [*size, *size])
    seen = (want[:, 2:] > want[:, :2]).all(axis=1)
    assert np.array_equal(found.outside, ~seen) and found.outside.sum() > 100
    kept = found.rows[seen]
    assert np.allclose(box_edges(kept, layout), want[seen], rtol=0, atol=1e-9)
    assert boxes_within(kept, layout, np.array(size)).all()
    assert np.array_equal(found.rows[~found.reached], rows[~found.reached]) and (~found.reached).sum() > 50


def test_what_others_refuse_is_left_to_them() -> None:
    nan, inf = float("nan"), float("inf")
    rows = np.array([[nan, 1, 2, 2], [0, 0, inf, 3], [-5, 1, -2, 2], [-5, 1, 9, 2]])
    found = clip_boxes(rows, "xywh", np.array([[8.0, 8], [8, 8], [8, 8], [nan, nan]]), 0.01)
    assert np.array_equal(found.rows, rows, equal_nan=True) and not found.reached.any() and not found.outside.any()
    assert clip_boxes(np.empty((0, 4)), "xywh", np.empty((0, 2)), 0.01).rows.shape == (0, 4)


def test_a_box_without_sides_stays_where_it_is_seen() -> None:
    rows = np.array([[8.0, 8, 0, 0], [0, 0, 0, 0], [8.005, 4, 0, 0], [9, 4, 0, 0]])
    found = clip_boxes(rows, "xywh", np.full((4, 2), 8.0), 0.01)
    assert found.outside.tolist() == [False, False, False, True] and np.array_equal(found.rows[:3], rows[:3])
