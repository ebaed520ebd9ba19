"""A file has its name when it is whole, and what dead writers left of one is removed."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from variegate import parts


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    parts.publish(str(path), lambda file: file.write(b"one"), 0o600)
    assert path.read_bytes() == b"one" and (sys.platform == "win32" or path.stat().st_mode & 0o777 == 0o600)

    def broken(file: object) -> None:
        assert len(list(tmp_path.iterdir())) == 2
        raise OSError

    with pytest.raises(OSError):
        parts.publish(str(path), broken)
    assert path.read_bytes() == b"one" and list(tmp_path.iterdir()) == [path]
    parts.publish(str(path), lambda file: file.write(b"two"))
    assert path.read_bytes() == b"two"


def test_a_sweep_takes_old_parts_of_its_own_alone(tmp_path: Path) -> None:
    names = ["a.idx-0f.part", "b.idx-0f.part", "c.idx.part", "d.dat-0f.part", "e.idx", "f.idx-xy.part"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (0, time.time() - (0 if name[0] == "b" else parts.LEFT + 60)))
    parts.sweep(str(tmp_path), ".idx")
    gone = [] if sys.platform == "win32" else ["a.idx-0f.part"]  # where there are no locks, after a day
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(set(names) - set(gone))
    parts.sweep(str(tmp_path / "nowhere"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_lock_that_is_given_back_is_free_though_a_child_was_forked_meanwhile(tmp_path: Path) -> None:
    with open(tmp_path / "lock", "ab") as file, open(tmp_path / "lock", "ab") as other:
        assert parts.lock(file) and parts.lock(other) is False
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(write)
            os.read(read, 1)  # until the parent has seen what it wants
            os._exit(0)
        os.close(read)
        parts.unlock(file)
        free = parts.lock(other)
        os.close(write)
        os.waitpid(child, 0)
        assert free
