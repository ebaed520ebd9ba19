"""A sample with labels, as a caller meets it: declared once, taken as given, given back in kind."""

from __future__ import annotations

import copy
import pickle
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from tests.labels.truth import RUNS, cases

import variegate as vg

SIZE = (20, 30)
IMAGE = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
BOXES = np.array([[2.0, 3, 12, 9], [20, 5, 29, 15]])


# Fields


def test_fields_come_back_in_the_order_given():
    augment = vg.Compose([vg.Rotate(9)], targets={"boxes": vg.Boxes(), "names": vg.PerInstance()})
    out = augment(names=["a", "b"], image=IMAGE, label=3, boxes=BOXES)
    assert list(out) == ["names", "image", "label", "boxes"]


def test_a_dict_declares_as_targets_do():
    declared = {"boxes": vg.Boxes("coco"), "image2": vg.Image()}
    one, other = (
        vg.Compose([vg.Rotate(9)], targets=declared),
        vg.Compose([vg.Rotate(9)], targets=vg.Targets(**declared)),
    )
    assert one == other and one.targets == other.targets == vg.Targets(**declared) and one.known == other.known


def test_mask_and_label_are_known_without():
    mask, label = np.arange(600).reshape(SIZE), np.array([0, 0, 1])
    out = vg.Compose([vg.HorizontalFlip()])(image=IMAGE, mask=mask, label=label)
    np.testing.assert_array_equal(out["mask"], mask[:, ::-1])
    assert out["label"] is label


def test_declared_fields_may_be_missing_but_never_the_picture():
    augment = vg.Compose([vg.HorizontalFlip()], targets={"boxes": vg.Boxes(), "names": vg.PerInstance()})
    assert set(augment(image=IMAGE)) == {"image"}
    assert set(augment(image=IMAGE, boxes=BOXES)) == {"image", "boxes"}
    with pytest.raises(vg.InputError, match=re.escape("a sample needs image=, got ['boxes']")):
        augment(boxes=BOXES)
    with pytest.raises(vg.InputError, match=re.escape("a sample needs image=, got nothing")):
        augment()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"boxes": [[2, 3, 12]]}, "boxes is (N, 4) numbers, x0, y0, x1, y1 an instance; got (1, 3)"),
        ({"boxes": [[2, 3, 12, 9], [20, 5, 31, 15]]}, "boxes[1] = (20, 5, 31, 15) (xyxy, pixels) reaches x 31 of 30"),
        (
            {"boxes": BOXES, "names": ["a"]},
            "boxes has 2 instances and names 1: fields of the group 'instances' have a row",
        ),
        ({"mask": np.zeros((30, 20), np.uint8)}, "mask is 30 x 20 and `image` 20 x 30 (height x width)"),
        ({"second": np.zeros((30, 20), np.uint8)}, "second is 30 x 20 and `image` 20 x 30 (height x width)"),
        ({"heads": BOXES}, "unknown field heads: declared are image, mask, label, boxes, names, second."),
    ],
)
def test_what_is_wrong_with_a_field_is_told(fields, message):
    augment = vg.Compose([vg.Rotate(9)], targets={"boxes": vg.Boxes(), "names": vg.PerInstance(), "second": vg.Image()})
    with pytest.raises(vg.InputError, match=re.escape(message)):
        augment(image=IMAGE, **fields)


def test_what_was_given_is_never_changed():
    targets = {
        "boxes": vg.Boxes(),
        "points": vg.Keypoints("xyv"),
        "masks": vg.Mask(stack=True),
        "polygons": vg.Polygons(),
    }
    fields = {
        "boxes": BOXES.copy(),
        "points": np.full((2, 3, 3), 5.0),
        "masks": np.ones((2, *SIZE), np.uint8),
        "polygons": [[np.array([[1.0, 1], [9, 1], [9, 9]])], []],
        "mask": np.ones(SIZE, np.uint8),
    }
    for ops in ([], [vg.HorizontalFlip()], [vg.Rotate(30)], [vg.Translate(1.5)]):
        before = pickle.dumps(fields)
        out = vg.Compose(ops, targets=targets)(image=IMAGE, **fields)
        assert pickle.dumps(fields) == before
        for name in ("boxes", "points", "masks", "mask"):
            assert not np.shares_memory(out[name], fields[name])
            out[name][...] = 7
        for rings in out["polygons"]:
            for ring in rings:
                ring[...] = 7
        assert pickle.dumps(fields) == before


