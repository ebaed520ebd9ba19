"""The header pass finds a JPEG's size, coding and orientation, as Pillow does."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate.errors import DecodeError
from variegate.loader.header import jpeg_header


def jpeg(image: np.ndarray, mode: str | None = None, **options: Any) -> bytes:
    file = io.BytesIO()
    (Image.fromarray(image) if mode is None else Image.fromarray(image).convert(mode)).save(file, "JPEG", **options)
    return file.getvalue()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"quality": 5}, {"optimize": True}])
@pytest.mark.parametrize("size", [(1, 1), (3, 300), (300, 3)])
def test_size(picture: Callable[..., np.ndarray], size: tuple[int, int], options: dict[str, Any]) -> None:
    header = jpeg_header(jpeg(picture(*size), **options), "x")
    assert (header.height, header.width, header.orientation, header.usual) == (*size, 1, True)


@pytest.mark.parametrize("order", ["II", "MM"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(picture: Callable[..., np.ndarray], orientation: int, order: str) -> None:
    exif = Image.Exif()
    exif.endian = "<" if order == "II" else ">"
    exif[271], exif[274], exif[305] = "maker", orientation, "software"
    assert jpeg_header(jpeg(picture(4, 6), exif=exif), "x").orientation == orientation


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_without_meaning_is_none(picture: Callable[..., np.ndarray], orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    assert jpeg_header(jpeg(picture(4, 6), exif=exif), "x").orientation == 1


@pytest.mark.parametrize(
    "broken", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff", b"zz*\0\x08\0\0\0"]
)
def test_a_broken_exif_segment_is_passed_over(picture: Callable[..., np.ndarray], broken: bytes) -> None:
    exif = b"Exif\0\0" + broken
    data = jpeg(picture(4, 6))
    data = data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:]
    assert jpeg_header(data, "x") == (4, 6, 1, True, 3, 0)


def test_a_cmyk_jpeg_is_not_usual(picture: Callable[..., np.ndarray]) -> None:
    assert not jpeg_header(jpeg(picture(4, 6), "CMYK"), "x").usual
    assert jpeg_header(jpeg(picture(4, 6), "L"), "x").usual


def test_depth_coding_and_sampling_decide(picture: Callable[..., np.ndarray]) -> None:
    data = jpeg(picture(4, 6))
    frame = data.index(b"\xff\xc0")
    for at, byte in [(4, 12), (1, 0xC9), (11, 0x31)]:  # 12 bits, arithmetic coding, three to one
        odd = bytearray(data)
        odd[frame + at] = byte
        assert not jpeg_header(bytes(odd), "x").usual


def test_fill_bytes_and_lone_markers_are_passed_over(picture: Callable[..., np.ndarray]) -> None:
    data = jpeg(picture(4, 6))
    assert jpeg_header(data[:2] + b"\xff\x01\xff\xff" + data[2:], "x").height == 4


def test_what_is_wrong_is_said(picture: Callable[..., np.ndarray]) -> None:
    data = jpeg(picture(4, 6))
    frame = data.index(b"\xff\xc0")
    nothing = data[: frame + 5] + b"\0\0\0\0" + data[frame + 9 :]
    for broken, said in [
        (data[:frame], "ends within its header"),
        (data[: frame + 6], "ends within its header"),
        (data[:2], "ends within its header"),
        (data[:2] + b"\xff\xd9", "no frame header"),
        (data[:2] + b"hello", "no JPEG segment begins at byte 2"),
        (nothing, "0 x 0 pixels"),
    ]:
        with pytest.raises(DecodeError, match=f"photo.jpg.*{said}"):
            jpeg_header(broken, "photo.jpg")
