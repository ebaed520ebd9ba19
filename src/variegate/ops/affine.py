"""Affine: scale, shear, rotation and shift in one op."""

from __future__ import annotations

from variegate.exact import compiled
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Ints, Map
from variegate.ops.fields import declare, drawn
from variegate.ops.geometric import Bordered

COLUMNS = "rotate", "x", "y", "scale", "scale_x", "scale_y", "shear_x", "shear_y"


@declare
class Affine(Bordered):
    """Scale, shear, rotate about the image centre, then shift, on the same canvas.

    rotate            degrees, counter-clockwise positive
    x, y              shift, fractions of the width and of the height, positive to the right and downwards
    scale             factor of the content; 2 is twice as large
    scale_x, scale_y  further factors of the width and of the height alone
    shear_x, shear_y  degrees, as in `Shear`
    targets           image, mask, boxes, keypoints, polygons        effect  geometric (fuses)

    Laws: equals `Scale`, `Shear`, `Rotate`, `Translate` in that order, but with one window at the end in place of four.

    >>> Affine(rotate=(-30, 30), scale=(0.8, 1.2))
    Affine(rotate=Uniform(-30, 30), scale=Uniform(0.8, 1.2))

    Raises  FieldError if a scale can be 0 or negative, or a shear can reach 90 degrees.
    """

    rotate: Drawn = 0
    x: Drawn = 0
    y: Drawn = 0
    scale: Drawn = drawn(default=1, above=0)
    scale_x: Drawn = drawn(default=1, above=0)
    scale_y: Drawn = drawn(default=1, above=0)
    shear_x: Drawn = drawn(default=0, above=-90, below=90)
    shear_y: Drawn = drawn(default=0, above=-90, below=90)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        return Map(compiled().affines(sizes, *(draws[item] for item in COLUMNS)), sizes)
