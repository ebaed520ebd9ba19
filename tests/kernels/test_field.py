"""Fields in the walk of a row, against the formula; and chains of fields and matrices, fused, against the reference."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.bend import Bend, Constant
from tests.kernels.test_fused_equals_reference import (
    BORDERS,
    INTERPOLATIONS,
    NUMBERS,
    Case,
    colour,
    hold,
    last_write,
    new_canvas,
    picture,
    reading,
    same_canvas,
    smaller,
    told,
)

import variegate as vg
from variegate.kernels.chain import Displacements
from variegate.kernels.codes import DENSE, LINEAR, SMOOTH
from variegate.kernels.field import walk_field
from variegate.kernels.reference_field import displacement
from variegate.kernels.solve import pull, push

RUNS = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
IMAGE = np.random.default_rng(3).integers(0, 256, (45, 60, 3), np.uint8)


@st.composite
def lattices(draw):
    """A field (its numbers, their kind, the size of its canvas), points in and around it, and a map before it."""
    rng, kind = np.random.default_rng(draw(st.integers(0, 2**32 - 1))), draw(st.sampled_from((SMOOTH, LINEAR, DENSE)))
    size = draw(st.tuples(st.integers(1, 20), st.integers(1, 30)))
    least = {SMOOTH: 4, LINEAR: 2, DENSE: 1}[kind]
    rows, columns = size if kind == DENSE else rng.integers(least, least + 9, 2).tolist()
    nodes = rng.normal(0, 3, rows * columns * 2)
    fields = Displacements(np.zeros(1, np.int64), np.array([[kind, rows, columns, 0]]), nodes)
    count = draw(st.integers(1, 40))
    points = rng.uniform(-0.3, 1.3, (2, count)) * [[size[1]], [size[0]]]
    if draw(st.booleans()):
        points[1] = points[1, 0]  # along a row of the field
    return fields, size, points, rng


def walked(fields, size, points, before, own):
    """What the unit makes of a row of points."""
    (us, vs), matrices = points.copy(), [np.ascontiguousarray(m, np.float64) for m in (before, own)]
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 9)(walk_field.address)
    grid, nodes = np.ascontiguousarray(fields.grids[0], np.int64), fields.nodes
    addresses = [array.ctypes.data for array in (*matrices, grid, nodes, us, vs)]
    call(*addresses, len(us), *size)
    return us, vs


@RUNS
@given(lattices())
def test_a_row_of_points_goes_by_the_formula(case):
    fields, size, points, rng = case
    before, own = np.eye(3), np.eye(3)
    before[0, :2], own[0], own[1, 1] = rng.uniform(0.5, 1.5, 2), (1.5, 0, 0.25), 0.75
    x, y = before[0] @ [*points, np.ones(points.shape[1])], points[1]
    dx, dy = displacement(fields, 0, x, y, size)
    got = walked(fields, size, points, before, own)
    np.testing.assert_allclose(got, [1.5 * x + 0.25 + dx, 0.75 * y + dy], atol=1e-10)


@pytest.mark.parametrize("kind", [SMOOTH, LINEAR, DENSE])
def test_points_that_are_nowhere_read_no_memory_that_is_not_theirs(kind):
    around = np.full(4000, np.nan)
    around[2000:2040] = 1
    fields = Displacements(np.zeros(1, np.int64), np.array([[kind, 4, 5, 0]]), around[2000:2040])
    points = np.array([[np.nan, np.inf, -np.inf, 1e300, -1e18, 2.0], [2.0, np.nan, 1e300, -np.inf, 1.0, 2.0]])
    us, vs = walked(fields, (4, 5), points, np.eye(3), np.eye(3))
    np.testing.assert_allclose([us[-2], vs[-2], us[-1], vs[-1]], [-1e18, 2, 3, 3])


@RUNS
@given(lattices())
def test_points_are_sought_and_found(case):
    """Where the field does not fold; and the derivative is that of a small step."""
    fields, size, points, _ = case
    kind, rows, columns, _ = fields.grids[0].tolist()
    if kind == DENSE:
        return
    cells = np.array([columns, rows]) - (3 if kind == SMOOTH else 1)
    steps = np.array(size)[::-1] / cells
    most = 0.47 if kind == SMOOTH else 0.24  # of a cell: a field that displaces by more may fold
    nodes = np.clip(fields.nodes.reshape(-1, 2) / 2, -1, 1) * most * steps
    fields, matrix = fields._replace(nodes=nodes.ravel()), np.diag([1.25, 0.8, 1.0])
    given = np.ascontiguousarray(points.T)
    read = (matrix, fields.grids[0], fields.nodes, np.array(size, np.int64))
    out, slopes = np.empty_like(given), np.empty((len(given), 4))
    pull(given, *read, out, slopes)
    back, inverse, found = np.empty_like(given), np.empty((len(given), 4)), np.empty(len(given), np.bool_)
    push(out, *read, back, inverse, found)
    assert found.all() and np.abs(back - given).max() < 1e-6
    (a, b, c, d), (e, f, g, h) = slopes.T, inverse.T
    one = np.tile([[1.0], [0], [0], [1]], len(a))
    np.testing.assert_allclose([a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h], one, atol=1e-4)


@pytest.mark.parametrize("nodes", [(10, 2), (2, 10), (6, 6)])
def test_points_behind_many_borders_of_cells_are_found(nodes):
    """A jagged field: Newton's steps by the slopes of one cell lead astray in the next."""
    rng, size = np.random.default_rng(5), np.array((20, 30))
    steps = size[::-1] / (np.array(nodes)[::-1] - 1)
    for _ in range(50):
        lattice = (rng.choice((-0.24, 0.24), (*nodes, 2)) * steps).ravel()
        read = (np.diag([1.25, 0.8, 1.0]), np.array([LINEAR, *nodes, 0]), lattice, size)
        points = rng.uniform(-0.3, 1.3, (400, 2)) * size[::-1]
        out, back, slopes = np.empty_like(points), np.empty_like(points), np.empty((400, 4))
        found = np.empty(400, np.bool_)
        pull(points, *read, out, slopes)
        push(out, *read, back, slopes, found)
        assert found.all() and np.abs(back - points).max() < 1e-6


