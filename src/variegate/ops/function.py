"""Pointwise and Opaque: the user's own functions, with drawn fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from variegate.dist import Distribution, parse
from variegate.errors import FieldError
from variegate.ops import effect as effects
from variegate.ops.base import Drawn, Draws, EffectName, Facts, Op
from variegate.ops.effect import Floats, Ints


@dataclass(frozen=True, repr=False, init=False)
class UserFunction(Op):
    """What both share: a function, and the numbers drawn for it.

    function  pickled by reference, so it must be importable where it is unpickled
    given     (name, distribution) of each drawn field, as written
    """

    function: Callable[..., Any]
    given: tuple[tuple[str, Distribution], ...]

    def __init__(
        self, function: Callable[..., Any], /, *, p: float = 1.0, name: str | None = None, **drawn: Drawn
    ) -> None:
        object.__setattr__(self, "p", p)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "function", function)
        super().__post_init__()
        if not callable(function):
            raise FieldError(f"{self.label} takes a function, got {function!r}")
        given = tuple((field, parse(value, f"{self.label}.{field}")) for field, value in drawn.items())
        object.__setattr__(self, "given", given)

    def __repr__(self) -> str:
        told = [getattr(self.function, "__name__", repr(self.function))]
        told += [f"{field}={value!r}" for field, value in self.given]
        told += [
            f"{field}={value!r}" for field, value in (("p", self.p), ("name", self.name)) if value not in (1, None)
        ]
        return f"{type(self).__name__}({', '.join(told)})"

    def drawn(self) -> dict[str, Distribution]:
        return dict(self.given)

    def table(self, draws: Draws, sizes: Ints) -> Floats:
        """The numbers drawn, (B, n), in the order written."""
        out = np.empty((len(sizes), len(self.given)))
        for column, (field, _) in enumerate(self.given):
            out[:, column] = draws[field]
        return out


@dataclass(frozen=True, repr=False, init=False)
class Pointwise(UserFunction):
    """Apply a function of one pixel, compiled into the fused pass.

    function  function(pixel, *drawn) -> pixel: tuples of one float a channel, with white as 1; it must compile with
              `numba.njit` (a function already jitted is taken as it is)
    drawn     fields by keyword, each a number, a pair or a distribution; passed in the order written
    targets   image        effect  pointwise (fuses)

    >>> def warm(pixel, amount):
    ...     return (pixel[0] + amount, pixel[1], pixel[2] - amount)
    >>> Pointwise(warm, amount=(0, 0.1))
    Pointwise(warm, amount=Uniform(0, 0.1))

    Raises  FieldError if it is no function, or a drawn field is none.
    """

    effect: ClassVar[EffectName] = "pointwise"

    def lower(self, draws: Draws, sizes: Ints, facts: Facts) -> effects.Pointwise:
        return effects.Pointwise(self.function, self.table(draws, sizes))


@dataclass(frozen=True, repr=False, init=False)
class Opaque(UserFunction):
    """Apply a function of the whole picture, which ends the fused run.

    function  function(image, **drawn) -> image: float32 (height, width, channels), with white as 1. It may change the
              size only if what follows can take any
    drawn     fields by keyword, each a number, a pair or a distribution; passed by keyword, as Python floats
    targets   image        effect  opaque (cuts)

    >>> def stripes(image, step):
    ...     return image * (np.arange(len(image)) % step > 0)[:, None, None]
    >>> Opaque(stripes, step=(2, 9))
    Opaque(stripes, step=Uniform(2, 9))

    Raises  FieldError if it is no function, or a drawn field is none.
    """

    effect: ClassVar[EffectName] = "opaque"

    def lower(self, draws: Draws, sizes: Ints, facts: Facts) -> effects.Opaque:
        names = [field for field, _ in self.given]
        rows = self.table(draws, sizes).tolist()
        return effects.Opaque(self.function, tuple(dict(zip(names, row, strict=True)) for row in rows))
