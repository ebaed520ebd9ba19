"""Op: a frozen dataclass of typed fields plus one rule, `lower`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.dist import Distribution, Drawn, parse
from variegate.errors import FieldError, InputError
from variegate.ops.context import LoweringContext, VisibleInstances, VisibleMask
from variegate.ops.effect import Effect, Floats, Ints
from variegate.ops.fields import declare, probability, ruled, rules_of
from variegate.ops.rule import Name, Rule
from variegate.ramp import Ramp

# A drawn field's name -> (B,) floats, or (trials, B) where the op asks for several; of Bits (4, B) uint32.
Draws = Mapping[str, NDArray[Any]]


class When(NamedTuple):
    """The drawn decision on which an op hangs that another holds.

    field      what decides, of the op that holds it: one of those that it draws
    low, high  it says yes where low <= draw < high
    amount     another one that says how many: `field` is drawn several times, and that of index `low` is among the
               `amount` smallest
    """

    field: str
    low: float
    high: float
    amount: str = ""


Children = Sequence[tuple["Op", When | None]]  # the ops that one holds, each with the decision on which it hangs


@declare
class Op:
    """What happens to a picture: typed fields, and `lower`, which turns drawn numbers into an effect.

    p     probability of application, a number or a `Ramp`; one draw a sample
    name  the op's path in keys, errors and `params`; by default its class name and occurrence (`Rotate`, `Rotate#2`);
          of an op made of a function, that function's name

    A subclass says which effect it gives, declares its fields, and writes `lower`. A field annotated `Drawn` takes a
    number (a constant), a pair (a uniform range) or a distribution, and arrives in `lower` as a column of numbers. What
    else a field may be, and within which limits, `variegate.ops.fields` declares.
    An op whose numbers depend on the labels says in `looks` at which, and finds them in its `LoweringContext`; drawing
    stays blind.

    >>> from variegate import Rotate
    >>> isinstance(Rotate((-9, 9), p=0.5), Op), Rotate(9, p=0.5).p
    (True, 0.5)

    Raises  FieldError if a field has a value that it cannot have.
    """

    p: float | Ramp = probability(default=1.0, kw_only=True)
    name: str | None = ruled(by=Name(optional=True), default=None, kw_only=True)

    gives: ClassVar[type[Effect]] = Effect
    resizes: ClassVar[bool] = False  # may change (height, width)
    swaps_sides: ClassVar[bool] = False  # may exchange height and width, and does nothing else to them
    needs_white: ClassVar[bool] = False  # says nothing of pictures whose numbers have no range
    trials: ClassVar[Mapping[str, int]] = {}  # fields drawn several times a sample
    # The labels that lowering must be shown, in `LoweringContext`.
    looks: ClassVar[Literal["", "boxes", "mask", "instances"]] = ""

    def __post_init__(self) -> None:
        for item, rule in self._rules().items():
            given = getattr(self, item)
            kept = rule.read(given, self._owner(item), self)
            if kept is not given:
                self._set(**{item: kept})
        self.check()

    def check(self) -> None:
        """Refuse fields that do not go together; each by itself has been checked.

        Raises  FieldError that names the op and the fields.
        """

    def doubt(self, *args: Any) -> None:
        """Warn of arguments without names that were probably meant otherwise, as they come first elsewhere."""

    def _set(self, **values: Any) -> None:
        """Give fields their values while the op is made: nothing else writes to one."""
        for item, value in values.items():
            object.__setattr__(self, item, value)

    def _rules(self) -> Mapping[str, Rule]:
        """What each field takes, by name."""
        kind: type = type(self)
        return rules_of(kind)

    def _owner(self, item: str) -> str:
        """A field's path in errors; that of the name goes by the class."""
        return f"{type(self).__name__ if item == 'name' else self.label}.{item}"

    def __repr__(self) -> str:
        shown = [item for item in fields(self) if item.init and item.repr and not self._is_default(item)]
        return f"{type(self).__name__}({', '.join(f'{item.name}={getattr(self, item.name)!r}' for item in shown)})"

    def _is_default(self, item: Field[Any]) -> bool:
        """Whether a field has the value that it has when nothing is written."""
        if item.default is MISSING:
            return False
        rule, default = self._rules().get(item.name), item.default
        if rule is not None:
            try:
                default = rule.read(default, self._owner(item.name), self)
            except FieldError:  # not beside this op's other fields
                return False
        return bool(getattr(self, item.name) == default)

    @property
    def default_name(self) -> str:
        """What the op goes by if it is given no name: the name of its class."""
        return type(self).__name__

    @property
    def label(self) -> str:
        """The name given, or the default: how errors call the op before it has a path."""
        return self.name or self.default_name

    def drawn(self) -> dict[str, Distribution]:
        """Every distribution that the op draws from, by field: declared ones, and hidden ones a subclass adds."""
        return {item: getattr(self, item) for item, rule in self._rules().items() if rule.drawn}

    def times(self, item: str) -> int:
        """How many numbers a field draws a sample."""
        return self.trials.get(item, 1)

    def expand(self) -> Op:
        """The op that this one stands for; itself, but for a `Macro`."""
        return self

    def children(self) -> Children | None:
        """The ops that it holds; None: it holds none, and has `lower`."""
        return None

    def branches(self) -> Sequence[Op]:
        """The ops of a `Mixture`: each makes a picture of its own of what comes to this one, and they are averaged."""
        return ()

    def takes(self) -> Sequence[int]:
        """How many channels pictures may have for it; none named: any. A macro refuses others whatever is drawn."""
        return ()

    def fixes_size(self) -> bool:
        """Whether every picture that it is applied to leaves it with the same, declared (height, width)."""
        return False

    def settles_size(self) -> bool:
        """Whether every picture leaves it with the same, declared (height, width)."""
        return self.p == 1 and self.fixes_size()

    def resizer(self) -> Op | None:
        """The op, or the first below it, that may change the size."""
        return self if self.resizes else None

    def unsettled(self) -> Op | None:
        """The op, or the last below it, by which chance decides the size that pictures leave it with."""
        return None if self.p == 1 else self.resizer()

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Effect | tuple[Effect, ...]:
        """The effect of one batch of draws on pictures of these sizes, (B, 2) as (height, width)."""
        raise TypeError(f"{type(self).__name__} has no lower(): an op must say what it does")


