"""There and back: boxes in every format, points and masks through a pipeline and its inverse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import report
import shapes
from exact import FORMATS
from peers import alb

import variegate as vg

Array = np.ndarray


def some_boxes(rng: np.random.Generator, size: tuple[int, int], count: int) -> Array:
    """Edges (N, 4) in pixels, a third of them on a side of the picture, another third of whole numbers."""
    most = np.array([size[1], size[0]], np.float64)
    ends = np.sort(rng.uniform(0, 1, (count, 2, 2)) * most, axis=1)
    ends[: count // 3] = np.rint(ends[: count // 3])
    touching = slice(count // 3, 2 * count // 3)
    sides = rng.random(ends[touching].shape) < 0.4
    border = np.stack([np.zeros(2), most])
    ends[touching] = np.where(sides, border, ends[touching])
    return ends.reshape(count, 4)


def written(edges: Array, layout: str, unit: Array, dtype: Any) -> Array:
    """As a data set has them: by the usual formulas, half of them in as few decimals as its text files, 6 or 2."""
    first, last = edges[:, :2] / unit, edges[:, 2:] / unit
    place = (first + last) / 2 if layout == "cxcywh" else first
    rows = np.concatenate([place, last if layout == "xyxy" else last - first], axis=1)
    rows[::2] = np.round(rows[::2], 2 if (unit == 1).all() else 6)
    return rows.astype(dtype)


def outside(rows: Array, layout: str, most: Array, *dtypes: Any) -> Array:
    """(N,) bool: boxes that leave the picture by the user's own sums, in the dtype of the rows, and in others."""
    found = np.zeros(len(rows), bool)
    for dtype in (rows.dtype, *dtypes):
        place, sides, limit = (numbers.astype(dtype) for numbers in (rows[:, :2], rows[:, 2:], most))
        half = sides / np.dtype(dtype).type(2)
        first = place - half if layout == "cxcywh" else place
        last = {"xyxy": sides, "xywh": place + sides, "cxcywh": place + half}[layout]
        found |= ((first < 0) | (last > limit) | (last < first)).any(axis=1)
    return found


CHAINS = [
    [vg.Rotate((-30, 30)), vg.RandomResizedCrop(224)],
    [vg.HorizontalFlip(), vg.RandomCrop((300, 333))],
    [vg.Affine(scale=(0.5, 2), shear_x=(-10, 10)), vg.Perspective((0, 0.3)), vg.Resize((77, 1001))],
    [vg.Scale((1.5, 3)), vg.Transpose()],
]


def through(target: vg.Boxes, dtype: str, edges: Array, size: tuple[int, int]) -> Counter[str]:
    """Boxes in one format through nothing, through the arithmetic alone, and through chains that move them; counts."""
    layout, sides = target.layout, np.array([size[1], size[0]], np.float64)
    unit, most = (sides, np.ones(2)) if target.fractions else (np.ones(2), sides)
    rows = written(edges, layout, unit, dtype)
    rows = rows[(rows[:, 2:] > (rows[:, :2] if layout == "xyxy" else 0)).all(axis=1)]
    same, within = carried([], target, rows, size)[0], ~outside(rows, layout, most)
    leaf = target.read(rows, size, "boxes")
    again = target.write(replace(leaf, given=None), size)
    found = Counter(
        differ=int((same != rows)[within].any(axis=1).sum()),
        mended=int((~within).sum()),
        beyond=int(outside(same, layout, most).sum() + outside(again, layout, most, np.float64).sum()),
        rows=len(rows),
        off=float(np.abs((again - rows)[within] * np.tile(unit, 2)).max()),
    )
    for ops in CHAINS:
        moved, (height, width) = carried(ops, target, rows, size)
        most = np.ones(2) if target.fractions else np.array([width, height], np.float64)
        found.update(beyond=int(outside(moved, layout, most, np.float64).sum()), moved=len(moved))
    return found


def formats(quick: bool) -> list[report.Row]:
    """The six formats, normalised and in pixels, in both dtypes."""
    rng, count, size = np.random.default_rng(2), 2000 if quick else 100_000, (427, 640)
    every: dict[str, list[Counter[str]]] = {"float64": [], "float32": []}
    for layout in FORMATS:
        for fractions in (False, True):
            for dtype, found in every.items():
                target = vg.Boxes(layout, normalised=fractions, dtype=dtype)
                found.append(through(target, dtype, some_boxes(rng, size, count), size))
    total = sum((sum(found, Counter()) for found in every.values()), Counter())
    rows = []
    for dtype, found in every.items():
        mended = sum(each["mended"] for each in found)
        note = (
            f"six formats, {count} boxes each, a third of them on a side; {mended} that left by a rounding are mended"
        )
        differ = sum(each["differ"] for each in found)
        name = f"boxes through nothing, {dtype}: rows that differ"
        rows.append(report.Row(name, differ, "boxes", reach=0, better="less", note=note))
    note = f"of {total['rows']} written again, and {total['moved']} after chains that move and cut; both dtypes"
    name = "boxes out of range by the user's own sums"
    rows.append(report.Row(name, total["beyond"], "boxes", reach=0, better="less", note=note))
    off = max(each["off"] for each in every["float64"])
    name = "boxes to edges and back by arithmetic alone, float64: largest difference"
    return [*rows, report.Row(name, off, "px", better="less"), refused(quick)]


