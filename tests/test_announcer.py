"""The wait for kernels is told in one line, whatever stderr is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
from variegate import rng
from variegate.kernels.walk import walk_home
rng.block((0, 0, 0, 0), (0, 0)), walk_home.address
from variegate.announcer import announcer
print(announcer.count)
"""


def environment(place: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "VARIEGATE_CACHE_DIR": str(place), **more}


def run(place: Path, **more: str) -> tuple[int, str]:
    """How many kernels a new process compiles, and what it says of them."""
    done = subprocess.run([sys.executable, "-c", CODE], env=environment(place, **more), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stdout), done.stderr


def test_a_log_has_one_line_and_a_second_process_none(tmp_path: Path) -> None:
    place = tmp_path / "cache"
    count, said = run(place, VARIEGATE_QUIET="0")
    assert count > 1
    assert re.fullmatch(rf"variegate: compiling kernels, once, and keeping them in {place}/kernels-\w+\n", said)
    assert run(place) == (0, "")


def test_nothing_is_said_if_that_is_asked_for(tmp_path: Path) -> None:
    count, said = run(tmp_path / "cache", VARIEGATE_QUIET="1")
    assert count > 1 and said == ""


@pytest.mark.skipif(sys.platform == "win32", reason="has no pseudo-terminals")
def test_a_terminal_has_a_line_that_counts_on_and_the_total(tmp_path: Path) -> None:
    import pty

    place = tmp_path / "cache"
    ours, theirs = pty.openpty()
    done = subprocess.Popen([sys.executable, "-c", CODE], env=environment(place), stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    said = b""
    while chunk := _chunk(ours):
        said += chunk
    os.close(ours)
    count = int(done.communicate()[0])
    lines = said.decode().replace("\r\n", "\n").split("\n")
    assert len(lines) == 2 and lines[1] == ""
    shown = [part for part in lines[0].split("\r") if part.strip()]
    assert f"number {count}, " in shown[-2] and shown[0].startswith("variegate: compiling kernels, once: number 1, 0.")
    assert re.fullmatch(rf"variegate: compiled {count} kernels in \d+\.\d s, kept in {place}/kernels-\w+", shown[-1])


def _chunk(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # as Linux ends one
        return b""


def test_two_processes_that_compile_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    place = tmp_path / "cache"
    command, keywords = [sys.executable, "-c", CODE], {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    both = [subprocess.Popen(command, env=environment(place), text=True, **keywords) for _ in range(2)]  # type: ignore[call-overload]
    compiled = 0
    for each in both:
        out, err = each.communicate()
        assert each.returncode == 0 and len(err.splitlines()) == bool(int(out)), err
        compiled += int(out)
    assert compiled >= run(tmp_path / "alone")[0]  # who begins later may find some that the other has kept
    assert run(place) == (0, "")
