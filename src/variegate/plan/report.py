"""Report: word of what the user's functions of a pixel or a row raise, out of compiled code and into an error."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.kernels.pixel_function import FAILED, raised, reports
from variegate.kernels.row_function import raised_in_row
from variegate.plan.steps import BoundFunction


class Report:
    """What one run of the kernel has to tell of the user's functions; no other run writes there.

    address  where they leave word
    """

    def __init__(self, functions: Sequence[BoundFunction], channels: int) -> None:
        self._functions, self._channels = functions, channels
        self._rows = reports(len(functions), channels)
        self.address: int = self._rows.__array_interface__["data"][0]

    def check(self, drawn: Callable[[int], NDArray[np.float64]]) -> None:
        """Raise what the first function that failed raised; drawn: what the n-th was called with, in its table.

        Raises  InputError that names the op, the pixel or the row, and the numbers drawn; its cause is the function's
                own error.
        """
        for n, (each, row) in enumerate(zip(self._functions, self._rows, strict=True)):
            if row[FAILED]:
                numbers, bits = each.split(drawn(n))
                if each.rowwise:
                    error = raised_in_row(each.function, row, self._channels, numbers, bits)
                else:
                    error = raised(each.function, row, numbers)
                raise InputError(f"{each.path}: {error}") from error.__cause__
