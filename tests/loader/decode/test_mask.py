"""Masks of PNGs: their size by the header alone, and no more pixels than a mask may have."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from variegate.errors import DecodeError
from variegate.loader.decode.mask import decode_mask, mask_size


def test_a_mask_is_no_bomb() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header + b"\0" * 40
    with pytest.raises(DecodeError, match=r"mask\.png.* says 60000 x 60000 pixels .*; the limit is"):
        decode_mask(data, "mask.png")


def test_the_size_is_that_of_the_header(tmp_path: Path) -> None:
    """Height first; nothing behind the header is read."""
    path = tmp_path / "mask.png"
    Image.fromarray(np.zeros((3, 5), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:40])
    assert mask_size(str(path)) == (3, 5)
    with pytest.raises(DecodeError):
        decode_mask(path.read_bytes(), "mask.png")
