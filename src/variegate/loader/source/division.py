"""Division: which samples of a source go to which part of it, by hashes of their ids; with classes or groups kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import SourceError
from variegate.loader.hash import digest, mixed
from variegate.loader.source.multi_hot import MultiHot

Places = NDArray[np.int64]


class Division(NamedTuple):
    """The samples of a source in an order of hashes, and what must not be torn apart or thinned out.

    ids       (N,) uint64
    seed      any integer
    classes   (N,) integers: each is divided by itself; None: all together
    groups    (N,) integers: each stays whole; None: every sample goes by itself
    """

    ids: NDArray[np.uint64]
    seed: int
    classes: Places | None
    groups: Places | None

    def two(self, fraction: float) -> tuple[Places, Places]:
        """The positions of two parts, the first of about this fraction, in the order of the source.

        Raises  SourceError if one of them would be empty.
        """
        first = np.zeros(len(self.ids), np.bool_)
        if self.groups is not None:
            order, sizes = self._order_of_groups()
            ends = np.concatenate([[0], np.cumsum(sizes[order])])
            first = np.isin(self.groups, order[: int(np.argmin(np.abs(ends - fraction * len(self.ids))))])
        else:
            for members in self._by_class():
                first[members[: round(fraction * len(members))]] = True
        if first.all() or not first.any():
            raise SourceError(f"a split of {len(self.ids)} samples at {fraction} leaves one side empty")
        return np.flatnonzero(first), np.flatnonzero(~first)

    def several(self, count: int) -> list[Places]:
        """The positions of so many parts, as even as can be.

        Raises  SourceError if one of them would be empty.
        """
        fold = np.empty(len(self.ids), np.int64)
        if self.groups is not None:
            order, sizes = self._order_of_groups()
            total = np.zeros(count, np.int64)
            of_group = np.empty(len(sizes), np.int64)
            for group in sorted(order.tolist(), key=lambda group: -int(sizes[group])):  # largest first, then by hash
                of_group[group] = int(np.argmin(total))
                total[of_group[group]] += sizes[group]
            fold = of_group[self.groups]
        else:
            fold[np.concatenate(self._by_class())] = np.arange(len(self.ids)) % count
        parts = [np.flatnonzero(fold == k) for k in range(count)]
        if not all(map(len, parts)):
            raise SourceError(f"{count} folds of {len(self.ids)} samples leave one of them empty")
        return parts

    def _by_class(self) -> list[Places]:
        """The samples of each class, in the order of their hashes."""
        key = np.frombuffer(digest("split", self.seed), "<u8").astype(np.uint64)
        order = np.argsort(mixed(key + mixed(key ^ self.ids)), kind="stable")
        if self.classes is None:
            return [order]
        return [order[self.classes[order] == each] for each in np.unique(self.classes)]

    def _order_of_groups(self) -> tuple[Places, Places]:
        """The groups in the order of the smallest hash of a sample of each, and how many samples each has."""
        assert self.groups is not None
        key = np.frombuffer(digest("split", self.seed), "<u8").astype(np.uint64)
        sizes = np.bincount(self.groups)
        least = np.full(len(sizes), np.iinfo(np.uint64).max)
        np.minimum.at(least, self.groups, mixed(key + mixed(key ^ self.ids)))
        return np.argsort(least, kind="stable"), sizes


def division(ids: NDArray[np.uint64], seed: int, labels: Any, stratify: Any, groups: Any) -> Division:
    """The division that is asked for.

    labels    the source's own
    stratify  True: by them; or one class a sample; False
    groups    one a sample, of any kind that can be told apart; None

    Raises  SourceError if both are asked for, or there is not one a sample.
    """
    if stratify is not False and groups is not None:
        raise SourceError("split keeps classes or groups, not both: give stratify or groups")
    classes = None if stratify is False else labels if stratify is True else stratify
    if stratify is True and (classes is None or isinstance(classes, MultiHot) or np.ndim(classes) != 1):
        raise SourceError("stratify=True needs a source with one label a sample; give the classes, one a sample")
    return Division(ids, seed, _numbered(classes, len(ids), "stratify"), _numbered(groups, len(ids), "groups"))


def positions_of(which: Any, count: int) -> Places:
    """The positions that an index means: a slice, positions, of which -1 is the last, or one bool a sample.

    Raises  SourceError if it is none of these.
    """
    picked = np.asarray(range(count)[which] if isinstance(which, slice) else which)
    if picked.dtype == np.bool_ and picked.shape == (count,):
        picked = np.flatnonzero(picked)
    if picked.size and (picked.ndim != 1 or picked.dtype.kind not in "iu"):
        raise SourceError(f"a source is indexed by a position, a slice, positions or {count} bools; got {which!r:.99}")
    return np.where(picked < 0, picked + count, picked) if picked.size else np.zeros(0, np.int64)


def _numbered(values: Sequence[Any] | None, count: int, name: str) -> Places | None:
    """What may be anything as numbers, alike where the values are."""
    if values is None:
        return None
    listed = list(values.tolist() if isinstance(values, np.ndarray) else values)
    if len(listed) != count:
        raise SourceError(f"{name} has one entry a sample: {count} of them, got {len(listed)}")
    try:
        numbers = {value: n for n, value in enumerate(dict.fromkeys(listed))}
    except TypeError:
        raise SourceError(f"{name} has numbers or texts, got {listed[0]!r:.100}") from None
    return np.array([numbers[value] for value in listed], np.int64)
