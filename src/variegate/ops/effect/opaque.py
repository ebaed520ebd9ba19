"""Opaque: the user's function of the whole array."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.ops.effect.base import Effect, Floats


@dataclass(frozen=True)
class Opaque(Effect):
    """The user's function of a whole picture: function(image, **draws) -> image, float32 (H, W, C) in units of white.

    draws  one dict of arguments by keyword a sample: plain floats, and options that are the same for all
    rng    (2, B), numbers drawn evenly from 0 to 1, of which each sample's `numpy.random.Generator` is made, the
           argument `rng`; None: the function takes none
    """

    function: Callable[..., Any]
    draws: tuple[dict[str, Any], ...]
    rng: Floats | None = None

    def misfit(self, count: int) -> str:
        if len(self.draws) == count:
            return ""
        return f"Opaque.draws is a dict for each of {count} samples, got {len(self.draws)}"

    def call(self, i: int, image: NDArray[Any]) -> Any:
        """What the function returns for sample i; the same whenever it is called.

        Raises  RuntimeError for a StopIteration, which in a stream of samples would say that it is at its end.
        """
        made = {} if self.rng is None else {"rng": generator(self.rng[:, i])}
        try:
            return self.function(image, **self.draws[i], **made)
        except StopIteration as error:
            raise RuntimeError(
                "the function raised StopIteration: give next(...) a second argument, or begin its iterator anew"
            ) from error


def generator(numbers: Floats) -> np.random.Generator:
    """A new generator of NumPy's, seeded by numbers from 0 to 1 and nothing else; what it spawns is so, too."""
    seed = [int(abs(number) * 2.0**53) for number in numbers.tolist()]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed)))
