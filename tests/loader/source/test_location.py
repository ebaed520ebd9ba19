"""URLs: what reads them, and what is said where that is not installed."""

from __future__ import annotations

import sys
from pathlib import Path

import fsspec
import pytest

from variegate.errors import SourceError
from variegate.loader import Manifest, WebDataset
from variegate.loader.source.location import contents, system_of

NEEDED = r'which fsspec reads: pip install "variegate\[url\]"; or download the file$'


def test_the_contents_of_a_url_are_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    with fsspec.filesystem("memory").open("/location/a", "wb") as file:
        file.write(b"abc")
    assert (
        contents(str(tmp_path / "a")) == contents(f"file://{tmp_path}/a") == contents("memory://location/a") == b"abc"
    )


def test_without_fsspec_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("fsspec", "fsspec.core"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SourceError, match=rf"^memory://a is a URL, {NEEDED}"):
        contents("memory://a")
    with pytest.raises(SourceError, match=rf"^memory://a\.tar is a URL, {NEEDED}"):
        WebDataset("memory://a.tar")
    with pytest.raises(SourceError, match=rf"^table: memory:// is a URL, {NEEDED}"):
        Manifest([{"path": "memory://a.jpg"}], root="memory://")


def test_a_protocol_that_nobody_reads_is_named() -> None:
    for read in (contents, system_of):
        with pytest.raises(SourceError, match=r"^nothing://a: .*nothing.*; or download the file$"):
            read("nothing://a")
