"""Locations: where a file lies, as a path or as a URL that fsspec reads."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from variegate.errors import SourceError
from variegate.loader.file import absolute, opened
from variegate.loader.shortage import fetching


def scheme_of(place: str) -> str:
    """What stands before `://`; empty for a path.

    >>> scheme_of("s3://bucket/a.jpg"), scheme_of("C:/a.jpg"), scheme_of("a.jpg")
    ('s3', '', '')
    """
    scheme, found, _ = place.partition("://")
    return scheme if found and scheme.isidentifier() and len(scheme) > 1 else ""


def joined(root: str, place: str) -> str:
    """A place below a root; one that is absolute, or a URL, as it is.

    >>> joined("data", "cats/1.jpg"), joined("s3://bucket/", "1.jpg"), joined("data", "/tmp/1.jpg"), joined("", "1.jpg")
    ('data/cats/1.jpg', 's3://bucket/1.jpg', '/tmp/1.jpg', '1.jpg')
    """
    if not root or scheme_of(place) or os.path.isabs(place):
        return place
    return f"{root.rstrip('/') or '/'}/{place}" if root != "/" else f"/{place}"


def settled(place: str) -> str:
    """A path, absolute from now on; a URL as it is."""
    return place if scheme_of(place) else absolute(place)


def above(place: str) -> str:
    """The folder of a file.

    >>> above("data/train.csv"), above("s3://bucket/train.csv"), above("train.csv")
    ('data', 's3://bucket', '')
    """
    return place.rpartition("/")[0] if scheme_of(place) else os.path.dirname(place)


def check_schemes(places: Iterable[str], owner: str) -> None:
    """Refuse URLs that fsspec cannot read here; `owner` is who asks.

    Raises  SourceError, with the first such URL.
    """
    first: dict[str, str] = {}
    for place in places:
        if "://" in place:
            first.setdefault(scheme_of(place), place)
    first.pop("", None)
    for scheme, place in first.items():
        try:
            from fsspec import get_filesystem_class
        except ImportError:
            raise SourceError(f"{owner}: {place} is a URL, which fsspec reads: pip install fsspec") from None
        try:
            get_filesystem_class(scheme)
        except (ImportError, ValueError) as error:
            raise SourceError(f"{owner}: {place} cannot be read: {error}") from None


def contents(place: str) -> bytes:
    """The bytes of a file, at a path or a URL.

    Raises  DecodeError, with the place, if it cannot be read; ResourceError if that is the machine's or the network's
            fault.
    """
    if scheme_of(place):
        with fetching(place):
            return _fetched(place)
    with opened(place) as file:
        return file.readall()


def _fetched(url: str) -> bytes:
    """The bytes at a URL. fsspec keeps a connection for each thread, so threads may call this at once."""
    from fsspec.core import url_to_fs

    system, path = url_to_fs(url)
    data: Any = system.cat_file(path)
    return bytes(data)
