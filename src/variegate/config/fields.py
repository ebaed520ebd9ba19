"""What an op or a target takes, read off its dataclass: the one description that reading, saving and schema share."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from variegate.dist import Bernoulli, Choice, Constant, Distribution, Drawn, LogUniform, Normal, Uniform
from variegate.ops.base import Op
from variegate.ops.fields import rule_of
from variegate.ops.rule import Rule
from variegate.ramp import Ramp
from variegate.targets import Grouped, Placed, Shaped, Target, Targets

Registry = Mapping[str, type]  # the names that a file may use, and the classes they mean
DISTRIBUTIONS: Registry = {
    kind.__name__: kind for kind in (Constant, Uniform, LogUniform, Normal, Choice, Bernoulli, Ramp)
}
REQUIRED = dataclasses.MISSING
_SEQUENCES = (tuple, list, Sequence)
_WORDS = {
    NoneType: "null",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    Op: "an op",
    Distribution: "a distribution such as {Normal: [0, 1]}",
    Ramp: "a ramp such as {Ramp: [0, 0.5, 20]}",
    Targets: "a mapping of fields to targets such as {boxes: {Boxes: coco}}",
}


@dataclasses.dataclass(frozen=True)
class ConfigField:
    """One field of an op, a target or a distribution.

    name     and `hint`, its type, and `default`, or REQUIRED
    named    whether only a name gives it a value
    rule     what an op has declared that it takes, beside its type
    """

    name: str
    hint: Any
    default: Any
    named: bool = False
    rule: Rule | None = None

    def is_function(self) -> bool:
        """Whether only Python can give the field a value."""
        return any(hint is Callable or get_origin(hint) is Callable for hint in alternatives(self.hint))


def registry(extra: Iterable[type] = ()) -> dict[str, type]:
    """The ops that a file may name: all of Variegate's, and those given."""
    from variegate import ops

    own = (getattr(ops, name) for name in ops.__all__)
    kinds = [kind for kind in own if is_kind(kind, Op) and kind is not Op]
    return {kind.__name__: kind for kind in (*kinds, *extra) if not is_kind(kind, Target)}


def target_registry(extra: Iterable[type] = ()) -> dict[str, type]:
    """The targets that a file may name: all of Variegate's, and those among the classes given."""
    from variegate import targets

    own = (getattr(targets, name) for name in targets.__all__)
    kinds = [kind for kind in own if is_kind(kind, Target) and kind not in (Target, Grouped, Shaped, Placed)]
    return {kind.__name__: kind for kind in (*kinds, *(kind for kind in extra if is_kind(kind, Target)))}


@cache
def fields_of(kind: type) -> dict[str, ConfigField]:
    """The fields with which an op or a distribution is made, as in a call: those by position first."""
    hints = get_type_hints(kind)
    found: dict[str, ConfigField] = {}
    for item in sorted(dataclasses.fields(kind), key=lambda item: item.kw_only is True):
        if item.init:
            default = item.default if item.default_factory is dataclasses.MISSING else item.default_factory()
            found[item.name] = ConfigField(item.name, hints[item.name], default, item.kw_only is True, rule_of(item))
    return found


def is_kind(value: Any, kind: type) -> bool:
    """Whether a value is a class of that kind."""
    return isinstance(value, type) and issubclass(value, kind)


def alternatives(hint: Any) -> tuple[Any, ...]:
    """The members of a union; any other type alone. A mapping of names to targets is Targets in another form."""
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return tuple(dict.fromkeys(Targets if each == Mapping[str, Target] else each for each in members))


def items(hint: Any) -> tuple[Any, int | None] | None:
    """(type of an item, how many or None for any) of a sequence type; None of any other type."""
    if get_origin(hint) not in _SEQUENCES:
        return None
    args = get_args(hint)
    return (args[0], None) if len(args) == 1 or args[1] is Ellipsis else (args[0], len(args))


def describe(hint: Any) -> str:
    """A type in words, for an error.

    >>> describe(int | tuple[int, int] | None)
    'a whole number, a list of 2 (each a whole number) or null'
    """
    if hint == Drawn:
        return "a number, a range [low, high] or a distribution such as {Normal: [0, 1]}"
    words = [word for each in alternatives(hint) for word in _describe(each)]
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _describe(hint: Any) -> list[str]:
    if get_origin(hint) is Literal:
        return [repr(each) for each in get_args(hint)]
    sequence = items(hint)
    if sequence is not None:
        each, count = sequence
        return ["a list of ops" if each is Op else f"a list{f' of {count}' if count else ''} (each {describe(each)})"]
    return [_WORDS.get(hint, getattr(hint, "__name__", str(hint)))]
