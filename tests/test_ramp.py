"""Ramps: between their ends in every epoch, evenly, and constant after."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from variegate.dist import Bernoulli, Bits, Choice, Constant, Distribution, LogUniform, Normal, Uniform
from variegate.errors import FieldError
from variegate.ramp import Ramp, is_probability

U = np.random.default_rng(0).random((2, 500))
U[:, :2] = 0, 1 - 2**-53
CONTINUOUS = [Constant(3), Constant(-2), Uniform(-2, 5), Uniform(0, 0.1), LogUniform(0.25, 4), Normal(1, 2)]
PAIRS = [Ramp(start, end, 7) for start in CONTINUOUS for end in CONTINUOUS]


def at(ramp, epoch):
    return ramp.at_epoch(U[: ramp.draws], np.full(U.shape[1], epoch, np.uint32))


@pytest.mark.parametrize("ramp", PAIRS, ids=repr)
def test_the_ends_are_those_written_to_the_bit(ramp):
    for epoch, end in ((0, ramp.start), (7, ramp.end), (8, ramp.end), (2**32 - 1, ramp.end)):
        assert at(ramp, epoch).tobytes() == end.at(U[: end.draws]).tobytes()
    assert ramp.at(U[: ramp.draws]).tobytes() == at(ramp, 0).tobytes()


@pytest.mark.parametrize("ramp", PAIRS, ids=repr)
def test_in_between_it_moves_evenly_and_within_bounds(ramp):
    first, last = at(ramp, 0), at(ramp, 7)
    low, high = ramp.bounds()
    for epoch in range(8):
        drawn = at(ramp, epoch)
        assert drawn.dtype == np.float64 and low <= drawn.min() and drawn.max() <= high
        assert np.allclose(drawn, first + (last - first) * epoch / 7, rtol=0, atol=1e-14)
        assert (drawn >= np.minimum(first, last)).all() and (drawn <= np.maximum(first, last)).all()


@pytest.mark.parametrize("ramp", PAIRS, ids=repr)
def test_each_element_hangs_on_its_own_numbers_and_epoch(ramp):
    epochs = np.arange(500, dtype=np.uint32) % 9
    whole = ramp.at_epoch(U[: ramp.draws], epochs)
    trials = ramp.at_epoch(np.stack([U[: ramp.draws]] * 3, axis=1), epochs)
    assert trials.shape == (3, 500) and (trials == whole).all()
    for i in range(0, 500, 7):
        assert ramp.at_epoch(U[: ramp.draws, i : i + 1], epochs[i : i + 1])[0] == whole[i]


def test_a_range_widens_as_ranges():
    """A Ramp of two ranges is the range of the two ends between."""
    drawn, want = at(Ramp((-5, 5), (-30, 40), 4), 1), Uniform(-11.25, 13.75).at(U)
    assert np.allclose(drawn, want, rtol=0, atol=1e-14)
    opened = at(Ramp(0, (-30, 30), 3), 1)
    assert np.allclose(opened, Uniform(-10, 10).at(U), rtol=0, atol=1e-14)


@given(st.floats(-1e9, 1e9), st.integers(1, 10**6), st.integers(0, 2**32 - 1))
def test_from_a_number_to_itself_is_that_number(value, epochs, epoch):
    assert (at(Ramp(value, value, epochs), epoch) == value).all()
    assert Ramp(value, value, epochs).bounds() == (value, value)


@pytest.mark.parametrize("ramp", [*PAIRS, Ramp(0, 0.5, np.int64(3)), Ramp((1, 2), [3, 4], 1)], ids=repr)
def test_repr_is_what_one_writes(ramp):
    again = eval(repr(ramp), {kind.__name__: kind for kind in Distribution.__subclasses__()})
    assert again == ramp and hash(again) == hash(ramp) and repr(again) == repr(ramp)


def test_other_distributions_hang_on_no_epoch():
    for each in [*CONTINUOUS, Choice((1, 2)), Bernoulli(0.5)]:
        u = U[: each.draws]
        assert (each.at_epoch(u, np.arange(500, dtype=np.uint32)) == each.at(u)).all()


WORDS = "is a number, a range (low, high) or a distribution such as Normal(0, 1)"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Ramp("x", 1, 3), f"Ramp.start {WORDS}, got 'x'"),
        (lambda: Ramp(0, None, 3), f"Ramp.end {WORDS}, got None"),
        (lambda: Ramp(0, Bits(), 3), f"Ramp.end {WORDS}, got Bits()"),
        (lambda: Ramp(0, (2, 1), 3), "Ramp.end runs from low to high, got (2, 1). Write (1, 2)."),
        (lambda: Ramp(math.nan, 1, 3), "Ramp.start is a finite number, got nan"),
        *[
            (
                lambda value=value: Ramp(0, value, 3),
                f"Ramp.end {WORDS}, between whose numbers there are others; got {value!r}",
            )
            for value in (Choice((1, 2)), Bernoulli(0.5), Ramp(0, 1, 2))
        ],
        *[
            (lambda value=value: Ramp(0, 1, value), f"Ramp.epochs is an integer of 1 or more, got {value!r}")
            for value in (0, -3, 2.0, "9", None, True, math.inf)
        ],
    ],
)
def test_bad_ramps(make, message):
    with pytest.raises(FieldError) as problem:
        make()
    assert str(problem.value) == message


def test_probabilities():
    for p in (0, 1, 0.5, np.float32(0.5), Ramp(0, 1, 3), Ramp(0.5, 0.5, 1)):
        assert is_probability(p)
    for p in (-0.1, 1.1, math.nan, True, "1", None, (0, 1), Normal(0, 1), Ramp(0, 1.1, 3), Ramp(-0.1, 1, 3)):
        assert not is_probability(p)
    assert not is_probability(Ramp(0, (0, 1), 3))
