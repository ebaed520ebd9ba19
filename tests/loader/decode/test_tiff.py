"""A TIFF of any bands, bits, order and layout gives the numbers that were written, or says what it is."""

from __future__ import annotations

import io
import logging
import struct
import sys
from importlib.util import find_spec
from itertools import product
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from variegate.errors import DecodeError
from variegate.loader.decode.image import open_image, open_view
from variegate.loader.decode.orientation import UPRIGHT
from variegate.loader.decode.wide import Wide

DTYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float16", "float32", "float64")


@pytest.fixture(autouse=True)
def quiet() -> Any:
    """Pillow logs that it cannot read ten bands."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


def written(numbers: np.ndarray, **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, numbers, **options)
    return file.getvalue()


def numbers_of(dtype: str, bands: int, height: int = 25, width: int = 37) -> np.ndarray:
    """Of all that float32 has too."""
    rng = np.random.default_rng(bands)
    low, high = (-2000, 2000) if np.dtype(dtype).kind == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return rng.integers(max(low, -(2**24)), min(high, 2**24), (height, width, bands), endpoint=True).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bands", [1, 2, 3, 4, 5, 10])
def test_all_bands_of_every_dtype_order_and_layout(dtype: str, bands: int) -> None:
    numbers = numbers_of(dtype, bands)
    white = np.iinfo(dtype).max if dtype in ("uint8", "uint16") else None
    asked = "float32" if white is None else "uint16"
    tried = 0
    for order, apart, packed, tile, photometric in product(
        "<>", (False, True), ({}, {"compression": "zlib"}, {"compression": "zlib", "predictor": True}),
        (None, (16, 16)), ("miniswhite", "minisblack", "rgb"),
    ):  # fmt: skip
        if (apart and bands == 1) or (photometric == "rgb" and bands < 3):
            continue
        if packed.get("predictor") and np.dtype(dtype).kind == "f":
            continue  # which tifffile does not write by itself
        given = np.moveaxis(numbers, 2, 0) if apart else numbers[..., 0] if bands == 1 else numbers
        layout = {} if bands == 1 else {"planarconfig": "separate" if apart else "contig"}
        data = written(
            np.ascontiguousarray(given), byteorder=order, tile=tile, photometric=photometric, **packed, **layout
        )
        opened = open_image(data, "x.tif", "bands", dtype=asked)
        exact = numbers.copy()
        if photometric == "miniswhite" and white is not None:
            exact[..., 0] = white - exact[..., 0]  # what lies beyond the grey has no white
        exact = exact.astype(asked) * (257 if dtype == "uint8" else 1)
        pixels = opened.decode()
        assert (*opened.size, opened.channels) == numbers.shape and pixels.dtype == opened.dtype == asked
        assert np.array_equal(pixels, exact), (order, apart, packed, tile, photometric)
        tried += 1
    assert tried >= 12


@pytest.mark.parametrize("colours", ["RGB", "RGBA"])
@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
def test_colours_of_16_bits_need_pillow_alone(colours: str, compression: str | None, monkeypatch: Any) -> None:
    """In any compression that libtiff has; the picture is written by halves, as Pillow writes none of 16 bits."""
    monkeypatch.setitem(sys.modules, "tifffile", None)
    numbers = np.random.default_rng(0).integers(0, 65536, (9, 11, len(colours))).astype(np.uint16)
    data = _of_16_bits(numbers, compression)
    opened = open_image(data, mode=colours, dtype="uint16")
    assert isinstance(opened, Wide) and np.array_equal(opened.decode(), numbers)


def _of_16_bits(numbers: np.ndarray, compression: str | None) -> bytes:
    """Two pixels of 8 bits are one of 16 in little-endian order: half as wide, and the bits are said to be 16."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    height, width, bands = numbers.shape
    flat = np.ascontiguousarray(numbers.astype("<u2")).view(np.uint8).reshape(height, width * 2, bands)
    file = io.BytesIO()
    Image.fromarray(flat).save(file, "TIFF", compression=compression)
    data = bytearray(file.getvalue())
    tags = ImageFileDirectory_v2(bytes(data[:8]))
    entries = int.from_bytes(data[tags.next : tags.next + 2], "little")
    for at in range(tags.next + 2, tags.next + 2 + 12 * entries, 12):
        tag, kind = int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 2 : at + 4], "little")
        if tag == 256:
            data[at + 8 : at + 8 + (4 if kind == 4 else 2)] = width.to_bytes(4 if kind == 4 else 2, "little")
        if tag == 258:
            start = int.from_bytes(data[at + 8 : at + 12], "little")
            data[start : start + 2 * bands] = b"\x10\0" * bands
    return bytes(data)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
