"""12-megapixel photographs through the *standard* recipe: decode="scaled" against exact, in rate and in pixels."""

from __future__ import annotations

import timing

timing.one_thread()

import inspect  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import large  # noqa: E402
import numpy as np  # noqa: E402
import report  # noqa: E402
from peers import measure, ours  # noqa: E402

import variegate as vg  # noqa: E402
from variegate.loader.decode import open_image  # noqa: E402

Call = Callable[[int], object]


class Run:
    """One thread, photograph by photograph: each with another draw in each round, the same for both ways."""

    def __init__(self, files: list[Path], rounds: int, interpolation: Any = "bilinear", ops: Any = None) -> None:
        self.data = [path.read_bytes() for path in files]
        opened = [open_image(data) for data in self.data]
        sizes = np.array([opened[i % len(files)].size for i in range(rounds)])
        augment = vg.Compose(ops or ours.ops("standard"), interpolation=interpolation)
        self.plan = augment.plan(vg.Keys.at(0, 0, np.arange(rounds)), sizes)
        self.room = np.zeros(max(each.nbytes for each in opened), np.uint8)
        self.out = np.zeros(self.plan.shapes[0], self.plan.dtype)
        self.spent: dict[str, list[float]] = {}

    def __call__(self, i: int, scaled: bool) -> np.ndarray:
        begin = time.perf_counter()
        opened = open_image(self.data[i % len(self.data)])
        less = self.plan.reduction(i) if scaled else 1
        picture = opened.decode(self.room, less)
        middle = time.perf_counter()
        self.plan.run(i, picture, self.out, opened.covers(less))
        end = time.perf_counter()
        self.spent.setdefault("decode", []).append((middle - begin) * 1e3)
        self.spent.setdefault("kernel", []).append((end - middle) * 1e3)
        return self.out

    def least(self, i: int) -> object:
        """What no scaled decoding can do without."""
        return open_image(self.data[i % len(self.data)]).decode(self.room, 8)

    def stages(self, scaled: bool, rounds: int) -> dict[str, float]:
        """Milliseconds, by themselves."""
        self.spent.clear()
        for i in range(rounds):
            self(i, scaled)
        return {name: float(np.median(spent)) for name, spent in self.spent.items()}


def epochs(where: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds of epochs of a loader with one worker, both ways; nothing if it has no such argument."""
    if "decode" not in inspect.signature(vg.Loader).parameters:
        return {}
    source, augment = vg.ImageFolder(where), ours.pipeline("standard")
    loaders = {
        way: vg.Loader(source, augment, batch_size=2, workers=1, decode=way)  # type: ignore[arg-type]
        for way in ("exact", "scaled")
    }

    def epoch(way: str) -> Call:
        return lambda i: [measure.touch(batch["image"]) for batch in loaders[way].epoch(i)]

    return timing.interleave({way: epoch(way) for way in loaders}, rounds)


def difference(files: list[Path], rounds: int, kind: str) -> list[report.Row]:
    """Levels of 0..255 between both ways, before Normalize; and, for comparison, between bilinear and bicubic."""
    ops = [*ours.ops("standard")[:-1], vg.ToDtype("float32")]
    plain, cubic = Run(files, rounds, ops=ops), Run(files, rounds, "bicubic", ops)
    exact = [plain(i, False) * 255.0 for i in range(rounds)]
    found: list[report.Row] = []
    for name, other in (
        ("scaled and exact", lambda i: plain(i, True)),
        ("bicubic and bilinear", lambda i: cubic(i, False)),
    ):
        off = np.abs(np.stack([other(i) * 255.0 - exact[i] for i in range(rounds)]))
        figures = (("mean", off.mean()), ("99%", np.quantile(off, 0.99)), ("most", off.max()))
        found += [report.Row(f"{kind}: {name} differ, {which}", float(v), unit="levels of 255") for which, v in figures]
    return found


def rows(kind: str, quick: bool) -> tuple[list[report.Row], list[report.Row]]:
    """A kind's rows, and the figures behind them."""
    count, rounds = (2, 4) if quick else (large.COUNT, 64)
    where = large.folder(kind, count)
    files = sorted(where.glob("*.jpg"))[:count]
    run = Run(files, rounds)
    ways: dict[str, Call] = {"exact": lambda i: run(i, False), "scaled": lambda i: run(i, True), "least": run.least}
    taken = timing.interleave(ways, rounds, warm=2)
    less = [run.plan.reduction(i) for i in range(rounds)]
    shares = ", ".join(f"1/{d} for {100 * less.count(d) / rounds:.0f}%" for d in (1, 2, 4, 8) if d in less)
    size = np.mean([path.stat().st_size for path in files]) / 1e6
    parts = {
        f"{way} {name}": ms for way in ("exact", "scaled") for name, ms in run.stages(way == "scaled", rounds).items()
    }
    note = f"{size:.1f} MB a photograph; {shares}"
    name = f"12 megapixels, {kind}, decode and kernel: scaled / exact"
    found = [report.row(name, timing.ratios(taken["exact"], taken["scaled"]), reach=2.5, stages=parts, note=note)]
    ceiling = timing.ratios(taken["exact"], taken["least"])
    told = "every photograph decoded at 1/8 and no kernel: what is left is the Huffman code"
    found.append(report.row(f"12 megapixels, {kind}: a ceiling / exact", ceiling, note=told))
    loaded = epochs(where, 2 if quick else 8)
    if loaded:
        ratios = timing.ratios(loaded["exact"], loaded["scaled"])
        found.append(report.row(f"12 megapixels, {kind}, Loader, one worker: scaled / exact", ratios, reach=2.5))
    found += difference(files, rounds, kind)
    return found, [
        report.row(f"{kind}, {way}", [s * 1e3 for s in v], unit="ms a photograph") for way, v in taken.items()
    ]


def main() -> None:
    """Both kinds, and save."""
    args = timing.arguments(__doc__)
    found: list[report.Row] = []
    figures: list[report.Row] = []
    for kind in large.KINDS:
        made, behind = rows(kind, args.quick)
        found, figures = found + made, figures + behind
    report.save("scaled", args.out, found, args.quick, figures=figures)


if __name__ == "__main__":
    main()
