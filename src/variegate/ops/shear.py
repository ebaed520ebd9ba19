"""Shear: a slant of the picture."""

from __future__ import annotations

from variegate.exact import compiled
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Ints, Map
from variegate.ops.fields import declare, drawn
from variegate.ops.geometric import Bordered


@declare
class Shear(Bordered):
    """Slant about the image centre, on the same canvas: first along x, then along y.

    x        degrees; positive leans the content to the right, as italics do: the top moves right, the bottom left
    y        degrees; positive moves the right side up and the left side down
    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses)

    Laws: `Shear(x=a)` then `Shear(x=-a)` is the identity where the first window does not cut. The signs and the order
    are those of torchvision's `affine(shear=[x, y])`: x' = x - tan(a) y, then y' = y - tan(b) x'.

    >>> Shear(x=(-10, 10))
    Shear(x=Uniform(-10, 10))

    Raises  FieldError if an angle can reach 90 degrees or beyond.
    """

    x: Drawn = drawn(default=0, above=-90, below=90)
    y: Drawn = drawn(default=0, above=-90, below=90)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        return Map(compiled().shears(sizes, draws["x"], draws["y"]), sizes)
