"""Move: how one field of a sample goes through its map; each kind of target registers its own, in its own file."""

from __future__ import annotations

import functools
from typing import Any

from variegate.labels.point_map import PointMap
from variegate.labels.visibility import Visibility
from variegate.targets.base import Target
from variegate.targets.leaf import Leaf


@functools.singledispatch
def move(
    target: Target, leaf: Any, point_map: PointMap, around: Visibility | None = None
) -> tuple[Leaf, Visibility | None]:
    """A leaf on the result, and what is left of each instance; None of a target whose instances have no shape.

    around  what is left of the same instances as more exact shapes with outlines tell; None where there are none

    A class of target registers its function by `move.register(Boxes)`; one that has no place on the picture needs none.

    Raises  TypeError if the values lie on the picture, and nobody said how they move.
    """
    if target.moves and target.picture is None:
        name = type(target).__name__
        raise TypeError(f"{name} has no move: register one, @move.register({name}), or say moves = False")
    return leaf, None
