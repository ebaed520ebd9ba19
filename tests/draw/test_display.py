"""Sources and loaders in notebooks: their name, and their first pictures with labels; or why these cannot be had."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import variegate as vg

PICTURES = np.random.default_rng(0).integers(0, 256, (11, 30, 40, 3), np.uint8)


def picture(html: str) -> Image.Image:
    (data,) = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_a_source_shows_its_first_samples() -> None:
    source = vg.Arrays(PICTURES, labels=list(range(11)))
    html = source._repr_html_()
    assert "Arrays: the first 8 of 11 samples" in html
    assert np.array_equal(np.asarray(picture(html)), np.asarray(vg.sheet(source[:8], cell=128, columns=8)))


def test_a_loader_shows_its_next_batch_and_stays_where_it_is() -> None:
    loader = vg.Loader(vg.Arrays(PICTURES), vg.Compose([vg.Rotate((-30, 30))]), batch_size=4, seed=3)
    assert "Loader of Arrays: the first batch" in loader._repr_html_()
    shown = np.asarray(picture(loader._repr_html_()))
    assert np.array_equal(shown, np.asarray(vg.sheet(loader, cell=128, columns=8)))
    assert loader.next_place == (0, 0)
    (first, *_), again = list(loader), vg.Loader(loader.source, loader.augment, batch_size=4, seed=3)
    assert np.array_equal(first["image"], next(iter(again))["image"])


def test_a_part_and_a_sum_are_shown_too() -> None:
    source = vg.Arrays(PICTURES)
    assert "the first 2 of 2 samples" in vg.Subset(source, [3, 4])._repr_html_()
    assert "the first 8 of 22 samples" in (source + source)._repr_html_()


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "<b>.png").write_bytes(b"no picture")
    html = vg.ImageFolder(tmp_path)._repr_html_()
    assert "ImageFolder: the first 1 of 1 samples" in html
    assert "DecodeError" in html and "cannot be decoded" in html and "<b>" not in html and "<img" not in html


def test_an_error_of_a_users_own_is_not_hidden() -> None:
    class Own(vg.Arrays):
        def read(self, i: int) -> np.ndarray:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Own(PICTURES)._repr_html_()
