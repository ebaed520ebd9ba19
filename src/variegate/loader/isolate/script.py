"""Script: the parent's main module in the child, imported only if the loader is made of what it defines."""

from __future__ import annotations

import pickle
import sys
from multiprocessing import spawn
from typing import Any

MAIN = ("__main__", "__mp_main__")

importing = False  # while the child imports it
prepared: dict[str, Any] = {}  # how multiprocessing does that


def prepare(data: dict[str, Any]) -> None:
    """Take over the parent's folder and arguments, and keep for later how to import its main module."""
    mains = {name: value for name, value in data.items() if name.startswith("init_main")}
    spawn.prepare({name: value for name, value in data.items() if name not in mains})
    prepared.update(mains)


class Unpickler(pickle.Unpickler):
    """Finds the parent's classes, also those of its main module."""

    def find_class(self, module: str, name: str) -> Any:
        """The class or function of this name."""
        if module in MAIN:
            _import()
        return super().find_class(module, name)


def _import() -> None:
    global importing
    if prepared and not importing:
        importing = True
        try:
            spawn.prepare(dict(prepared))
        finally:
            importing = False
        prepared.clear()
    for name in MAIN:
        sys.modules.setdefault(name, sys.modules["__main__"])
