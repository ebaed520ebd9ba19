"""Ramp: a value that hangs on the epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.arguments import is_number, show, whole
from variegate.dist import Constant, Distribution, Drawn, Floats, parse
from variegate.errors import FieldError


@dataclass(frozen=True, repr=False)
class Ramp(Distribution):
    """From one value to another, evenly by the key's epoch; for a drawn field, or for p.

    start   the value in epoch 0
    end     the value from epoch `after + epochs` on
    epochs  how many epochs the way takes, 1 or more
    after   the last epoch of the start

    Both are numbers, ranges (low, high) or distributions: what is drawn is that part of the way from what `start` draws
    to what `end` draws, by the same random numbers. So both ends of a range move, and Ramp(0, (-30, 30), 10) opens from
    no turn to all of them; a pair is a uniform range here, whatever it is elsewhere in the field. In between, a number
    may be a fraction: fields that count round it down. Of p both are probabilities. A call without a key is of epoch 0.

    >>> Ramp((-5, 5), (-30, 30), epochs=20)
    Ramp(Uniform(-5, 5), Uniform(-30, 30), 20)
    >>> from variegate import Compose, Key, Rotate
    >>> augment = Compose([Rotate(Ramp(0, 30, epochs=20))])
    >>> [augment.params(Key(epoch=epoch))["Rotate"]["angle"] for epoch in (0, 10, 20, 90)]
    [0.0, 15.0, 30.0, 30.0]

    Mosaic(1280, p=Ramp(1, 0, 1, after=89)) is there in epochs 0 to 89, and in none behind.

    Raises  FieldError if an end is none of these, or is a Choice, a Bernoulli or a Ramp, between whose numbers there is
            nothing; or epochs is no whole number of 1 or more, or after is none of 0 or more.
    """

    start: Drawn
    end: Drawn
    epochs: int
    after: int = 0
    ends_ramp = False

    def __post_init__(self) -> None:
        for item in ("start", "end"):
            object.__setattr__(self, item, _end(getattr(self, item), f"Ramp.{item}"))
        object.__setattr__(self, "epochs", whole(self.epochs, "Ramp.epochs", least=1))
        object.__setattr__(self, "after", whole(self.after, "Ramp.after", least=0))

    def __repr__(self) -> str:
        first, last = (show(end.value) if isinstance(end, Constant) else repr(end) for end in self.ends)
        return f"Ramp({first}, {last}, {self.epochs}{f', after={self.after}' if self.after else ''})"

    @property
    def ends(self) -> tuple[Distribution, Distribution]:
        """Start and end."""
        return self.start, self.end  # type: ignore[return-value]  # as `__post_init__` made them

    @property
    def draws(self) -> int:  # type: ignore[override]
        """As many as the end that needs more."""
        return max(end.draws for end in self.ends)

    def at(self, u: Floats) -> Floats:
        return self.at_epoch(u, np.zeros(u.shape[-1:], np.uint32))

    def at_epoch(self, u: Floats, epoch: NDArray[np.uint32]) -> Floats:
        first, last = (end.at(u[: end.draws]) for end in self.ends)
        part = np.clip((epoch - float(self.after)) / self.epochs, 0.0, 1.0)
        # Clipped, because rounding could step over an end by one unit in the last place.
        between = first * (1 - part) + last * part
        return np.asarray(np.clip(between, np.minimum(first, last), np.maximum(first, last)))

    def bounds(self) -> tuple[float, float]:
        low, high = zip(*(end.bounds() for end in self.ends), strict=True)
        return min(low), max(high)


def _end(value: Any, owner: str) -> Distribution:
    end = parse(value, owner)
    if not end.ends_ramp:
        raise FieldError(
            f"{owner} is a number, a range (low, high) or a distribution such as Normal(0, 1), between whose numbers "
            f"there are others; got {value!r}"
        )
    return end


def is_probability(p: object) -> bool:
    """Whether a value is a number from 0 to 1, or a Ramp between two of them."""
    if isinstance(p, Ramp):
        return all(isinstance(end, Constant) and 0 <= end.value <= 1 for end in p.ends)
    return is_number(p) and 0 <= p <= 1  # type: ignore[operator]