def refused(quick: bool) -> report.Row:
    """How albumentationsx takes YOLO's boxes on a side of the picture."""
    size, most = (427, 640), np.array([640.0, 427.0])
    rows = written(some_boxes(np.random.default_rng(2), size, 600 if quick else 6000), "cxcywh", most, "float64")
    rows = rows[len(rows) // 3 : 2 * len(rows) // 3 : 2]
    augment, image, count = alb.nothing("yolo"), np.zeros((*size, 1), np.uint8), 0
    for row in rows:
        try:
            augment(image=image, bboxes=row[None])
        except ValueError:
            count += 1
    name = "YOLO's boxes of six decimals, on a side: refused by albumentationsx, default"
    return report.Row(name, 100 * count / len(rows), "%", better="less", note=f"of {len(rows)}; we refuse none")


def carried(ops: list[Any], target: vg.Boxes, rows: Array, size: tuple[int, int]) -> tuple[Array, tuple[int, int]]:
    """Boxes through a pipeline, without pixels; and the size of the result."""
    augment = vg.Compose(ops, targets={"boxes": target})
    read = augment.known.read({"boxes": rows}, size)
    plan = augment.plan(vg.Keys.at(0, 0, np.zeros(1, np.int64)), [size], leaves=[read])
    return np.asarray(plan.carry(0).fields["boxes"]), (plan.shapes[0][0], plan.shapes[0][1])


def back(quick: bool, chain: Callable[[np.random.Generator], list[Any]]) -> list[report.Row]:
    """Through a pipeline and its inverse."""
    return [points(quick, chain), masks(quick)]


def points(quick: bool, chain: Callable[[np.random.Generator], list[Any]]) -> report.Row:
    """The largest distance of any point that the result shows."""
    rng, most, count, size = np.random.default_rng(3), 0.0, 0, (480, 640)
    known = vg.Targets(points=vg.Keypoints("xyv", group=None, dtype="float64"))
    image = np.zeros((*size, 1), np.uint8)
    for n in range(10 if quick else 400):
        there = np.concatenate([rng.uniform(0, (size[1], size[0]), (100, 2)), np.full((100, 1), 2.0)], axis=1)
        augment = vg.Compose(chain(rng), targets=known)
        got, record = augment(image=image, points=there, key=vg.Key(seed=3, id=n), return_params=True)
        seen = got["points"][:, 2] > 0
        again = augment.inverse(record)(points=got["points"])["points"]
        if seen.any():
            most = max(most, float(np.hypot(*(again - there)[seen, :2].T).max()))
            count += int(seen.sum())
    note = f"{count} points that the result shows; perspective among the ops"
    return report.Row("inverse(forward(points)): largest distance", most, "px", reach=1e-6, better="less", note=note)


def masks(quick: bool) -> report.Row:
    """The IoU of masks with themselves, where the result shows the picture."""
    rng, found, size = np.random.default_rng(4), [], (480, 640)
    shift, slant = (-0.1, 0.1), (-5, 5)
    ops = [vg.Rotate((-30, 30)), vg.Translate(x=shift, y=shift), vg.Scale((0.95, 1.05)), vg.Shear(x=slant)]
    augment = vg.Compose(
        [*ops, vg.HorizontalFlip(p=0.5)], targets={"masks": vg.Mask(stack=True), "ids": vg.PerInstance()}
    )
    image = np.zeros((*size, 1), np.uint8)
    for n in range(4 if quick else 100):
        rings = [shapes.KINDS[kind](rng, rng.uniform(60, 200)) for kind in shapes.KINDS]
        rings = [ring - ring.min(0) + rng.uniform(0, (size[1], size[0]) - np.ptp(ring, axis=0)) for ring in rings]
        stack = np.stack([shapes.raster([ring], size) for ring in rings])
        fields = {"image": image, "masks": stack, "ids": np.arange(len(stack))}
        got, record = augment(**fields, key=vg.Key(seed=4, id=n), return_params=True)
        inverse = augment.inverse(record)
        again, where = inverse(masks=got["masks"])["masks"], inverse.seen()
        for one, other in zip(again, stack[got["ids"]], strict=True):
            if (other & where).sum() >= 0.5 * other.sum():
                found.append(shapes.iou(one & where, other & where))
    note = f"{len(found)} shapes, 60 to 200 px across, turned by up to 30 degrees; mean {np.mean(found):.4f}"
    return report.Row("inverse(forward(masks)), zoom 0.95 to 1.05: IoU, worst", min(found), "", reach=0.97, note=note)
