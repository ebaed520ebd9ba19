"""JPEGs: read whatever stands beside their pixels, refused where those are damaged; and what their grey is."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from variegate.errors import DecodeError
from variegate.loader.decode.image import _Other, open_image

Maker = Callable[..., np.ndarray]
KINDS: dict[str, dict[str, Any]] = {
    "baseline": {},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_blocks": 2},
    "grey": {"mode": "L"},
    "cmyk": {"mode": "CMYK"},  # which Pillow reads, and simplejpeg the others
    "rgb": {"keep_rgb": True},
}


def jpeg(image: np.ndarray, mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).convert(mode).save(file, "JPEG", **options)
    return file.getvalue()


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def profile(number: int, count: int) -> bytes:
    return segment(0xE2, b"ICC_PROFILE\0" + bytes([number, count]) + b"x" * 50)


def revision(data: bytes) -> bytes:
    """Of another JFIF; CMYK and RGB have none, and get one that is too short to be one."""
    if b"JFIF\0" not in data:
        return data[:2] + segment(0xE0, b"JFIF\0\7") + data[2:]
    at = data.index(b"JFIF\0") + 5
    return data[:at] + b"\7\7" + data[at + 2 :]


def before(marker: int, more: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(bytes([0xFF, marker]), more + bytes([0xFF, marker]), 1)


def first(more: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data[:2] + more + data[2:]


BESIDE: dict[str, Callable[[bytes], bytes]] = {
    "half a profile": first(profile(1, 2)),
    "the other half": first(profile(2, 2)),
    "no number": first(profile(0, 0)),
    "twice": first(profile(1, 1) + profile(1, 1)),
    "broken Exif": first(segment(0xE1, b"Exif\0\0II*\0\xff\xff")),
    "empty segments": first(segment(0xE1, b"") + segment(0xED, b"") + segment(0xFE, b"")),
    "broken Photoshop": first(segment(0xED, b"Photoshop 3.0\x008BIM\4\4")),
    "broken MPF": first(segment(0xE2, b"MPF\0II*\0\xff\xff")),
    "unknown JFIF": revision,
    "thumbnail that is none": first(segment(0xE0, b"JFXX\0\x13zz")),
    "bytes first": first(b"junk\xff\0\xff\xff"),
    "bytes before tables": lambda data: data if b"Adobe" in data else before(0xDB, b"123")(data),
    "bytes behind metadata": first(segment(0xED, b"a") + b"12345" + segment(0xFE, b"b") + bytes(9)),
    "all of it": lambda data: first(profile(1, 2) + b"junk" + profile(1, 1) + b"\0")(revision(data)),
    "bytes behind": lambda data: data + b"more" * 9,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", BESIDE)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_what_stands_beside_the_pixels_refuses_none(picture: Maker, kind: str, name: str, mode: Any) -> None:
    data = jpeg(picture(40, 61), **KINDS[kind])
    odd = BESIDE[name](data)
    for each in (odd, memoryview(odd)):
        found = open_image(each, "a.jpg", mode)
        assert np.array_equal(found.decode(), open_image(data, "a.jpg", mode).decode())
        room = np.zeros(found.nbytes, np.uint8)
        assert np.array_equal(found.decode(room), open_image(data, "a.jpg", mode).decode())


def test_it_stands_as_before(picture: Maker) -> None:
    """That the decoder gets it without its metadata turns no picture."""
    exif = Image.Exif()
    exif[274] = 6
    for mode in ("RGB", "CMYK"):
        data = jpeg(picture(40, 61), mode, exif=exif)
        opened = open_image(first(profile(1, 2) + b"junk")(data))
        upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        assert opened.size == (61, 40) and np.array_equal(opened.decode(), np.asarray(upright))
        assert opened.decode(reduction=2).shape == ((31, 20, 3) if mode == "RGB" else (61, 40, 3))


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda data: data[:-40],
    "cut and closed": lambda data: data[:-40] + b"\xff\xd9",
    "no end": lambda data: data[:-2],
    "codes": lambda data: data[:-300] + b"\x55" * 200 + data[-100:],
}


@pytest.mark.parametrize("kind", ["baseline", "progressive", "restarts", "grey", "rgb"])
@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_pixels_are_an_error_whatever_stands_beside_them(picture: Maker, kind: str, name: str) -> None:
    broken = DAMAGE[name](jpeg(picture(40, 61), **KINDS[kind]))
    reasons = set()
    for beside in (lambda data: data, *BESIDE.values()):
        with pytest.raises(DecodeError, match=r"(?i)premature end|extraneous|Huffman|RST|Inconsistent") as caught:
            open_image(beside(broken), "a.jpg").decode()
        reasons.add(caught.value.reason)
    if not name.startswith("c"):
        assert len(reasons) == 1


@pytest.mark.parametrize("marker", [0xC0, 0xC4, 0xDA])
def test_bytes_behind_a_segment_of_the_pixels_may_be_its_own(picture: Maker, marker: int) -> None:
    """Where some were put into a table, its last ones stand behind it, and what is read of it is wrong."""
    data = jpeg(picture(40, 61))
    with pytest.raises(DecodeError, match="extraneous bytes before marker"):
        open_image(before(marker, b"123")(data)).decode()
    table = data.index(b"\xff\xdb") + 30
    with pytest.raises(DecodeError, match="extraneous bytes before marker"):
        open_image(first(b"junk")(data[:table] + b"\1\2\3" + data[table:])).decode()


def test_a_thumbnail_is_not_taken_for_the_picture(picture: Maker) -> None:
    """A hole over the head of the Exif segment leaves the thumbnail's tables in the open."""
    small, exif = jpeg(picture(16, 16)), Image.Exif()
    exif[271] = "maker"
    body = exif.tobytes() + small
    data = first(segment(0xE1, body))(jpeg(picture(240, 320)))
    end = data.index(b"\xff\xdb")
    broken = data[:2] + bytes(end - 2) + data[end:]
    assert open_image(data).decode().shape == (240, 320, 3)
    with pytest.raises(DecodeError, match="extraneous bytes"):
        open_image(broken).decode()


