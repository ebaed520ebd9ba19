"""Peak memory of a process and its descendants: the sum of proportional set sizes (Linux; elsewhere nothing)."""

from __future__ import annotations

import threading
import time
from pathlib import Path


def tree(pid: int) -> list[int]:
    """The process and its descendants."""
    found, todo = [], [pid]
    while todo:
        each = todo.pop()
        found.append(each)
        for path in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                todo += map(int, path.read_text().split())
            except OSError:  # ended meanwhile
                continue
    return found


def pss(pid: int) -> float:
    """Megabytes (1e6 bytes) of the tree now."""
    total = 0
    for each in tree(pid):
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024 / 1e6


class Watch:
    """Samples a process tree from a thread until `stop`."""

    def __init__(self, pid: int, every: float = 0.25) -> None:
        self.samples: list[tuple[float, float]] = []  # time.monotonic, MB
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(pid, every), daemon=True)
        self._thread.start()

    def _run(self, pid: int, every: float) -> None:
        while not self._over.wait(every):
            self.samples.append((time.monotonic(), pss(pid)))

    def stop(self) -> float:
        """The peak."""
        self._over.set()
        self._thread.join()
        return max((mb for _, mb in self.samples), default=0.0)