@pytest.mark.parametrize("bands", [1, 3, 5])
def test_orientation(orientation: int, dtype: str, bands: int) -> None:
    """As Pillow turns the same picture of 8 bits; whoever reads it."""
    small = np.random.default_rng(0).integers(0, 256, (5, 7)).astype(np.uint8)
    tag = [(274, "H", 1, orientation, True)]
    upright = open_image(written(small, extratags=tag), mode="L").decode()
    numbers = np.stack([small.astype(dtype)] * bands, -1)
    options = {"photometric": "minisblack", "planarconfig": "contig"} if bands > 1 else {}
    data = written(numbers if bands > 1 else numbers[..., 0], extratags=tag, **options)
    opened = open_image(data, mode="bands", dtype="uint16" if dtype == "uint16" else "float32")
    assert opened.size == upright.shape[:2]
    assert np.array_equal(opened.decode(), np.repeat(upright, bands, axis=2))


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation=%s/></x:xmpmeta>'


@pytest.mark.parametrize(
    ("tag", "kind", "xmp", "want"),
    [
        *[(6, kind, None, 6) for kind in (1, 3, 4, 6, 8, 9)],
        *[(3, kind, None, 3) for kind in (1, 3, 4, 6, 8, 9)],
        (None, 3, b'"6"', 6),
        (None, 3, b"'8'", 8),
        (None, 3, b'"3"', 3),
        (None, 3, b'"0"', 1),
        (1, 3, b'"6"', 1),
        (1, 1, b'"6"', 1),
        (8, 3, b'"6"', 8),
    ],
)
@pytest.mark.parametrize(("dtype", "bands"), [("uint8", 1), ("uint8", 3), ("uint16", 1), ("uint16", 3), ("float32", 3)])
def test_orientation_by_the_rule_of_every_format(
    tag: int | None, kind: int, xmp: bytes | None, want: int, dtype: str, bands: int
) -> None:
    """A tag of any whole number, else XMP; whether Pillow, tifffile or nobody but us turns the picture."""
    numbers = numbers_of(dtype, bands)
    rows = [] if tag is None else [(274, kind, 1, tag, True)]
    if xmp is not None:
        rows.append((700, 1, len(XMP % xmp), XMP % xmp, True))
    given, colours = (numbers, "rgb") if bands == 3 else (numbers[..., 0], "minisblack")
    data = written(given, photometric=colours, extratags=rows, metadata=None)
    opened = open_image(data, mode="RGB" if bands == 3 else "L", dtype=dtype)
    upright = UPRIGHT[want](numbers)
    assert opened.size == upright.shape[:2] and np.array_equal(opened.decode(), upright)


@pytest.mark.parametrize("bits", [8, 16])
def test_white_that_is_zero_at_8_and_at_16_bits(bits: int) -> None:
    numbers = numbers_of(f"uint{bits}", 1)[..., 0]
    data = written(numbers, photometric="miniswhite")
    white = (1 << bits) - 1
    shown = open_image(data, mode="L", dtype="uint16").decode()[..., 0]
    assert np.array_equal(shown, (white - numbers).astype(np.uint16) * (257 if bits == 8 else 1))


