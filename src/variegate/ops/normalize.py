"""Normalize: the mean taken off, and divided by the standard deviation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from variegate.errors import InputError
from variegate.ops.base import Draws, LoweringContext, Op
from variegate.ops.effect import Effect, Ints, Output
from variegate.ops.fields import channels, declare, option, probability

# Of the training pictures of ImageNet, as torchvision's pretrained models expect them.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@declare
class Normalize(Op):
    """Take off a mean and divide by a standard deviation, channel by channel: v' = (v - mean) / std.

    mean, std  with white as 1, and in the picture's own numbers where white=None says that they have no range; one
               number a channel, or one for all; by default ImageNet's, for RGB
    layout     "HWC" or "CHW" of what is written
    targets    image (labels stay)        effect  output: a part of the last write

    The result is float32, unless a `ToDtype` says otherwise. Just before, values are clamped to black and
    white, once; not with white=None.
    Source: torchvision's `Normalize` after `ToTensor`; Albumentations' agrees.

    >>> Normalize(layout="CHW")
    Normalize(layout='CHW')

    Raises  FieldError if a number is not finite, std not positive, or p is not 1; InputError if the numbers are not as
    many as the channels.
    """

    mean: float | Sequence[float] = channels(default=IMAGENET_MEAN)
    std: float | Sequence[float] = channels(default=IMAGENET_STD, above=0)
    layout: Literal["HWC", "CHW"] = option(default="HWC")
    p: float = probability(default=1.0, kw_only=True, certain=True)

    gives: ClassVar[type[Effect]] = Output

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Output:
        return Output(self._fit("mean", context.channels), self._fit("std", context.channels), "float32", self.layout)

    def _fit(self, item: str, channels: int) -> tuple[float, ...]:
        """The mean or the deviation, one number a channel."""
        given = _tuple(getattr(self, item))
        if len(given) not in (1, channels):
            raise InputError(
                f"{self.label}.{item} has {len(given)} numbers, but the picture has {channels} "
                f"channel{'s' if channels > 1 else ''}. Write one number a channel, or one for all."
            )
        return given if len(given) == channels else given * channels


def _tuple(value: float | tuple[float, ...]) -> tuple[float, ...]:
    return value if isinstance(value, tuple) else (value,)
