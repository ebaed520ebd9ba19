"""Scale: a zoom of the content."""

from __future__ import annotations

from variegate.exact import compiled
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Ints, Map
from variegate.ops.fields import declare, drawn
from variegate.ops.geometric import Bordered


@declare
class Scale(Bordered):
    """Zoom about the image centre, on the same canvas.

    factor   how much larger the content becomes: 2 is twice as large; one draw a sample
    x, y     further factors of the width and of the height alone; one draw a sample each
    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses)

    Laws: `Scale(f)` then `Scale(1 / f)` is the identity where the first window does not cut. For a new canvas, see
    `Resize`.

    >>> Scale((0.8, 1.2))
    Scale(factor=Uniform(0.8, 1.2))

    Raises  FieldError if a factor can be 0 or negative.
    """

    factor: Drawn = drawn(default=1, above=0)
    x: Drawn = drawn(default=1, above=0)
    y: Drawn = drawn(default=1, above=0)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        return Map(compiled().scales(sizes, draws["factor"], draws["x"], draws["y"]), sizes)