def test_twelve_bits() -> None:
    """What a scanner packs: two numbers in three bytes, and white at 4095."""
    numbers = np.random.default_rng(0).integers(0, 4096, (6, 8)).astype(np.uint16)
    pairs = numbers.reshape(-1, 2).astype(np.uint32)
    packed = pairs[:, 0] << 12 | pairs[:, 1]
    data = bytearray(written(np.stack([packed >> 16, packed >> 8, packed], -1).astype(np.uint8).reshape(6, 12)))
    for tag, value in ((256, 8), (258, 12)):
        at = data.index(tag.to_bytes(2, "little") + b"\3\0" if tag == 258 else tag.to_bytes(2, "little"))
        data[at + 8 : at + 10] = value.to_bytes(2, "little")
    shown = open_image(bytes(data), mode="L", dtype="uint16").decode()[..., 0]
    assert np.array_equal(shown, np.rint(numbers.astype(float) * 65535 / 4095))


def test_colours_and_alpha_of_what_tifffile_reads() -> None:
    numbers = numbers_of("uint16", 4)
    apart = np.ascontiguousarray(np.moveaxis(numbers, 2, 0))
    straight = written(apart, photometric="rgb", planarconfig="separate", extrasamples=["unassalpha"])
    assert np.array_equal(open_image(straight, mode="RGBA", dtype="uint16").decode(), numbers)
    assert np.array_equal(open_image(straight, dtype="uint16").decode(), numbers[..., :3])
    infrared = written(apart, photometric="rgb", planarconfig="separate", extrasamples=["unspecified"])
    assert np.array_equal(open_image(infrared, dtype="uint16").decode(), numbers[..., :3])
    grey = written(numbers[..., :2], photometric="minisblack", planarconfig="contig", extrasamples=["unassalpha"])
    assert np.array_equal(open_image(grey, mode="L", dtype="uint16").decode(), numbers[..., :1])
    floats = numbers[..., :3] / np.float32(65535)
    assert np.array_equal(open_image(written(floats, photometric="rgb"), dtype="float32").decode(), floats)


def test_several_pages_are_one_picture_the_first() -> None:
    pages = np.stack([numbers_of("float64", 1, seed + 5)[:5, :, 0] for seed in range(3)])
    data = written(pages, photometric="minisblack")
    assert np.array_equal(open_image(data, mode="L", dtype="float32").decode()[..., 0], pages[0])


def by_pillow(pages: np.ndarray) -> bytes:
    file, (first, *rest) = io.BytesIO(), map(Image.fromarray, pages)
    first.save(file, "TIFF", save_all=True, append_images=rest)
    return file.getvalue()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(
    "write",
    [
        by_pillow,
        written,
        lambda pages: written(pages, bigtiff=True),
        lambda pages: written(pages, byteorder=">"),
        lambda pages: written(pages, imagej=True),
        lambda pages: written(pages, ome=True, photometric="minisblack"),
    ],
)
def test_bands_in_several_pages_are_refused(dtype: str, write: Any) -> None:
    """Where tifffile or Pillow reads them; in the other modes the first page is the picture."""
    pages = numbers_of(dtype, 10)
    data = write(np.ascontiguousarray(np.moveaxis(pages, 2, 0)))
    said = r'^x\.tif: .* a TIFF of 10 pages, and of these mode="bands" would read the first alone; write .*"separate"'
    with pytest.raises(DecodeError, match=said) as caught:
        open_image(data, "x.tif", "bands", dtype="float32")
    assert caught.value.sound
    levels = pages[..., 0] / np.float32({"uint8": 255, "uint16": 65535}.get(dtype, 1))
    assert np.array_equal(open_image(data, mode="L", dtype="float32").decode()[..., 0], levels)
    one = written(np.ascontiguousarray(np.moveaxis(pages, 2, 0)), planarconfig="separate", photometric="minisblack")
    assert open_image(one, "x.tif", "bands", dtype="float32").channels == 10  # as the error says


