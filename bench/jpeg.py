"""Our JPEG decoder against simplejpeg, one thread: whole pictures, crops, what an index costs; cold compile; and bytes.

Crops are RandomResizedCrop's (8 to 100% of the area). "First" is a first decode, which verifies all of the file and
notes the index; "index" a later one, which begins at it. Headers are parsed anew each time. Beside a loader's two
workers the decoder is compiled as a user has it, by a child process of the loader; whether batches wait for it is told
by the longest time between two of them, against that beside a process which is as busy and has nothing to do with us.
"""

from __future__ import annotations

import timing

timing.one_thread()

import json  # noqa: E402
import math  # noqa: E402
import os  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
from pathlib import Path  # noqa: E402
from statistics import median  # noqa: E402

import numpy as np  # noqa: E402
import photos  # noqa: E402
import report  # noqa: E402
import simplejpeg  # noqa: E402
from peers.measure import BATCH  # noqa: E402

import variegate.jpeg as ours  # noqa: E402
from variegate.jpeg import index  # noqa: E402

COLD = """
import time
import variegate.jpeg as jpeg
begun = time.perf_counter()
for _ in jpeg.warm():
    pass
print(time.perf_counter() - begun)
"""
BESIDE = """
import json, os, subprocess, sys, time
os.sched_setaffinity(0, range(os.cpu_count()))
import variegate as vg
from peers import ours
from variegate.loader.decode.compilation import COMPILATION
folder, way, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
loader = ours.loader("standard", folder, jpeg_decoder="turbo" if way == "other" else "auto")
for batch in vg.Loader(loader.source, loader.augment, batch_size=64, workers=2, jpeg_decoder="turbo").epoch(9):
    break  # the pipeline's kernels are compiled
other = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if way == "other" else None
begun, gaps = time.perf_counter(), []
last = begun
for batch in loader.stream():
    now = time.perf_counter()
    gaps.append(now - last)
    last = now
    if COMPILATION.there or now - begun > seconds:
        break
if other is not None:
    other.kill()
    other.wait()
print(json.dumps({"seconds": last - begun, "gaps": sorted(gaps[3:]), "there": COMPILATION.there}))
"""
WAYS = "decoder", "whole", "first", "index", "no index"


