"""Writers killed at any moment, and several at once: what others then read is whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pytest

from variegate import parts
from variegate.loader.cache import Cache, open_store

from .conftest import Stamped, fill, held

COUNT = 800
WRITER = """
import sys
sys.path.insert(0, {tests!r})
from conftest import Stamped, fill, held
from variegate.loader.cache import Cache, buffer, open_store
buffer.BLOCK = 100_000
source = Stamped({count})
store = open_store(Cache({place!r}, {limit}), source)
print("ready", flush=True)
sys.stdin.read(1)
for i in {positions}:
    if store.get(i) is None:
        store.put(i, source.images[i], source.images[i].shape[:2])
store.flush()
print(len(held(store, source)), flush=True)
"""


def writer(place: Path, positions: str, limit: int = 10**9) -> subprocess.Popen[str]:
    code = WRITER.format(
        tests=str(Path(__file__).parent), place=str(place), count=COUNT, positions=positions, limit=limit
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    child = subprocess.Popen([sys.executable, "-c", code], text=True, **pipes)  # type: ignore[call-overload]
    assert child.stdout.readline() == "ready\n"
    return child  # type: ignore[no-any-return]


def go(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("x")
    child.stdin.flush()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
def test_writers_killed_at_any_moment(tmp_path: Path) -> None:
    rng, source, seen = random.Random(0), Stamped(COUNT), 0
    for n in range(6):
        child = writer(tmp_path / str(n // 2), "range(800)")
        go(child)
        while not list((tmp_path / str(n // 2)).rglob("*.arrow")):  # Arrow itself takes its time to be imported
            assert child.poll() is None
        time.sleep(rng.random() * (0.1 if n % 2 else 0.3))  # the moment, which is any
        child.send_signal(signal.SIGKILL)
        child.wait()
        store = open_store(Cache(tmp_path / str(n // 2)), source)
        seen += len(held(store, source))
        assert store.stats()["damaged"] == 0
    assert seen > 0
    for path in tmp_path.rglob("*.part"):
        os.utime(path, (0, time.time() - parts.LEFT - 60))
    for n in range(3):
        store = open_store(Cache(tmp_path / str(n)), source)
        fill(store, source)
        assert held(store, source) == list(range(COUNT))
    assert not list(tmp_path.rglob("*.part"))


def at_once(place: Path, limit: int) -> None:
    """Three processes write the same pictures, one of them in the other order."""
    children = [writer(place, text, limit) for text in ("range(600)", "range(799, 199, -1)", "range(800)")]
    for child in children:
        go(child)
    for child in children:
        assert child.stdout is not None
        assert int(child.stdout.readline()) > 0  # after it has compared all that it found
        assert child.wait() == 0


def test_writers_at_once(tmp_path: Path) -> None:
    source = Stamped(COUNT)
    at_once(tmp_path, 10**9)
    found = [pa.ipc.open_file(path).get_batch(0).column("id").to_pylist() for path in tmp_path.rglob("*.arrow")]
    assert sys.platform == "win32" or sorted(chain(*found)) == list(range(COUNT))  # each once; or there are no locks
    store = open_store(Cache(tmp_path), source)
    fill(store, source)
    assert held(store, source) == list(range(COUNT))
    assert store.stats()["damaged"] == 0 and not list(tmp_path.rglob("*.part"))


@pytest.mark.skipif(sys.platform == "win32", reason="no locks")
def test_writers_at_once_keep_one_limit(tmp_path: Path) -> None:
    limit = 900_000  # of 1.0 MB; a block is a ninth
    at_once(tmp_path, limit)
    kept = sum(path.stat().st_size for path in tmp_path.rglob("*.arrow"))
    assert limit * 3 / 4 < kept <= limit
