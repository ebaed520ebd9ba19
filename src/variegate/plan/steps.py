"""Steps: an effect of colour as rows of numbers; see `kernels/codes.py` for what a step is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.kernels.codes import CURVES, OWN_TABLES, STEP
from variegate.ops import effect as effects
from variegate.ops.effect import Floats

if TYPE_CHECKING:
    from variegate.compiled import Unit

PLAIN_STEP = np.zeros(STEP)
PLAIN_STEP[[0, 4, 8]] = 1.0


class BoundFunction(NamedTuple):
    """A user's function of a pixel or of a row, the path of its op, and what was drawn for it.

    draws  (n, k) float64, a row a sample; bits: (4, n) uint32, or None
    unit   what does it, if that is compiled already: then the function is its reference
    """

    path: str
    function: Callable[..., Any]
    rowwise: bool
    draws: Floats
    bits: NDArray[np.uint32] | None = None
    unit: Unit | None = None

    def table(self) -> Floats:
        """What was drawn, as compiled code finds it: a sample's numbers, and behind them its four words of bits."""
        if self.bits is None:
            return self.draws
        words = np.ascontiguousarray(self.bits.T)
        return np.concatenate([self.draws, words.view(np.float64)], axis=1)

    def split(self, row: Floats) -> tuple[list[float], NDArray[np.uint32] | None]:
        """A row of the table, which may be longer, as the numbers and the bits of its sample."""
        count = self.draws.shape[1]
        return row[:count].tolist(), None if self.bits is None else row[count : count + 2].view(np.uint32)


def noise_function(path: str, effect: effects.Noise, channels: int) -> BoundFunction:
    """A kind of noise, which is a function of a row that is compiled already.

    Raises  InputError if it is of pictures of other channels.
    """
    if effect.kind == "iso" and channels not in (1, 3):
        raise InputError(f'{path}: noise of kind "iso" is of pictures of 1 channel or 3, got {channels}')
    from variegate.kernels.noises import NOISES

    unit, reference = NOISES[effect.kind]
    given = np.empty((len(effect.numbers), 2 + effect.numbers.shape[1]))
    given[:, 0], given[:, 1], given[:, 2:] = channels, not effect.per_channel, effect.numbers
    return BoundFunction(path, reference, True, given, effect.bits, unit)


def hole_function(path: str, effect: effects.Holes) -> BoundFunction:
    """Holes, as a function of a row that is compiled already."""
    from variegate.kernels.holes import HOLES
    from variegate.kernels.reference_holes import HOLES as TRUTH

    count = effect.numbers.shape[1]
    said = np.empty((len(effect.numbers), 3))
    said[:] = 3 + effect.colour.shape[1] + count, count, effect.noise
    given = np.concatenate([said, effect.colour, effect.numbers], axis=1)
    bits = np.zeros((4, len(given)), np.uint32) if effect.bits is None else effect.bits
    return BoundFunction(path, TRUTH[effect.kind], True, given, bits, HOLES[effect.kind])


def affine_rows(effect: effects.Matrix) -> Floats:
    """An affine map of colour a row."""
    rows = np.zeros((len(effect.weights), STEP))
    rows[:, :9] = effect.weights.reshape(-1, 9)
    rows[:, 9:12] = effect.offset
    if effect.luminance is not None:
        rows[:, 12] = effect.luminance
    if effect.channel is not None:
        rows[:, 13] = effect.channel
    return rows


def curve_rows(effect: effects.Curve, steps: int) -> Floats:
    """A curve a row, of pictures with so many steps from black to white."""
    rows = plain_rows(len(effect.numbers))
    rows[:, 0], rows[:, 3] = CURVES.index(effect.kind), steps
    rows[:, 1:3] = effect.numbers
    return rows


def table_rows(count: int, own: bool) -> Floats:
    """A step of a table a row; own: whether each channel has a table of its own, or one does for all."""
    rows = np.zeros((count, STEP))
    rows[:, OWN_TABLES] = own
    return rows


def plain_rows(count: int) -> Floats:
    """The identity a row, for steps whose numbers are elsewhere."""
    rows = np.empty((count, STEP))
    rows[:] = PLAIN_STEP
    return rows
