"""What an op does, once its numbers are known: the result of `Op.lower`.

B is the batch; every array has one row a sample. Colours are in units of white: 1.0 is white, whatever number that
is in the picture (255 in uint8, 65535 in uint16, 1.0 in floats, or what `Compose(white=)` says).

effect      the class it belongs to
Map         geometric: a map of the plane and a new canvas
Matrix      pointwise: an affine map of colour, which may lean on a mean of the picture
Table       pointwise: 256 levels to 256 values, after clamping
Curve       pointwise: the same by a formula, for pictures of more levels
Pointwise   pointwise: the user's function of one pixel, compiled into the fused pass
Opaque      opaque: the user's function of the whole array
Output      the last write: normalisation, dtype, layout
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Map:
    """A map of the plane, from the new canvas back to the old one.

    matrix  (B, 3, 3) float64: column vector (x, y, 1) of the new canvas to the old; half-pixel centres
    size    (B, 2) int64: (height, width) of the new canvas
    """

    matrix: Floats
    size: Ints


@dataclass(frozen=True)
class Matrix:
    """v -> weights @ v + offset + luminance * mean(luma) + channel * mean(v), a colour at a time.

    weights    (B, 3, 3); offset (B, 3), in units of white
    luminance  (B,): how much of the picture's mean luminance (0.299 R + 0.587 G + 0.114 B) is added to all channels
    channel    (B,): how much of each channel's own mean is added to that channel
    uniform    the same for all channels and mixing none, so it works on any number of them:
               weights is a multiple of the identity and offset is constant
    """

    weights: Floats
    offset: Floats
    luminance: Floats | None = None
    channel: Floats | None = None
    uniform: bool = False


@dataclass(frozen=True)
class Table:
    """v -> values[round(255 * clamp(v))] in uint8; in pictures of other levels, on the lines between the values.

    values  (B, 256) float64, in units of white
    """

    values: Floats


@dataclass(frozen=True)
class Curve:
    """v -> a formula of v, clamped and, in pictures of integers, rounded to their own levels.

    kind     "power": b v^a; "posterize": the levels in a parts, each its lowest; "solarize": 1 - v where v >= a
    numbers  (B, 2) float64: a and b
    """

    kind: Literal["power", "posterize", "solarize"]
    numbers: Floats

    @classmethod
    def of(cls, kind: Literal["power", "posterize", "solarize"], a: Floats, b: Floats | None = None) -> Curve:
        """A curve of one column or two."""
        return cls(kind, np.stack([a, np.zeros(len(a)) if b is None else b], axis=1))


@dataclass(frozen=True)
class Pointwise:
    """The user's function of one pixel: function(pixel, *draws) -> pixel, a tuple of C floats in units of white.

    draws  (B, n) float64: the drawn fields in declared order
    """

    function: Callable[..., Any]
    draws: Floats


@dataclass(frozen=True)
class Opaque:
    """The user's function of a whole picture: function(image, **draws) -> image, float32 (H, W, C) in units of white.

    draws  one dict of arguments by keyword a sample: plain floats, and options that are the same for all
    rng    (2, B), numbers drawn evenly from 0 to 1, of which each sample's `numpy.random.Generator` is made, the
           argument `rng`; None: the function takes none
    """

    function: Callable[..., Any]
    draws: tuple[dict[str, Any], ...]
    rng: Floats | None = None

    def call(self, i: int, image: NDArray[Any]) -> Any:
        """What the function returns for sample i; the same whenever it is called.

        Raises  RuntimeError for a StopIteration, which in a stream of samples would say that it is at its end.
        """
        made = {} if self.rng is None else {"rng": generator(self.rng[:, i])}
        try:
            return self.function(image, **self.draws[i], **made)
        except StopIteration as error:
            raise RuntimeError(
                "the function raised StopIteration: give next(...) a second argument, or begin its iterator anew"
            ) from error


def generator(numbers: Floats) -> np.random.Generator:
    """A new generator of NumPy's, seeded by numbers from 0 to 1 and nothing else; what it spawns is so, too."""
    seed = [int(abs(number) * 2.0**53) for number in numbers.tolist()]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed)))


@dataclass(frozen=True)
class Output:
    """The last write: (v - mean) / std a channel, then the dtype and the layout. None means "as it is"."""

    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    dtype: str | None = None
    layout: str | None = None


Effect = Map | Matrix | Table | Curve | Pointwise | Opaque | Output
