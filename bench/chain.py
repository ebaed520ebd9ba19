"""What one more geometric op costs in a chain of five, in batches, one thread, our defaults."""

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


def added() -> list[Any]:
    """Ops that change the picture so little that the same pixels are read: their cost is that of being there."""
    near = (-0.01, 0.01)
    return [vg.Rotate((-1, 1)), vg.Translate(x=near, y=near), vg.Scale((0.99, 1.01)), vg.Shear(x=(-1, 1), y=(-1, 1))]


def chain(extra: list[Any]) -> vg.Compose:
    """Five geometric ops, the extra ones before the last, and the tail."""
    shift = (-0.1, 0.1)
    four = [vg.Rotate((-30, 30)), vg.Translate(x=shift, y=shift), vg.Scale((0.8, 1.2)), vg.Shear(x=(-10, 10))]
    return vg.Compose([*four, *extra, vg.RandomResizedCrop(SIZE), vg.Normalize(layout="CHW")])


def main() -> None:
    """Chains of five to nine ops on the same pictures and keys, interleaved."""
    args = timing.arguments(__doc__)
    images = photos.decoded(4 * BATCH, args.data)
    kinds = added()
    chains = {"5": chain([])} | {f"{5 + n}": chain(kinds[:n]) for n in range(1, 5)}
    chains |= {f"5 + {type(op).__name__}": chain([op]) for op in kinds}

    def run(augment: vg.Compose) -> Callable[[int], object]:
        def one(i: int) -> object:
            start = i * BATCH % len(images)
            return augment.batch(images[start : start + BATCH], keys=vg.Keys.at(0, i, np.arange(BATCH)))

        return one

    taken = timing.interleave(
        {name: run(augment) for name, augment in chains.items()}, 4 if args.quick else 150, warm=2
    )
    lengths = np.arange(5, 10)
    columns = np.array([taken[str(n)] for n in lengths])  # (length, round)
    slopes = [float(np.polyfit(lengths, column, 1)[0] / column[0] * 100) for column in columns.T]
    rows = [
        report.row(
            "each op added to five: slope over 5 to 9",
            slopes,
            unit="% more time",
            reach=1.5,
            stretch=0.5,
            better="less",
        )
    ]
    for op in kinds:
        name = f"5 + {type(op).__name__}"
        rows.append(
            report.row(name, [(r - 1) * 100 for r in timing.ratios(taken[name], taken["5"])], unit="% more time")
        )
    each = [report.row(name, [s / BATCH * 1e3 for s in v], unit="ms an image") for name, v in taken.items()]
    report.save("chain", args.out, rows, args.quick, figures=each)


if __name__ == "__main__":
    main()
