"""Part: one of the pictures of a collage."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from variegate.plan.plan import Plan


class Part(NamedTuple):
    """A picture of a collage: its sample's own plan, and which row of that it is."""

    plan: Plan
    row: int
