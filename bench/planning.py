"""What planning costs where ops cut the reading of some samples, in single calls, and where there is little to do."""

from __future__ import annotations

import timing

timing.one_thread()

import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import builds  # noqa: E402
import numpy as np  # noqa: E402
import photos  # noqa: E402
import report  # noqa: E402
from peers import ours  # noqa: E402
from peers.measure import BATCH, SIZE  # noqa: E402

import variegate as vg  # noqa: E402

HELD = 4 * BATCH  # pictures in memory: far more than the caches hold
CALLS = 48  # single calls in one answer
COMMON = (500, 375)  # (width, height), the commonest of ImageNet
Images = list[np.ndarray]


def chances(behind: bool) -> vg.Compose:
    """Eight turns, eight gammas that half of the samples get, and a crop: each gamma cuts, unless it stands behind."""
    turns, gammas = [vg.Rotate((-30, 30)) for _ in range(8)], [vg.Gamma((0.5, 2), p=0.5) for _ in range(8)]
    crop = vg.RandomResizedCrop(SIZE)
    mixed = [op for pair in zip(turns, gammas, strict=True) for op in pair]
    return vg.Compose([*turns, crop, *gammas] if behind else [*mixed, crop])


def part(images: Images, i: int) -> Images:
    """The i-th batch, round and round."""
    start = i * BATCH % len(images)
    return images[start : start + BATCH]


def planned(augment: vg.Compose, images: Images, i: int) -> Any:
    """The plan of the i-th batch."""
    return augment.plan(vg.Keys.at(0, i, np.arange(BATCH)), [image.shape[:2] for image in part(images, i)])


def planning(augment: vg.Compose, images: Images) -> builds.Case:
    """Seconds a sample of a batch's plan."""
    clock = timing.clocked(lambda i: planned(augment, images, i))
    return lambda i: clock(i) / BATCH


def running(augment: vg.Compose, images: Images) -> builds.Case:
    """Seconds a picture of a batch's pixels, into memory that was written before; the plan is made outside."""
    kept: dict[tuple[int, ...], Any] = {}  # page faults belong to nobody

    def one(i: int) -> float:
        plan, chosen = planned(augment, images, i), part(images, i)
        outs = [kept.setdefault((j, *shape), np.ones(shape, plan.dtype)) for j, shape in enumerate(plan.shapes)]
        start = time.perf_counter()
        for j, image in enumerate(chosen):
            plan.run(j, image, outs[j])
        return (time.perf_counter() - start) / BATCH

    return one


def in_cache(augment: vg.Compose, image: np.ndarray) -> builds.Case:
    """Seconds of one picture's pixels, again and again: what it costs is the arithmetic, not the way to memory."""
    plan = planned(augment, [image] * BATCH, 0)
    out = np.ones(plan.shapes[0], plan.dtype)
    clock = timing.clocked(lambda i: [plan.run(j, image, out) for j in range(BATCH)])
    return lambda i: clock(i) / BATCH


def copied(image: np.ndarray) -> builds.Case:
    """Seconds of its copy, alike."""
    out = np.ones_like(image)
    clock = timing.clocked(lambda i: [np.copyto(out, image) for _ in range(BATCH)])
    return lambda i: clock(i) / BATCH


def batches(augment: vg.Compose, images: Images) -> builds.Case:
    """Seconds a picture of whole batches: the plan, the new array and the pixels."""
    clock = timing.clocked(lambda i: augment.batch(part(images, i), keys=vg.Keys.at(0, i, np.arange(BATCH))))
    return lambda i: clock(i) / BATCH


def stacked(images: Images) -> builds.Case:
    """Seconds a picture of what no batch can do without: a new array, and a copy."""
    clock = timing.clocked(lambda i: np.stack(part(images, i)))
    return lambda i: clock(i) / BATCH


def single_plans(augment: vg.Compose, image: np.ndarray) -> builds.Case:
    """Seconds of one sample's plan, its key included."""
    sizes = np.array([image.shape[:2]])

    def one(i: int) -> None:
        for n in range(CALLS):
            augment.plan(vg.Keys.of([vg.Key(0, i, n)]), sizes)

    clock = timing.clocked(one)
    return lambda i: clock(i) / CALLS


def single_calls(augment: vg.Compose, images: Images) -> builds.Case:
    """Seconds of a call for one sample."""

    def one(i: int) -> None:
        for n, image in enumerate(part(images, i)):
            augment(image, key=vg.Key(0, i, n))

    clock = timing.clocked(one)
    return lambda i: clock(i) / BATCH


