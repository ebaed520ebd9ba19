"""Colour: what changes colours and leaves every pixel in its place."""

from __future__ import annotations

from variegate.ops.effect.base import Effect


class Colour(Effect):
    """Steps of the pass (Matrix, Tone, Noise, Holes, functions); a Stencil, a Median, and others."""
