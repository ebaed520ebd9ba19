"""A TIFF in strips or tiles, of either size of numbers and order of bytes, has all of its rows, or is refused."""

from __future__ import annotations

import io
import re
import struct
import warnings
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from variegate.errors import DecodeError
from variegate.loader.decode.image import open_image
from variegate.loader.decode.orientation import UPRIGHT


def written(numbers: np.ndarray, **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, numbers, **options)
    return file.getvalue()


def numbers_of(dtype: str, height: int = 25, width: int = 37) -> np.ndarray:
    return np.random.default_rng(3).integers(1, 256, (height, width, 3)).astype(dtype)


def higher(data: bytes, rows: int) -> bytes:
    """A TIFF whose header says so many rows."""
    at = re.search(rb"\x01\x01[\x03\x04]\0\x01\0\0\0", data)
    assert at is not None
    return data[: at.end()] + struct.pack("<I", rows) + data[at.end() + 4 :]


@pytest.mark.parametrize("packed", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("mode", ["RGB", "L", "bands"])
def test_rows_that_no_strip_has_are_not_black(packed: str, mode: str) -> None:
    numbers, file = numbers_of("uint8"), io.BytesIO()
    Image.fromarray(numbers).save(file, "TIFF", compression=packed)
    assert np.array_equal(open_image(file.getvalue()).decode(), numbers)
    for rows, parts in ((26, 2), (50_000, 2000)):
        with pytest.raises(DecodeError, match=f"says {rows} x 37 pixels .* in {parts} strips or tiles, and it has 1"):
            open_image(higher(file.getvalue(), rows), mode=mode)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("apart", [False, True])
def test_rows_that_no_tile_has_are_not_black(dtype: str, apart: bool) -> None:
    numbers = numbers_of(dtype)
    for layout, parts in (({"tile": (16, 16)}, 9), ({"rowsperstrip": 9}, 4)):
        shown = np.moveaxis(numbers, 2, 0) if apart else numbers
        planes = "separate" if apart else "contig"
        data = written(np.ascontiguousarray(shown), photometric="rgb", planarconfig=planes, **layout)
        assert np.array_equal(open_image(data, mode="bands", dtype="float32").decode(), open_image(
            higher(data, 25), mode="bands", dtype="float32").decode())  # fmt: skip
        with pytest.raises(DecodeError, match=f"in {parts * (3 if apart else 1)} strips or tiles, and it has"):
            open_image(higher(data, 33), mode="bands", dtype="float32")


@pytest.mark.parametrize("kind", [1, 2, 7])  # BYTE, ASCII, UNDEFINED, which Pillow gives as bytes and texts
def test_a_count_that_is_no_number(kind: int) -> None:
    """It was taken for one, and a text was made as often as there are rows."""
    numbers = np.ascontiguousarray(np.moveaxis(numbers_of("uint16"), 2, 0))
    data = bytearray(written(numbers, photometric="rgb", planarconfig="separate"))
    at = data.index(struct.pack("<HHI", 277, 3, 1))  # SamplesPerPixel
    struct.pack_into("<HHI", data, at, 277, kind, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's
        with pytest.raises(DecodeError):
            open_image(bytes(data), mode="bands", dtype="uint16")


@pytest.mark.filterwarnings("error::UserWarning")  # Pillow's, which takes the big-endian ones for others
@pytest.mark.parametrize("order", "<>")
def test_bigtiff_of_both_orders(order: str) -> None:
    """What the tags say of it is known too: pages, bits and how it stands."""
    numbers = numbers_of("uint8")
    as_colours = {"photometric": "rgb", "bigtiff": True, "byteorder": order}
    for layout in ({}, {"tile": (16, 16)}, {"compression": "zlib"}):
        data = written(numbers, **as_colours, **layout)
        assert np.array_equal(open_image(data).decode(), numbers)
        assert np.array_equal(open_image(data, mode="bands", dtype="uint16").decode(), numbers.astype(np.uint16) * 257)
    turned = written(numbers, **as_colours, extratags=[(274, 3, 1, 6, True)])
    assert np.array_equal(open_image(turned).decode(), UPRIGHT[6](numbers))
    planes = np.ascontiguousarray(np.moveaxis(numbers, 2, 0))
    pages = written(planes, bigtiff=True, byteorder=order, photometric="minisblack")
    with pytest.raises(DecodeError, match="a TIFF of 3 pages"):
        open_image(pages, mode="bands")
    with pytest.raises(DecodeError, match="3 bands of 16 bits, which uint8 has no room for"):
        open_image(written(numbers_of("uint16"), **as_colours))
