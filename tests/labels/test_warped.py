"""Labels through fields: they go where the pixels go, as the reference says of finer pixels than the result has."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.bend import Bend, Constant

import variegate as vg
from variegate import testing
from variegate.kernels.chain import Displacements
from variegate.kernels.codes import BILINEAR, CONSTANT, NEAREST
from variegate.kernels.reference import look
from variegate.kernels.reference_field import displacement
from variegate.labels.warped import WarpedMap

RUNS = settings(derandomize=True, deadline=None, max_examples=25)
SIZE = (48, 64)
FINER = 8  # sub-pixels a side, by which the truth is told
CLOSE = 0.25  # pixels


def rotated(angle):
    return vg.Rotate(angle)


@st.composite
def chains(draw):
    """Ops of which one at least is a field, none that folds."""
    smooth = st.builds(Bend, st.floats(0.05, 0.3), st.just((3, 4)))
    linear = st.builds(lambda strength: Bend(strength, cells=(3, 4), kind="linear"), st.floats(0.02, 0.2))
    turns = st.builds(rotated, st.floats(-180, 180).map(lambda a: round(a, 2)))
    parts = (
        st.just(vg.Crop(5, 7, 36, 50, border="constant")),
        st.just(vg.Resize((60, 50))),
        st.just(vg.HorizontalFlip()),
    )
    others = st.one_of(turns, *parts, st.just(vg.Perspective(0.2)), st.just(vg.Pad(4)))
    before, after = draw(st.lists(others, max_size=2)), draw(st.lists(others, max_size=2))
    ops = [*before, draw(st.one_of(smooth, linear)), *after]
    if draw(st.integers(0, 3)) == 0:
        ops.append(Bend(0.2, cells=(2, 2)))
    return ops


def way_of(ops, size=SIZE, seed=0):
    return vg.Compose(ops).plan(vg.Keys.of([vg.Key(seed)]), [size]).point_map(0)


class Truth:
    """Where each sub-pixel of the result is read from."""

    def __init__(self, point_map, finer=FINER):
        chain, (height, width) = point_map.chain, point_map.size
        maps = np.concatenate([chain.maps, np.diag([1 / finer, 1 / finer, 1])[None]])
        canvas = np.concatenate([chain.canvas, [[height * finer, width * finer]]])
        fields = Displacements(np.append(chain.fields.which, -1), *chain.fields[1:])
        view = look(maps, canvas, np.full(len(maps), CONSTANT), BILINEAR, fields=fields)
        self.source, self.shown = np.stack([view.x, view.y], axis=-1), view.code == 0
        rows, columns = np.mgrid[: height * finer, : width * finer]
        self.x, self.y, self.finer = (columns + 0.5) / finer, (rows + 0.5) / finer, finer

    def within(self, shape):
        """Which sub-pixels show a polygon of the picture."""
        return self.shown & shapely.contains_xy(shapely.Polygon(shape), self.source[..., 0], self.source[..., 1])

    def box(self, shape):
        """The box around what is seen of a shape; None where that is not a sub-pixel."""
        part, half = self.within(shape), 0.5 / self.finer
        if not part.any():
            return None
        x, y = self.x[part], self.y[part]
        return np.array([x.min() - half, y.min() - half, x.max() + half, y.max() + half])


def corners(box):
    x0, y0, x1, y1 = box
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def some_boxes(seed, size=SIZE, count=6):
    rng = np.random.default_rng(seed)
    low = rng.uniform(0, 0.7, (count, 2)) * size[::-1]
    return np.concatenate([low, np.minimum(low + rng.uniform(4, 30, (count, 2)), size[::-1])], axis=1)


@RUNS
@given(chains(), st.integers(0, 99))
def test_points_go_where_they_are_read_from(ops, seed):
    """Forward and back again; and the way back is what the reference says, which knows nothing of Newton's steps."""
    point_map = way_of(ops, seed=seed)
    assert isinstance(point_map, WarpedMap)
    points = np.random.default_rng(seed).uniform(0, 1, (200, 2)) * SIZE[::-1]
    image, shown = point_map.image(points), point_map.inside(points)
    chain, (x, y) = point_map.chain, image[shown].T
    for k in reversed(range(len(chain.maps))):
        moved, m = displacement(chain.fields, k, x, y, chain.canvas[k + 1]), chain.maps[k]
        w = m[2, 0] * x + m[2, 1] * y + m[2, 2]
        x, y = (m[0, 0] * x + m[0, 1] * y + m[0, 2]) / w, (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / w
        x, y = (x, y) if moved is None else (x + moved[0], y + moved[1])
    assert np.abs(np.stack([x, y], axis=1) - points[shown]).max(initial=0) < 1e-6
    assert np.abs(point_map.back().image(image[shown]) - points[shown]).max(initial=0) < 1e-6


@RUNS
@example([rotated(30), Bend(0.25, cells=(3, 4)), vg.Resize((90, 50))], 0)
@given(chains(), st.integers(0, 99))
def test_the_derivative_is_what_a_small_step_does(ops, seed):
    point_map, step = way_of(ops, seed=seed), 1e-5
    points = np.random.default_rng(seed).uniform(0.2, 0.8, (40, 2)) * SIZE[::-1]
    points = points[point_map.inside(points)]
    sides = [point_map.image(points + shift) for shift in ((step, 0), (-step, 0), (0, step), (0, -step))]
    across, down = (sides[0] - sides[1]) / (2 * step), (sides[2] - sides[3]) / (2 * step)
    a, b, c, d = point_map.derivative(points)
    wrong = np.abs(np.stack([a, c], axis=1) - across) + np.abs(np.stack([b, d], axis=1) - down)
    # On a line between two cells of a linear field there is no derivative.
    assert (wrong > 1e-4 * (1 + np.abs(across) + np.abs(down))).any(axis=1).sum() <= 1


@RUNS
@given(chains(), st.integers(0, 99))
def test_what_is_inside_is_what_is_shown(ops, seed):
    """Of the picture's points and pixels, and of the result's pixels."""
    point_map = way_of(ops, seed=seed)
    truth = Truth(point_map)
    rng = np.random.default_rng(seed)
    chosen = rng.choice(np.flatnonzero(truth.shown.ravel()), 300)
    assert point_map.inside(truth.source.reshape(-1, 2)[chosen]).mean() > 0.99
    every = np.stack(np.meshgrid(np.arange(SIZE[1]) + 0.5, np.arange(SIZE[0]) + 0.5), axis=-1).reshape(-1, 2)
    assert (point_map.covered().ravel() == point_map.inside(every)).mean() > 0.99
    shown = truth.shown[FINER // 2 :: FINER, FINER // 2 :: FINER]  # an eighth of a pixel beside its centre
    assert (point_map.showing() == shown).mean() > 0.97


@RUNS
@given(chains(), st.integers(0, 99))
def test_boxes_lie_tight_around_what_is_seen(ops, seed):
    point_map = way_of(ops, seed=seed)
    truth, boxes = Truth(point_map), some_boxes(seed)
    seen, whole, share = point_map.outlines(boxes, np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]]))
    for n, box in enumerate(boxes):
        want = truth.box(corners(box))
        if want is None:
            assert share[n] < 0.02
            continue
        assert np.abs(seen[n] - want).max() <= CLOSE, (seen[n], want)
        assert (whole[n, :2] <= seen[n, :2] + 1e-3).all() and (whole[n, 2:] >= seen[n, 2:] - 1e-3).all()
        middles = (np.arange(60) + 0.5) / 60
        x, y = (a.ravel() for a in np.meshgrid(*(lo + (hi - lo) * middles for lo, hi in box.reshape(2, 2).T)))
        assert abs(share[n] - point_map.inside(np.stack([x, y], axis=1)).mean()) < 0.02


