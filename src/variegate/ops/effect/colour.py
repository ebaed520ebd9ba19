"""Colour: what changes colours and leaves every pixel in its place."""

from __future__ import annotations

from variegate.ops.effect.base import Effect


class Colour(Effect):
    """A Matrix, a Tone, a Pointwise or a Rowwise, which are steps of the pass that reads the picture; or a Stencil."""