def walk(op: Op) -> Iterator[Op]:
    """An op and all below it, in the order of declaration; below a macro stands what it stands for."""
    yield op
    meant = op.expand()
    below = [meant] if meant is not op else [*(each for each, _ in op.children() or ()), *op.branches()]
    for each in below:
        yield from walk(each)


def answering(op: Op, name: str = "") -> Iterator[tuple[Op, str]]:
    """The ops that have `lower`, each with the name of the one that answers for it: the outermost macro, or itself.

    name  of a macro around the op
    """
    meant, children = op.expand(), op.children()
    if meant is not op:
        yield from answering(meant, name or op.label)
        return
    if children is None:
        yield op, name or op.label
    for each in [*(child for child, _ in children or ()), *op.branches()]:
        yield from answering(each, name)


def leaves(op: Op) -> Iterator[Op]:
    """The ops that have `lower`, in the order of declaration."""
    return (each for each in walk(op) if each.expand() is each and each.children() is None)


def one_or_three(op: Op, context: LoweringContext) -> bool:
    """Whether the pictures have colour; an error where they have neither one channel nor three."""
    if context.channels in (1, 3):
        return context.channels == 3
    raise InputError(
        f"{op.label} takes pictures of 1 or 3 channels, got {context.channels}. "
        "Split off the other channels before, or leave the op out."
    )


def three(op: Op, context: LoweringContext) -> None:
    """Refuse pictures that are not of red, green and blue.

    Raises  InputError.
    """
    if context.channels != 3:
        raise InputError(
            f"{op.label} takes pictures of red, green and blue, got {context.channels} channel"
            f"{'s' * (context.channels != 1)}. Give it 3 channels, or leave the op out."
        )


def boxes_of(op: Op, sizes: Ints, context: LoweringContext) -> list[Floats]:
    """The boxes of each sample, as far as they lie within the picture: (N, 4) x0, y0, x1, y1, each with an area.

    Raises  InputError if a sample has no boxes at all: zero of them are fine.
    """
    if len(context.boxes) < len(sizes):
        raise _nothing_seen(op, "boxes", "boxes", "Boxes(...)")
    return [_within(op, boxes, size) for boxes, size in zip(context.boxes, sizes.tolist(), strict=True)]


def _within(op: Op, boxes: Floats | None, size: list[int]) -> Floats:
    if boxes is None:
        raise _nothing_seen(op, "boxes", "boxes", "Boxes(...)")
    height, width = size
    clipped = np.minimum(np.maximum(boxes, 0.0), np.array([width, height, width, height], np.float64))
    there = (clipped[:, 2] > clipped[:, 0]) & (clipped[:, 3] > clipped[:, 1])
    return clipped if there.all() else clipped[there]


def masks_of(op: Op, sizes: Ints, context: LoweringContext) -> list[VisibleMask]:
    """The mask of each sample.

    Raises  InputError if a sample has none.
    """
    found = [seen for seen in context.masks if seen is not None]
    if len(found) < len(sizes):
        raise _nothing_seen(op, "a mask", "mask", "Mask()")
    return found


def instances_of(op: Op, sizes: Ints, context: LoweringContext) -> list[VisibleInstances]:
    """The masks of each sample's instances.

    Raises  InputError if a sample has none at all: masks of zero instances are fine.
    """
    found = [seen for seen in context.instances if seen is not None]
    if len(found) < len(sizes):
        raise _nothing_seen(op, "masks of instances", "masks", "Mask(stack=True)", ", also to replay")
    return found


def _nothing_seen(op: Op, what: str, field: str, target: str, also: str = "") -> InputError:
    return InputError(
        f"{op.label} looks at {what}, but the sample has none: declare targets={{'{field}': {target}}} in Compose, and "
        f"give {field}= to each call{also}"
    )


def as_distribution(value: Drawn) -> Distribution:
    """A drawn field of an op that is made, for the type checker: always a distribution."""
    return value if isinstance(value, Distribution) else parse(value, "value")


__all__ = [
    "Children",
    "Drawn",
    "Draws",
    "LoweringContext",
    "Op",
    "VisibleInstances",
    "VisibleMask",
    "When",
    "answering",
    "as_distribution",
    "boxes_of",
    "instances_of",
    "leaves",
    "masks_of",
    "one_or_three",
    "three",
    "walk",
]
