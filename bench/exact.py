"""What flips and quarter turns do to every target, written from their meaning; and how many values of ours differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import variegate as vg

Array = np.ndarray
SIZE = (256, 512)  # powers of two: fractions of the sides are exact, so that any difference is a fault
COUNT = 16  # instances
FORMATS = ("xyxy", "xywh", "cxcywh")


class Move(NamedTuple):
    """An op, and what it does.

    array      on arrays whose first two axes are the picture's
    point      x, y, width, height -> x, y
    angle      degrees, counter-clockwise on the screen: factor and term
    """

    op: Any
    array: Callable[[Array], Array]
    point: Callable[[Any, Any, int, int], tuple[Any, Any]]
    angle: tuple[int, int]


MOVES = [
    Move(vg.HorizontalFlip(), lambda a: a[:, ::-1], lambda x, y, w, h: (w - x, y), (-1, 180)),
    Move(vg.VerticalFlip(), lambda a: a[::-1], lambda x, y, w, h: (x, h - y), (-1, 0)),
    Move(vg.Transpose(), lambda a: a.swapaxes(0, 1), lambda x, y, w, h: (y, x), (-1, -90)),
    Move(vg.Rotate90(1), lambda a: np.rot90(a, 1), lambda x, y, w, h: (y, w - x), (1, 90)),
    Move(vg.Rotate90(2), lambda a: np.rot90(a, 2), lambda x, y, w, h: (w - x, h - y), (1, 180)),
    Move(vg.Rotate90(3), lambda a: np.rot90(a, 3), lambda x, y, w, h: (h - y, x), (1, 270)),
]


def targets() -> vg.Targets:
    """One of every kind, and every format of boxes."""
    boxes = {
        f"{layout}{'' if whole else '-n'}": vg.Boxes(layout, normalised=not whole, dtype="float64")
        for layout in FORMATS
        for whole in (True, False)
    }
    stack, points = vg.Mask(stack=True), vg.Keypoints("xyvsa", swap=((0, 1),), dtype="float64")
    shapes = {
        "oriented": vg.OrientedBoxes(dtype="float64"),
        "polygons": vg.Polygons(dtype="float64"),
        "lines": vg.Polygons(closed=False, dtype="float64"),
    }
    rest = {"mask": vg.Mask(), "map": vg.Mask(), "stack": stack, "view": vg.Image(), "points": points}
    return vg.Targets(**boxes, **shapes, **rest, ids=vg.PerInstance())


def sample(rng: np.random.Generator) -> dict[str, Any]:
    """Fields of random values, coordinates in eighths of a pixel."""
    height, width = SIZE

    def places(*shape: int) -> Array:
        return np.stack([rng.integers(8, 8 * side - 8, shape) / 8 for side in (width, height)], axis=-1)

    ends = np.sort(np.stack([places(COUNT), places(COUNT)], axis=1), axis=1)
    ends[:, 1] += 1 / 8  # no box is empty
    points = np.concatenate([places(COUNT, 3), rng.integers(1, 3, (COUNT, 3, 1))], axis=2)
    local = np.stack([rng.integers(1, 80, (COUNT, 3)) / 8, rng.integers(-1440, 1440, (COUNT, 3)) / 8], axis=2)
    turned = np.concatenate([places(COUNT), rng.integers(1, 80, (COUNT, 2)) / 8], axis=1)
    return {
        "image": rng.integers(0, 256, (*SIZE, 3), np.uint8),
        "view": rng.random((*SIZE, 2), np.float32),
        "mask": rng.integers(0, 21, SIZE, np.uint8),
        "map": rng.normal(size=(*SIZE, 2)).astype(np.float32),
        "stack": rng.random((COUNT, *SIZE)) < 0.5,
        "points": np.concatenate([points, local], axis=2),
        "oriented": np.concatenate([turned, rng.integers(-720, 720, (COUNT, 1)) / 8], axis=1),
        "polygons": [[places(7), places(5)] for _ in range(COUNT)],
        "lines": [[places(4)] for _ in range(COUNT)],
        "ids": np.arange(COUNT),
        **formatted(ends[:, 0], ends[:, 1], SIZE),
    }


def formatted(first: Array, last: Array, size: tuple[int, int]) -> dict[str, Array]:
    """Boxes from corner to corner in every format."""
    rows = {
        "xyxy": np.concatenate([first, last], axis=1),
        "xywh": np.concatenate([first, last - first], axis=1),
        "cxcywh": np.concatenate([(first + last) / 2, last - first], axis=1),
    }
    unit = np.array([size[1], size[0]] * 2)
    return rows | {f"{name}-n": value / unit for name, value in rows.items()}


def moved(fields: dict[str, Any], move: Move) -> dict[str, Any]:
    """The fields after a move, by its meaning alone."""
    height, width = fields["image"].shape[:2]
    factor, term = move.angle

    def place(points: Array) -> Array:
        return np.stack(move.point(points[..., 0], points[..., 1], width, height), axis=-1)

    pictures = {name: move.array(fields[name]) for name in ("image", "view", "mask", "map")}
    size = pictures["image"].shape[:2]
    ends = np.stack([place(fields["xyxy"][:, :2]), place(fields["xyxy"][:, 2:])])
    points, turned = fields["points"], fields["oriented"]
    points = np.concatenate([place(points), points[..., 2:4], factor * points[..., 4:] + term], axis=2)
    return {
        **pictures,
        "stack": np.stack([move.array(mask) for mask in fields["stack"]]),
        "points": points[:, [1, 0, 2]] if factor < 0 else points,
        "oriented": np.concatenate([place(turned), turned[:, 2:4], factor * turned[:, 4:] + term], axis=1),
        "polygons": [[place(ring) for ring in rings] for rings in fields["polygons"]],
        "lines": [[place(ring) for ring in rings] for rings in fields["lines"]],
        "ids": fields["ids"],
        **formatted(ends.min(0), ends.max(0), size),
    }


def differences(got: Any, want: Any) -> tuple[int, int]:
    """How many values differ, of how many; all of them where shapes or dtypes do."""
    if isinstance(want, list):
        pairs = [differences(a, b) for a, b in zip(got, want, strict=True)]
        return sum(a for a, _ in pairs), sum(b for _, b in pairs)
    if got.shape != want.shape or got.dtype != want.dtype:
        return want.size, want.size
    return int((got != want).sum()), want.size


def angles(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with angles in one turn, and of boxes in half a turn, so that they can be compared."""
    points, turned = fields["points"].copy(), fields["oriented"].copy()
    points[..., 4] %= 360
    turned[..., 4] %= 180
    return {**fields, "points": points, "oriented": turned}


def count(quick: bool) -> tuple[int, int, list[str]]:
    """Values that differ, values compared, and the fields in which some differ; over one move, and over two."""
    rng, known = np.random.default_rng(0), targets()
    wrong, total, names = 0, 0, set()
    chains = [[a] for a in MOVES] + [[a, b] for a in MOVES[:: 3 if quick else 1] for b in MOVES]
    for chain in chains:
        fields = sample(rng)
        got = angles(vg.Compose([move.op for move in chain], targets=known)(**fields))
        want = fields
        for move in chain:
            want = moved(want, move)
        want = angles(want)
        for name in want:
            bad, size = differences(got[name], want[name])
            wrong, total = wrong + bad, total + size
            names |= {name} if bad else set()
    return wrong, total, sorted(names)
