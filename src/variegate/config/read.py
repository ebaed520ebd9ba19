"""Located values to ops and targets: every value is checked against the type of its field before one is made.

Nothing of a file is ever executed: a name is looked up in the registry, and nowhere else.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from variegate import elsewhere
from variegate.config.fields import DISTRIBUTIONS, REQUIRED, Registry, alternatives, describe, fields_of, is_kind, items
from variegate.config.node import ConfigNode
from variegate.dist import Distribution
from variegate.errors import VariegateError
from variegate.ops.base import Op
from variegate.ops.hint import asked, sentence
from variegate.ops.keywords import meant
from variegate.targets import Targets

VERSION = 1


class Reader:
    """Makes ops of nodes, knowing the names of ops and of targets that may stand in a file."""

    def __init__(self, names: Registry, targets: Registry) -> None:
        self.names, self.targets = names, targets

    def pipeline(self, root: ConfigNode, top: type) -> Any:
        """The whole file: `variegate: 1` and the fields of the outermost Compose.

        Raises  ConfigError, with the line and the field, if anything in it cannot be read.
        """
        if not isinstance(root.value, dict):
            raise root.error(f"a pipeline is a mapping with `variegate: {VERSION}` and `ops`, got {root.kind()}")
        fields = dict(root.value)
        version = fields.pop("variegate", None)
        if version is None:
            raise root.error(f"variegate: missing; a pipeline file begins with `variegate: {VERSION}`")
        if isinstance(version.value, bool) or version.value != VERSION:
            raise version.error(f"variegate: this release reads version {VERSION}, got {version.kind()}")
        return self.make(top, ConfigNode(fields, root.line, root.source), known=["variegate"])

    def op(self, node: ConfigNode) -> Any:
        """One op: its name, or a mapping of its name to its fields, or to the value of its first field."""
        name, body = self.named(node, "an op", "Rotate")
        if name not in self.names:
            said = elsewhere.told(name, self.names)
            listed = "" if elsewhere.knows(name) else f"{'' if said else '.'} Names: {', '.join(self.names)}"
            said = f"; {said}" if said else ""
            raise node.error(f"{name}: unknown op{said}{listed}; if it is an op of your own, pass ops=[...]")
        return self.make(self.names[name], body)

    def distribution(self, node: ConfigNode, owner: str) -> Any:
        """One distribution: a mapping of its name to its fields, or to a list of them in order."""
        name, body = self.named(node, f"{owner}: a distribution", "Normal")
        if name not in DISTRIBUTIONS:
            raise node.error(f"{owner}: unknown distribution {name}{_meant(name, DISTRIBUTIONS)}")
        kind = DISTRIBUTIONS[name]
        declared = fields_of(kind)
        if isinstance(body.value, list) and items(next(iter(declared.values())).hint) is None:
            if len(body.value) > len(declared):
                takes = f"{name} takes {', '.join(declared)}"
                raise node.error(f"{owner}: {takes}, got a list of {len(body.value)}")
            body = ConfigNode(dict(zip(declared, body.value, strict=False)), body.line, body.source)
        return self.make(kind, body, owner=f"{owner}: {name}")

    def declared(self, node: ConfigNode, owner: str) -> Targets:
        """Targets: a mapping of each field to its target."""
        found = Targets()
        for name, entry in node.value.items():
            target = self.target(entry, f"{owner}.{name}")
            try:
                found = Targets(**{**dict(found.fields), name: target})
            except VariegateError as problem:
                raise entry.error(str(problem)) from None
        return found

    def target(self, node: ConfigNode, owner: str) -> Any:
        """One target: its name, or a mapping of its name to its fields, or to the value of its first field."""
        name, body = self.named(node, f"{owner}: a target", "Boxes")
        if name not in self.targets:
            raise node.error(f"{owner}: unknown target {name}{_meant(name, self.targets)}")
        declared = fields_of(self.targets[name])
        if not declared and body.value != {}:
            raise body.error(f"{owner}: {name} takes no fields, got {body.kind()}")
        if not isinstance(body.value, dict) and next(iter(declared.values())).named:
            raise body.error(f"{owner}: {name} takes its fields by name, as in `{name}: {{...}}`, got {body.kind()}")
        return self.make(self.targets[name], body, owner=f"{owner}: {name}")

    def named(self, node: ConfigNode, what: str, example: str) -> tuple[str, ConfigNode]:
        """The name of an entry and what stands under it."""
        if isinstance(node.value, str):
            return node.value, ConfigNode({}, node.line, node.source)
        if not isinstance(node.value, dict) or len(node.value) != 1:
            got = f"a mapping of {len(node.value)}" if isinstance(node.value, dict) else node.kind()
            raise node.error(f"{what} is a name, or a mapping with one name such as `{example}: {{...}}`, got {got}")
        ((name, body),) = node.value.items()
        return name, body if body.value is not None else ConfigNode({}, body.line, body.source)

    def make(self, kind: type, body: ConfigNode, known: Iterable[str] = (), owner: str | None = None) -> Any:
        """What has fields: an op, a target or a distribution. `known` are further keys to offer in an error."""
        owner = owner or kind.__name__
        declared = fields_of(kind)
        for field in declared.values():
            if field.is_function() and field.default is REQUIRED:
                raise body.error(
                    f"{owner}.{field.name}: a function cannot be read from a file; build {owner} in Python"
                )
        if not isinstance(body.value, dict):
            body = ConfigNode({next(iter(declared)): body}, body.line, body.source)
        values: dict[str, Any] = {}
        for name, node in body.value.items():
            if name not in declared:
                names = [*known, *declared]
                told = _of_elsewhere(kind, name, names, body.value) if issubclass(kind, Op) else ""
                raise node.error(f"{owner}.{name}: unknown field{told or _meant(name, names, 'Fields')}")
            values[name] = self.value(node, declared[name].hint, f"{owner}.{name}")
        missing = [name for name, field in declared.items() if field.default is REQUIRED and name not in values]
        if missing:
            raise body.error(f"{owner}.{missing[0]}: missing; it has no default")
        try:
            return kind(**values)
        except VariegateError as problem:
            raise _culprit(body, owner, values, str(problem)).error(_placed(owner, str(problem))) from None

    def value(self, node: ConfigNode, hint: Any, owner: str) -> Any:
        """A field's value, by the first of its types that fits."""
        for each in alternatives(hint):
            if fits(node, each):
                return self.convert(node, each, owner)
        raise node.error(f"{owner}: expected {describe(hint)}, got {node.kind()}")

    def convert(self, node: ConfigNode, hint: Any, owner: str) -> Any:
        """A value of a type that it is known to fit."""
        if is_kind(hint, Op):
            return self.op(node)
        if is_kind(hint, Distribution):
            return self.distribution(node, owner)
        if hint is Targets:
            return self.declared(node, owner)
        sequence = items(hint)
        if sequence is not None:
            return tuple(self.value(item, sequence[0], f"{owner}[{i}]") for i, item in enumerate(node.value))
        return node.value


