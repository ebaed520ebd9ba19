"""Course: in which order the samples of a block are mixed, so that few of their values are needed at any time, and how
often each value is.

Each sample has at most one partner: they form trees whose roots have none, or lie on a cycle. A tree is gone through
from its root, and of the samples with the same partner that with the most behind it comes last. Then a value waits for
as many samples as there are in the smaller branches alone.
"""

from __future__ import annotations

from collections.abc import Sequence


def course(partner: Sequence[int]) -> list[int]:
    """The samples in that order.

    partner  of each sample, by its number; -1: none

    >>> course([1, 2, -1, 1])  # 0 and 3 are mixed with 1, and 1 with 2
    [2, 1, 3, 0]
    """
    with_partner: list[list[int]] = [[] for _ in partner]
    for i, other in enumerate(partner):
        if other >= 0:
            with_partner[other].append(i)
    order: list[int] = []
    for root in _roots(partner):
        tree = _tree(root, with_partner)
        behind = dict.fromkeys(tree, 1)
        for i in reversed(tree[1:]):
            behind[partner[i]] += behind[i]
        waiting = [root]
        while waiting:
            order.append(i := waiting.pop())
            waiting += sorted((each for each in with_partner[i] if each != root), key=behind.__getitem__, reverse=True)
    return order


def _roots(partner: Sequence[int]) -> list[int]:
    """Those without a partner, and one sample of each cycle."""
    met, roots = [-1] * len(partner), list[int]()
    for begun in range(len(partner)):
        i = begun
        while met[i] < 0:
            met[i] = begun
            if partner[i] < 0:
                roots.append(i)
                break
            i = partner[i]
        else:
            if met[i] == begun:
                roots.append(i)
    return roots


def _tree(root: int, with_partner: Sequence[Sequence[int]]) -> list[int]:
    """The root, and all behind it, each behind its partner."""
    tree = [root]
    for i in tree:
        tree += [each for each in with_partner[i] if each != root]
    return tree


def readings(levels: Sequence[Sequence[int]], count: int) -> list[int]:
    """How often the value of each of so many samples is asked for, if each of them is mixed once.

    levels  of each level of mixing ops the partners, as of `course`

    >>> readings([[1, 2, -1, 1]], 4)
    [1, 3, 2, 1]
    """
    wanted = [1] * count
    for partner in reversed(levels):
        above = wanted.copy()
        for i, other in enumerate(partner):
            if other >= 0:
                wanted[other] += above[i]
    return wanted