def test_zero_instances_in_every_field():
    targets = {
        "boxes": vg.Boxes("yolo", min_area=5),
        "turned": vg.OrientedBoxes(),
        "points": vg.Keypoints("xyv"),
        "polygons": vg.Polygons(),
        "masks": vg.Mask(stack=True),
        "names": vg.PerInstance(),
        "numbers": vg.PerInstance(),
    }
    fields = {name: [] for name in ("boxes", "turned", "points", "polygons", "names")}
    fields |= {"masks": np.zeros((0, *SIZE), np.uint8), "numbers": np.zeros(0, np.int32)}
    for ops in (
        [],
        [vg.HorizontalFlip()],
        [vg.Rotate(30)],
        [vg.Perspective(0.5)],
        [vg.Translate(1.5)],
        [vg.RandomIoUCrop(9)],
    ):
        out = vg.Compose(ops, targets=targets)(image=IMAGE, **fields)
        assert all(len(out[name]) == 0 for name in targets)
        assert out["boxes"].shape == (0, 4) and out["turned"].shape == (0, 5) and out["points"].shape[2:] == (3,)
        assert (
            out["masks"].shape[1:] == out["image"].shape[:2] and out["numbers"].dtype == np.int32 and out["names"] == []
        )


# Views


@RUNS
@given(cases(most=3))
def test_a_view_gets_the_pixels_that_it_would_get_as_the_picture(case):
    pipeline = vg.Compose([*case.ops, vg.Brightness((0.5, 1.5))], targets={"second": vg.Image(colour=True)})
    rng = np.random.default_rng(0)
    image, second = rng.integers(0, 256, (*case.size, 3), np.uint8), rng.random((*case.size, 3), np.float32)
    out = pipeline(image=image, second=second, key=case.key)
    assert out["image"].tobytes() == pipeline(image, key=case.key).tobytes()
    want = pipeline(second, key=case.key)
    assert out["second"].dtype == want.dtype and out["second"].tobytes() == want.tobytes()


