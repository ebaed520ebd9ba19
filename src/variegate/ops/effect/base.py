"""Effect: what an op does, once its numbers are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import FunctionType
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BENT = "is no affine map of colour, so it does not commute with interpolation"  # what `cuts` says of most


class Effect:
    """What `Op.lower` returns; every array has one row a sample.

    shapes    of each of its arrays, after the row for each sample; None: any number
    cuts      why a map of the plane cannot join the pass that does this before it; empty: it can
    begins    why this cannot join the pass that does anything before it; empty: it can
    finite    those of them that are held here to be finite; of others `kernels.row_layout` does it
    may_rest  whether some samples may be left as they are: then `neutral` is asked
    """

    cuts: ClassVar[str] = ""
    begins: ClassVar[str] = ""
    may_rest: ClassVar[bool] = False
    finite: ClassVar[tuple[str, ...]] = ()
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {}

    def misfit(self, count: int) -> str:
        """What is wrong with the arrays for so many samples; empty if nothing is."""
        for name, tail in self.shapes.items():
            value = getattr(self, name)
            if value is None and getattr(type(self), name, self) is None:
                continue  # which is its default
            shape = value.shape if isinstance(value, np.ndarray) else None
            if shape is None or shape[:1] != (count,) or len(shape) != 1 + len(tail) or not _ends_in(shape[1:], tail):
                told = ", ".join("any" if side is None else str(side) for side in tail)
                got = type(value).__name__ if shape is None else shape
                return f"{type(self).__name__}.{name} is an array ({count}, {told}), got {got}".replace(", )", ",)")
            wrong = misfit_kind(f"{type(self).__name__}.{name}", value)
            if wrong:
                return wrong
            if name in self.finite and not np.isfinite(value).all():
                return f"{type(self).__name__}.{name} holds what is no finite number"
        return ""

    def neutral(self, before: Ints) -> NDArray[np.bool_]:
        """(B,): which samples, of sizes (B, 2) before, it leaves as they are.

        It is not in their rows of effects: they have the bytes of the pipeline without it.
        """
        return np.zeros(len(before), np.bool_)

    def take(self, rows: NDArray[np.bool_]) -> Self:
        """The effect for some of its samples."""
        kept: dict[str, Any] = {name: getattr(self, name) for name in self.shapes}
        return replace(self, **{name: v[rows] for name, v in kept.items() if v is not None})  # type: ignore[type-var]


def misfit_kind(name: str, array: NDArray[Any]) -> str:
    """What is wrong with the dtype of an array of numbers; empty if nothing is."""
    return "" if array.dtype.kind in "fiub" else f"{name} is an array of numbers, got {array.dtype}"


def misfit_bits(name: str, bits: Any, count: int) -> str:
    """What is wrong with the column of a `Bits` draw for so many samples; empty if nothing is, or there is none."""
    if bits is None or (getattr(bits, "shape", None) == (4, count) and bits.dtype == np.uint32):
        return ""
    got = f"{bits.dtype} {bits.shape}" if isinstance(bits, np.ndarray) else type(bits).__name__
    return f"{name} is an array (4, {count}) uint32, got {got}"


def misfit_function(name: str, function: Any) -> str:
    """What is wrong with a function that is to be compiled; empty if nothing is."""
    if isinstance(getattr(function, "py_func", function), FunctionType):
        return ""
    return f"{name} is a plain function (def, lambda), or one that numba.njit compiled, got {function!r:.80}"


def _ends_in(sides: tuple[int, ...], tail: tuple[int | None, ...]) -> bool:
    return all(want in (None, side) for side, want in zip(sides, tail, strict=True))
