"""Key: which drawing of which sample; Keys: a batch of them, as columns.

The numbers of an augmentation are a pure function of the pipeline and the key, so a key is all that replaying needs.
A call without a key takes a fresh one, which no other call, process or fork ever takes.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from variegate.arguments import is_whole, whole
from variegate.errors import InputError

LIMITS = {"epoch": 2**32 - 1, "id": 2**64 - 1, "variation": 2**32 - 1}
DTYPES: dict[str, np.dtype[Any]] = {
    "epoch": np.dtype(np.uint32),
    "id": np.dtype(np.uint64),
    "variation": np.dtype(np.uint32),
}


def _integer(value: Any, field: str) -> int:
    """A value as a Python int, or an error that names the field of the key."""
    return value if type(value) is int else whole(value, f"Key.{field}", error=InputError)


@dataclass(frozen=True)
class Key:
    """Which drawing of which sample.

    seed       any integer
    epoch      0 to 2**32 - 1
    id         0 to 2**64 - 1; belongs to the sample, whatever its place in the data set
    variation  0 to 2**32 - 1

    >>> Key(seed=7, id=3)
    Key(seed=7, epoch=0, id=3, variation=0)

    Raises  InputError if a field is no integer, or out of its range.
    """

    seed: int = 0
    epoch: int = 0
    id: int = 0
    variation: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", _integer(self.seed, "seed"))
        for field, limit in LIMITS.items():
            value = _integer(getattr(self, field), field)
            if not 0 <= value <= limit:
                raise InputError(f"Key.{field} lies in 0 to {limit}, got {value}")
            object.__setattr__(self, field, value)

    @classmethod
    def of(cls, key: Any) -> Key:
        """A key, or one of this seed.

        >>> Key.of(3)
        Key(seed=3, epoch=0, id=0, variation=0)

        Raises  InputError for anything else.
        """
        if isinstance(key, cls):
            return key
        if not is_whole(key):
            raise InputError(f"key is a Key(seed, epoch, id, variation), or an integer, its seed; got {key!r:.100}")
        return cls(int(key))


def _column(value: ArrayLike, field: str) -> NDArray[Any]:
    """Integers as an array of the field's dtype, or an error that names the field of the keys."""
    given = np.asarray(value)
    if given.dtype == DTYPES[field]:
        return given
    if given.size and given.dtype.kind not in "iu":
        raise InputError(f"Keys.{field} holds integers from 0 to {LIMITS[field]}, got {given.dtype} {_sample(given)}")
    if given.size:
        worst = int(given.min()) if given.min() < 0 else int(given.max())
        if not 0 <= worst <= LIMITS[field]:
            raise InputError(f"Keys.{field} holds integers from 0 to {LIMITS[field]}, got {worst}")
    return given.astype(DTYPES[field])


def _sample(given: NDArray[Any]) -> str:
    """The first of some values, for an error."""
    return f"({given.ravel()[0]!r}{', ...' if given.size > 1 else ''})"


@dataclass(frozen=True, eq=False)
class Keys:
    """The keys of a batch of B samples, as columns; they share one seed.

    seed       any integer
    epoch      (B,) uint32
    id         (B,) uint64
    variation  (B,) uint32

    >>> keys = Keys.at(seed=7, epoch=2, ids=[5, 6])
    >>> len(keys), keys[1]
    (2, Key(seed=7, epoch=2, id=6, variation=0))

    Raises  InputError if a column is not one-dimensional, holds no integers, or has another length than the rest.
    """

    seed: int
    epoch: NDArray[np.uint32]
    id: NDArray[np.uint64]
    variation: NDArray[np.uint32]

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", _integer(self.seed, "seed"))
        for field in LIMITS:
            object.__setattr__(self, field, _column(getattr(self, field), field))
        shapes = self.epoch.shape, self.id.shape, self.variation.shape
        if len(shapes[0]) != 1 or len(set(shapes)) != 1:
            raise InputError(f"Keys has three columns of one length, got shapes {shapes} of epoch, id, variation")

    @classmethod
    def of(cls, keys: Sequence[Key]) -> Keys:
        """The columns of a list of keys, which must share one seed.

        Raises  InputError if their seeds differ, or one is no key.
        """
        if strange := [key for key in keys if not isinstance(key, Key)]:
            raise InputError(
                f"a batch takes a Key each, got {strange[0]!r:.100}. Write Keys.at(seed=0, epoch=0, ids=[...])"
            )
        seeds = {key.seed for key in keys}
        if len(seeds) > 1:
            raise InputError(f"the keys of a batch share one seed, got {sorted(seeds)[:4]}; use ids or epochs instead")
        return cls(
            seeds.pop() if seeds else 0,
            np.array([key.epoch for key in keys], np.uint32),
            np.array([key.id for key in keys], np.uint64),
            np.array([key.variation for key in keys], np.uint32),
        )

    @classmethod
    def at(cls, seed: int, epoch: ArrayLike, ids: ArrayLike, variation: ArrayLike = 0) -> Keys:
        """The keys of these ids; epoch and variation are one number for all, or one a sample.

        Raises  InputError if a number is out of its range or the lengths do not fit.
        """
        columns = _column(epoch, "epoch"), _column(ids, "id"), _column(variation, "variation")
        try:
            shape = np.broadcast_shapes((1,), *(column.shape for column in columns))
            return cls(seed, *(np.broadcast_to(column, shape).copy() for column in columns))
        except InputError:
            raise
        except ValueError:
            shapes = ", ".join(str(column.shape) for column in columns)
            raise InputError(f"epoch, ids and variation must have one length, got shapes {shapes}") from None

    def __len__(self) -> int:
        return len(self.id)

    def __getitem__(self, i: int) -> Key:
        return Key(self.seed, int(self.epoch[i]), int(self.id[i]), int(self.variation[i]))

    def __iter__(self) -> Iterator[Key]:
        return (self[i] for i in range(len(self)))


# (process, seed, counter). Replaced as a whole, so that two threads that race to fill it take two different seeds.
_fresh: tuple[int, int, Iterator[int]] | None = None


def _forget() -> None:
    """Drop the fresh seed: a forked child must take one of its own."""
    global _fresh
    _fresh = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def fresh_key() -> Key:
    """A key that no other call takes: seeded by the operating system once a process and after fork, then counted."""
    global _fresh
    state = _fresh
    # The process is compared as well, because a fork made by C code calls no hook of Python's.
    if state is None or state[0] != os.getpid():
        state = _fresh = (os.getpid(), int.from_bytes(os.urandom(16), "little"), itertools.count())
    return Key(seed=state[1], id=next(state[2]))
