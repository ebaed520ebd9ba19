"""Locations: where a file lies, as a path or as a URL that fsspec reads.

Data does not say where to read: what a cell of a table names lies where the table does, or where `root` says.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, cast

from variegate.errors import InputError, SourceError
from variegate.loader.file import absolute, opened
from variegate.loader.transient import fetch_errors

LOCAL = ("file", "local")  # protocols of fsspec's for files of this machine
NEEDED = 'which fsspec reads: pip install "variegate[url]"; or download the file'


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


def named_in_data(root: str, place: str, anywhere: bool) -> str:
    """A place that data names, below a root.

    A URL is one of the protocol and the host, or bucket, of the root; a root such as "s3://" has all hosts, and
    "http://" those of https as well. A path lies below the root, or `anywhere` on this machine. No chains of protocols.

    >>> named_in_data("s3://bucket/a", "1.jpg", False), named_in_data("s3://", "s3://other/1.jpg", False)
    ('s3://bucket/a/1.jpg', 's3://other/1.jpg')

    Raises  InputError if it lies elsewhere.
    """
    whole = joined(root, place)
    if "::" in whole and "://" in whole:
        raise InputError(f"{place[:200]!r} is a chain of protocols, which data may not name; download the file")
    scheme = scheme_of(whole)
    if not scheme or scheme in LOCAL:
        if not anywhere and not _lies_below(root, whole):
            raise InputError(
                f"the path {place[:200]!r} leads out of the folder {root or os.curdir!r}, where data may not lead by "
                "itself: root='/' allows any path of this machine, the root of a folder those below"
            )
        return whole
    own, host = _start(root)
    if scheme not in ((own, own + "s") if own == "http" else (own,)) or (host and host != _start(whole)[1]):
        start = "://".join(_start(whole))
        raise InputError(
            f"{place[:200]!r} is read over the network, where data may not lead by itself: root={start[:200]!r} allows "
            f"it, root={scheme + '://'!r} all of {scheme}"
        )
    return whole


def _start(url: str) -> tuple[str, str]:
    """The protocol of a URL, and its host or bucket."""
    scheme = scheme_of(url)
    return scheme, url.partition("://")[2].partition("/")[0] if scheme else ""


def _lies_below(root: str, place: str) -> bool:
    """Whether a path of this machine lies below a folder of it, as the two are written."""
    if scheme_of(root) not in ("", *LOCAL):
        return False
    folder, file = (os.path.abspath(each.partition("://")[2] if scheme_of(each) else each) for each in (root, place))
    return file.startswith(folder.rstrip(os.sep) + os.sep)


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
    if not text:
        return "a path is not empty"
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
            raise SourceError(f"{owner}: {place} is a URL, {NEEDED}") from None
        try:
            get_filesystem_class(scheme)
        except (ImportError, ValueError) as error:
            raise SourceError(f"{owner}: {place} cannot be read: {error}") from None


def contents(place: str) -> bytes:
    """The bytes of a file, at a path or a URL.

    Raises  DecodeError, with the place, if it cannot be read; ResourceError if that is the machine's or the network's
            fault; SourceError if a library for the URL is not installed.
    """
    if scheme_of(place):
        with fetch_errors(place):
            system, path = system_of(place)
            return bytes(system.cat_file(path))
    with opened(place) as file:
        return file.readall()


def system_of(url: str) -> tuple[Any, str]:
    """The file system of a URL, which fsspec keeps one of a process, with a connection a thread, and the path there.

    Raises  SourceError if fsspec, or its library for the protocol, is not installed.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise SourceError(f"{url} is a URL, {NEEDED}") from None
    try:
        return cast(tuple[Any, str], url_to_fs(url))
    except (ImportError, ValueError) as error:  # the library of this protocol is missing, or there is none
        raise SourceError(f"{url}: {error}; or download the file") from error
