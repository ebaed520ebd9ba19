"""Chain, OneOf, SomeOf and RandomApply: ops made of ops. What they choose is drawn by a path of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from variegate.arguments import finite
from variegate.dist import Distribution, Uniform
from variegate.errors import FieldError
from variegate.ops.base import Children, Drawn, Op, When
from variegate.ops.effect import Effect
from variegate.ops.fields import declare, drawn, flag, option, ruled
from variegate.ops.rule import Rule
from variegate.ramp import Ramp
from variegate.sampling import Interpolation


class Held(Rule):
    """A list of ops, or one op."""

    def parse(self, value: Any, owner: str, op: Op) -> tuple[Op, ...]:
        given = [value] if isinstance(value, Op) else value
        if not isinstance(given, (list, tuple)):
            raise FieldError(f"{owner} is a list of ops, got {value!r}")
        for i, each in enumerate(given):
            if not isinstance(each, Op):
                made = f"the class {each.__name__}; write {each.__name__}(...)" if isinstance(each, type) else ""
                raise FieldError(f"{owner}[{i}] is an op, got {made or repr(each)}")
        if len(given) < self.fewest:
            raise FieldError(f"{owner} needs one op or more")
        return tuple(given)

    def good(self, op: Any) -> Iterator[Any]:
        yield from (op.ops, list(op.ops))

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        yield from (3, [*op.ops, 3], [type(op)])
        if self.fewest:
            yield ()


@dataclass(frozen=True)
class ChoiceWeights(Rule):
    """One number an op, 0 or more and not all 0; None: all alike."""

    def parse(self, value: Any, owner: str, op: OneOf) -> tuple[float, ...]:
        if not isinstance(value, Iterable):
            raise FieldError(f"{owner} is a list of one number an op, got {value!r}")
        weights = tuple(finite(each, f"{owner}[{i}]") for i, each in enumerate(value))
        if len(weights) != len(op.ops) or min(weights) < 0 or sum(weights) <= 0:
            raise FieldError(
                f"{owner} is one number an op, 0 or more and not all 0: {len(op.ops)} ops, weights {value!r}"
            )
        return weights

    def good(self, op: OneOf) -> Iterator[Any]:
        yield from super().good(op)
        yield from ([1] * len(op.ops), (3.0, *[0] * (len(op.ops) - 1)))

    def bad(self, op: OneOf) -> Iterator[Any]:
        yield from ((), [0] * len(op.ops), [-1] * len(op.ops), [1] * (len(op.ops) + 1), ["1"] * len(op.ops))


@declare
class Combinator(Op):
    """What the combinators share: a list of ops, one or more.

    ops  a list of ops, or one op
    """

    ops: Sequence[Op] = ruled(by=Held())

    gives: ClassVar[type[Effect]] = Effect

    def children(self) -> Children:
        return [(op, None) for op in self.ops]

    def resizer(self) -> Op | None:
        return next(filter(None, (op.resizer() for op in self.ops)), None)

    def unsettled(self) -> Op | None:
        """Where not all of the ops apply, the first that may change the size."""
        return self.resizer()


@declare
class Series(Combinator):
    """All of the ops, one after the other."""

    def fixes_size(self) -> bool:
        """Whether the last op that may change the size gives all pictures the same one."""
        for op in reversed(self.ops):
            if op.settles_size():
                return True
            if op.resizer() is not None:
                return False
        return False

    def unsettled(self) -> Op | None:
        if self.p != 1:
            return self.resizer()
        found: Op | None = None
        for op in self.ops:
            found = None if op.settles_size() else op.unsettled() or found
        return found


@declare
class Chain(Series):
    """Ops one after the other; `variegate.Compose` is a chain that can be called.

    interpolation  "nearest", "bilinear" or "bicubic", for ops that name none
    antialias      whether a picture that shrinks is filtered first, for ops that do not say

    >>> import numpy as np
    >>> from variegate import Compose, HorizontalFlip, Invert, Key
    >>> either = Compose([OneOf([Chain([HorizontalFlip(), Invert()]), HorizontalFlip()])])
    >>> [either(np.array([[0, 255]], np.uint8), key=Key(id=n)).tolist() for n in (1, 2)]
    [[[0, 255]], [[255, 0]]]
    """

    interpolation: Interpolation = option(default="bilinear", kw_only=True)
    antialias: bool = flag(default=True, kw_only=True)


@declare
class RandomApply(Series):
    """All of the ops with probability p, or none.

    >>> from variegate.ops import Rotate
    >>> RandomApply([Rotate((-30, 30))], p=0.3)
    RandomApply(p=0.3, ops=(Rotate(angle=Uniform(-30, 30)),))

    Raises  FieldError if ops holds anything but ops, or p is no probability.
    """


@declare
class OneOf(Combinator):
    """One of the ops, drawn a sample.

    weights  how likely each is, in any unit; None is all alike

    >>> from variegate.ops import HorizontalFlip, VerticalFlip
    >>> OneOf([HorizontalFlip(), VerticalFlip()], weights=(3, 1))
    OneOf(ops=(HorizontalFlip(), VerticalFlip()), weights=(3.0, 1.0))

    Raises  FieldError if there is no op, or the weights are not one positive number an op.
    """

    ops: Sequence[Op] = ruled(by=Held(fewest=1))
    weights: Sequence[float] | None = ruled(by=ChoiceWeights(least=0, optional=True, fewest=1), default=None)

    def drawn(self) -> dict[str, Distribution]:
        return {"choice": Uniform(0, 1)}

    def children(self) -> Children:
        """Each op, in its part of [0, 1)."""
        weights = self.weights or (1.0,) * len(self.ops)
        ends = [sum(weights[:i]) / sum(weights) for i in range(len(weights))] + [1.0]
        return [(op, When("choice", ends[i], ends[i + 1])) for i, op in enumerate(self.ops)]

    def fixes_size(self) -> bool:
        return all(op.settles_size() for op in self.ops)


@declare
class SomeOf(Combinator):
    """n of the ops, drawn a sample without repetition, in the order in which they are declared.

    n  how many; a number, a range (both ends, rounded down) or a distribution

    >>> from variegate.ops import Brightness, Invert, Rotate
    >>> SomeOf([Rotate((-9, 9)), Brightness((1, 1.2)), Invert()], n=(1, 2))
    SomeOf(ops=(Rotate(angle=Uniform(-9, 9)), Brightness(factor=Uniform(1, 1.2)), Invert()), n=Uniform(1, 2))

    Raises  FieldError if n can be below 0 or above the number of ops.
    """

    n: Drawn = drawn(default=1, whole=True, least=0, most=lambda op: len(op.ops))

    def times(self, item: str) -> int:
        """The order is drawn by a number an op."""
        return len(self.ops) if item == "order" else super().times(item)

    def drawn(self) -> dict[str, Distribution]:
        return {"n": _both_ends(super().drawn()["n"]), "order": Uniform(0, 1)}

    def children(self) -> Children:
        return [(op, When("order", k, k, amount="n")) for k, op in enumerate(self.ops)]


def _both_ends(count: Distribution) -> Distribution:
    """A range of whole numbers with both ends in it: what is drawn is rounded down."""
    if isinstance(count, Ramp):
        start, end = map(_both_ends, count.ends)
        return Ramp(start, end, count.epochs, count.after)
    return Uniform(count.low, count.high + 1) if isinstance(count, Uniform) else count
