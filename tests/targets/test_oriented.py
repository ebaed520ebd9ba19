"""OrientedBoxes: any unit and sense of the angle; unmoved rows bit for bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from variegate.errors import FieldError, InputError
from variegate.targets import OrientedBoxes, OrientedLeaf

SIZE = (50, 100)
targets = st.builds(
    OrientedBoxes,
    normalised=st.booleans(),
    angle=st.sampled_from(["degrees", "radians"]),
    clockwise=st.booleans(),
    dtype=st.sampled_from(["float32", "float64"]),
)
rows_of = arrays(np.float32, st.tuples(st.integers(0, 4), st.just(5)), elements=st.floats(0, 2**20, width=32))


@settings(deadline=None)
@given(rows_of, targets)
def test_unmoved_rows_come_back_bit_for_bit(rows, target):
    rows = rows.astype(target.dtype)
    leaf = target.read(rows, SIZE, "ships")
    out = target.write(leaf, SIZE)
    assert out.dtype == rows.dtype and out.tobytes() == rows.tobytes()
    assert not np.shares_memory(out, rows) and not np.shares_memory(out, leaf.given)


@settings(deadline=None)
@given(targets, st.floats(-1000, 1000))
def test_a_moved_angle_is_the_same_direction_within_half_a_turn(target, angle):
    leaf, dtype = OrientedLeaf(np.array([[10.0, 20, 30, 40, angle]])), np.dtype(target.dtype).type
    out = target.write(leaf, SIZE)
    end = dtype(90 if target.angle == "degrees" else np.pi / 2)
    assert out.dtype == dtype and -end <= out[0, 4] < end and leaf.rows[0, 4] == angle
    again = target.read(out, SIZE, "ships").rows
    assert np.allclose(again[0, :4], leaf.rows[0, :4], rtol=1e-6)
    turned = (again[0, 4] - angle) / 180
    assert abs(turned - round(turned)) < 1e-6


@pytest.mark.parametrize("angle", ["degrees", "radians"])
@pytest.mark.parametrize("clockwise", [False, True])
def test_the_end_of_the_half_turn_is_not_included(angle, clockwise):
    """Also where only the rounding to float32 reaches it."""
    end = np.float32(90 if angle == "degrees" else np.pi / 2)
    for turn in (90, 90 - 1e-12, -90 + 1e-12):
        leaf = OrientedLeaf(np.array([[10.0, 20, 30, 40, turn]]))
        assert OrientedBoxes(angle=angle, clockwise=clockwise).write(leaf, SIZE)[0, 4] == -end


@pytest.mark.parametrize("angle", [0.0, -90, 45, 89.75, -0.25])
@pytest.mark.parametrize("clockwise", [False, True])
def test_whole_degrees_stay_exact(angle, clockwise):
    target = OrientedBoxes(clockwise=clockwise)
    rows = np.array([[10.0, 20, 30, 40, angle]])
    leaf = replace(target.read(rows, SIZE, "ships"), given=None)
    for turn in (0, 180, -180, 360):
        turned = replace(leaf, rows=leaf.rows + np.array([0, 0, 0, 0, turn]))
        assert np.array_equal(target.write(turned, SIZE), rows)


@pytest.mark.parametrize(
    ("target", "row"),
    [
        (OrientedBoxes(), [40, 30, 20, 10, 30]),
        (OrientedBoxes(clockwise=True), [40, 30, 20, 10, -30]),
        (OrientedBoxes(angle="radians"), [40, 30, 20, 10, np.pi / 6]),
        (OrientedBoxes(angle="radians", clockwise=True), [40, 30, 20, 10, -np.pi / 6]),
        (OrientedBoxes(normalised=True), [0.4, 0.6, 0.2, 0.2, 30]),
    ],
)
def test_every_format_says_the_same_box(target, row):
    leaf = target.read([row], SIZE, "ships")
    assert np.allclose(leaf.rows, [[40, 30, 20, 10, 30]], rtol=0, atol=1e-13)
    written = replace(target, dtype="float64").write(replace(leaf, given=None), SIZE)
    assert np.allclose(written, [row], rtol=0, atol=1e-14)


@pytest.mark.parametrize("value", [[], np.zeros((0, 5), np.float32), np.zeros(0)])
def test_no_boxes_are_five_columns_of_none(value):
    leaf = OrientedBoxes().read(value, SIZE, "ships")
    assert leaf.count == 0 and OrientedBoxes().write(replace(leaf, given=None), SIZE).shape == (0, 5)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1, 2, 3, 4]], r"^ships is \(N, 5\) numbers, cx, cy, w, h, angle an instance; got \(1, 4\)$"),
        ([1, 2, 3, 4, 5], r"an instance; got \(5,\)$"),
        (None, r"^ships is \(N, 5\) .* an instance, as an array or a list; got NoneType$"),
        (
            [[1, 2, 3, 4, 5], [1, 2, 3, 4, np.nan]],
            r"^ships\[1\] = \(1, 2, 3, 4, nan\) \(cx, cy, w, h, angle\) holds a number that is not finite; fix the "
            r"annotation$",
        ),
        (
            [[1, 2, 3, 4, 5], [1, 2, 3, -4, 0.5]],
            r"^ships\[1\] = \(1, 2, 3, -4, 0\.5\) \(cx, cy, w, h, angle\) has a negative side; fix the annotation$",
        ),
    ],
)
def test_errors_of_values(value, message):
    with pytest.raises(InputError, match=message):
        OrientedBoxes().read(value, SIZE, "ships")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"angle": "turns"}, r"^OrientedBoxes\.angle is one of 'degrees', 'radians'; got 'turns'$"),
        ({"clockwise": "yes"}, r"^OrientedBoxes\.clockwise is True or False, got 'yes'$"),
        ({"normalised": 0}, r"^OrientedBoxes\.normalised is True or False, got 0$"),
        ({"out": "xyxy"}, r"^OrientedBoxes\.out is one of 'pixels', 'fractions'; got 'xyxy'$"),
        ({"dtype": "int32"}, r"^OrientedBoxes\.dtype is one of 'float32', 'float64'; got 'int32'$"),
    ],
)
def test_errors_of_fields(fields, message):
    with pytest.raises(FieldError, match=message):
        OrientedBoxes(**fields)