def crop(rng: np.random.Generator, height: int, width: int) -> ours.Window:
    """A window of RandomResizedCrop."""
    for _ in range(10):
        area, aspect = height * width * rng.uniform(0.08, 1), math.exp(rng.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            y, x = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
            return y, y + h, x, x + w
    return 0, height, 0, width


class Files:
    """Files that are read here, a crop and an index of each, and room for their pictures."""

    def __init__(self, data: list[bytes]) -> None:
        rng = np.random.default_rng(0)
        self.data = [each for each in data if not ours.refusal(each)]
        self.left_out = len(data) - len(self.data)
        self.headers = [self.header(i) for i in range(len(self.data))]
        self.rooms = [np.zeros((*header.size, 3), np.uint8) for header in self.headers]
        self.windows = [crop(rng, *header.size) for header in self.headers]
        self.indexes = [self.verified(i, (0, 0, 0, 0)) for i in range(len(self.data))]

    def header(self, i: int) -> ours.Header:
        """Parsed anew."""
        found = ours.parse(self.data[i])
        assert isinstance(found, ours.Header)
        return found

    def verified(self, i: int, window: ours.Window) -> ours.Index:
        """A first decode."""
        header = self.header(i)
        found = ours.verify(self.data[i], header, window, self.rooms[i])
        assert isinstance(found, ours.Index)
        return found

    def unnoted(self, i: int) -> None:
        """A first decode that notes the beginning and the end alone."""
        share, index.SHARE = index.SHARE, 1 << 40
        self.whole(i)
        index.SHARE = share

    def whole(self, i: int) -> None:
        """All of a picture, for the first time."""
        height, width = self.headers[i].size
        self.verified(i, (0, height, 0, width))

    def indexed(self, i: int) -> None:
        """A crop, by the index."""
        assert ours.read(self.data[i], self.header(i), self.indexes[i], self.windows[i], self.rooms[i])

    def turbo(self, i: int) -> object:
        """All of a picture, by simplejpeg, into the same room."""
        return simplejpeg.decode_jpeg(self.data[i], "RGB", False, False, 0, 0, 1, self.rooms[i].reshape(-1), True)

    def times(self, rounds: int) -> dict[str, list[float]]:
        """Seconds of each way, a picture a round."""
        n = len(self.data)
        calls = (
            *(lambda i: self.turbo(i % n), lambda i: self.whole(i % n)),
            *(lambda i: self.verified(i % n, self.windows[i % n]), lambda i: self.indexed(i % n)),
            lambda i: self.unnoted(i % n),
        )
        return timing.interleave(dict(zip(WAYS, calls, strict=True)), rounds, warm=3)


def encoded(count: int, quality: int, sampling: str) -> list[bytes]:
    """Photographs of ImageNet's sizes."""
    rng, made = np.random.default_rng(0), []
    for _ in range(count):
        pixels = photos.picture(rng, (500, 375))
        made.append(photos.encode(pixels, quality, {"4:4:4": 0, "4:2:0": 2}[sampling]))
    return made


def whole_rows(quick: bool) -> list[report.Row]:
    """Samplings and qualities."""
    rows = []
    for sampling in ("4:2:0", "4:4:4"):
        for quality in (75, 95):
            files = Files(encoded(4 if quick else 40, quality, sampling))
            found = files.times(8 if quick else 400)
            stages = {name: 1e6 * report.spread(found[name])[0] for name in WAYS}
            rows += [
                report.row(f"{sampling}, quality {quality}, whole: simplejpeg / ours",
                           timing.ratios(found["decoder"], found["whole"]), reach=1.3, stretch=1.5, stages=stages,
                           note="stages: us a picture"),
                report.row(f"{sampling}, quality {quality}, crop by index: simplejpeg / ours",
                           timing.ratios(found["decoder"], found["index"])),
            ]  # fmt: skip
    return rows


def crop_rows(data: list[bytes], quick: bool) -> list[report.Row]:
    """Of files as they come: crops, and the index."""
    files = Files(data)
    found = files.times(8 if quick else 4 * len(files.data))
    sizes = [noted.nbytes / len(data) for noted, data in zip(files.indexes, files.data, strict=True)]
    note = f"{len(files.data)} files, {files.left_out} refused"
    return [
        report.row("whole: simplejpeg / ours", timing.ratios(found["decoder"], found["whole"]), reach=1.3, note=note),
        report.row("crop, first decode: simplejpeg / ours", timing.ratios(found["decoder"], found["first"]), note=note),
        report.row("crop by index: simplejpeg / ours", timing.ratios(found["decoder"], found["index"]), note=note),
        report.row("index: share of its file", sizes, unit="", reach=0.02, better="less"),
        report.row("index: time it adds to a first decode of all", [sum(found["whole"]) / sum(found["no index"]) - 1],
                   unit="", reach=0.03, better="less", note="both verify all of each file"),
    ]  # fmt: skip


def differing(data: list[bytes], windows: int) -> report.Row:
    """Files of which a window, by the index or while it is verified, is not simplejpeg's."""
    files, rng, wrong = Files(data), np.random.default_rng(1), 0
    for i in range(len(files.data)):
        truth, height, width = np.array(files.turbo(i)), *files.headers[i].size
        for n in range(windows):
            y0, y1, x0, x1 = window = crop(rng, height, width) if n else (0, height, 0, width)
            for noted in (True, False):
                files.rooms[i][:] = 0
                if noted:
                    assert ours.read(files.data[i], files.headers[i], files.indexes[i], window, files.rooms[i])
                else:
                    files.verified(i, window)
                wrong += not np.array_equal(files.rooms[i][y0:y1, x0:x1], truth[y0:y1, x0:x1])
    note = f"{2 * windows * len(files.data)} windows of {len(files.data)} files"
    return report.row("windows that differ from simplejpeg's", [wrong], unit="", reach=0, better="less", note=note)


def cold() -> report.Row:
    """All of the decoder, in a process of its own with an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "VARIEGATE_CACHE_DIR": str(Path(folder) / "cache")}
        done = subprocess.run([sys.executable, "-c", COLD], env=env, capture_output=True, text=True, check=True)
    return report.row("cold compile, alone", [float(done.stdout)], unit="s", reach=15, stretch=8, better="less")


def beside(folder: Path, way: str, seconds: float) -> dict:
    """How long a loader took to have the decoder, and seconds from batch to batch meanwhile; "other": to `seconds`."""
    with tempfile.TemporaryDirectory() as cache:
        env = {**os.environ, "VARIEGATE_CACHE_DIR": cache}
        env.pop("NUMBA_NUM_THREADS")
        command = [sys.executable, "-c", BESIDE, str(folder), way, str(seconds)]
        done = subprocess.run(command, env=env, cwd=report.HERE, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def beside_rows(folder: Path, quick: bool) -> list[report.Row]:
    """The decoder compiled beside two busy workers."""
    took, longest = [], []
    for _ in range(1 if quick else 3):
        compiling = beside(folder, "ours", 300)
        other = beside(folder, "other", compiling["seconds"])
        assert compiling["there"], "it was not compiled in 300 s"
        took.append(compiling["seconds"])
        longest.append((compiling["gaps"][-1], other["gaps"][-1]))
        middle = {way: 1e3 * median(each["gaps"]) for way, each in (("ours", compiling), ("other", other))}
    stages = {
        **{f"longest, {way}": 1e3 * max(each) for way, each in zip(middle, zip(*longest, strict=True), strict=True)},
        **{f"median, {way}": each for way, each in middle.items()},
    }
    note = "from the first batch until this process has loaded it"
    return [
        report.row("cold compile, beside two busy workers", took, unit="s", reach=40, stretch=20, better="less",
                   note=note),
        report.row("the longest time between two batches meanwhile: ours / beside any busy process",
                   [a / b for a, b in longest], reach=2, better="less", stages=stages, note="stages: ms"),
    ]  # fmt: skip


def main() -> None:
    """All of it."""
    args = timing.arguments(__doc__)
    paths = sorted(args.data.rglob("*.[jJ]*")) if args.data else []
    data = [path.read_bytes() for path in paths] or [photos.jpeg(seed) for seed in range(20 if args.quick else 120)]
    rows = [*whole_rows(args.quick), *crop_rows(data, args.quick), differing(data, 2 if args.quick else 10)]
    if not args.quick:
        rows.append(cold())
    rows += beside_rows(photos.stream(22 * BATCH, args.data), args.quick)
    report.save("jpeg", args.out, rows, args.quick)


if __name__ == "__main__":
    main()
