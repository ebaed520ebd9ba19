"""Colour: what changes colours and leaves every pixel in its place."""

from __future__ import annotations

from variegate.ops.effect.base import Effect


class Colour(Effect):
    """A Matrix, a Tone, a Pointwise or a Rowwise: a step of the pass that reads the picture."""
