"""From the start of Python to the first batch, *seed* from files, two workers: kernels cached, and none compiled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import photos
import report
import timing


def child(folder: str) -> None:
    """Import, declare, take one batch; says how long each took."""
    began = time.perf_counter()
    import variegate  # noqa: F401

    imported = time.perf_counter()
    from peers import measure, ours

    loader = ours.loader("seed", folder)
    declared = time.perf_counter()
    measure.touch(next(iter(loader))["image"])
    done = time.perf_counter()
    print(json.dumps({"import": imported - began, "declare": declared - imported, "first batch": done - declared}))
    sys.stdout.flush()
    os._exit(0)  # the rest of the epoch is of no interest


def once(folder: Path, env: Mapping[str, str]) -> tuple[float, dict[str, float]]:
    """Seconds of a whole process until its first batch."""
    start = time.perf_counter()
    command = [sys.executable, __file__, "--child", str(folder)]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True)
    return time.perf_counter() - start, json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Cold starts with an empty kernel cache each, then warm ones."""
    args = timing.arguments(__doc__)
    folder = photos.stream(512, args.data)
    cold = []
    for _ in range(1 if args.quick else 3):
        with tempfile.TemporaryDirectory() as cache:
            cold.append(once(folder, {**os.environ, "VARIEGATE_CACHE_DIR": cache}))
    once(folder, os.environ)
    warm = [once(folder, os.environ) for _ in range(3 if args.quick else 15)]

    def parts(runs: list[tuple[float, dict[str, float]]]) -> dict[str, float]:
        return {k: report.spread(r[1][k] for r in runs)[0] * 1e3 for k in runs[0][1]}

    rows = [
        report.row(
            "start of Python, import, cached kernels, first batch of 64", [t for t, _ in warm], unit="s",
            reach=1.5, stretch=1, better="less", stages=parts(warm), note="stages: ms of the process",
        ),
        report.row(
            "the same with an empty kernel cache", [t for t, _ in cold], unit="s",
            reach=12, stretch=6, better="less", stages=parts(cold), note="all of the start, not the compiling alone",
        ),
    ]  # fmt: skip
    report.save("startup", args.out, rows, args.quick)


if __name__ == "__main__":
    if "--child" in sys.argv:
        child(sys.argv[2])
    else:
        main()
