"""RandomZoomOut: the picture somewhere on a larger canvas."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate import coords
from variegate.dist import Distribution, Uniform
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Ints, Map
from variegate.ops.fields import declare, drawn
from variegate.ops.geometric import Bordered
from variegate.ops.rule import MOST_SIDE


@declare
class RandomZoomOut(Bordered):
    """Put the picture at a random place on a larger canvas, so that objects become small once it is resized.

    scale         height and width of the canvas, as multiples of the picture's, at least 1; rounded down to pixels
    border, fill  what lies around the picture, as in `Pad`
    targets       image, mask, boxes, keypoints, polygons        effect  geometric (fuses); size grows by `scale`

    Every place on the canvas is as likely; two hidden draws, top and left. After Liu et al. (2016), SSD, section 3.6,
    and torchvision, whose p is 0.5.
    Laws: the pixels of the picture are on the canvas, unchanged; scale 1 is the identity.

    >>> RandomZoomOut(fill=128)
    RandomZoomOut(fill=128.0)

    Raises  FieldError if scale can be below 1.
    """

    scale: Drawn = drawn(default=(1, 4), least=1)

    resizes: ClassVar[bool] = True

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), "top": Uniform(0, 1), "left": Uniform(0, 1)}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        wide = np.minimum(sizes * draws["scale"][:, None], MOST_SIDE)  # what reaches that is refused when it is planned
        new = np.floor(wide).astype(np.int64)
        corner = np.floor(np.stack([draws["top"], draws["left"]], axis=1) * (new - sizes + 1))
        matrix = coords.identity(len(sizes))
        matrix[:, 0, 2] = -corner[:, 1]
        matrix[:, 1, 2] = -corner[:, 0]
        return Map(matrix, new)
