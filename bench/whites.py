"""What a picture's numbers cost: the look at floats, formulas in place of tables, and 16 bits. One thread."""

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
from variegate.plan.plan import Plan  # noqa: E402

LOOK = Plan.check
STANDARD = [vg.RandomResizedCrop(SIZE), vg.HorizontalFlip(p=0.5), vg.Normalize(layout="CHW")]


def looking(run: Callable[[int], object], looks: bool) -> Callable[[int], object]:
    """The same with the look at the numbers, or without."""

    def one(i: int) -> object:
        Plan.check = LOOK if looks else lambda self, image, *name: None  # type: ignore[method-assign]
        try:
            return run(i)
        finally:
            Plan.check = LOOK  # type: ignore[method-assign]

    return one


def epochs(images: list[Any]) -> Callable[[int], object]:
    """One more epoch of a loader over arrays; all are of one size."""
    loader = vg.Loader(vg.Arrays(images), vg.Compose(STANDARD), batch_size=BATCH, workers=0, seed=0)
    return lambda i: [batch["image"].shape for batch in loader]


def batches(images: list[Any], ops: list[Any]) -> Callable[[int], object]:
    """One batch of a pipeline."""
    augment = vg.Compose(ops)

    def one(i: int) -> object:
        start = i * BATCH % len(images)
        return augment.batch(images[start : start + BATCH], keys=vg.Keys.at(0, i, np.arange(BATCH)))

    return one


def main() -> None:
    """Three kinds of numbers of the same pictures, interleaved."""
    args = timing.arguments(__doc__)
    eight = photos.decoded(4 * BATCH, args.data)
    floats = [image / np.float32(255) for image in eight]
    wide = [image.astype(np.uint16) * 257 for image in eight]
    crop, seed = (
        [vg.RandomResizedCrop(SIZE)],
        [vg.Rotate((-30, 30)), *STANDARD[:2], vg.Contrast((0.8, 1.2)), STANDARD[2]],
    )
    kinds = {"uint8": eight, "uint16": wide, "float32": floats}
    runs = {
        f"{op} {kind}": batches(images, ops)
        for kind, images in kinds.items()
        for op, ops in (
            ("crop", crop),
            ("gamma", [*crop, vg.Gamma(1.5)]),
            ("posterize", [*crop, vg.Posterize(4)]),
            ("standard", STANDARD),
            ("seed", seed),
            ("flip", [vg.HorizontalFlip()]),
        )
    }
    epoch, once = epochs(floats), batches(floats, STANDARD)
    epoch(0)  # the first epoch looks at every picture
    runs |= {"epoch": looking(epoch, True), "epoch, no look": looking(epoch, False)}
    runs |= {"batch": looking(once, True), "batch, no look": looking(once, False)}
    taken = timing.interleave(runs, 3 if args.quick else 60, warm=2)

    def against(one: str, other: str) -> list[float]:
        return timing.ratios(taken[one], taken[other])

    rows = [
        report.row(
            "standard recipe on float arrays, a loader's later epochs: with the look at the numbers / without",
            against("epoch", "epoch, no look"),
            unit="x",
            reach=1.05,
            better="less",
        ),
        report.row(
            "standard recipe on float arrays, batches of a call, which looks every time: with / without",
            against("batch", "batch, no look"),
            unit="x",
        ),
        *(
            report.row(f"{op}: {kind} / uint8", against(f"{op} {kind}", f"{op} uint8"), unit="x")
            for op in ("flip", "standard", "seed", "gamma", "posterize")
            for kind in ("uint16", "float32")
        ),
    ]
    each = [
        report.row(name, [s / BATCH * 1e3 for s in v], unit="ms an image")
        for name, v in taken.items()
        if not name.startswith("epoch")
    ]
    report.save("whites", args.out, rows, args.quick, figures=each)


if __name__ == "__main__":
    main()
