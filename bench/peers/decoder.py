"""The bare decoder: exact JPEG decoding of the same files by two threads, each into a buffer that it uses again."""

from __future__ import annotations

import json
import sys
import threading
import time
from argparse import ArgumentParser
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import simplejpeg

from peers.measure import BATCH, RECIPES

THREADS = 2


def decode(paths: list[str], held: list[bytes] | None) -> None:
    """Decode each file once; its bytes are read here unless held."""
    buffer = np.empty(16 << 20, np.uint8)
    for i, path in enumerate(paths):
        if held is None:
            with open(path, "rb") as file:
                data = file.read()
        else:
            data = held[i]
        height, width, _, _ = simplejpeg.decode_jpeg_header(data)
        into = buffer if height * width * 3 <= buffer.size else np.empty(height * width * 3, np.uint8)
        simplejpeg.decode_jpeg(data, "RGB", buffer=into)


def rate(paths: list[str], count: int, held: bool = False) -> float:
    """Images a second of two threads over `count` pictures."""
    shares = [list(islice(cycle(paths), t, count, THREADS)) for t in range(THREADS)]
    bytes_of = {p: Path(p).read_bytes() for p in paths} if held else {}
    threads = [
        threading.Thread(target=decode, args=(share, [bytes_of[p] for p in share] if held else None))
        for share in shares
    ]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return count / (time.perf_counter() - start)


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("--recipe", choices=RECIPES, help="not used: the decoder is the same")
    parser.add_argument("--files", type=Path, required=True)
    parser.add_argument("--batches", type=int, default=48)
    parser.add_argument("--warm", type=int, default=6)
    parser.add_argument("--variant", choices=["", "held"], default="")
    args = parser.parse_args()
    paths = sorted(str(p) for p in args.files.iterdir())
    rate(paths, args.warm * BATCH)
    images = args.batches * BATCH
    json.dump({"images": images, "rate": rate(paths, images, args.variant == "held")}, sys.stdout)
    print(flush=True)
