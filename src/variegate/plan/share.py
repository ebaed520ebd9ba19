"""Shares: fields that read a number which the macro around their op drew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from numpy.typing import NDArray

from variegate.errors import PipelineError
from variegate.ops.macro import Shared
from variegate.plan.flatten import FlatPipeline


class Share(NamedTuple):
    """A field of the op of a path, and the macro whose number it reads."""

    path: str
    field: str
    shared: Shared
    macro: str


class Shares:
    """All of a pipeline's, in the order declared: a macro's own numbers are there before they are read."""

    def __init__(self, flat: FlatPipeline) -> None:
        self.all = tuple(_shares(flat))

    def fill(self, columns: dict[str, dict[str, NDArray[Any]]]) -> None:
        """Put the numbers in the place of the signs, which were drawn."""
        for path, item, shared, macro in self.all:
            columns[path][item] = shared.of(columns[macro][shared.field], columns[path][item])


def _shares(flat: FlatPipeline) -> Iterator[Share]:
    for node in flat.ops:
        for item, distribution in node.op.drawn().items():
            if isinstance(distribution, Shared):
                macro = flat.macros.get(node.path)
                if macro is None:
                    raise PipelineError(
                        f"{node.path}.{item} reads the {distribution.field} of a macro, and stands in none: it is made "
                        "by share() in expand()"
                    )
                yield Share(node.path, item, distribution, macro)
