"""The first use of an op in a process, where the kernels of all others are in the cache: what a new op costs a user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import report
import timing

USE = """
import sys, time
import numpy as np
import variegate as vg
image = (np.arange(120 * 160 * 3) % 251).astype(np.uint8).reshape(120, 160, 3)
pipeline = lambda inside: vg.Compose([vg.RandomResizedCrop(64), *inside, vg.HorizontalFlip(p=0.5), vg.Normalize()])
for rest in ([], [vg.Rotate(5)], [vg.ColorJitter(contrast=(0.5, 2))]):
    pipeline(rest)(image, key=vg.Key())
began = time.perf_counter()
pipeline([vg.Rotate(5) if sys.argv[1] == "Rotate" else getattr(vg, sys.argv[1])()])(image, key=vg.Key())
print(time.perf_counter() - began)
"""
OPS = ("Elastic", "GaussianBlur", "MedianBlur", "GaussianNoise", "ShotNoise", "CoarseDropout", "Equalize", "CLAHE",
       "ToneCurve", "HueSaturationValue", "Vignette")  # fmt: skip


def seconds(op: str, cache: Path) -> float:
    """Of the first use, in a process of its own."""
    env = {**os.environ, "VARIEGATE_CACHE_DIR": str(cache)}
    done = subprocess.run([sys.executable, "-c", USE, op], env=env, capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    """Each op on a copy of a cache that the rest of the recipe has filled."""
    args = timing.arguments(__doc__)
    cold, warm = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        seconds("Rotate", base)
        for op in OPS[:2] if args.quick else OPS:
            own = Path(folder) / op
            shutil.copytree(base, own)
            cold[op], warm[op] = seconds(op, own), seconds(op, own)
    slowest = max(cold, key=cold.__getitem__)
    rows = [
        report.Row(
            "first use of an op on a warm cache of the rest, slowest", cold[slowest], "s", reach=3, stretch=1.5,
            better="less", note=f"{slowest}; stages: s of each", stages=cold,
        ),
        report.Row("the same once it is in the cache, slowest", max(warm.values()), "s", better="less", stages=warm),
    ]  # fmt: skip
    report.save("first", args.out, rows, args.quick)


if __name__ == "__main__":
    main()
