"""Batches with labels: what one by one gives, in the same order."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.labels.truth import RUNS, cases

import variegate as vg

SIZE = (20, 30)
TARGETS = vg.Targets(
    boxes=vg.Boxes(min_visible=0.2),
    names=vg.PerInstance(),
    polygons=vg.Polygons(),
    masks=vg.Mask(stack=True),
    points=vg.Keypoints("xyv", group=None),
    turned=vg.OrientedBoxes(group="turned"),
    depth=vg.Mask(-1),
    second=vg.Image(),
    day=vg.PerSample(),
)


def sample(n, size=SIZE):
    rng, (height, width) = np.random.default_rng(n), size
    count = n % 4
    ends = np.sort(rng.uniform(0, 1, (count, 2, 2)), axis=1) * (width, height)
    return {
        "image": rng.integers(0, 256, (*size, 3), np.uint8),
        "boxes": ends.reshape(count, 4),
        "names": [f"{n}.{i}" for i in range(count)],
        "polygons": [[np.array([[x, y], [u, y], [u, v]])] for (x, y), (u, v) in ends],
        "masks": rng.integers(0, 2, (count, *size), np.uint8),
        "points": rng.uniform(0, 20, (3, 3)),
        "turned": rng.uniform(1, 9, (2, 5)),
        "depth": rng.random(size, np.float32),
        "second": rng.random((*size, 3), np.float32),
        "day": n,
        "mask": rng.integers(0, 9, size),
    }


def bits(value):
    """A value, its arrays by dtype, shape and bytes."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    return [bits(each) for each in value] if isinstance(value, (list, tuple)) else value


def hold(pipeline, samples, keys):
    """Assert that a batch gives what one by one does, for every field of every sample."""
    columns = {name: [each[name] for each in samples] for name in samples[0]}
    together = pipeline.batch(**columns, keys=keys)
    assert list(together) == list(samples[0])
    for n, each in enumerate(samples):
        alone = pipeline(**each, key=keys[n])
        for name in alone:
            assert bits(together[name][n]) == bits(alone[name]), f"{name} of sample {n}"
    return together


def same(image):
    return image


@RUNS
@given(cases(most=3), st.integers(0, 99))
def test_a_batch_is_what_one_by_one_gives(case, first):
    samples = [sample(n, case.size) for n in range(3)]
    hold(vg.Compose(case.ops, targets=TARGETS), samples, vg.Keys.at(0, 0, np.arange(first, first + 3)))


@pytest.mark.parametrize(
    "ops",
    [
        [vg.Rotate((-30, 30)), vg.Opaque(same, moves_pixels=False, p=0.5), vg.HorizontalFlip(p=0.5)],
        [vg.OneOf([vg.Opaque(same, moves_pixels=False), vg.HorizontalFlip(), vg.Crop(0, 0, 9, 9)]), vg.Resize(12)],
        [
            vg.RandomIoUCrop(p=0.5),
            vg.Opaque(same, moves_pixels=False, p=0.5),
            vg.RandomCropNearBox(8),
            vg.CropNonEmptyMask(5),
        ],
        [vg.RandomIoUCrop(), vg.RandomZoomOut(), vg.Normalize(layout="CHW")],
        [vg.SomeOf([vg.Rotate(9), vg.Contrast(2), vg.Opaque(same, moves_pixels=False)], n=2), vg.Resize(12)],
    ],
)
@pytest.mark.parametrize("ragged", [False, True])
def test_samples_that_take_other_ways_keep_their_own_labels(ops, ragged):
    """Groups of their own programs, and sizes of their own: no sample has another's labels."""
    samples = [sample(n, (20 + n, 30 - n) if ragged else SIZE) for n in range(12)]
    together = hold(vg.Compose(ops, targets=TARGETS), samples, vg.Keys.at(5, 1, np.arange(12)))
    for n, names in enumerate(together["names"]):
        assert all(name.startswith(f"{n}.") for name in names)
    assert together["day"].tolist() == list(range(12))


def test_pictures_masks_and_numbers_are_arrays_and_all_else_is_a_list():
    samples = [sample(n) for n in range(3)]
    together = vg.Compose([vg.Resize(9)], targets=TARGETS).batch(
        **{name: [each[name] for each in samples] for name in samples[0]}
    )
    for name in ("image", "mask", "depth", "second"):
        assert isinstance(together[name], np.ndarray) and together[name].shape[:3] == (3, 9, 9)
    assert all(isinstance(together[name], list) for name in ("boxes", "names", "polygons", "masks", "points"))
    assert together["day"].dtype == np.int64 and together["day"].tolist() == [0, 1, 2]
    ragged = vg.Compose([vg.Pad(1)], targets=TARGETS).batch(
        image=[sample(0)["image"], sample(1, (9, 9))["image"]], mask=[sample(0)["mask"], sample(1, (9, 9))["mask"]]
    )
    assert [each.shape for each in ragged["image"]] == [(22, 32, 3), (11, 11, 3)]
    assert [each.shape for each in ragged["mask"]] == [(22, 32), (11, 11)]


def test_columns_may_be_arrays():
    images, boxes = np.stack([sample(n)["image"] for n in range(3)]), np.tile([2.0, 2, 9, 9], (3, 1, 1))
    pipeline, keys = (
        vg.Compose([vg.HorizontalFlip(p=0.5)], targets={"boxes": vg.Boxes()}),
        vg.Keys.at(0, 0, np.arange(3)),
    )
    together = pipeline.batch(image=images, boxes=boxes, keys=keys)
    for n in range(3):
        assert bits(together["boxes"][n]) == bits(pipeline(image=images[n], boxes=boxes[n], key=keys[n])["boxes"])


