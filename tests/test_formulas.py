"""formulas: the maps of ops, compiled, have the bits of their definitions in NumPy; columns may lie as they like."""

from __future__ import annotations

import numpy as np
import pytest

from variegate import coords, exact, formulas

COUNT = 5000
RNG = np.random.default_rng(0)
SIZES = RNG.integers(1, 4000, (COUNT, 2))
X, Y = coords.centre(SIZES)
TURNS = np.where(RNG.random(COUNT) < 0.2, RNG.integers(-8, 9, COUNT) * 45.0, RNG.uniform(-400, 400, COUNT))
SLANTS = np.where(RNG.random((2, COUNT)) < 0.2, 0.0, RNG.uniform(-80, 80, (2, COUNT)))
FACTORS = np.where(RNG.random((3, COUNT)) < 0.2, 1.0, RNG.uniform(0.1, 5, (3, COUNT)))
SHIFTS = np.where(RNG.random((2, COUNT)) < 0.2, 0.0, RNG.uniform(-1, 1, (2, COUNT)))


def rotations(angle):
    sin, cos = exact.sincos(angle)
    return coords.affine(cos, -sin, X - cos * X + sin * Y, sin, cos, Y - sin * X - cos * Y)


def scales(factor, x, y):
    across, down = 1 / (factor * x), 1 / (factor * y)
    return coords.affine(across, 0, X - across * X, 0, down, Y - down * Y)


def shears(x, y):
    slant, rise = (np.divide(*exact.sincos(each)) for each in (x, y))
    both = slant * rise
    return coords.affine(1 + both, slant, -(both * X + slant * Y), rise, 1, -(rise * X))


def affines(rotate, x, y, scale, scale_x, scale_y, shear_x, shear_y):
    sin, cos = exact.sincos(rotate)
    slant, rise = (np.divide(*exact.sincos(each)) for each in (shear_x, shear_y))
    across, down = 1 / (scale * scale_x), 1 / (scale * scale_y)
    stretch = 1 + slant * rise
    a, b = across * (stretch * cos + slant * sin), across * (slant * cos - stretch * sin)
    d, e = down * (rise * cos + sin), down * (cos - rise * sin)
    to_x, to_y = X + x * SIZES[:, 1], Y + y * SIZES[:, 0]
    return coords.affine(a, b, X - a * to_x - b * to_y, d, e, Y - d * to_x - e * to_y)


CASES = [
    (rotations, [TURNS]),
    (scales, [*FACTORS]),
    (shears, [*SLANTS]),
    (affines, [TURNS, *SHIFTS, *FACTORS, *SLANTS]),
]


@pytest.mark.parametrize(("definition", "columns"), CASES)
def test_the_bits_are_those_of_the_definition(definition, columns):
    compiled = getattr(formulas, definition.__name__)(SIZES, *columns)
    assert np.array_equal(compiled.view(np.int64), definition(*columns).view(np.int64))


@pytest.mark.parametrize(("definition", "columns"), CASES)
def test_one_by_one_they_are_the_same(definition, columns):
    function = getattr(formulas, definition.__name__)
    every, one = (
        function(SIZES, *columns),
        [function(SIZES[i : i + 1], *(c[i : i + 1] for c in columns)) for i in (0, 7)],
    )
    assert np.array_equal(np.concatenate(one), every[[0, 7]])


def test_columns_of_any_layout_are_taken():
    """Read backwards, in strides or spread from one number: what ops before hand on, or a test writes."""
    spread = np.broadcast_to(np.float64(30.0), COUNT)
    backwards = formulas.shears(SIZES[::-1], SLANTS[0, ::-1], spread)
    assert np.array_equal(backwards[::-1], formulas.shears(SIZES, SLANTS[0].copy(), np.full(COUNT, 30.0)))
    swapped = formulas.rotations(SIZES[:, ::-1], spread)
    assert np.array_equal(swapped, formulas.rotations(np.ascontiguousarray(SIZES[:, ::-1]), np.full(COUNT, 30.0)))
    trials = RNG.uniform(0.1, 1, (COUNT, 10)).T  # its rows lie apart
    drawn = trials, trials[::-1], trials[0], trials[1], np.array([0.5, 2.0])
    copied = [np.ascontiguousarray(each) for each in drawn]
    assert np.array_equal(formulas.parts(SIZES, SIZES, *drawn), formulas.parts(SIZES, SIZES, *copied))
