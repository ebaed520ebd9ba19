"""What the reader by indexes writes is what simplejpeg gives, the first time, later, and of a file that has changed."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import simplejpeg
from PIL import Image
from tests.loader.conftest import noise

from variegate.loader.decode import by_index
from variegate.loader.decode.by_index import IndexedReader, reader_of
from variegate.loader.decode.compilation import COMPILATION, Compilation
from variegate.loader.decode.indexes import MOST, Origin
from variegate.loader.decode.window import part

WINDOW = (30, 70, 50, 90)


@pytest.fixture(autouse=True, scope="module")
def compiled() -> None:
    COMPILATION.compile()


def jpeg(seed: int = 0, mode: str = "RGB", size: tuple[int, int] = (100, 140), **options: Any) -> bytes:
    file, levels = io.BytesIO(), noise(*size, seed=seed)
    Image.fromarray(levels).convert(mode).save(file, "JPEG", **options)
    return file.getvalue()


def assert_read(reader: IndexedReader, data: bytes, mode: str = "RGB", origin: Origin = Origin(0, 7)) -> None:  # noqa: B008
    want = simplejpeg.decode_jpeg(data, "GRAY" if mode == "L" else mode)
    out = np.full(want.shape, 99, np.uint8)
    assert reader.read(data, mode, WINDOW, out, origin)
    np.testing.assert_array_equal(out[part(WINDOW)], want[part(WINDOW)])


@pytest.mark.parametrize("stored", ["RGB", "L"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize(
    "options", [{}, {"subsampling": 0}, {"quality": 95, "optimize": True}, {"restart_marker_blocks": 3}]
)
def test_the_window_is_that_of_the_whole(mode: str, stored: str, options: dict[str, Any]) -> None:
    reader, data = IndexedReader(), jpeg(mode=stored, **options)
    for _ in range(3):
        assert_read(reader, data, mode)
        assert len(reader.indexes) == 1


def test_the_second_time_it_begins_at_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, data = IndexedReader(), jpeg()
    assert_read(reader, data)
    index = reader.indexes.get(Origin(0, 7))
    broken = bytearray(data)
    broken[-40:-2] = bytes(38)  # far below the window: who walked to the end would say no
    assert_read(reader, data)
    out = np.empty((100, 140, 3), np.uint8)
    assert reader.read(bytes(broken), "RGB", WINDOW, out, Origin(0, 7))
    assert reader.indexes.get(Origin(0, 7)) is index
    assert not reader.read(bytes(broken), "RGB", WINDOW, out, Origin(0, 8))  # whose file is another one


def test_a_file_that_has_changed_is_walked_through_anew() -> None:
    reader, first, second = IndexedReader(), jpeg(0), jpeg(1)
    for data, stamp in ((first, 7), (second, 8), (first, 9)):
        assert_read(reader, data, origin=Origin(0, stamp))
    assert_read(reader, second, origin=Origin(0, 9))  # and one whose stamp does not tell
    assert_read(reader, second, origin=Origin(0, 9))
    assert len(reader.indexes) == 1


def test_without_a_stamp_the_bytes_tell() -> None:
    reader, first, second = IndexedReader(), jpeg(0), jpeg(1)
    for data in (first, second, first, first):
        assert_read(reader, data, origin=Origin(0, None))
    assert reader.indexes.get(Origin(0, None)) is None and len(reader.indexes) == 1


def test_what_is_refused_is_walked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, data, out = IndexedReader(), jpeg()[:-60], np.empty((100, 140, 3), np.uint8)
    assert not reader.read(data, "RGB", WINDOW, out, Origin(0, 7))
    monkeypatch.setattr("variegate.jpeg.verify", None)
    assert not reader.read(data, "RGB", WINDOW, out, Origin(0, 7))
    assert not reader.read(jpeg(progressive=True), "RGB", WINDOW, out, Origin(1, 7)) and len(reader.indexes) == 1


def test_a_header_of_another_size_is_not_read() -> None:
    assert not IndexedReader().read(jpeg(), "RGB", WINDOW, np.empty((100, 150, 3), np.uint8), Origin(0, 7))


def test_before_it_is_compiled_it_says_no_and_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Compilation()
    monkeypatch.setattr(by_index, "COMPILATION", own)
    assert not IndexedReader().read(jpeg(), "RGB", WINDOW, np.empty((100, 140, 3), np.uint8), Origin(0, 7))
    assert own.wanted and not own.there


def test_who_reads_for_a_loader() -> None:
    assert reader_of("turbo", "exact", None) is reader_of("auto", "scaled", None) is None
    for memory, most in ((None, MOST), (8000, 1000)):
        reader = reader_of("auto", "exact", memory)
        assert reader is not None and reader.indexes._most == most
