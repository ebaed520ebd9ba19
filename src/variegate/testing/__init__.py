"""A test kit for pipelines, and for ops of your own: each function returns nothing, or raises AssertionError that says
what was drawn and where it went wrong.

    from variegate import testing

    def test_my_op():
        testing.assert_draws_are_keyed(MyOp((0, 1)))
        testing.assert_fused_equals_reference(MyOp((0, 1)))
        testing.assert_points_move_as_pixels(MyOp((0, 1)))
        testing.assert_targets_stay_in_step(MyOp((0, 1)))

An op is taken alone, a list of ops or a Compose as a pipeline; each is tried with `tries` keys of one seed, so a test
that fails fails again.
"""

from variegate.testing.keyed import assert_draws_are_keyed
from variegate.testing.points import assert_points_move_as_pixels
from variegate.testing.reference import assert_fused_equals_reference
from variegate.testing.step import assert_targets_stay_in_step

__all__ = [
    "assert_draws_are_keyed",
    "assert_fused_equals_reference",
    "assert_points_move_as_pixels",
    "assert_targets_stay_in_step",
]
