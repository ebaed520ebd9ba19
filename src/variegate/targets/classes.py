"""Classes: which of n classes a sample is of, as a row of numbers that pictures which are mixed can share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from variegate.arguments import is_whole, whole
from variegate.errors import InputError
from variegate.targets.base import Size
from variegate.targets.leaf import PlainLeaf
from variegate.targets.rows import PerSample


@dataclass(frozen=True, repr=False)
class Classes(PerSample):
    """One class of a sample, or several, out of `count`: numbers come, a row of float32 (count,) goes.

    count      how many classes there are
    smoothing  s, 0 to below 1: what is 1 becomes 1 - s + s / count, what is 0 becomes s / count

    A value is the number of a class, from 0; a list or an array of such integers, for several; or a row of count floats
    or booleans, as it is. Where MixUp and CutMix mix pictures, rows are mixed by the same shares of pixels. Losses
    take such rows: torch's `cross_entropy` as probabilities, Keras's `categorical_crossentropy`.

    >>> Classes(3).read(1, (8, 8), "label").value
    array([0., 1., 0.], dtype=float32)
    >>> Classes(4, smoothing=0.2).read([0, 2], (8, 8), "label").value
    array([0.85, 0.05, 0.85, 0.05], dtype=float32)

    Raises  FieldError if count is no whole number above 0, or smoothing out of its range.
    """

    numbers: ClassVar[bool] = True

    count: int
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "count", whole(self.count, "Classes.count", least=1))
        self._number("smoothing", least=0, most=0.999)

    def read(self, value: Any, size: Size, name: str) -> PlainLeaf:
        row = self._row(value, name)
        return PlainLeaf(self.smoothed(row))

    def smoothed(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows (..., count), each number nearer to the mean by the smoothing."""
        if not self.smoothing:
            return rows
        return np.asarray(rows * np.float32(1 - self.smoothing) + np.float32(self.smoothing / self.count))

    def write(self, leaf: PlainLeaf, size: Size) -> Any:
        return leaf.value.copy()

    def _row(self, value: Any, name: str) -> NDArray[np.float32]:
        """A value as a row.

        Raises  InputError if it is none.
        """
        array = _array(value) if isinstance(value, (list, tuple, np.ndarray, np.generic)) else None
        if is_whole(value) or (array is not None and array.ndim == 0 and array.dtype.kind in "iu"):
            return self._hot(np.array([int(value)]), name)
        if array is not None and array.ndim == 1 and (array.dtype.kind in "iu" or not array.size):
            return self._hot(array if array.size else array.astype(np.int64), name)
        if array is not None and array.shape == (self.count,) and array.dtype.kind in "fb":
            row = array.astype(np.float32)
            if np.isfinite(row).all():
                return row
        got = f"{array.dtype} {array.shape}" if array is not None and array.dtype != object else f"{value!r:.60}"
        raise InputError(
            f"{name} is the number of a class, a list of such numbers, or a row of {self.count} floats; got {got}"
        )

    def _hot(self, numbers: NDArray[Any], name: str) -> NDArray[np.float32]:
        wrong = numbers[(numbers < 0) | (numbers >= self.count)]
        if wrong.size:
            raise InputError(
                f"{name} is of classes 0 to {self.count - 1}, as Classes({self.count}) says; got {wrong[0]}"
            )
        row = np.zeros(self.count, np.float32)
        row[numbers.astype(np.int64)] = 1
        return row


def _array(value: Any) -> NDArray[Any] | None:
    """A value as an array; None where its rows differ in length."""
    try:
        return np.asarray(value)
    except ValueError:
        return None
