"""Report: word of what the user's functions of a pixel raise, out of compiled code and into an error."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from variegate.errors import InputError
from variegate.kernels.user import FAILED, raised, reports
from variegate.plan.steps import UserFunction


class Report:
    """What one run of the kernel has to tell of the user's functions; no other run writes there.

    address  where they leave word
    """

    def __init__(self, functions: Sequence[UserFunction], channels: int) -> None:
        self._functions, self._rows = functions, reports(len(functions), channels)
        self.address: int = self._rows.__array_interface__["data"][0]

    def check(self, drawn: Callable[[int], list[float]]) -> None:
        """Raise what the first function that failed raised; drawn: the numbers that the n-th was called with.

        Raises  InputError that names the op, the pixel and the numbers drawn; its cause is the function's own error.
        """
        for n, (each, row) in enumerate(zip(self._functions, self._rows, strict=True)):
            if row[FAILED]:
                error = raised(each.function, row, drawn(n))
                raise InputError(f"{each.path}: {error}") from error.__cause__
