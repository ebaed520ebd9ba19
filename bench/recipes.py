"""Decoded arrays with labels, one thread: a detection and a segmentation recipe, ours against albumentationsx."""

from __future__ import annotations

import timing

timing.one_thread()

import time  # noqa: E402
from collections.abc import Callable, Mapping  # noqa: E402
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
    taken: dict[str, list[float]] = {"read": [], "plan": [], "image": [], "carry": []}
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


def contenders(detection: list[Sample], segmentation: list[Sample]) -> dict[str, Call]:
    """All that is timed, by name."""
    found: dict[str, Call] = {}
    for order in ("affine first", "crop first"):
        found[f"detection, albumentationsx, {order}"] = single(alb.detection(order), detection)
    for name, antialias in (("", True), (", no antialias", False)):
        for order in ("affine first", "crop first"):
            augment = ours.detection(order, antialias)
            found[f"detection, ours, {order}{name}"] = batch(augment, detection)
            found[f"detection, ours, {order}{name}, single"] = single(augment, detection)
    for form in ("an op each", "one Affine"):
        found[f"segmentation, albumentationsx, {form}"] = single(alb.segmentation(form), segmentation)
    for name, antialias in (("", True), (", no antialias", False)):
        augment = ours.segmentation(antialias)
        found[f"segmentation, ours{name}"] = batch(augment, segmentation)
        found[f"segmentation, ours{name}, single"] = single(augment, segmentation)
    return found
