"""Options: the arguments of a Loader, checked."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from variegate import arguments
from variegate.arguments import whole
from variegate.errors import FieldError, SourceError
from variegate.loader.decode import IndexFile
from variegate.loader.source.base import Source
from variegate.loader.source.items import Items

MOST_PLACES = 1 << 31  # variations beyond are of samples that stand in for others


def integer(value: Any, name: str, least: int | None) -> int:
    """An integer, at least so much.

    Raises  FieldError that names the argument.
    """
    return whole(value, f"Loader.{name}", least)


def optional_integer(value: Any, name: str, least: int | None) -> int | None:
    """The same, or None."""
    return None if value is None else integer(value, name, least)


def source_of(value: Any) -> Source:
    """A source, or whatever has a length and gives samples by number as one.

    Raises  SourceError for anything else.
    """
    if isinstance(value, Source):
        _check_ids(value)
        return value
    if isinstance(value, str | os.PathLike) or not (hasattr(value, "__len__") and hasattr(value, "__getitem__")):
        raise SourceError(
            "Loader takes a source first, such as ImageFolder(path) or Arrays(images), or an object with __len__ and "
            f"__getitem__, such as a torch Dataset; got {value!r:.200}"
        )
    return Items(value)


def _check_ids(source: Source) -> None:
    """Refuse ids that draws cannot hang on."""
    ids, name = source.ids, type(source).__name__
    if not isinstance(ids, np.ndarray) or ids.ndim != 1 or ids.dtype != np.uint64:
        got = f"{ids.dtype} {ids.shape}" if isinstance(ids, np.ndarray) else type(ids).__name__
        raise SourceError(
            f"{name}.ids are an array (N,) of uint64, one a sample, as np.arange(n, dtype=np.uint64); got {got}"
        )
    if (ids[1:] > ids[:-1]).all():
        return
    order = np.argsort(ids, kind="stable")
    same = np.flatnonzero(ids[order[1:]] == ids[order[:-1]])
    if same.size:
        one, other = (source.where(int(order[same[0] + n])) for n in (0, 1))
        raise SourceError(f"{name}: {one} and {other} have one id, {ids[order[same[0]]]}; every sample has its own")


def rank_of(rank: Any, world_size: Any) -> tuple[int, int]:
    """Which of how many ranks.

    Raises  FieldError if there is no such rank.
    """
    rank, world_size = integer(rank, "rank", 0), integer(world_size, "world_size", 1)
    if rank >= world_size:
        raise FieldError(f"Loader.rank is 0 to world_size - 1, got rank={rank} of world_size={world_size}")
    return rank, world_size


def one_of(value: Any, name: str, known: tuple[str, ...]) -> str:
    """A word out of some.

    Raises  FieldError that names them.
    """
    return arguments.one_of(value, f"Loader.{name}", known)


def available_cores() -> int:
    """How many cores this process may use, at least 1."""
    try:
        return len(os.sched_getaffinity(0)) or 1
    except AttributeError:  # not on macOS or Windows
        return os.cpu_count() or 1


def check_together(batch_size: int, repeats: int, weights: Any, samples_per_epoch: int | None, length: int) -> None:
    """Refuse options that say nothing together; length: of the source.

    Raises  FieldError.
    """
    if batch_size % repeats:
        raise FieldError(f"Loader.batch_size is a multiple of repeats={repeats}, got {batch_size}")
    if samples_per_epoch is not None and weights is None:
        raise FieldError('Loader.samples_per_epoch is for an order with replacement: give weights too, or "balanced"')
    if weights is not None and (samples_per_epoch or length) * repeats > MOST_PLACES:
        raise FieldError(
            f"Loader.samples_per_epoch times repeats is at most 2**31, got {samples_per_epoch} and {repeats}"
        )


def check_kept(cached: bool, decode: str) -> None:
    """Refuse a cache of pictures of which none is whole.

    Raises  FieldError.
    """
    if cached and decode == "scaled":
        raise FieldError('Loader.decode="scaled" leaves nothing whole to cache; take one, or Cache(..., max_side=...)')


def folder_of_indexes(value: Any, jpeg_decoder: str, decode: str) -> str | None:
    """The absolute path of a folder, as another process may stand elsewhere; or None.

    Raises  FieldError if it is no path, or nobody would write indexes to it.
    """
    if value is None:
        return None
    if not isinstance(value, str | os.PathLike) or not isinstance(os.fspath(value), str) or not os.fspath(value):
        raise FieldError(f"Loader.jpeg_indexes is the path of a folder or None, got {value!r}")
    if jpeg_decoder != "auto" or decode != "exact":
        raise FieldError('Loader.jpeg_indexes is for jpeg_decoder="auto" and decode="exact", which alone make indexes')
    return os.path.abspath(os.fspath(value))


def index_file(folder: str | None, source: Source) -> IndexFile | None:
    """Where indexes are kept in a folder: by what the samples are, and where they lie.

    Raises  SourceError if the folder cannot be made.
    """
    if folder is None or not len(source):
        return None
    return IndexFile(folder, f"{source.fingerprint} {source.where(0)} {source.where(len(source) - 1)}")
