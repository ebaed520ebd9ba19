"""Boxes: read and written bit for bit, and never out of range as the user's own arithmetic finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from variegate.errors import FieldError, InputError
from variegate.targets import Boxes, BoxLeaf

LAYOUTS = ("xyxy", "yxyx", "xywh", "cxcywh")
dtypes = st.sampled_from(["float32", "float64"])
targets = st.builds(Boxes, st.sampled_from(LAYOUTS), normalised=st.booleans(), dtype=dtypes)
sides = st.one_of(st.integers(1, 4), st.integers(5, 5000), st.sampled_from([65535, 2**23 + 1, 2**24 + 1, 2**24 + 3]))
sizes = st.tuples(sides, sides)


@st.composite
def places(draw, side):
    """A coordinate in a picture of this side: anywhere, on its border, or a hair or a grid's step from there."""
    low, high = np.float64(0), np.float64(side)
    kind = draw(st.sampled_from(["any", "border", "hair", "grid", "third"]))
    if kind == "any":
        return draw(st.floats(0, side))
    if kind == "border":
        return draw(st.sampled_from([low, high]))
    if kind == "hair":
        return draw(st.sampled_from([np.nextafter(low, 1), np.nextafter(high, 0), high * (1 - 2**-24), high * 2**-24]))
    step = 10.0 if kind == "grid" else 3.0
    return np.float64(min(side, draw(st.integers(0, int(side * step))) / step))


@st.composite
def edges_on(draw, size):
    """A few boxes in a picture, as float64 edges."""
    rows = []
    for _ in range(draw(st.integers(1, 4))):
        x, y = (sorted([draw(places(side)), draw(places(side))]) for side in size[::-1])
        rows.append([x[0], y[0], x[1], y[1]])
    return np.array(rows, np.float64)


def reaches(row, layout, two):
    """What a user finds a box's edges to be, in the arithmetic of these numbers: x0, y0, x1, y1."""
    a, b, c, d = row
    if layout in ("xyxy", "yxyx"):
        return (a, b, c, d) if layout == "xyxy" else (b, a, d, c)
    return (a, b, a + c, b + d) if layout == "xywh" else (a - c / two, b - d / two, a + c / two, b + d / two)


def in_range(rows, target, size, in_python=True):
    """Whether boxes are in range, in their own dtype and in Python's floats."""
    height, width = (1, 1) if target.fractions else size
    for row in [*rows, *(rows.tolist() if in_python else ())]:
        x0, y0, x1, y1 = reaches(row, target.layout, type(row[0])(2))
        assert type(x1) is type(row[0])
        if min(x0, y0) < 0 or x1 > width or y1 > height or float(x1) > width or float(y1) > height:
            return False
    return bool((rows >= 0).all())


def truth(edges, target, size):
    """The edges in the declared unit and layout, in plain float64."""
    height, width = size if target.fractions else (1, 1)
    x0, y0, x1, y1 = (edges / (width, height, width, height)).T
    if target.layout in ("xyxy", "yxyx"):
        return np.stack([x0, y0, x1, y1] if target.layout == "xyxy" else [y0, x0, y1, x1], axis=1)
    place = (x0, y0) if target.layout == "xywh" else ((x0 + x1) / 2, (y0 + y1) / 2)
    return np.stack([*place, x1 - x0, y1 - y0], axis=1)


@settings(max_examples=400, deadline=None)
@given(st.data(), targets, sizes)
def test_what_lies_in_the_picture_is_written_in_range(data, target, size):
    edges, dtype = data.draw(edges_on(size)), target.dtype
    rows = target.write(BoxLeaf(edges), size)
    assert rows.dtype == dtype and rows.shape == edges.shape
    assert in_range(rows, target, size)
    far = 1 if target.fractions else max(size)
    assert np.allclose(rows, truth(edges, target, size), rtol=0, atol=4 * np.finfo(dtype).eps * far)


@settings(max_examples=200, deadline=None)
@given(st.data(), targets, sizes)
def test_what_was_written_is_read_and_written_bit_for_bit(data, target, size):
    edges, dtype = data.draw(edges_on(size)), target.dtype
    rows = target.write(BoxLeaf(edges), size)
    leaf = target.read(rows, size, "boxes")
    assert target.write(leaf, size).tobytes() == rows.tobytes() and target.write(leaf, size).dtype == dtype
    unit = size[::-1] * 2
    assert (leaf.xyxy >= 0).all() and (leaf.xyxy <= unit).all()
    assert np.allclose(leaf.xyxy, edges, rtol=0, atol=8 * np.finfo(dtype).eps * max(size))