@pytest.mark.parametrize("subfile", [1, 4, 5])
def test_smaller_copies_and_masks_are_no_pages(subfile: int) -> None:
    """As of satellites' pictures, which have them at half the size, a quarter and so on."""
    numbers, file = numbers_of("uint16", 4), io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(numbers, photometric="minisblack", planarconfig="contig")
        for step in (2, 4):
            part = numbers[::step, ::step, 0] > 9 if subfile & 4 else numbers[::step, ::step, 0]  # a mask is of bits
            writer.write(np.ascontiguousarray(part), photometric="minisblack", subfiletype=subfile)
    assert np.array_equal(open_image(file.getvalue(), "x", "bands", dtype="uint16").decode(), numbers)


@pytest.mark.parametrize(
    ("dtype", "bands", "options", "asked", "said"),
    [
        ("int16", 1, {}, "uint8", 'a TIFF of 1 band of 16 bits with a sign, none of .* white; dtype="float32" takes'),
        ("int8", 1, {}, "uint8", "a TIFF of 1 band of 8 bits with a sign, none of"),
        ("int32", 1, {}, "uint16", "a TIFF of 1 band of 32 bits with a sign, none of"),
        ("uint32", 1, {}, "uint16", "a TIFF of 1 band of 32 bits, none of which is known to be white"),
        ("float32", 1, {}, "uint8", "a TIFF of 1 band of 32 bits, floats, none of"),
        ("float64", 1, {}, "uint8", "a TIFF of 1 band of 64 bits, floats, none of"),
        (
            "uint16",
            4,
            {"planarconfig": "contig"},
            "uint8",
            'a TIFF of 4 bands of 16 bits, and .*; mode="bands" takes',
        ),
        (
            "uint8",
            5,
            {"planarconfig": "contig"},
            "uint8",
            "a TIFF of 5 bands of 8 bits, and which of them are plain red",
        ),
        (
            "uint16",
            3,
            {"photometric": "rgb"},
            "uint8",
            "3 bands of 16 bits, which uint8 has no room for; dtype=.uint16",
        ),
        (
            "complex64",
            1,
            {},
            "float32",
            "a TIFF of 1 bands of .64,. bits, sample format .6,. .* which nothing here rea",
        ),
    ],
)
def test_what_a_file_is_and_what_to_write(dtype: str, bands: int, options: Any, asked: str, said: str) -> None:
    numbers = np.zeros((4, 6, bands) if bands > 1 else (4, 6), dtype)
    data = written(numbers, **{"photometric": "minisblack", **options})
    with pytest.raises(DecodeError, match=f"x.tif: cannot be decoded: it is .*{said}") as caught:
        open_image(data, "x.tif", dtype=asked)
    assert caught.value.sound


def test_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    bands = written(np.zeros((4, 6, 5), np.uint16), photometric="minisblack", planarconfig="contig")
    with monkeypatch.context() as gone:
        gone.setitem(sys.modules, "tifffile", None)
        with pytest.raises(DecodeError, match=r'5 bands of 16 bits, .* pip install "variegate\[tiff\]"\.$'):
            open_image(bands, "x", "bands", dtype="uint16")
    lzw = bytearray(bands)
    lzw[lzw.index(b"\x03\x01\x03\0") + 8] = 5  # as if it were compressed so
    with pytest.raises(DecodeError, match=r"compressed as LZW, for which tifffile needs imagecodecs: pip install imag"):
        open_image(bytes(lzw), "x", "bands", dtype="uint16").decode()
    zstd = bytearray(bands)
    struct.pack_into("<H", zstd, zstd.index(b"\x03\x01\x03\0") + 8, 50000)  # which Python itself has from 3.14 on
    with pytest.raises(DecodeError):
        open_image(bytes(zstd), "x", "bands", dtype="uint16").decode()