RING = [(6.0, 5), (40, 3), (57, 20), (50, 44), (30, 30), (8, 41)]


@RUNS
@given(chains(), st.integers(0, 99))
def test_polygons_cover_what_shows_them(ops, seed):
    augment = vg.Compose(ops, targets={"rings": vg.Polygons()})
    image, key = np.zeros((*SIZE, 3), np.uint8), vg.Key(seed)
    moved = augment(image=image, rings=[[RING]], key=key)["rings"]
    truth = Truth(way_of(ops, seed=seed))
    want = truth.within(RING)
    got = np.zeros_like(want)
    for ring in moved[0] if len(moved) else ():
        got |= shapely.contains_xy(shapely.Polygon(ring), truth.x, truth.y)
    if want.sum() > 400 * FINER:
        assert (got & want).sum() / (got | want).sum() >= 0.98


def test_polygons_agree_with_masks():
    size = (200, 260)
    ring = [(x * 4, y * 4) for x, y in RING]
    mask = shapely.contains_xy(shapely.Polygon(ring), *np.meshgrid(np.arange(260) + 0.5, np.arange(200) + 0.5))
    ops = [vg.Rotate(15), Bend(0.3), vg.Crop(10, 20, 170, 200)]
    for seed in range(5):
        augment = vg.Compose(ops, targets={"rings": vg.Polygons(), "mask": vg.Mask()})
        out = augment(
            image=np.zeros((*size, 3), np.uint8), mask=mask.astype(np.uint8), rings=[[ring]], key=vg.Key(seed)
        )
        got = np.zeros(out["mask"].shape, bool)
        for part in out["rings"][0]:
            grid = np.meshgrid(np.arange(got.shape[1]) + 0.5, np.arange(got.shape[0]) + 0.5)
            got |= shapely.contains_xy(shapely.Polygon(part), *grid)
        assert (got & (out["mask"] > 0)).sum() / (got | (out["mask"] > 0)).sum() >= 0.98


