"""Trial: a loader that runs in turns with others, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter, sleep
from typing import Any

from variegate.loader import Loader

STAGES = ("read", "decode", "plan", "kernel", "carry")
PAGE = 4096  # bytes
LEAST = 2  # batches a turn
AHEAD = 3  # batches that a loader makes while it has none to hand out, and one more


@dataclass(frozen=True)
class Consumer:
    """Who takes batches: looks at each page of the pictures, then does without Python's lock what a model would do.

    step        seconds for a batch
    batch_size  samples of such a batch; a smaller one takes less
    """

    step: float
    batch_size: int

    def take(self, batch: dict[str, Any]) -> int:
        """Take a batch: how many samples it has."""
        for image in batch["image"]:
            image.reshape(-1).view("u1")[::PAGE].max()
        samples = len(batch["id"])
        if self.step:
            sleep(self.step * samples / self.batch_size)
        return samples


@dataclass
class Trial:
    """A loader, and what its turns have shown: samples a second, and which part of its time the consumer waited."""

    loader: Loader
    rates: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    _wall: float = 0.0
    _spent: dict[str, float] = field(default_factory=lambda: dict.fromkeys((*STAGES, "bytes_read"), 0.0))

    def fill(self) -> None:
        """One epoch, which nobody times: what there is to cache is then cached."""
        for _ in self.loader.epoch(0):
            pass

    def turn(self, seconds: float, consumer: Consumer) -> None:
        """Batches for so many seconds, two at least; those before are of threads that have just begun."""
        batches = self.loader.stream()
        try:
            for _ in range(AHEAD):
                consumer.take(next(batches))
            before, begun, samples, count = self.loader.stats(), perf_counter(), 0, 0
            while count < LEAST or perf_counter() - begun < seconds:
                samples += consumer.take(next(batches))
                count += 1
            wall, after = perf_counter() - begun, self.loader.stats()
        finally:
            batches.close()  # type: ignore[attr-defined]
        self.rates.append(samples / wall)
        self.waits.append((after["wait"] - before["wait"]) / wall)
        self._wall += wall
        for name in self._spent:
            self._spent[name] += after[name] - before[name]

    @property
    def shares(self) -> dict[str, float]:
        """Of the time of the threads, by stage."""
        busy = sum(self._spent[name] for name in STAGES)
        return {name: self._spent[name] / busy if busy else 0.0 for name in STAGES}

    @property
    def read(self) -> float:
        """Bytes of files a second."""
        return self._spent["bytes_read"] / self._wall
