"""Peak memory (PSS) from files, two workers, *seed*, our defaults; and its growth from epoch 2 to epoch 20."""

from __future__ import annotations

import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

import photos
import pss
import report
import timing


def child(folder: str, epochs: int) -> None:
    """The measured process: epochs of touched batches; says when each ended."""
    from peers import measure, ours

    loader = ours.loader("seed", folder)
    for _ in range(epochs):
        for batch in loader:
            measure.touch(batch["image"])
        print(time.monotonic(), flush=True)


def main() -> None:
    """Sample the child from outside, 20 times a second."""
    args = timing.arguments(__doc__)
    epochs = 3 if args.quick else 20
    folder = photos.stream(512, args.data)
    command = [sys.executable, __file__, "--child", str(folder), str(epochs)]
    subprocess.run([*command[:-1], "1"], stdout=subprocess.DEVNULL, check=True)  # compiles what is not cached
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    watch = pss.Watch(process.pid, every=0.05)
    out, _ = process.communicate()
    peak = watch.stop()
    assert process.returncode == 0
    ends = [0.0, *map(float, out.split())]
    by_epoch = [
        max((mb for at, mb in watch.samples if start < at <= end), default=0.0) for start, end in pairwise(ends)
    ]
    tail = median(by_epoch[-3:])
    rows = [
        report.Row("peak PSS", peak, "MB", reach=350, stretch=300, better="less"),
        report.Row(
            f"growth of the epoch's peak, epoch 2 to {epochs}", tail - by_epoch[1], "MB", reach=5, better="less",
            note="median of the last three epochs less the second; 5 MB are taken for the allocator's noise. In the "
            f"first it was {by_epoch[0]:.0f} MB: there nobody holds the last batch of an epoch before",
        ),
    ]  # fmt: skip
    report.save("memory", args.out, rows, args.quick, peak_by_epoch=by_epoch)


if __name__ == "__main__":
    if "--child" in sys.argv:
        child(str(Path(sys.argv[2])), int(sys.argv[3]))
    else:
        main()
