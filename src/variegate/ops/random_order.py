"""RandomOrder: ops one after the other, in an order that is drawn."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from variegate.errors import FieldError
from variegate.ops.base import Op
from variegate.ops.combine import Chain, Held, OneOf
from variegate.ops.fields import declare, ruled
from variegate.ops.macro import Macro

MOST = 4  # of n ops the plan holds n times as many as there are orders: 96 of 4, 600 of 5


@declare
class RandomOrder(Macro):
    """All of the ops, in an order that is drawn a sample, every order as likely.

    ops  a list of one to four ops, or one op

    An op draws other numbers in each of its orders. Laws: in every order that is drawn, it gives the pixels of the ops
    in that order.

    >>> from variegate.ops import Invert, Rotate
    >>> RandomOrder([Rotate((-9, 9)), Invert()])
    RandomOrder(ops=(Rotate(angle=Uniform(-9, 9)), Invert()))

    Raises  FieldError if ops holds anything but ops, or more than four.
    """

    ops: Sequence[Op] = ruled(by=Held(fewest=1))

    def check(self) -> None:
        if len(self.ops) > MOST:
            raise FieldError(
                f"{self.label}.ops are up to {MOST} ops, got {len(self.ops)}: put those whose order is of no matter "
                "into one RandomApply"
            )

    def expand(self) -> Op:
        orders = list(itertools.permutations(self.ops))
        return OneOf([Chain([_again(op, n) for op in order]) for n, order in enumerate(orders)])


def _again(op: Op, n: int) -> Op:
    """The n-th of an op's occurrences: one that has a name has another each time."""
    return replace(op, name=f"{op.name}#{n + 1}") if op.name is not None and n else op
