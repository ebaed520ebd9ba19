"""From files, two workers, our defaults: images/s of ours, the bare decoder and the peers, each in its own process."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import photos
import pss
import report
import setup
import timing
from peers.measure import BATCH, RECIPES

OURS, DECODER, TF = "ours", "decoder", "tf.data + Keras"


@dataclass
class Contender:
    """A module of peers/ in one environment; `same` is False for a variant that does another recipe."""

    name: str
    env: str
    module: str
    variant: str = ""
    recipes: tuple[str, ...] = RECIPES
    same: bool = True
    slow: bool = False  # fewer images a round, so 3,000 in all
    rates: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    last: dict[str, Any] = field(default_factory=dict)


def contenders() -> list[Contender]:
    """All, in the order of a round."""
    return [
        Contender(OURS, "main", "ours"),
        Contender(DECODER, "main", "decoder"),
        Contender("decoder, bytes in memory", "main", "decoder", "held", same=False),
        Contender("albumentationsx, simplejpeg", "main", "alb", "one"),
        Contender("albumentationsx, cv2", "main", "alb", "one-cv2"),
        Contender("torchvision, tensors", "main", "tv", "one-tensor"),
        Contender("torchvision, PIL", "main", "tv", "one-pil"),
        Contender(TF, "tf", "tfdata", slow=True),
        Contender("tf.data, layers on batches after the crop", "tf", "tfdata", "batch", recipes=("seed",), same=False),
        Contender("tf.data, whole pictures decoded", "tf", "tfdata", "whole", recipes=("standard",)),
        Contender("DALI", "dali", "dali"),
    ]


def run(each: Contender, recipe: str, folder: Path, batches: int, warm: int) -> None:
    """One process; its rate and peak are kept, or what went wrong is said."""
    command = [str(setup.python(each.env)), "-m", f"peers.{each.module}", "--recipe", recipe, "--files", str(folder)]
    command += ["--batches", str(batches), "--warm", str(warm), "--variant", each.variant]
    process = subprocess.Popen(command, cwd=report.HERE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    watch = pss.Watch(process.pid)
    out, err = process.communicate()
    peak = watch.stop()
    if process.returncode:
        print(f"  {each.name}, {recipe}: failed\n{err[-1500:]}", file=sys.stderr, flush=True)
        return
    each.last = json.loads(out.splitlines()[-1])
    each.rates.append(each.last["rate"])
    each.peaks.append(peak)


def rows(recipe: str, ran: dict[str, Contender]) -> list[report.Row]:
    """Ratios, round by round."""
    ours = ran[OURS]
    vision = max(
        (c for c in ran.values() if c.name.startswith("torchvision")), key=lambda c: median(c.rates), default=None
    )
    peers = [c for c in ran.values() if c.same and c.name not in (OURS, DECODER)]
    best = max(peers, key=lambda c: median(c.rates))
    reach = {
        "standard": {DECODER: (0.78, 0.90), best.name: (1.35, 1.6), **({vision.name: (2.2, None)} if vision else {})},
        "seed": {DECODER: (0.72, 0.85), best.name: (2.5, 3.2), TF: (22, 28)},
    }[recipe]
    found = []
    for name, (least, most) in reach.items():
        if name not in ran or len(ran[name].rates) != len(ours.rates):
            print(f"  {recipe}: no row for {name}: it is not installed or failed", file=sys.stderr, flush=True)
            continue
        label = f"the best peer, {name}" if name == best.name else name
        values = timing.ratios(ours.rates, ran[name].rates)
        found.append(
            report.row(f"{recipe}: ours / {label}", values, reach=least, stretch=most, stages=ours.last["stages"])
        )
    return found


def main() -> None:
    """Rounds of all contenders, a recipe at a time."""
    args = timing.arguments(__doc__)
    rounds, warm, batches, slow = (1, 3, 3, 2) if args.quick else (3, 6, 24, 16)
    folder = photos.stream((batches + warm + 2) * BATCH, args.data)
    all_rows: list[report.Row] = []
    figures: list[report.Row] = []
    for recipe in RECIPES:
        racing = [c for c in contenders() if recipe in c.recipes and setup.ready(c.env)]
        for i in range(rounds):
            for each in racing[i % len(racing) :] + racing[: i % len(racing)]:
                run(each, recipe, folder, slow if each.slow and recipe == "seed" else batches, warm)
        ran = {c.name: c for c in racing if c.rates}
        all_rows += rows(recipe, ran)
        for c in ran.values():
            note = f"peak PSS {max(c.peaks):.0f} MB; {c.last['images'] * len(c.rates)} images"
            figures.append(report.row(f"{recipe}: {c.name}", c.rates, unit="images/s", note=note))
    absent = sorted({c.name for c in contenders() if not setup.ready(c.env)})
    report.save("files", args.out, all_rows, args.quick, figures=figures, absent=absent)


if __name__ == "__main__":
    main()
