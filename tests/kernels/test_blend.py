"""The blend of two pictures is that of NumPy, within a box and nowhere else, for every dtype and layout."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from variegate.kernels.blend import blend, overlay

DTYPES = ("uint8", "uint16", "float16", "float32", "float64")
BOXES = st.tuples(st.integers(0, 9), st.integers(0, 7), st.integers(0, 9), st.integers(0, 7)).map(
    lambda e: (min(e[0], e[2]), min(e[1], e[3]), max(e[0], e[2]), max(e[1], e[3]))
)
SHARES = st.sampled_from((0.0, 1.0, 0.5)) | st.floats(0, 1, width=32)


def pictures(dtype, shape, seed=0):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return [rng.uniform(-2, 2, shape).astype(dtype) for _ in range(2)]
    return [rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True) for _ in range(2)]


def expected(own, other, share, box, layout):
    """By NumPy: what the kernel says in words."""
    left, top, right, bottom = box
    there = (np.s_[top:bottom], np.s_[left:right])
    there = (np.s_[:], *there) if layout == "CHW" else there
    made, part = own.copy(), np.float32(share)
    a, b = (each[there].astype(np.float32) if own.dtype == np.float16 else each[there] for each in (own, other))
    if share == 0:
        made[there] = b
    elif own.dtype.kind == "f":
        made[there] = np.clip((a * part + b * (np.float32(1) - part)), np.minimum(a, b), np.maximum(a, b))
    else:
        made[there] = np.rint(a.astype(np.float32) * part + b.astype(np.float32) * (np.float32(1) - part))
    return made


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("shape", "layout"), [((7, 9, 3), "HWC"), ((7, 9, 1), "HWC"), ((7, 9), "HWC"), ((4, 7, 9), "CHW")]
)
@settings(max_examples=25)
@given(share=SHARES, box=BOXES)
def test_it_is_what_numpy_makes(dtype, shape, layout, share, box):
    own, other = pictures(dtype, shape)
    before, out = (own.copy(), other.copy()), np.empty_like(own)
    blend(own, other, share, box, out, layout)
    wanted = expected(own, other, share, box, layout)
    if np.dtype(dtype).kind == "f":  # a fused product and sum may be rounded once
        np.testing.assert_allclose(out, wanted, rtol=0, atol=4 * float(np.finfo(dtype).eps))
    else:
        assert np.array_equal(out, wanted)
    assert np.array_equal(own, before[0]) and np.array_equal(other, before[1])


@pytest.mark.parametrize("dtype", DTYPES)
@given(share=SHARES, box=BOXES)
def test_outside_of_the_box_and_by_share_1_it_is_the_first_bit_for_bit(dtype, share, box):
    own, other = pictures(dtype, (7, 9, 3))
    outside = np.ones((7, 9), bool)
    outside[box[1] : box[3], box[0] : box[2]] = False
    out = np.empty_like(own)
    blend(own, other, share, box, out)
    assert np.array_equal(out[outside], own[outside])
    blend(own, other, 1.0, box, out)
    assert np.array_equal(out, own)
    blend(own, other, 0.0, box, out)
    assert np.array_equal(out[~outside], other[~outside])


@pytest.mark.parametrize("dtype", DTYPES)
@given(share=SHARES)
def test_of_two_alike_it_is_the_same_and_else_between_them(dtype, share):
    own, other = pictures(dtype, (5, 6, 3), 1)
    out = np.empty_like(own)
    blend(own, own.copy(), share, (0, 0, 6, 5), out)
    assert np.array_equal(out, own)
    blend(own, other, share, (0, 0, 6, 5), out)
    assert (out >= np.minimum(own, other)).all() and (out <= np.maximum(own, other)).all()


def test_every_pair_of_bytes_is_rounded_half_to_even():
    own, other = (np.ascontiguousarray(each) for each in np.mgrid[:256, :256].astype(np.uint8))
    out = np.empty_like(own)
    blend(own, other, 0.5, (0, 0, 256, 256), out)
    assert np.array_equal(out, np.rint((own.astype(int) + other) / 2))


def test_nan_and_infinity_stay_where_they_are():
    own, other = np.full((2, 3), 0.25, np.float32), np.full((2, 3), 0.75, np.float32)
    own[0, 0] = other[0, 1] = np.nan
    own[1, 0] = other[1, 1] = np.inf
    out = np.empty_like(own)
    blend(own, other, 0.5, (0, 0, 3, 2), out)
    assert np.isnan(out[0, :2]).all() and (out[:, 2] == 0.5).all() and (out[1, :2] == np.inf).all()
    blend(own, other, 0.0, (0, 0, 3, 2), out)  # cut out, nothing of the first is left
    assert out[0, 0] == 0.75 and np.isnan(out[0, 1])
    blend(own, other, 0.5, (2, 0, 3, 2), out)
    assert np.isnan(out[0, 0]) and out[0, 1] == 0.25


def test_pictures_that_are_not_contiguous_are_read_as_they_are():
    own, other = pictures("uint8", (14, 18, 3))
    parts = own[::2, ::2], other[:7, :9][::-1]
    out = np.empty((7, 9, 3), np.uint8)
    blend(*parts, 0.3, (1, 2, 8, 6), out)
    assert np.array_equal(out, expected(*parts, 0.3, (1, 2, 8, 6), "HWC"))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "layout"), [((7, 9, 3), "HWC"), ((7, 9), "HWC"), ((4, 7, 9), "CHW")])
def test_an_overlay_is_the_other_as_far_as_it_covers(dtype, shape, layout):
    own, other = pictures(dtype, shape, 2)
    cover = np.clip(np.random.default_rng(0).uniform(-0.5, 1.5, (7, 9)), 0, 1).astype(np.float32)
    out = np.empty_like(own)
    overlay(own, other, cover, out, layout)
    share = cover[..., None] if len(shape) == 3 and layout == "HWC" else np.broadcast_to(cover, shape)
    share = np.broadcast_to(share, shape)
    assert np.array_equal(out[share == 0], own[share == 0]) and np.array_equal(out[share == 1], other[share == 1])
    wanted = own.astype(np.float32) * (1 - share) + other.astype(np.float32) * share
    if np.dtype(dtype).kind == "f":
        np.testing.assert_allclose(out, wanted, atol=4 * max(float(np.finfo(dtype).eps), 1e-7))
    else:
        assert (np.abs(out - np.rint(wanted.astype(np.float64))) <= 1).all()
        assert (out == np.rint(wanted)).mean() > 0.99
