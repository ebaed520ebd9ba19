"""A plan's window: what lies outside of it may be anything, and it is no larger than it need be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import event, given
from tests.catalogue import EXAMPLES, VARIANTS
from tests.kernels.test_fused_equals_reference import RUNS, cases

import variegate as vg
from variegate.ops.effect import Output
from variegate.testing.trial import labels_for, looks_of, middle, pipeline_of
from variegate.white import white_of


def spoilt(image, window, white, seed):
    """The picture with noise outside of a window; of floats, numbers that are none."""
    top, bottom, left, right = window
    rng = np.random.default_rng(seed)
    if image.dtype == np.float32:
        made = np.full(image.shape, np.nan if seed else -3.0, np.float32)
    else:
        most = int(white_of(white, image.dtype.name, "") or 1)
        made = rng.integers(0, most + 1, image.shape).astype(image.dtype)
    made[top:bottom, left:right] = image[top:bottom, left:right]
    return made


def written(plan, i, image):
    out = np.full(plan.shapes[i], 7, plan.dtype)
    plan.run(i, image, out, checked=True)
    return out


def hold(plan, image, white="dtype", count=1):
    """Assert the law for the samples of a plan; returns the share of the picture that their windows are, on average."""
    total = 0.0
    for i in range(count):
        window = plan.window(i)
        top, bottom, left, right = window
        assert 0 <= top < bottom <= image.shape[0] and 0 <= left < right <= image.shape[1]
        total += (bottom - top) * (right - left) / (image.shape[0] * image.shape[1])
        want = written(plan, i, image)
        for seed in (0, 1):
            np.testing.assert_array_equal(written(plan, i, spoilt(image, window, white, seed)), want, f"{window}")
    return total / count


def check(case):
    plan = case.pipeline.plan(vg.Keys.of([case.key]), [case.image.shape[:2]], case.image.shape[2], case.image.dtype)
    share = hold(plan, case.image, case.pipeline.white)
    event(f"window: {'all' if share == 1 else 'most' if share > 0.5 else 'less than half'}")


@RUNS
@given(cases())
def test_nothing_outside_is_seen_through_maps(case):
    check(case)


@RUNS
@given(cases(geometry=4, colours=4))
def test_nothing_outside_is_seen_by_colours(case):
    check(case)


@RUNS
@given(cases(geometry=3, colours=2, alone=True))
def test_nothing_outside_is_seen_where_passes_follow_one_another(case):
    check(case)


SIZE = (60, 80)
CROP, LATER = vg.Crop(13, 11, 30, 40), vg.Crop(2, 3, 10, 12)


def planned(ops, size=SIZE, count=1, **options):
    return vg.Compose(ops, **options).plan(vg.Keys.at(3, 0, np.arange(count)), [size] * count)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("op", [*EXAMPLES.values(), *VARIANTS], ids=repr)
def test_of_every_op(op, place, interpolation):
    """With a crop before it, and after it."""
    if place == "after" and op.gives is Output:
        return  # which is a pipeline's last
    pipeline = pipeline_of(vg.Compose([CROP, op] if place == "before" else [op, LATER], interpolation=interpolation))
    image = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
    leaves = [pipeline.known.read(labels_for(pipeline, SIZE, middle(SIZE)), SIZE)] * 3 if looks_of(pipeline) else ()
    plan = pipeline.plan(vg.Keys.at(3, 0, np.arange(3)), [SIZE] * 3, leaves=leaves)
    hold(plan, image, count=3)
    if place == "before":
        for i in range(3):
            top, bottom, left, right = plan.window(i)
            reach = 8  # of a cubic that shrinks by what the op does
            assert top >= 13 - reach and bottom <= 43 + reach and left >= 11 - reach and right <= 51 + reach


@pytest.mark.parametrize(
    ("ops", "window"),
    [
        ([CROP], (13, 43, 11, 51)),
        ([CROP, vg.HorizontalFlip(), vg.Rotate90(1), vg.Gamma(1.4)], (13, 43, 11, 51)),
        ([vg.HorizontalFlip(), CROP], (13, 43, 29, 69)),
        ([CROP, vg.Contrast(0.5), vg.Equalize()], (13, 43, 11, 51)),
        ([CROP, vg.GaussianBlur(3)], (13, 43, 11, 51)),
        ([CROP, vg.Opaque(np.flipud)], (13, 43, 11, 51)),
        ([CROP, vg.Resize((15, 20))], (12, 44, 10, 52)),  # a tent of two pixels to each side of 1, 3, ...
        ([CROP, vg.Resize((60, 80))], (12, 44, 10, 52)),
        ([CROP, vg.Rotate(20, border="reflect")], (12, 44, 10, 52)),
        ([CROP, vg.Perspective(0.3)], (10, 46, 8, 54)),
        ([CROP, vg.Elastic(0.1)], (12, 44, 10, 52)),
        ([vg.Gamma(1.4), CROP], (13, 43, 11, 51)),
        ([vg.MedianBlur(5), CROP], (11, 45, 9, 53)),
        ([vg.BoxBlur(1), vg.Gamma(1.4), CROP], (12, 44, 10, 52)),
        ([vg.BoxBlur(1, border="wrap"), CROP], (12, 44, 10, 52)),
        ([vg.BoxBlur(1, border="wrap"), vg.Crop(13, 0, 30, 40)], (12, 44, 0, 80)),
        ([vg.BoxBlur(1), vg.Crop(13, 0, 30, 40)], (12, 44, 0, 41)),
        ([vg.Contrast(0.5), CROP], (0, 60, 0, 80)),
        ([vg.Equalize(), CROP], (0, 60, 0, 80)),
        ([vg.Opaque(np.flipud), CROP], (0, 60, 0, 80)),
        ([vg.CLAHE(), CROP], (0, 60, 0, 80)),
        ([vg.Perspective(0.3), CROP], (0, 60, 0, 80)),
        ([vg.Crop(-5, -5, 30, 40, border="wrap")], (0, 60, 0, 80)),
        ([vg.Crop(-5, -5, 30, 40, border="constant")], (0, 25, 0, 35)),
        ([], (0, 60, 0, 80)),
    ],
)
def test_the_window(ops, window):
    assert planned(ops).window(0) == window


def test_a_random_crop_is_a_few_pixels_smaller_than_its_window():
    """What a recipe reads: a part of the picture, resized; by a tent as wide as two steps."""
    plan = planned([vg.RandomResizedCrop(32), vg.HorizontalFlip(p=0.5)], (300, 400), 40)
    areas = []
    for i in range(40):
        top, bottom, left, right = plan.window(i)
        row = plan.bound.read.tables.row(i)
        across, down = abs(row.maps[0][0, 0]), abs(row.maps[0][1, 1])
        assert bottom - top <= 32 * down + max(down, 1) + 2 and right - left <= 32 * across + max(across, 1) + 2
        areas.append((bottom - top) * (right - left) / 120_000)
    assert 0.3 < np.mean(areas) < 0.6


def test_of_a_view():
    """Which no op of colour changes: its window is the crop, where the picture's is all of it."""
    pipeline = vg.Compose([vg.Contrast(0.5), CROP], targets={"image": vg.Image(), "depth": vg.Image()})
    leaves = [pipeline.known.read({"depth": np.zeros(SIZE, np.float32)}, SIZE)]
    plan = pipeline.plan(vg.Keys.at(0, 0, [0]), [SIZE], leaves=leaves)
    assert plan.window(0) == (0, 60, 0, 80) and plan.window(0, "depth") == (13, 43, 11, 51)
