"""Distributions: what each draws, and what a field accepts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from variegate.dist import Bernoulli, Choice, Constant, Distribution, LogUniform, Normal, Uniform, parse
from variegate.errors import FieldError

U = np.random.default_rng(0).random((2, 100_000))
EDGE = np.array([[0.0, 1 - 2**-53, 0.5], [0.0, 0.5, 1 - 2**-53]])
ALL = [
    Constant(3),
    Uniform(-2, 5),
    LogUniform(0.25, 4),
    Normal(1, 2),
    Choice((1, 5, 7)),
    Choice((1, 5, 7), weights=(0.1, 0.7, 0)),
    Bernoulli(0.3),
]


@pytest.mark.parametrize("distribution", ALL, ids=repr)
def test_stays_within_its_bounds(distribution):
    low, high = distribution.bounds()
    for u in (U, EDGE):
        drawn = distribution.at(u[: distribution.draws]) if distribution.draws else distribution.at(u[:0])
        assert drawn.shape == u.shape[1:] and drawn.dtype == np.float64
        assert np.all(np.isfinite(drawn)) and low <= drawn.min() and drawn.max() <= high


@pytest.mark.parametrize("distribution", ALL, ids=repr)
def test_each_element_depends_on_its_own_uniforms_alone(distribution):
    u = U[: distribution.draws, :60]
    whole = distribution.at(u.reshape(distribution.draws, 5, 12))
    single = [distribution.at(u[:, i : i + 1])[0] for i in range(60)]
    assert np.array_equal(whole.ravel(), single)


def test_moments():
    n = math.sqrt(U.shape[1])
    uniform, log_uniform, normal = Uniform(-2, 5).at(U), LogUniform(0.25, 4).at(U), Normal(1, 2).at(U)
    assert abs(uniform.mean() - 1.5) < 4 * 2.03 / n
    assert abs(np.log(log_uniform).mean()) < 4 * 0.81 / n
    assert abs(normal.mean() - 1) < 4 * 2 / n and abs(normal.std() - 2) < 4 * 2 / n
    assert abs(np.mean(np.abs(normal - 1) < 2) - 0.6827) < 4 * 0.47 / n
    assert abs(np.mean(np.abs(normal - 1) < 4) - 0.9545) < 4 * 0.21 / n


def test_choice_and_bernoulli_frequencies():
    n = math.sqrt(U.shape[1])
    even, weighted = Choice((1, 5, 7)).at(U), Choice((1, 5, 7), (1, 3, 0)).at(U)
    for value in (1, 5, 7):
        assert abs(np.mean(even == value) - 1 / 3) < 2 / n
    assert abs(np.mean(weighted == 5) - 0.75) < 2 / n and not np.any(weighted == 7)
    assert abs(Bernoulli(0.3).at(U).mean() - 0.3) < 2 / n
    assert Bernoulli(0).at(U).max() == 0 and Bernoulli(1).at(U).min() == 1


def test_a_value_of_no_weight_never_comes_up():
    u = np.array([[0.0, 0.25, 0.5, 1 - 2**-53]])
    assert Choice((1, 2, 3, 4, 5), (0, 1, 0, 1, 0)).at(u).tolist() == [2, 2, 4, 4]


def test_a_range_of_one_number_is_that_number():
    assert np.all(LogUniform(0.3, 0.3).at(U) == 0.3) and np.all(Uniform(0.3, 0.3).at(U) == 0.3)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_shorthand(a, b):
    low, high = sorted((a, b))
    assert parse(a, "Op.field") == Constant(a)
    assert parse((low, high), "Op.field") == parse([low, high], "Op.field") == Uniform(low, high)


def test_numpy_numbers_and_distributions_pass():
    normal = Normal(0, 1)
    assert parse(normal, "Op.field") is normal
    assert parse(np.float32(0.5), "Op.field") == Constant(0.5)
    assert parse((np.int64(1), np.float64(2)), "Op.field") == Uniform(1, 2)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ((30, -30), "Rotate.angle runs from low to high, got (30, -30). Write (-30, 30)."),
        (math.nan, "Rotate.angle is a finite number, got nan"),
        ((0, math.nan), "Rotate.angle[1] is a finite number, got nan"),
        ((-math.inf, 0), "Rotate.angle[0] is a finite number, got -inf"),
        (10**400, f"Rotate.angle is a finite number, got 1{'0' * 400}"),
        ((-1.7e308, 1.7e308), "Rotate.angle is too wide for a float, got (-1.7e+308, 1.7e+308)"),
        *[
            (
                value,
                f"Rotate.angle is a number, a range (low, high) or a distribution such as Normal(0, 1), got {value!r}",
            )
            for value in ("30", True, None, (1, 2, 3), (1,), (), (True, 2), {"Uniform": 1}, (1, "2"), 1j)
        ],
    ],
)
def test_bad_shorthand(value, message):
    with pytest.raises(FieldError) as problem:
        parse(value, "Rotate.angle")
    assert str(problem.value) == message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Uniform(2, 1), "Uniform runs from low to high, got (2, 1). Write (1, 2)."),
        (lambda: Uniform(math.nan, 1), "Uniform.low is a finite number, got nan"),
        (lambda: Constant("a"), "Constant.value is a number, got 'a'"),
        (lambda: LogUniform(0, 1), "LogUniform.low must be positive, got 0"),
        (lambda: Normal(0, -1), "Normal.std must be 0 or more, got -1"),
        (lambda: Choice(()), "Choice.values is a list of one number or more, got ()"),
        (lambda: Choice("ab"), "Choice.values is a list of one number or more, got 'ab'"),
        (lambda: Choice((1, "b")), "Choice.values[1] is a number, got 'b'"),
        (lambda: Choice((1, 2), (1,)), "Choice.weights has one number a value, 2, got 1"),
        (lambda: Choice((1, 2), (0, 0)), "Choice.weights are 0 or more and not all 0, got (0.0, 0.0)"),
        (lambda: Choice((1, 2), (2, -1)), "Choice.weights are 0 or more and not all 0, got (2.0, -1.0)"),
        (lambda: Bernoulli(1.5), "Bernoulli.p is a probability from 0 to 1, got 1.5"),
    ],
)
def test_bad_distributions(make, message):
    with pytest.raises(FieldError) as problem:
        make()
    assert str(problem.value) == message


@pytest.mark.parametrize("distribution", ALL, ids=repr)
def test_repr_is_what_one_writes(distribution):
    again = eval(repr(distribution), {kind.__name__: kind for kind in Distribution.__subclasses__()})
    assert again == distribution and hash(again) == hash(distribution)


def test_an_unfinished_distribution_says_so():
    class Odd(Distribution):
        pass

    with pytest.raises(TypeError, match=r"Odd has no at\(\)"):
        Odd().at(U)
