"""Stats: where a loader's time goes."""

from __future__ import annotations

from time import perf_counter_ns

STAGES = ("read", "decode", "plan", "kernel", "wait")
READ, DECODE, PLAN, KERNEL, WAIT = range(5)
Row = list[int]  # nanoseconds by stage; one thread's own, so that adding needs no lock


class Stats:
    """Seconds by stage, summed over threads.

    read    reading files and their headers          decode  pixels out of files
    plan    drawing, lowering and finding a slot     kernel  writing pixels into the batch
    wait    the consumer, for a batch that was not ready

    >>> stats = Stats()
    >>> row = stats.row()
    >>> row[READ] += 2_500_000_000
    >>> stats.seconds()["read"]
    2.5
    """

    def __init__(self) -> None:
        self._past: Row = [0] * len(STAGES)
        self._rows: list[Row] = []

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


now = perf_counter_ns
