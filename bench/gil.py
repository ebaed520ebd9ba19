"""Two workers beside pure Python that never waits, and beside work as busy that releases the GIL; *seed*, files."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable

import photos
import report
import timing
from peers import measure, ours

import variegate as vg


def python(over: threading.Event) -> None:
    """Holds the GIL and gives it back only when asked to, every 5 ms."""
    count = 0
    while not over.is_set():
        for _ in range(1000):
            count += 1


def native(over: threading.Event) -> None:
    """As busy, without the GIL."""
    block = bytes(1 << 22)
    while not over.is_set():
        zlib.crc32(block)


def idle(over: threading.Event) -> None:
    """Waits."""
    over.wait()


def rate(loader: vg.Loader, beside: Callable[[threading.Event], None], batches: int) -> float:
    """Images a second while another thread of the process does its work."""
    over = threading.Event()
    thread = threading.Thread(target=beside, args=(over,), daemon=True)
    thread.start()
    start = time.perf_counter()
    for seen, batch in enumerate(loader, 1):
        measure.touch(batch["image"])
        if seen == 2:
            start = time.perf_counter()
        if seen == 2 + batches:
            break
    seconds = time.perf_counter() - start
    over.set()
    thread.join()
    return batches * measure.BATCH / seconds


def main() -> None:
    """Three consumers, interleaved."""
    args = timing.arguments(__doc__)
    rounds, batches = (1, 2) if args.quick else (5, 12)
    loader = ours.loader("seed", photos.stream((batches + 4) * measure.BATCH, args.data))
    beside = {"idle": idle, "native": native, "python": python}
    rates: dict[str, list[float]] = {name: [] for name in beside}
    for _ in range(rounds):
        for name, work in beside.items():
            rates[name].append(rate(loader, work, batches))
    rows = [
        report.row("beside an idle consumer", rates["idle"], unit="images/s"),
        report.row("beside a busy consumer that releases the GIL", rates["native"], unit="images/s"),
        report.row("beside a pure Python consumer that never waits", rates["python"], unit="images/s"),
        report.row("pure Python / releases the GIL", timing.ratios(rates["python"], rates["native"])),
    ]
    report.save("gil", args.out, rows, args.quick)


if __name__ == "__main__":
    main()
