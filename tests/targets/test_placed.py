"""Targets of coordinates: in which unit they come and go, and what can only be in another one."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from variegate.errors import InputError
from variegate.targets import Boxes, Keypoints, OrientedBoxes, Polygons, Targets
from variegate.targets.boxes import FORMATS

SIZE = (48, 64)
EDGES = np.array([[8.0, 4, 40, 28], [0, 0, 64, 48], [10.5, 3.25, 11, 47]])
ROWS = {
    "xyxy": lambda x, y, u, v: [x, y, u, v],
    "yxyx": lambda x, y, u, v: [y, x, v, u],
    "xywh": lambda x, y, u, v: [x, y, u - x, v - y],
    "cxcywh": lambda x, y, u, v: [(x + u) / 2, (y + v) / 2, u - x, v - y],
}
TURNED = np.array([[20.0, 10, 6, 4, 30], [40, 30, 9, 5, -60]])
POINTS = np.array([[[20.0, 10], [40, 30]], [[5, 6], [50, 44]]])
RINGS = [[POINTS[0], POINTS[1]], [POINTS[1]]]


def written(name, edges, size):
    """Boxes in a format, by plain arithmetic."""
    layout, fractions = FORMATS[name]
    height, width = size if fractions else (1, 1)
    return np.array([ROWS[layout](x / width, y / height, u / width, v / height) for x, y, u, v in edges.tolist()])


def flat(value):
    """All the numbers of a value."""
    if isinstance(value, np.ndarray):
        return value.ravel()
    return np.concatenate([np.empty(0), *map(flat, value)])


@pytest.mark.parametrize(("one", "other"), product(FORMATS, FORMATS))
def test_boxes_go_in_the_format_that_is_declared(one, other):
    """Of a picture of another size too: fractions are of the result's sides."""
    target = Boxes(one, out=other)
    leaf = target.read(written(one, EDGES, SIZE), SIZE, "boxes")
    for size in (SIZE, (100, 90)):
        got = target.write(replace(leaf, given=None), size)
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, written(other, EDGES, size), rtol=1e-6)
    np.testing.assert_allclose(target.write(leaf, SIZE), written(other, EDGES, SIZE), rtol=1e-6)