def test_lines_and_holes_follow():
    """A polyline bends, and is cut; a hole stays one."""
    augment = vg.Compose(
        [Bend(0.3), vg.Crop(0, 0, 48, 40)],
        targets={"lines": vg.Polygons(closed=False), "rings": vg.Polygons(holes=True, group="r")},
    )
    outer, hole = [(5.0, 5), (30, 5), (30, 40), (5, 40)], [(12.0, 12), (22, 12), (22, 30), (12, 30)]
    out = augment(
        image=np.zeros((*SIZE, 3), np.uint8), lines=[[[(2.0, 20), (60, 25)]]], rings=[[outer, hole]], key=vg.Key(2)
    )
    (line,) = out["lines"][0]
    assert len(line) > 4 and line[:, 0].max() == 40
    area = [shapely.Polygon(ring).area for ring in out["rings"][0]]
    assert len(area) == 2 and abs(area[0] - area[1] - (25 * 35 - 180)) < 120


def test_turned_boxes_lie_around_all_of_theirs():
    rows = np.array([[30.0, 24, 20, 10, 25], [40, 30, 12, 18, -60]])
    ops = [Bend(0.3), vg.Rotate(20), Bend(0.2, kind="linear")]
    for seed in range(6):
        augment = vg.Compose(ops, targets={"turned": vg.OrientedBoxes(dtype="float64")})
        out = augment(image=np.zeros((*SIZE, 3), np.uint8), turned=rows, key=vg.Key(seed))["turned"]
        point_map = way_of(ops, seed=seed)
        for row, (cx, cy, w, h, angle) in zip(rows, out, strict=True):
            t = np.deg2rad(-row[4])
            u, v = np.meshgrid(np.linspace(-0.5, 0.5, 60) * row[2], np.linspace(-0.5, 0.5, 60) * row[3])
            points = np.stack([row[0] + np.cos(t) * u - np.sin(t) * v, row[1] + np.sin(t) * u + np.cos(t) * v], axis=-1)
            x, y = (point_map.image(points.reshape(-1, 2)) - (cx, cy)).T
            t = np.deg2rad(-angle)
            along, down = np.cos(t) * x + np.sin(t) * y, np.cos(t) * y - np.sin(t) * x
            assert abs(np.abs(along).max() - w / 2) < CLOSE and abs(np.abs(down).max() - h / 2) < CLOSE


