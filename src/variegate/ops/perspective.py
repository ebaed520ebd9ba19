"""Perspective: the picture seen aslant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from variegate import coords
from variegate.dist import Distribution, Uniform
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Floats, Ints, Map
from variegate.ops.fields import declare, drawn
from variegate.ops.geometric import Bordered


@declare
class Perspective(Bordered):
    """Move each corner inwards by chance, and the picture with it, on the same canvas.

    distortion  how far at most, as a fraction of half the side, from 0 to below 2/3; one draw a sample
    targets     image, mask, boxes, keypoints, polygons        effect  geometric (fuses)

    Each corner moves by two further draws, even between 0 and distortion / 2 of the width, and of the height.
    Laws: distortion 0 is the identity. From 2/3 on, the four corners could form a quadrilateral that bends inwards,
    which no view of a plane does. The drawing is that of torchvision's RandomPerspective, which rounds to whole pixels
    and allows up to 1. The map of a square to a quadrilateral is that of Heckbert ("Fundamentals of texture mapping
    and image warping", 1989).

    >>> Perspective((0, 0.4))
    Perspective(distortion=Uniform(0, 0.4))

    Raises  FieldError if the distortion can be negative, or reach 2/3.
    """

    distortion: Drawn = drawn(default=0.5, least=0, below=2 / 3)

    trials: ClassVar[Mapping[str, int]] = {"corners": 8}

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), "corners": Uniform(0, 1)}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        inwards = draws["corners"] * (draws["distortion"] / 2)
        matrix = coords.inverse(_quadrilateral(inwards))  # in fractions of the sides, so that 0 is exactly nothing
        width, height = sizes[:, 1], sizes[:, 0]
        matrix[:, 0, 1] *= width / height
        matrix[:, 1, 0] *= height / width
        matrix[:, :2, 2] *= sizes[:, ::-1]
        matrix[:, 2, :2] /= sizes[:, ::-1]
        return Map(matrix, sizes)


def _quadrilateral(inwards: Floats) -> Floats:
    """The map of the unit square whose corners move inwards by (8, B): x, y of each, clockwise from the top left."""
    x0, y0, x1, y1, x2, y2, x3, y3 = inwards
    x1, x2, y2, y3 = 1 - x1, 1 - x2, 1 - y2, 1 - y3
    across1, across2, across = x1 - x2, x3 - x2, (x0 - x1) + (x2 - x3)
    down1, down2, down = y1 - y2, y3 - y2, (y0 - y1) + (y2 - y3)
    area = across1 * down2 - across2 * down1
    g, h = (across * down2 - across2 * down) / area, (across1 * down - across * down1) / area
    out = coords.affine(x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0)
    out[:, 2, :2] = np.stack([g, h], axis=1)
    return out