@st.composite
def bends(draw, channels):
    """A field that may be left out without changing the size."""
    strength = draw(st.sampled_from((0, 0.1, 0.4, 1.5)))
    cells = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    options = draw(reading(channels))
    p = draw(st.sampled_from((1, 1, 0.5)))
    return Bend(strength, cells=cells, kind=draw(st.sampled_from(("smooth", "linear"))), p=p, **options)


@st.composite
def cases(draw, colours=0, side=40):
    """A chain with a field or two, a picture and a key."""
    channels, (dtype, white) = draw(st.sampled_from((1, 3, 3, 4))), draw(st.sampled_from(NUMBERS))
    ops = draw(st.lists(st.one_of(same_canvas(channels), new_canvas(channels)), max_size=4))
    for _ in range(draw(st.integers(1, 2))):
        ops.insert(draw(st.integers(0, len(ops))), draw(bends(channels)))
    for _ in range(colours):
        ops.insert(draw(st.integers(0, len(ops))), draw(colour(channels, white is not None)))
    if any(op.resizes for op in ops):
        ops.append(vg.Resize(draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))))
    interpolation, antialias = draw(st.sampled_from(INTERPOLATIONS)), draw(st.booleans())
    ops += draw(last_write(white is not None))
    pipeline = vg.Compose(ops, interpolation=interpolation, antialias=antialias, white=white)
    shape = (draw(st.integers(1, side)), draw(st.integers(1, side)), channels)
    image = picture(shape, dtype, white, draw(st.integers(0, 2**32 - 1)), beyond=False)
    return Case(pipeline, image, vg.Key(id=draw(st.integers(0, 99))))


@RUNS
@given(cases())
def test_any_chain_of_fields_and_matrices(case):
    told(hold(*case))


@RUNS
@given(cases(colours=2))
def test_any_chain_with_colour(case):
    told(hold(*case))