def fits(node: ConfigNode, hint: Any) -> bool:
    """Whether a value has the form of a type; what stands inside an op or a distribution is looked at later."""
    value = node.value
    if is_kind(hint, Op):
        return isinstance(value, str | dict)
    if is_kind(hint, Distribution) or hint is Targets:
        return isinstance(value, dict)
    if get_origin(hint) is Literal:
        return any(value == each and type(value) is type(each) for each in get_args(hint))
    sequence = items(hint)
    if sequence is not None:
        return isinstance(value, list) and (sequence[1] is None or len(value) == sequence[1])
    if hint in (int, float):
        return isinstance(value, int | hint) and not isinstance(value, bool)
    return hint is Any or (hint in (bool, str, NoneType) and isinstance(value, hint))


def _culprit(body: ConfigNode, owner: str, values: dict[str, Any], problem: str) -> ConfigNode:
    """The node of the field that the error of an op, a target or a distribution names; else the node of it all."""
    label = values.get("name") or owner.rpartition(": ")[2]
    named = [name for name in values if problem.startswith(f"{label}.{name}")]
    node = body.value[max(named, key=len)] if named else body
    return node if isinstance(node, ConfigNode) else body


def _placed(owner: str, problem: str) -> str:
    """An error of a distribution or a target, which knows only itself, with the field that holds it."""
    field, colon, kind = owner.partition(": ")
    return f"{field}: {problem}" if colon and problem.startswith(kind) else problem


def _of_elsewhere(kind: type, name: str, names: Sequence[str], fields: Mapping[str, ConfigNode]) -> str:
    """What a keyword of another library means, '; did you mean n? Fields: n, magnitude.'; nothing of other names."""
    given = {item: node.value for item, node in fields.items() if not isinstance(node.value, list | dict)}
    if meant(kind.__name__, name, given) is None:
        return ""
    near = asked(kind.__name__, name, names, names, {name: None, **given}).partition("=")[0]
    said = sentence(kind.__name__, name, given)
    told = f"{f'; did you mean {near}?' if near else '.'} Fields: {', '.join(names)}"
    return f"{told}. {said}" if said else told


def _meant(name: str, names: Iterable[str], every: str = "Names") -> str:
    """'; did you mean angle? Fields: angle, p.'"""
    names = list(names)
    near = difflib.get_close_matches(name, names, 1) or [n for n in names if n.lower() == name.lower()]
    return f"{f'; did you mean {near[0]}?' if near else '.'} {every}: {', '.join(names)}"
