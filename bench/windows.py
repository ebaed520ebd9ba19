"""From files by window: our loader, first and later epochs, against the bare decoder and tf.data; two workers.

The same files and threads, each contender in a process of its own, in turns. The decoder of ours is in the kernel cache
from the start; how long it takes to compile is a row of jpeg.py. A later epoch reads the crop's own part of each file.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import photos
import report
import setup
import timing
from peers.measure import BATCH

RUN = """
import json, sys
import variegate as vg
import variegate.jpeg as jpeg
from peers import measure, ours
recipe, folder, decoder, batches = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
for _ in jpeg.warm():
    pass
loader = ours.loader(recipe, folder, jpeg_decoder=decoder)
for batch in vg.Loader(loader.source, loader.augment, batch_size=64, workers=2, jpeg_decoder="turbo").epoch(9):
    break  # the pipeline's kernels are compiled, and no index is noted
found = {}
for epoch in range(3):
    before = loader.stats()
    found[epoch] = measure.rate((batch["image"] for batch in loader), batches, 2)
    after = loader.stats()
    images = found[epoch]["images"] + 2 * measure.BATCH
    names = "read", "decode", "plan", "kernel", "wait"
    stages = {name: (after[name] - before[name]) / images * 1e6 for name in names}
    found[epoch] = {"rate": found[epoch]["rate"], "stages": stages,
                    "decoded": (after["bytes_decoded"] - before["bytes_decoded"]) / images}
print(json.dumps(found))
"""


def ours(recipe: str, folder: Path, decoder: str, batches: int) -> dict[str, dict]:
    """Images a second, microseconds a picture by stage, and bytes decoded of one, by epoch."""
    command = [str(setup.python("main")), "-c", RUN, recipe, str(folder), decoder, str(batches)]
    done = subprocess.run(command, cwd=report.HERE, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def peer(env: str, module: str, recipe: str, folder: Path, batches: int) -> float | None:
    """Images a second of a peer; None if it is not installed."""
    if not setup.ready(env):
        return None
    command = [str(setup.python(env)), "-m", f"peers.{module}", "--recipe", recipe, "--files", str(folder)]
    command += ["--batches", str(batches), "--warm", "3"]
    done = subprocess.run(command, cwd=report.HERE, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr[-1000:], file=sys.stderr)
        return None
    return float(json.loads(done.stdout.splitlines()[-1])["rate"])


def main() -> None:
    """Rounds of all, a recipe at a time."""
    args = timing.arguments(__doc__)
    rounds, batches = (1, 3) if args.quick else (4, 20)
    folder = photos.stream((batches + 2) * BATCH, args.data)
    rows = []
    for recipe in ("standard", "seed"):
        auto, turbo, decoder, tf = [], [], [], []
        for i in range(rounds):
            turns = [
                lambda: auto.append(ours(recipe, folder, "auto", batches)),  # noqa: B023
                lambda: turbo.append(ours(recipe, folder, "turbo", batches)),  # noqa: B023
                lambda: decoder.append(peer("main", "decoder", recipe, folder, batches)),  # noqa: B023
                lambda: tf.append(peer("tf", "tfdata", recipe, folder, batches)) if recipe == "standard" else None,  # noqa: B023
            ]
            for turn in turns[i % 4 :] + turns[: i % 4]:
                turn()
        later = [(each["1"]["rate"] + each["2"]["rate"]) / 2 for each in auto]
        first, whole = [each["0"]["rate"] for each in auto], [each["1"]["rate"] for each in turbo]
        stages = auto[-1]["2"]["stages"] | {"bytes decoded": auto[-1]["2"]["decoded"]}
        reach = {"standard": (1.3, 1.6, 1.0, 1.1), "seed": (1.1, 1.3, None, None)}[recipe]
        rows += [
            report.row(f"{recipe}, second epoch on: ours / the bare decoder", timing.ratios(later, decoder),
                       reach=reach[0], stretch=reach[1], stages=stages, note="stages: us a picture, of two threads"),
            report.row(f"{recipe}, first epoch: ours / the bare decoder", timing.ratios(first, decoder),
                       reach=reach[2], stretch=reach[3], stages=auto[-1]["0"]["stages"]),
            report.row(f"{recipe}, second epoch on: ours / ours by simplejpeg", timing.ratios(later, whole),
                       stages=turbo[-1]["1"]["stages"]),
        ]  # fmt: skip
        if recipe == "standard" and None not in tf:
            rows.append(report.row(f"{recipe}, second epoch on: ours / tf.data's decode_and_crop, its own DCT",
                                   timing.ratios(later, tf), reach=1.9, stretch=2.4))  # fmt: skip
    report.save("windows", args.out, rows, args.quick)


if __name__ == "__main__":
    main()
