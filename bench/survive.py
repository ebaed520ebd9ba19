"""Kills, early ends and half a million samples: nothing is lost, nothing is left, nothing grows."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import report
import stream
import timing

import variegate as vg

KILLS, ENDS, SAMPLES = 20, 200, 500_000
PATIENCE = 0.3  # seconds that a run works before it is killed, at most


def loader(**options: Any) -> vg.Loader:
    """Tiny files, so that there are many samples a second."""
    turn = [vg.Rotate((-30, 30)), vg.HorizontalFlip(p=0.5), vg.Contrast((0.8, 1.2)), vg.Resize(8)]
    chosen = {"batch_size": 64, "workers": 2, "seed": 1, **options}
    return vg.Loader(vg.ImageFolder(stream.tiny()), vg.Compose(turn), **chosen)


def train(folder: Path, epochs: int) -> None:
    """A run as people write it: consume, then save the state; what it saw goes to a log, which no kill can undo."""
    saved, one = folder / "state.json", loader()
    if saved.exists():
        one.resume(json.loads(saved.read_text()))
    with open(folder / "log", "ab", buffering=0) as log:
        epoch = one.next_epoch
        while epoch < epochs:
            for batch in one:
                lines = [
                    f"{epoch} {sample} {blake2b(image.tobytes(), digest_size=8).hexdigest()}\n"
                    for sample, image in zip(batch["id"].tolist(), batch["image"], strict=True)
                ]
                log.write("".join(lines).encode())
                part = saved.with_suffix(".part")
                part.write_text(json.dumps(one.state()))
                part.rename(saved)
            epoch = one.next_epoch


def seen(folder: Path) -> tuple[dict[tuple[str, str], set[str]], int]:
    """(epoch, id) -> the bytes it was seen with; and how often anything was seen again."""
    found: dict[tuple[str, str], set[str]] = {}
    lines = [line.split() for line in (folder / "log").read_text().splitlines()]
    for line in lines:
        if len(line) == 3 and len(line[2]) == 16:  # not one that a kill cut off
            found.setdefault((line[0], line[1]), set()).add(line[2])
    return found, len(lines) - len(found)


def killed(kills: int, epochs: int) -> list[report.Row]:
    """The union over a run that is killed again and again, against one that is left alone."""
    order, command = random.Random(0), [sys.executable, __file__, "--train"]
    with tempfile.TemporaryDirectory() as name:
        alone, broken = Path(name) / "alone", Path(name) / "broken"
        for folder in (alone, broken):
            folder.mkdir()
        subprocess.run([*command, str(alone), str(epochs)], check=True)
        count, log = 0, broken / "log"
        while True:
            before = log.stat().st_size if log.exists() else 0
            child = subprocess.Popen([*command, str(broken), str(epochs)])
            while count < kills and child.poll() is None and not (log.exists() and log.stat().st_size > before):
                time.sleep(0.001)
            if count == kills or child.poll() is not None:
                break
            time.sleep(order.uniform(0, PATIENCE))
            child.send_signal(signal.SIGKILL)
            count += child.wait() == -signal.SIGKILL
        assert child.wait() == 0, child.returncode
        (expected, _), (found, again) = seen(alone), seen(broken)
    wrong = sum(found.get(key) != value for key, value in expected.items()) + len(found.keys() - expected.keys())
    note = (
        f"{len(expected)} samples in {epochs} epochs; {again} were seen twice, after a kill before the state was saved"
    )
    return [
        report.Row(f"samples lost, added or changed by {count} kills", wrong, "", reach=0, better="less", note=note)
    ]


def resident() -> int:
    """Bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def slope(samples: int) -> list[report.Row]:
    """Resident size over many samples, by a line through all after the first twentieth."""
    one, points, count = loader(), [], 0
    for batch in one.stream():
        count += len(batch["index"])
        if count % (64 * 50) < 64:
            points.append((count, resident()))
        if count >= samples:
            break
    kept = np.array([point for point in points if point[0] > samples / 20], float)
    line = np.polyfit(kept[:, 0], kept[:, 1], 1)
    growth = line[0] * (kept[-1, 0] - kept[0, 0])
    spread = kept[:, 1].max() - kept[:, 1].min()
    return [
        report.Row(
            f"growth over {count} samples, by a fitted line", growth / 1e6, "MB", reach=1, better="less",
            note=f"largest less smallest after the first twentieth: {spread / 1e6:.2f} MB",
        )
    ]  # fmt: skip


def left() -> tuple[int, int, int]:
    """Threads, open files and shared segments of this process."""
    shared = len(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else 0
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("variegate")]
    return len(threads), len(os.listdir("/proc/self/fd")), shared


def ended(times: int) -> list[report.Row]:
    """Breaks, exceptions and Ctrl-C by turns."""
    one, rows = loader(prefetch=4), []
    list(islice(one.epoch(0), 3))
    before = left()
    for number in range(times):
        try:
            for batch_number, _ in enumerate(one):
                if batch_number == number % 7:
                    if number % 3 == 0:
                        break
                    if number % 3 == 1:
                        raise ZeroDivisionError
                    os.kill(os.getpid(), signal.SIGINT)
        except (ZeroDivisionError, KeyboardInterrupt):
            pass
    after = left()
    for name, was, now in zip(("threads", "open files", "shared segments"), before, after, strict=True):
        rows.append(report.Row(f"{name} left by {times} early ends", now - was, "", reach=0, better="less"))
    return rows


def main() -> None:
    """All of them; each is a count that should be nothing."""
    args = timing.arguments(__doc__)
    kills, ends, samples, epochs = (2, 20, 20_000, 4) if args.quick else (KILLS, ENDS, SAMPLES, 24)
    rows = [*killed(kills, epochs), *ended(ends), *slope(samples)]
    report.save("survive", args.out, rows, args.quick)


if __name__ == "__main__":
    if "--train" in sys.argv:
        train(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
