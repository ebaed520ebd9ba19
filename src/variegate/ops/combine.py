"""Chain, OneOf, SomeOf and RandomApply: ops made of ops. What they choose is drawn by a path of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from variegate.dist import Distribution, Uniform, finite
from variegate.errors import FieldError
from variegate.ops.base import Drawn, Op, limit, one_of, whole
from variegate.ops.effect import Effect
from variegate.ops.geometric import INTERPOLATIONS, Interpolation
from variegate.ramp import Ramp


@dataclass(frozen=True, repr=False)
class Combinator(Op):
    """What the combinators share: a list of ops, one or more.

    ops  a list of ops, or one op
    """

    ops: Sequence[Op]

    gives: ClassVar[type[Effect]] = Effect

    def __post_init__(self) -> None:
        super().__post_init__()
        given = [self.ops] if isinstance(self.ops, Op) else self.ops
        if not isinstance(given, (list, tuple)):
            raise FieldError(f"{self.label}.ops is a list of ops, got {self.ops!r}")
        for i, op in enumerate(given):
            if not isinstance(op, Op):
                told = f"the class {op.__name__}; write {op.__name__}(...)" if isinstance(op, type) else repr(op)
                raise FieldError(f"{self.label}.ops[{i}] is an op, got {told}")
        object.__setattr__(self, "ops", tuple(given))


@dataclass(frozen=True, repr=False)
class Chain(Combinator):
    """Ops one after the other; `variegate.Compose` is a chain that can be called.

    interpolation  "nearest", "bilinear" or "bicubic", for ops that name none
    antialias      whether a picture that shrinks is filtered first, for ops that do not say
    """

    interpolation: Interpolation = field(default="bilinear", kw_only=True)
    antialias: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self, "interpolation", INTERPOLATIONS)
        if not isinstance(self.antialias, bool):
            raise FieldError(f"{self.label}.antialias is True or False, got {self.antialias!r}")

    def fixes_size(self) -> bool:
        return _last_word(self.ops)


@dataclass(frozen=True, repr=False)
class RandomApply(Combinator):
    """All of the ops with probability p, or none.

    >>> from variegate.ops import Rotate
    >>> RandomApply([Rotate((-30, 30))], p=0.3)
    RandomApply(p=0.3, ops=(Rotate(angle=Uniform(-30, 30)),))

    Raises  FieldError if ops holds anything but ops, or p is no probability.
    """

    def fixes_size(self) -> bool:
        return _last_word(self.ops)


@dataclass(frozen=True, repr=False)
class OneOf(Combinator):
    """One of the ops, drawn a sample.

    weights  how likely each is, in any unit; None is all alike

    >>> from variegate.ops import HorizontalFlip, VerticalFlip
    >>> OneOf([HorizontalFlip(), VerticalFlip()], weights=(3, 1))
    OneOf(ops=(HorizontalFlip(), VerticalFlip()), weights=(3.0, 1.0))

    Raises  FieldError if there is no op, or the weights are not one positive number an op.
    """

    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.ops:
            raise FieldError(f"{self.label}.ops needs one op or more")
        if self.weights is None:
            return
        weights = tuple(finite(w, f"{self.label}.weights[{i}]") for i, w in enumerate(self.weights))
        if len(weights) != len(self.ops) or min(weights) < 0 or sum(weights) <= 0:
            raise FieldError(
                f"{self.label}.weights is one number an op, 0 or more and not all 0: "
                f"{len(self.ops)} ops, weights {self.weights!r}"
            )
        object.__setattr__(self, "weights", weights)

    def drawn(self) -> dict[str, Distribution]:
        return {"choice": Uniform(0, 1)}

    def bounds(self) -> list[tuple[float, float]]:
        """The part of [0, 1) in which each op is the one."""
        weights = self.weights or (1.0,) * len(self.ops)
        total, low, parts = sum(weights), 0.0, []
        for i in range(len(weights)):
            high = 1.0 if i == len(weights) - 1 else sum(weights[: i + 1]) / total
            parts.append((low, high))
            low = high
        return parts

    def fixes_size(self) -> bool:
        return all(op.fixes_size() and op.p == 1 for op in self.ops)


@dataclass(frozen=True, repr=False)
class SomeOf(Combinator):
    """n of the ops, drawn a sample without repetition, in the order in which they are declared.

    n  how many; a number, a range (both ends, rounded down) or a distribution

    >>> from variegate.ops import Brightness, Invert, Rotate
    >>> SomeOf([Rotate((-9, 9)), Brightness((1, 1.2)), Invert()], n=(1, 2))
    SomeOf(ops=(Rotate(angle=Uniform(-9, 9)), Brightness(factor=Uniform(1, 1.2)), Invert()), n=Uniform(1, 2))

    Raises  FieldError if n can be below 0 or above the number of ops.
    """

    n: Drawn = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        whole(self, "n")
        limit(self, "n", least=0, most=len(self.ops))
        object.__setattr__(self, "trials", {"order": len(self.ops)})

    def drawn(self) -> dict[str, Distribution]:
        return {"n": _both_ends(super().drawn()["n"]), "order": Uniform(0, 1)}


def _both_ends(count: Distribution) -> Distribution:
    """A range of whole numbers with both ends in it: what is drawn is rounded down."""
    if isinstance(count, Ramp):
        start, end = map(_both_ends, count.ends)
        return Ramp(start, end, count.epochs)
    return Uniform(count.low, count.high + 1) if isinstance(count, Uniform) else count


def _last_word(ops: Sequence[Op]) -> bool:
    """Whether the last op that changes the size gives all pictures the same one."""
    for op in reversed(ops):
        if op.fixes_size() and op.p == 1:
            return True
        if op.resizes:
            return False
    return False
