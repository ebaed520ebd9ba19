"""Fields: what each field of an op takes, declared in one line.

    factor: Drawn = drawn(least=0)
    border: Border = option(default="constant", kw_only=True)  # one of the words of the Literal

drawn        a number, a range or a distribution, within limits      pixels    a size: (height, width), or one for both
option       a word of the Literal that the field is annotated by    extent    one whole number of pixels
flag         True or False                                           channels  a number, or one a channel
span         a pair (least, most)                                    wholes    a list of whole numbers
probability  from 0 to 1, or a Ramp between two                      odd       an odd number of pixels
count        how many of something, a whole number                   number    a number that is not drawn
bits         no number but `Bits`, 128 random ones, which nobody sets checked   whatever a function makes of the value
filling      a number, one a channel, or one of the words of a Literal

From that line come the check on construction and its error, `repr`, which leaves defaults out, the limits in `help` and
in the schema of pipeline files, and values at the limits for tests. An annotation with `| None` takes None too. A field
annotated `Drawn` without more is `drawn()`. An op whose fields are declared so is made by `declare`; a dataclass works
too, but type checkers then take every such field for one that has a default.
"""

from __future__ import annotations

import functools
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from inspect import cleandoc
from typing import Any, Literal, TypeVar, dataclass_transform

from variegate.dist import Bits, Distribution, Drawn, Uniform
from variegate.errors import FieldError
from variegate.ops import rule as rules
from variegate.ops.explained import inherited
from variegate.ops.hint import hint, misfit
from variegate.ops.rule import Limit, Rule

T = TypeVar("T")
RULE = "variegate"  # under which a dataclass's field keeps its rule


def _field(rule: Rule, default: Any, kw_only: bool) -> Any:
    return field(default=default, kw_only=kw_only, metadata={RULE: rule})


def drawn(
    *,
    default: Any = MISSING,
    kw_only: bool = False,
    least: Limit = -math.inf,
    most: Limit = math.inf,
    above: float = -math.inf,
    below: float = math.inf,
    whole: bool = False,
    range_most: float | None = None,
    pair: Callable[[float, float], Distribution] = Uniform,
) -> Any:
    """A field annotated `Drawn`, which can give numbers within these limits.

    whole       it counts something: no fraction is written, and the op rounds down what ranges and others give
    range_most  the upper end of a range, where that is another: of one that is rounded down, most + 1
    pair        what a pair of numbers means
    """
    return _field(rules.Draw(least, most, above, below, False, range_most, pair, whole=whole), default, kw_only)


def bits(*, init: Literal[False] = False) -> Any:
    """A field annotated `Bits`: a sub-key a sample, drawn and never written."""
    return field(default=Bits(), init=init, metadata={RULE: rules.Subkey()})


def option(*, default: Any = MISSING, kw_only: bool = False) -> Any:
    """A field annotated by a Literal: one of its words."""
    return _field(rules.Option(), default, kw_only)


def flag(*, default: Any = MISSING, kw_only: bool = False) -> Any:
    """A field annotated bool: True or False, and no number."""
    return _field(rules.Flag(), default, kw_only)


def pixels(*, default: Any = MISSING, kw_only: bool = False) -> Any:
    """A field annotated `Size`: (height, width), or one number for both, which becomes a pair too."""
    return _field(rules.Pixels(1, rules.MOST_SIDE), default, kw_only)


def grid(*, default: Any = MISSING, kw_only: bool = False, least: int = 1, most: int = 64) -> Any:
    """A field annotated `SizeLike`: (rows, columns) of something, or one number for both."""
    return _field(rules.Grid(least, most), default, kw_only)


def extent(*, default: Any = MISSING, kw_only: bool = False, least: Limit = 1) -> Any:
    """A field annotated int: a whole number of pixels."""
    return _field(rules.Extent(least, rules.MOST_SIDE), default, kw_only)


def count(*, default: Any = MISSING, kw_only: bool = False, least: int = 0, most: int) -> Any:
    """A field annotated int: how many of something."""
    return _field(rules.Count(least, most), default, kw_only)


def number(*, default: Any = MISSING, kw_only: bool = False, least: float, most: float) -> Any:
    """A field annotated float: a number that is not drawn."""
    return _field(rules.Number(least, most), default, kw_only)


def odd(*, default: Any = MISSING, kw_only: bool = False, least: int = 1, most: int = 255) -> Any:
    """A field annotated int: an odd whole number of pixels."""
    return _field(rules.Odd(least, most), default, kw_only)


def channels(*, default: Any = MISSING, kw_only: bool = False, above: float = -math.inf) -> Any:
    """A field annotated `float | Sequence[float]`: a number, or one a channel."""
    return _field(rules.Channels(above=above, fewest=1), default, kw_only)


def filling(*, default: Any = MISSING, kw_only: bool = False) -> Any:
    """A field annotated `float | Sequence[float] | Literal[...]`: a number, one a channel, or one of the words."""
    return _field(rules.Filling(fewest=1), default, kw_only)


def span(*, default: Any = MISSING, kw_only: bool = False, above: float = -math.inf) -> Any:
    """A field annotated `Pair`: the least and the most of something, which are no draw."""
    return _field(rules.Span(above=above), default, kw_only)


def wholes(*, default: Any = MISSING, kw_only: bool = False) -> Any:
    """A field annotated `Sequence[int]`: whole numbers, in a list or a tuple."""
    return _field(rules.Wholes(), default, kw_only)


