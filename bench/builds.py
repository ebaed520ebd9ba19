"""Two builds of ours in one run: this one and an earlier one, each in a process of its own that is asked by a pipe.

Two builds cannot be imported into one process. So each has a child that holds the same cases and answers how long one
of them took; the parent asks now the one and now the other.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import photos
import report
import timing

BEFORE = "5bb400b"  # the last commit before a batch was lowered once and cut per sample
NOW = report.HERE.parent / "src"
Case = Callable[[int], float]  # the round's number -> seconds
Taken = dict[str, list[float]]  # a case's name -> its seconds, round by round


def source(asked: str) -> Path:
    """The folder to import a build from; asked: a commit of this repository, or the folder of a checkout.

    Raises  SystemExit if it is neither.
    """
    if (found := Path(asked) / "src").is_dir():
        return found.resolve()
    target = photos.DATA / "builds" / asked
    if not target.exists():
        command = ["git", "archive", "--format=tar", asked, "src"]
        done = subprocess.run(command, cwd=report.HERE.parent, capture_output=True)
        if done.returncode:
            raise SystemExit(f"no build {asked}: {done.stderr.decode().strip()}; give a commit or a checkout's folder")
        part = target.with_suffix(".part")
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(part, filter="data")
        part.rename(target)
    return target / "src"


def named(args: Namespace) -> str:
    """What results call the build before: its commit; of a folder nothing, as it is this machine's."""
    asked = args.before or BEFORE
    return "of a folder" if Path(asked).is_dir() else str(asked)


def environment(source: Path, **more: str) -> dict[str, str]:
    """Of a process that imports ours from there, and keeps bytecode as installed packages have it."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(source)} | more


class Build:
    """The process of one build; a context that ends it.

    script   which serves the cases if its first word is `--child`
    words    further words for it
    """

    def __init__(self, source: Path, script: str, *words: str) -> None:
        command, pipe = [sys.executable, script, "--child", *words], subprocess.PIPE
        self._process = subprocess.Popen(command, env=environment(source), stdin=pipe, stdout=pipe, text=True)
        self.cases = {name: self._case(name) for name in self._told()}

    def _told(self) -> Any:
        """The next line of the process.

        Raises  RuntimeError if it has ended.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process of a build ended; what it said is above")
        return json.loads(line)

    def _case(self, name: str) -> Case:
        def ask(i: int) -> float:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps([name, i]) + "\n")
            self._process.stdin.flush()
            return float(self._told())

        return ask

    def __enter__(self) -> Build:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def serve(cases: Mapping[str, Case]) -> None:
    """Tell the cases, and answer until nobody asks any more: the child's part."""
    import variegate

    assert str(variegate.__file__).startswith(os.environ["PYTHONPATH"]), "another build was imported"
    print(json.dumps(list(cases)), flush=True)
    for line in sys.stdin:
        name, i = json.loads(line)
        print(cases[name](i), flush=True)


def compare(args: Namespace, script: str, rounds: int, *words: str) -> tuple[Taken, Taken]:
    """Seconds of all cases that a script's child serves, of this build and of the one before, interleaved.

    args   of `timing.arguments`
    words  for the child; the last that it gets is the folder of pictures, or ""
    """
    words = *words, str(args.data.resolve()) if args.data else ""
    with Build(NOW, script, *words) as now, Build(source(args.before or BEFORE), script, *words) as before:
        asked = {f"now: {name}": case for name, case in now.cases.items()}
        asked |= {f"before: {name}": case for name, case in before.cases.items()}
        taken = timing.gather(asked, 3 if args.quick else rounds, warm=2)
    first, second = ({name: taken[f"{build}: {name}"] for name in now.cases} for build in ("now", "before"))
    return first, second


def figures(now: Taken, before: Taken) -> list[report.Row]:
    """A figure a case and build."""
    both = {"now": now, "before": before}
    return [
        report.row(f"{name}, {build}", [s * 1e3 for s in taken[name]], unit="ms")
        for name in now
        for build, taken in both.items()
    ]
