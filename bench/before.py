"""Against the build before: the recipes from arrays and from files, memory, the start, and compiling."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import builds
import photos
import pss
import report
import startup
import timing
from peers.measure import BATCH, RECIPES

HELD = 4 * BATCH  # pictures in memory: far more than the caches hold
EPOCHS = 3  # in which memory peaks: it grows no further, says the claim `memory`
SAME = 1.02  # what a build may be slower or larger by


def arrays(data: str) -> dict[str, builds.Case]:
    """Batches of decoded pictures, one thread: seconds a batch."""
    timing.one_thread()
    import numpy as np
    from peers import ours

    import variegate as vg

    images = photos.decoded(HELD, Path(data) if data else None)

    def case(recipe: str) -> builds.Case:
        augment = ours.pipeline(recipe)

        def one(i: int) -> None:
            start = i * BATCH % len(images)
            augment.batch(images[start : start + BATCH], keys=vg.Keys.at(0, i, np.arange(BATCH)))

        return timing.clocked(one)

    return {recipe: case(recipe) for recipe in RECIPES}


def files(data: str) -> dict[str, builds.Case]:
    """From files, two workers: seconds an epoch of eight batches, each touched."""
    from peers import measure, ours

    folder = photos.stream(8 * BATCH, Path(data) if data else None)

    def case(recipe: str) -> builds.Case:
        loader = ours.loader(recipe, folder)

        def one(i: int) -> None:
            for batch in loader:
                measure.touch(batch["image"])

        return timing.clocked(one)

    return {recipe: case(recipe) for recipe in RECIPES}


def peak(source: Path, folder: Path) -> float:
    """The most memory, PSS in MB, of some epochs of *seed* from files with two workers."""
    command = [sys.executable, "memory.py", "--child", str(folder), str(EPOCHS)]
    env = builds.environment(source)
    process = subprocess.Popen(command, cwd=report.HERE, env=env, stdout=subprocess.DEVNULL)
    watch = pss.Watch(process.pid, every=0.05)
    code = process.wait()
    most = watch.stop()
    assert code == 0, "the epochs whose memory is watched failed"
    return most


def start(source: Path, folder: Path, cached: bool = True) -> dict[str, float]:
    """Seconds of the parts of a process's start; see the claim `startup`."""
    if cached:
        return startup.once(folder, builds.environment(source))[1]
    with tempfile.TemporaryDirectory() as empty:
        return startup.once(folder, builds.environment(source, VARIEGATE_CACHE_DIR=empty))[1]


def by_turns(sources: dict[str, Path], rounds: int, once: Callable[[Path], Any]) -> tuple[list[Any], list[Any]]:
    """What new processes of this build and of the one before tell, by turns."""
    found: dict[str, list[Any]] = {name: [] for name in sources}
    for i in range(rounds):
        for name in sorted(sources, reverse=i % 2 == 1):
            found[name].append(once(sources[name]))
    return found["now"], found["before"]


def same(name: str, now: list[float], before: list[float], **rest: Any) -> report.Row:
    """A row of what must not become more, round by round."""
    reach = {"reach": SAME} if "reach" not in rest else {}
    return report.row(f"{name}: now / before", timing.ratios(now, before), better="less", **rest, **reach)


def figures(name: str, unit: str, now: list[float], before: list[float], per: float = 1.0) -> list[report.Row]:
    """What a row is made of."""
    both = {"now": now, "before": before}
    return [report.row(f"{name}, {build}", [v * per for v in each], unit=unit) for build, each in both.items()]


def started(sources: dict[str, Path], folder: Path, warm: int, cold: int) -> tuple[list[report.Row], list[report.Row]]:
    """Rows and figures of new processes: the start with kernels in their cache, and what compiling them adds."""
    for source in sources.values():  # bytecode and kernels that are not kept yet
        start(source, folder)
    cached, cached_before = by_turns(sources, warm, lambda source: start(source, folder))
    rows, told = [], []
    for stage, name in {"import": "import variegate", "first batch": "first batch of seed, kernels cached"}.items():
        taken = [[each[stage] for each in runs] for runs in (cached, cached_before)]
        rows.append(same(name, *taken))
        told += figures(name, "s", *taken)
    usual = report.spread(taken[0])[0], report.spread(taken[1])[0]
    empty = by_turns(sources, cold, lambda source: start(source, folder, cached=False))
    compiled = [[each["first batch"] - least for each in runs] for runs, least in zip(empty, usual, strict=True)]
    name = "compiling seed's kernels"
    rows.append(report.row(name, compiled[0], unit="s", reach=10, stretch=6, better="less",
                           note="what an empty cache adds to the first batch"))  # fmt: skip
    took = "10 / 12.8 and 6 / 12.8, where the reach was set"
    return [*rows, same(name, *compiled, reach=0.78, stretch=0.47, note=took)], [*told, *figures(name, "s", *compiled)]


def main() -> None:
    """This build and the one before by turns throughout."""
    args = timing.arguments(__doc__)
    sources = {"now": builds.NOW, "before": builds.source(args.before or builds.BEFORE)}
    folder = photos.stream(8 * BATCH, args.data)
    rows, told = [], []
    for what, rounds in {"arrays": 120, "files": 16}.items():
        now, before = builds.compare(args, __file__, rounds, what)
        rows += [same(f"{recipe}, {what}, batches", now[recipe], before[recipe]) for recipe in RECIPES]
        per = 1e3 / (BATCH if what == "arrays" else 8 * BATCH)
        for recipe in RECIPES:
            told += figures(f"{recipe}, {what}", "ms an image", now[recipe], before[recipe], per)
    peaks = by_turns(sources, 1 if args.quick else 2, lambda source: peak(source, folder))
    rows.append(same("peak PSS, seed, files", *peaks))
    begun, behind = started(sources, folder, *((2, 1) if args.quick else (7, 2)))
    told += [*figures("peak PSS", "MB", *peaks), *behind]
    report.save("before", args.out, [*rows, *begun], args.quick, figures=told, before=builds.named(args))


if __name__ == "__main__":
    if "--child" in sys.argv:
        what, data = sys.argv[2:]
        builds.serve({"arrays": arrays, "files": files}[what](data))
    else:
        main()
