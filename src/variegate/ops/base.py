"""Op: a frozen dataclass of typed fields plus one rule, `lower`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.dist import Bits, Choice, Constant, Distribution, Drawn, is_number, parse, show
from variegate.errors import FieldError, InputError
from variegate.ops.effect import Effect, Floats, Ints
from variegate.ramp import Ramp, is_probability

# A drawn field's name -> (B,) floats, or (trials, B) where the op asks for several; of Bits (4, B) uint32.
Draws = Mapping[str, NDArray[Any]]


class Seen(NamedTuple):
    """A mask as an op sees it: not moved yet, but with the way to where it will lie.

    mask    (H, W) or (H, W, C) integers or bool: the classes, on the source picture
    matrix  (3, 3): column vector (x, y, 1), in pixels of the mask, to the canvas that the op sees
    shown   (H, W) bool: the pixels that no window before has cut away; None: none has
    """

    mask: NDArray[Any]
    matrix: Floats
    shown: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Facts:
    """What lowering may know of a batch beside draws and sizes.

    channels  how many its pictures have
    steps     how many steps they have from black to white: 255 (uint8), 65,535 (uint16); 0: as many as one likes
    boxes     where the op looks at boxes, one entry a row of `sizes`: (N, 4) x0, y0, x1, y1 in pixels of the canvas
              that the op sees; None for a sample that has no boxes, as opposed to no box
    masks     where the op looks at masks, one entry a row of `sizes`; None for a sample that has none
    """

    channels: int
    steps: int = field(default=255, kw_only=True)
    boxes: Sequence[Floats | None] = ()
    masks: Sequence[Seen | None] = ()


@dataclass(frozen=True, repr=False)
class Op:
    """What happens to a picture: typed fields, and `lower`, which turns drawn numbers into an effect.

    p     probability of application, a number or a `Ramp`; one draw a sample
    name  the op's path in keys, errors and `params`; by default its class name and occurrence (`Rotate`, `Rotate#2`);
          of an op made of a function, that function's name

    A subclass says which effect it gives, declares its fields, and writes `lower`. A field annotated `Drawn` takes a
    number (a constant), a pair (a uniform range) or a distribution, and arrives in `lower` as a column of numbers.
    An op whose numbers depend on the labels says in `looks` at which, and finds them in `Facts`; drawing stays blind.

    Raises  FieldError if a field has a value that it cannot have.
    """

    p: float | Ramp = field(default=1.0, kw_only=True)
    name: str | None = field(default=None, kw_only=True)

    gives: ClassVar[type[Effect]] = Effect
    resizes: ClassVar[bool] = False  # may change (height, width)
    swaps_sides: ClassVar[bool] = False  # may exchange height and width, and does nothing else to them
    needs_white: ClassVar[bool] = False  # says nothing of pictures whose numbers have no range
    trials: ClassVar[Mapping[str, int]] = {}  # fields drawn several times a sample
    looks: ClassVar[Literal["", "boxes", "mask"]] = ""  # the labels that lowering must be shown, in `Facts`

    def __post_init__(self) -> None:
        if self.name is not None and (not isinstance(self.name, str) or not self.name):
            raise FieldError(f"{type(self).__name__}.name is a text that is not empty, got {self.name!r}")
        if not is_probability(self.p):
            ramp = ", or a Ramp between two" if isinstance(self.p, Distribution) else ""
            raise FieldError(f"{self.label}.p is a probability from 0 to 1{ramp}, got {self.p!r}")
        for item in fields(self):
            if is_drawn(item):
                object.__setattr__(self, item.name, parse(getattr(self, item.name), f"{self.label}.{item.name}"))

    def __repr__(self) -> str:
        shown = ((item, getattr(self, item.name)) for item in fields(self) if item.init and item.repr)
        told = [f"{item.name}={value!r}" for item, value in shown if not _is_default(item, value)]
        return f"{type(self).__name__}({', '.join(told)})"

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
        own = (item.name for item in fields(self) if is_drawn(item) or isinstance(item.default, Bits))
        return {name: getattr(self, name) for name in own}

    def fixes_size(self) -> bool:
        """Whether every picture leaves the op with the same, declared (height, width)."""
        return False

    def lower(self, draws: Draws, sizes: Ints, facts: Facts) -> Effect | tuple[Effect, ...]:
        """The effect of one batch of draws on pictures of these sizes, (B, 2) as (height, width)."""
        raise TypeError(f"{type(self).__name__} has no lower(): an op must say what it does")


def is_drawn(item: Field[Any]) -> bool:
    """Whether a field is annotated `Drawn`: as the type itself, or as text, which `from __future__` makes of it."""
    return item.type == Drawn or (isinstance(item.type, str) and item.type.split(".")[-1] == "Drawn")


def _is_default(item: Any, value: object) -> bool:
    """Whether a field has the value that it has when nothing is written."""
    if item.default is MISSING:
        return False
    default = parse(item.default, item.name) if is_drawn(item) else item.default
    return bool(value == default)


def limit(
    op: Op,
    item: str,
    *,
    least: float = -math.inf,
    most: float = math.inf,
    above: float = -math.inf,
    below: float = math.inf,
) -> None:
    """Refuse a drawn field that can give a number outside of these limits.

    Raises  FieldError that names the op, the field, the limits and what was given.
    """
    low, high = as_distribution(getattr(op, item)).bounds()
    if low >= least and high <= most and low > above and high < below:
        return
    limits = (("at least", least), ("above", above), ("at most", most), ("below", below))
    told = " and ".join(f"{word} {show(round(end, 4))}" for word, end in limits if math.isfinite(end))
    raise FieldError(f"{op.label}.{item} must be {told}, got {getattr(op, item)!r}")


def whole(op: Op, item: str) -> None:
    """Refuse a fraction among the declared numbers of a drawn field that counts something.

    Other distributions are allowed: the op rounds what they give down.
    """
    given = getattr(op, item)
    ends = given.ends if isinstance(given, Ramp) else (given,)
    written = [each.value for each in ends if isinstance(each, Constant)]
    written += [value for each in ends if isinstance(each, Choice) for value in each.values]
    if any(value != int(value) for value in written):
        raise FieldError(f"{op.label}.{item} is a whole number, got {given!r}")


def one_of(op: Op, item: str, options: tuple[str | None, ...]) -> None:
    """Refuse a word that is not among the options of a field."""
    given = getattr(op, item)
    if not isinstance(given, (str, type(None))) or given not in options:
        raise FieldError(f"{op.label}.{item} is one of {', '.join(map(repr, options))}; got {given!r}")


def is_whole(value: object) -> bool:
    """Whether a value is an integer, of Python or NumPy, and no truth value."""
    return is_number(value) and hasattr(value, "__index__")


def one_or_three(op: Op, facts: Facts) -> bool:
    """Whether the pictures have colour; an error where they have neither one channel nor three."""
    if facts.channels in (1, 3):
        return facts.channels == 3
    raise InputError(
        f"{op.label} takes pictures of 1 or 3 channels, got {facts.channels}. "
        "Split off the other channels before, or leave the op out."
    )


def boxes_of(op: Op, sizes: Ints, facts: Facts) -> list[Floats]:
    """The boxes of each sample, as far as they lie within the picture: (N, 4) x0, y0, x1, y1, each with an area.

    Raises  InputError if a sample has no boxes at all: zero of them are fine.
    """
    if len(facts.boxes) < len(sizes):
        raise _nothing_seen(op, "boxes", "boxes", "Boxes(...)")
    return [_within(op, boxes, size) for boxes, size in zip(facts.boxes, sizes.tolist(), strict=True)]


def _within(op: Op, boxes: Floats | None, size: list[int]) -> Floats:
    if boxes is None:
        raise _nothing_seen(op, "boxes", "boxes", "Boxes(...)")
    height, width = size
    clipped = np.minimum(np.maximum(boxes, 0.0), np.array([width, height, width, height], np.float64))
    there = (clipped[:, 2] > clipped[:, 0]) & (clipped[:, 3] > clipped[:, 1])
    return clipped if there.all() else clipped[there]


def masks_of(op: Op, sizes: Ints, facts: Facts) -> list[Seen]:
    """The mask of each sample.

    Raises  InputError if a sample has none.
    """
    found = [seen for seen in facts.masks if seen is not None]
    if len(found) < len(sizes):
        raise _nothing_seen(op, "a mask", "mask", "Mask()")
    return found


def _nothing_seen(op: Op, what: str, field: str, target: str) -> InputError:
    return InputError(
        f"{op.label} looks at {what}, but the sample has none declared: "
        f"give targets={{'{field}': {target}}} to Compose and {field}= to the call"
    )


def as_distribution(value: Drawn) -> Distribution:
    """A field after `__post_init__`, for the type checker: always a distribution."""
    return value if isinstance(value, Distribution) else parse(value, "value")


__all__ = [
    "Constant",
    "Drawn",
    "Draws",
    "Facts",
    "Op",
    "Seen",
    "as_distribution",
    "boxes_of",
    "is_whole",
    "limit",
    "masks_of",
    "one_of",
    "one_or_three",
    "whole",
]
