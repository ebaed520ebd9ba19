"""PixelDropout: single pixels."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate.dist import Bits
from variegate.ops.base import Drawn, Draws, LoweringContext, Op
from variegate.ops.effect import Effect, Holes, Ints
from variegate.ops.fields import bits, channels, declare, drawn, flag
from variegate.ops.geometric import Fill
from variegate.ops.holes import colours

PARTS = 65536  # of 1, in which the amount is counted


@declare
class PixelDropout(Op):
    """Drop each pixel by a chance of its own.

    amount       the chance, in steps of 1 / 65536: about this part of the pixels is dropped; one draw a sample
    per_channel  whether each channel of a pixel is dropped by itself
    fill         what they become, in units of white: a number, or one a channel
    targets      image, any number of channels (labels stay: as if nothing were dropped)
    effect       holes (fuses)

    Laws: by key and a pixel's place, so rows, threads and batches change nothing; amount 0 is the identity, to the bit,
    and 1 drops all. Albumentations' PixelDropout (dropout_prob=0.01, drop_value) can fill masks too, and takes
    drop_value in levels. imgaug's Dropout is alike.

    >>> PixelDropout((0, 0.2), fill=0.5)
    PixelDropout(amount=Uniform(0, 0.2), fill=0.5)

    Raises  FieldError if amount can leave 0 to 1; InputError if a fill does not fit the picture's channels, or leaves 0
            to 1 in pictures of integers.
    """

    amount: Drawn = drawn(default=(0, 0.1), least=0, most=1)
    per_channel: bool = flag(default=False)
    fill: Fill = channels(default=0, kw_only=True)
    bits: Bits = bits()

    gives: ClassVar[type[Effect]] = Holes

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Holes:
        numbers = np.stack([np.rint(draws["amount"] * PARTS), np.full(len(sizes), float(self.per_channel))], axis=1)
        return Holes("dots", numbers, colours(self, self.fill, len(sizes), context), draws["bits"])
