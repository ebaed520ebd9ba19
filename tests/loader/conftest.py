"""Pictures and a pipeline for the loader's tests; every file is made here, by Pillow and NumPy."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate.key import Keys
from variegate.loader.decode import formats
from variegate.ops.brightness import Brightness
from variegate.ops.flip import HorizontalFlip
from variegate.ops.resized_crop import RandomResizedCrop
from variegate.ops.rotate import Rotate
from variegate.pipeline import Compose

# For the scripts of child processes: all handles that a process may have are taken; the result gives them back.
TAKE_HANDLES = """
import os, resource

def take_handles():
    held = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    try:
        while True:
            held.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        pass

    def free():
        while held:
            os.close(held.pop())

    return free
"""


@pytest.fixture(autouse=True)
def no_further_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another test, or an example in a docstring, has allowed is not allowed here."""
    monkeypatch.setattr(formats, "_further", {})


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    """Smooth noise, so that a JPEG of it has something to compress."""
    rng = np.random.default_rng([height, width, channels, seed])
    coarse = rng.integers(0, 256, (height // 8 + 2, width // 8 + 2, channels), dtype=np.uint8)
    return np.stack(
        [np.asarray(Image.fromarray(coarse[..., c]).resize((width, height), 3)) for c in range(channels)], axis=-1
    )


def wide_png(numbers: np.ndarray, interlaced: bool = False, **chunks: bytes) -> bytes:
    """A PNG of 16 bits, (H, W, 1 to 4), which Pillow does not write in colour; each row with another filter in turn."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    height, width, bands = numbers.shape
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    parts = [numbers[y::down, x::across] for x, y, across, down in passes] if interlaced else [numbers]
    rows = b"".join(_filtered(part) for part in parts if part.size)
    header = struct.pack(">IIBBBBB", width, height, 16, (0, 4, 2, 6)[bands - 1], 0, 0, interlaced)
    more = b"".join(chunk(name.encode(), body) for name, body in chunks.items())
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more
    return start + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _filtered(numbers: np.ndarray) -> bytes:
    """The rows of a picture of 16 bits with the filters 0 to 4 (PNG specification, chapter 9)."""
    step, height = 2 * numbers.shape[2], len(numbers)
    rows = np.ascontiguousarray(numbers.astype(">u2")).view(np.uint8).reshape(height, -1).astype(int)
    left = np.pad(rows, ((0, 0), (step, 0)))[:, :-step]
    above = np.pad(rows, ((1, 0), (0, 0)))[:-1]
    corner = np.pad(rows, ((1, 0), (step, 0)))[:-1, :-step]
    off = [abs(left + above - corner - each) for each in (left, above, corner)]
    nearest = np.where((off[0] <= off[1]) & (off[0] <= off[2]), left, np.where(off[1] <= off[2], above, corner))
    guesses = [0 * rows, left, above, (left + above) // 2, nearest]
    return b"".join(bytes([y % 5, *((rows[y] - guesses[y % 5][y]) % 256)]) for y in range(height))


@pytest.fixture(scope="session")
def picture() -> Callable[..., np.ndarray]:
    return noise


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """37 pictures of many sizes in three classes, JPEG but for a few PNGs."""
    root = tmp_path_factory.mktemp("photos")
    for i in range(37):
        path = root / ("ash", "birch", "cedar")[i % 3] / f"{i:02}{'.png' if i % 9 == 4 else '.jpg'}"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(noise(20 + i, 60 - i, seed=i)).save(path)
    return root


class _Plan:
    def __init__(self, keys: Keys, shapes: list[tuple[int, ...]]) -> None:
        self.keys, self.shapes, self.dtype = keys, shapes, np.dtype(np.uint8)

    def check(self, image: np.ndarray, *, scaled: bool = False) -> None:
        assert image.dtype == self.dtype

    def run(self, i: int, image: np.ndarray, out: np.ndarray, *, checked: bool = False) -> None:
        key = self.keys[i]
        turn = (key.seed * 7 + key.epoch * 5 + key.id) % 251
        height, width = self.shapes[i][:2]
        out[...] = image[:height, :width] + np.uint8(turn)


class Tiny:
    """The least pipeline: a corner of the picture, its levels shifted by a number that hangs on the key."""

    def __init__(self, side: int | None = 8) -> None:
        self.side = side

    def plan(self, keys: Keys, sizes: np.ndarray, channels: int = 3, dtype: Any = np.uint8) -> _Plan:
        assert sizes.shape == (len(keys), 2) and sizes.dtype == np.int64
        corner = [(self.side or int(h) - 1, self.side or int(w) - 1, channels) for h, w in sizes]
        return _Plan(keys, corner)


@pytest.fixture
def ragged() -> Tiny:
    """A pipeline whose outputs differ in size as the pictures do."""
    return Tiny(None)


@pytest.fixture(params=["tiny", "compose"])
def augment(request: pytest.FixtureRequest) -> Any:
    """The least pipeline, then a real one."""
    if request.param == "tiny":
        return Tiny()
    ops = [Rotate((-30, 30)), RandomResizedCrop(16), HorizontalFlip(p=0.5), Brightness((0.8, 1.2))]
    return Compose(ops)
