"""Whole programs: killed, interrupted, without a guard, forked; what they leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from .conftest import until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")

HEAD = """
import os, signal, sys, threading, time
import numpy as np
from variegate.loader import Arrays, Loader
print("begun", __name__, flush=True)
IMAGES = np.zeros((640, 40, 40, 3), np.uint8)

class Slow(Arrays):
    def read(self, i):
        time.sleep(0.002)
        return super().read(i)
"""
GUARD = 'if __name__ == "__main__":\n'
PLAIN = "loader = Loader(Arrays(IMAGES), batch_size=32, workers=2, isolate=True)\n"
OWN = PLAIN.replace("Arrays", "Slow")


def script(folder: Path, body: str, guard: bool = True) -> list[str]:
    path = folder / "training.py"
    if guard:
        body = GUARD + "".join(f"    {line}\n" for line in body.splitlines())
    path.write_text(HEAD + body)
    return [sys.executable, str(path)]


def run(folder: Path, body: str, guard: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(script(folder, body, guard), capture_output=True, text=True, timeout=60)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_class_of_the_script_is_found(tmp_path: Path) -> None:
    done = run(tmp_path, OWN + "print(sum(len(batch['index']) for batch in loader))")
    assert (done.stdout, done.stderr) == ("begun __main__\nbegun __mp_main__\n640\n", "")


def test_a_script_that_the_child_does_not_need_is_not_imported(tmp_path: Path) -> None:
    done = run(tmp_path, PLAIN + "print(sum(len(batch['index']) for batch in loader))", guard=False)
    assert (done.stdout, done.stderr) == ("begun __main__\n640\n", "")


def test_a_script_without_a_guard_is_told_so(tmp_path: Path) -> None:
    done = run(tmp_path, OWN + "print(sum(len(batch['index']) for batch in loader))", guard=False)
    last = done.stderr.splitlines()
    assert done.returncode == 1 and done.stdout == "begun __main__\nbegun __mp_main__\n"
    assert any(
        line.startswith("variegate.errors.VariegateError: isolate=True starts a process, which imports the script")
        and 'belongs under `if __name__ == "__main__":`' in line
        for line in last
    )


def test_an_interpreter_ends_with_an_epoch_under_way(tmp_path: Path) -> None:
    done = run(tmp_path, OWN + "batches = loader.epoch(0); kept = next(batches)\nprint(loader._child._process.pid)")
    assert (done.returncode, done.stderr) == (0, "") and not alive(int(done.stdout.split()[-1]))


@pytest.mark.parametrize("where", ["for batch in loader: pass", "for batch in loader: time.sleep(1)"])
def test_ctrl_c(tmp_path: Path, where: str) -> None:
    """To the whole group, as a terminal sends it."""
    body = OWN + f"next(loader.epoch(0))\nprint(loader._child._process.pid, flush=True)\n{where}\n"
    process = subprocess.Popen(
        script(tmp_path, body), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    child = int([process.stdout.readline() for _ in range(3)][-1])
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert said.count("Traceback") == 1 and said.endswith("KeyboardInterrupt\n") and not alive(child)


def test_ctrl_c_does_not_reach_a_child_that_starts(tmp_path: Path) -> None:
    body = PLAIN + "print(sum(len(batch['index']) for batch in loader))"
    process = subprocess.Popen(script(tmp_path, body), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    parent = psutil.Process(process.pid)
    assert until(parent.children)
    parent.children()[0].send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == ("begun __main__\n640\n", "")


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("forked", [False, True])
def test_a_parent_that_dies_takes_the_child_along(tmp_path: Path, signum: int, forked: bool) -> None:
    """Also where a process that it had forked lives on, with copies of its sockets."""
    body = OWN + "batches = loader.epoch(0); kept = next(batches)\n"
    body += "twin = os.fork()\nif twin == 0:\n    time.sleep(30)\n" if forked else "twin = 0\n"
    body += "print(loader._child._process.pid, twin, flush=True)\ntime.sleep(30)\n"
    process = subprocess.Popen(script(tmp_path, body), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child, twin = map(int, [process.stdout.readline() for _ in range(3)][-1].split())
    assert alive(child)
    process.send_signal(signum)
    process.wait()
    assert until(lambda: not alive(child))
    if forked:
        os.kill(twin, signal.SIGKILL)
    process.stdout.close()


def test_a_fork_can_begin_an_epoch_but_not_go_on_with_one(tmp_path: Path) -> None:
    body = (
        "loader = Loader(Arrays(np.arange(640 * 4800, dtype=np.uint8).reshape(640, 40, 40, 3)), batch_size=32, "
        "workers=2, isolate=True)\n"
        "batches = loader.epoch(0); kept = next(batches); copied = kept['image'].copy()\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    try:\n        next(batches)\n"
        "    except Exception as error:\n        print(type(error).__name__, error, flush=True)\n"
        "    own = loader.epoch(0)\n"
        "    print(next(own)['image'].shape, flush=True)\n"
        "    del own, kept, batches\n"
        "    loader.close()\n"
        "    os._exit(0)\n"
        "print('twin', os.waitpid(pid, 0)[1])\n"
        "print(sum(1 for _ in batches), np.array_equal(kept['image'], copied))\n"
    )
    done = run(tmp_path, body)
    assert done.stdout.splitlines() == [
        "begun __main__",
        "VariegateError this epoch was begun before a fork, which copies no threads; begin one afterwards",
        "(32, 40, 40, 3)",
        "twin 0",
        "19 True",
    ], done.stderr
    assert done.stderr == ""


def test_a_class_of_a_prompt_arrives() -> None:
    code = HEAD + OWN + "print(sum(len(batch['index']) for batch in loader))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("begun __main__\n640\n", "")


def test_without_cloudpickle_a_class_of_a_prompt_is_told_where_to_go() -> None:
    code = HEAD + "sys.modules['cloudpickle'] = None\n" + OWN + "next(loader.epoch(0))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "FieldError: isolate=True sends the loader to another process, which cannot load it" in done.stderr
    assert 'made of in a module that can be imported there, or pip install "variegate[isolate]", with' in done.stderr
