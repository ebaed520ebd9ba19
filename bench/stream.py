"""The loader itself: two workers against one, CPU time on tiny files, the gap between epochs, the first of 200,000."""

from __future__ import annotations

import os
import random
import shutil
import time
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np
import photos
import report
import timing
from peers import measure, ours
from PIL import Image

import variegate as vg

TINY, MANY = 4096, 200_000


def tiny() -> Path:
    """A folder of 8 x 8 JPEGs."""
    target = photos.DATA / f"tiny-{TINY}"
    if not target.exists():
        part = target.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        rng = np.random.default_rng(0)
        for i in range(TINY):
            Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(part / f"{i:05}.jpg", quality=90)
        part.rename(target)
    return target


def many(count: int) -> Path:
    """A folder of `count` files in a thousand classes: links to the tiny ones."""
    target = photos.DATA / f"many-{count}"
    if not target.exists():
        part = target.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        sources = sorted(tiny().iterdir())
        for i in range(count):
            folder = part / f"class{i % 1000:04}"
            if i < 1000:
                folder.mkdir(parents=True)
            os.link(sources[i % TINY], folder / f"{i:06}.jpg")
        part.rename(target)
    return target


def rate(loader: vg.Loader, batches: int) -> float:
    """Images a second of wall time, after three batches."""
    return float(measure.rate((batch["image"] for batch in loader), batches, 3)["rate"])


def workers(rounds: int, batches: int, data: Path | None) -> report.Row:
    """From files, *standard*."""
    folder = photos.stream((batches + 6) * measure.BATCH, data)
    loaders = {n: ours.loader("standard", folder, workers=n) for n in (1, 2)}
    rates: dict[int, list[float]] = {1: [], 2: []}
    order = random.Random(0)
    for _ in range(rounds):
        for n in order.sample([1, 2], 2):
            rates[n].append(rate(loaders[n], batches))
    note = f"one {median(rates[1]):.0f}, two {median(rates[2]):.0f} images/s"
    return report.row("two workers / one, *standard*", timing.ratios(rates[2], rates[1]), reach=1.85, note=note)


def cpu(rounds: int) -> list[report.Row]:
    """Microseconds of CPU a sample, of all threads, over whole epochs of 8 x 8 JPEGs to 8 x 8."""
    turn = [vg.Rotate((-30, 30)), vg.HorizontalFlip(p=0.5), vg.Contrast((0.8, 1.2)), vg.Resize(8)]
    source, rows = vg.ImageFolder(tiny()), []
    for count, reach in ((1, 60.0), (0, None), (2, None)):
        loader, spent = vg.Loader(source, vg.Compose(turn), batch_size=64, workers=count), []
        for epoch in range(rounds + 1):
            start = time.process_time()
            for _ in loader.epoch(epoch):
                pass
            spent.append((time.process_time() - start) / TINY * 1e6)
        name = f"CPU a sample, 8 x 8 JPEGs, four ops, workers={count}"
        stretch = 40.0 if reach else None
        rows.append(report.row(name, spent[1:], unit="us", reach=reach, stretch=stretch, better="less"))
    return rows


def gaps(rounds: int, data: Path | None) -> list[report.Row]:
    """By how much the wait for an epoch's first batch exceeds that for the others, of a consumer that always waits.

    In units of the others' median, which is the time that a batch takes.
    """
    folder = photos.stream(10 * measure.BATCH, data)
    found: dict[str, list[float]] = {"stream()": [], "a new `for batch in loader`": []}
    for _ in range(rounds):
        loader = ours.loader("standard", folder, workers=2)
        size = len(loader)
        stream = loader.stream()
        for name in found:
            waits = []
            batches = stream if name == "stream()" else (batch for _ in range(4) for batch in loader)
            start = time.perf_counter()
            for _batch in islice(batches, 4 * size):
                waits.append(time.perf_counter() - start)
                start = time.perf_counter()
            first = [waits[size * k] for k in (1, 2, 3)]
            usual = [wait for i, wait in enumerate(waits) if i % size > 2]
            found[name].append(median(first) / median(usual) - 1)
        stream.close()  # type: ignore[attr-defined]
    return [
        report.row(f"gap between epochs, {name}", values, unit="batch times", reach=1.0, better="less")
        if name == "stream()"
        else report.row(f"gap between epochs, {name}", values, unit="batch times")
        for name, values in found.items()
    ]


def first_batch(rounds: int, count: int) -> list[report.Row]:
    """Listing 200,000 files, and from there to the first batch."""
    folder, listing, beyond = many(count), [], []
    augment = vg.Compose([vg.HorizontalFlip(p=0.5), vg.Resize(8)])
    augment(np.zeros((8, 8, 3), np.uint8))  # compiled
    for _ in range(rounds):
        start = time.perf_counter()
        names = sum(1 for entry in os.scandir(folder) for _ in os.scandir(entry.path))
        listed = time.perf_counter() - start
        assert names == count
        start = time.perf_counter()
        batches = iter(vg.Loader(vg.ImageFolder(folder), augment, workers=2))
        next(batches)
        beyond.append(time.perf_counter() - start - listed)
        listing.append(listed)
        batches.close()  # type: ignore[attr-defined]
    return [
        report.row(f"first batch of {count} files, beyond listing", beyond, unit="s", reach=1.0, better="less"),
        report.row(f"listing {count} files by os.scandir", listing, unit="s"),
    ]


def main() -> None:
    """All claims, one after the other."""
    args = timing.arguments(__doc__)
    rounds, batches, count = (1, 3, 2000) if args.quick else (5, 20, MANY)
    rows = [workers(rounds, batches, args.data), *cpu(rounds), *gaps(rounds, args.data), *first_batch(rounds, count)]
    report.save("stream", args.out, rows, args.quick)


if __name__ == "__main__":
    main()
