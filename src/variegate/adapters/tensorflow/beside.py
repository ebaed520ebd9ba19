"""Beside: what stands beside a picture in an element, of which nobody said what it is.

What may lie on the picture is refused: by its rank, when the graph is made; of a vector, which may be one of classes,
by its values, when they are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.targets.unsaid import check_unsaid

Tensor = Any  # TensorFlow has no types that mypy could read


class Beside(NamedTuple):
    """One of the values that stand beside a picture.

    tensors  whose values tell, those of a tuple or a dict together; none where nothing is left to tell
    mend     what to do if they may lie on the picture
    """

    tensors: list[Tensor]
    mend: str

    def check(self, arrays: Sequence[NDArray[Any]], count: int | None) -> None:
        """Refuse values that may lie on the picture.

        count  of the pictures of a batch; None of one alone

        Raises  InputError.
        """
        for n in range(1 if count is None else count):
            one = [np.asarray(array[n] if np.shape(array)[:1] == (count,) else array) for array in arrays]
            check_unsaid(one[0] if len(one) == 1 else one, "an element", self.mend)


def beside(value: Any, image: Tensor, mend: str) -> Beside:
    """What is to be seen of a value when it is there.

    Raises  InputError if its rank says already that it may lie on the picture.
    """
    batched = image.shape.rank == 4
    numbers = [tensor for tensor in tf.nest.flatten(value) if getattr(tensor, "dtype", None) != tf.string]
    for tensor in numbers:
        rank = tf.TensorShape(getattr(tensor, "shape", ())).rank
        if (rank is not None and rank - batched >= 2) or _is_ragged(tensor):
            raise InputError(
                f"an element has a tensor {tf.TensorShape(tensor.shape)} beside its picture, and what it is was not "
                f"said: {mend}"
            )
    if len(numbers) == 1 and _is_one(numbers[0], batched):
        return Beside([], mend)
    return Beside(numbers, mend)


def _is_ragged(tensor: Tensor) -> bool:
    """Whether a tensor is ragged or sparse: NumPy has no array for it."""
    return not isinstance(tensor, (tf.Tensor, tf.Variable)) and hasattr(tensor, "shape")


def _is_one(tensor: Tensor, batched: bool) -> bool:
    """Whether a tensor is one number a picture."""
    shape = tf.TensorShape(getattr(tensor, "shape", ()))
    return shape.rank is not None and shape[batched:].num_elements() == 1
