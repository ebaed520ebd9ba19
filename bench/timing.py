"""Interleaved timing in one process, and the command line that all claims share."""

from __future__ import annotations

import os
import random
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from pathlib import Path

import report


def arguments(doc: str | None) -> Namespace:
    """--quick, --data, --out, --before."""
    parser = ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smoke test: few images, no measurement")
    parser.add_argument("--data", type=Path, help="a folder of JPEGs instead of the made ones")
    parser.add_argument("--out", type=Path, default=report.RESULTS)
    parser.add_argument("--before", metavar="BUILD", help="what two builds' claims compare with: commit or folder")
    return parser.parse_args()


def one_thread() -> None:
    """Pin this process to one core and its libraries to one thread; call before importing them."""
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def interleave(contenders: Mapping[str, Callable[[int], object]], rounds: int, warm: int = 1) -> dict[str, list[float]]:
    """Seconds of each contender's call with the round's number, interleaved."""
    return gather({name: clocked(call) for name, call in contenders.items()}, rounds, warm)


def clocked(call: Callable[[int], object]) -> Callable[[int], float]:
    """The call, which then gives the seconds that it took."""

    def one(i: int) -> float:
        start = time.perf_counter()
        call(i)
        return time.perf_counter() - start

    return one


def gather(contenders: Mapping[str, Callable[[int], float]], rounds: int, warm: int = 1) -> dict[str, list[float]]:
    """What each contender measures in the round of a number, interleaved; every round in another order.

    A fixed order, even one that rotates, gives each contender the same predecessor, and so always warm or always cold
    pictures: in a fixed order one of ours took 0.62 ms where a twin of it took 0.31.
    """
    names, order = list(contenders), random.Random(0)
    for i in range(warm):
        for name in names:
            contenders[name](i)
    found: dict[str, list[float]] = {name: [] for name in names}
    for i in range(rounds):
        for name in order.sample(names, len(names)):
            found[name].append(contenders[name](i))
    return found


def ratios(above: list[float], below: list[float]) -> list[float]:
    """Round by round."""
    return [a / b for a, b in zip(above, below, strict=True)]
