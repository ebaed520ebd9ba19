"""OpticalDistortion: the bulge of a wide lens, or the pinch of a long one."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Effect, Field, Ints
from variegate.ops.fields import declare, drawn
from variegate.ops.geometric import Bordered
from variegate.ops.lattice import SMOOTH


@declare
class OpticalDistortion(Bordered):
    """Bend the picture as a lens does, about its centre.

    k        above 0 a barrel (what is far from the centre is drawn in), below 0 a pincushion; above -1/3; one draw a
             sample
    targets  image, mask, boxes, keypoints, polygons        effect  geometric, a field (fuses)

    The point at r of the result is read from r (1 + k r²), r being 1 in the corners. Laws: k = 0 is the identity, to
    the bit; the centre stays; nothing folds above -1/3. The formula is the first term of Brown's model ("Decentering
    distortion of lenses", 1966), exactly: it is a polynomial of degree 3, and so is the spline. albumentations'
    "fisheye" is this one; its "camera" has r² = (x / width)² + (y / height)², half as much in the corners, and a second
    term with the same k.

    >>> OpticalDistortion((-0.2, 0.2))
    OpticalDistortion(k=Uniform(-0.2, 0.2))

    Raises  FieldError if k can be -1/3 or less, or above 2.
    """

    k: Drawn = drawn(default=(-0.15, 0.25), above=-1 / 3, most=2)

    gives: ClassVar[type[Effect]] = Field

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Field:
        """One cell is the canvas, on which a cubic spline is one polynomial; these are its control values."""
        height, width = sizes.T.astype(np.float64)[:, :, None, None]
        places = np.arange(1 + SMOOTH) - 1.5
        x, y = places[None, None, :] * width, places[None, :, None] * height
        factor = draws["k"][:, None, None] / ((width * width + height * height) / 4)
        square = x * x + y * y
        dx = factor * x * (square - (width * width + height * height / 3))
        dy = factor * y * (square - (height * height + width * width / 3))
        return Field(np.stack([dx, dy], axis=3), sizes)