def test_numbers_of_unknown_colours_are_an_error(picture: Maker) -> None:
    """Adobe's marker says what the numbers mean, so it is not beside the pixels."""
    data = jpeg(picture(8, 8), keep_rgb=True)
    at = data.index(b"Adobe") + 11
    with pytest.raises(DecodeError, match="Unknown Adobe color transform code 7"):
        open_image(data[:at] + b"\7" + data[at + 1 :]).decode()


def test_no_warning_comes_of_broken_metadata(picture: Maker) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kind in KINDS.values():
            for beside in BESIDE.values():
                open_image(beside(jpeg(picture(8, 8), **kind))).decode()


def test_grey_is_the_luminance_that_the_file_has(picture: Maker) -> None:
    """Y, before rounding to red, green and blue: near their luminance, and equal to it where the file has those."""
    image = picture(40, 61) // 3 + 80  # within what red, green and blue have
    for options, far in [({"quality": 95, "subsampling": 0}, 1.01), ({"keep_rgb": True}, 0.51)]:
        data = jpeg(image, **options)
        grey, colour = open_image(data, mode="L").decode()[..., 0], open_image(data).decode()
        assert np.abs(grey - colour @ np.array([0.299, 0.587, 0.114])).max() < far


def three_to_one(luma: np.ndarray, blue: np.ndarray, red: np.ndarray) -> bytes:
    """A JPEG of a scan a component, whose Y is three times as wide as Cb and Cr: a sampling that TurboJPEG has not."""
    files = [jpeg(part, "L", quality=90) for part in (luma, blue, red)]
    frame = files[0].index(b"\xff\xc0")
    tables = files[0][files[0].index(b"\xff\xc4") : files[0].index(b"\xff\xda")]
    components = b"\1\x31\0\2\x11\0\3\x11\0"
    header = files[0][:frame] + segment(0xC0, struct.pack(">BHHB", 8, *luma.shape, 3) + components)
    scans = [data[data.index(b"\xff\xda") + 10 : -2] for data in files]
    parts = [segment(0xDA, bytes([1, number, 0, 0, 63, 0])) + scan for number, scan in enumerate(scans, 1)]
    return header + tables + b"".join(parts) + b"\xff\xd9"


def test_grey_hangs_on_no_coding() -> None:
    """Of a JPEG that Pillow reads it is Y too, which Pillow's own conversion from the colours is not."""
    rng = np.random.default_rng(0)
    luma, blue, red = (rng.integers(0, 256, (16, width), dtype=np.uint8) for width in (48, 16, 16))
    data = three_to_one(luma, blue, red)
    for each in (data, first(b"junk")(data)):
        assert type(open_image(each)) is _Other
        grey = open_image(each, mode="L").decode()
        assert np.array_equal(grey, open_image(jpeg(luma, "L", quality=90), mode="L").decode())
        assert np.array_equal(open_image(each).decode(), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
    off = np.abs(np.asarray(Image.open(io.BytesIO(data)).convert("L")).astype(int) - grey[..., 0])
    assert off.max() > 9
