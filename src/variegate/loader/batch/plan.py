"""The plan of a batch: the numbers drawn for its samples, by the keys that these have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.key import Keys
from variegate.loader.batch.context import LoaderContext
from variegate.loader.batch.sample import Sample
from variegate.loader.pipeline import SamplePlan


def planned(context: LoaderContext, epoch: int, samples: Sequence[Sample]) -> SamplePlan:
    """Draw and lower samples, each as often as it is repeated."""
    source, labels, repeats = context.source, context.labels, context.repeats
    kinds = {(sample.picture.channels, sample.picture.dtype.name): sample.position for sample in samples}
    kind = kind_of_all(kinds, source.where)
    sizes = np.array([sample.picture.size for sample in samples], np.int64)
    keys = Keys.at(context.seed, epoch, source.ids[positions(samples, repeats)], variations(samples, repeats))
    given: tuple[Any, ...] = ()
    if labels is not None and any(sample.leaves for sample in samples):
        given = [sample.leaves for sample in samples for _ in range(repeats)], labels.targets
    mixes: dict[str, Any] = {"mixes": True} if context.mixes else {}
    return context.augment.plan(keys, np.repeat(sizes, repeats, axis=0), *kind, *given, **mixes)


def kind_of_all(kinds: Mapping[tuple[int, Any], int], where: Callable[[int], str]) -> tuple[int, Any]:
    """The channels and the dtype that all pictures of a batch have; a source may give files and arrays.

    kinds  those met, each with the number of a picture that has them; where: what leads a user to it

    Raises  InputError if there is more than one kind.
    """
    if len(kinds) > 1:
        told = ", ".join(f"{where(n)} has {channels} {dtype}" for (channels, dtype), n in kinds.items())
        raise InputError(f"the pictures of a batch have one number of channels and one dtype: {told}")
    return next(iter(kinds))


def positions(samples: Sequence[Sample], repeats: int) -> NDArray[np.int64]:
    """In the source, one a repeat."""
    return np.repeat(np.array([sample.position for sample in samples], np.int64), repeats)


def variations(samples: Sequence[Sample], repeats: int) -> NDArray[np.uint32]:
    """One a repeat."""
    first = np.array([sample.variation for sample in samples], np.uint32)
    if repeats == 1:
        return first
    again = first[:, np.newaxis] + np.arange(repeats, dtype=np.uint32)
    return again.reshape(-1).astype(np.uint32)
