"""Pointwise and Opaque: the user's own functions, with drawn fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
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
        given = tuple((item, parse(value, f"{self.label}.{item}")) for item, value in drawn.items())
        object.__setattr__(self, "given", given)

    def __repr__(self) -> str:
        told = [getattr(self.function, "__name__", repr(self.function))]
        told += [f"{item}={value!r}" for item, value in self.given]
        options = ((item, getattr(self, item.name)) for item in fields(self) if item.name not in ("function", "given"))
        told += [f"{item.name}={value!r}" for item, value in options if value != item.default]
        return f"{type(self).__name__}({', '.join(told)})"

    def drawn(self) -> dict[str, Distribution]:
        return dict(self.given)

    def table(self, draws: Draws, sizes: Ints) -> Floats:
        """The numbers drawn, (B, n), in the order written."""
        out = np.empty((len(sizes), len(self.given)))
        for column, (item, _) in enumerate(self.given):
            out[:, column] = draws[item]
        return out


@dataclass(frozen=True, repr=False, init=False)
class Pointwise(UserFunction):
    """Apply a function of one pixel, compiled into the fused pass.

    function  function(pixel, *drawn) -> pixel: tuples of one float a channel, with white as 1; it must compile with
              `numba.njit` (a function already jitted is taken as it is)
    drawn     fields by keyword, each a number, a pair or a distribution; passed in the order written
    targets   image (labels stay)        effect  pointwise (fuses)

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
    moves     whether the function may move pixels. False: labels stay as they are. True: a sample with labels is
              refused, since nothing tells where they went
    drawn     fields by keyword, each a number, a pair or a distribution; passed by keyword, as Python floats; no field
              can be called moves
    targets   image; with moves=False also mask, boxes, keypoints, polygons, which stay        effect  opaque (cuts)

    >>> def stripes(image, step):
    ...     return image * (np.arange(len(image)) % step > 0)[:, None, None]
    >>> Opaque(stripes, step=(2, 9))
    Opaque(stripes, step=Uniform(2, 9))
    >>> Opaque(stripes, step=8, moves=False)
    Opaque(stripes, step=Constant(8), moves=False)

    Raises  FieldError if it is no function, moves is not True or False, or a drawn field is none.
    """

    moves: bool = field(default=True, kw_only=True)

    effect: ClassVar[EffectName] = "opaque"

    def __init__(
        self,
        function: Callable[..., Any],
        /,
        *,
        p: float = 1.0,
        name: str | None = None,
        moves: bool = True,
        **drawn: Drawn,
    ) -> None:
        object.__setattr__(self, "moves", moves)
        super().__init__(function, p=p, name=name, **drawn)
        if not isinstance(moves, bool):
            raise FieldError(f"{self.label}.moves is True or False, got {moves!r}")

    def lower(self, draws: Draws, sizes: Ints, facts: Facts) -> effects.Opaque:
        names = [item for item, _ in self.given]
        rows = self.table(draws, sizes).tolist()
        return effects.Opaque(self.function, tuple(dict(zip(names, row, strict=True)) for row in rows))