@RUNS
@given(cases(side=9).flatmap(smaller))
def test_any_chain_of_a_picture_smaller_than_planned(case):
    told(hold(*case))


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("kind", ["smooth", "linear"])
def test_every_border_and_interpolation(border, interpolation, kind):
    """With next to no pixel left out as in doubt."""
    for ops in ([Bend(kind=kind, border=border)], [Bend(kind=kind, border=border), vg.Rotate(33), Bend(kind=kind)]):
        assert hold(vg.Compose(ops, interpolation=interpolation), IMAGE, vg.Key()) < 0.01


@RUNS
@given(cases(), st.integers(0, 4), st.sampled_from(("smooth", "linear")), st.sampled_from(BORDERS))
def test_a_field_of_zeros_leaves_no_trace(case, place, kind, border):
    ops = list(case.pipeline.ops)
    ends = next((n for n, op in enumerate(ops) if isinstance(op, vg.Normalize | vg.ToDtype)), len(ops))
    still = Bend(0, kind=kind, border=border, interpolation="nearest", antialias=False, name="still")
    more = [*ops[: min(place, ends)], still, *ops[min(place, ends) :]]
    options = {name: getattr(case.pipeline, name) for name in ("interpolation", "antialias", "white")}
    np.testing.assert_array_equal(
        vg.Compose(more, **options)(case.image, key=case.key), case.pipeline(case.image, key=case.key)
    )


def test_only_samples_that_are_moved_pay_for_it():
    """In one batch some are, some not: each has the bytes that it has alone, and no field where it is not moved."""
    augment = vg.Compose(
        [vg.Rotate(20), Bend(vg.Choice([0, 0.3])), vg.Rotate(-20, p=0.5), Bend(0.2, p=0.5, kind="linear")]
    )
    keys = [vg.Key(id=n) for n in range(12)]
    batch = augment.batch([IMAGE] * 12, keys=keys)
    bent = []
    for key, made in zip(keys, batch, strict=True):
        np.testing.assert_array_equal(made, augment(IMAGE, key=key))
        told = augment.params(key)
        plan = augment.plan(vg.Keys.of([key]), [IMAGE.shape[:2]])
        bent.append(int(plan.bound.read.tables.row(0).chain.bent.sum()))
        assert bent[-1] == (told["Bend"]["strength"] > 0) + told["Bend#2"]["applied"]
    assert len(set(bent)) > 1


def test_a_record_replays_a_field():
    augment = vg.Compose([Bend((0.1, 0.4)), vg.Rotate((-9, 9))])
    for n in range(4):
        made, record = augment(IMAGE, key=vg.Key(id=n), return_params=True)
        np.testing.assert_array_equal(augment.replay(record, IMAGE), made)
        assert len(record["draws"]["Bend"]["seed"]) == 4


@pytest.mark.parametrize("kind", ["smooth", "linear"])
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_a_constant_field_is_a_translation(kind, interpolation):
    by = (3, -2) if interpolation == "nearest" else (3.25, -1.5)
    one = vg.Compose([Constant(*by, kind=kind)], interpolation=interpolation)(IMAGE)
    two = vg.Compose([vg.Translate(-by[0] / 60, -by[1] / 45)], interpolation=interpolation)(IMAGE)
    assert np.abs(one.astype(int) - two).max() <= 1


def test_a_picture_behind_a_field_is_never_decoded_smaller():
    ops = [vg.Resize((10, 12)), Bend(0.1)]
    keys = vg.Keys.of([vg.Key()])
    assert vg.Compose(ops[:1]).plan(keys, [(90, 120)]).reduction(0) == 8
    assert vg.Compose(ops).plan(keys, [(90, 120)]).reduction(0) == 1


def test_it_is_told_in_the_plan():
    text = vg.Compose([vg.Rotate(5), Bend(), vg.Crop(0, 0, 9, 9)]).explain((20, 30))
    assert "1 resampling" in text and "  field    Bend()" in text and "windows cut, 1 field bends" in text
