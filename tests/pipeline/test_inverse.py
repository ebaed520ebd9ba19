"""The way back: predictions on a result, taken to the picture that it was made of."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import shapely
from hypothesis import assume, event, given
from hypothesis import strategies as st
from tests.labels.truth import RUNS, Case, back, cases, chain_of, clean, forth, spread

import variegate as vg
from variegate.draw import draw
from variegate.pipeline.inverse import Inverse

seeds = st.integers(0, 2**32 - 1)
SIZE = (20, 30)
IMAGE = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)


def inverse_of(case, **targets):
    return Inverse(vg.Targets(**targets), case.point_map)


def through(ops, targets=None, size=SIZE, key=None, **fields):
    """The result of ops, and the way back by its record, as a caller has it."""
    pipeline = vg.Compose(ops, targets=targets)
    image = np.zeros((*size, 3), np.uint8)
    out, record = pipeline(image=image, **fields, key=key or vg.Key(), return_params=True)
    return out, pipeline.inverse(json.loads(json.dumps(record)))


# Points


@RUNS
@given(cases(wild=False), seeds)
def test_points_come_back_to_a_millionth_of_a_pixel(case, seed):
    """The row of the issue, on chains of up to five ops, perspective included."""
    xy = spread(seed, 50, case.size)
    w = case.chain.forth[2] @ np.concatenate([xy, np.ones((50, 1))], axis=1).T
    xy = xy[w > 0.01]
    target = vg.Keypoints(group=None, dtype="float64")
    result = case.carried({"points": target}, points=xy).fields["points"]
    again = inverse_of(case, points=target)(points=result)["points"]
    assert np.abs(again - xy).max(initial=0) <= 1e-6


@RUNS
@given(cases(), seeds)
def test_points_of_any_chain_come_back_as_well_as_it_can_be_turned_round(case, seed):
    chain, xy, target = case.chain, spread(seed, 50, case.size), vg.Keypoints("xyv", group=None, dtype="float64")
    walked = forth(chain, xy)
    assume((walked.seen & ~walked.doubt).any())
    xy = xy[walked.seen & ~walked.doubt]
    result = case.carried({"points": target}, points=np.column_stack([xy, np.ones(len(xy))])).fields["points"]
    again = inverse_of(case, points=target)(points=result)["points"]
    room = 1e-6 + 1e-13 * np.prod([np.linalg.cond(m) for m in chain.maps])
    assert np.abs(again[:, :2] - xy).max() <= room and (again[:, 2] == 1).all()


@RUNS
@given(cases(), seeds)
def test_a_point_of_the_result_goes_where_the_walk_back_says(case, seed):
    """And is visible there if and only if every window shows it."""
    chain, xy = case.chain, spread(seed, 40, case.point_map.size, beyond=0.1)
    walked = back(chain, xy)
    result = inverse_of(case, points=vg.Keypoints("xyv", group=None))(points=np.column_stack([xy, np.ones(40)]))[
        "points"
    ]
    inside = (xy >= 0).all(axis=1) & (xy <= case.point_map.size[::-1]).all(axis=1)
    w = chain.back[2] @ np.concatenate([xy, np.ones((40, 1))], axis=1).T
    sure = ~walked.doubt & (w > 1e-3) & (np.abs(xy - np.rint(xy)).min(axis=1) > 1e-9)
    np.testing.assert_array_equal(result[sure, 2] == 1, (walked.seen & inside)[sure])
    off = np.abs(result[:, :2] - walked.points).max(axis=1)
    assert (off <= 1e-7 * (1 + np.abs(walked.points).max(axis=1)))[sure].all()


def test_scale_angle_and_the_order_of_pairs_come_back():
    target = {"points": vg.Keypoints("xyvsa", swap=((0, 2),))}
    points = np.array([[[5.0, 6, 2, 3, 40], [9, 9, 1, 2, -100], [12, 4, 2, 1, 170]]])
    for ops in (
        [vg.HorizontalFlip()],
        [vg.Rotate(20)],
        [vg.Scale(0.8, 1.2), vg.Transpose()],
        [vg.Perspective(0.2), vg.VerticalFlip()],
    ):
        out, inverse = through(ops, target, points=points)
        again = inverse(points=out["points"])["points"]
        off = again - points
        off[..., 4] = (off[..., 4] + 180) % 360 - 180
        assert np.abs(off).max() < 1e-6


# Boxes, polygons


@RUNS
@given(
    st.lists(
        st.sampled_from((vg.HorizontalFlip(), vg.VerticalFlip(), vg.Transpose(), vg.Pad(3), vg.Rotate90())), max_size=5
    ),
    seeds,
)
def test_boxes_come_back_exactly_from_what_is_exact(ops, seed):
    ends = np.sort(np.random.default_rng(seed).integers(0, 80, (4, 2, 2)) / 4, axis=1)
    ends[:, 1] += 0.5
    boxes = ends.reshape(4, 4)
    case = Case([op for op in ops if not isinstance(op, vg.Rotate90)], (21, 31), vg.Key())
    for target in (vg.Boxes(), vg.Boxes("coco"), vg.Boxes(clip=False)):
        rows = boxes if target.layout == "xyxy" else boxes - np.concatenate([0 * boxes[:, :2], boxes[:, :2]], axis=1)
        result = case.carried({"boxes": target}, boxes=rows).fields["boxes"]
        np.testing.assert_array_equal(inverse_of(case, boxes=target)(boxes=result)["boxes"], rows)


@RUNS
@given(cases(), seeds)
def test_a_box_that_comes_back_holds_what_was_seen_of_it(case, seed):
    chain = case.chain
    box = np.sort(spread(seed, 2, case.size).reshape(2, 2), axis=0).reshape(1, 4)
    result = case.carried({"boxes": vg.Boxes()}, boxes=box).fields["boxes"]
    points = box[:, :2] + np.random.default_rng(seed).uniform(0, 1, (300, 2)) * (box[:, 2:] - box[:, :2])
    walked = forth(chain, points)
    points = points[walked.seen & ~walked.doubt]
    assume(len(result) and len(points))
    ((left, top, right, bottom),) = inverse_of(case, boxes=vg.Boxes())(boxes=result)["boxes"]
    assert (points >= np.array((left, top)) - 1e-5).all() and (points <= np.array((right, bottom)) + 1e-5).all()
    assert left >= 0 and top >= 0 and right <= case.size[1] and bottom <= case.size[0]


@RUNS
@given(cases(wild=False), seeds)
def test_polygons_come_back_as_far_as_they_were_seen(case, seed):
    ring = shapely.get_coordinates(shapely.MultiPoint(spread(seed, 6, case.size)).convex_hull)[:-1]
    result = case.carried({"rings": vg.Polygons()}, rings=[[ring]]).fields["rings"]
    region = case.point_map.source
    want = shapely.intersection(shapely.Polygon(ring), shapely.Polygon(region)) if len(region) else shapely.Polygon()
    assume(want.area > 0.1 and result)
    ((again,),) = inverse_of(case, rings=vg.Polygons())(rings=result)["rings"]
    assert shapely.symmetric_difference(clean(shapely.Polygon(again)), want).area < 1e-5 * (1 + want.length)


def test_turned_boxes_come_back_where_shapes_are_kept():
    rows = np.array([[10.0, 9, 6, 3, 25], [20, 12, 4, 4.5, -80]])
    for ops in ([vg.Rotate(33)], [vg.Scale(0.7), vg.HorizontalFlip()], [vg.Transpose(), vg.Rotate(-50), vg.Pad(3)]):
        case = Case(ops, SIZE, vg.Key())
        result = case.carried({"boxes": vg.OrientedBoxes()}, boxes=rows).fields["boxes"]
        assert len(result) == 2
        again = inverse_of(case, boxes=vg.OrientedBoxes())(boxes=result)["boxes"]
        np.testing.assert_allclose(again[:, :4], rows[:, :4], atol=1e-9)
        assert np.abs((again[:, 4] - rows[:, 4] + 90) % 180 - 90).max() < 1e-9


@pytest.mark.parametrize(
    "ops", [[vg.Crop(0, 0, 20, 15)], [vg.Pad(8), vg.Rotate(5)], [vg.Translate(1.5), vg.Rotate(20)]]
)
def test_no_instance_is_dropped_on_the_way_back(ops):
    """Whatever the filters say: predictions are of the result; one that shows nothing of the picture stays a row."""
    targets = {
        "boxes": vg.Boxes(min_area=1e6, min_visible=1),
        "rings": vg.Polygons(min_area=1e6),
        "points": vg.Keypoints("xyv"),
        "masks": vg.Mask(stack=True, min_area=1e6),
        "names": vg.PerInstance(),
        "turned": vg.OrientedBoxes(min_side=1e6),
    }
    case = Case(ops, SIZE, vg.Key())
    height, width = case.point_map.size
    fields = {
        "boxes": [[0, 0, 3, 3], [0, 0, width, height], [5, 5, 5, 5]],
        "rings": [[[[0, 0], [3, 0], [0, 3]]], [[[0, 0], [width, 0], [width, height]]], []],
        "points": np.ones((3, 2, 3)),
        "masks": np.ones((3, height, width), np.uint8),
        "names": ["a", "b", "c"],
        "turned": [[2, 2, 3, 3, 9]] * 3,
    }
    again = inverse_of(case, **targets)(**fields)
    assert list(again) == list(fields) and {len(value) for value in again.values()} == {3}
    assert again["names"] == ["a", "b", "c"] and again["masks"].shape == (3, *SIZE)
    if len(case.point_map.source) == 0:
        assert not again["boxes"].any() and again["rings"] == [[], [], []] and not again["masks"].any()


# Masks and maps


def exact_ops():
    return st.lists(st.sampled_from((vg.HorizontalFlip(), vg.VerticalFlip(), vg.Transpose(), vg.Pad(3))), max_size=5)


@RUNS
@given(exact_ops(), seeds)
def test_masks_come_back_exactly_from_what_is_exact(ops, seed):
    rng, case = np.random.default_rng(seed), Case(ops, SIZE, vg.Key())
    targets = {"masks": vg.Mask(stack=True), "heat": vg.Mask()}
    fields = {
        "mask": rng.integers(0, 99, SIZE),
        "masks": rng.random((2, *SIZE)) < 0.5,
        "heat": rng.random((*SIZE, 3), np.float32),
    }
    carried = case.carried(targets, **fields).fields
    again = inverse_of(case, **targets)(**carried)
    for name, value in fields.items():
        assert again[name].dtype == value.dtype
        np.testing.assert_array_equal(again[name], value)


def test_masks_come_back_nearly_as_they_were_where_the_zoom_is_near_1():
    """By IoU of a shape of 60 pixels: the row of the issue."""
    size = (120, 150)
    rows, columns = np.mgrid[: size[0], : size[1]]
    mask = ((columns - 70) ** 2 + (rows - 60) ** 2 < 30**2).astype(np.uint8)
    scores = []
    for n in range(30):
        ops = [vg.Rotate((-30, 30)), vg.Scale((0.9, 1.2)), vg.Perspective(0.15), vg.HorizontalFlip(p=0.5)]
        out, inverse = through(ops, None, size, vg.Key(id=n), mask=mask)
        again = inverse(mask=out["mask"])["mask"]
        seen = inverse.seen()
        assert again.shape == size and not again[~seen].any()
        scores.append((again & mask & seen).sum() / ((again | mask) & seen).sum())
    assert min(scores) >= 0.97


@pytest.mark.parametrize("target", [vg.Mask(7), vg.Mask(ignore_index=7), vg.Mask(3, ignore_index=7)])
def test_what_the_result_does_not_show_is_filled_as_declared(target):
    out, inverse = through([vg.Crop(0, 0, 20, 15)], {"classes": target}, classes=np.ones(SIZE, np.uint8))
    again = inverse(classes=out["classes"])["classes"]
    np.testing.assert_array_equal(again[:, :15], 1)
    np.testing.assert_array_equal(again[:, 15:], target.outside[0])


def test_a_heat_map_s_peak_comes_back():
    rows, columns = np.mgrid[:60, :80] + 0.5
    heat = np.exp(-((columns - 30) ** 2 + (rows - 25) ** 2) / 50).astype(np.float32)
    for n in range(10):
        ops = [vg.Rotate((-60, 60)), vg.Perspective(0.3), vg.HorizontalFlip(p=0.5)]
        out, inverse = through(ops, {"heat": vg.Mask()}, (60, 80), vg.Key(id=n), heat=heat)
        again = inverse(heat=out["heat"])["heat"]
        np.testing.assert_allclose(again[20:30, 25:35], heat[20:30, 25:35], atol=0.03)


@RUNS
@given(cases())
def test_seen_are_the_pixels_whose_centre_the_walk_shows(case):
    rows, columns = np.mgrid[: case.size[0], : case.size[1]] + 0.5
    walked = forth(case.chain, np.stack([columns.ravel(), rows.ravel()], axis=1))
    seen = inverse_of(case).seen()
    assert seen.shape == case.size and seen.dtype == bool
    assert (seen.ravel() == walked.seen)[~walked.doubt].all()
    event("all" if seen.all() else "some" if seen.any() else "none")


# What it is made of


def test_it_tells_size_and_mirror():
    for ops, mirrored in (
        ([vg.HorizontalFlip()], True),
        ([vg.Rotate(30)], False),
        ([vg.Transpose(), vg.VerticalFlip()], False),
    ):
        _, inverse = through([*ops, vg.Resize((9, 7))])
        assert inverse.size == SIZE and inverse.mirrored is mirrored


def test_other_targets_than_the_pipeline_s_may_be_predicted():
    pipeline = vg.Compose([vg.HorizontalFlip()], targets={"boxes": vg.Boxes("coco")})
    _, record = pipeline(image=IMAGE, return_params=True)
    scores = np.zeros((*SIZE, 2), np.float32)
    scores[3, 4] = 1
    for targets in (
        {"scores": vg.Mask(), "boxes": vg.Boxes("yolo")},
        vg.Targets(scores=vg.Mask(), boxes=vg.Boxes("yolo")),
    ):
        again = pipeline.inverse(record, targets)(scores=scores, boxes=[[0.25, 0.5, 0.1, 0.1]])
        np.testing.assert_array_equal(again["scores"], scores[:, ::-1])
        np.testing.assert_allclose(again["boxes"], [[0.75, 0.5, 0.1, 0.1]])
    with pytest.raises(vg.InputError, match="unknown field scores: declared are image, mask, label, boxes"):
        pipeline.inverse(record)(scores=scores)


def test_a_record_of_a_bare_picture_will_do():
    pipeline = vg.Compose([vg.RandomResizedCrop(9), vg.Normalize(layout="CHW")], targets={"boxes": vg.Boxes()})
    _, record = pipeline(IMAGE, return_params=True, key=vg.Key(4))
    again = pipeline.inverse(record)(boxes=[[0, 0, 9, 9]])["boxes"]
    point_map = pipeline.plan(vg.Keys.of([vg.Key(4)]), [SIZE]).point_map(0)
    np.testing.assert_allclose(again[0], [*point_map.source.min(axis=0), *point_map.source.max(axis=0)], atol=1e-9)


def test_labels_that_ops_looked_at_are_not_asked_again():
    pipeline = vg.Compose([vg.RandomCropNearBox(12)], targets={"boxes": vg.Boxes(dtype="float64")})
    for n in range(6):
        out, record = pipeline(image=IMAGE, boxes=[[5, 5, 15, 12]], key=vg.Key(id=n), return_params=True)
        (again,) = pipeline.inverse(record)(boxes=out["boxes"])["boxes"]
        assert again[0] >= 5 - 1e-9 and again[2] <= 15 + 1e-9


def test_nothing_done_gives_back_what_was_given():
    _, inverse = through(
        [], {"boxes": vg.Boxes("yolo", dtype="float64"), "rings": vg.Polygons(flat=True, dtype="float64")}
    )
    boxes, rings = np.random.default_rng(0).uniform(0.2, 0.4, (3, 4)), [[[0.1, 0.2, 3.3, 4.4, 5, 6]]]
    again = inverse(boxes=boxes, rings=[*rings, [], []])
    assert again["boxes"].tobytes() == boxes.tobytes() and again["rings"][0][0].tolist() == rings[0][0]


# Refused


@pytest.mark.parametrize(("name", "proposed"), [("image", "scores"), ("second", "second")])
def test_pictures_are_no_predictions(name, proposed):
    pipeline = vg.Compose([vg.HorizontalFlip()], targets={"second": vg.Image()})
    _, record = pipeline(image=IMAGE, return_params=True)
    message = (
        f"{name} is a picture, which is no prediction; a float map comes back if it is declared as a mask: "
        f'inverse(record, targets={{"{proposed}": Mask()}})'
    )
    with pytest.raises(vg.InputError, match=re.escape(message)):
        pipeline.inverse(record)(**{name: IMAGE})


def mirrored(image):
    return image[:, ::-1]


def test_a_function_that_may_have_moved_pixels_cannot_be_turned_round():
    pipeline = vg.Compose([vg.Opaque(mirrored)], targets={"boxes": vg.Boxes()})
    _, record = pipeline(image=IMAGE, return_params=True)
    message = (
        "mirrored is a function of the whole picture that may move pixels, and what is predicted cannot follow it. If "
        "it leaves every pixel in its place, declare it with moves_pixels=False"
    )
    with pytest.raises(vg.InputError, match=re.escape(message)):
        pipeline.inverse(record)


def test_where_that_function_did_not_apply_there_is_a_way_back():
    pipeline = vg.Compose([vg.Opaque(mirrored, p=0.5), vg.HorizontalFlip()], targets={"boxes": vg.Boxes()})
    found = set()
    for n in range(12):
        _, record = pipeline(image=IMAGE, key=vg.Key(id=n), return_params=True)
        if pipeline.params(vg.Key(id=n))["mirrored"]["applied"]:
            found.add(True)
            with pytest.raises(vg.InputError, match="may move pixels"):
                pipeline.inverse(record)
        else:
            found.add(False)
            np.testing.assert_array_equal(pipeline.inverse(record)(boxes=[[0, 0, 5, 5]])["boxes"], [[25, 0, 30, 5]])
    assert found == {True, False}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"mask": np.zeros(SIZE, np.uint8)},
            "mask is 20 x 30 and `image` 9 x 7 (height x width); a mask has the picture's",
        ),
        ({"boxes": [[0, 0, 8, 9]]}, "boxes[0] = (0, 0, 8, 9) (xyxy, pixels) reaches x 8 of 7: 1 px outside"),
        ({"heads": []}, "unknown field heads: declared are image, mask, label, boxes"),
    ],
)
def test_predictions_that_do_not_fit_the_result(fields, message):
    _, inverse = through([vg.Resize((9, 7))], {"boxes": vg.Boxes()})
    with pytest.raises(vg.InputError, match=re.escape(message)):
        inverse(**fields)


def test_the_chain_of_an_inverse_is_the_chain_backwards():
    """What the tests above walk along."""
    case = Case([vg.Rotate(20), vg.Crop(2, 3, 9, 9)], SIZE, vg.Key())
    plan = case.pipeline().plan(vg.Keys.of([case.key]), [SIZE])
    np.testing.assert_allclose(chain_of(plan).forth @ chain_of(plan).back, np.eye(3), atol=1e-12)


@pytest.mark.parametrize(
    ("targets", "fields", "predicted"),
    [
        ({"it": vg.Boxes("yolo", out="xyxy")}, {"it": [[0.25, 0.5, 0.5, 0.5]]}, [[20, 15, 40, 45]]),
        ({"it": vg.Boxes("tfds", out="coco")}, {"it": [[0.25, 0, 0.75, 0.5]]}, [[20, 15, 20, 30]]),
        ({"it": vg.Keypoints(normalised=True, out="pixels", group=None)}, {"it": [[0.25, 0.5]]}, [[30, 30]]),
        ({"it": vg.OrientedBoxes(out="fractions")}, {"it": [[20, 30, 8, 6, 0]]}, [[0.75, 0.5, 0.1, 0.1, 0]]),
    ],
)
def test_predictions_come_in_the_format_of_the_result_and_go_in_that_of_the_picture(targets, fields, predicted):
    """And `draw` takes both: the result by the pipeline that made it, the sample by its targets."""
    augment, image = (
        vg.Compose([vg.HorizontalFlip(), vg.Resize((60, 40))], targets=targets),
        np.zeros((60, 80), np.uint8),
    )
    out, record = augment(image=image, **fields, return_params=True)
    np.testing.assert_allclose(out["it"], predicted, atol=1e-4)
    back = augment.inverse(record)(it=predicted)["it"]
    np.testing.assert_allclose(back, fields["it"], atol=1e-5)
    assert np.asarray(draw(out, augment)).any() and np.asarray(draw({"image": image, **fields}, targets)).any()
    own = augment.inverse(record, targets={"it": vg.Keypoints(group=None)})
    assert own(it=[[10.0, 30]])["it"].tolist() == [[60, 30]]


def test_a_prediction_may_lie_anywhere():
    """No prediction is taken for a slip of the unit."""
    augment, image = vg.Compose([vg.HorizontalFlip()], targets={"it": vg.Boxes()}), np.zeros((60, 80), np.uint8)
    _, record = augment(image=image, it=[[1, 2, 3, 4]], return_params=True)
    assert augment.inverse(record)(it=[[0.25, 0.25, 0.5, 0.5]])["it"].tolist() == [[79.5, 0.25, 79.75, 0.5]]
    own = augment.inverse(record, targets={"it": vg.Boxes()})
    assert own(it=[[0.25, 0.25, 0.5, 0.5]])["it"].tolist() == [[79.5, 0.25, 79.75, 0.5]]
    assert np.asarray(draw({"image": image, "it": [[0.25, 0.25, 0.5, 0.5]]}, {"it": vg.Boxes()})).any()
    with pytest.raises(vg.InputError, match="it is declared in pixels, and all of it lies within"):
        augment(image=image, it=[[0.25, 0.25, 0.5, 0.5]])
