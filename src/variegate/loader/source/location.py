"""Locations: where a file lies, as a path or as a URL that fsspec reads."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from variegate.errors import DecodeError, SourceError


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


def above(place: str) -> str:
    """The folder of a file.

    >>> above("data/train.csv"), above("s3://bucket/train.csv"), above("train.csv")
    ('data', 's3://bucket', '')
    """
    return place.rpartition("/")[0] if scheme_of(place) else os.path.dirname(place)


def no_path(text: str) -> str | None:
    """Why a text is the path of no file, whatever files there are; None where it may be one.

    >>> no_path("a.jpg"), no_path("a" + chr(0) + ".jpg")
    (None, 'a path has no NUL in it')
    """
    if "\0" in text:
        return "a path has no NUL in it"
    try:
        text.encode("utf-8", "surrogateescape")  # with names that are no Unicode, as the system gives them
    except UnicodeEncodeError:
        return "a path has no halves of letters in it"
    return None


def leads_out(place: str) -> str | None:
    """What makes a path lead out of the folder that it is said to be in; None where it stays there.

    >>> leads_out("cats/1.jpg"), leads_out("../1.jpg"), leads_out("/tmp/1.jpg"), leads_out("s3://bucket/1.jpg")
    (None, 'climbs out of it by ..', 'is absolute', 'is a URL')
    """
    if "://" in place:
        return "is a URL"
    if os.path.isabs(place) or os.path.splitdrive(place)[0]:
        return "is absolute"
    return "climbs out of it by .." if ".." in place.replace("\\", "/").split("/") else None


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

    Raises  DecodeError, with the place, if it cannot be read.
    """
    try:
        return _fetched(place) if scheme_of(place) else Path(place).read_bytes()
    except OSError as error:
        raise DecodeError(place, f"it cannot be read ({error.strerror or error or type(error).__name__})") from error


def _fetched(url: str) -> bytes:
    """The bytes at a URL. fsspec keeps a connection for each thread, so threads may call this at once."""
    from fsspec.core import url_to_fs

    system, path = url_to_fs(url)
    data: Any = system.cat_file(path)
    return bytes(data)
