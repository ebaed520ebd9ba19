"""Translate: a shift of the picture."""

from __future__ import annotations

from variegate import coords
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Ints, Map
from variegate.ops.fields import declare, drawn
from variegate.ops.geometric import Bordered


@declare
class Translate(Bordered):
    """Shift the picture on the same canvas.

    x        fraction of the width, positive to the right; one draw a sample
    y        fraction of the height, positive downwards; one draw a sample
    x_px     pixels, positive to the right, added to x
    y_px     pixels, positive downwards, added to y
    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses)

    Laws: `Translate(x, y)` then `Translate(-x, -y)` is the identity where the first window does not cut.
    torchvision rounds the shift to whole pixels; here it is continuous.

    >>> Translate(x=(-0.1, 0.1))
    Translate(x=Uniform(-0.1, 0.1))
    >>> Translate(x_px=(-8, 8))
    Translate(x_px=Uniform(-8, 8))

    Raises  FieldError if a range is empty or not finite.
    """

    x: Drawn = 0
    y: Drawn = 0
    x_px: Drawn = drawn(default=0, kw_only=True)
    y_px: Drawn = drawn(default=0, kw_only=True)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        matrix = coords.identity(len(sizes))
        matrix[:, 0, 2] = -draws["x"] * sizes[:, 1] - draws["x_px"]
        matrix[:, 1, 2] = -draws["y"] * sizes[:, 0] - draws["y_px"]
        return Map(matrix, sizes)