@pytest.mark.parametrize("shape", [(), (1,), (2,), (3,), (5,)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize(
    "end", [[], [vg.ToDtype("float32", "CHW")], [vg.ToDtype("uint8")], [vg.Normalize(0.5, 0.25, "CHW")]]
)
def test_views_of_any_channels_and_dtype(shape, dtype, end):
    pipeline = vg.Compose(
        [vg.Rotate((-30, 30)), vg.Opaque(lift, by=(0, 0.2), p=0.5), *end], targets={"second": vg.Image(colour=True)}
    )
    rng = np.random.default_rng(1)
    second = (rng.random((*SIZE, *shape)) * (255 if dtype == np.uint8 else 1)).astype(dtype)
    for n in range(4):
        out, key = pipeline(image=IMAGE, second=second, key=vg.Key(id=n)), vg.Key(id=n)
        want = pipeline(second, key=key)
        assert (out["second"].shape, out["second"].dtype) == (want.shape, want.dtype)
        np.testing.assert_array_equal(out["second"], want)
        np.testing.assert_array_equal(out["image"], pipeline(IMAGE, key=key))


def test_views_follow_ops_that_look_at_labels():
    pipeline = vg.Compose([vg.RandomCropNearBox(12)], targets={"boxes": vg.Boxes(), "second": vg.Image()})
    for n in range(6):
        out = pipeline(image=IMAGE, second=IMAGE.copy(), boxes=BOXES, key=vg.Key(id=n))
        np.testing.assert_array_equal(out["second"], out["image"])


# Gates and combinators


def squares(n):
    """White squares, whose boxes are known, on black."""
    rng = np.random.default_rng(n)
    image, (left, top) = np.zeros((40, 50, 1), np.uint8), rng.integers(5, 20, 2)
    image[top : top + 12, left : left + 16] = 255
    return image, [[left, top, left + 16, top + 12]]


GATED = [
    [vg.HorizontalFlip(p=0.5), vg.VerticalFlip(p=0.5)],
    [vg.OneOf([vg.HorizontalFlip(), vg.Translate(0.2), vg.Transpose()]), vg.Resize((40, 50))],
    [vg.SomeOf([vg.HorizontalFlip(), vg.VerticalFlip(), vg.Translate(0.1), vg.Pad(4)], n=(1, 3)), vg.Resize((40, 50))],
    [vg.RandomApply([vg.HorizontalFlip(), vg.Translate(y=0.1, p=0.5)], p=0.5)],
    [
        vg.Compose([vg.HorizontalFlip(p=0.5), vg.OneOf([vg.VerticalFlip(), vg.Invert()])], p=0.5),
        vg.Translate(0.1, p=0.5),
    ],
]


@pytest.mark.parametrize("ops", GATED)
def test_whatever_chance_leaves_out_labels_and_pixels_do_the_same(ops):
    pipeline = vg.Compose(
        ops, interpolation="nearest", targets={"boxes": vg.Boxes(), "points": vg.Keypoints(group=None)}
    )
    pixels = vg.Compose(ops, interpolation="nearest", targets={"view": vg.Mask()})
    seen = set()
    for n in range(30):
        image, boxes = squares(n)
        key = vg.Key(id=n)
        middle = [[(boxes[0][0] + boxes[0][2]) / 2, (boxes[0][1] + boxes[0][3]) / 2]]
        out = pipeline(image=image, boxes=boxes, points=middle, key=key)
        mask = pixels(image=image, view=(image[:, :, 0] > 0).astype(np.uint8), key=key)["view"]
        rows, columns = np.nonzero(mask)
        want = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose(out["boxes"], [want], atol=1)
        np.testing.assert_allclose(out["points"], [[(want[0] + want[2]) / 2, (want[1] + want[3]) / 2]], atol=1)
        seen.add(tuple(np.rint(out["boxes"][0] - boxes[0])))
    assert len(seen) > 3


# Functions of the whole picture


def lift(image, by):
    return image + np.float32(by)


def mirrored(image):
    return image[:, ::-1]


def test_labels_are_refused_where_a_function_may_move_pixels():
    augment = vg.Compose(
        [vg.Opaque(mirrored, name="mirror")],
        targets={"boxes": vg.Boxes(), "names": vg.PerInstance(), "second": vg.Image()},
    )
    message = (
        "mirror is a function of the whole picture that may move pixels, and boxes, mask cannot follow it. If it "
        "leaves every pixel in its place, declare it with moves_pixels=False"
    )
    with pytest.raises(vg.InputError, match=re.escape(message)):
        augment(image=IMAGE, boxes=[], second=IMAGE, names=[], mask=np.zeros(SIZE, np.uint8))
    out = augment(image=IMAGE, names=["a"], label=3, second=IMAGE)
    np.testing.assert_array_equal(out["second"], IMAGE[:, ::-1])
    assert out["names"] == ["a"] and out["label"] == 3


def test_labels_are_taken_where_a_function_leaves_pixels_in_their_place():
    ops = [vg.HorizontalFlip(), vg.Opaque(lift, by=0.1, moves_pixels=False), vg.Crop(0, 0, 20, 15)]
    out = vg.Compose(ops, targets={"boxes": vg.Boxes()})(image=IMAGE, boxes=BOXES)
    np.testing.assert_array_equal(out["boxes"], [[1, 5, 10, 15]])


def test_a_function_that_did_not_apply_moved_nothing():
    augment = vg.Compose([vg.Opaque(mirrored, p=0.5), vg.HorizontalFlip()], targets={"boxes": vg.Boxes()})
    refused = 0
    for n in range(16):
        key = vg.Key(id=n)
        if augment.params(key)["mirrored"]["applied"]:
            refused += 1
            with pytest.raises(vg.InputError, match="may move pixels"):
                augment(image=IMAGE, boxes=BOXES, key=key)
        else:
            out = augment(image=IMAGE, boxes=BOXES, key=key)
            np.testing.assert_array_equal(out["boxes"], [[18, 3, 28, 9], [1, 5, 10, 15]])
    assert 0 < refused < 16


# How results are written


@pytest.mark.parametrize(
    "end",
    [
        [vg.Normalize(layout="CHW")],
        [vg.ToDtype("float16", "CHW")],
        [vg.ToDtype("uint8", "CHW")],
        [vg.Normalize(layout="HWC")],
    ],
)
def test_layout_and_dtype_are_the_picture_s_alone(end):
    targets = {"boxes": vg.Boxes(), "heat": vg.Mask(), "masks": vg.Mask(stack=True)}
    fields = {
        "boxes": BOXES,
        "heat": np.random.default_rng(0).random((*SIZE, 2)),
        "masks": np.ones((2, *SIZE), bool),
        "mask": np.arange(600, dtype=np.int16).reshape(SIZE),
    }
    plain, written = (vg.Compose([vg.Rotate(12), vg.Resize((25, 40)), *part], targets=targets) for part in ([], end))
    one, other = plain(image=IMAGE, **fields), written(image=IMAGE, **fields)
    for name in fields:
        np.testing.assert_array_equal(one[name], other[name])
        assert one[name].dtype == other[name].dtype
    assert other["image"].shape == ((3, 25, 40) if end[0].layout == "CHW" else (25, 40, 3))


def test_a_picture_without_channels_has_labels_too():
    out = vg.Compose([vg.HorizontalFlip()], targets={"boxes": vg.Boxes()})(image=IMAGE[:, :, 0], boxes=BOXES)
    assert out["image"].shape == SIZE
    np.testing.assert_array_equal(out["boxes"], [[18, 3, 28, 9], [1, 5, 10, 15]])


# Pickles, threads, variations


WHOLE = vg.Compose(
    [vg.RandomIoUCrop(), vg.Rotate((-30, 30)), vg.Opaque(lift, by=(0, 0.1), moves_pixels=False, p=0.5), vg.Resize(16)],
    targets=vg.Targets(
        boxes=vg.Boxes("coco", min_visible=0.1),
        names=vg.PerInstance(),
        mask=vg.Mask(ignore_index=255),
        points=vg.Keypoints("xyv", swap=((0, 1),)),
    ),
)
FIELDS = {
    "image": IMAGE,
    "boxes": [[2, 3, 10, 6], [20, 5, 9, 10]],
    "names": ["a", "b"],
    "mask": np.arange(600).reshape(SIZE) % 7,
    "points": np.full((2, 2, 3), 5.0),
}


@pytest.mark.parametrize("used", [False, True])
def test_a_pipeline_with_targets_pickles(used):
    if used:
        WHOLE(**FIELDS)
    out = WHOLE(**FIELDS, key=vg.Key(3))
    for again in (pickle.loads(pickle.dumps(WHOLE)), copy.copy(WHOLE), copy.deepcopy(WHOLE)):
        assert again == WHOLE and again.fingerprint == WHOLE.fingerprint and again.targets == WHOLE.targets
        np.testing.assert_equal(again(**FIELDS, key=vg.Key(3)), out)


def test_targets_are_part_of_what_a_pipeline_is():
    bare = vg.Compose(WHOLE.ops)
    assert bare != WHOLE and bare.fingerprint != WHOLE.fingerprint
    other = vg.Compose(WHOLE.ops, targets={**dict(WHOLE.targets.fields), "boxes": vg.Boxes("coco", min_visible=0.2)})
    assert other != WHOLE and other.fingerprint != WHOLE.fingerprint
    turned = vg.Compose(WHOLE.ops, targets=dict(WHOLE.targets.fields[::-1]))
    assert turned == WHOLE and turned.fingerprint == WHOLE.fingerprint
    assert "boxes=Boxes('coco', min_visible=0.1)" in repr(WHOLE)


def test_threads_share_a_pipeline():
    keys = [vg.Key(id=n) for n in range(24)]
    want = [WHOLE(**FIELDS, key=key) for key in keys]
    with ThreadPoolExecutor(4) as pool:
        np.testing.assert_equal(list(pool.map(lambda key: WHOLE(**FIELDS, key=key), keys)), want)


def test_threads_share_a_plan():
    keys = vg.Keys.at(0, 0, np.arange(24))
    leaves = [WHOLE.known.read({n: v for n, v in FIELDS.items() if n != "image"}, SIZE)] * 24
    plan = WHOLE.plan(keys, [SIZE] * 24, leaves=leaves)
    with ThreadPoolExecutor(4) as pool:
        carried = list(pool.map(plan.carry, range(24)))
    for n, each in enumerate(carried):
        want = WHOLE(**FIELDS, key=keys[n])
        np.testing.assert_equal(each.fields, {name: want[name] for name in each.fields})


def test_variations_of_a_sample_with_labels():
    stream = WHOLE.variations(seed=4, **FIELDS)
    for n in range(4):
        np.testing.assert_equal(next(stream), WHOLE(**FIELDS, key=vg.Key(4, 0, 0, n)))


def test_the_key_of_a_sample_with_labels_decides_alone():
    out = WHOLE(**FIELDS, key=vg.Key(3, id=7))
    np.testing.assert_equal(WHOLE(**FIELDS, key=vg.Key(3, id=7)), out)
    assert WHOLE(**FIELDS)["image"].tobytes() != WHOLE(**FIELDS)["image"].tobytes()
