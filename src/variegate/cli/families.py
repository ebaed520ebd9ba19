"""Families: the ops of the library, sorted by what they do to a picture; and what there is to say of one."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator

from variegate import ops
from variegate.ops import effect as effects
from variegate.ops.base import Op, leaves
from variegate.ops.combine import Combinator
from variegate.ops.explained import entries
from variegate.ops.function import FunctionOp
from variegate.ops.macro import Macro

GEOMETRY, SIZES, DISTORTION = "Geometry", "Crops and sizes", "Distortion"
COLOUR, BLUR, NOISE, DROPOUT = "Colour and tone", "Blur and sharpness", "Noise and compression", "Dropout"
MIXING = "Several pictures as one"
WRITTEN, CHOICE, POLICY, OWN = "The array that is written", "Choice and chance", "Policies", "Functions of your own"
FAMILIES = GEOMETRY, SIZES, DISTORTION, COLOUR, BLUR, NOISE, DROPOUT, MIXING, CHOICE, POLICY, WRITTEN, OWN
BY_EFFECT = {
    effects.Field: DISTORTION,
    effects.Holes: DROPOUT,
    effects.Median: BLUR,
    effects.Mixing: MIXING,
    effects.Noise: NOISE,
    effects.Output: WRITTEN,
    effects.PictureFunction: NOISE,
    effects.Stencil: BLUR,
}


def family(kind: type[Op]) -> str:
    """That of an op.

    >>> from variegate.ops import Pad, PhotometricDistort, Rotate
    >>> family(Rotate), family(Pad), family(PhotometricDistort)
    ('Geometry', 'Crops and sizes', 'Colour and tone')
    """
    if issubclass(kind, FunctionOp):
        return OWN
    if issubclass(kind, Combinator) or "ops" in kind.__dataclass_fields__:
        return CHOICE
    if issubclass(kind, Macro):
        found = {family(type(op)) for op in leaves(kind())} if not required(kind) else set()
        return found.pop() if len(found) == 1 else POLICY
    found_by = next((name for gives, name in BY_EFFECT.items() if issubclass(kind.gives, gives)), None)
    if found_by is None and issubclass(kind.gives, effects.Geometric):
        return SIZES if kind.resizes else GEOMETRY
    return found_by or (COLOUR if issubclass(kind.gives, effects.Colour) else NOISE)


def required(kind: type[Op]) -> list[str]:
    """The fields that have no default."""
    return [item.name for item in dataclasses.fields(kind) if item.init and item.default is dataclasses.MISSING]


def kinds() -> dict[str, list[type[Op]]]:
    """The ops of the library by family."""
    found: dict[str, list[type[Op]]] = {name: [] for name in FAMILIES}
    for name in sorted(ops.__all__, key=str.lower):
        kind = getattr(ops, name)
        if inspect.isclass(kind) and issubclass(kind, Op) and kind is not Op:
            found[family(kind)].append(kind)
    return {name: some for name, some in found.items() if some}


def told(kind: type[Op], every: bool = False) -> Iterator[tuple[str, str]]:
    """The fields of an op, as they are written with their defaults, and what each is, with its unit.

    every  those too that many ops share
    """
    known, own = entries(kind.__doc__), entries((kind.__doc__ or "").partition("And by name:")[0])
    for item in sorted(dataclasses.fields(kind), key=lambda item: item.kw_only is True):
        if item.init and item.name in known and (every or item.name in own):
            default = "" if item.default is dataclasses.MISSING else f"={item.default!r}"
            yield f"{item.name}{default}", " ".join(known[item.name])
