"""Statistics: the tables of a batch that hang on a picture's histogram, and are filled when the picture is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.kernels.codes import FIRST_STEP, STEP_PICK, STEP_SORT, TABLE, WHITE
from variegate.kernels.row_layout import RowLayout
from variegate.ops.effect import Statistic

STOPPED = "{}: its function raised StopIteration: give next(...) a second argument, or begin its iterator anew"
MOST_FLOAT = float(np.finfo(np.float32).max)


class TableRequest(NamedTuple):
    """A table that is to be filled: the path of its op, the effect, and for which of the effect's samples it is."""

    path: str
    effect: Statistic
    place: int

    def table(self, levels: NDArray[np.int64]) -> NDArray[np.float64]:
        """What the op's function makes of a histogram (C, 256): values (256,) or (C, 256).

        Raises  InputError that names the op if that is no table; RuntimeError for a StopIteration, as `Opaque.call`
                does; whatever else the function raises itself, with a note.
        """
        numbers = self.effect.draws[self.place].tolist()
        try:
            made: Any = self.effect.function(levels, *numbers)
        except StopIteration as error:
            raise RuntimeError(STOPPED.format(self.path)) from error
        except Exception as error:
            error.add_note(f"variegate: this was in {self.path}, whose function was called with {tuple(numbers)}")
            raise
        shape = made.shape if isinstance(made, np.ndarray) else None
        fits = shape in (levels.shape, levels.shape[1:]) and made.dtype.kind in "fiu"
        if not fits or not (np.abs(made.astype(np.float64)) <= MOST_FLOAT).all():
            got = type(made).__name__ if shape is None else f"{made.dtype} {shape}"
            raise InputError(
                f"{self.path}: its function makes of a histogram {levels.shape} an array (256,) or {levels.shape} of "
                f"finite numbers, in units of white; got {got}"
            )
        return np.asarray(made, np.float64)


class Statistics:
    """The rows of a batch that begin with such a table.

    luts      (T, C, 256) float32, where tables are looked up; each of these rows has one for itself
    requests  by the place among them
    """

    def __init__(self, row_layout: RowLayout, luts: NDArray[np.float32], requests: Mapping[int, TableRequest]) -> None:
        self._luts, self._requests, self._whites = luts, requests, row_layout.units[:, WHITE]
        self._picks: dict[int, int] = {}
        if requests:
            first, kinds = row_layout.rows[:, FIRST_STEP].tolist(), row_layout.kinds.tolist()
            for row, begin in enumerate(first[:-1]):
                kind = kinds[begin] if begin < first[row + 1] else None
                if kind is not None and kind[STEP_SORT] == TABLE and kind[STEP_PICK] in requests:
                    self._picks[row] = kind[STEP_PICK]

    def __contains__(self, row: int) -> bool:
        """Whether a row is one of them."""
        return row in self._picks

    def fill(self, row: int, image: NDArray[Any]) -> None:
        """Fill a row's table by the picture that it reads."""
        from variegate.kernels.histogram import histogram

        self.fill_by(row, histogram(image, float(self._whites[row])))

    def fill_by(self, row: int, levels: NDArray[np.int64]) -> None:
        """The same by a histogram (C, 256)."""
        pick = self._picks[row]
        self._luts[pick] = self._requests[pick].table(levels)