@RUNS
@given(chains(), st.integers(0, 99), st.sampled_from((1, 2)))
def test_masks_by_nearest_are_the_reference(ops, seed, stride):
    mask = np.random.default_rng(seed).integers(1, 200, (SIZE[0] // stride, SIZE[1] // stride)).astype(np.uint8)
    augment = vg.Compose(ops, targets={"mask": vg.Mask(stride=stride)})
    got = augment(image=np.zeros((*SIZE, 3), np.uint8), mask=mask, key=vg.Key(seed))["mask"]
    chain = way_of(ops, seed=seed).chain
    if stride == 2:
        maps = np.concatenate([np.diag([0.5, 0.5, 1])[None], chain.maps, np.diag([2.0, 2, 1])[None]])
        canvas = np.concatenate([[mask.shape], chain.canvas, [got.shape]])
        borders = np.concatenate([[CONSTANT], chain.borders, [CONSTANT]])
        chain = chain._replace(maps=maps, canvas=canvas, borders=borders)
        chain = chain._replace(fields=chain.fields._replace(which=np.concatenate([[-1], chain.fields.which, [-1]])))
    view = look(chain.maps, chain.canvas, chain.borders, NEAREST, fields=chain.fields)
    rows, columns = (
        np.clip(np.floor(p), 0, n - 1).astype(int) for p, n in zip((view.y, view.x), mask.shape, strict=True)
    )
    want = np.where(view.code == 0, mask[rows, columns], 0)
    assert ((got == want) | view.doubt).all()


def test_a_stack_of_masks_and_a_float_map_go_with_the_picture():
    picture = np.random.default_rng(0).random((*SIZE, 1)).astype(np.float32)
    ops, targets = [vg.Rotate(10), Bend(0.3, border="reflect")], {"depth": vg.Mask(), "stack": vg.Mask(stack=True)}
    stack = np.zeros((2, *SIZE), np.uint8)
    stack[0, 10:30, 10:40], stack[1, 40:, 60:] = 1, 1
    out = vg.Compose(ops, targets=targets)(image=picture, depth=picture[..., 0], stack=stack, key=vg.Key(1))
    inside = vg.Compose(ops)(np.ones_like(picture), key=vg.Key(1))[..., 0] == 1
    np.testing.assert_allclose(out["depth"][inside], out["image"][..., 0][inside], atol=1e-5)
    assert len(out["stack"]) == 2 and 400 < out["stack"][0].sum() < 800


@pytest.mark.parametrize("kind", ["smooth", "linear"])
def test_predictions_come_back(kind):
    ops = [vg.Rotate(8), Bend(0.15, kind=kind), vg.HorizontalFlip(), vg.Resize((90, 120))]
    targets = {
        "points": vg.Keypoints(group=None, dtype="float64"),
        "boxes": vg.Boxes(dtype="float64"),
        "rings": vg.Polygons(group="r"),
        "mask": vg.Mask(),
        "half": vg.Mask(stride=2),
    }
    augment, image = vg.Compose(ops, targets=targets), np.zeros((*SIZE, 3), np.uint8)
    quarters = np.kron(np.array([[1, 2], [3, 4]], np.uint8), np.ones((24, 32), np.uint8))
    given = {
        "points": [[20.0, 20], [40, 30]],
        "boxes": [[20.0, 15, 40, 35]],
        "rings": [[[(20.0, 12), (44, 14), (40, 36)]]],
    }
    out, record = augment(
        image=image, mask=quarters, half=quarters[::2, ::2], **given, key=vg.Key(3), return_params=True
    )
    inverse = augment.inverse(record)
    back = inverse(**{name: out[name] for name in targets})
    np.testing.assert_allclose(back["points"], given["points"], atol=1e-6)
    low, high = back["boxes"][0, :2], back["boxes"][0, 2:]
    assert (low <= (20.1, 15.1)).all() and (high >= (39.9, 34.9)).all() and (high - low < 40).all()
    one, other = shapely.Polygon(back["rings"][0][0]), shapely.Polygon(given["rings"][0][0])
    assert one.intersection(other).area / one.union(other).area > 0.99
    seen = inverse.seen()
    assert seen.mean() > 0.7 and (back["mask"] == quarters)[seen].mean() > 0.97
    assert (back["mask"][~seen] == 0).all() and (back["half"] == quarters[::2, ::2])[seen[::2, ::2]].mean() > 0.94


@pytest.mark.parametrize("kind", ["smooth", "linear"])
def test_each_pixel_of_a_prediction_comes_from_where_its_centre_went(kind):
    ops = [vg.Perspective(0.2), Bend(0.2, kind=kind), vg.Rotate(30), vg.Resize((70, 60))]
    augment = vg.Compose(ops, targets={"mask": vg.Mask(), "scores": vg.Mask()})
    noise = np.random.default_rng(0).integers(1, 250, (70, 60)).astype(np.uint8)
    y, x = np.mgrid[:70, :60] + 0.5
    _, record = augment(image=np.zeros((*SIZE, 3), np.uint8), key=vg.Key(4), return_params=True)
    back = augment.inverse(record)(mask=noise, scores=(x + 100 * y).astype(np.float32))
    point_map = way_of(ops, seed=4)
    centres = np.stack(np.meshgrid(np.arange(SIZE[1]) + 0.5, np.arange(SIZE[0]) + 0.5), axis=-1).reshape(-1, 2)
    (u, v), there = point_map.image(centres).T, point_map.inside(centres)
    assert 0.4 < there.mean() < 1
    want = noise[np.clip(np.floor(v), 0, 69).astype(int), np.clip(np.floor(u), 0, 59).astype(int)]
    np.testing.assert_array_equal(back["mask"].ravel(), np.where(there, want, 0))
    within = there & (u > 1) & (u < 59) & (v > 1) & (v < 69)
    np.testing.assert_allclose(back["scores"].ravel()[within], (u + 100 * v)[within], rtol=0.02, atol=9)


def test_predictions_of_variations_are_averaged():
    y, x = np.mgrid[:48, :64].astype(np.float32)
    picture = np.sin(x / 9) + np.cos(y / 7)
    augment = vg.Compose([Bend(0.2), vg.HorizontalFlip(p=0.5)], white=None)
    mean = vg.TTA(augment, n=6).segmentation(lambda batch: batch[..., 0], picture[..., None].astype(np.float32))
    assert np.abs(mean - picture)[6:-6, 6:-6].max() < 0.05
    points = np.array([[20.0, 20], [40, 30]])
    keys = vg.Keys.at(0, 0, np.zeros(6, np.uint64), np.arange(6, dtype=np.uint32))
    plan = augment.plan(keys, [(48, 64)] * 6, 1, np.float32)
    found = np.stack([plan.point_map(i).image(points) for i in range(6)])
    back = vg.TTA(augment, n=6).keypoints(lambda batch: found, picture[..., None])
    np.testing.assert_allclose(back, points, atol=1e-4)


def test_ops_that_look_at_labels_see_them_bent():
    image, boxes = np.zeros((*SIZE, 3), np.uint8), [[12.0, 10, 30, 30]]
    mask = np.zeros(SIZE, np.uint8)
    mask[4:9, 50:56] = 1
    for seed in range(20):
        bend = Bend(0.4, cells=(3, 3))
        safe = vg.Compose([bend, vg.RandomSizedBoxSafeCrop(None), vg.Resize((48, 64))], targets={"boxes": vg.Boxes()})
        only = vg.Compose([bend], targets={"boxes": vg.Boxes()})
        key = vg.Key(seed)
        whole, box = (
            only(image=image, boxes=boxes, key=key)["boxes"][0],
            safe(image=image, boxes=boxes, key=key)["boxes"][0],
        )
        record = safe(image=image, boxes=boxes, key=key, return_params=True)[1]
        scale = (box[2:] - box[:2]) / (whole[2:] - whole[:2])
        assert (scale >= 0.99).all()  # enlarged by the crop, never cut by it
        again = safe.replay(record, image=image, boxes=boxes)
        np.testing.assert_array_equal(again["boxes"][0], box)
        crop = vg.Compose([bend, vg.CropNonEmptyMask((9, 9))], targets={"mask": vg.Mask()})
        assert crop(image=image, mask=mask, key=key)["mask"].any()


def test_a_field_that_folds_has_no_place_for_some_points():
    """Each says what is so: a point that is shown is read from where it is said to be; none that is not is inside."""
    point_map = way_of([Bend(1.2, cells=(3, 3))], seed=1)
    points = np.random.default_rng(0).uniform(0, 1, (500, 2)) * SIZE[::-1]
    there = point_map.inside(points)
    assert 0.2 < there.mean() < 1
    np.testing.assert_allclose(point_map.back().image(point_map.image(points)[there]), points[there], atol=1e-6)
    with pytest.raises(AssertionError, match=r"^Bend: the Field of sample \d folds at \(.*\) of its canvas, so labels"):
        testing.assert_lowering_is_sound(Bend(1.2, cells=(3, 3)))


def test_a_constant_field_moves_labels_as_a_translation_does():
    targets = {"points": vg.Keypoints(group=None, dtype="float64"), "boxes": vg.Boxes(dtype="float64")}
    fields = {"points": [[20.0, 20], [3, 3]], "boxes": [[2.0, 3, 40, 30]], "image": np.zeros((*SIZE, 3), np.uint8)}
    one = vg.Compose([Constant(5, -3)], targets=targets)(**fields)
    two = vg.Compose([vg.Translate(-5 / 64, 3 / 48)], targets=targets)(**fields)
    for name in ("points", "boxes"):
        np.testing.assert_allclose(one[name], two[name], atol=1e-9)


def test_the_kit_of_checks():
    ops = [Bend(0.1, cells=(2, 2)), vg.Rotate((-20, 20)), Bend(0.03, cells=(2, 2), kind="linear")]
    testing.assert_points_move_as_pixels(ops, tries=8)
    testing.assert_lowering_is_sound(ops)
    testing.assert_targets_stay_in_step(ops, tries=4)
    testing.assert_fused_equals_reference(ops, tries=4)


def test_the_corners_of_a_polygon_stay_where_nothing_cuts_it():
    """Between them are no more points than it takes."""
    augment = vg.Compose(
        [Bend(0.3)], targets={"rings": vg.Polygons(dtype="float64"), "points": vg.Keypoints(group=None)}
    )
    ring = np.array([(20.0, 12), (30, 12), (44, 14), (40, 30), (22, 36)])
    out = augment(image=np.zeros((*SIZE, 3), np.uint8), rings=[[ring]], points=ring, key=vg.Key(2))
    odd = augment(image=np.zeros((*SIZE, 3), np.uint8), rings=[[ring[:2]], [ring[:1]], []], points=ring, key=vg.Key(2))
    assert [len(rings) for rings in odd["rings"]] == [1, 1, 0]  # nothing is known of them, so they stay
    (got,) = out["rings"][0]
    places = np.abs(got[None] - out["points"][:, None]).max(axis=2).argmin(axis=1)
    np.testing.assert_allclose(got[places], out["points"], atol=1e-5)
    assert places[0] == 0 and (np.diff(places) > 0).all() and len(ring) + 3 < len(got) < 30
