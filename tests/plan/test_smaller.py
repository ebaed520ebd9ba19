"""Pictures smaller than planned: the same map, and a factor that never asks for more pixels than there are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import variegate as vg
from variegate.plan.smaller import least_scale, shrinking


def planned(ops, sizes, dtype="uint8", channels=3, **options):
    keys = vg.Keys.at(0, 0, np.arange(len(sizes)))
    return vg.Compose(ops, **options).plan(keys, np.array(sizes), channels, dtype)


def run(plan, i, image, covers=None):
    out = np.empty(plan.shapes[i], plan.dtype)
    plan.run(i, image, out, covers)
    return out


def waves(height, width):
    """A smooth picture: no detail that a reduction by 8 would lose."""
    y, x = np.mgrid[:height, :width] + 0.5
    planes = [np.sin(x / width * 7), np.cos(y / height * 5), np.sin((x + y) / (width + height) * 9)]
    return np.rint(np.stack(planes, -1) * 120 + 128).astype(np.uint8)


def reduced(image, d):
    """Each pixel the mean of d x d; sides that d does not divide are rounded up, by repeating the edge."""
    height, width = image.shape[:2]
    padded = np.pad(image, ((0, -height % d), (0, -width % d), (0, 0)), mode="edge").astype(float)
    return np.rint(padded.reshape(padded.shape[0] // d, d, -1, d, 3).mean(axis=(1, 3))).astype(np.uint8)


RECIPES = {
    "a crop": [vg.RandomResizedCrop(32), vg.HorizontalFlip(p=0.5)],
    "a turn": [vg.Rotate((-30, 30), border="reflect"), vg.Resize((40, 50))],
    "perspective": [vg.Perspective(0.2), vg.Resize(40)],
    "contrast of the whole": [vg.Contrast((0.5, 1.5)), vg.RandomResizedCrop(32)],
    "two passes": [vg.Resize(64), vg.Gamma(1.4), vg.Rotate(20)],
    "a function of the whole": [vg.Opaque(np.flipud), vg.Resize(40)],
}


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("d", [2, 4])
@pytest.mark.parametrize("size", [(320, 480), (323, 485)])
def test_a_smooth_picture_looks_the_same_from_fewer_pixels(name, d, size):
    image = waves(*size)
    small = reduced(image, d)
    covers = 0, 0, small.shape[1] * d, small.shape[0] * d
    plan = planned(RECIPES[name], [size] * 6)
    for i in range(6):
        off = np.abs(run(plan, i, image).astype(int) - run(plan, i, small, covers))
        assert off.mean() < 0.7 and off.max() <= (8 if name == "contrast of the whole" else 4)


def test_what_a_picture_covers_is_more_exact_than_its_size():
    image = waves(131, 203)
    small = reduced(image, 8)
    plan = planned([vg.Resize((16, 25))], [(131, 203)])
    whole = run(plan, 0, image).astype(int)
    by_size, by_cover = (np.abs(whole - run(plan, 0, small, c)).mean() for c in (None, (0, 0, 208, 136)))
    assert by_cover < by_size / 3


def test_a_picture_may_begin_before_the_planned_one():
    """As one does that was stored from the right and from below, and rounded up."""
    image = waves(131, 203)
    small = reduced(image[::-1, ::-1], 8)[::-1, ::-1]
    plan = planned([vg.Rotate(10, border="reflect"), vg.Resize((16, 25))], [(131, 203)])
    off = np.abs(run(plan, 0, image).astype(int) - run(plan, 0, small, (-5, -5, 203, 131)))
    assert off.mean() < 0.7 and off.max() <= 8


def test_a_part_may_stand_for_the_whole_where_only_it_is_read():
    image = np.random.default_rng(0).integers(0, 256, (90, 80, 3), np.uint8)
    plan = planned([vg.Crop(30, 20, 24, 16), vg.Resize((12, 8))], [(90, 80)])
    part = image[20:70, 15:60]
    assert np.array_equal(run(plan, 0, part, (15, 20, 60, 70)), run(plan, 0, image))


@pytest.mark.parametrize("name", RECIPES)
def test_the_whole_picture_is_the_same_however_it_is_told(name):
    image = np.random.default_rng(0).integers(0, 256, (64, 70, 3), np.uint8)
    plan = planned(RECIPES[name], [(64, 70)] * 4)
    if name != "a function of the whole":  # which is given floats by another way
        for i in range(4):
            assert np.array_equal(run(plan, i, image), run(plan, i, image, (0, 0, 70, 64)))


def test_labels_and_records_stay_as_planned():
    augment = vg.Compose([vg.Rotate((-30, 30)), vg.Resize(32)], targets={"image": vg.Image(), "boxes": vg.Boxes()})
    leaves = [augment.known.read({"boxes": np.array([[10.0, 20, 60, 90]])}, (100, 120))]
    plan = augment.plan(vg.Keys.at(0, 0, [0]), np.array([[100, 120]]), leaves=leaves)
    before = plan.carry(0).fields["boxes"]
    run(plan, 0, waves(25, 30))
    assert np.array_equal(plan.carry(0).fields["boxes"], before) and plan.shapes == [(32, 32, 3)]


@pytest.mark.parametrize(
    ("image", "covers", "said"),
    [
        (
            np.zeros((9, 8, 3), np.uint8),
            None,
            r"planned as \(8, 9\) x 3 uint8, got \(9, 8, 3\) uint8; it may have fewer",
        ),
        (np.zeros((4, 4, 1), np.uint8), None, r"got \(4, 4, 1\) uint8"),
        (np.zeros((4, 4, 3), np.float32), None, "got .* float32"),
        (np.zeros((0, 4, 3), np.uint8), None, r"got \(0, 4, 3\)"),
        (np.zeros((4, 4), np.uint8), None, r"got \(4, 4\)"),
        (np.zeros((4, 4, 3), np.uint8), (0, 0, 3, 8), r"\(4, 4\).*\(8, 9\) cannot cover only 3 x 8"),
        (np.zeros((4, 4, 3), np.uint8), (0, 0, float("nan"), 8), "cannot cover"),
    ],
)
def test_what_does_not_fit_is_refused(image, covers, said):
    plan = planned([vg.Resize(4)], [(8, 9)])
    with pytest.raises(vg.InputError, match=said):
        run(plan, 0, image, covers)


@pytest.mark.parametrize(
    ("ops", "options", "d"),
    [
        ([vg.Resize(224)], {}, 8),
        ([vg.Resize((375, 500))], {}, 8),
        ([vg.Resize((376, 500))], {}, 4),
        ([vg.Resize((1500, 100))], {}, 2),
        ([vg.Resize((1501, 100))], {}, 1),
        ([vg.Resize((100, 4000))], {}, 1),
        ([], {}, 1),
        ([vg.Gamma(1.5)], {}, 1),
        ([vg.Rotate(30), vg.Scale(0.5)], {}, 2),
        ([vg.Rotate(30, border="reflect"), vg.Scale(0.5)], {}, 2),
        ([vg.Shear(45), vg.Scale(0.5)], {}, 1),
        ([vg.Shear(45), vg.Shear(-45), vg.Scale(0.25)], {}, 4),
        ([vg.Shear(45, border="reflect"), vg.Shear(-45), vg.Scale(0.25)], {}, 1),  # what is folded is sheared twice
        ([vg.HorizontalFlip(), vg.Resize(750), vg.Gamma(1.5), vg.Rotate(10)], {}, 4),
        ([vg.Gamma(1.5), vg.Resize(224)], {}, 1),  # its table must see the pixels as they are
        ([vg.Opaque(np.flipud), vg.Resize(224)], {}, 1),
        ([vg.Resize(224)], {"interpolation": "nearest"}, 1),
        ([vg.Resize(224)], {"antialias": False}, 1),
        ([vg.Resize(224)], {"interpolation": "bicubic"}, 8),
        ([vg.Resize(224), vg.Perspective(0.1)], {}, 8),
    ],
)
def test_the_factor(ops, options, d):
    assert planned(ops, [(3000, 4000)], **options).reduction(0) == d


def test_each_sample_has_a_factor_of_its_own():
    plan = planned([vg.Gamma(1.5, p=0.5), vg.Resize(100)], [(100, 100), (300, 250), (500, 900), (900, 900)] * 8)
    gamma = {i for i in range(32) if plan.reduction(i) == 1 and i % 4}
    assert 4 < len(gamma) < 20  # where the table is drawn, it comes first
    for i in sorted(set(range(32)) - gamma):
        assert plan.reduction(i) == (1, 2, 4, 8)[i % 4]


def least_by_hand(maps, size):
    """The least singular value of the Jacobian, at the centres of the output's pixels."""
    way = np.eye(3)
    for m in maps[::-1]:
        way = m @ way
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    w = way[2, 0] * x + way[2, 1] * y + way[2, 2]
    u, v = ((way[k, 0] * x + way[k, 1] * y + way[k, 2]) / w for k in (0, 1))
    rows = [[(way[k, j] - p * way[2, j]) / w for j in (0, 1)] for k, p in ((0, u), (1, v))]
    return np.linalg.svd(np.moveaxis(np.array(rows), (0, 1), (-2, -1)), compute_uv=False)[..., 1].min()


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.floats(0, 0.5), st.floats(-180, 180), st.floats(0.1, 1), st.floats(-30, 30), st.integers(0, 99))
def test_the_bound_is_below_what_any_pixel_needs_and_not_far(distort, angle, scale, shear, seed):
    ops = [vg.Perspective(distort), vg.Affine(rotate=angle, scale=scale, shear_x=shear), vg.Resize((20, 30))]
    plan = vg.Compose(ops).plan(vg.Keys.at(seed, 0, np.arange(3)), np.array([[200, 300]] * 3), 3, "uint8")
    rows = [plan.bound.read.tables.row(r) for r in range(3)]
    found = shrinking(rows)
    for i, row in enumerate(rows):
        truth = least_by_hand(row.maps, (20, 30))
        assert found[i] <= truth * (1 + 1e-6)
        if found[i] > 0:
            assert found[i] >= truth * (0.999999 if distort == 0 else 0.5 if distort < 0.3 and scale > 0.5 else 0)


def test_where_the_horizon_is_seen_nothing_is_sure():
    """Its far side shows the picture again, behind the eye; just before it, any step is a long one."""
    maps = np.array([[[8.0, 0, 0], [0, 8, 0], [g, 0, 1]] for g in (0, -0.005, -0.011)])
    found = least_scale(maps, np.array([[100, 100]] * 3))
    assert found[0] == 8 and found[1] > 2 and found[2] == 0
