"""PerInstance, PerSample and Label: what has no place in the picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from variegate.errors import InputError
from variegate.targets.base import Grouped, Size, Target, as_numbers
from variegate.targets.leaf import PlainLeaf, RowLeaf
from variegate.targets.unsaid import check_unsaid


@dataclass(frozen=True, repr=False)
class PerInstance(Grouped):
    """A row for each instance of a group, such as its class; a dropped instance takes its row with it.

    weight  these are weights of the instances in a loss: where pictures are averaged, each is multiplied by the share
            of its picture. Floats, (N,)

    An array of any rank above 0, a list or a tuple; dtype and type come back unchanged.

    >>> PerInstance()
    PerInstance()
    """

    moves: ClassVar[bool] = False

    weight: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._switch("weight")

    def read(self, value: Any, size: Size, name: str) -> RowLeaf:
        if self.weight:
            value = as_numbers(value, name, "(N,) numbers, a weight an instance").astype(np.float32)
            if value.ndim != 1:
                raise InputError(f"{name} is (N,) numbers, a weight an instance; got {value.shape}")
        if isinstance(value, np.ndarray) and value.ndim:
            return RowLeaf(value.copy(), len(value))
        if isinstance(value, (list, tuple)):
            return RowLeaf(list(value) if isinstance(value, list) else tuple(value), len(value))
        got = f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
        raise InputError(f"{name} is a row for each instance, as an array, a list or a tuple; got {got}")

    def write(self, leaf: RowLeaf, size: Size) -> Any:
        return leaf.rows if isinstance(leaf.rows, tuple) else leaf.rows.copy()


@dataclass(frozen=True, repr=False)
class PerSample(Target):
    """Anything that belongs to the sample as a whole; passed on as it is.

    blend  where pictures of several samples are mixed, the value is mixed by the same shares: numbers, or arrays of one
           shape, which become float32. False: it stays that of the sample whose place it is

    >>> PerSample()
    PerSample()
    """

    moves: ClassVar[bool] = False

    blend: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._switch("blend")

    def read(self, value: Any, size: Size, name: str) -> PlainLeaf:
        return PlainLeaf(value)

    def write(self, leaf: PlainLeaf, size: Size) -> Any:
        return leaf.value


@dataclass(frozen=True, repr=False)
class Label(PerSample):
    """What `label` is where nobody declares it: a class, a vector of classes, a text; passed on as it is.

    Under that name comes whatever a data set has beside its picture, so what may lie on the picture is refused.
    """

    undeclared: ClassVar[bool] = True

    def read(self, value: Any, size: Size, name: str) -> PlainLeaf:
        check_unsaid(value, "a sample", label_mend(name))
        return PlainLeaf(value)


def label_mend(name: str) -> str:
    """What to do about a label that may lie on the picture."""
    return (
        f'it is called {name!r}, and so would never move. Say what it is, as by targets={{"{name}": Boxes("coco")}}; '
        f'targets={{"{name}": PerSample()}} passes it on as it is, never moved'
    )
