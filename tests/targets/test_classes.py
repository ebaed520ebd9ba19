"""Classes: numbers, lists of them and rows become rows of float32; what is none is refused by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from variegate.errors import FieldError, InputError
from variegate.targets import Classes

SIZE = (4, 4)


def row(target, value):
    made = target.write(target.read(value, SIZE, "label"), SIZE)
    assert made.dtype == np.float32 and made.shape == (target.count,)
    return made


@pytest.mark.parametrize(
    "value", [2, np.int64(2), np.uint8(2), np.array(2), [2], (2,), np.array([2], np.int16), [2, 2]]
)
def test_a_number_of_a_class_is_one_hot(value):
    assert row(Classes(4), value).tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ([0, 3], [1, 0, 0, 1]),
        (np.array([3, 0]), [1, 0, 0, 1]),
        ([], [0, 0, 0, 0]),
        (np.zeros(0), [0, 0, 0, 0]),
        (np.array([True, False, False, True]), [1, 0, 0, 1]),
        ([0.25, 0.0, 0.75, 0.0], [0.25, 0, 0.75, 0]),
        (np.array([0.5, 0, 0, 2], np.float64), [0.5, 0, 0, 2]),
    ],
)
def test_several_classes_and_rows(value, wanted):
    assert row(Classes(4), value).tolist() == wanted


@given(st.integers(1, 30), st.data(), st.floats(0, 0.999))
def test_smoothing_keeps_the_sum_of_one_class_and_which_is_largest(count, data, smoothing):
    number = data.draw(st.integers(0, count - 1))
    made = row(Classes(count, smoothing=smoothing), number)
    assert made.sum() == pytest.approx(1, abs=1e-5) and made.argmax() == number
    others = np.delete(made, number)
    np.testing.assert_allclose(others, smoothing / count, rtol=1e-5, atol=1e-30)


def test_what_is_read_and_written_is_a_copy():
    value = np.array([0.5, 0.5], np.float32)
    target = Classes(2)
    leaf = target.read(value, SIZE, "label")
    value[0] = 9
    target.write(leaf, SIZE)[1] = 7
    assert target.write(leaf, SIZE).tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (4, "label is of classes 0 to 3, as Classes(4) says; got 4"),
        (-1, "label is of classes 0 to 3, as Classes(4) says; got -1"),
        ([0, 7], "label is of classes 0 to 3, as Classes(4) says; got 7"),
        (np.uint8(255), "label is of classes 0 to 3, as Classes(4) says; got 255"),
        ("cat", "label is the number of a class, a list of such numbers, or a row of 4 floats; got 'cat'"),
        (None, "label is the number of a class, a list of such numbers, or a row of 4 floats; got None"),
        (True, "label is the number of a class, a list of such numbers, or a row of 4 floats; got True"),
        (1.5, "label is the number of a class, a list of such numbers, or a row of 4 floats; got 1.5"),
        ([0.5, 0.5], "label is the number of a class, a list of such numbers, or a row of 4 floats; got float64 (2,)"),
        (
            [0, 0, np.nan, 1],
            "label is the number of a class, a list of such numbers, or a row of 4 floats; got float64",
        ),
        (np.eye(4), "label is the number of a class, a list of such numbers, or a row of 4 floats; got float64 (4, 4)"),
        (
            [[0], [1, 2]],
            "label is the number of a class, a list of such numbers, or a row of 4 floats; got [[0], [1, 2]]",
        ),
        (["a", "b"], "label is the number of a class, a list of such numbers, or a row of 4 floats; got <U1 (2,)"),
        (2**70, f"label is of classes 0 to 3, as Classes(4) says; got {2**70}"),
        (np.uint64(2**64 - 1), f"label is of classes 0 to 3, as Classes(4) says; got {2**64 - 1}"),
        (np.array([2**64 - 1], np.uint64), f"label is of classes 0 to 3, as Classes(4) says; got {2**64 - 1}"),
    ],
    ids=repr,
)
def test_what_is_none_is_refused(value, message):
    with pytest.raises(InputError) as problem:
        Classes(4).read(value, SIZE, "label")
    assert str(problem.value).startswith(message)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Classes(0), "Classes.count"),
        (lambda: Classes(-3), "Classes.count"),
        (lambda: Classes(2.5), "Classes.count"),
        (lambda: Classes(True), "Classes.count"),
        (lambda: Classes(3, smoothing=1), "Classes.smoothing"),
        (lambda: Classes(3, smoothing=-0.1), "Classes.smoothing"),
        (lambda: Classes(3, smoothing="0.1"), "Classes.smoothing"),
        (lambda: Classes(3, blend=1), "Classes.blend"),
    ],
)
def test_what_it_cannot_be(make, message):
    with pytest.raises(FieldError, match=message):
        make()
