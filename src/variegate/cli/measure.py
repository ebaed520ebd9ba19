"""How fast, beside the bare decoder, and in how much memory: one honest rate, without the peers of `make bench`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from variegate.loader import ImageFolder, Loader
from variegate.pipeline import Compose

BATCH = 64


@dataclass(frozen=True)
class Rate:
    """Images a second, of the whole loader and of the decoder alone on the same files and threads; peak MB."""

    loader: float
    decoder: float
    peak: float

    @property
    def share(self) -> float:
        """The part of the loader's time that the decoder alone would take."""
        return self.loader / self.decoder


def rate(source: ImageFolder, augment: Compose, workers: int, images: int) -> Iterator[Rate | None]:
    """Yields None after each step of work, to move a progress bar, and the Rate at the end.

    images  how many to time, at least; whole epochs are run
    """
    epochs = max(1, -(-images // len(source)))
    with peak_memory() as peak:
        loader = Loader(source, augment, batch_size=BATCH, workers=workers)
        count = sum(len(batch["id"]) for batch in loader.epoch(0))  # compiles and warms, untimed
        yield None
        decoded = whole = 0.0
        for epoch in range(1, epochs + 1):  # in turns, so that a slow moment of the machine falls on both
            decoded += decoding(source, workers)
            yield None
            start = perf_counter()
            for _ in loader.epoch(epoch):
                pass
            whole += perf_counter() - start
            yield None
    yield Rate(epochs * count / whole, epochs * count / decoded, peak[0] / 1e6)


def steps(source: ImageFolder, images: int) -> int:
    """How often `rate` yields before its result."""
    return 1 + 2 * max(1, -(-images // len(source)))


def decoding(source: ImageFolder, workers: int) -> float:
    """Seconds to read and decode every file once, on `workers` threads."""

    def one(i: int) -> None:
        source.header(i, source.read(i)).decode()

    with ThreadPoolExecutor(max(1, workers)) as threads:
        start = perf_counter()
        for _ in threads.map(one, range(len(source)), chunksize=16):
            pass
        return perf_counter() - start


@contextmanager
def peak_memory(every: float = 0.05) -> Iterator[list[float]]:
    """The most bytes that this process has held meanwhile, in the list's one place: PSS on Linux, else RSS."""
    peak = [memory()]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(every):
            peak[0] = max(peak[0], memory())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()
        peak[0] = max(peak[0], memory())


def memory() -> float:
    """Bytes of memory that this process holds: on Linux with its share of what others hold too, elsewhere with all."""
    from psutil import Process

    held = Process().memory_full_info()
    return float(getattr(held, "pss", held.rss))
