"""exact: within 4e-16 of the truth, exact where it promises, and built from portable operations alone."""

from __future__ import annotations

import ast
import inspect
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from variegate import exact, exact_tables, formulas

PINNED = [  # sin, cos, exp and log of four numbers
    "0x1.c98701025eb1fp-10",
    "0x1.e60d3f09014bfp-6",
    "0x1.f520ac65fd88fp-2",
    "0x1.ab2a9b25a9ab9p-1",
    "0x1.ffffcce4c8e64p-1",
    "0x1.ffc64f5b36d47p-1",
    "0x1.be7fdd19e28bcp-1",
    "-0x1.1a43870d371f9p-1",
    "0x1.1aec7b35a00d3p+0",
    "0x1.5e552770df8a6p+2",
    "0x1.34e4ae51d7605p+42",
    "0x1.1428e1cbc0143p+178",
    "-0x1.26bb1bbb55516p+1",
    "0x1.0fae81914a991p-1",
    "0x1.b054c9a8592f4p+1",
    "0x1.343774f3e2362p+2",
]
TOLERANCE = 4.5e-16  # 4e-16 of ours, and half a unit in the last place of the reference's


def numbers(low, high, count=20000, seed=0):
    return np.random.default_rng(seed).uniform(low, high, count)


def relative(got, expected):
    expected = np.array(expected)
    return np.max(np.abs(got - expected) / np.abs(expected))


def test_sincos_against_the_standard_library():
    # math.sin takes radians: only angles that turn into radians without much rounding are a fair test.
    degrees = numbers(-45, 45)
    radians = [float(Fraction(angle) * Fraction(math.pi) / 180) for angle in degrees]
    sin, cos = exact.sincos(degrees)
    assert relative(sin, [math.sin(x) for x in radians]) < TOLERANCE
    assert relative(cos, [math.cos(x) for x in radians]) < TOLERANCE


def sincos_by_numpy(angle):
    """The definition, a step a line, as it was before it was compiled."""
    turns = np.rint(angle / exact_tables.STEP)
    sin, cos = exact_tables.CIRCLE[:, np.where(np.abs(turns) < 2**62, turns, 0).astype(np.int64) & 255]
    x = (angle - turns * exact_tables.STEP) * exact_tables.RADIAN
    z = x * x
    sine = x + x * (((-1 / 5040 * z + 1 / 120) * z - 1 / 6) * z)
    less = ((-1 / 720 * z + 1 / 24) * z - 1 / 2) * z
    return sin + (cos * sine + sin * less), cos + (cos * less - sin * sine)


def exp_by_numpy(x):
    """Alike."""
    given = np.minimum(np.maximum(x, -1100.0), 1100.0)
    whole = np.rint(given * (256 / (exact_tables.LN2_HIGH + exact_tables.LN2_LOW)))
    rest = (given - whole * (exact_tables.LN2_HIGH / 256)) - whole * (exact_tables.LN2_LOW / 256)
    steps = np.where(np.isnan(whole), 0, whole).astype(np.int32)
    power = exact_tables.POWERS[steps & 255]
    less = rest + rest * rest * ((rest * (1 / 24) + 1 / 6) * rest + 1 / 2)
    return np.ldexp(power + power * less, steps >> 8)


def same_bits(got, expected):
    nan = np.isnan(expected)
    return np.array_equal(nan, np.isnan(got)) and np.array_equal(
        got[~nan].view(np.int64), expected[~nan].view(np.int64)
    )


def test_compiled_and_numpy_give_the_same_bits():
    turns, scales = np.arange(-4000, 4001), 10.0 ** numbers(-300, 300)
    odd = [
        0.0,
        -0.0,
        math.nan,
        math.inf,
        -math.inf,
        5e-324,
        1e308,
        2.0**53,
        2.0**62 * exact_tables.STEP,
        2.0**63 * exact_tables.STEP,
    ]
    angles = np.concatenate(
        [numbers(-720, 720), turns * 90.0, turns * exact_tables.STEP, turns * 0.703125, scales, -scales, odd]
    )
    with np.errstate(all="ignore"):
        assert all(map(same_bits, exact.sincos(angles), sincos_by_numpy(angles)))
        for x in (angles, numbers(-1200, 1200), numbers(-750, -700), numbers(-1, 1)):
            assert same_bits(exact.exp(x), exp_by_numpy(x))


def test_quarter_turns_are_exact():
    turns = np.arange(-400, 401)
    sin, cos = exact.sincos(turns * 90.0)
    assert np.array_equal(sin, np.array([0, 1, 0, -1])[turns % 4])
    assert np.array_equal(cos, np.array([1, 0, -1, 0])[turns % 4])


@given(st.floats(-1e6, 1e6))
def test_sincos_is_odd_even_and_of_unit_length(angle):
    sin, cos = exact.sincos(np.array([angle, -angle]))
    assert sin[0] == -sin[1] and cos[0] == cos[1]
    assert abs(sin[0] ** 2 + cos[0] ** 2 - 1) < 1e-15


