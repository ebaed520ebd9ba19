"""Posterize: fewer levels."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate.ops.base import Drawn, Draws, LoweringContext, Op
from variegate.ops.effect import Curve, Effect, Ints, Table, Tone
from variegate.ops.fields import declare, drawn

_LEVELS = np.arange(256)


@declare
class Posterize(Op):
    """Keep only the highest bits of each channel.

    bits     1 to 8; 8 changes nothing in uint8; a distribution's number is rounded down, so write (4, 9) for 4 to 8
    targets  image, any number of channels (labels stay)        effect  table: input clamped, and rounded to its levels

    Each of the 2^bits parts from black to white becomes its darkest level; a float v becomes floor(2^bits v) / 2^bits,
    and white the highest of these. Laws: twice is once; never brighter than the input. Source: Pillow's
    `ImageOps.posterize`, and for floats torchvision's.

    >>> Posterize(4)
    Posterize(bits=Constant(4))

    Raises  FieldError if a number written is not whole, or the bits can leave 1 to 8.
    """

    bits: Drawn = drawn(whole=True, least=1, most=8, range_most=9)  # what a range gives is rounded down

    gives: ClassVar[type[Effect]] = Tone
    needs_white: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Table | Curve:
        if context.steps != 255:
            return Curve.of("posterize", np.ldexp(1.0, np.minimum(np.floor(draws["bits"]), 8).astype(np.int64)))
        dropped = np.maximum(8 - np.floor(draws["bits"]), 0).astype(np.int64)[:, None]
        return Table(((_LEVELS >> dropped) << dropped) / 255)
