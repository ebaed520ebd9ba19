"""ChannelDropout and ChannelShuffle: channels dropped, and in another order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from variegate.dist import Bits
from variegate.errors import InputError
from variegate.ops.base import Drawn, Draws, LoweringContext, Op, one_or_three
from variegate.ops.effect import Effect, Floats, Holes, Ints, Matrix
from variegate.ops.fields import bits, channels, declare, drawn
from variegate.ops.geometric import Fill
from variegate.ops.holes import colours

MOST = 1024  # channels


def permutations(bits: NDArray[np.uint32], count: int) -> Ints:
    """(B, count): a permutation a sample, each as likely."""
    from variegate.rng import filled

    return np.argsort(filled(bits, count), axis=1, kind="stable")


@declare
class ChannelDropout(Op):
    """Drop whole channels, each as likely.

    channels  how many; what a range gives is rounded down, so (1, 3) is 1 or 2; one draw a sample
    fill      what they become, in units of white: a number, or one a channel
    targets   image of two channels or more (labels stay)        effect  holes (fuses)

    Laws: the others stay, to the bit; 0 channels are the identity. Albumentations' ChannelDropout
    (channel_drop_range=(1, 1)) is alike, and takes fill in levels.

    >>> ChannelDropout(fill=0.5)
    ChannelDropout(fill=0.5)

    Raises  FieldError if channels can be negative; InputError if the picture could lose all of its channels, or a fill
            does not fit it.
    """

    fill: Fill = channels(default=0, kw_only=True)
    channels: Drawn = drawn(default=1, whole=True, least=0, most=MOST, range_most=MOST + 1)
    bits: Bits = bits()

    gives: ClassVar[type[Effect]] = Holes

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Holes:
        most = np.floor(draws["channels"]).max(initial=0)
        if most >= context.channels:
            raise InputError(
                f"{self.label} drops {most:.0f} of a picture's channels, and this one has "
                f"{context.channels}: one at least must be left. Draw fewer, or leave the op out."
            )
        order = permutations(draws["bits"], context.channels)
        dropped = order < np.floor(draws["channels"])[:, None]
        return Holes("channels", dropped.astype(np.float64), colours(self, self.fill, len(sizes), context))


@declare
class ChannelShuffle(Op):
    """Put the three channels of a colour picture in a random order.

    targets  image of three channels; of one, it stays as it is (labels stay)        effect  matrix (fuses)

    Each of the six orders is as likely, that of the picture among them. Laws: no number changes, and the sum of the
    channels stays. Albumentations' ChannelShuffle and torchvision's RandomChannelPermutation are alike.

    >>> ChannelShuffle(p=0.3)
    ChannelShuffle(p=0.3)

    Raises  InputError if pictures have neither one channel nor three.
    """

    bits: Bits = bits()

    gives: ClassVar[type[Effect]] = Matrix

    def takes(self) -> Sequence[int]:
        return (1, 3)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Matrix:
        order = permutations(draws["bits"], 3)
        if not one_or_three(self, context):
            order[:] = np.arange(3)
        weights: Floats = np.eye(3)[order]
        return Matrix(weights, np.zeros((len(sizes), 3)), uniform=context.channels == 1)
