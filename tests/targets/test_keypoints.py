"""Keypoints: columns in any order, points of instances or of the picture; unmoved rows bit for bit."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from variegate.errors import FieldError, InputError
from variegate.targets import Keypoints

SIZE = (50, 100)
COLUMNS = ["".join(order) for more in ("", "v", "s", "a", "vs", "vsa") for order in permutations("xy" + more)]
dtypes = st.sampled_from(["float32", "float64"])
numbers = st.floats(-(2.0**20), 2.0**20, width=32)


@settings(deadline=None)
@given(st.data(), st.sampled_from(COLUMNS), st.booleans(), st.booleans(), dtypes)
def test_unmoved_rows_come_back_bit_for_bit(data, columns, normalised, grouped, dtype):
    target = Keypoints(columns, normalised=normalised, group="faces" if grouped else None, dtype=dtype)
    shape = ((3,) if grouped else ()) + (2, len(columns))
    rows = data.draw(arrays(dtype, shape, elements=numbers))
    leaf = target.read(rows, SIZE, "faces")
    out = target.write(leaf, SIZE)
    assert out.dtype == dtype and out.shape == shape and out.tobytes() == rows.tobytes()
    assert not np.shares_memory(out, rows) and not np.shares_memory(out, leaf.given)


@settings(deadline=None)
@given(st.data(), st.sampled_from(COLUMNS), st.booleans(), st.booleans(), dtypes)
def test_columns_keep_their_order(data, columns, normalised, radians, dtype):
    target = Keypoints(columns, normalised=normalised, radians=radians, dtype=dtype)
    rows = data.draw(arrays(dtype, (2, 3, len(columns)), elements=numbers))
    out = target.write(replace(target.read(rows, SIZE, "faces"), given=None), SIZE)
    assert out.dtype == dtype and np.allclose(out, rows, rtol=1e-6, atol=0)


def test_each_letter_is_its_column():
    rows = np.array([[[2.0, 30, 0.25, 7, 0.5]]])
    leaf = Keypoints("vaxsy").read(rows, SIZE, "faces")
    assert leaf.xy.tolist() == [[[0.25, 0.5]]] and leaf.visible == 2 and leaf.angle == 30 and leaf.scale == 7
    leaf = Keypoints("vaxsy", normalised=True, radians=True).read(rows, SIZE, "faces")
    assert leaf.xy.tolist() == [[[25, 25]]] and leaf.scale == 7 and leaf.angle == pytest.approx(np.degrees(30))
    leaf = Keypoints().read(rows[..., :2], SIZE, "faces")
    assert leaf.visible is leaf.scale is leaf.angle is None


@given(st.floats(0, 50), st.floats(0, 100), dtypes)
def test_fractions_of_what_lies_in_the_picture_are_in_range(y, x, dtype):
    target = Keypoints(normalised=True, dtype=dtype)
    leaf = target.read(np.zeros((1, 1, 2), dtype), SIZE, "faces")
    out = target.write(replace(leaf, xy=np.array([[[x, y]]]), given=None), SIZE)
    assert (out >= 0).all() and (out <= 1).all() and out.dtype == dtype


def test_points_of_the_picture_are_one_row():
    target = Keypoints(group=None)
    leaf = target.read([[1, 2], [3, 4], [5, 6]], SIZE, "stars")
    assert leaf.xy.shape == (1, 3, 2)
    assert target.write(leaf, SIZE).tolist() == [[1, 2], [3, 4], [5, 6]]
    assert target.write(replace(leaf, given=None), SIZE).shape == (3, 2)


def test_a_point_may_lie_outside():
    leaf = Keypoints().read([[[-5, 200]]], SIZE, "faces")
    assert Keypoints().write(leaf, SIZE).tolist() == [[[-5, 200]]]


@pytest.mark.parametrize("value", [[], np.zeros(0), np.zeros((0, 17, 3)), np.zeros((0, 0, 3))])
def test_no_instances(value):
    target = Keypoints("xyv", swap=((1, 2),))
    leaf = target.read(value, SIZE, "faces")
    assert leaf.count == 0 and target.write(replace(leaf, given=None), SIZE).shape == leaf.given.shape
    assert leaf.given.shape[::2] == (0, 3)


def test_no_points_of_the_picture():
    target = Keypoints("xyv", group=None)
    assert target.write(target.read([], SIZE, "stars"), SIZE).shape == (0, 3)


def test_pairs_are_plain_tuples():
    assert Keypoints(swap=[[np.int64(1), 2]]).swap == ((1, 2),)
    assert hash(Keypoints(swap=[[1, 2]])) == hash(Keypoints(swap=((1, 2),)))


@pytest.mark.parametrize(
    ("target", "value", "message"),
    [
        (
            Keypoints("xyv"),
            np.zeros((2, 51)),
            r"^faces is \(N, K, 3\) numbers, x, y, v a point; got \(2, 51\); reshape\(-1, K, 3\) makes points of a "
            r"flat "
            r"list$",
        ),
        (
            Keypoints(),
            np.zeros((4, 2)),
            r"^faces is \(N, K, 2\) numbers, x, y a point; got \(4, 2\); points that belong to no instance are "
            r"declared "
            r"with group=None$",
        ),
        (Keypoints(), np.zeros((1, 4, 3)), r"^faces is \(N, K, 2\) numbers, x, y a point; got \(1, 4, 3\)$"),
        (Keypoints(), np.zeros((0, 4, 3)), r"got \(0, 4, 3\)$"),
        (Keypoints(group=None), np.zeros((1, 4, 2)), r"^faces is \(K, 2\) numbers, x, y a point; got \(1, 4, 2\)$"),
        (Keypoints(), [[[1, 2], [3, 4]], [[1, 2]]], r"^faces is .* a point, got rows of different lengths$"),
        (Keypoints(), "abc", r"^faces is .* a point, as an array or a list; got str$"),
        (
            Keypoints("xyv"),
            [[[1, 2, 2]] * 2, [[1, 2, 2], [np.nan, 2, 0]]],
            r"^faces\[1\]\[1\] = \(nan, 2, 0\) holds a number that is not finite; a point that nobody placed is \(0, "
            r"0\) "
            r"with v = 0$",
        ),
        (Keypoints(group=None), [[1, 2], [4, np.inf]], r"^faces\[1\] = \(4, inf\) holds a number that is not finite;"),
        (
            Keypoints(swap=((1, 2),)),
            [[[1, 2], [3, 4]]],
            r"^faces has 2 points an instance, and swap names point 2 \(the first is 0\)$",
        ),
    ],
)
def test_errors_of_values(target, value, message):
    with pytest.raises(InputError, match=message):
        target.read(value, SIZE, "faces")


@pytest.mark.parametrize("columns", ["x", "yv", "xyz", "xyx", "", 3, None, ["x", "y"]])
def test_columns_are_letters(columns):
    with pytest.raises(
        FieldError,
        match=r"^Keypoints\.columns is the letters x and y, and v, s, a where there are such columns, each once, in "
        r"the "
        r"order of the columns; got ",
    ):
        Keypoints(columns)


@pytest.mark.parametrize("swap", [3, (1, 2), ((1, 2, 3),), ((1,),), (("a", "b"),), ((1.0, 2.0),), None])
def test_swap_is_pairs(swap):
    with pytest.raises(
        FieldError, match=r"^Keypoints\.swap is pairs of places along K, such as \(\(1, 2\), \(3, 4\)\); got "
    ):
        Keypoints(swap=swap)


@pytest.mark.parametrize("swap", [((1, 1),), ((1, 2), (2, 3)), ((-1, 2),)])
def test_swap_names_each_place_once(swap):
    with pytest.raises(FieldError, match=r"^Keypoints\.swap names each place once, from 0; got "):
        Keypoints(swap=swap)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"normalised": 1}, r"^Keypoints\.normalised is True or False, got 1$"),
        ({"radians": "no"}, r"^Keypoints\.radians is True or False, got 'no'$"),
        ({"group": ""}, r"^Keypoints\.group is a text that is not empty, or None; got ''$"),
        ({"group": 3}, r"^Keypoints\.group is a text that is not empty, or None; got 3$"),
    ],
)
def test_errors_of_fields(fields, message):
    with pytest.raises(FieldError, match=message):
        Keypoints(**fields)
