"""What the child imports: a module of sources in a folder of its own, as a user's would be; what a process holds."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="isolate=True is for POSIX systems")

SOURCES = '''
import os, sys, time
import numpy as np
from variegate.errors import DecodeError
from variegate.loader import Arrays

class Odd(Exception):
    """Cannot be unpickled."""
    def __init__(self, a, b):
        super().__init__(a)

class Own(Exception):
    """One of the user's."""

class Failing(Arrays):
    """Fails, or dies, at sample 13."""
    def __init__(self, images, how):
        super().__init__(images)
        self.how = how

    def read(self, i):
        if i == 13:
            if self.how == "decode":
                raise DecodeError("a/13.jpg", "no such thing")
            if self.how == "own":
                try:
                    raise KeyError("cause")
                except KeyError as error:
                    raise Own("of mine", 7) from error
            if self.how == "odd":
                raise Odd("strange", 2)
            if self.how == "connection":
                raise ConnectionResetError("the store is away")
            if self.how == "eof":
                raise EOFError("of the source")
            if self.how == "exit":
                os._exit(3)
            if self.how == "system exit":
                raise SystemExit(5)
        return super().read(i)

class Slow(Arrays):
    """A while for each sample."""
    def read(self, i):
        time.sleep(0.002)
        return super().read(i)

class Telling(Arrays):
    """The pixels tell whether the process has torch."""
    def read(self, i):
        return np.full((4, 4, 3), "torch" in sys.modules, np.uint8)

class Noting(Arrays):
    """A file for each sample that was read."""
    def __init__(self, images, folder):
        super().__init__(images)
        self.folder = folder

    def read(self, i):
        (self.folder / str(i)).touch()
        return super().read(i)
'''


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Sources of a user's own, in a module that the child can import."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "isolated_sources.py").write_text(SOURCES)
    sys.path.insert(0, str(folder))
    import isolated_sources  # type: ignore[import-not-found]

    yield isolated_sources
    sys.path.remove(str(folder))


@pytest.fixture(scope="session")
def images() -> np.ndarray:
    """64 pictures; 16 of them are a large array."""
    return np.random.default_rng(0).integers(0, 256, (64, 40, 40, 3), dtype=np.uint8)


def descriptors(pid: int | str = "self") -> dict[str, str]:
    """What a process has open: descriptor -> file."""
    found = {}
    for each in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[each] = os.readlink(f"/proc/{pid}/fd/{each}")
        except FileNotFoundError:  # the listing's own
            continue
    return found


def segments(pid: int | str = "self") -> int:
    """How many shared segments a process has mapped."""
    return Path(f"/proc/{pid}/maps").read_text().count("memfd:variegate")


def resident(pid: int | str = "self") -> int:
    """Bytes of shared segments that a process has in memory."""
    total, ours = 0, False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if "-" in line.split()[0]:
            ours = "memfd:variegate" in line
        elif ours and line.startswith("Rss:"):
            total += 1024 * int(line.split()[1])
    return total


def until(true: Callable[[], object]) -> bool:
    """Wait for something that others bring about, or give up after ten seconds."""
    end = time.perf_counter() + 10
    while not true() and time.perf_counter() < end:
        time.sleep(0.005)
    return bool(true())
