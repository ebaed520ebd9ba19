"""Time a stream of batches, with a consumer that only touches each, and print one line of JSON."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

BATCH = 64
SIZE = 224
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
RECIPES = ("standard", "seed")
Stats = Callable[[], dict[str, float]]  # seconds by stage so far


def touch(batch: Any) -> np.ndarray:
    """Read a few hundred of the batch's values, through a view, not a copy."""
    array = np.asarray(batch)
    assert array.flags.c_contiguous and array.dtype == np.float32, (array.dtype, array.flags)
    float(array.reshape(-1)[:: max(1, array.size // 256)].sum())
    return array


def rate(batches: Iterable[Any], count: int, warm: int, stats: Stats = dict) -> dict[str, Any]:
    """Images a second over `count` batches after `warm` of them, and milliseconds an image by stage over the same."""
    start, seen, last, before = time.perf_counter(), 0, None, stats()
    for seen, batch in enumerate(batches, 1):
        last = touch(batch)
        if seen == warm:
            start, before = time.perf_counter(), stats()
        if seen == warm + count:
            break
    seconds, images = time.perf_counter() - start, count * BATCH
    assert seen == warm + count and last is not None, f"{seen} batches of {warm + count}"
    stages = {name: (value - before.get(name, 0)) / images * 1e3 for name, value in stats().items()}
    look = {"shape": list(last.shape), "min": float(last.min()), "max": float(last.max()), "mean": float(last.mean())}
    return {"images": images, "seconds": seconds, "rate": images / seconds, "stages": stages, **look}


def main(batches: Callable[[str, list[str], str], Iterable[Any]], stats: Stats = dict) -> None:
    """Parse the command line, run, print. `batches` takes the recipe, the files and the variant."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--recipe", choices=RECIPES, required=True)
    parser.add_argument("--files", type=Path, required=True)
    parser.add_argument("--batches", type=int, default=48)
    parser.add_argument("--warm", type=int, default=6)
    parser.add_argument("--variant", default="")
    parser.add_argument("--save", type=Path, help="write the first batch here as .npy, to look at")
    args = parser.parse_args()
    paths = sorted(str(p) for p in args.files.iterdir())
    if args.save:
        np.save(args.save, np.asarray(next(iter(batches(args.recipe, paths, args.variant)))))
        return
    print(json.dumps(rate(batches(args.recipe, paths, args.variant), args.batches, args.warm, stats)), flush=True)
