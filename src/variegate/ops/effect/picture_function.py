"""PictureFunction: the user's function of the whole array."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.ops.effect.base import Effect, misfit_bits


@dataclass(frozen=True)
class PictureFunction(Effect):
    """The user's function of a whole picture: function(image, **draws) -> image, float32 (H, W, C) in units of white.

    draws  one dict of arguments by keyword a sample: plain floats, and options that are the same for all
    rng    (4, B) uint32, the column of a `Bits` draw, of which each sample's `numpy.random.Generator` is made, the
           argument `rng`; None: the function takes none
    """

    function: Callable[..., Any]
    draws: tuple[dict[str, Any], ...]
    rng: NDArray[np.uint32] | None = None

    def misfit(self, count: int) -> str:
        if len(self.draws) == count:
            return misfit_bits("PictureFunction.rng", self.rng, count)
        return f"PictureFunction.draws is a dict for each of {count} samples, got {len(self.draws)}"

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


def generator(bits: NDArray[np.uint32]) -> np.random.Generator:
    """A new generator of NumPy's, seeded by four words of bits and nothing else; what it spawns is so, too."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(bits.tolist())))
