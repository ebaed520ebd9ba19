"""`variegate ops`: the ops that there are, by family, with their fields and units."""

from __future__ import annotations

import inspect
from typing import Annotated

import typer

from variegate import elsewhere
from variegate.cli.families import kinds, told
from variegate.cli.options import console
from variegate.errors import ConfigError


def ops(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Of these ops alone, with all of their fields.")
    ] = None,
) -> None:
    """List the ops by family: what each does, and its fields with their units and defaults.

    **Example:**  `variegate ops`  or  `variegate ops Rotate RandomResizedCrop`
    """
    on, found = console(), kinds()
    known = {kind.__name__: kind for some in found.values() for kind in some}
    for name in names or ():
        if name not in known:
            said = elsewhere.told(name, known)
            raise ConfigError(f"there is no op {name}{f'; {said}' if said else ''}")
    for family, some in found.items():
        wanted = [kind for kind in some if not names or kind.__name__ in names]
        if wanted and not names:
            on.print(family, style="bold underline")
        for kind in wanted:
            on.print(kind.__name__, style="bold", end="  ")
            on.print((inspect.getdoc(kind) or "").split("\n")[0])
            for field, what in told(kind, every=bool(names)):
                on.print(f"    {field}", style="cyan", end="  ")
                on.print(what)
        if wanted and not names:
            on.print()
