"""RandomResizedCrop against torchvision's algorithm, written out for one sample."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from variegate.dist import LogUniform, Uniform
from variegate.ops import RandomResizedCrop
from variegate.ramp import Ramp

units = st.floats(0, 1, exclude_max=True)


def torchvision(scales, ratios, top, left, height, width, ratio=(3 / 4, 4 / 3)):
    """RandomResizedCrop.get_params of torchvision, its random numbers given: (top, left, height, width)."""
    for scale, aspect in zip(scales, ratios, strict=True):
        target = height * width * scale
        w, h = round(math.sqrt(target * aspect)), round(math.sqrt(target / aspect))
        if 0 < w <= width and 0 < h <= height:
            return math.floor(top * (height - h + 1)), math.floor(left * (width - w + 1)), h, w
    if width / height < min(ratio):
        w, h = width, max(round(width / min(ratio)), 1)
    elif width / height > max(ratio):
        w, h = max(round(height * max(ratio)), 1), height
    else:
        w, h = width, height
    return (height - h) // 2, (width - w) // 2, h, w


@given(
    arrays(np.float64, 10, elements=units),
    arrays(np.float64, 10, elements=units),
    units,
    units,
    st.integers(1, 500),
    st.integers(1, 500),
)
def test_equals_torchvision(lower, u, v, top, left, height, width):
    op = RandomResizedCrop(224)
    scales, ratios = op.scale.at(u[None]), op.ratio.at(v[None])
    effect = lower(op, (height, width), scale=scales[:, None], ratio=ratios[:, None], top=top, left=left)
    y, x, h, w = torchvision(scales, ratios, top, left, height, width)
    assert np.array_equal(effect.matrix[0], [[w / 224, 0, x], [0, h / 224, y], [0, 0, 1]])
    assert effect.size.tolist() == [[224, 224]]


def test_where_no_trial_fits_the_largest_central_part_is_taken(lower):
    effect = lower(RandomResizedCrop(10, scale=1), [(30, 100), (100, 30), (50, 50)], ratio=1.2)
    parts = effect.matrix[:, [0, 1, 0, 1], [0, 1, 2, 2]] * [10, 10, 1, 1]
    assert parts.tolist() == [[40, 30, 30, 0], [30, 40, 0, 30], [50, 50, 0, 0]]


def test_the_largest_part_of_a_ramp_has_a_ratio_of_its_epoch(lower):
    """As far as what was drawn tells it: a replay knows no epoch."""
    ratios = np.linspace(3, 3.5, 10)[:, None] * [1, 1, 0.1]
    op = RandomResizedCrop(10, scale=1, ratio=Ramp((0.3, 0.35), (3, 3.5), 5))
    effect = lower(op, [(100, 30), (10, 100), (100, 10)], ratio=ratios)
    assert (effect.matrix[:, [1, 0], [1, 0]] * 10).tolist() == [[10, 30], [10, 35], [33, 10]]


def test_without_a_size_the_picture_keeps_its_own(lower):
    op = RandomResizedCrop()
    effect = lower(op, [(30, 40), (60, 50)])
    assert effect.size.tolist() == [[30, 40], [60, 50]]
    assert op.resizer() is None and not op.fixes_size()
    assert RandomResizedCrop(8).resizer() and RandomResizedCrop(8).fixes_size()


def test_a_pair_of_ratios_is_log_uniform_and_a_distribution_stays():
    assert RandomResizedCrop(8, ratio=(0.5, 2)).ratio == LogUniform(0.5, 2)
    assert RandomResizedCrop(8).ratio == LogUniform(3 / 4, 4 / 3)
    assert RandomResizedCrop(8, ratio=Uniform(0.5, 2)).ratio == Uniform(0.5, 2)


def test_every_draw_is_blind():
    assert RandomResizedCrop.trials == {"scale": 10, "ratio": 10}
    assert list(RandomResizedCrop(8).drawn()) == ["scale", "ratio", "top", "left"]


@given(st.integers(1, 40), st.integers(1, 40), arrays(np.float64, (10, 1), elements=st.floats(0.08, 1)), units)
def test_the_part_lies_inside_and_is_whole(lower, height, width, scale, place):
    effect = lower(RandomResizedCrop((7, 9)), (height, width), scale=scale, top=place, left=place)
    matrix = effect.matrix[0]
    w, h, x, y = matrix[0, 0] * 9, matrix[1, 1] * 7, matrix[0, 2], matrix[1, 2]
    assert abs(w - round(w)) < 1e-9 and abs(h - round(h)) < 1e-9 and x == int(x) and y == int(y)
    assert x >= 0 and x + round(w) <= width and y >= 0 and y + round(h) <= height and round(w) > 0 and round(h) > 0
