"""Geometric: a map of the plane and a new canvas, whatever the map."""

from __future__ import annotations

from abc import abstractmethod

from variegate.ops.effect.base import Effect, Floats, Ints


class Geometric(Effect):
    """A map of the plane, from the new canvas back to the old one: a `Map`, or a `Field`.

    size  (B, 2) int64: (height, width) of the new canvas
    """

    size: Ints

    def misfit(self, count: int) -> str:
        wrong = super().misfit(count)
        if wrong or self.size.dtype.kind != "f":
            return wrong
        return f"{type(self).__name__}.size is whole pixels, got {self.size.dtype}"

    @abstractmethod
    def matrices(self, before: Ints) -> Floats:
        """(B, 3, 3): the map of pictures of sizes (B, 2) as (height, width), without what bends it."""
