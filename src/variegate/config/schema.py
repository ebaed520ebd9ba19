"""The JSON Schema (draft 2020-12) of a pipeline file, for an editor's completion and squiggles.

Descriptions come from the docstrings: an op's or a target's first sentence, and its lines `field    what it is`; limits
from the declarations of an op's fields.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import reduce
from operator import or_
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from variegate.config.fields import (
    DISTRIBUTIONS,
    REQUIRED,
    ConfigField,
    Registry,
    alternatives,
    fields_of,
    is_kind,
    items,
    registry,
    target_registry,
)
from variegate.config.read import VERSION
from variegate.dist import Distribution
from variegate.ops.base import Op
from variegate.ops.explained import entries
from variegate.ops.rule import Limits, Rule
from variegate.ramp import Ramp
from variegate.targets import Image, Target, Targets
from variegate.targets.names import RESERVED

_PLAIN = {NoneType: "null", bool: "boolean", int: "integer", float: "number", str: "string"}
Schema = dict[str, Any]


def schema(top: type, ops: Iterable[type] = ()) -> Schema:
    """The JSON Schema of a file that `load` reads; `top` is the class of the outermost op, `ops` the user's own."""
    targets = target_registry(ops)
    names = {name: kind for name, kind in registry([top, *ops]).items() if not _needs_python(kind)}
    document = _fields(top)
    document["properties"] = {"variegate": {"const": VERSION}, **document["properties"]}
    document["required"] = ["variegate", *document["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Variegate pipeline",
        **document,
        "$defs": {
            "op": _entry(names, bare=True),
            "distribution": _entry(DISTRIBUTIONS, bare=False),
            "target": _entry(targets, bare=True),
            "targets": {
                "type": "object",
                "properties": {"image": _entry({"Image": Image}, bare=True)},
                "propertyNames": {"not": {"enum": list(RESERVED)}},
                "additionalProperties": {"$ref": "#/$defs/target"},
            },
            **{kind.__name__: _fields(kind) for kind in (*names.values(), *targets.values(), *DISTRIBUTIONS.values())},
        },
    }


def _entry(names: Registry, bare: bool) -> Schema:
    """A mapping of one name to fields, or to the value of the first field; or the bare name of an op or a target."""
    properties = {name: {"anyOf": [{"$ref": f"#/$defs/{name}"}, *_first(kind, bare)]} for name, kind in names.items()}
    mapping = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
    forms: list[Schema] = [{**mapping, "properties": properties}]
    if bare:
        forms.append({"enum": [name for name, kind in names.items() if not _required(kind)]})
    return {"anyOf": forms}


def _first(kind: type, bare: bool) -> list[Schema]:
    """The short form: the first field of an op or a target, or a distribution's fields in order."""
    first = next(iter(fields_of(kind).values()), None)
    if first is None or (first.named and is_kind(kind, Target)):
        return []
    if not bare and len(fields_of(kind)) > 1 and items(first.hint) is None:
        hints = [field.hint for field in fields_of(kind).values()]
        return [{"type": "array", "items": _union(reduce(or_, hints)), "maxItems": len(hints)}]
    return [_value(first)]


def _fields(kind: type) -> Schema:
    said: dict[str, list[str]] = {}
    for each in kind.__mro__:
        said = {**entries(each.__doc__), **said}
    return {
        "description": (kind.__doc__ or "").strip().split("\n")[0],
        "type": "object",
        "properties": {name: _field(field, " ".join(said.get(name, []))) for name, field in fields_of(kind).items()},
        "required": _required(kind),
        "additionalProperties": False,
    }


def _field(field: ConfigField, said: str) -> Schema:
    found = _value(field)
    if said:
        found["description"] = said
    if isinstance(field.default, bool | int | float | str):
        found["default"] = field.default
    return found


def _value(field: ConfigField) -> Schema:
    """What a field's value may be: its type, within the limits that its op declares."""
    form = _union(field.hint)
    return form if field.rule is None else _within(form, field.rule)


def _within(form: Schema, rule: Rule) -> Schema:
    """A form with limits on the numbers in it, and on how many a list has."""
    if "anyOf" in form:
        return {"anyOf": [_within(each, rule) for each in form["anyOf"]]}
    if form.get("type") == "array":
        fewest = {"minItems": rule.fewest} if rule.fewest else {}
        return {**fewest, **form, "items": _numbers(form["items"], rule.range_limits())}
    if form.get("type") == "number" and rule.whole:
        form = {"type": "integer"}
    if rule.odd and form.get("type") == "integer":
        form = {**form, "not": {"multipleOf": 2}}
    return _numbers(form, rule.limits())


def _numbers(form: Schema, limits: Limits) -> Schema:
    """A form of one number with its limits; any other as it is."""
    if form.get("type") not in ("number", "integer"):
        return form
    ends = zip(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), limits, strict=True)
    return {**form, **{word: end for word, end in ends if math.isfinite(end)}}


def _union(hint: Any) -> Schema:
    forms = [_form(each) for each in alternatives(hint)]
    return forms[0] if len(forms) == 1 else {"anyOf": forms}


def _form(hint: Any) -> Schema:
    if get_origin(hint) is Literal:
        return {"enum": list(get_args(hint))}
    sequence = items(hint)
    if sequence is not None:
        each, count = sequence
        return {"type": "array", "items": _union(each), **({"minItems": count, "maxItems": count} if count else {})}
    if is_kind(hint, Ramp):
        return _entry({hint.__name__: hint}, bare=False)
    for kind, name in ((Op, "op"), (Distribution, "distribution"), (Targets, "targets")):
        if is_kind(hint, kind):
            return {"$ref": f"#/$defs/{name}"}
    return {"type": _PLAIN[hint]} if hint in _PLAIN else {}


def _required(kind: type) -> list[str]:
    return [name for name, field in fields_of(kind).items() if field.default is REQUIRED]


def _needs_python(kind: type) -> bool:
    return any(field.is_function() and field.default is REQUIRED for field in fields_of(kind).values())
