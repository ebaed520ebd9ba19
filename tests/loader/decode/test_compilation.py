"""The decoder is compiled by one child, which ends with its parent, and then loaded; nobody waits for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from variegate import kernel_cache, parts
from variegate.loader.decode import compilation
from variegate.loader.decode.compilation import Compilation
from variegate.pipeline import ready

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has neither such locks nor such parents")
PATIENCE = 300.0  # seconds: a machine may be busy


def wanting() -> Compilation:
    made = Compilation()
    made.wanted = True
    return made


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which nothing is kept yet."""
    folder = tmp_path / f"jpeg-{kernel_cache.BEGUN['jpeg']}"
    folder.mkdir(0o755)
    monkeypatch.setattr(ready, "folder", lambda which: str(folder))
    monkeypatch.setenv("VARIEGATE_CACHE_DIR", str(tmp_path))
    return tmp_path


def test_nothing_is_begun_before_it_is_wanted(place: Path) -> None:
    idle = Compilation()
    idle.tend()
    assert idle._child is None and not list(place.glob("*/*"))


def test_where_nothing_can_be_kept_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready, "folder", lambda which: "")
    own = wanting()
    own.tend()
    assert own._child is None and own._hopeless and not own.there


def test_where_others_fill_the_folder_nothing_is_begun(place: Path) -> None:
    Path(ready.lock_path()).mkdir()  # root may write to what has no right to be written
    own = wanting()
    own.tend()
    assert own._child is None and own._hopeless and not own.there


@pytest.mark.parametrize("frozen", [True, False])
def test_a_program_that_is_no_python_is_not_begun_again(
    place: Path, monkeypatch: pytest.MonkeyPatch, frozen: bool
) -> None:
    monkeypatch.setattr(sys, "frozen", frozen, raising=False)
    monkeypatch.setattr("multiprocessing.spawn.get_executable", lambda: sys.executable if frozen else None)
    own = wanting()
    own.tend()
    assert own._child is None and own._hopeless


def test_one_process_of_a_machine_compiles(place: Path) -> None:
    own = wanting()
    with open(ready.lock_path(), "ab") as file:
        assert parts.lock(file)
        own.tend()
        assert own._child is None and not own._hopeless
        code = subprocess.run([sys.executable, "-c", SCRIPT.format("main(os.getppid())")], env=env(place)).returncode
        assert code == compilation.BUSY
    own._next = 0.0
    own.tend()
    assert own._child is not None
    own._child.kill()
    own._child.wait()


def test_a_child_that_fails_is_not_begun_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation, "BOOT", "import sys; sys.exit(1)")
    own = wanting()
    begun = time.monotonic()
    while not own._hopeless and time.monotonic() - begun < PATIENCE:
        own._next = 0.0
        own.tend()
        time.sleep(0.05)
    assert own._hopeless and own._child is None and not own.there


SCRIPT = """
import os, sys, time
from variegate.pipeline import ready
from variegate.loader.decode.compilation import Compilation, main
own = Compilation()
own.wanted = True
{}
"""
BEGIN = "own.tend(); print(own._child.pid, flush=True); time.sleep(600)"
UNTIL = """
slowest = 0
while not own.there:
    begun = time.perf_counter()
    own.tend()
    if not own.there:
        slowest = max(slowest, time.perf_counter() - begun)
    time.sleep(0.05)
import numpy as np
from variegate.jpeg import parse, verify
from variegate.jpeg.warm import SMALLEST
out = np.zeros((8, 8, 1), np.uint8)
assert not isinstance(verify(SMALLEST, parse(SMALLEST), (0, 8, 0, 8), out), str) and (out == 128).all()
print(slowest, own._child is None)
"""


def env(place: Path) -> dict[str, str]:
    return {**os.environ, "VARIEGATE_CACHE_DIR": str(place), "PYTHONPATH": os.pathsep.join(sys.path)}


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(BEGIN)], env=env(tmp_path), stdout=subprocess.PIPE
    ) as own:
        assert own.stdout is not None
        child = int(own.stdout.readline())
        os.kill(child, 0)
        own.send_signal(signal.SIGKILL)
        own.wait()
        begun = time.monotonic()
        while there(child) and time.monotonic() - begun < PATIENCE:
            time.sleep(0.1)
        assert not there(child)


def there(pid: int) -> bool:
    """Whether a process is there, and no zombie that nobody waits for."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_the_child_compiles_and_the_parent_loads(tmp_path: Path) -> None:
    """And the next process finds it there."""
    told = []
    for _ in range(2):
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT.format(UNTIL)], env=env(tmp_path), capture_output=True, timeout=600
        )
        assert run.returncode == 0, run.stderr.decode()
        assert not run.stderr  # it is silent
        told.append(run.stdout.decode().split())
    assert all(float(slowest) < 5 for slowest, _ in told)
    (folder,) = tmp_path.iterdir()
    assert any(each.name.startswith("read_picture") for each in folder.iterdir())
