"""What a contrast that one sample in ten gets costs the whole batch, one thread, our defaults."""

from __future__ import annotations

import timing

timing.one_thread()

from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
import photos  # noqa: E402
import report  # noqa: E402
from peers.measure import BATCH, SIZE  # noqa: E402

import variegate as vg  # noqa: E402

WITHOUT, REACH = "without", {"behind the crop": 1.08, "before it": 1.35}


def chains(p: float) -> dict[str, vg.Compose]:
    """The standard recipe, with a contrast of this probability in either place."""

    def chain(before: list[Any], behind: list[Any]) -> vg.Compose:
        crop = [vg.RandomResizedCrop(SIZE), vg.HorizontalFlip(p=0.5)]
        return vg.Compose([*before, *crop, *behind, vg.Normalize(layout="CHW")])

    contrast = vg.Contrast((0.6, 1.4), p=p)
    return {"behind the crop": chain([], [contrast]), "before it": chain([contrast], [])}


def main() -> None:
    """Batches with and without, on the same pictures and keys, interleaved."""
    args = timing.arguments(__doc__)
    images = photos.decoded(4 * BATCH, args.data)

    def run(augment: vg.Compose) -> Callable[[int], object]:
        def one(i: int) -> object:
            start = i * BATCH % len(images)
            return augment.batch(images[start : start + BATCH], keys=vg.Keys.at(0, i, np.arange(BATCH)))

        return one

    contenders = {WITHOUT: run(vg.Compose(chains(0.5)["before it"].ops[1:]))}
    for p in (0.1, 1):
        contenders |= {f"p = {p}, {place}": run(augment) for place, augment in chains(p).items()}
    taken = timing.interleave(contenders, 4 if args.quick else 150, warm=2)
    rows = []
    for name, seconds in taken.items():
        if name == WITHOUT:
            continue
        reach = REACH[name.split(", ")[1]] if "0.1" in name else None
        slower = timing.ratios(seconds, taken[WITHOUT])
        rows.append(report.row(f"contrast at {name} / without", slower, reach=reach, better="less"))
    each = [report.row(name, [s / BATCH * 1e3 for s in v], unit="ms an image") for name, v in taken.items()]
    report.save("contrast", args.out, rows, args.quick, figures=each)


if __name__ == "__main__":
    main()
