"""Seconds by stage add up over threads that live and threads that ended."""

from __future__ import annotations

from variegate.loader.stats import DECODE, READ, STAGES, WAIT, Stats


def test_counters_are_summed_before_and_after_their_threads_end() -> None:
    stats = Stats()
    a, b = stats.counters(), stats.counters()
    a[READ] += 1_000_000_000
    b[READ] += 500_000_000
    b[WAIT] += 2_000_000_000
    before = stats.seconds()
    assert before == {**dict.fromkeys(STAGES, 0.0), "read": 1.5, "wait": 2.0}
    stats.fold([a])
    assert stats.seconds() == before
    c = stats.counters()
    c[:] = b  # equal to other counters, and yet not those
    stats.fold([c])
    b[DECODE] += 1_000_000_000
    assert stats.seconds() == {**dict.fromkeys(STAGES, 0.0), "read": 2.0, "wait": 4.0, "decode": 1.0}
    stats.fold([b])
    assert not stats._threads and stats.seconds()["decode"] == 1.0