@settings(max_examples=400, deadline=None)
@given(st.data(), targets, st.tuples(st.integers(1, 5000), st.integers(1, 5000)))
def test_what_the_user_finds_in_range_comes_back_bit_for_bit(data, target, size):
    """Whatever way the numbers were rounded before, such as to six decimals of a text."""
    edges, dtype = data.draw(edges_on(size)), np.dtype(target.dtype).type
    rows = np.round(truth(edges, target, size), data.draw(st.sampled_from([3, 6, 20]))).astype(dtype)
    rows[rows == 0] = 0
    height, width = (1, 1) if target.fractions else size
    found = np.array([reaches(row, target.layout, dtype(2)) for row in rows])
    assume((found >= 0).all() and (found <= (width, height, width, height)).all())
    assume((rows[:, 2:] >= (rows[:, :2] if target.layout in ("xyxy", "yxyx") else 0)).all())
    assert target.write(target.read(rows, size, "boxes"), size).tobytes() == rows.tobytes()


@settings(max_examples=200, deadline=None)
@given(st.data(), targets, st.tuples(st.integers(1, 5000), st.integers(1, 5000)))
def test_a_box_outside_by_no_more_than_epsilon_is_clipped(data, target, size):
    edges = data.draw(edges_on(size))
    edges += np.array(data.draw(st.tuples(*[st.floats(0, 0.008)] * 4))) * (-1, -1, 1, 1)
    rows = truth(edges, target, size).astype(target.dtype)
    leaf = target.read(rows, size, "boxes")
    assert (leaf.xyxy >= 0).all() and (leaf.xyxy <= size[::-1] * 2).all()
    assert in_range(target.write(leaf, size), target, size, in_python=False)
    assert np.allclose(leaf.xyxy, edges, rtol=0, atol=0.0105)


def test_the_box_of_the_issue():
    """cx + w / 2 of these float32 is above 1 in float64: never an error, and in range once moved."""
    rows = np.array([[0.6, 0.5, 0.8, 1.0]], np.float32)
    target = Boxes("yolo")
    leaf = target.read(rows, (427, 640), "boxes")
    assert leaf.xyxy[0, 2] == 640 and leaf.xyxy[0, 1] == 0 and leaf.xyxy[0, 3] == 427
    assert target.write(leaf, (427, 640)).tobytes() == rows.tobytes()
    assert in_range(target.write(replace(leaf, given=None), (427, 640)), target, (427, 640))


@pytest.mark.parametrize(
    ("target", "row"),
    [
        (Boxes(), [20, 10, 60, 50]),
        (Boxes("voc"), [20, 10, 60, 50]),
        (Boxes("yxyx"), [10, 20, 50, 60]),
        (Boxes("rel_yxyx"), [0.2, 0.2, 1, 0.6]),
        (Boxes("tfds"), [0.2, 0.2, 1, 0.6]),
        (Boxes("rel_xyxy"), [0.2, 0.2, 0.6, 1]),
        (Boxes("rel_xywh"), [0.2, 0.2, 0.4, 0.8]),
        (Boxes("rel_cxcywh"), [0.4, 0.6, 0.4, 0.8]),
        (Boxes("xywh"), [20, 10, 40, 40]),
        (Boxes("coco"), [20, 10, 40, 40]),
        (Boxes("cxcywh"), [40, 30, 40, 40]),
        (Boxes("yolo"), [0.4, 0.6, 0.4, 0.8]),
        (Boxes("yolo", normalised=False), [40, 30, 40, 40]),
        (Boxes("coco", normalised=True), [0.2, 0.2, 0.4, 0.8]),
        (Boxes(normalised=True), [0.2, 0.2, 0.6, 1.0]),
    ],
)
def test_every_format_says_the_same_box(target, row):
    size = (50, 100)
    leaf = target.read([row], size, "boxes")
    assert np.allclose(leaf.xyxy, [[20, 10, 60, 50]], rtol=0, atol=1e-12)
    written = replace(target, dtype="float64").write(BoxLeaf(np.array([[20.0, 10, 60, 50]])), size)
    assert np.allclose(written, [row], rtol=0, atol=1e-15)


@pytest.mark.parametrize("value", [[], (), np.zeros((0, 4), np.float32), np.zeros(0)])
def test_no_boxes_are_four_columns_of_none(value):
    leaf = Boxes().read(value, (4, 4), "boxes")
    assert leaf.count == 0 and leaf.xyxy.shape == (0, 4)
    assert Boxes().write(leaf, (4, 4)).shape == (0, 4) == Boxes().write(replace(leaf, given=None), (4, 4)).shape