@pytest.mark.parametrize("one", FORMATS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_in_the_format_and_dtype_of_the_result_stay_bit_for_bit(one, dtype):
    rows = (written(one, EDGES, SIZE) * 0.7).astype(dtype)
    for target in (Boxes(one, dtype=dtype), Boxes(one, out=one, dtype=dtype)):
        out = target.write(target.read(rows, SIZE, "boxes"), SIZE)
        assert out.dtype == dtype and out.tobytes() == rows.tobytes()
    rounded = Boxes(one).write(Boxes(one).read(rows.astype(np.float64), SIZE, "boxes"), SIZE)
    assert rounded.tobytes() == rows.astype(np.float32).tobytes()


@pytest.mark.parametrize("value", [[[1 / 3, 0, 47, 64 - 1e-9]], np.array([[1 / 3, 0, 47, 64 - 1e-9]])])
def test_what_rounding_puts_beyond_the_edge_comes_back_within(value):
    target = Boxes()
    assert target.write(target.read(value, (64, 47), "boxes"), (64, 47)).max() == 64


@pytest.mark.parametrize(
    ("kind", "value", "columns"),
    [
        (OrientedBoxes, TURNED, (64, 48, 64, 48, 1)),
        (Keypoints, POINTS, (64, 48)),
        (Polygons, RINGS, (64, 48)),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_others_go_in_pixels_or_fractions(kind, value, columns, dtype):
    def scaled(by):
        return [[ring * by for ring in rings] for rings in value] if kind is Polygons else value * by

    pixels, parts = value, scaled(1 / np.array(columns, np.float64))
    to_fractions, to_pixels = kind(out="fractions", dtype=dtype), kind(normalised=True, out="pixels", dtype=dtype)
    for target, given_value, want in ((to_fractions, pixels, parts), (to_pixels, parts, pixels)):
        got = target.write(target.read(given_value, SIZE, "it"), SIZE)
        np.testing.assert_allclose(flat(got), flat(want), rtol=1e-6)
        assert {array.dtype.name for array in (got if kind is not Polygons else got[0])} == {dtype}
    for target in (kind(out="pixels", dtype=dtype), kind(dtype=dtype)):
        assert flat(target.write(target.read(pixels, SIZE, "it"), SIZE)).tolist() == flat(pixels).tolist()


@pytest.mark.parametrize(
    "target",
    [
        *(Boxes(one, out=other) for one, other in product(("coco", "yolo", "tfds"), (None, "xyxy", "rel_cxcywh"))),
        Boxes("coco", normalised=True, out="voc", min_area=3),
        Keypoints("xyv", normalised=True, out="pixels", swap=((0, 1),)),
        Polygons(flat=True, out="fractions"),
        OrientedBoxes(normalised=True, clockwise=True),
        Keypoints(group=None, dtype="float64"),
    ],
)
def test_back_reads_what_was_written_and_writes_what_was_read(target):
    back = target.back
    assert (back.fractions, back.fractions_out) == (target.fractions_out, target.fractions) or isinstance(target, Boxes)
    if isinstance(target, Boxes):
        assert (back.form, back.form_out) == (target.form_out, target.form)
    assert back.dtype == target.dtype and back.back.back == back
    assert repr(Targets(it=target).back) == f"Targets(it={back!r})"


BOXES = [[0.1, 0.2, 0.5, 0.6], [0.3, 0.3, 0.9, 1.0]]
ONE = [[0.25, 0.5], [0.75, 0.5]]


@pytest.mark.parametrize(
    ("target", "value", "told"),
    [
        (Boxes(), BOXES, "Boxes('rel_xyxy')"),
        (Boxes(), BOXES[:1], "Boxes('rel_xyxy')"),
        (Boxes("coco"), [[0.1, 0.2, 0.5, 0.6]], "Boxes('rel_xywh')"),
        (Boxes("coco"), [[0.8, 0.5, 0.5, 0.4]], "Boxes('rel_xywh')"),  # of YOLO: x + w is more than 1
        (Boxes("coco"), [[0.5, 0.5, 0.5, 0.5]], "Boxes('rel_xywh')"),
        (Boxes("cxcywh"), [[0.5, 0.5, 0.25, 0.5]], "Boxes('rel_cxcywh')"),
        (Boxes("cxcywh"), [[0.5, 0.5, 1, 1]], "Boxes('rel_cxcywh')"),
        (Boxes("cxcywh", clip=False), [[0.1, 0.5, 0.5, 0.4]], "Boxes('rel_cxcywh')"),
        (OrientedBoxes(), [[0.5, 0.5, 0.5, 0.5, 30]], "normalised=True"),
        (Boxes("yxyx", clip=False), BOXES, "Boxes('rel_yxyx')"),
        (Boxes("tfds", out="xyxy", normalised=None), None, None),
        (OrientedBoxes(), [[0.5, 0.5, 0.25, 0.5, 30]], "normalised=True"),
        (Keypoints("xyv"), [[[0.25, 0.5, 2], [0.75, 0.5, 2], [0, 0, 0]]], "normalised=True"),
        (Keypoints(group=None), ONE, "normalised=True"),
        (Polygons(), [[ONE]], "normalised=True"),
        (Polygons(flat=True, closed=False), [[[0.25, 0.5, 0.75, 0.5]], []], "normalised=True"),
    ],
)
def test_fractions_in_a_format_of_pixels_are_refused(target, value, told):
    if told is None:  # which is a format of fractions
        assert Targets(it=target).read({"it": BOXES}, SIZE)
        return
    with pytest.raises(
        InputError, match=r"^it is declared in pixels, and all of it lies within 0\.\.1 of a picture of "
    ) as problem:
        Targets(it=target).read({"it": value}, SIZE)
    assert str(problem.value).endswith(f"; declare {told}, or, if these are pixels, normalised=False")
    meant = replace(target, normalised=False)
    assert Targets(it=meant).read({"it": value}, SIZE)["it"].count
    assert Targets(it=target).read({"it": value}, SIZE, doubt=False)["it"].count


def test_the_error_tells_the_picture_and_the_first_place():
    with pytest.raises(InputError) as problem:
        Targets(boxes=Boxes("coco")).read({"boxes": [[0.1, 0.25, 0.5, 0.5]]}, (48, 64))
    assert str(problem.value) == (
        "boxes is declared in pixels, and all of it lies within 0..1 of a picture of 64 x 48 px (width x height), as "
        "fractions do: the first at (0.1, 0.25); declare Boxes('rel_xywh'), or, if these are pixels, normalised=False"
    )
    with pytest.raises(InputError) as problem:
        Targets(points=Keypoints(normalised=True, group=None)).read({"points": [[320.0, 240]]}, (480, 640))
    assert str(problem.value) == (
        "points is declared in fractions of the picture's sides, and all of it lies more than a picture away from it, "
        "as pixels do: the first at (320, 240); declare normalised=False"
    )


@pytest.mark.parametrize(
    ("target", "value", "size"),
    [
        (Boxes(), [[0, 0, 1, 1]], SIZE),  # the first pixel
        (Boxes("xywh"), [[0, 0, 1, 1], [0, 0, 0, 1]], SIZE),
        (Boxes("xywh"), [[0.25, 0.5, 1.5, 0.5]], SIZE),
        (OrientedBoxes(), [[0.5, 0.5, 0, 0, 0]], SIZE),
        (Boxes(), [[0.5, 0.5, 0.5, 0.5]], SIZE),  # no extent
        (Boxes(), [[0.1, 0.2, 0.5, 0.6], [3, 3, 3.5, 3.25]], SIZE),  # small, and elsewhere
        (Boxes(), [[0.1, 0.2, 0.5, 0.6]], (15, 640)),  # of a small picture
        (Boxes(), [[0.1, 0.2, 1.5, 0.6]], SIZE),
        (Boxes(), [[7.1, 4.2, 7.5, 4.6]], SIZE),
        (Boxes(clip=False), [[-0.1, 0.2, 0.5, 0.6]], SIZE),
        (Boxes(), [], SIZE),
        (Keypoints(group=None), [[0.5, 0.5]], SIZE),  # the centre of the first pixel
        (Keypoints(group=None), [[0.5, 0.5], [0.5, 0.5]], SIZE),
        (Keypoints("xyv"), [[[0, 0, 0], [0, 0, 0]]], SIZE),
        (Keypoints("xyv"), [[[0.25, 0.5, 2], [9, 9, 2]]], SIZE),
        (Polygons(), [[], []], SIZE),
        (Polygons(), [[[[0, 0], [1, 0], [1, 1]]]], SIZE),
        (Polygons(normalised=True), [[[[0.5, 0.5], [300, 2]]]], SIZE),
        (Keypoints(normalised=True, group=None), [[1.9, -0.9]], SIZE),
        (Boxes("yolo", clip=False), [[1.9, 0.5, 0.5, 0.5]], SIZE),
    ],
)
def test_what_may_be_pixels_is_taken(target, value, size):
    assert Targets(it=target).read({"it": value}, size).keys() == {"it"}


@pytest.mark.parametrize(
    ("target", "value"),
    [
        (Boxes("yolo", clip=False), [[320, 240, 64, 48]]),
        (Boxes("yolo", clip=False), [[320, 240, 1, 1]]),
        (OrientedBoxes(normalised=True), [[320, 240, 1, 1, 0.5]]),
        (OrientedBoxes(normalised=True), [[320, 240, 64, 48, 0.5]]),
        (Keypoints("xyv", normalised=True), [[[0, 0, 0], [120, 40, 2]]]),
        (Polygons(normalised=True), [[[[50, 40], [80, 40], [80, 60]]]]),
    ],
)
def test_pixels_in_a_unit_of_fractions_are_refused(target, value):
    with pytest.raises(
        InputError, match=r"^it is declared in fractions of the picture's sides, and all of it lies more"
    ):
        Targets(it=target).read({"it": value}, (480, 640))
    assert Targets(it=target).read({"it": value}, (480, 640), doubt=False)


@pytest.mark.parametrize(
    ("form", "row", "told"),
    [
        ("yolo", (50, 50, 20, 20), "'cxcywh'"),
        ("tfds", (20, 50, 60, 80), "'yxyx'"),
        ("rel_xywh", (50, 20, 20, 20), "'xywh'"),
        ("rel_xyxy", (50, 20, 60, 80), "'xyxy'"),
    ],
)
def test_pixels_in_a_format_of_fractions_are_told_as_such_before_they_are_told_as_outside(form, row, told):
    first = row[1::-1] if form == "tfds" else row[:2]
    with pytest.raises(InputError) as problem:
        Targets(boxes=Boxes(form)).read({"boxes": [row]}, (100, 200))
    assert str(problem.value) == (
        "boxes is declared in fractions of the picture's sides, and all of it lies more than a picture away from it, "
        f"as pixels do: the first at ({first[0]}, {first[1]}); declare Boxes({told})"
    )
    near = [0.9, 0.9, 1.1, 1.1]  # which is outside, and no pixels
    with pytest.raises(InputError, match=r"outside of the picture"):
        Targets(boxes=Boxes(form)).read({"boxes": [near]}, (100, 200))


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(0, 2**31))
def test_boxes_anywhere_in_a_picture_are_never_taken_for_fractions(height, width, seed):
    """But where all of them lie in its first pixel."""
    rng = np.random.default_rng(seed)
    ends = np.sort(rng.uniform(0, 1, (3, 2, 2)), axis=1) * (width, height)
    boxes = ends.reshape(-1, 4)
    if min(height, width) < 16 or boxes.max() > 1:
        assert Targets(boxes=Boxes()).read({"boxes": boxes}, (height, width))["boxes"].count == 3


@pytest.mark.parametrize(
    ("target", "value", "message"),
    [
        (
            Boxes(clip=False),
            [[0, 0, 1e39, 1]],
            r"^it\[0\] = \(0, 0, 1e\+39, 1\) \(xyxy, pixels\) holds a number that is too large",
        ),
        (Keypoints(), [[[0, 1e39]]], r"holds a number that is too large for float32; "),
        (Polygons(), [[[[0, 1e39]]]], r"holds a number that is too large for float32; "),
        (OrientedBoxes(), [[0, 1e39, 1, 1, 0]], r"holds a number that is too large for float32; "),
    ],
)
def test_what_float32_cannot_hold_is_refused(target, value, message):
    with pytest.raises(InputError, match=message):
        target.read(value, SIZE, "it")
    assert replace(target, dtype="float64").read(value, SIZE, "it").count == 1
