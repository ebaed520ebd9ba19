"""The header pass finds a JPEG's size, coding and orientation, as Pillow does."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate.errors import DecodeError
from variegate.loader.decode.jpeg import PLAIN_JFIF, jpeg_header, pixels_alone


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


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def exif_of(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[274] = orientation
    return segment(0xE1, exif.tobytes())


XMP = segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="6"/>')


@pytest.mark.parametrize(
    ("segments", "want"),
    [
        ([exif_of(6), exif_of(8)], 6),
        ([exif_of(1), exif_of(8)], 1),
        ([segment(0xE1, Image.Exif().tobytes()), exif_of(8)], 8),
        ([segment(0xE1, b"Exif\0\0broken"), exif_of(8)], 8),
        ([XMP], 6),
        ([XMP, exif_of(3)], 3),
        ([exif_of(1), XMP], 1),
        ([segment(0xE1, b"Exif\0\0broken"), XMP], 6),
        ([segment(0xE1, b"other"), segment(0xE1, b"")], 1),
    ],
)
def test_several_segments_that_may_say_how_it_stands(
    picture: Callable[..., np.ndarray], segments: list[bytes], want: int
) -> None:
    data = jpeg(picture(4, 6))
    scan = data.index(b"\xff\xda")
    for at in (2, scan):  # before all others, and behind the frame header
        told = data[:at] + b"".join(segments) + data[at:]
        assert jpeg_header(told, "x").orientation == jpeg_header(memoryview(told), "x").orientation == want


@pytest.mark.parametrize(
    "broken", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff", b"zz*\0\x08\0\0\0"]
)
def test_a_broken_exif_segment_is_passed_over(picture: Callable[..., np.ndarray], broken: bytes) -> None:
    exif = b"Exif\0\0" + broken
    data = jpeg(picture(4, 6))
    data = data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:]
    assert jpeg_header(data, "x") == (4, 6, 1, True, "", 3, 0)


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


@pytest.mark.parametrize("between", [b"x", b"some bytes", b"a\xff\0b\xff\xff", b"\0" * 300, b"\xff" * 9])
def test_bytes_between_segments_are_skipped_as_libjpeg_does(picture: Callable[..., np.ndarray], between: bytes) -> None:
    data = jpeg(picture(4, 6), exif=exif_of(6)[4:])
    at = [2, data.index(b"\xff\xe1"), data.index(b"\xff\xdb"), data.index(b"\xff\xc0")]
    for start in at:
        assert jpeg_header(data[:start] + between + data[start:], "x") == jpeg_header(data, "x")


def test_the_pixels_alone(picture: Callable[..., np.ndarray]) -> None:
    """What is left of the segments makes the same picture; from the first scan on all bytes are."""
    plain = jpeg(picture(4, 6), progressive=True)
    profile = b"\xff\0" * 99 + b"ICC_PROFILE\0"
    data = jpeg(picture(4, 6), progressive=True, exif=exif_of(6)[4:], icc_profile=profile, comment=b"why")
    scan = data.index(b"\xff\xda")
    data = data[:2] + b"junk" + data[2:scan] + b"more" + data[scan:] + b"behind"
    left = plain.replace(plain[2:20], PLAIN_JFIF)
    at = left.index(b"\xff\xda")
    for each in (data, memoryview(data)):
        assert b"".join(pixels_alone(each)) == left[:at] + b"more" + left[at:] + b"behind"


def test_of_a_broken_header_all_is_left() -> None:
    for data in (b"\xff\xd8", b"\xff\xd8\xff\xe0\0\x10JFIF", b"\xff\xd8\xff\xd9 and more", b"\xff\xd8\xff\xd8\xff\xda"):
        assert b"".join(pixels_alone(data)) == data


def test_what_is_wrong_is_said(picture: Callable[..., np.ndarray]) -> None:
    data = jpeg(picture(4, 6))
    frame = data.index(b"\xff\xc0")
    nothing = data[: frame + 5] + b"\0\0\0\0" + data[frame + 9 :]
    for broken, said in [
        (data[:frame], "ends within its header"),
        (data[: frame + 6], "ends within its header"),
        (data[:2], "ends within its header"),
        (data[:2] + b"\xff\xd9", "no frame header"),
        (data[:2] + b"\xff\xd8" + data[2:], "no frame header"),
        (data[:2] + b"\xff\xda\0\2", "no frame header"),
        (data[:2] + b"hello", "ends within its header"),
        (nothing, "0 x 0 pixels"),
    ]:
        with pytest.raises(DecodeError, match=f"photo.jpg.*{said}"):
            jpeg_header(broken, "photo.jpg")
