"""Normalize: the mean taken off, and divided by the standard deviation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from variegate.dist import finite, is_number
from variegate.errors import FieldError, InputError
from variegate.ops.base import Draws, Facts, Op, one_of
from variegate.ops.effect import Effect, Ints, Output

# Of the training pictures of ImageNet, as torchvision's pretrained models expect them.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def last_write(op: Op) -> None:
    """Refuse p below 1: all pictures of a batch must leave in one form."""
    if op.p != 1:
        raise FieldError(f"{op.label}.p must be 1, because a batch has one form; got {op.p!r}")


def _channels(value: Any, owner: str) -> float | tuple[float, ...]:
    """One number, or a tuple of one a channel."""
    if isinstance(value, (tuple, list)) and value:
        return tuple(finite(each, f"{owner}[{i}]") for i, each in enumerate(value))
    if not is_number(value):
        raise FieldError(f"{owner} is a number, or a tuple of one number a channel, got {value!r}")
    return finite(value, owner)


@dataclass(frozen=True, repr=False)
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

    mean: float | tuple[float, ...] = IMAGENET_MEAN
    std: float | tuple[float, ...] = IMAGENET_STD
    layout: Literal["HWC", "CHW"] = "HWC"

    gives: ClassVar[type[Effect]] = Output

    def __post_init__(self) -> None:
        super().__post_init__()
        last_write(self)
        for item in ("mean", "std"):
            object.__setattr__(self, item, _channels(getattr(self, item), f"{self.label}.{item}"))
        if min(_tuple(self.std)) <= 0:
            raise FieldError(f"{self.label}.std must be above 0, got {self.std!r}")
        one_of(self, "layout", ("HWC", "CHW"))

    def lower(self, draws: Draws, sizes: Ints, facts: Facts) -> Output:
        return Output(self._fit("mean", facts.channels), self._fit("std", facts.channels), "float32", self.layout)

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
