"""Gone: the instances that ops take away, as labels lose them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from variegate.ops.effect import Holes
from variegate.plan.lower import Lowered
from variegate.targets import Targets
from variegate.targets.leaf import Leaves

Taken = tuple[str, str, NDArray[np.bool_]]  # a path, a group, and which of the instances that came to it


def taken(lowered: Sequence[Lowered], i: int) -> Iterator[Taken]:
    """What ops take away of sample i, one after the other."""
    for each in lowered:
        for effect in each.effects:
            here = each.applies is None or each.applies[i]
            if isinstance(effect, Holes) and effect.gone is not None and here:
                yield each.node.path, effect.group, effect.gone[each.row(i)]


def left(leaves: Leaves, targets: Targets, lowered: Sequence[Lowered], i: int) -> tuple[Leaves, dict[str, int]]:
    """A sample's labels without what ops take away, and how many instances went, by the op's path."""
    dropped = dict[str, int]()
    for path, group, gone in taken(lowered, i):
        if gone.any():
            dropped[path] = int(np.count_nonzero(gone))
            members = {name: leaf for name, leaf in leaves.items() if targets[name].rows_of == group}
            index = np.flatnonzero(~gone[: next(iter(members.values())).count])  # type: ignore[union-attr]
            leaves = {**leaves, **{name: leaf.take(index) for name, leaf in members.items()}}  # type: ignore[union-attr]
    return leaves, dropped
