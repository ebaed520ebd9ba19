"""Pictures of 20 megapixels in eight formats under `memory=`: what is taken of what is allowed, and how fast it is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
import photos
import report
from PIL import Image
from PIL.PngImagePlugin import PngInfo

SIZE = 5000, 4000  # (width, height)
COUNT = 24  # files, of two pictures
SMALL, EVERY = (640, 480), 128  # those of one batch, for speed
TEXT = PngInfo()
TEXT.add_text("Comment", "a scan")  # a place where an orientation may be
KINDS: dict[str, tuple[str, str, str, dict[str, Any]]] = {  # name -> ending, Pillow's mode, dtype wanted, options
    "JPEG": ("jpg", "RGB", "uint8", {"quality": 85}),
    "PNG": ("png", "RGB", "uint8", {"compress_level": 1, "pnginfo": TEXT}),
    "PNG, 16 bits": ("png", "I;16", "uint16", {"compress_level": 1}),
    "TIFF": ("tif", "RGB", "uint8", {"compression": "tiff_lzw"}),
    "BMP": ("bmp", "RGB", "uint8", {}),
    "PPM": ("ppm", "RGB", "uint8", {}),
    "WebP": ("webp", "RGB", "uint8", {"method": 0}),
    "JPEG 2000": ("jp2", "RGB", "uint8", {}),
}


def folder(name: str, size: tuple[int, int], count: int, different: int = 2) -> Path:
    """Files of a kind, links to a few pictures of a size."""
    ending, mode, _, options = KINDS[name]
    target = photos.DATA / f"budget-{ending}-{mode.replace(';', '')}-{size[0]}x{size[1]}-{count}"
    if target.exists():
        return target
    part, own = target.with_suffix(".part"), target.with_suffix(".files")
    for each in (part, own):
        each.mkdir(parents=True, exist_ok=True)
    for seed in range(different):
        pixels = np.clip(np.rint(photos.picture(np.random.default_rng(seed), size)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels[..., 0].astype(np.uint16) * 257 if mode == "I;16" else pixels).save(
            own / f"{seed}.{ending}", **options
        )
    for i in range(count):
        link = part / f"{i:03}.{ending}"
        link.unlink(missing_ok=True)
        os.symlink(own / f"{i % different}.{ending}", link)
    part.rename(target)
    return target


def loader(path: str, dtype: str, **options: Any) -> Any:
    """Batches of small results."""
    import variegate as vg

    ops = [vg.Rotate((-30, 30)), vg.RandomResizedCrop(224), vg.Normalize(layout="CHW", mean=0.5, std=0.5)]
    mode = "L" if dtype == "uint16" else "RGB"
    return vg.Loader(vg.ImageFolder(path, mode=mode, dtype=dtype), vg.Compose(ops), workers=2, **options)


def taken(path: str, dtype: str, batch: str) -> None:
    """Of the least budget that is taken, and of half as much again: what a process takes, in megabytes."""
    import gc

    import variegate as vg

    def status(key: str) -> float:
        line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(key))
        return int(line.split()[1]) * 1024 / 1e6

    next(iter(loader(path, dtype, batch_size=2)))  # what is loaded and compiled is no part of it
    least = None
    try:
        list(loader(path, dtype, batch_size=int(batch), memory="1MB"))
    except vg.VariegateError as error:
        found = re.search(r"and ([0-9.]+) MB are needed", str(error))
        least = float(found[1]) + 0.1 if found else None
    assert least is not None, "a megabyte was enough"
    for budget in (least, least * 1.5):
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")
        base = status("VmRSS")
        for made in loader(path, dtype, batch_size=int(batch), memory=int(budget * 1e6)):
            made["image"].max()
        print(json.dumps([budget, status("VmHWM") - base]), flush=True)


def speed(path: str, batch: str, rounds: str) -> None:
    """Pictures a second of the first batch, and of an epoch in batches of 16."""
    for _ in range(int(rounds) + 1):
        begun = time.perf_counter()
        for _ in loader(path, "uint8", batch_size=int(batch)):
            break
        first = time.perf_counter() - begun
        begun = time.perf_counter()
        for _ in loader(path, "uint8", batch_size=16):
            pass
        print(json.dumps([EVERY / first, EVERY / (time.perf_counter() - begun)]), flush=True)


def run(base: Path | None, *command: str) -> list[list[float]]:
    """What a process of its own prints; of another checkout's package if one is given."""
    env = os.environ | ({"PYTHONPATH": str(base / "src")} if base else {})
    done = subprocess.run([sys.executable, __file__, *command], stdout=subprocess.PIPE, text=True, check=True, env=env)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main() -> None:
    """A process for each format and batch size."""
    parser = ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smoke test: few formats, no measurement")
    parser.add_argument("--data", type=Path, help="is not used: the pictures are made")
    parser.add_argument("--out", type=Path, default=report.RESULTS)
    parser.add_argument("--base", type=Path, help="another checkout, whose speed is that to compare with")
    args = parser.parse_args()
    rows = []
    for name in ["JPEG", "PNG"] if args.quick else KINDS:
        path = str(folder(name, (500, 400) if args.quick else SIZE, COUNT))
        shares, note = [], []
        for batch in ("8", "16"):
            for budget, took in run(None, "--taken", path, KINDS[name][2], batch):
                shares.append(took / budget)
                note.append(f"{took:.0f} of {budget:.0f}")
        rows.append(
            report.Row(f"20 megapixels, {name}: taken of memory=, worst", max(shares), "", low=min(shares),
                       high=max(shares), reach=1.05, stretch=1.0, better="less",
                       note="MB, batch 8 and 16: " + ", ".join(note))
        )  # fmt: skip
    if args.base is not None:
        small = str(folder("PNG", SMALL, EVERY, different=16))
        ours, theirs = [], []
        for _ in range(5):
            ours += run(None, "--speed", small, str(EVERY), "1")[1:]
            theirs += run(args.base, "--speed", small, str(EVERY), "1")[1:]
        for at, (what, reach) in enumerate([(f"a single batch of {EVERY} PNGs", 1.8), ("an epoch of these PNGs", 1.0)]):
            ratios = [a[at] / b[at] for a, b in zip(ours, theirs, strict=True)]
            rows.append(
                report.row(
                    f"{what} of 640 x 480 with a text, two workers, against the version before", ratios, reach=reach
                )
            )
    report.save("budget", args.out, rows, args.quick)


if __name__ == "__main__":
    if sys.argv[1:2] in (["--taken"], ["--speed"]):
        {"--taken": taken, "--speed": speed}[sys.argv[1]](*sys.argv[2:])
    else:
        main()
