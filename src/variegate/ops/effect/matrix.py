"""Matrix: an affine map of colour, which may lean on a mean of the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from variegate.ops.effect.base import Floats
from variegate.ops.effect.colour import Colour


@dataclass(frozen=True)
class Matrix(Colour):
    """v -> weights @ v + offset + luminance * mean(luma) + channel * mean(v), a colour at a time.

    weights    (B, 3, 3); offset (B, 3), in units of white
    luminance  (B,): how much of the picture's mean luminance (0.299 R + 0.587 G + 0.114 B) is added to all channels
    channel    (B,): how much of each channel's own mean is added to that channel
    uniform    the same for all channels and mixing none, so it works on any number of them:
               weights is a multiple of the identity and offset is constant
    """

    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {
        "weights": (3, 3),
        "offset": (3,),
        "luminance": (),
        "channel": (),
    }

    weights: Floats
    offset: Floats
    luminance: Floats | None = None
    channel: Floats | None = None
    uniform: bool = False