@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # Pillow's, of tags that are cut
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_file_that_is_cut_is_an_error(compression: Any) -> None:
    numbers = numbers_of("uint16", 5)
    data = written(numbers, photometric="minisblack", planarconfig="contig", compression=compression)
    for end in range(8, len(data) - 1, 97):
        with pytest.raises(DecodeError):
            open_image(data[:end], "x", "bands", dtype="uint16").decode()


def test_numbers_that_would_take_all_memory_are_refused() -> None:
    data = bytearray(written(np.zeros((4, 6, 5), np.uint16), photometric="minisblack", planarconfig="contig"))
    for tag in (256, 257):
        at = data.index(tag.to_bytes(2, "little") + b"\x04\0")
        data[at + 8 : at + 12] = (60000).to_bytes(4, "little")
    with pytest.raises(DecodeError, match="60000 x 60000 pixels"):
        open_image(bytes(data), "x", "bands", dtype="uint16")


def test_a_view_of_floats() -> None:
    flow = numbers_of("float32", 2)
    assert np.array_equal(open_view(written(flow, photometric="minisblack", planarconfig="contig")).decode(), flow)


def tagged(data: bytes, tag: int, value: int) -> bytes:
    """A little-endian TIFF of which a tag, whose value is a short, has another."""
    at = data.index(struct.pack("<HHI", tag, 3, 1)) + 8
    return data[:at] + struct.pack("<H", value) + data[at + 2 :]


@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_a_file_that_ends_before_its_pixels_is_refused_before_libtiff_says_so(
    tile: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    data = written(numbers_of("uint8", 3, 60, 90), photometric="rgb", tile=tile, compression="zlib")
    assert open_image(data).decode().shape == (60, 90, 3)
    for left in (len(data) * 2 // 3, len(data) - 9):
        with pytest.raises(DecodeError, match=f"the file ends after {left} bytes, and its pixels after [0-9]+.*Repair"):
            open_image(data[:left])
    assert capfd.readouterr().err == ""


def test_what_libtiff_or_pillow_does_not_read_is_not_handed_to_them(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """WebP in TIFF, which tifffile reads with imagecodecs, and more bands than Pillow has words for."""
    logging.disable(logging.NOTSET)
    data = tagged(written(numbers_of("uint8", 3), photometric="rgb", compression="zlib"), 259, 50001)
    try:
        open_image(data).decode()
    except DecodeError as error:
        lacking = find_spec("imagecodecs") is None
        assert error.sound == lacking and ("compressed as WEBP" in error.reason) == lacking
    ten = written(numbers_of("uint8", 10), photometric="minisblack", planarconfig="contig")
    assert open_image(ten, mode="bands").decode().shape == (25, 37, 10)
    assert capfd.readouterr().err == "" and not caplog.records


def test_a_camera_s_small_copy_is_not_its_picture() -> None:
    """NEF, ARW and DNG begin with a page that says so; CR2 by its first bytes."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as pages:
        pages.write(numbers_of("uint8", 3, 12, 18), photometric="rgb", subifds=1, subfiletype=1)
        pages.write(numbers_of("uint16", 1, 60, 90)[..., 0], photometric="minisblack")
    cr2 = b"II*\0\x10\0\0\0CR\2\0" + bytes(90)
    for data in (file.getvalue(), cr2):
        with pytest.raises(DecodeError, match=r"a camera's raw file.*rawpy develops it") as caught:
            open_image(data)
        assert caught.value.sound
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as pages:  # a picture with smaller copies of itself
        pages.write(numbers_of("uint8", 3), photometric="rgb", subifds=1)
        pages.write(numbers_of("uint8", 3)[::2, ::2], photometric="rgb", subfiletype=1)
    assert np.array_equal(open_image(file.getvalue()).decode(), numbers_of("uint8", 3))
