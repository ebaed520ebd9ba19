"""RandomSizedBoxSafeCrop: nothing of a box is lost, and every part that loses nothing can be drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from variegate.ops import RandomSizedBoxSafeCrop

units = st.floats(0, 1, exclude_max=True)
sides = st.integers(1, 60)
corners = arrays(np.float64, st.tuples(st.integers(1, 4), st.just(4)), elements=st.floats(0, 1))
EDGES = ("top", "left", "bottom", "right")


@st.composite
def scenes(draw):
    """(height, width, boxes with an area): boxes within the picture."""
    height, width, found = draw(sides), draw(sides), draw(corners)
    x, y = np.sort(found[:, :2], axis=1) * width, np.sort(found[:, 2:], axis=1) * height
    boxes = np.stack([x[:, 0], y[:, 0], x[:, 1], y[:, 1]], axis=1)
    return height, width, boxes[(x[:, 0] < x[:, 1]) & (y[:, 0] < y[:, 1])]


@given(scenes(), st.tuples(units, units, units, units))
def test_holds_every_box(lower, parts, scene, u):
    height, width, boxes = scene
    effect = lower(RandomSizedBoxSafeCrop((7, 9)), (height, width), boxes=[boxes], **dict(zip(EDGES, u, strict=True)))
    ((top, left, bottom, right),) = parts(effect)
    assert 0 <= top < bottom <= height and 0 <= left < right <= width and effect.size.tolist() == [[7, 9]]
    assert np.all(boxes >= (left, top, left, top)) and np.all(boxes <= (right, bottom, right, bottom))
    if not len(boxes):
        assert (top, left, bottom, right) == (0, 0, height, width)


@given(scenes(), st.tuples(units, units, units, units), st.floats(0, 1))
def test_with_erosion_it_holds_the_shrunk_rectangle(lower, parts, scene, u, erosion):
    height, width, boxes = scene
    op = RandomSizedBoxSafeCrop(erosion=erosion)
    ((top, left, bottom, right),) = parts(lower(op, (height, width), boxes=[boxes], **dict(zip(EDGES, u, strict=True))))
    held = [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)] if len(boxes) else [0, 0, width, height]
    x, y, half = (held[0] + held[2]) / 2, (held[1] + held[3]) / 2, (1 - erosion) / 2
    across, down = half * (held[2] - held[0]), half * (held[3] - held[1])
    assert 0 <= top < bottom <= height and 0 <= left < right <= width
    assert left <= x - across + 1e-9 and right >= x + across - 1e-9
    assert top <= y - down + 1e-9 and bottom >= y + down - 1e-9


@pytest.mark.parametrize("edge", EDGES)
def test_every_place_of_an_edge_is_as_likely(lower, parts, edge):
    steps, n = (np.arange(840) + 0.5) / 840, 840
    op = RandomSizedBoxSafeCrop(erosion=0.5)
    boxes = [[[8, 6, 12, 10], [16, 14, 24, 30]]] * n  # together 16 x 24, shrunk to 8 x 12: x 12 to 20, y 12 to 24
    found = [part[EDGES.index(edge)] for part in parts(lower(op, [(40, 30)] * n, boxes=boxes, **{edge: steps}))]
    places = {"top": range(13), "left": range(13), "bottom": range(24, 41), "right": range(20, 31)}[edge]
    counts = [found.count(place) for place in places]
    assert sum(counts) == n and max(counts) - min(counts) <= 1


def test_full_erosion_keeps_the_pixel_of_the_centre(lower, parts):
    op = RandomSizedBoxSafeCrop(erosion=1)
    last = {"top": 1 - 2**-53, "left": 1 - 2**-53, "bottom": 0, "right": 0}
    assert parts(lower(op, (40, 30), boxes=[[4, 6, 9, 13]], **last)) == [(9, 6, 10, 7)]
    assert parts(lower(op, (40, 30), boxes=[[]], **last)) == [(math.floor(20), 15, 21, 16)]


def test_erosion_is_a_field_that_is_drawn(lower, parts):
    op, draws = RandomSizedBoxSafeCrop(erosion=(0, 1)), dict.fromkeys(EDGES, 0.999)
    found = parts(lower(op, [(40, 40)] * 2, boxes=[[10, 10, 30, 30]] * 2, erosion=[0, 0.5], **draws))
    assert [part[:2] for part in found] == [(10, 10), (15, 15)]