def probability(*, default: Any = MISSING, kw_only: bool = False, certain: bool = False) -> Any:
    """A field annotated `float | Ramp`, from 0 to 1; `certain`: 1, as all of a batch must leave in one form."""
    return _field(rules.Certain(1, 1) if certain else rules.Probability(0, 1), default, kw_only)


def checked(*, by: Callable[[Any, str], Any], default: Any = MISSING, kw_only: bool = False) -> Any:
    """A field of any other kind; by(value, owner) gives what is kept, or raises a FieldError that begins with owner."""
    return _field(rules.Checked(by=by), default, kw_only)


def ruled(*, by: Rule, default: Any = MISSING, kw_only: bool = False) -> Any:
    """A field with a rule of its own: a subclass of `Rule`."""
    return _field(by, default, kw_only)


@dataclass_transform(
    frozen_default=True,
    field_specifiers=(
        field, drawn, bits, option, flag, pixels, extent, count, number, odd, channels, filling, span, wholes,
        probability, checked, ruled,
    ),
)  # fmt: skip
def declare(kind: type[T]) -> type[T]:
    """Make a frozen dataclass of an op; its docstring tells the fields that it inherits, and the limits of its own."""
    doc = kind.__doc__
    made = _hinting(dataclass(frozen=True, repr=False)(kind))
    above = [vars(base).get("__dataclass_fields__", {}) for base in kind.__mro__[1:]]
    own = [item for item in fields(made) if not any(each.get(item.name) is item for each in above)]  # type: ignore[arg-type]
    told = [f"{item.name} {limits}" for item in own if (limits := _limits(item))]
    if doc:
        limits = f"Limits  {'; '.join(told)}" if told else ""
        made.__doc__ = "\n\n".join(filter(None, [cleandoc(doc), inherited(made), limits]))
    return made


def _hinting(kind: type[T]) -> type[T]:
    """The same class; its errors say what was probably meant."""
    init: Any = vars(kind)["__init__"]

    @functools.wraps(init)
    def checked(self: Any, *args: Any, **given: Any) -> None:
        try:
            init(self, *args, **given)
        except (TypeError, FieldError) as problem:
            said = _said(type(self), problem, args, given)
            if said == str(problem):
                raise
            raise type(problem)(said) from None
        if args and hasattr(self, "doubt"):
            self.doubt(*args)

    kind.__init__ = checked  # type: ignore[method-assign]
    return kind


def _said(kind: type, problem: TypeError | FieldError, args: Sequence[Any], given: Mapping[str, Any]) -> str:
    """An error of these arguments with what was probably meant."""
    known = [item for item in fields(kind) if item.init]
    places = [item.name for item in known if not item.kw_only]
    ordered = places + [item.name for item in known if item.kw_only]
    needed = [item.name for item in known if item.default is MISSING and item.default_factory is MISSING]
    said = misfit(kind.__name__, places, ordered, needed, args, given) or str(problem)
    refused = next((name for name in ordered if re.match(rf"[^ ]+\.{name}\b", str(problem))), "")
    meant = hint(kind.__name__, rules_of(kind), places, args, given, refused)
    return f"{said}. {meant}" if meant else said


def _limits(item: Field[Any]) -> str:
    rule = item.metadata.get(RULE)
    if rule is None:
        return ""
    limits: rules.Limits = rule.limits()
    # As many pixels as nobody has are no limit to tell.
    return (limits._replace(most=math.inf) if limits.most >= rules.MOST_SIDE else limits).description()


def rule_of(item: Field[Any]) -> Rule | None:
    """What a dataclass's field was declared to take; None: whatever it is given."""
    if RULE in item.metadata:
        found: Rule = item.metadata[RULE]
        return found
    return rules.Draw() if is_drawn(item) else None


@cache
def rules_of(kind: type) -> Mapping[str, Rule]:
    """The rules of an op's fields, in the order of checking.

    The name comes first, by which errors call the op; last those whose limits hang on other fields.
    """
    found = {item.name: (item, rule) for item in fields(kind) if (rule := rule_of(item)) is not None}
    order = sorted(found, key=lambda name: (name != "name", found[name][1].hangs))
    return {name: _hinted(kind, *found[name]) for name in order}


def _hinted(kind: type, item: Field[Any], rule: Rule) -> Rule:
    """A rule with what the annotation adds: the words of a Literal, and whether None will do."""
    return rule.of(_hint(kind, item)) if rule.hinted else rule


def _hint(kind: type, item: Field[Any]) -> Any:
    """A field's annotation, which may be text, in terms of the module in which it was written."""
    if not isinstance(item.type, str):
        return item.type
    writer = [base for base in kind.__mro__ if vars(base).get("__dataclass_fields__", {}).get(item.name) is item][-1]
    try:
        return eval(item.type, dict(vars(sys.modules[writer.__module__])))
    except NameError as error:
        raise TypeError(
            f"{writer.__name__}.{item.name} is annotated {item.type}, and {error}: write what stands in an annotation "
            "at the top of its module"
        ) from None


def is_drawn(item: Field[Any]) -> bool:
    """Whether a field is annotated `Drawn`: as the type itself, or as text, which `from __future__` makes of it."""
    return item.type == Drawn or (isinstance(item.type, str) and item.type.split(".")[-1] == "Drawn")
