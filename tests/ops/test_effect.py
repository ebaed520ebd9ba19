"""Effects: what a field refuses, when it rests, and which of its samples are taken."""

from __future__ import annotations

import numpy as np
import pytest
from tests.bend import Bend

import variegate as vg
from variegate.errors import PipelineError
from variegate.ops.effect import Field, Map, Matrix

SIZES = np.array([(20, 30), (20, 30), (21, 30)])


def field(rows=5, columns=6, count=3, kind="smooth", size=SIZES):
    return Field(np.zeros((count, rows, columns, 2)), size, kind)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (field(), ""),
        (field(2, 2, kind="linear"), ""),
        (field(3, 6), "Field.lattice of kind 'smooth' has 4 rows and columns or more, got (3, 3, 6, 2)"),
        (field(2, 1, kind="linear"), "Field.lattice of kind 'linear' has 2 rows and columns or more, got (3, 2, 1, 2)"),
        (field(kind="cubic"), 'Field.kind is "smooth" or "linear", got \'cubic\''),
        (field(count=2), "Field.lattice is an array (3, any, any, 2), got (2, 5, 6, 2)"),
        (Field(np.full((3, 4, 4, 2), np.nan), SIZES), "Field.lattice holds what is no finite number"),
    ],
)
def test_what_does_not_fit_is_told(made, message):
    assert made.misfit(3) == message


def test_a_field_of_zeros_rests_where_the_size_stays():
    made = field(size=np.array([(20, 30), (20, 31), (21, 30)]))
    assert made.neutral(SIZES).tolist() == [True, False, True]
    made.lattice[2, 0, 0, 1] = 1e-300
    assert made.neutral(SIZES).tolist() == [True, False, False]


def test_some_samples_are_taken_with_all_that_they_have():
    made = field()
    made.lattice[:] = np.arange(3)[:, None, None, None]
    left = made.take(np.array([True, False, True]))
    assert (
        left.kind == "smooth"
        and left.lattice[:, 0, 0, 0].tolist() == [0, 2]
        and left.size.tolist() == [[20, 30], [21, 30]]
    )
    plain = Matrix(np.zeros((3, 3, 3)), np.zeros((3, 3)), uniform=True).take(np.array([False, True, False]))
    assert plain.weights.shape == (1, 3, 3) and plain.luminance is None and plain.uniform


def test_where_nothing_is_displaced_it_scales():
    np.testing.assert_array_equal(
        field(size=np.array([(10, 30), (20, 60), (21, 30)])).matrices(SIZES),
        [np.diag([1, 2, 1]), np.diag([0.5, 1, 1]), np.eye(3)],
    )
    moved = Map(np.eye(3)[None] * 2, SIZES[:1])
    assert moved.matrices(SIZES[:1]) is moved.matrix


def test_an_op_that_looks_at_labels_gives_no_field():
    class Curious(Bend):
        looks = "boxes"

    augment = vg.Compose([Curious()], targets={"boxes": vg.Boxes()})
    with pytest.raises(
        PipelineError, match=r"^Curious looks at labels, so its lower\(\) may not return a Field: a record"
    ):
        augment(image=np.zeros((9, 9, 3), np.uint8), boxes=[])
