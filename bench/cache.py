"""Epochs from a cache against the same epochs from JPEGs: *standard*, two workers, our defaults, in one process."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import photos
import report
import timing
from peers import measure, ours

import variegate as vg
from variegate.loader.cache import Cache, open_store

REACH = 3.0
JPEG, MEMORY, DISK = "JPEGs", "cache in memory", "cache on disk"
FILLING, FIRST = "an epoch that fills a cache on disk", "cache on disk, a new loader's first epoch"


class Contenders:
    """Loaders of the same files; each call is an epoch."""

    def __init__(self, folder: Path, room: Path) -> None:
        self._folder, self._room = folder, room
        self.kept = {
            JPEG: self.loader(None),
            MEMORY: self.loader(Cache("memory", "8GB")),
            DISK: self.loader(Cache(room / "kept")),
        }

    def loader(self, cache: Cache | None) -> vg.Loader:
        """Ours, with or without a cache."""
        return ours.loader("standard", self._folder, cache=cache)

    def calls(self) -> dict[str, Callable[[int], None]]:
        """Name -> an epoch."""
        again = {name: lambda i, made=made: self.epoch(made) for name, made in self.kept.items()}
        return {**again, FILLING: self.filling, FIRST: lambda i: self.epoch(self.loader(Cache(self._room / "kept")))}

    @staticmethod
    def epoch(loader: vg.Loader) -> None:
        """One, by a consumer that touches every batch."""
        for batch in loader:
            measure.touch(batch["image"])

    def filling(self, i: int) -> None:
        """An epoch that decodes and writes everything."""
        shutil.rmtree(self._room / "filled", ignore_errors=True)
        self.epoch(self.loader(Cache(self._room / "filled")))

    def fill(self) -> None:
        """All pictures into both caches: what a disk was too slow for in one epoch comes in the next."""
        for name in (MEMORY, DISK):
            loader, missed = self.kept[name], 1
            while missed:
                before = loader.stats()["cache"]["misses"]
                self.epoch(loader)
                missed = loader.stats()["cache"]["misses"] - before


def microseconds_to_get(cache: Cache, source: vg.ImageFolder) -> list[float]:
    """A picture's `get`, when its checksum has been looked at: the mean of an epoch, of several epochs."""
    store, found = open_store(cache, source), []
    for _ in range(6):
        begun = time.perf_counter()
        for i in range(len(source)):
            store.get(i)
        found.append((time.perf_counter() - begun) / len(source) * 1e6)
    return found[1:]


def bytes_a_picture(room: Path, folder: Path) -> list[report.Row]:
    """What a picture takes, as pixels and as a file."""
    files = [path.stat().st_size for path in folder.iterdir()]
    shards = sum(path.stat().st_size for path in (room / "kept").rglob("*.arrow"))
    return [
        report.row("bytes a picture in the cache on disk", [shards / len(files) / 1e3], unit="kB"),
        report.row("bytes a picture as JPEG", [sum(files) / len(files) / 1e3], unit="kB"),
    ]


def figures(seconds: dict[str, list[float]], count: int, room: Path, folder: Path) -> list[report.Row]:
    """What lies behind the rows."""
    rates = [report.row(name, [count / s for s in found], unit="images/s") for name, found in seconds.items()]
    source = vg.ImageFolder(folder)
    get = microseconds_to_get(Cache(room / "kept"), source)
    date = report.row("get of a picture on disk", get, unit="us", note="of it most for the date of the file")
    return [*rates, date, *bytes_a_picture(room, folder)]


def rows(seconds: dict[str, list[float]], stages: dict[str, dict[str, float]]) -> list[report.Row]:
    """Ratios, round by round."""
    found = []
    for name in (DISK, MEMORY, FIRST, FILLING):
        values = timing.ratios(seconds[JPEG], seconds[name])
        aim: dict[str, Any] = {"reach": REACH, "stages": stages[name]} if name in (DISK, MEMORY) else {}
        found.append(report.row(f"standard: {name} / {JPEG}", values, **aim))
    return found


def main() -> None:
    """Fill both caches, then rounds of epochs, every round in another order; files and shards in the page cache."""
    args = timing.arguments(__doc__)
    batches, rounds = (2, 1) if args.quick else (20, 5)
    folder = photos.stream(batches * measure.BATCH, args.data)
    room = Path(mkdtemp(prefix="cache-", dir=photos.DATA))
    try:
        racing = Contenders(folder, room)
        racing.fill()
        before = {name: made.stats() for name, made in racing.kept.items()}
        seconds = timing.interleave(racing.calls(), rounds)
        images = batches * measure.BATCH
        stages = {
            name: {stage: (made.stats()[stage] - before[name][stage]) / images / (rounds + 1) * 1e3 for stage in STAGES}
            for name, made in racing.kept.items()
        }
        behind = figures(seconds, images, room, folder)
        report.save("cache", args.out, rows(seconds, stages), args.quick, figures=behind)
    finally:
        shutil.rmtree(room, ignore_errors=True)


STAGES = ("read", "decode", "plan", "kernel", "wait")

if __name__ == "__main__":
    main()
