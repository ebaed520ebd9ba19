"""Stats: where a loader's time goes, and which instances its filters dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from threading import Lock
from time import perf_counter_ns

STAGES = ("read", "decode", "plan", "kernel", "wait", "carry")
READ, DECODE, PLAN, KERNEL, WAIT, CARRY = range(6)
Row = list[int]  # nanoseconds by stage; one thread's own, so that adding needs no lock


class Stats:
    """Seconds by stage, summed over threads, and instances dropped, by reason.

    read    reading files and their headers          decode  pixels out of files
    plan    drawing, lowering and finding a slot     kernel  writing pixels into the batch
    wait    the consumer, for a batch that was not   carry   moving labels, and putting those of a batch together
            ready

    >>> stats = Stats()
    >>> row = stats.row()
    >>> row[READ] += 2_500_000_000
    >>> stats.seconds()["read"]
    2.5
    """

    def __init__(self) -> None:
        self._past: Row = [0] * len(STAGES)
        self._rows: list[Row] = []
        self._dropped: Counter[str] = Counter()
        self._dropping = Lock()  # taken once a batch, by whoever gets it, and only if something was dropped

    def row(self) -> Row:
        """A fresh row for one thread to add to."""
        row = [0] * len(STAGES)
        self._rows.append(row)
        return row

    def fold(self, rows: list[Row]) -> None:
        """Sum up the rows of threads that have ended."""
        for row in rows:
            self._rows = [other for other in self._rows if other is not row]
            for stage, spent in enumerate(row):
                self._past[stage] += spent

    def seconds(self) -> dict[str, float]:
        """Seconds so far, by the name of the stage."""
        rows = [self._past, *self._rows]
        return {name: sum(row[stage] for row in rows) / 1e9 for stage, name in enumerate(STAGES)}

    def drop(self, counts: Mapping[str, int]) -> None:
        """Add the instances that a batch lost."""
        with self._dropping:
            self._dropped.update(counts)

    def dropped(self) -> dict[str, int]:
        """Instances dropped so far, by reason."""
        with self._dropping:
            return dict(sorted(self._dropped.items()))


now = perf_counter_ns
