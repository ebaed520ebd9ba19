"""Files of more than 8 bits are read whole: every number that was written comes back, or the file is refused."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate.errors import DecodeError
from variegate.loader import Cache, ImageFolder, Loader, OnError
from variegate.loader.decode import formats
from variegate.loader.decode.image import open_image, open_view
from variegate.loader.decode.pixel_format import AS_STORED
from variegate.loader.decode.wide import wide
from variegate.ops.dtype import ToDtype
from variegate.ops.flip import HorizontalFlip
from variegate.ops.normalize import Normalize
from variegate.pipeline import Compose

from ..conftest import wide_png

SIZES = [(1, 1), (7, 5), (8, 8), (33, 47)]


def numbers_of(height: int, width: int, bands: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 65536, (height, width, bands)).astype(np.uint16)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("bands", [1, 2, 3, 4])
@pytest.mark.parametrize("interlaced", [False, True])
def test_a_png_of_16_bits(size: tuple[int, int], bands: int, interlaced: bool) -> None:
    """Both bytes of every number, with each of PNG's five filters, whole and interlaced."""
    numbers = numbers_of(*size, bands)
    data = wide_png(numbers, interlaced)
    opened = open_image(data, mode="bands", dtype="uint16")
    assert (opened.size, opened.channels, opened.dtype) == (size, bands, np.uint16)
    assert np.array_equal(opened.decode(), numbers)
    assert np.array_equal(open_view(data).decode(), numbers)
    colour = numbers[..., :3] if bands > 2 else np.repeat(numbers[..., :1], 3, axis=2)
    assert np.array_equal(open_image(data, dtype="uint16").decode(), colour)
    with pytest.raises(DecodeError, match=rf"it is a PNG of {bands} bands? of 16 bits, which uint8 has no room for"):
        open_image(data)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_stands_as_its_orientation_says(orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    small = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    data = wide_png(small.astype(np.uint16) * 257, eXIf=exif.tobytes()[6:])
    file = io.BytesIO()
    Image.fromarray(small).save(file, "PNG", exif=exif)
    for dtype in ("uint16", "float32"):
        upright = open_image(file.getvalue(), dtype=dtype).decode()
        opened = open_image(data, dtype=dtype)
        assert opened.size == upright.shape[:2] and np.array_equal(opened.decode(), upright)
        assert opened.decode().flags.c_contiguous


@pytest.mark.parametrize("bands", [1, 3])
def test_a_colour_that_is_transparent(bands: int) -> None:
    numbers = numbers_of(6, 7, bands)
    clear = numbers[2, 3].copy()
    clear_png = wide_png(numbers, tRNS=clear.astype(">u2").tobytes())
    rgba = open_image(clear_png, mode="RGBA", dtype="uint16").decode()
    assert np.array_equal(rgba[..., :3], np.broadcast_to(numbers, (6, 7, 3)))
    assert np.array_equal(rgba[..., 3] == 0, (numbers == clear).all(axis=2)) and set(rgba[..., 3].flat) == {0, 65535}
    assert np.array_equal(open_image(clear_png, mode="bands", dtype="uint16").decode(), numbers)


def test_damage_to_a_png_of_16_bits() -> None:
    data = wide_png(numbers_of(20, 30, 3))
    for broken in (data[: len(data) // 2], data[:-30] + b"\0" + data[-29:], data[:-12]):
        with pytest.raises(DecodeError, match=r"x: .* Repair or remove the file\."):
            open_image(broken, "x", dtype="uint16").decode()


def jpeg_2000_of(bits: int) -> tuple[np.ndarray, bytes]:
    """A JPEG 2000 that says of its 16 bits that they are fewer: its numbers then count from another middle."""
    middle = 1 << (bits - 1)
    numbers = np.random.default_rng(0).integers(0, 1 << bits, (40, 50)).astype(np.uint16)
    file = io.BytesIO()
    Image.fromarray((numbers.astype(int) - middle + 32768).astype(np.uint16)).save(file, "JPEG2000")
    data = bytearray(file.getvalue())
    data[data.index(b"\xff\x4f\xff\x51") + 42] = bits - 1
    return numbers, bytes(data)


@pytest.mark.parametrize("bits", [10, 12, 15, 16])
def test_the_white_of_a_jpeg_2000_is_that_of_its_bits(bits: int) -> None:
    numbers, data = jpeg_2000_of(bits)
    white = (1 << bits) - 1
    levels = open_image(data, mode="L", dtype="uint16").decode()[..., 0]
    assert np.array_equal(levels, np.rint(numbers.astype(float) * 65535 / white))
    exact = (numbers / white).astype(np.float32)
    assert np.array_equal(open_image(data, mode="L", dtype="float32").decode()[..., 0], exact)
    with pytest.raises(DecodeError, match=f"a JPEG 2000 of 1 band of {bits} bits, which uint8 has no room for"):
        open_image(data)


def test_a_jpeg_2000_whose_colours_pillow_cuts(picture: Callable[..., np.ndarray]) -> None:
    file = io.BytesIO()
    Image.fromarray(picture(40, 50)).save(file, "JPEG2000")
    data = bytearray(file.getvalue())
    at = data.index(b"\xff\x4f\xff\x51") + 42
    for band in range(3):
        data[at + 3 * band] = 15
    for dtype in ("uint8", "uint16", "float32"):
        with pytest.raises(DecodeError, match="JPEG 2000 of 16 bits, of which Pillow keeps 8; convert it to PNG or T"):
            open_image(bytes(data), dtype=dtype)


def test_an_avif_of_more_bits_is_8_bits_or_an_error(picture: Callable[..., np.ndarray]) -> None:
    file = io.BytesIO()
    Image.fromarray(picture(40, 50)).save(file, "AVIF")
    assert open_image(file.getvalue(), dtype="uint16").decode().shape == (40, 50, 3)
    said = bytearray(file.getvalue())
    said[said.index(b"av1C") + 6] |= 64  # as one of 10 bits says of itself
    opened = Image.open(file)
    for dtype in ("uint8", AS_STORED):
        assert wide(opened, bytes(said), "RGB", dtype, "x") is None
    with pytest.raises(DecodeError, match="an AVIF of 10 bits, of which Pillow keeps 8"):
        wide(opened, bytes(said), "RGB", "uint16", "x")


def test_an_sgi_of_16_bits_is_refused() -> None:
    formats.allow_formats("SGI")
    header = struct.pack(">hbbHHHHii4x80sI404x", 474, 0, 2, 2, 4, 3, 1, 0, 65535, b"", 0)
    with pytest.raises(DecodeError, match="a SGI of 16 bits, of which Pillow keeps 8"):
        open_image(header + bytes(24))


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PNGs of 16 bits, grey and in colour, some of them dark; and one of 8 bits."""
    root = tmp_path_factory.mktemp("scans")
    for i in range(8):
        numbers = numbers_of(20 + i, 30 - i, (1, 3)[i % 2], seed=i) >> (i % 3 * 6)
        (root / f"{i}.png").write_bytes(wide_png(numbers))
    Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4) * 20).save(root / "8.png")
    return root


def stored(root: Path) -> list[np.ndarray]:
    return [open_image(root / f"{i}.png", dtype="uint16").decode() for i in range(9)]


@pytest.mark.parametrize("cache", [None, "memory", "folder"])
@pytest.mark.parametrize(("workers", "isolate"), [(0, False), (1, False), (2, False), (2, True)])
def test_a_folder_of_16_bits_through_the_loader(
    scans: Path, tmp_path: Path, workers: int, isolate: bool, cache: str | None
) -> None:
    """Maps change no number: the batches have those of the files, from whichever thread, process or cache."""
    kept: Any = str(tmp_path / "kept") if cache == "folder" else cache
    source = ImageFolder(scans, dtype="uint16")
    loader = Loader(source, Compose([HorizontalFlip()]), 4, workers=workers, isolate=isolate, cache=kept)
    expected = stored(scans)
    for epoch in range(2):
        seen = []
        for batch in loader.epoch(epoch):
            for image, i in zip(batch["image"], batch["index"], strict=True):
                assert image.dtype == np.uint16 and np.array_equal(image[:, ::-1], expected[i])
                seen.append(int(i))
        assert sorted(seen) == list(range(9))
    if cache == "folder":
        again = Loader(source, Compose([]), 4, workers=0, shuffle=False, cache=kept)
        assert all(
            np.array_equal(image, expected[i]) for b in again for i, image in zip(b["index"], b["image"], strict=True)
        )
        assert again.stats()["cache"]["hits"] == 9


def test_normalize_and_floats_of_16_bits(scans: Path) -> None:
    """White is white: of uint16 and of float32 come the same floats."""
    ops = {"plain": [ToDtype("float32")], "normal": [Normalize(mean=(0.5,) * 3, std=(0.25,) * 3)]}
    for name, chain in ops.items():
        short, float_ = (
            [image for batch in Loader(ImageFolder(scans, dtype=dtype), Compose(chain), 1, shuffle=False, workers=0)
             for image in batch["image"]]
            for dtype in ("uint16", "float32")
        )  # fmt: skip
        for ours, theirs, numbers in zip(short, float_, stored(scans), strict=True):
            exact = numbers / 65535 if name == "plain" else (numbers / 65535 - 0.5) / 0.25
            assert ours.dtype == theirs.dtype == np.float32
            assert np.abs(ours - exact).max() < 1e-6 and np.abs(theirs - exact).max() < 1e-6


def test_a_file_of_16_bits_is_a_bad_sample_of_a_source_of_8(scans: Path) -> None:
    with pytest.raises(DecodeError, match=r'0\.png: .*dtype="uint16" keeps them') as caught:
        Loader(ImageFolder(scans), None, 9, shuffle=False, workers=0).batch(0, 0)
    assert "Repair" not in str(caught.value)
    loader = Loader(ImageFolder(scans), None, 9, workers=1, on_error=OnError("skip", max_errors=9))
    assert [batch["index"].tolist() for batch in loader] == [[8]]


def test_a_cache_of_other_dtypes_is_another(scans: Path, tmp_path: Path) -> None:
    for dtype in ("uint16", "float32", "uint16"):
        loader = Loader(ImageFolder(scans, dtype=dtype), None, 4, workers=0, cache=Cache(tmp_path))
        assert all(image.dtype == dtype for batch in loader for image in batch["image"])
        loader.close()
    assert len([each for each in tmp_path.iterdir() if each.is_dir()]) == 2


def test_zlib_is_not_fooled() -> None:
    """The rows of a PNG are counted at 16 bits: what ends early is an error though the last rows are dark."""
    dark = np.full((30, 40, 3), 5, np.uint16)
    whole = wide_png(dark)
    at = whole.index(b"IDAT")
    length = struct.unpack(">I", whole[at - 4 : at])[0]
    rows = zlib.decompress(whole[at + 4 : at + 4 + length])
    body = zlib.compress(rows[:-400])
    chunk = struct.pack(">I", len(body)) + b"IDAT" + body + struct.pack(">I", zlib.crc32(b"IDAT" + body))
    with pytest.raises(DecodeError):
        open_image(whole[: at - 4] + chunk + whole[at + 8 + length :], dtype="uint16").decode()
