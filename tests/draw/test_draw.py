"""draw: each label is where it lies, in the colour that it has everywhere; and what cannot be drawn is an error."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as Pillow

from variegate.draw import draw
from variegate.draw.palette import SLATE, WHITE, colour, mix
from variegate.errors import FieldError, InputError
from variegate.ops import HorizontalFlip
from variegate.pipeline import Compose
from variegate.targets import (
    Boxes,
    Image,
    Keypoints,
    Mask,
    OrientedBoxes,
    PerInstance,
    PerSample,
    Polygons,
    Targets,
)

BLACK = np.zeros((80, 100, 3), np.uint8)
TIMES = 6  # so many pixels has draw for one of BLACK


def pixels(sample: dict[str, Any], targets: Any, **options: Any) -> NDArray[np.uint8]:
    return np.asarray(draw({"image": BLACK, **sample}, targets, **options))


def at(page: NDArray[np.uint8], x: float, y: float) -> tuple[int, ...]:
    """The colour at a place of BLACK, or of a picture of its size."""
    return tuple(page[int(y * TIMES), int(x * TIMES)].tolist())


def line(page: NDArray[np.uint8], x: float, y: float) -> tuple[int, ...]:
    """The brightest colour within a pixel of such a place: that of the line through it."""
    row, column = int(y * TIMES), int(x * TIMES)
    near = page[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].reshape(-1, 3)
    return tuple(near[near.sum(axis=1).argmax()].tolist())


def tinted(shade: tuple[int, int, int], strength: float) -> Any:
    return pytest.approx(tuple(level * strength for level in shade), abs=2)


@pytest.mark.parametrize(
    ("shape", "width", "size"),
    [
        ((80, 100, 3), None, (600, 480)),
        ((375, 500, 3), None, (500, 375)),
        ((2000, 30), None, (30, 2000)),
        ((1, 1), None, (640, 640)),
        ((80, 100, 4), 50, (50, 40)),
        ((80, 100, 1), 250, (250, 200)),
        ((1, 900, 3), 9, (9, 1)),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_picture_without_labels_is_the_picture(
    shape: tuple[int, ...], width: int | None, size: tuple[int, int], dtype: type
) -> None:
    level = {np.uint8: 200, np.uint16: 200 * 257, np.float32: 0.5}[dtype]
    page = draw({"image": np.full(shape, level, dtype)}, width=width)
    assert page.mode == "RGB" and page.size == size
    assert np.unique(np.asarray(page)).tolist() == [128 if dtype is np.float32 else 200]


def test_a_notebook_shows_it() -> None:
    assert draw({"image": BLACK})._repr_png_().startswith(b"\x89PNG")


def test_the_line_of_a_box_is_on_its_sides_and_nowhere_else() -> None:
    page = pixels({"boxes": [[20, 10, 60, 50]]}, {"boxes": Boxes()})
    for x, y in ((20, 30), (60, 30), (40, 10), (40, 50)):
        assert line(page, x, y) == colour(0)
    touched = np.argwhere(page.any(axis=2)) / TIMES
    assert touched.min(axis=0) == pytest.approx([10, 20], abs=0.4)
    assert touched.max(axis=0) == pytest.approx([50, 60], abs=0.4)
    assert not page[int(10.6 * TIMES) : int(49.4 * TIMES), int(20.6 * TIMES) : int(59.4 * TIMES)].any()


def test_a_box_on_the_edge_of_the_picture_is_seen_whole() -> None:
    page = pixels({"boxes": [[0, 0, 100, 80]]}, {"boxes": Boxes()})
    for edge, next_to_it in ((0, 1), (-1, -2)):
        for side in (page, page.transpose(1, 0, 2)):
            assert (side[edge, 50:-50] == colour(0)).all() and (side[next_to_it, 50:-50, 0] > 150).all()


@pytest.mark.parametrize("name", ["labels", "label", "classes", "class_ids", "category_ids", "class_labels"])
@pytest.mark.parametrize("labels", [[5, 3, 5], np.array([5, 3, 5], np.uint8), (np.int64(5), 3, 5)])
def test_a_class_has_a_colour(name: str, labels: Any) -> None:
    boxes = [[10, 40, 30, 70], [40, 40, 60, 70], [70, 40, 90, 70]]
    targets = {"boxes": Boxes(), name: PerInstance()}
    of_class = pixels({"boxes": boxes, name: labels}, targets)
    assert [line(of_class, x, 55) for x in (10, 40, 70)] == [colour(5), colour(3), colour(5)]
    each = pixels({"boxes": boxes, name: labels}, targets, by="instance")
    assert [line(each, x, 55) for x in (10, 40, 70)] == [colour(0), colour(1), colour(2)]


@pytest.mark.parametrize("labels", [[0.5, 1.0], [[1], [0]], [True, False], np.array([True, False]), [None, 1]])
def test_rows_that_are_no_classes_have_no_say(labels: Any) -> None:
    sample = {"boxes": [[10, 10, 30, 70], [40, 10, 60, 70]]}
    with_rows = pixels({**sample, "labels": labels}, {"boxes": Boxes(), "labels": PerInstance()})
    assert np.array_equal(with_rows, pixels(sample, {"boxes": Boxes()}))


def test_labels_that_are_texts_have_the_colours_of_their_names() -> None:
    sample = {"boxes": [[10, 40, 30, 70], [40, 40, 60, 70]], "labels": ["dog", "cat"]}
    targets = {"boxes": Boxes(), "labels": PerInstance()}
    page = pixels(sample, targets, classes=["cat", "dog"])
    assert [line(page, x, 55) for x in (10, 40)] == [colour(1), colour(0)]
    unknown = pixels(sample, targets)
    assert line(unknown, 10, 55) != (0, 0, 0)
    turned = pixels({"boxes": sample["boxes"], "labels": ["cat", "dog"]}, targets)
    assert line(turned, 40, 55) == line(unknown, 10, 55)


def test_labels_of_another_group_have_no_say() -> None:
    targets = {"boxes": Boxes(group="cars"), "labels": PerInstance(group="people")}
    page = pixels({"boxes": [[10, 40, 30, 70]], "labels": [4, 4]}, targets)
    assert line(page, 10, 55) == colour(0)


def test_of_two_fields_that_say_the_class_the_usual_one_counts() -> None:
    targets = {"classes": PerInstance(), "boxes": Boxes(), "labels": PerInstance()}
    page = pixels({"boxes": [[10, 40, 30, 70]], "classes": [6], "labels": [4]}, targets)
    assert line(page, 10, 55) == colour(4)


def test_names_stand_above_their_boxes() -> None:
    sample, targets = {"boxes": [[20, 30, 60, 50]], "labels": [1]}, {"boxes": Boxes(), "labels": PerInstance()}
    number, name = pixels(sample, targets), pixels(sample, targets, classes={1: "dog"})
    for page in (number, name):
        above = page[20 * TIMES : 30 * TIMES - 4]
        assert (above == colour(1)).all(axis=2).any() and not page[: 20 * TIMES].any()
    assert (name[: 30 * TIMES - 4] == colour(1)).all(axis=2).sum() > (number[: 30 * TIMES - 4] == colour(1)).all(
        2
    ).sum()


def test_classes_of_a_mask_are_tinted_and_what_is_ignored_is_hatched() -> None:
    mask = np.zeros((80, 100), np.uint8)
    mask[:, 30:60], mask[:, 60:90], mask[:, 90:] = 1, 2, 255
    page = pixels({"mask": mask}, {"mask": Mask(ignore_index=255)})
    assert at(page, 15, 40) == (0, 0, 0)
    assert at(page, 45, 40) == tinted(colour(1), 0.45) and at(page, 75, 40) == tinted(colour(2), 0.45)
    assert at(page, 60.1, 40) == tinted(colour(2), 0.9) and at(page, 59.9, 40) == tinted(colour(1), 0.9)  # the rims
    stripes = {tuple(level) for level in page[:, int(94 * TIMES) :].reshape(-1, 3).tolist()}
    dark = mix((0, 0, 0), SLATE, 0.5)
    for stripe in (dark, mix(dark, WHITE, 0.35)):
        assert np.abs(np.subtract(list(stripes), stripe)).max(axis=1).min() <= 2
    assert max(np.ptp(level) for level in stripes) < 20  # grey
    assert at(pixels({"mask": mask}, {"mask": Mask()}, background=2), 75, 40) == (0, 0, 0)
    assert at(pixels({"mask": mask}, {"mask": Mask()}, background=None), 15, 40) == tinted(colour(0), 0.45)


def test_masks_of_classes_side_by_side_have_a_colour_each() -> None:
    mask = np.zeros((80, 100, 3), np.uint8)
    mask[20:60, 10:40, 0], mask[20:60, 60:90, 2] = 1, 1
    page = pixels({"mask": mask}, {"mask": Mask(channels=3)})
    assert at(page, 25, 40) == tinted(colour(0), 0.45) and at(page, 75, 40) == tinted(colour(2), 0.45)
    assert at(page, 50, 40) == (0, 0, 0)
    one = pixels({"mask": mask[:, :, :1]}, {"mask": Mask()})
    assert np.array_equal(one, pixels({"mask": mask[:, :, 0]}, {"mask": Mask()}))


@pytest.mark.parametrize("target", [Mask(), Mask(stack=True)])
def test_a_mask_of_another_resolution_covers_the_picture(target: Mask) -> None:
    mask = np.zeros((20, 25), np.uint8)
    mask[5:15, 5:15] = 1
    fine = mask.repeat(4, axis=0).repeat(4, axis=1)
    group = {"labels": [3]}
    targets = {"labels": PerInstance(), "mask": target}
    stacked, whole = (np.stack([each]) if target.stack else each for each in (mask, fine))
    coarse = pixels({"mask": stacked, **group}, {**targets, "mask": replace(target, stride=4)}, classes={3: "cat"})
    assert np.array_equal(coarse, pixels({"mask": whole, **group}, targets, classes={3: "cat"}))
    assert coarse.any()


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.uint16, np.int64])
def test_a_mask_is_of_any_integers(dtype: type) -> None:
    mask = np.zeros((80, 100), dtype)
    mask[40:, 50:] = 1
    page = pixels({"mask": mask}, None)
    assert at(page, 75, 60) == tinted(colour(1), 0.45) and at(page, 25, 60) == (0, 0, 0) == at(page, 75, 20)


def test_a_class_of_a_mask_is_named_in_its_middle() -> None:
    mask = np.zeros((80, 100), np.uint8)
    mask[10:70, 20:80] = 3
    named = pixels({"mask": mask}, None, classes={3: "tree"})
    changed = np.argwhere((named != pixels({"mask": mask}, None)).any(axis=2)) / TIMES
    assert changed.mean(axis=0) == pytest.approx([40, 50], abs=2)


def test_masks_of_instances_have_a_colour_each() -> None:
    stack = np.zeros((3, 80, 100), np.uint8)
    stack[0, 10:70, 10:40], stack[1, 10:70, 60:90] = 1, 7
    page = pixels({"masks": stack}, {"masks": Mask(stack=True)})
    assert at(page, 25, 40) == tinted(colour(0), 0.45) and at(page, 75, 40) == tinted(colour(1), 0.45)
    assert at(page, 10.1, 40) == tinted(colour(0), 0.9) and at(page, 50, 40) == (0, 0, 0)
    labelled = pixels({"masks": stack, "labels": [4, 4, 4]}, {"masks": Mask(stack=True), "labels": PerInstance()})
    assert at(labelled, 25, 40) == at(labelled, 75, 40) == tinted(colour(4), 0.45)


def test_a_small_mask_lies_on_a_large_one() -> None:
    stack = np.zeros((2, 80, 100), np.uint8)
    stack[0, 30:50, 40:60] = stack[1, 10:70, 10:90] = 1
    page = pixels({"masks": stack}, {"masks": Mask(stack=True)})
    under = tuple(level * 0.45 for level in colour(1))
    assert at(page, 50, 40) == pytest.approx(
        tuple(np.add(np.multiply(under, 0.55), np.multiply(colour(0), 0.45))), abs=3
    )


def test_polygons_are_outlined_and_faintly_tinted() -> None:
    outer, inner = [[10, 10], [90, 10], [90, 70], [10, 70]], [[30, 30], [70, 30], [70, 50], [30, 50]]
    parts = pixels({"polygons": [[outer, inner]]}, {"polygons": Polygons()})
    holed = pixels({"polygons": [[outer, inner]]}, {"polygons": Polygons(holes=True)})
    for page in (parts, holed):
        assert line(page, 10, 40) == line(page, 50, 30) == colour(0)
        assert at(page, 20, 40) == tinted(colour(0), 0.2)
    assert at(parts, 50, 40) == tinted(colour(0), 0.2) and at(holed, 50, 40) == (0, 0, 0)
    flat = pixels({"polygons": [[np.ravel(outer), np.ravel(inner)]]}, {"polygons": Polygons(flat=True)})
    assert np.array_equal(flat, parts)


def test_the_inside_is_tinted_once_where_there_are_masks() -> None:
    stack = np.zeros((1, 80, 100), np.uint8)
    stack[0, 10:70, 10:90] = 1
    targets = {"masks": Mask(stack=True), "polygons": Polygons()}
    polygons = [[[[10, 10], [90, 10], [90, 70], [10, 70]]]]
    page = pixels({"masks": stack, "polygons": polygons}, targets)
    assert at(page, 50, 40) == tinted(colour(0), 0.45)
    of_others = {**targets, "masks": Mask(stack=True, group="others")}
    assert at(pixels({"masks": stack * 0, "polygons": polygons}, of_others), 50, 40) == tinted(colour(0), 0.2)


def test_polylines_are_not_closed() -> None:
    page = pixels({"lanes": [[[[20, 20], [80, 20], [80, 60]]]]}, {"lanes": Polygons(closed=False)})
    assert line(page, 50, 20) == line(page, 80, 40) == colour(0)
    assert at(page, 50, 40) == (0, 0, 0) == at(page, 70, 30)
    far = pixels({"lanes": [[[[50, 40], [1e30, 40]]]]}, {"lanes": Polygons(closed=False)})
    assert line(far, 90, 40) == colour(0) and at(far, 40, 40) == (0, 0, 0)


def test_oriented_boxes_are_turned_as_declared() -> None:
    page = pixels({"ships": [[50, 40, 60, 20, 90]]}, {"ships": OrientedBoxes()})
    for x, y in ((50, 10), (50, 70), (40, 40), (60, 40)):
        assert line(page, x, y) == colour(0)
    assert at(page, 20, 40) == (0, 0, 0)


def test_keypoints_are_dots_hollow_where_not_seen() -> None:
    points = [[[20, 40, 2], [50, 40, 0], [0, 0, 0]]]
    page = pixels({"points": points}, {"points": Keypoints("xyv")})
    assert at(page, 20, 40) == colour(0) and at(page, 50, 40) == (0, 0, 0)
    assert (page[:, int(48 * TIMES) : int(52 * TIMES)] == colour(0)).all(axis=2).any()
    assert not page[:60, :60].any()
    assert page[:60, :60].any() == pixels({"points": [[[0, 0]]]}, {"points": Keypoints()})[5:60, 5:60].all()


def test_points_of_the_picture_have_a_colour_each() -> None:
    page = pixels({"stars": [[20, 40], [50, 40], [80, 40]]}, {"stars": Keypoints(group=None)})
    assert [at(page, x, 40) for x in (20, 50, 80)] == [colour(0), colour(1), colour(2)]


def test_a_scale_is_a_ring_and_an_angle_a_hand() -> None:
    page = pixels({"points": [[[50, 40, 20, 90]]]}, {"points": Keypoints("xysa")})
    for x, y in ((30, 40), (70, 40), (50, 60)):
        assert line(page, x, y) == pytest.approx(colour(0), rel=0.2)
    assert line(page, 50, 30) == colour(0) and at(page, 50, 50) == (0, 0, 0)  # the hand points up


def test_a_map_glows_where_it_is_high() -> None:
    level = np.zeros((80, 100), np.float32)
    level[:, 50:], level[:, 90:] = 1, np.nan
    page = pixels({"heat": level}, {"heat": Mask()}).astype(int)
    assert at(page, 25, 40) == (0, 0, 0) == at(page, 95, 40)
    assert sum(at(page, 75, 40)) > 400
    depth = pixels({"depth": level * 40 + 3}, {"depth": Mask()})
    assert at(depth, 75, 40) == at(page, 75, 40)
    several = np.stack([level, np.zeros_like(level)], axis=2)
    assert np.array_equal(pixels({"heat": several}, {"heat": Mask()}), page)
    flat = pixels({"heat": np.full((80, 100), 7.0)}, {"heat": Mask()})
    assert len(np.unique(flat.reshape(-1, 3), axis=0)) == 1


def test_a_label_of_the_picture_stands_in_its_corner() -> None:
    for label, text in ((1, "dog"), (np.int64(1), "dog"), ("dog", "dog"), (7, "7")):
        page = pixels({"label": label}, None, classes=["cat", "dog"])
        assert (page[:20] == SLATE).all(axis=2).any() and not page[40:].any(), text
    assert not pixels({"label": {"what": 3}}, {"label": PerSample()}).any()
    assert np.array_equal(pixels({"label": "dog"}, None), pixels({"label": 1}, None, classes=["cat", "dog"]))


def test_another_view_is_drawn_on_if_asked_for() -> None:
    views = {"infrared": np.full((80, 100), 90, np.uint8), "boxes": [[20, 10, 60, 50]]}
    targets = {"infrared": Image(), "boxes": Boxes()}
    assert at(pixels(views, targets), 40, 30) == (0, 0, 0)
    page = pixels(views, targets, on="infrared")
    assert at(page, 40, 30) == (90, 90, 90) and line(page, 20, 30) == colour(0)


def test_a_pipeline_says_what_the_fields_are() -> None:
    augment = Compose([HorizontalFlip()], targets={"boxes": Boxes("coco"), "labels": PerInstance()})
    made = augment(image=BLACK, boxes=[[20, 40, 10, 30]], labels=["cat"])
    page = np.asarray(draw(made, augment))
    assert np.array_equal(page, np.asarray(draw(made, augment.targets)))
    assert np.array_equal(page, np.asarray(draw(made, {"boxes": Boxes("coco"), "labels": PerInstance()})))
    assert line(page, 80, 60) == line(page, 70, 60) != (0, 0, 0)


@pytest.mark.parametrize(
    ("sample", "targets", "options", "message"),
    [
        (
            ["a"],
            None,
            {},
            'draw takes a picture, or a sample, a dict such as {"image": ..., "boxes": ...}; got list. Several are '
            "drawn by sheet, which takes batches, lists, sources and loaders",
        ),
        (
            np.zeros((2, 9, 9, 3), np.uint8),
            None,
            {},
            "draw takes one sample, and image is a batch, (2, 9, 9, 3): sheet(augment, batch) draws all of it",
        ),
        (
            {"image": [BLACK, BLACK]},
            None,
            {},
            "draw takes one sample, and image is a batch, a list of 2: sheet(augment, batch) draws all of it",
        ),
        ({"boxes": []}, None, {}, "on of draw names a picture of the sample, an Image(); got 'image', of ['boxes']"),
        (
            {"image": BLACK, "mask": BLACK[..., 0]},
            None,
            {"on": "mask"},
            "on of draw names a picture of the sample, an Image(); got 'mask', of ['image', 'mask']",
        ),
        (
            {"image": np.zeros((80, 100, 5), np.uint8)},
            None,
            {},
            "image has 5 channels, (80, 100, 5); draw shows 1, 3 or 4. Choose some: image[:, :, :3]",
        ),
        (
            {"image": np.linspace(-2, 2.5, 1200, dtype=np.float32).reshape(20, 20, 3)},
            None,
            {},
            "image is float32 from -2 to 2.5; draw takes 0 to 1. Draw before Normalize, or undo it: image * std + "
            "mean; of other numbers say which is white: white=255, or white=None for none",
        ),
        (
            {"image": np.full((8, 8), np.nan, np.float32)},
            None,
            {},
            "image is float32 from nan to nan; draw takes 0 to 1. Draw before Normalize, or undo it: image * std + "
            "mean; of other numbers say which is white: white=255, or white=None for none",
        ),
        (
            {"image": np.zeros((8, 8, 2), np.uint8)},
            None,
            {},
            "image has 2 channels, (8, 8, 2); draw shows 1, 3 or 4. Choose some: image[:, :, :3]",
        ),
        (
            {"image": BLACK, "boxes": [[0, 0, 200, 10]]},
            {"boxes": Boxes()},
            {},
            "boxes[0] = (0, 0, 200, 10) (xyxy, pixels) reaches x 200 of 100: 100 px outside ",
        ),
        ({"image": BLACK, "boxes": []}, None, {}, "unknown field boxes: declared are image, mask, label. "),
        (
            {"image": BLACK, "boxes": [[0, 0, 1, 1]], "labels": [1, 2]},
            {"boxes": Boxes(), "labels": PerInstance()},
            {},
            "boxes has 1 instances and labels 2: ",
        ),
        ({"image": BLACK}, None, {"width": 0}, "draw: width is an integer of 1 or more, in pixels, got 0"),
        ({"image": BLACK}, None, {"width": 2.5}, "draw: width is an integer of 1 or more, in pixels, got 2.5"),
        ({"image": BLACK}, None, {"by": "label"}, "by of draw is 'class' or 'instance', got 'label'"),
        (
            {"image": BLACK},
            None,
            {"classes": "cat"},
            "classes of draw is a list of names, or a dict from class to name; got 'cat'",
        ),
        (
            {"image": BLACK},
            None,
            {"classes": ["cat", 3]},
            "classes of draw are names, texts, of integers; got 3 of 1",
        ),
        (
            {"image": BLACK},
            None,
            {"classes": {"cat": 3}},
            "classes of draw are names, texts, of integers; got 3 of 'cat'",
        ),
    ],
)
def test_what_cannot_be_drawn(sample: Any, targets: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as problem:
        draw(sample, targets, **options)
    assert str(problem.value).startswith(message)


EVERYTHING = Targets(
    boxes=Boxes(clip=False),
    turned=OrientedBoxes(),
    points=Keypoints("xyvsa"),
    polygons=Polygons(holes=True),
    lines=Polygons(closed=False),
    masks=Mask(stack=True),
    labels=PerInstance(),
    mask=Mask(ignore_index=9),
    heat=Mask(),
    stars=Keypoints(group=None),
)
numbers = st.floats(-60, 160) | st.sampled_from([0.0, 1e9, -1e30, 1e30, 5e-324])
angles = st.floats(-720, 720)
places = st.tuples(numbers, numbers)


@st.composite
def samples(choose: Any) -> dict[str, Any]:
    height, width, count = (choose(st.integers(1, 40)), choose(st.integers(1, 40)), choose(st.integers(0, 3)))

    def rows(*columns: Any) -> list[Any]:
        return [[choose(column) for column in columns] for _ in range(count)]

    seed = np.random.default_rng(choose(st.integers(0, 9)))
    sides = st.floats(0, 1e6)
    boxes = [(x, y, max(x, x + w), max(y, y + h)) for x, y, w, h in rows(numbers, numbers, sides, sides)]
    rings = st.lists(st.lists(places, min_size=1, max_size=5), max_size=3)
    return {
        "image": seed.integers(0, 256, (height, width, 3), np.uint8),
        "boxes": boxes,
        "turned": rows(numbers, numbers, sides, sides, angles),
        "points": [rows(numbers, numbers, st.sampled_from([0.0, 1.0]), numbers, angles) for _ in range(count)],
        "polygons": [choose(rings) for _ in range(count)],
        "lines": [choose(rings) for _ in range(count)],
        "masks": seed.integers(0, 2, (count, height, width), np.uint8),
        "labels": [choose(st.text(max_size=40) | st.integers(-(2**70), 2**70)) for _ in range(count)],
        "mask": seed.integers(0, 10, (height, width), np.uint8),
        "heat": seed.normal(size=(height, width)),
        "stars": [choose(places) for _ in range(count)],
    }


@settings(max_examples=60, deadline=None)
@given(samples(), st.integers(1, 100), st.sampled_from(["class", "instance"]))
def test_anything_that_is_taken_is_drawn(sample: dict[str, Any], width: int, by: Any) -> None:
    before = copy.deepcopy(sample)
    page = draw(sample, EVERYTHING, classes=["", "a\nb", "☃" * 30], width=width, by=by)
    assert isinstance(page, Pillow.Image) and page.width == width
    for name, value in sample.items():
        assert np.array_equal(np.asarray(value, object), np.asarray(before[name], object)) or name == "heat", name


@pytest.mark.parametrize(
    ("numbers", "white"),
    [(np.uint16, 4095), (np.float32, 255.0), (np.float32, 1.0), (np.uint16, "dtype"), (np.uint8, "dtype")],
)
def test_a_picture_is_drawn_by_the_white_of_its_pipeline(numbers: Any, white: Any) -> None:
    top = {"dtype": np.iinfo(numbers).max}.get(white, white) if numbers != np.float32 else white
    ramp = np.linspace(0, top, 60 * 80).reshape(60, 80, 1).astype(numbers)
    drawn = np.asarray(draw({"image": ramp}, Compose([], white=white), width=80))[..., 0]
    np.testing.assert_allclose(drawn, np.linspace(0, 255, 60 * 80).reshape(60, 80), atol=1)
    np.testing.assert_array_equal(np.asarray(draw({"image": ramp}, white=top, width=80))[..., 0], drawn)


def test_a_picture_without_a_white_is_drawn_from_its_least_to_its_largest() -> None:
    ct = np.linspace(-1024, 3071, 60 * 80).reshape(60, 80, 1).astype(np.float32)
    ct[0, 0] = np.nan
    drawn = np.asarray(draw({"image": ct}, Compose([], white=None), width=80))[..., 0]
    np.testing.assert_allclose(drawn.ravel()[1:], np.linspace(0, 255, 60 * 80)[1:], atol=1)
    depth = {"image": np.zeros((60, 80, 3), np.uint8), "depth": ct[..., 0]}
    np.testing.assert_array_equal(np.asarray(draw(depth, {"depth": Image()}, on="depth", width=80))[..., 0], drawn)


@pytest.mark.parametrize("white", [0, -1, "white", float("nan"), True])
def test_a_white_that_is_none_is_refused(white: object) -> None:
    with pytest.raises(FieldError, match=r"^draw: white is "):
        draw(BLACK, white=white)  # type: ignore[arg-type]
