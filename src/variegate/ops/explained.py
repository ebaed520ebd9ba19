"""Explained: the lines of docstrings that say what fields are, so that `help` tells of an op those of its bases too."""

from __future__ import annotations

import dataclasses
import inspect
import re

ENTRY = re.compile(r"(\w+(?:, \w+)*)  +(\S.*)")


def entries(doc: str | None) -> dict[str, list[str]]:
    """The fields that a docstring explains, each with its lines.

    >>> entries("A shift.\\n\\n    x, y  how far,\\n          in pixels")
    {'x': ['how far,', 'in pixels'], 'y': ['how far,', 'in pixels']}
    """
    found: dict[str, list[str]] = {}
    names: list[str] = []
    for line in inspect.cleandoc(doc or "").splitlines():
        entry = ENTRY.fullmatch(line)
        if entry:
            names = entry[1].split(", ")
            found.update({name: [entry[2]] for name in names})
        elif line.startswith("  ") and names:
            for name in names:
                found[name].append(line.strip())
        else:
            names = []
    return found


def inherited(kind: type) -> str:
    """What the bases say of the fields that a class does not explain itself: nearest base first."""
    own = entries(kind.__doc__)
    fields = {item.name for item in dataclasses.fields(kind) if item.init}
    lines: dict[str, list[str]] = {}
    for base in kind.__mro__[1:]:
        for name, said in entries(vars(base).get("__doc__")).items():
            if name in fields and name not in own:
                lines.setdefault(name, said)
    width = max(map(len, lines), default=0) + 2
    told = [f"{name:{width}}{f'{chr(10)}{width * chr(32)}'.join(said)}" for name, said in lines.items()]
    return "\n".join(["And by name:", *told]) if told else ""