@pytest.mark.parametrize(
    "value",
    [
        [[1, 2, 3, 4]],
        ([1, 2, 3, 4],),
        np.array([[1, 2, 3, 4]], np.uint8),
        np.array([[1, 2, 3, 4]], np.float16),
        np.array([[1, 2, 3, 4]], np.float32),
        np.array([[1, 2, 3, 4]], ">f8"),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_come_back_as_the_floats_that_are_declared(value, dtype):
    target = Boxes() if dtype == "float32" else Boxes(dtype=dtype)
    leaf = target.read(value, (9, 9), "boxes")
    for out in (target.write(leaf, (9, 9)), target.write(replace(leaf, given=None), (9, 9))):
        assert out.dtype == dtype and out.tolist() == [[1, 2, 3, 4]]


@pytest.mark.parametrize("target", [Boxes("coco"), Boxes("xyxy")])
def test_no_memory_is_shared(target):
    rows = np.array([[1.0, 2, 3, 4]])
    leaf = target.read(rows, (9, 9), "boxes")
    out = target.write(leaf, (9, 9))
    rows[:] = out[:] = 0
    assert target.write(leaf, (9, 9)).tolist() == [[1, 2, 3, 4]]
    assert leaf.xyxy[0, :2].tolist() == [1, 2] and leaf.given is not leaf.xyxy


def test_a_box_without_area_is_taken():
    for row in ([3, 3, 3, 5], [3, 3, 3, 3], [9, 9, 9, 9]):
        assert Boxes().read([row], (9, 9), "boxes").xyxy.tolist() == [row]


def test_without_clip_boxes_may_be_anywhere():
    target = Boxes("coco", clip=False, dtype="float64")
    leaf = target.read([[-5, 2, 30, 4.1], [0, 0, 9, 9]], (9, 9), "boxes")
    assert leaf.xyxy[0].tolist() == [-5, 2, 25, 6.1]
    moved = replace(leaf, given=None)
    assert target.write(leaf, (9, 9)).tolist() == [[-5, 2, 30, 4.1], [0, 0, 9, 9]]
    assert np.allclose(target.write(moved, (9, 9)), [[-5, 2, 30, 4.1], [0, 0, 9, 9]], rtol=0, atol=1e-15)


@settings(max_examples=100, deadline=None)
@given(st.data(), sizes, dtypes, st.sampled_from(LAYOUTS), st.booleans())
def test_without_clip_boxes_in_the_picture_are_written_in_range_too(data, size, dtype, layout, normalised):
    target = Boxes(layout, normalised=normalised, clip=False, dtype=dtype)
    edges = data.draw(edges_on(size))
    with_one_outside = np.concatenate([edges, [[-1.0, 0, 1, 1]]])
    rows = target.write(BoxLeaf(with_one_outside), size)
    assert in_range(rows[:-1], target, size) and rows[-1, 0] < 0.5


def test_with_clip_a_leaf_outside_is_written_clipped():
    rows = Boxes("coco").write(BoxLeaf(np.array([[-5.0, 2, 3, 30]])), (9, 9))
    assert rows.tolist() == [[0, 2, 3, 7]]


@pytest.mark.parametrize(
    ("target", "value", "message"),
    [
        (
            Boxes("yolo"),
            [[0.5, 0.5, 1, 1]] * 3 + [[0.9, 0.1, 0.4, 0.2]],
            r"^boxes\[3\] = \(0\.9, 0\.1, 0\.4, 0\.2\) \(cxcywh, normalised\) reaches x 1\.1 of 1: 64 px outside of "
            r"the "
            r"picture of 640 x 480 px \(width x height\)\. Fix the annotation, allow for it with epsilon= \(now "
            r"0\.01 px\), "
            r"or keep what is outside with clip=False$",
        ),
        (Boxes("coco"), [[600, 2, 41.5, 3]], r"\(xywh, pixels\) reaches x 641\.5 of 640: 1\.5 px outside of"),
        (Boxes("coco"), [[1, 470, 2, 10.02]], r"reaches y 480\.02 of 480: 0\.02 px outside of"),
        (Boxes(), [[-0.02, 0, 5, 5]], r"begins at x -0\.02, before 0: 0\.02 px outside of"),
        (Boxes(), [[0, -3, 5, 5]], r"\(xyxy, pixels\) begins at y -3, before 0: 3 px outside of"),
        (Boxes(epsilon=5), [[0, -3, 646, 5]], r"6 px outside of .* epsilon= \(now 5 px\)"),
        (
            Boxes("yolo"),
            [[320, 240, 64, 48]],
            r"^boxes is declared in fractions .* the first at \(320, 240\); declare Boxes\('cxcywh'\)$",
        ),
        (
            Boxes(),
            [[5, 6, 4, 9]],
            r"^boxes\[0\] = \(5, 6, 4, 9\) \(xyxy, pixels\) has a negative side; fix the annotation, or declare "
            r"another "
            r"format than 'xyxy'$",
        ),
        (
            Boxes("coco"),
            [[1, 1, 1, 1], [5, 6, 4, -1]],
            r"^boxes\[1\] = \(5, 6, 4, -1\) \(xywh, pixels\) has a negative",
        ),
        (
            Boxes("yolo", clip=False),
            [[5, 6, -4, 1]],
            r"^boxes\[0\] = \(5, 6, -4, 1\) \(cxcywh, normalised\) has a negative",
        ),
        (
            Boxes(),
            [[1, 2, 3, 4], [5, 6, float("nan"), 9]],
            r"^boxes\[1\] = \(5, 6, nan, 9\) \(xyxy, pixels\) holds a number that is not finite; fix the annotation$",
        ),
        (Boxes(clip=False), [[1, 2, float("inf"), 4]], r"^boxes\[0\] = \(1, 2, inf, 4\) .* is not finite"),
        (Boxes("coco"), [1, 2, 3, 4], r"^boxes is \(N, 4\) numbers, x, y, w, h an instance; got \(4,\)$"),
        (
            Boxes(),
            np.zeros((2, 5)),
            r"^boxes is \(N, 4\) numbers, x0, y0, x1, y1 an instance; got \(2, 5\); what an instance has beside its "
            r"box is "
            r"a field of its own, PerInstance\(\)$",
        ),
        (Boxes("yolo"), np.zeros((0, 5)), r"cx, cy, w, h an instance; got \(0, 5\)"),
        (Boxes(), [[1, 2, 3, 4], [1, 2]], r"^boxes is .* an instance, got rows of different lengths$"),
        (Boxes(), [["a", "b", "c", "d"]], r"^boxes is .* an instance, got <U1 \(1, 4\)$"),
        (Boxes(), np.ones((1, 4), bool), r"an instance, got bool \(1, 4\)$"),
        (Boxes(), None, r"^boxes is .* an instance, as an array or a list; got NoneType$"),
    ],
)
def test_errors_of_values(target, value, message):
    with pytest.raises(InputError, match=message):
        target.read(value, (480, 640), "boxes")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Boxes("xyyx"),
            r"^Boxes\.format is one of 'xyxy', 'yxyx', 'xywh', 'cxcywh', 'rel_xyxy', 'rel_yxyx', 'rel_xywh', "
            r"'rel_cxcywh', 'voc', 'coco', 'yolo', 'tfds'; got 'xyyx'$",
        ),
        (lambda: Boxes(out="xyyx"), r"^Boxes\.out is one of 'xyxy', .*; got 'xyyx'$"),
        (lambda: Boxes("pascal_voc"), r"^Boxes\.format 'pascal_voc' of other libraries is 'voc' here$"),
        (lambda: Boxes(out="albumentations"), r"^Boxes\.out 'albumentations' of other libraries is 'rel_xyxy' here$"),
        (
            lambda: Boxes("rel_yxyx", normalised=False),
            r"^Boxes\.normalised=False, but 'rel_yxyx' is fractions; write 'yxyx'$",
        ),
        (lambda: Boxes(dtype="float16"), r"^Boxes\.dtype is one of 'float32', 'float64'; got 'float16'$"),
        (lambda: Boxes(["coco"]), r"^Boxes\.format is one of .*; got \['coco'\]$"),
        (lambda: Boxes(shape="circle"), r"^Boxes\.shape is one of 'corners', 'ellipse'; got 'circle'$"),
        (lambda: Boxes(clip=1), r"^Boxes\.clip is True or False, got 1$"),
        (lambda: Boxes(normalised="yes"), r"^Boxes\.normalised is True or False, got 'yes'$"),
        (lambda: Boxes(epsilon=-1), r"^Boxes\.epsilon is at least 0, got -1$"),
        (lambda: Boxes(epsilon=None), r"^Boxes\.epsilon is a number, got None$"),
    ],
)
def test_errors_of_fields(make, message):
    with pytest.raises(FieldError, match=message):
        make()


def test_rounding_is_mended_on_the_side_that_it_passes():
    """A picture that is wider than high, and the other way round: y comes first."""
    for size, row in (((47, 64), [0, 1, 47.005, 40]), ((64, 47), [0, 1, 40, 47.005])):
        target = Boxes("yxyx")
        assert target.write(target.read([row], size, "boxes"), size).max() == 47
