"""Stats: where a loader's time goes, how much went through it, and which instances its filters dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from threading import Lock
from time import perf_counter_ns

STAGES = ("read", "decode", "plan", "kernel", "wait", "carry")
COUNTS = ("batches", "samples", "bytes_read", "bytes_decoded", "bytes_made", "asked", "ready", "unmixed", "again")
READ, DECODE, PLAN, KERNEL, WAIT, CARRY = range(len(STAGES))
BATCHES, SAMPLES, BYTES_READ, BYTES_DECODED, BYTES_MADE, ASKED, READY, UNMIXED, AGAIN = range(
    len(STAGES), len(STAGES) + len(COUNTS)
)
Counters = list[int]  # nanoseconds by stage, then counts; one thread's own, so that adding needs no lock


class Stats:
    """Seconds by stage and counts, summed over threads, and instances dropped, by reason.

    read    reading files and their headers          decode  pixels out of files
    plan    drawing, lowering and finding a slot     kernel  writing pixels into the batch
    wait    the consumer, for a batch that was not   carry   moving labels, and putting those of a batch together
            ready

    >>> stats = Stats()
    >>> counters = stats.counters()
    >>> counters[READ] += 2_500_000_000
    >>> stats.seconds()["read"]
    2.5
    """

    def __init__(self) -> None:
        self._past: Counters = self._fresh()
        self._threads: list[Counters] = []
        self._dropped: Counter[str] = Counter()
        self._dropping = Lock()  # taken once a batch, by whoever gets it, and only if something was dropped

    @staticmethod
    def _fresh() -> Counters:
        return [0] * (len(STAGES) + len(COUNTS))

    def counters(self) -> Counters:
        """Fresh counters, for one thread to add to."""
        counters = self._fresh()
        self._threads.append(counters)
        return counters

    def fold(self, threads: list[Counters]) -> None:
        """Sum up the counters of threads that have ended."""
        for counters in threads:
            self._threads = [other for other in self._threads if other is not counters]
            for stage, spent in enumerate(counters):
                self._past[stage] += spent

    def _sums(self) -> Counters:
        return [sum(column) for column in zip(self._past, *self._threads, strict=True)]

    def seconds(self) -> dict[str, float]:
        """Seconds so far, by the name of the stage."""
        return {name: spent / 1e9 for name, spent in zip(STAGES, self._sums(), strict=False)}

    def counts(self) -> dict[str, float]:
        """Batches and samples handed out, bytes in and out, and `queue`: how many batches waited when one was asked."""
        found = dict(zip(COUNTS, self._sums()[len(STAGES) :], strict=True))
        asked, ready = found.pop("asked"), found.pop("ready")
        return {**found, "queue": ready / asked if asked else 0.0}

    def drop(self, counts: Mapping[str, int]) -> None:
        """Add the instances that a batch lost."""
        with self._dropping:
            self._dropped.update(counts)

    def dropped(self) -> dict[str, int]:
        """Instances dropped so far, by reason."""
        with self._dropping:
            return dict(sorted(self._dropped.items()))


now = perf_counter_ns
