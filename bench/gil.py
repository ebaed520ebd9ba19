"""Two workers beside pure Python that never waits, and beside work as busy that releases the GIL; *seed*, files."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable
from typing import Any

import photos
import report
import timing
from peers import measure, ours

import variegate as vg

STEP = 0.06  # seconds of a consumer's own work for each batch
BLOCK = bytes(1 << 22)


def python(over: threading.Event) -> None:
    """Holds the GIL and gives it back only when asked to, every 5 ms."""
    count = 0
    while not over.is_set():
        for _ in range(1000):
            count += 1


def native(over: threading.Event) -> None:
    """As busy, without the GIL."""
    while not over.is_set():
        zlib.crc32(BLOCK)


def idle(over: threading.Event) -> None:
    """Waits."""
    over.wait()


def python_step() -> None:
    """A training step in pure Python."""
    end, count = time.perf_counter() + STEP, 0
    while time.perf_counter() < end:
        for _ in range(1000):
            count += 1


def native_step() -> None:
    """One that releases the GIL."""
    end = time.perf_counter() + STEP
    while time.perf_counter() < end:
        zlib.crc32(BLOCK)


class Parsed(vg.ImageFolder):
    """Files that are read by pure Python: a loop over some of their bytes, of about 2 ms."""

    def read(self, i: int) -> Any:
        """The file, after a look at 30,000 of its bytes."""
        data, total = super().read(i), 0
        for byte in memoryview(data)[:30_000]:
            total += byte
        return data if total else b""


def rate(
    loader: vg.Loader,
    beside: Callable[[threading.Event], None],
    batches: int,
    step: Callable[[], None] | None = None,
) -> float:
    """Images a second while another thread of the process does its work, or the consumer itself does some a batch."""
    over = threading.Event()
    thread = threading.Thread(target=beside, args=(over,), daemon=True)
    thread.start()
    start = time.perf_counter()
    for seen, batch in enumerate(loader, 1):
        measure.touch(batch["image"])
        if step is not None:
            step()
        if seen == 2:
            start = time.perf_counter()
        if seen == 2 + batches:
            break
    seconds = time.perf_counter() - start
    over.set()
    thread.join()
    return batches * measure.BATCH / seconds


def contests(folder: Any) -> dict[str, Callable[[int], float]]:
    """What is timed: the loader as it is and isolated, by what stands beside it; the consumer's steps; the source."""
    loaders = {"plain": ours.loader("seed", folder), "isolated": ours.loader("seed", folder, isolate=True)}
    parsed = {
        name: vg.Loader(Parsed(folder), loader.augment, measure.BATCH, workers=2, isolate=loader.isolate)
        for name, loader in loaders.items()
    }
    found: dict[str, Callable[[int], float]] = {}
    for name, loader in loaders.items():
        for beside in (idle, native, python):
            found[f"{name} {beside.__name__}"] = lambda n, on=loader, b=beside: rate(on, b, n)
        for step in (native_step, python_step):
            found[f"{name} {step.__name__}"] = lambda n, on=loader, s=step: rate(on, idle, n, s)
        for step in (native_step, python_step):
            found[f"{name} parsed {step.__name__}"] = lambda n, on=parsed[name], s=step: rate(on, idle, n, s)
    return found


def rows(rates: dict[str, list[float]]) -> list[report.Row]:
    """The one row with a reach, and the figures around it."""

    def over(name: str, above: str, below: str, **reach: Any) -> report.Row:
        return report.row(name, timing.ratios(rates[above], rates[below]), **reach)

    said = {
        "idle": "beside an idle consumer",
        "native": "beside a busy consumer that releases the GIL",
        "python": "beside a pure Python consumer that never waits",
    }
    kinds = {"plain": "isolate=False", "isolated": "isolate=True"}
    figures = [
        report.row(f"{kind}, {text}", rates[f"{name} {each}"], unit="images/s")
        for name, kind in kinds.items()
        for each, text in said.items()
    ]
    ms, parsed = f"{1e3 * STEP:.0f} ms", "source in pure Python"
    return [
        over("isolate=True, pure Python / releases the GIL", "isolated python", "isolated native", reach=0.8),
        over("isolate=False, pure Python / releases the GIL", "plain python", "plain native"),
        over("beside pure Python, isolate=True / False", "isolated python", "plain python"),
        over("beside an idle consumer, isolate=True / False", "isolated idle", "plain idle"),
        over(f"step of {ms} in pure Python / native, isolate=True", "isolated python_step", "isolated native_step"),
        over(f"step of {ms} in pure Python / native, isolate=False", "plain python_step", "plain native_step"),
        over(
            f"{parsed}, step of {ms} in pure Python, isolate=True / False",
            "isolated parsed python_step",
            "plain parsed python_step",
        ),
        over(f"{parsed}, native step, isolate=True / False", "isolated parsed native_step", "plain parsed native_step"),
        *figures,
    ]


def main() -> None:
    """All contests, interleaved."""
    args = timing.arguments(__doc__)
    rounds, batches = (1, 2) if args.quick else (5, 12)
    contenders = contests(photos.stream((batches + 4) * measure.BATCH, args.data))
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            rates[name].append(work(batches))
    report.save("gil", args.out, rows(rates), args.quick)


if __name__ == "__main__":
    main()
