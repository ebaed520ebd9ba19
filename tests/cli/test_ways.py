"""Which pictures go the fast way, and what is said of those that do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from variegate.cli.ways import FAST, told, ways
from variegate.loader import Arrays, ImageFolder


def test_of_each_file_the_reason_is_told(tmp_path: Path) -> None:
    levels = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    picture = Image.fromarray(levels).resize((48, 36))
    for n in range(5):
        picture.save(tmp_path / f"{n}.jpg", subsampling=n % 3)
    picture.convert("L").save(tmp_path / "grey.jpg")
    picture.save(tmp_path / "progressive.jpg", progressive=True)
    picture.convert("CMYK").save(tmp_path / "cmyk.jpg")
    picture.save(tmp_path / "other.png")
    whole = (tmp_path / "0.jpg").read_bytes()
    (tmp_path / "short.jpg").write_bytes(whole[:-40])
    found = ways(ImageFolder(tmp_path))
    assert found.pop(FAST) == 6
    assert dict(found) == {
        "it is progressive": 1,
        "it has other than 1 or 3 channels": 1,
        "it is no JPEG": 1,
        "the pixels end too early": 1,
    }


def test_of_arrays() -> None:
    assert ways(Arrays(np.zeros((3, 4, 5, 3), np.uint8))) == {"it comes as an array": 3}


def test_all_of_one_kind_are_told_in_a_word() -> None:
    assert told({FAST: 3}) == "100% of the pictures are decoded no further than they are seen"
    assert told({"it is no JPEG": 3}).endswith(
        "0% of the pictures are decoded no further than they are seen; not so: 100% (it is no JPEG)"
    )
