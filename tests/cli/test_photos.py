"""Packaged photographs: all there, written once, the same every time."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from variegate.cli import photos
from variegate.errors import SourceError
from variegate.loader import ImageFolder


def test_every_listed_photograph_is_in_its_wheel() -> None:
    assert len(photos.originals()) == sum(len(names) for _, names in photos.SHIPPED.values())


def test_written_photographs_are_an_image_folder(tmp_path: Path) -> None:
    paths = photos.write(tmp_path)
    source = ImageFolder(tmp_path)
    assert len(source) == len(paths) == len(photos.originals())
    for path in paths:
        assert 400 < max(Image.open(path).size) <= 500


def test_crops_are_the_same_every_time_and_differ_from_each_other(tmp_path: Path) -> None:
    contents = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        contents.append([path.read_bytes() for path in photos.write_crops(tmp_path / name, 9)])
    assert contents[0] == contents[1]
    assert len(set(contents[0])) == 9


def test_without_the_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "find_spec", lambda name: None)
    with pytest.raises(SourceError, match=r'no photographs here: pip install "variegate\[demo\]"'):
        photos.originals()
