"""Decoded arrays, one thread, *seed*: ours in batches and in single calls against albumentationsx and torchvision."""

from __future__ import annotations

import timing

timing.one_thread()

import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
import photos  # noqa: E402
import report  # noqa: E402
import torch  # noqa: E402
from peers import alb, ours, tv  # noqa: E402
from peers.measure import BATCH, SIZE  # noqa: E402
from PIL import Image  # noqa: E402

import variegate as vg  # noqa: E402

torch.set_num_threads(1)
HELD = 4 * BATCH  # pictures in memory: far more than the caches hold


def part(items: list[Any], i: int) -> list[Any]:
    """The i-th batch, round and round."""
    start = i * BATCH % len(items)
    return items[start : start + BATCH]


def peer(augment: Callable[[Any], torch.Tensor], items: list[Any]) -> Callable[[int], object]:
    """A peer's new batch, as ours is new: each result is copied into it at once, which is cheaper than stacking all."""

    def run(i: int) -> torch.Tensor:
        out = torch.empty((BATCH, 3, SIZE, SIZE))
        for j, item in enumerate(part(items, i)):
            out[j] = augment(item)
        return out

    return run


def single(augment: Callable[[Any], Any], items: list[Any]) -> Callable[[int], None]:
    """Calls one by one; the results are dropped."""

    def run(i: int) -> None:
        for item in part(items, i):
            augment(item)

    return run


def batch(augment: vg.Compose, items: list[Any]) -> Callable[[int], object]:
    """Ours, a batch a call."""
    return lambda i: augment.batch(part(items, i))


def plan_and_kernel(augment: vg.Compose, images: list[np.ndarray], rounds: int) -> dict[str, float]:
    """Milliseconds an image of the two halves of a batch: drawing and lowering, and the kernels."""
    plans, kernels = [], []
    for i in range(rounds):
        chosen = part(images, i)
        sizes = np.array([image.shape[:2] for image in chosen], np.int64)
        start = time.perf_counter()
        plan = augment.plan(vg.Keys.at(i, 0, np.arange(BATCH)), sizes, channels=3, dtype=np.uint8)
        middle = time.perf_counter()
        out = np.empty((BATCH, *plan.shapes[0]), plan.dtype)
        out.fill(0)  # page faults belong to neither
        begin = time.perf_counter()
        for j, image in enumerate(chosen):
            plan.run(j, image, out[j])
        plans.append(middle - start)
        kernels.append(time.perf_counter() - begin)
    return {"plan": float(np.median(plans)) / BATCH * 1e3, "kernel": float(np.median(kernels)) / BATCH * 1e3}


def stages(images: list[np.ndarray], rounds: int, antialias: bool) -> dict[str, float]:
    """Draw and kernel time, and what the kernel's parts cost, each by leaving it out (milliseconds an image)."""
    whole = ours.ops("seed", "four")
    flat = [op for op in whole if not isinstance(op, vg.Contrast)]
    full = plan_and_kernel(vg.Compose(whole, antialias=antialias), images, rounds)
    sharp = (
        plan_and_kernel(vg.Compose(whole, antialias=False), images, rounds)["kernel"] if antialias else full["kernel"]
    )
    statistics = full["kernel"] - plan_and_kernel(vg.Compose(flat, antialias=antialias), images, rounds)["kernel"]
    prefilter = full["kernel"] - sharp
    rest = full["kernel"] - prefilter - statistics
    return {"draw": full["plan"], "prefilter": prefilter, "statistics": statistics, "warp and tail": rest}


def main() -> None:
    """Time all, interleaved, and save."""
    args = timing.arguments(__doc__)
    images = photos.decoded(HELD, args.data)
    tensors, pictures = [tv.tensor(x) for x in images], [Image.fromarray(x) for x in images]
    alb_one, alb_four = alb.pipeline("seed", "one"), alb.pipeline("seed", "four")
    ours_one, ours_four = (ours.pipeline("seed", v, antialias=False) for v in ("one", "four"))
    contenders: dict[str, Callable[[int], object]] = {
        "ours, one Affine, no antialias": batch(ours_one, images),
        "ours, four ops, no antialias": batch(ours_four, images),
        "ours, single, no antialias": single(ours_one, images),
        "ours, one Affine": batch(ours.pipeline("seed", "one"), images),
        "ours, four ops": batch(ours.pipeline("seed", "four"), images),
        "albumentationsx, one Affine": peer(alb_one, images),
        "albumentationsx, four ops": peer(alb_four, images),
        "albumentationsx, single": single(alb_one, images),
        "torchvision, one affine": peer(tv.pipeline("seed", "one"), tensors),
        "torchvision, four ops": peer(tv.pipeline("seed", "four"), tensors),
        "torchvision on PIL, one affine": peer(tv.pipeline("seed", "one-pil"), pictures),
        "torchvision on PIL, four ops": peer(tv.pipeline("seed", "four-pil"), pictures),
    }
    taken = timing.interleave(contenders, 2 if args.quick else 48)
    off, on = (stages(images, 2 if args.quick else 16, antialias=a) for a in (False, True))

    def row(name: str, above: str, below: str, **rest: Any) -> report.Row:
        return report.row(name, timing.ratios(taken[above], taken[below]), **rest)

    a, t, o, plain = "albumentationsx, ", "torchvision, ", "ours, ", ", no antialias"
    pil = "torchvision on PIL, "
    rows = [
        row(
            "albumentationsx, one Affine / ours",
            a + "one Affine",
            o + "one Affine" + plain,
            reach=5.5,
            stretch=8,
            stages=off,
        ),
        row("albumentationsx, four ops / ours, four ops", a + "four ops", o + "four ops" + plain, reach=16, stretch=24),
        row("albumentationsx / ours, single calls, one Affine", a + "single", o + "single" + plain, reach=5, stretch=6),
        row(
            "torchvision, one affine / ours (defaults)",
            t + "one affine",
            o + "one Affine",
            reach=12,
            stretch=18,
            stages=on,
        ),
        row("torchvision, four ops / ours (defaults)", t + "four ops", o + "four ops", reach=30, stretch=45),
        row("torchvision on PIL images, one affine / ours (defaults)", pil + "one affine", o + "one Affine"),
        row("torchvision on PIL images, four ops / ours (defaults)", pil + "four ops", o + "four ops"),
    ]
    each = [report.row(name, [s / BATCH * 1e3 for s in v], unit="ms an image") for name, v in taken.items()]
    images_a_figure = len(taken["ours, four ops"]) * BATCH
    report.save("arrays", args.out, rows, args.quick, figures=each, images_a_figure=images_a_figure)


if __name__ == "__main__":
    main()
