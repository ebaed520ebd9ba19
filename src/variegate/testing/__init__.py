"""A test kit for pipelines, and for ops of your own: each function returns nothing, or raises AssertionError that says
which op failed, what was drawn and where it went wrong.

An op of your own is a class under `declare`: its fields, and `lower`, which turns drawn numbers into an effect, for a
whole batch in one call. A field annotated `Drawn` takes a number, a pair or a distribution; `p` and `name` come with
the class. `draws` has a column of B numbers for each such field, `sizes` is (B, 2) as (height, width), and a map leads
from the new canvas back to the old one, so its matrix is the inverse of what the picture seems to do.

>>> import numpy as np
>>> import variegate as vg
>>> from variegate import testing
>>> from variegate.extend import Bordered, Drawn, coords, declare, drawn, effects

>>> @declare
... class Squeeze(Bordered):
...     '''Make the picture narrower about its centre; factor: 0.5 is half as wide.'''
...
...     factor: Drawn = drawn(default=1, above=0)
...
...     def lower(self, draws, sizes, context):
...         (x, _), back = coords.centre(sizes), 1 / draws["factor"]
...         return effects.Map(coords.affine(back, 0, x - back * x, 0, 1, 0), sizes)

>>> Squeeze((0.5, 1), p=0.5)
Squeeze(p=0.5, factor=Uniform(0.5, 1))

It stands wherever an op of the library does, and pixels, masks, boxes, points and polygons follow its map. Its tests:

>>> squeeze = Squeeze((0.5, 1))
>>> testing.assert_lowering_is_sound(squeeze)
>>> testing.assert_draws_are_keyed(squeeze)
>>> testing.assert_fused_equals_reference(squeeze)
>>> testing.assert_points_move_as_pixels(squeeze)
>>> testing.assert_targets_stay_in_step(squeeze)

And its whole stream, in every way of running it:

>>> testing.check(squeeze)

Whether the op does what its name says is yours to try. A point tells which way a map goes:

>>> augment = vg.Compose([Squeeze(0.5)], targets={"points": vg.Keypoints(group=None)})
>>> augment(image=np.zeros((48, 64, 3), np.uint8), points=[[8, 24]])["points"]
array([[20., 24.]], dtype=float32)

All names come from `variegate.extend`, and docs/extend.md has an example of every kind of op: of colour, of rows and
noise, of stencils, of functions of the whole picture. In `lower`, NumPy's + - * / and sqrt, and `extend.exact`, give
the same bits on every CPU; its sin, exp and @ do not.

All asserters take an op alone, or a list of ops or a Compose as a pipeline. Each is tried with `tries` keys of one
seed, so a test that fails fails again. Of a chain that fails, each op is then tried alone, by the numbers that it drew.
"""

from __future__ import annotations

from variegate.testing.check import check
from variegate.testing.keyed import assert_draws_are_keyed
from variegate.testing.lowering import assert_lowering_is_sound
from variegate.testing.points import assert_points_move_as_pixels
from variegate.testing.reference import assert_fused_equals_reference
from variegate.testing.step import assert_targets_stay_in_step

__all__ = [
    "assert_draws_are_keyed",
    "assert_fused_equals_reference",
    "assert_lowering_is_sound",
    "assert_points_move_as_pixels",
    "assert_targets_stay_in_step",
    "check",
]