@given(st.integers(-360 * 64, 360 * 64), st.integers(-100, 100))
def test_a_full_turn_changes_no_bit(sixty_fourths, turns):
    angle = sixty_fourths / 64
    one, other = exact.sincos(angle), exact.sincos(angle + 360 * turns)
    assert [float(x) for x in one] == [float(x) for x in other]


def test_atan2_against_the_standard_library():
    y, x = np.random.default_rng(0).normal(size=(2, 20000)) * [[1.0], [1e-3]]
    truth = (
        np.arctan2(y.astype(np.longdouble), x.astype(np.longdouble))
        * 180
        / np.longdouble(f"{exact_tables.PI}")
        * 2**256
    )
    if np.finfo(np.longdouble).nmant < 60:
        truth = np.degrees(np.arctan2(y, x))  # no longer double here: then the standard library's rounding counts too
    assert relative(exact.atan2(y, x), truth) < 2 * TOLERANCE


def test_atan2_is_exact_on_axes_and_diagonals():
    turns = np.arange(-3, 5)
    sin, cos = np.sign(np.rint(2 * np.array(exact.sincos(turns * 45.0))))
    assert np.array_equal(exact.atan2(sin, cos), turns * 45.0)
    assert np.array_equal(exact.atan2(-0.0, -1.0), 180) and exact.atan2(0.0, 0.0) == 0


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_atan2_is_odd_and_mirrored(y, x):
    angle = float(exact.atan2(y, x))
    assert exact.atan2(-y, x) == (-angle if y else angle)
    if x != 0:
        assert exact.atan2(y, -x) == pytest.approx((-180 if y < 0 else 180) - angle, abs=1e-13)


def test_exp_against_the_standard_library():
    x = np.concatenate([numbers(-700, 700), numbers(-1, 1), [0.0, 1.0, -1.0]])
    assert relative(exact.exp(x), [math.exp(value) for value in x]) < TOLERANCE
    assert exact.exp(0.0) == 1


def test_exp_beyond_the_range_of_a_float():
    assert np.array_equal(exact.exp(np.array([-1e300, -800.0])), [0, 0])
    with np.errstate(over="ignore"):
        assert exact.exp(800.0) == math.inf


def test_log_against_the_standard_library():
    x = np.concatenate([numbers(0.5, 2), 1 + numbers(-1e-6, 1e-6), 10 ** numbers(-300, 300), [2.0**-53, 0.1, 10]])
    x = x[x != 1]
    assert relative(exact.log(x), [math.log(value) for value in x]) < TOLERANCE
    assert exact.log(1.0) == 0


@given(st.floats(0.001, 1), st.floats(0.05, 20))
def test_power_against_the_standard_library(x, y):
    # An error of the logarithm grows by the size of the exponent.
    allowed = TOLERANCE * (2 + abs(y * math.log(x)))
    assert abs(exact.power(x, y) - math.pow(x, y)) <= allowed * math.pow(x, y)


def test_power_of_nothing():
    assert np.array_equal(exact.power(np.array([0.0, 1.0]), np.array([0.3, 7.0])), [0, 1])


def test_shapes_are_kept():
    x = np.linspace(0.1, 1, 6).reshape(2, 3)
    assert exact.sincos(x)[0].shape == exact.exp(x).shape == exact.log(x).shape == exact.power(x, x).shape == (2, 3)
    assert np.array_equal(exact.exp(x.T), exact.exp(x).T)
    for function in (exact.exp, exact.log):
        assert np.array_equal(function(x)[1, 2], function(x[1, 2]))
        assert function(x[:0]).shape == (0, 3)
    assert np.array_equal(exact.sincos(x)[0][1, 2], exact.sincos(x[1, 2])[0])


ALLOWED = {"asarray", "array", "rint", "frexp", "ldexp", "minimum", "maximum", "where", "zeros", "concatenate", "stack"}
ALLOWED |= {"abs", "roll", "int32", "int64", "float64", "empty", "floor", "sqrt"}


@pytest.mark.parametrize("module", [exact, formulas])
def test_only_portable_operations(module):
    tree = ast.parse(inspect.getsource(module))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np"
    }
    assert used <= ALLOWED
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.MatMult)]


def test_the_bits_are_pinned():
    # Another CPU, NumPy or edit that gives other bits would change every user's pictures.
    x = np.array([0.1, 1.7, 29.3, 123.456])
    got = [value.hex() for column in (*exact.sincos(x), exact.exp(x), exact.log(x)) for value in column.tolist()]
    assert got == PINNED


@pytest.mark.parametrize("bits", [53])
def test_tables_are_rounded_once(bits):
    for k in (1, 17, 33, 63):
        assert abs(exact_tables.CIRCLE[0, k] - math.sin(math.pi * k / 128)) <= math.ulp(exact_tables.CIRCLE[0, k])
    assert all(abs(exact_tables.POWERS[j] - 2 ** (j / 256)) <= math.ulp(1.0) for j in range(256))
