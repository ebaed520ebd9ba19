"""A rotation by 30 degrees on polygons: how much larger a box becomes than the tight one, ours and albumentationsx."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import report
from peers import alb

import variegate as vg

Array = np.ndarray
ANGLE = 30


def tight(ring: Array, side: int) -> Array:
    """The box around the ring, turned about the centre of a square canvas: counter-clockwise, y pointing down."""
    cos, sin = math.cos(math.radians(ANGLE)), math.sin(math.radians(ANGLE))
    x, y = (ring - side / 2).T
    turned = np.stack([cos * x + sin * y, cos * y - sin * x], axis=1) + side / 2
    return np.concatenate([turned.min(0), turned.max(0)])


def area(box: Array) -> float:
    """Of x0, y0, x1, y1."""
    return float((box[2] - box[0]) * (box[3] - box[1]))


def overlap(one: Array, other: Array) -> float:
    """IoU of two boxes."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    both = float(np.maximum(high - low, 0).prod())
    return both / (area(one) + area(other) - both)


def boxed(ring: Array) -> Array:
    """What an annotation file says of it: the upright box around it."""
    return np.concatenate([ring.min(0), ring.max(0)])


def contenders() -> dict[str, Any]:
    """Name -> (ring, side of the canvas) -> box; the canvas is so large that nothing is cut."""

    def ours(shape: str, polygons: bool) -> Any:
        kinds = {
            "boxes": vg.Boxes("voc", shape=shape, dtype="float64"),
            **({"polygons": vg.Polygons()} if polygons else {}),
        }
        augment = vg.Compose([vg.Rotate(ANGLE)], targets=kinds)

        def run(ring: Array, side: int) -> Array:
            fields = {"boxes": boxed(ring)[None], "polygons": [[ring]]}
            read = augment.known.read({name: fields[name] for name in kinds}, (side, side))
            plan = augment.plan(vg.Keys.of([vg.Key()]), [(side, side)], leaves=[read])
            return np.asarray(plan.carry(0).fields["boxes"][0])

        return run

    def theirs(**options: Any) -> Any:
        augment = alb.rotation(ANGLE, **options)

        def run(ring: Array, side: int) -> Array:
            return np.asarray(augment(image=np.zeros((side, side, 1), np.uint8), bboxes=boxed(ring)[None])["bboxes"][0])

        return run

    return {
        "ours, with polygons": ours("corners", True),
        "ours, boxes alone, corners": ours("corners", False),
        "ours, boxes alone, ellipse": ours("ellipse", False),
        "albumentationsx, default": theirs(),
        "albumentationsx, ellipse": theirs(rotate_method="ellipse"),
    }


def rotated(rings: list[Array], what: str) -> list[report.Row]:
    """A row each."""
    found: dict[str, list[tuple[float, float]]] = {}
    for name, run in contenders().items():
        found[name] = []
        for ring in rings:
            side = 2 * math.ceil(float(np.hypot(*np.ptp(ring, axis=0)))) + 8
            placed = ring - (ring.min(0) + ring.max(0)) / 2 + side / 2
            want, got = tight(placed, side), run(placed, side)
            found[name].append((area(got) / area(want), overlap(got, want)))
    rows = []
    for name, pairs in found.items():
        ratios, ious = np.array(pairs).T
        note = f"95% below {np.percentile(ratios, 95):.3f}, IoU with the tight box {ious.mean():.3f} on average"
        low, high = np.percentile(ratios, [25, 75])
        strict = {"reach": 1.000001, "better": "less"} if name == "ours, with polygons" else {"better": "less"}
        title = f"turned by {ANGLE} degrees, mean area of the box / of the tight box: {name}"
        rows.append(
            report.Row(
                title,
                float(ratios.mean()),
                low=float(low),
                high=float(high),
                note=f"{note}; {len(rings)} {what}",
                **strict,
            )
        )
    return rows
