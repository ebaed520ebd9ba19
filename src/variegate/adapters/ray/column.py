"""Column: the values of one field of several rows, as Ray Data holds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.targets.unsaid import unsaid


def column(values: Sequence[Any]) -> NDArray[Any]:
    """One value a row: an array (B, ...) where they are arrays of one shape or numbers, else (B,) of objects.

    Of objects Ray makes tensors of several shapes, binary data, texts, or what it pickles.

    >>> column([np.zeros((2, 4)), np.zeros((3, 4))]).shape, column([np.zeros(4), np.ones(4)]).shape
    ((2,), (2, 4))
    >>> column([3, 4]).dtype, column([3, None]).dtype
    (dtype('int64'), dtype('O'))
    """
    if isinstance(values, np.ndarray):
        return values
    if all(type(value) in (bool, int, float) for value in values):
        values = [np.asarray(value) for value in values]
    kinds = {(value.shape, value.dtype) if isinstance(value, np.ndarray | np.generic) else None for value in values}
    if len(kinds) == 1 and None not in kinds and values[0].dtype != object:
        return np.stack(values)
    made = np.empty(len(values), object)
    for n, value in enumerate(values):  # at once, NumPy would look into them
        made[n] = value
    return made


def plain(value: Any) -> Any:
    """A value without the arrays of objects that Ray makes of nested lists: lists again.

    >>> plain(np.array([np.zeros(1), "a"], object))
    [array([0.]), 'a']
    """
    if isinstance(value, np.ndarray) and value.dtype == object:
        return [plain(item) for item in value]
    return value


def may_lie_on_pictures(values: NDArray[Any]) -> bool:
    """Whether any row of a column holds what may lie on its picture.

    >>> may_lie_on_pictures(np.arange(3)), may_lie_on_pictures(np.eye(3)), may_lie_on_pictures(np.full((3, 4), 9))
    (False, False, True)
    """
    if values.ndim == 1 and values.dtype != object:
        return False
    return any(unsaid(plain(value)) is not None for value in values)
