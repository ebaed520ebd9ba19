"""The JSON Schema (draft 2020-12) of a pipeline file, for an editor's completion and squiggles.

Descriptions come from the docstrings: an op's first sentence, and the lines of the form `field    what it is`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from variegate.config.fields import DISTRIBUTIONS, REQUIRED, Field, Registry, alternatives, fields_of, items, registry
from variegate.config.read import VERSION
from variegate.dist import Distribution
from variegate.ops.base import Op

_PLAIN = {NoneType: "null", bool: "boolean", int: "integer", float: "number", str: "string"}
Schema = dict[str, Any]


def schema(top: type, ops: Iterable[type] = ()) -> Schema:
    """The JSON Schema of a file that `load` reads; `top` is the class of the outermost op, `ops` the user's own."""
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
            **{kind.__name__: _fields(kind) for kind in (*names.values(), *DISTRIBUTIONS.values())},
        },
    }


def _entry(names: Registry, bare: bool) -> Schema:
    """A mapping of one name to fields, or to the value of the first field; or the bare name of an op."""
    properties = {name: {"anyOf": [{"$ref": f"#/$defs/{name}"}, _first(kind, bare)]} for name, kind in names.items()}
    mapping = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
    forms: list[Schema] = [{**mapping, "properties": properties}]
    if bare:
        forms.append({"enum": [name for name, kind in names.items() if not _required(kind)]})
    return {"anyOf": forms}


def _first(kind: type, bare: bool) -> Schema:
    """The short form: an op's first field, or a distribution's fields in order."""
    if not bare and len(fields_of(kind)) > 1 and items(next(iter(fields_of(kind).values())).hint) is None:
        return {"type": "array", "items": {"type": "number"}, "maxItems": len(fields_of(kind))}
    return _union(next(iter(fields_of(kind).values())).hint)


def _fields(kind: type) -> Schema:
    doc = kind.__doc__ or ""
    return {
        "description": doc.strip().split("\n")[0],
        "type": "object",
        "properties": {name: _field(field, doc) for name, field in fields_of(kind).items()},
        "required": _required(kind),
        "additionalProperties": False,
    }


def _field(field: Field, doc: str) -> Schema:
    said = re.search(rf"^ *{field.name}\s{{2,}}(.+)$", doc, re.MULTILINE)
    found = _union(field.hint)
    if said:
        found["description"] = said[1].strip()
    if isinstance(field.default, bool | int | float | str):
        found["default"] = field.default
    return found


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
    if isinstance(hint, type) and issubclass(hint, Op | Distribution):
        return {"$ref": "#/$defs/op" if issubclass(hint, Op) else "#/$defs/distribution"}
    return {"type": _PLAIN[hint]} if hint in _PLAIN else {}


def _required(kind: type) -> list[str]:
    return [name for name, field in fields_of(kind).items() if field.default is REQUIRED]


def _needs_python(kind: type) -> bool:
    return any(field.is_function() and field.default is REQUIRED for field in fields_of(kind).values())
