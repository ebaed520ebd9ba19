"""Macro: an op that stands for others; and Shared, by which they read the numbers that it draws."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from variegate.arguments import show
from variegate.dist import Bits, Distribution
from variegate.errors import FieldError
from variegate.ops.base import Op
from variegate.ops.effect import Floats
from variegate.ops.fields import declare


@declare
class Macro(Op):
    """An op that is made of others: `expand` says of which, and nothing else needs to be written.

    Their paths stand below its own (`Wobble/Rotate`), so it renames no op beside it. They may read what it draws:
    `self.share("magnitude")` is a distribution for any of their fields. Its p holds for all of them.

    >>> from variegate import Compose, Key, Rotate, Scale
    >>> from variegate.ops.base import Drawn
    >>> from variegate.ops.fields import drawn
    >>> from variegate.ops.combine import Chain
    >>> @declare
    ... class Wobble(Macro):
    ...     '''Rotate and zoom, both by as much.'''
    ...
    ...     magnitude: Drawn = drawn(default=(0, 1), least=0, most=1)
    ...
    ...     def expand(self):
    ...         turn = self.share("magnitude", lambda m: 30 * m, signed=True)
    ...         return Chain([Rotate(turn), Scale(self.share("magnitude", lambda m: 1 + m))])
    >>> params = Compose([Wobble(0.5)]).params(Key())
    >>> params["Wobble/Rotate"]["angle"], params["Wobble/Scale"]["factor"]
    (-15.0, 1.5)
    """

    def expand(self) -> Op:
        raise TypeError(f"{type(self).__name__} has no expand(): a macro must say for which op it stands")

    def fixes_size(self) -> bool:
        return self.expand().settles_size()

    def resizer(self) -> Op | None:
        return None if self.expand().resizer() is None else self

    def unsettled(self) -> Op | None:
        by_chance = self.p != 1 or self.expand().unsettled() is not None
        return self.resizer() if by_chance else None

    def share(
        self,
        item: str,
        through: Callable[[Floats], Floats] | None = None,
        *,
        signed: bool = False,
        about: float = 0.0,
        least: float = -math.inf,
    ) -> Shared:
        """A drawn field of this op as the value of fields of those that it stands for.

        through  makes their number of it, by + - * / and sqrt, rising or falling all the way; None: the same number
        signed   whether each of them draws a sign of its own, minus as likely as plus
        about    the number around which the sign turns it: of a factor 1, so that 1.3 becomes 0.7
        least    what is below, with its sign, becomes this

        Raises  FieldError if the op draws no such field, or Bits, which are no number.
        """
        drawn = {name: each for name, each in self.drawn().items() if not isinstance(each, Bits)}
        if item not in drawn:
            raise FieldError(f"{self.label} shares {item}, but draws {', '.join(drawn) or 'no number'}")
        through = through or _same
        low, high = sorted(through(np.array(drawn[item].bounds())).tolist())
        return Shared(item, through, low, high, int(signed), about, least)


def _same(numbers: Floats) -> Floats:
    return numbers


@dataclass(frozen=True, repr=False)
class Shared(Distribution):
    """The number that the macro around an op drew, made into another; see `Macro.share`.

    field      of the macro
    through    makes the number of what the field drew
    low, high  between which numbers it lies, without a sign
    draws      1 if it has a sign, which is drawn; 0
    about      the number around which the sign turns it
    least      below which no number lies, whatever its sign
    """

    field: str
    through: Callable[[Floats], Floats]
    low: float
    high: float
    draws: int = 0
    about: float = 0.0
    least: float = -math.inf
    ends_ramp = False  # a Ramp can be shared

    def __repr__(self) -> str:
        signed = (f", signed about {show(self.about)}" if self.about else ", signed") if self.draws else ""
        return f"Shared({self.field}: {show(self.low)} to {show(self.high)}{signed})"

    def at(self, u: Floats) -> Floats:
        """The sign alone: drawing looks at no other column. `of` makes the number."""
        return np.where(u[0] < 0.5, -1.0, 1.0) if self.draws else np.ones(u.shape[1:])

    def of(self, shared: Floats, sign: Floats) -> Floats:
        """The numbers, (B,) or (trials, B), of those that the macro drew, (B,), and the signs."""
        numbers = np.minimum(np.maximum(self.through(shared), self.low), self.high)
        # Without a sign it is 1, as often as the field is drawn.
        numbers = self.about + (numbers - self.about) * sign if self.draws else numbers * sign
        return np.asarray(numbers if self.least == -math.inf else np.maximum(numbers, self.least))

    def bounds(self) -> tuple[float, float]:
        most = max(abs(self.low - self.about), abs(self.high - self.about))
        low, high = (self.about - most, self.about + most) if self.draws else (self.low, self.high)
        return max(low, self.least), max(high, self.least)