def test_a_batch_of_pictures_by_keyword_alone():
    pipeline = vg.Compose([vg.Rotate(9)], targets=TARGETS)
    images = [sample(n)["image"] for n in range(2)]
    together = pipeline.batch(image=images)
    assert list(together) == ["image"]
    np.testing.assert_array_equal(together["image"], pipeline.batch(images))


@pytest.mark.parametrize("empty", [[], np.zeros((0, 4, 5, 3), np.uint8)])
def test_a_batch_of_no_samples(empty):
    together = vg.Compose([vg.Resize(9), vg.Normalize(layout="CHW")], targets=TARGETS).batch(
        image=empty, boxes=[], mask=[]
    )
    assert list(together) == ["image", "boxes", "mask"] and all(len(column) == 0 for column in together.values())
    assert isinstance(empty, list) or (
        together["image"].shape == (0, 3, 9, 9) and together["image"].dtype == np.float32
    )


def test_zero_instances_among_others():
    pipeline = vg.Compose([vg.Rotate(30)], targets={"boxes": vg.Boxes(), "names": vg.PerInstance()})
    together = pipeline.batch(image=[sample(0)["image"]] * 3, boxes=[[], [[9, 9, 12, 12]], []], names=[[], ["a"], []])
    assert [len(boxes) for boxes in together["boxes"]] == [0, 1, 0] and together["names"] == [[], ["a"], []]


PICTURES = "augment.batch takes pictures, a list or an array (B, height, width, channels)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda p, i: p.batch([i], boxes=[[]]),
            "give the pictures by position or by keyword, not both: got ['boxes']",
        ),
        (lambda p, i: p.batch(boxes=[[]]), "a sample needs image=, got ['boxes']"),
        (lambda p, i: p.batch(), "a sample needs image=, got nothing"),
        (
            lambda p, i: p.batch(image=[i, i], boxes=[[]]),
            "the fields of a batch have one value a sample, got {'image': 2, 'boxes': 1}",
        ),
        (lambda p, i: p.batch(image=[i], heads=[[]]), "unknown field heads: declared are image, mask, label, boxes."),
        (lambda p, i: p.batch(image=[i, i], boxes=[[], [[1, 2, 3]]]), "boxes is (N, 4) numbers"),
        (lambda p, i: p.batch(image=[i, i], keys=[vg.Key()]), "1 keys for 2 pictures; give one key a picture"),
        (
            lambda p, i: p.batch([i, i], keys=vg.Key(7)),
            "augment.batch takes a key a picture, got Key(seed=7, epoch=0, id=0, variation=0). "
            "Write keys=Keys.at(seed=7, epoch=0, ids=range(2))",
        ),
        (
            lambda p, i: p.batch([i], keys=3),
            "augment.batch takes a key a picture, got 3. Write keys=Keys.at(seed=0, epoch=0, ids=range(1))",
        ),
        (lambda p, i: p.batch(3), f"{PICTURES}; got int"),
        (lambda p, i: p.batch("ab"), f"{PICTURES}; got str"),
        (lambda p, i: p.batch(image=3), f"{PICTURES}; got int"),
        (
            lambda p, i: p.batch({"image": [i]}),
            f"{PICTURES}; got dict. Fields go by keyword: augment.batch(**fields)",
        ),
        (lambda p, i: p.batch(image=[i], label=3), "the fields of a batch have one value a sample, got 3 of label"),
        (lambda p, i: p.batch(image=[i, i[:, :, :1]]), "pictures of one batch share channels and dtype, got"),
    ],
)
def test_what_is_wrong_with_a_batch_is_told(call, message):
    with pytest.raises(vg.InputError, match=re.escape(message)):
        call(vg.Compose([vg.Rotate(9)], targets={"boxes": vg.Boxes()}), sample(0)["image"])


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
@pytest.mark.parametrize("shapes", [[(20, 30), (20, 30)], [(20, 30), (9, 8)], [(20, 30), (20, 30, 1)]])
def test_pictures_without_channels(layout, shapes):
    """One by one, (H, W) stays so where the layout has no place of its own for channels."""
    pipeline, keys = vg.Compose([vg.Rotate(9), vg.ToDtype("float32", layout)]), vg.Keys.at(0, 0, [0, 1])
    images = [np.random.default_rng(n).integers(0, 256, shape, np.uint8) for n, shape in enumerate(shapes)]
    together = pipeline.batch(image=images, keys=keys)["image"]
    for n, image in enumerate(images):
        alone = pipeline(image, key=keys[n])
        if len({image.ndim for image in images}) == 1:
            assert together[n].shape == alone.shape
        assert together[n].tobytes() == alone.tobytes()


def test_views_of_a_batch_may_be_of_different_kinds():
    """The pictures share channels and dtype; their views need not."""
    pipeline, keys = vg.Compose([vg.Rotate((-30, 30))], targets={"second": vg.Image()}), vg.Keys.at(0, 0, np.arange(3))
    images = [sample(n)["image"] for n in range(3)]
    views = [images[0], images[1][:, :, 0], np.float32(images[2] / 255)]
    together = pipeline.batch(image=images, second=views, keys=keys)
    for n in range(3):
        assert bits(together["second"][n]) == bits(pipeline(views[n], key=keys[n]))


def test_an_error_says_of_which_sample():
    augment, image = vg.Compose([], targets={"boxes": vg.Boxes()}), np.zeros((9, 9), np.uint8)
    with pytest.raises(vg.InputError, match=r"sample 1: boxes\[0\] = \(0, 0, 20, 5\)"):
        augment.batch(image=[image, image], boxes=[[[0, 0, 5, 5]], [[0, 0, 20, 5]]])
