"""Pairs of files that belong together by their names: a picture and its mask, or its annotation."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from variegate.errors import SourceError
from variegate.loader.source.instances import first_of
from variegate.loader.source.json_text import short

Side = tuple[str, str]  # what its files are, and their folder; for errors


def by_stem(root: str, files: Iterable[str], suffix: str = "") -> dict[str, str]:
    """Files by their path without extension and without a suffix of the name; those without the suffix left out.

    >>> by_stem("", ["a/1_mask.png", "a/1_edges.png"], "_mask")
    {'a/1': 'a/1_mask.png'}

    Raises  SourceError if two have the same.
    """
    found: dict[str, str] = {}
    for file in files:
        stem = os.path.splitext(file)[0]
        if not stem.endswith(suffix):
            continue
        stem = stem[: len(stem) - len(suffix)]
        if stem in found:
            raise SourceError(f"{root}: {found[stem]} and {file} have one name; which of them is meant is not known")
        found[stem] = file
    return found


def pairs(
    first: Mapping[str, str], second: Mapping[str, str], names: Sequence[str] | None, one: Side, other: Side
) -> list[tuple[str, str]]:
    """The files of the names listed, both of each; of all names, in the order of `first`, where none are listed.

    Raises  SourceError if a file is missing, a name comes twice, or there are none.
    """
    wanted = list(first) if names is None else list(names)
    if names is not None and (not wanted or len(set(wanted)) < len(wanted)):
        twice = max(Counter(wanted).items(), key=lambda item: item[1])[0] if wanted else None
        raise SourceError(f"the list of samples has {f'{short(twice)} twice' if wanted else 'no names'}")
    _refuse([name for name in wanted if name not in first], one, other if names is None else None)
    _refuse([name for name in wanted if name not in second], other, one if names is None else None)
    if names is None:
        _refuse([name for name in second if name not in first], one, other)
    return [(first[name], second[name]) for name in wanted]


def complete(
    first: Mapping[str, str], second: Mapping[str, str], names: Sequence[str] | None
) -> tuple[list[str], list[str]]:
    """The names of which both files are there, in order, and those of which one is missing.

    >>> complete({"a": "a.jpg", "b": "b.jpg"}, {"b": "b.png", "c": "c.png"}, None)
    (['b'], ['a', 'c'])
    """
    wanted = list(dict.fromkeys([*first, *second]) if names is None else names)
    there = [name for name in wanted if name in first and name in second]
    return there, [name for name in wanted if name not in first or name not in second]


def _refuse(lone: Sequence[str], missing: Side, partner: Side | None) -> None:
    """Say which names have no file, and whether a file of another kind or a list has them."""
    if not lone:
        return
    asks = f"each {partner[0]} of {partner[1]} needs" if partner else "each name of the list needs"
    raise SourceError(
        f"{missing[1]}: there is no {missing[0]} for {first_of(lone, 3)}; {asks} one of the same name. Add it, or list "
        "the samples that are complete"
    )
