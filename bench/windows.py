"""From files by window: our loader, first and later epochs, against the bare decoder and tf.data; two workers.

The same files and threads, each contender in a process of its own, in turns. The decoder of ours is in the kernel cache
from the start; how long it takes to compile is a row of jpeg.py. A later epoch reads the crop's own part of each file.
Photographs of 12 megapixels are read by ours alone, by window and, as before there were windows, whole by simplejpeg.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import large
import photos
import report
import setup
import timing
from peers.measure import BATCH

WARM = 3  # batches before those that are timed
RUN = """
import json, sys
import variegate as vg
from peers import measure, ours
from variegate.loader.decode.compilation import COMPILATION
recipe, folder, decoder, batches, warm = *sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5])
COMPILATION.compile()
loader = ours.loader(recipe, folder, jpeg_decoder=decoder)
for batch in vg.Loader(loader.source, loader.augment, batch_size=64, workers=2, jpeg_decoder="turbo").epoch(9):
    break  # the pipeline's kernels are compiled, and no index is noted
found = {}
for epoch in range(3):
    before = loader.stats()
    found[epoch] = measure.rate((batch["image"] for batch in loader), batches, warm)
    after = loader.stats()
    images = found[epoch]["images"] + warm * measure.BATCH
    names = "read", "decode", "plan", "kernel", "wait"
    stages = {name: (after[name] - before[name]) / images * 1e6 for name in names}
    found[epoch] = {"rate": found[epoch]["rate"], "stages": stages,
                    "decoded": (after["bytes_decoded"] - before["bytes_decoded"]) / images}
print(json.dumps(found))
"""


def ours(recipe: str, folder: Path, decoder: str, batches: int) -> dict[str, dict]:
    """Images a second, microseconds a picture by stage, and bytes decoded of one, by epoch."""
    command = [str(setup.python("main")), "-c", RUN, recipe, str(folder), decoder, str(batches), str(WARM)]
    done = subprocess.run(command, cwd=report.HERE, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def peer(env: str, module: str, recipe: str, folder: Path, batches: int, variant: str = "") -> float | None:
    """Images a second of a peer; None if it is not installed."""
    if not setup.ready(env):
        return None
    command = [str(setup.python(env)), "-m", f"peers.{module}", "--recipe", recipe, "--files", str(folder)]
    command += ["--batches", str(batches), "--warm", str(WARM), "--variant", variant]
    done = subprocess.run(command, cwd=report.HERE, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr[-1000:], file=sys.stderr)
        return None
    return float(json.loads(done.stdout.splitlines()[-1])["rate"])


Turns = dict[str, list]


def in_turns(contenders: dict[str, Callable[[], object]], rounds: int) -> Turns:
    """What each contender gives, round by round, another one first in each."""
    found: Turns = {name: [] for name in contenders}
    names = list(contenders)
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            found[name].append(contenders[name]())
    return found


def rates(found: list[dict[str, dict]], *epochs: int) -> list[float]:
    """Images a second of ours in some epochs, round by round."""
    return [sum(each[str(k)]["rate"] for k in epochs) / len(epochs) for each in found]


def stages(found: list[dict[str, dict]], epoch: int) -> dict[str, float]:
    """Microseconds a picture by stage, and bytes decoded of one, in the last round."""
    return found[-1][str(epoch)]["stages"] | {"bytes decoded": found[-1][str(epoch)]["decoded"]}


def recipe_rows(recipe: str, folder: Path, rounds: int, batches: int) -> list[report.Row]:
    """A recipe: against the bare decoder, ours by simplejpeg and, where the recipe is tf.data's own, that."""
    contenders: dict[str, Callable[[], object]] = {
        "auto": lambda: ours(recipe, folder, "auto", batches),
        "turbo": lambda: ours(recipe, folder, "turbo", batches),
        "decoder": lambda: peer("main", "decoder", recipe, folder, batches),
    }
    if recipe == "standard":
        contenders |= {
            "its own DCT": lambda: peer("tf", "tfdata", recipe, folder, batches),
            "the exact DCT": lambda: peer("tf", "tfdata", recipe, folder, batches, "exact"),
        }
    found = in_turns(contenders, rounds)
    auto, decoder = found["auto"], found["decoder"]
    later = rates(auto, 1, 2)
    reach = {"standard": (1.3, 1.6, 1.0, 1.1), "seed": (1.1, 1.3, None, None)}[recipe]
    rows = [
        report.row(f"{recipe}, second epoch on: ours / the bare decoder", timing.ratios(later, decoder),
                   reach=reach[0], stretch=reach[1], stages=stages(auto, 2),
                   note="stages: us a picture, of two threads"),
        report.row(f"{recipe}, first epoch: ours / the bare decoder", timing.ratios(rates(auto, 0), decoder),
                   reach=reach[2], stretch=reach[3], stages=stages(auto, 0)),
        report.row(f"{recipe}, second epoch on: ours / ours by simplejpeg",
                   timing.ratios(later, rates(found["turbo"], 1)), stages=stages(found["turbo"], 1)),
    ]  # fmt: skip
    for name in ("its own DCT", "the exact DCT"):
        if name in found and None not in found[name]:
            rows.append(report.row(f"{recipe}, second epoch on: ours / tf.data's decode_and_crop, {name}",
                                   timing.ratios(later, found[name]), reach=1.9, stretch=2.4))  # fmt: skip
    return rows


def large_row(rounds: int, batches: int) -> report.Row:
    """Photographs of 12 megapixels, against what ours was before."""
    folder = photos.stream((batches + WARM) * BATCH, large.folder("textured", 2 if rounds == 1 else large.COUNT))
    found = in_turns({way: lambda way=way: ours("standard", folder, way, batches) for way in ("auto", "turbo")}, rounds)
    return report.row("12 megapixels, standard, exact, second epoch on: ours / before",
                      timing.ratios(rates(found["auto"], 1, 2), rates(found["turbo"], 1, 2)), reach=2.0, stretch=3.0,
                      stages=stages(found["auto"], 2), note='before: the same loader with jpeg_decoder="turbo"; '
                      f"4:2:0 at quality {large.QUALITY}; stages: us a picture, of two threads")  # fmt: skip


def main() -> None:
    """Rounds of all, a recipe at a time."""
    args = timing.arguments(__doc__)
    rounds, batches = (1, 3) if args.quick else (4, 20)
    folder = photos.stream((batches + WARM) * BATCH, args.data)
    rows = [row for recipe in ("standard", "seed") for row in recipe_rows(recipe, folder, rounds, batches)]
    report.save("windows", args.out, [*rows, large_row(rounds, 1 if args.quick else 4)], args.quick)


if __name__ == "__main__":
    main()
