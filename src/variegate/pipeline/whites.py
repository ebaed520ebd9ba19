"""Whites: what a pipeline may declare where the numbers of a picture have no range."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from variegate.errors import FieldError
from variegate.ops.base import Op, answering, leaves
from variegate.ops.dtype import ToDtype
from variegate.ops.normalize import IMAGENET_MEAN, IMAGENET_STD, Normalize
from variegate.targets import Targets
from variegate.white import White


def check_whites(ops: Sequence[Op], white: White, targets: Targets) -> None:
    """Refuse ops that must know what white is beside pictures, or views with colours, that have none.

    Raises  FieldError that names the op.
    """
    if white is None:
        _check_normal(ops)
    asking = next(_asking(ops), None)
    if asking is None:
        return
    views = (name for name, target in targets.fields if (view := target.picture) and view.colour and view.white is None)
    where = "white=None" if white is None else next((f"Image(white=None) of {name}" for name in views), None)
    if where is not None:
        raise FieldError(
            f"{asking} must know what white is, and {where} says that the numbers have no range. Declare the white, or "
            "leave the op out"
        )


def _check_normal(ops: Sequence[Op]) -> None:
    """Refuse the numbers of ImageNet, which are of white at 1, for pictures that have no white."""
    for op in (leaf for each in ops for leaf in leaves(each)):
        if isinstance(op, Normalize) and (op.mean, op.std) == (IMAGENET_MEAN, IMAGENET_STD):
            raise FieldError(
                f"{op.label} has ImageNet's mean and std, which are of pictures with white at 1, and white=None says "
                "that the numbers have no range. Write the mean= and std= of your pictures, or say what white is"
            )


def _asking(ops: Sequence[Op]) -> Iterator[str]:
    """The ops that say nothing of numbers without a range; a ToDtype after Normalize changes the format alone."""
    normal = False
    for op, name in (leaf for each in ops for leaf in answering(each)):
        normal = normal or isinstance(op, Normalize)
        if op.needs_white or (isinstance(op, ToDtype) and not normal):
            yield name
