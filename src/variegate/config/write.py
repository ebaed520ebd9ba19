"""Ops and targets to plain values: dicts, lists, numbers and text. A field that has its default is left out."""

from __future__ import annotations

from typing import Any

import numpy as np

from variegate.config.fields import DISTRIBUTIONS, REQUIRED, Registry, fields_of
from variegate.config.read import VERSION
from variegate.dist import Constant, Distribution, Uniform
from variegate.errors import ConfigError
from variegate.targets import Target, Targets


class Writer:
    """Takes ops and targets apart, refusing what a file could not bring back."""

    def __init__(self, names: Registry, targets: Registry) -> None:
        self.names, self.targets = names, targets

    def pipeline(self, pipeline: Any) -> dict[str, Any]:
        """The whole file: `variegate: 1` and the fields of the outermost Compose.

        Raises  ConfigError, naming the op and the field, if a value has no form in a file.
        """
        return {"variegate": VERSION, **self.fields(pipeline, type(pipeline).__name__)}

    def fields(self, thing: Any, owner: str) -> dict[str, Any]:
        """The fields of an op, a target or a distribution that differ from their defaults."""
        found: dict[str, Any] = {}
        kind: type = type(thing)
        for name, field in fields_of(kind).items():
            value = self.value(getattr(thing, name), f"{owner}.{name}")
            if field.default is REQUIRED or value != self.value(field.default, f"{owner}.{name}"):
                found[name] = value
        return found

    def value(self, value: Any, owner: str) -> Any:
        """One value; a constant is a number, a uniform range a pair."""
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, tuple | list):
            return [self.value(item, f"{owner}[{i}]") for i, item in enumerate(value)]
        if isinstance(value, Distribution):
            return self.distribution(value, owner)
        if isinstance(value, Targets):
            known = dict(Targets().fields)
            return {
                name: self.target(target, f"{owner}.{name}")
                for name, target in value.fields
                if target != known.get(name)
            }
        if self.names.get(type(value).__name__) is type(value):
            return self.op(value)
        if callable(value):
            raise ConfigError(
                f"{owner}: a function cannot be saved to a file; keep this pipeline in Python, or pickle it"
            )
        raise ConfigError(f"{owner}: {value!r} cannot be saved to a file; if it is an op of your own, pass ops=[...]")

    def op(self, op: Any) -> Any:
        """An op as its name, or as a mapping of its name to its fields."""
        name = type(op).__name__
        fields = self.fields(op, name)
        return {name: fields} if fields else name

    def target(self, target: Target, owner: str) -> Any:
        """A target as its name, or as a mapping of its name to its fields."""
        name = type(target).__name__
        if self.targets.get(name) is not type(target):
            raise ConfigError(
                f"{owner}: {target!r} cannot be saved to a file; if it is a target of your own, pass ops=[...]"
            )
        fields = self.fields(target, f"{owner}: {name}")
        return {name: fields} if fields else name

    def distribution(self, value: Distribution, owner: str) -> Any:
        """A distribution in its shortest form."""
        if isinstance(value, Constant):
            return _short(value.value)
        if isinstance(value, Uniform):
            return [_short(value.low), _short(value.high)]
        name = type(value).__name__
        if DISTRIBUTIONS.get(name) is not type(value):
            raise ConfigError(f"{owner}: {value!r} is no distribution of Variegate's, and cannot be saved to a file")
        return {name: self.fields(value, f"{owner}: {name}")}


def _short(number: float) -> float | int:
    """30 for 30.0: a distribution makes it a float again."""
    return int(number) if number == int(number) and abs(number) < 1e15 else number
