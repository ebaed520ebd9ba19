"""Decoded arrays with labels, one thread: a detection and a segmentation recipe, ours against albumentationsx."""

from __future__ import annotations

import timing

timing.one_thread()

import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
import report  # noqa: E402
import scenes  # noqa: E402
from peers import alb, ours  # noqa: E402

import variegate as vg  # noqa: E402

BATCH = 16
HELD = 64  # pictures in memory: 59 MB, more than the caches hold
Sample = dict[str, Any]
Call = Callable[[int], object]


def part(samples: list[Sample], i: int) -> list[Sample]:
    """The i-th batch, round and round."""
    start = i * BATCH % len(samples)
    return samples[start : start + BATCH]


def together(samples: list[Sample]) -> Sample:
    """A list a field."""
    return {name: [sample[name] for sample in samples] for name in samples[0]}


def batch(augment: vg.Compose, samples: list[Sample]) -> Call:
    """Ours, a batch a call."""
    return lambda i: augment.batch(**together(part(samples, i)))


def single(augment: Callable[..., Any], samples: list[Sample]) -> Call:
    """Anyone's, calls one by one; the results are dropped."""

    def run(i: int) -> None:
        for sample in part(samples, i):
            augment(**sample)

    return run


def stages(augment: vg.Compose, samples: list[Sample], rounds: int) -> dict[str, float]:
    """Milliseconds a sample of a batch's parts: reading labels, drawing and lowering, pixels, labels."""
    labels = "mask" if "mask" in samples[0] else "boxes"
    taken: dict[str, list[float]] = {"read labels": [], "draw and lower": [], "image": [], labels: []}
    for i in range(rounds):
        chosen = part(samples, i)
        sizes = [sample["image"].shape[:2] for sample in chosen]
        marks = [time.perf_counter()]
        leaves = [
            augment.known.read({name: value for name, value in sample.items() if name != "image"}, size)
            for sample, size in zip(chosen, sizes, strict=True)
        ]
        marks.append(time.perf_counter())
        plan = augment.plan(vg.Keys.at(i, 0, np.arange(BATCH)), np.array(sizes), leaves=leaves)
        marks.append(time.perf_counter())
        out = np.empty((BATCH, *plan.shapes[0]), plan.dtype)
        out.fill(0)  # page faults belong to none
        begin = time.perf_counter()
        for j, sample in enumerate(chosen):
            plan.run(j, sample["image"], out[j])
        middle = time.perf_counter()
        for j in range(len(chosen)):
            plan.carry(j)
        spans = [marks[1] - marks[0], marks[2] - marks[1], middle - begin, time.perf_counter() - middle]
        for name, seconds in zip(taken, spans, strict=True):
            taken[name].append(seconds)
    return {name: float(np.median(seconds)) / BATCH * 1e3 for name, seconds in taken.items()}


def samples(data: Path | None) -> tuple[list[Sample], list[Sample]]:
    """The same pictures with boxes and classes, and with masks."""
    images = scenes.pictures(HELD, data)
    boxed = [dict(zip(("boxes", "labels"), scenes.boxes(x.shape[:2], i), strict=True)) for i, x in enumerate(images)]
    detection = [{"image": image, **fields} for image, fields in zip(images, boxed, strict=True)]
    return detection, [{"image": x, "mask": scenes.mask(x.shape[:2], i)} for i, x in enumerate(images)]


def theirs(sample: Sample) -> Sample:
    """By their names."""
    return {"bboxes" if name == "boxes" else name: value for name, value in sample.items()}


def contenders(detection: list[Sample], segmentation: list[Sample]) -> dict[str, Call]:
    """All that is timed, by name."""
    found: dict[str, Call] = {}
    boxed = [theirs(sample) for sample in detection]
    for order in ("affine first", "crop first"):
        found[f"detection, albumentationsx, {order}"] = single(alb.detection(order), boxed)
        found[f"detection, ours, {order}"] = batch(ours.detection(order), detection)
    sharp = ours.detection(antialias=False)
    found["detection, ours, affine first, no antialias"] = batch(sharp, detection)
    found["detection, ours, affine first, no antialias, single"] = single(sharp, detection)
    found["detection, ours, affine first, single"] = single(ours.detection(), detection)
    for form in ("an op each", "one Affine"):
        found[f"segmentation, albumentationsx, {form}"] = single(alb.segmentation(form), segmentation)
    for name, antialias in (("", True), (", no antialias", False)):
        augment = ours.segmentation(antialias)
        found[f"segmentation, ours{name}"] = batch(augment, segmentation)
        found[f"segmentation, ours{name}, single"] = single(augment, segmentation)
    return found


def compared(taken: dict[str, list[float]], parts: dict[str, dict[str, float]]) -> list[report.Row]:
    """The rows: theirs over ours, round by round."""

    def row(name: str, above: str, below: str, **rest: Any) -> report.Row:
        recipe = name.split(",")[0]
        found = timing.ratios(taken[f"{recipe}, albumentationsx, {above}"], taken[f"{recipe}, ours{below}"])
        return report.row(f"{name}: albumentationsx / ours", found, **rest)

    first, second, many, one = "affine first", "crop first", "an op each", "one Affine"
    sharp, single_calls = ", no antialias", ", single"
    alike = "neither filters what shrinks"
    return [
        row("detection", first, f", {first}{sharp}", reach=4, stages=parts["detection"], note=alike),
        row("detection, our defaults", first, f", {first}"),
        row("detection, crop before affine, our defaults", second, f", {second}"),
        row("detection, single calls", first, f", {first}{sharp}{single_calls}", note=alike),
        row("detection, single calls, our defaults", first, f", {first}{single_calls}"),
        row("segmentation", many, sharp, reach=4, stages=parts["segmentation"], note=f"an op each; {alike}"),
        row("segmentation, our defaults", many, ""),
        row("segmentation, their scale and rotation as one Affine", one, sharp, note=alike),
        row("segmentation, their scale and rotation as one Affine, our defaults", one, ""),
        row("segmentation, single calls", many, f"{sharp}{single_calls}", note=alike),
        row("segmentation, single calls, our defaults", many, single_calls),
    ]


def main() -> None:
    """Time all, interleaved, and save."""
    args = timing.arguments(__doc__)
    detection, segmentation = samples(args.data)
    taken = timing.interleave(contenders(detection, segmentation), 2 if args.quick else 40, warm=2)
    rounds = 2 if args.quick else 16
    parts = {
        "detection": stages(ours.detection(antialias=False), detection, rounds),
        "segmentation": stages(ours.segmentation(False), segmentation, rounds),
    }
    each = [report.row(name, [s / BATCH * 1e3 for s in v], unit="ms a sample") for name, v in taken.items()]
    report.save("recipes", args.out, compared(taken, parts), args.quick, figures=each)


if __name__ == "__main__":
    main()
