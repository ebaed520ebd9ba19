"""Elastic, GridDistortion, OpticalDistortion, ThinPlateSpline: what they do to the plane, and to labels."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg
import variegate.extend
from variegate import testing
from variegate.kernels.reference_field import displacement
from variegate.ops.base import LoweringContext
from variegate.ops.lattice import controls, nodes
from variegate.ops.thin_plate_spline import plate

WILD = vg.GridDistortion(0.9, cells=(2, 7))
BENT = [
    vg.Elastic(),
    vg.Elastic(0.02, cells=(3, 5), border="reflect"),
    vg.GridDistortion(),
    WILD,
    vg.OpticalDistortion(),
    vg.OpticalDistortion(-0.3),
    vg.ThinPlateSpline(),
    vg.ThinPlateSpline(0.3, points=(2, 3)),
]
STILL = [vg.Elastic(0), vg.GridDistortion(0), vg.OpticalDistortion(0), vg.ThinPlateSpline(0)]
IMAGE = np.random.default_rng(2).integers(0, 256, (60, 90, 3), np.uint8)


def bend(op, sizes=((375, 500),), seed=0):
    """The field (B, ...) that an op gives for pictures of these sizes."""
    pipeline = vg.Compose([op])
    columns = pipeline.compiler.drawing.columns(vg.Keys.at(seed, 0, np.arange(len(sizes))))
    (node,) = pipeline.compiler.flat.nodes
    return op.lower(columns[node.path], np.array(sizes, np.int64), LoweringContext(3))


def moved(field, points, size, sample=0):
    """(n, 2): by how much points of the canvas are read from elsewhere."""
    from variegate.kernels.chain import Displacements
    from variegate.kernels.codes import FIELDS

    _, rows, columns, _ = field.lattice.shape
    grid = np.array([[FIELDS.index(field.kind), rows, columns, 0]])
    shown = Displacements(np.zeros(1, np.int64), grid, field.lattice[sample].ravel())
    return np.stack(displacement(shown, 0, *points.T, size), axis=1)


@pytest.mark.parametrize("op", BENT, ids=repr)
def test_it_is_sound_fuses_and_labels_follow(op):
    testing.assert_lowering_is_sound(op)
    testing.assert_draws_are_keyed(op)
    testing.assert_fused_equals_reference([vg.Rotate(10), op, vg.Scale(1.2)])
    if op != WILD:  # its lines of cells tear a spot apart
        testing.assert_points_move_as_pixels(op, tolerance=0.6)  # the middle of a spot is not where its point goes
    testing.assert_targets_stay_in_step(op)


@pytest.mark.parametrize("op", STILL, ids=repr)
def test_strength_0_is_the_identity_to_the_bit(op):
    augment = vg.Compose([vg.Rotate(7), op, vg.Brightness(1.1)])
    plain = vg.Compose([vg.Rotate(7), vg.Brightness(1.1)])
    np.testing.assert_array_equal(augment(IMAGE, key=vg.Key(1)), plain(IMAGE, key=vg.Key(1)))


@pytest.mark.parametrize("op", [vg.Elastic((0, 0.5)), vg.GridDistortion((0, 0.9)), vg.ThinPlateSpline((0, 0.5))])
def test_nothing_folds(op):
    """Neighbouring points of a fine grid keep their order along both sides."""
    size = 120, 200
    field = bend(op, [size] * 40)
    y, x = np.mgrid[0 : size[0] + 1 : 2.0, 0 : size[1] + 1 : 2.0]
    for sample in range(40):
        to = np.stack([x.ravel(), y.ravel()], axis=1)
        to = (to + moved(field, to, size, sample)).reshape(*x.shape, 2)
        across, down = np.diff(to, axis=1)[:-1], np.diff(to, axis=0)[:, :-1]
        assert (across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0] > 0).all()


@pytest.mark.parametrize(("strength", "cells"), [(0.01, 6), (0.004, 5), (0.02, (4, 6))])
def test_the_strength_is_the_standard_deviation_in_parts_of_the_shorter_side(strength, cells):
    size = 300, 400
    field, rng = bend(vg.Elastic(strength, cells=cells), [size] * 600), np.random.default_rng(0)
    found = np.concatenate([moved(field, rng.uniform(0, 1, (40, 2)) * (400, 300), size, n) for n in range(600)])
    np.testing.assert_allclose(found.std(axis=0), strength * 300, rtol=0.03)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=0.02 * strength * 300)


def test_elastic_moves_as_far_as_torchvision_s_at_alpha_50_and_sigma_5():
    field, size = bend(vg.Elastic(0.0037), [(224, 224)] * 200), (224, 224)
    points = np.random.default_rng(0).uniform(0, 224, (50, 2))
    found = np.concatenate([moved(field, points, size, n) for n in range(200)])
    assert found.std() == pytest.approx(0.83, rel=0.03)


def test_grid_distortion_keeps_the_edges_and_stretches_cells_by_at_most_the_strength():
    size, strength = (100, 300), 0.3
    field = bend(vg.GridDistortion(strength, cells=(4, 6)), [size] * 50)
    lines = np.linspace(0, 300, 7) + field.lattice[:, 0, :, 0]
    widths = np.diff(lines, axis=1) / 50
    np.testing.assert_allclose(lines[:, [0, -1]], np.tile([0.0, 300.0], (50, 1)), atol=1e-12)
    assert widths.min() > 0.7 / 1.3 and widths.max() < 1.3 / 0.7 and widths.std() > 0.1
    assert (field.lattice[:, 1:, :, 0] == field.lattice[:, :1, :, 0]).all(), "columns stay straight"
    assert (field.lattice[:, :, 1:, 1] == field.lattice[:, :, :1, 1]).all(), "rows stay straight"


@pytest.mark.parametrize("k", [-0.3, 0.1, 1.5])
def test_optical_distortion_is_the_formula(k):
    size, rng = (300, 400), np.random.default_rng(1)
    points = rng.uniform(0, 1, (500, 2)) * (400, 300)
    from_centre = points - (200, 150)
    want = k * from_centre * (from_centre**2).sum(axis=1, keepdims=True) / (200**2 + 150**2)
    np.testing.assert_allclose(moved(bend(vg.OpticalDistortion(k), [size]), points, size), want, atol=1e-9)


def test_a_barrel_draws_in_what_is_far_from_the_centre():
    spot = np.zeros((101, 101), np.float32)
    spot[50, 90] = 1
    barrel = vg.Compose([vg.OpticalDistortion(0.3)])(spot)
    pincushion = vg.Compose([vg.OpticalDistortion(-0.2)])(spot)
    assert barrel[50].argmax() < 90 < pincushion[50].argmax()
    assert vg.Compose([vg.OpticalDistortion(0.3)])(np.eye(101, dtype=np.float32))[50, 50] == 1, "the centre stays"


def test_control_values_give_polynomials_of_degree_3_exactly():
    def cubic(x, y):
        return 1 + 2 * x - y + 3 * x * y**2 - x**3 + 0.5 * x**3 * y**3

    x, y = np.meshgrid(*nodes((4, 6), ring=1))
    values = np.stack([cubic(x, y), cubic(y, x)], axis=2)[None]
    points = np.random.default_rng(0).uniform(0, 1, (100, 2))
    got = moved(vg.extend.effects.Field(controls(values), np.array([[1, 1]])), points, (1, 1))
    px, py = points.T
    np.testing.assert_allclose(got, np.stack([cubic(px, py), cubic(py, px)], axis=1), atol=1e-12)


def test_a_thin_plate_goes_through_its_points_and_bends_least():
    """Against the plate itself, by NumPy's solver; and an affine shift of the points is an affine map everywhere."""
    basis = plate(3, 4)
    field = vg.extend.effects.Field(np.stack([basis, 0 * basis], axis=3), np.ones((12, 2), np.int64))
    x, y = (each.ravel() for each in np.meshgrid(np.linspace(0, 1, 4), np.linspace(0, 1, 3)))
    points = np.stack([x, y], axis=1)
    at_points = np.array([moved(field, points, (1, 1), n)[:, 0] for n in range(12)])
    np.testing.assert_allclose(at_points, np.eye(12), atol=0.015)
    between = np.random.default_rng(0).uniform(0, 1, (200, 2))
    found = np.array([moved(field, between, (1, 1), n)[:, 0] for n in range(12)])
    np.testing.assert_allclose(found.sum(axis=0), 1, atol=1e-9)
    np.testing.assert_allclose(x @ found, between[:, 0], atol=1e-9)

    def kernel(a, b):
        square = ((a[:, None] - b) ** 2).sum(axis=2)
        return np.where(square > 0, square * np.log(np.maximum(square, 1e-300)) / 2, 0)

    system = np.zeros((15, 15))
    system[:12, :12], system[:12, 12:] = kernel(points, points), np.column_stack([np.ones(12), points])
    system[12:, :12] = system[:12, 12:].T
    shapes = np.column_stack([kernel(between, points), np.ones(200), between])
    np.testing.assert_allclose(found, (shapes @ np.linalg.inv(system)[:, :12]).T, atol=0.015)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: vg.Elastic(-0.01), "Elastic.strength must be at least 0"),
        (lambda: vg.Elastic(2), "Elastic.strength must be .* at most 1"),
        (lambda: vg.Elastic(cells=0), r"Elastic.cells is a whole number or \(rows, columns\), 1 to 64; got 0"),
        (lambda: vg.Elastic(cells=(3, 4, 5)), r"Elastic.cells is a whole number or"),
        (lambda: vg.GridDistortion(1), "GridDistortion.strength must be .* below 1"),
        (lambda: vg.OpticalDistortion(-0.4), "OpticalDistortion.k must be above -0.3333"),
        (
            lambda: vg.ThinPlateSpline(points=1),
            r"ThinPlateSpline.points is a whole number or \(rows, columns\), 2 to 9; got 1",
        ),
        (lambda: vg.ThinPlateSpline(-1), "ThinPlateSpline.strength must be at least 0"),
    ],
)
def test_what_cannot_be(make, told):
    with pytest.raises(vg.FieldError, match=told):
        make()


@pytest.mark.parametrize("op", BENT, ids=repr)
def test_a_picture_of_one_pixel(op):
    assert vg.Compose([op])(np.full((1, 1, 3), 7, np.uint8)).shape == (1, 1, 3)
