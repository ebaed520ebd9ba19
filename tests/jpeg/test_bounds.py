"""Nothing is read or written beyond a buffer, whatever the file: on both sides lie pages that end the process."""

from __future__ import annotations

import ctypes
import mmap
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.jpeg.files import any_file, any_window, header
from tests.jpeg.mutants import mutants

import variegate.jpeg as jpeg
from variegate.jpeg import index as index_module

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="mprotect is of other systems")
PAGE = mmap.PAGESIZE
GUARD, PATTERN = 1 << 14, 0xA5  # bytes


class Fenced:
    """Bytes between two pages that may not be touched, as near to the second as they can be, or to the first."""

    def __init__(self, size: int, low: bool = False) -> None:
        inside = max(-(-size // PAGE), 1) * PAGE
        self.map = mmap.mmap(-1, inside + 2 * PAGE)
        whole = np.frombuffer(self.map, np.uint8)
        protect = ctypes.CDLL(None, use_errno=True).mprotect
        protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        for begin in (0, PAGE + inside):
            assert protect(int(whole.ctypes.data) + begin, PAGE, mmap.PROT_READ & 0) == 0
        begin = PAGE if low else PAGE + inside - size
        self.bytes = whole[begin : begin + size]


class FencedScratch:
    """Scratch of just as many bytes as are asked for, rounded up to floats as the real one is."""

    def address(self, purpose: str, floats: int) -> tuple[int, object]:
        self.kept = Fenced(4 * floats)
        return int(self.kept.bytes.ctypes.data), self.kept


def tried(data: bytes, rng: np.random.Generator) -> None:
    """Parse, verify and read a file of which all that is touched is fenced."""
    for low in (False, True):
        file = Fenced(len(data), low)
        file.bytes[:] = np.frombuffer(data, np.uint8)
        given = memoryview(file.bytes)
        found = jpeg.parse(given)
        if isinstance(found, str) or found.size[0] * found.size[1] > 1 << 16:
            continue
        for channels in (3, 1):
            out = Fenced(found.size[0] * found.size[1] * channels, low).bytes.reshape(*found.size, channels)
            window = any_window(rng, *found.size)
            for each in ((0, found.size[0], 0, found.size[1]), window):
                index = jpeg.verify(given, found, each, out)
                if isinstance(index, jpeg.Index):
                    assert jpeg.read(given, found, index, window, out)
                    jpeg.read(given, found, spoilt(index, found, rng), window, out)


def spoilt(index: jpeg.Index, found: jpeg.Header, rng: np.random.Generator) -> jpeg.Index:
    """An index as a folder may have it that somebody else has written to: of another spacing, or with any numbers."""
    data = bytearray(index.to_bytes())
    if rng.random() < 0.3:
        spacing = int(rng.integers(1, found.mcus + 1))
        numbers = rng.integers(0, 256, (-(-found.mcus // spacing) + 1) * (4 + 2 * found.channels), np.uint8)
        data = data[:12] + bytearray(spacing.to_bytes(4, "little") + numbers.tobytes())
    for place in rng.integers(16, len(data), rng.integers(0, 6)):
        data[place] = rng.integers(256)
    made = jpeg.Index.from_bytes(data, found)
    assert made is not None
    return made


def fence(seed: int, count: int) -> None:
    """In a process of its own: it ends where a page is touched."""
    index_module.SCRATCH = FencedScratch()  # type: ignore[assignment]
    rng = np.random.default_rng(seed)
    for _ in range(count):
        tried(any_file(rng, 40), rng)
    for data in mutants(seed, 20 * count):
        tried(data, rng)
    large = any_file(rng, 900)
    if header(large).size[0] < 2000:
        tried(large, rng)


@POSIX
def test_a_fence_ends_the_process() -> None:
    code = "from tests.jpeg.test_bounds import Fenced; import ctypes; f = Fenced(9); {} (ctypes.c_char * 99)"
    code += ".from_address(int(f.bytes.ctypes.data)).raw"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(Path.cwd())])}
    done = subprocess.run([sys.executable, "-c", code.format("")], env=env, capture_output=True)
    assert done.returncode < 0


@POSIX
def test_nothing_is_touched_beyond_a_buffer() -> None:
    code = "from tests.jpeg.test_bounds import fence; fence(0, 60); print('whole')"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(Path.cwd())])}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "whole\n"), done.stderr


def test_scratch_beyond_what_is_asked_for_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in `tests/kernels/test_bounds.py`, on systems without such pages too."""

    class Guarded:
        def address(self, purpose: str, floats: int) -> tuple[int, object]:
            self.memory = np.full(2 * GUARD + 4 * floats, PATTERN, np.uint8)
            return int(self.memory.ctypes.data) + GUARD, self.memory

    scratch, rng = Guarded(), np.random.default_rng(0)
    monkeypatch.setattr(index_module, "SCRATCH", scratch)
    for _ in range(100):
        tried(any_file(rng, 100), rng)
        assert (scratch.memory[:GUARD] == PATTERN).all() and (scratch.memory[-GUARD:] == PATTERN).all()
