"""Rotate, and Rotate90: turns of the picture."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate import coords
from variegate.dist import Choice
from variegate.exact import compiled
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Ints, Map
from variegate.ops.fields import declare, drawn
from variegate.ops.geometric import Bordered, GeometricOp


@declare
class Rotate(Bordered):
    """Rotate about the image centre, on the same canvas.

    angle    degrees, counter-clockwise positive as seen on the screen; one draw a sample
    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses)

    Laws: `Rotate(90)` then `Rotate(-90)` is the identity on a square picture; elsewhere the first window cuts.
    Every multiple of 90 degrees is exact on a square.

    >>> Rotate((-30, 30), border="reflect")
    Rotate(border='reflect', angle=Uniform(-30, 30))

    Raises  FieldError if the range is empty or not finite.
    """

    angle: Drawn

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        return Map(compiled().rotations(sizes, draws["angle"]), sizes)


ANY = Choice((0, 1, 2, 3))

# By the number of quarter turns: cosine and sine, and how many widths and heights the picture moves.
_COS, _SIN = np.array([1.0, 0.0, -1.0, 0.0]), np.array([0.0, 1.0, 0.0, -1.0])
_RIGHT, _DOWN = np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])


@declare
class Rotate90(GeometricOp):
    """Turn the picture and its canvas by quarter turns, without reading between pixels.

    turns    how many quarter turns counter-clockwise, as `numpy.rot90`; a distribution's number is rounded down
    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses)

    An odd number exchanges height and width. Laws: `Rotate90(1)` four times is the identity; `Rotate90(k)` gives the
    pixels of `numpy.rot90(image, k)`.

    >>> Rotate90()
    Rotate90()
    >>> Rotate90(1)
    Rotate90(turns=Constant(1))

    Raises  FieldError if a number written is not whole.
    """

    turns: Drawn = drawn(default=ANY, whole=True)

    swaps_sides: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        turns = np.floor(draws["turns"]).astype(np.int64) & 3
        cos, sin = _COS[turns], _SIN[turns]
        height, width = sizes[:, 0], sizes[:, 1]
        right, down = width * _RIGHT[turns], height * _DOWN[turns]
        size = np.where((turns & 1)[:, None], sizes[:, ::-1], sizes)
        return Map(coords.affine(cos, -sin, right, sin, cos, down), size)