def cases(images: Images, alike: Images) -> dict[str, builds.Case]:
    """All that is asked of a build; alike: pictures of one size."""
    plain, gamma = vg.Compose([]), vg.Compose([vg.Gamma((0.5, 2))])
    policy, inside = ours.pipeline("policy"), ours.pipeline("policy inside")
    standard, seed = ours.pipeline("standard"), ours.pipeline("seed")
    return {
        "chances, planning": planning(chances(behind=False), images),
        "chances behind, planning": planning(chances(behind=True), images),
        "policy, planning": planning(policy, images),
        "policy, running": running(policy, images),
        "policy inside, planning": planning(inside, images),
        "policy inside, running": running(inside, images),
        "standard, planning": planning(standard, images),
        "standard, running": running(standard, images),
        "seed, single, planning": single_plans(seed, alike[0]),
        "seed, single, a call": single_calls(seed, images),
        "no op": in_cache(plain, alike[0]),
        "one table": in_cache(gamma, alike[0]),
        "a copy": copied(alike[0]),
        "no op, batches": batches(plain, alike),
        "one table, batches": batches(gamma, alike),
        "np.stack": stacked(alike),
    }


def child(data: str) -> None:
    """Serve the cases of one build."""
    rng = np.random.default_rng(0)
    alike = [np.clip(photos.picture(rng, COMMON), 0, 255).astype(np.uint8) for _ in range(BATCH)]
    builds.serve(cases(photos.decoded(HELD, Path(data) if data else None), alike))


def rows(now: builds.Taken, before: builds.Taken) -> list[report.Row]:
    """The rows; an absolute time is that of the machine, so beside it stands the gain since the build before."""

    def ratio(name: str, above: str, below: str, **rest: Any) -> report.Row:
        return report.row(name, timing.ratios(now[above], now[below]), better="less", **rest)

    def seconds(name: str, case: str, unit: str, **rest: Any) -> report.Row:
        values = [s * {"us": 1e6, "ms": 1e3}[unit] for s in now[case]]
        return report.row(name, values, unit=unit, better="less", **rest)

    def gain(name: str, case: str, **rest: Any) -> report.Row:
        return report.row(f"{name}: the build before / now", timing.ratios(before[case], now[case]), **rest)

    eight = "[Rotate, Gamma(p=0.5)] * 8, RandomResizedCrop"
    first, inside = "two OneOf of 14, then the standard recipe", "the same two behind the crop and the flip"
    nothing, table = "Compose([]) on uint8, 500 x 375", "one Gamma on uint8, 500 x 375"
    took = "before it took {}, where the reach was set"
    return [
        ratio(f"{eight}, planning: as it stands / the gammas behind", "chances, planning", "chances behind, planning",
              reach=2.5, stretch=1.5, note=f"a batch of {BATCH}"),
        gain(f"{eight}, planning", "chances, planning"),
        seconds(f"{first}: planning a sample", "policy, planning", "us", reach=25, stretch=15),
        gain(f"{first}: planning", "policy, planning", reach=4.4, stretch=7.3, note=took.format("110 us")),
        ratio(f"{first}: running a picture / the standard recipe", "policy, running", "standard, running",
              reach=3, stretch=2),
        seconds(f"{inside}: planning a sample", "policy inside, planning", "us"),
        ratio(f"{inside}: running a picture / the standard recipe", "policy inside, running", "standard, running"),
        seconds("seed, single: planning", "seed, single, planning", "ms", reach=0.07, stretch=0.05),
        gain("seed, single: planning", "seed, single, planning", reach=2.7, stretch=3.8, note=took.format("0.19 ms")),
        gain("seed, single: a call", "seed, single, a call"),
        seconds(f"{nothing}: running a picture", "no op", "ms", reach=0.03, note="in the cache, as a copy is"),
        ratio(f"{nothing}: running / a copy", "no op", "a copy"),
        ratio(f"{nothing}: batches / np.stack", "no op, batches", "np.stack", note="from memory into a new array"),
        seconds(f"{table}: running a picture", "one table", "ms", reach=0.15),
        ratio(f"{table}: batches / np.stack", "one table, batches", "np.stack"),
    ]  # fmt: skip


def main() -> None:
    """Both builds, case by case, interleaved."""
    args = timing.arguments(__doc__)
    now, before = builds.compare(args, __file__, rounds=40)
    figures = builds.figures(now, before)
    report.save("planning", args.out, rows(now, before), args.quick, figures=figures, before=builds.named(args))


if __name__ == "__main__":
    if "--child" in sys.argv:
        child(sys.argv[-1])
    else:
        main()
