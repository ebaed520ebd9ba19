"""The independent walk: where an op's own maps take pixels, points and shapes, window by window; and the laws.

It starts from the maps of the pixel passes, and does in the plainest way, step by step, what the library does at once.
"""

from __future__ import annotations

import copy

import numpy as np
import pytest
import shapely

from variegate.kernels.codes import BILINEAR, CONSTANT, NEAREST, READ
from variegate.kernels.reference import look
from variegate.kernels.reference_read import jacobian, read

HAIR = 1e-7  # pixels


class Walk:
    """One sample's maps (canvas k + 1 to canvas k), the canvases and the borders, all passes of a plan together."""

    def __init__(self, plan):
        bound = plan.bound
        passes = [bound.read.tables.row(r) for r in bound.rows(0) if bound.run_by[r] == READ]
        self.maps = np.concatenate([row.maps for row in passes])
        self.canvas = np.concatenate([passes[0].canvas[:1], *(row.canvas[1:] for row in passes)])
        self.borders = np.concatenate([row.borders for row in passes])

    def points(self, xy):
        """Points (n, 2) on the result, and which of them no window cuts away."""
        xy = np.asarray(xy, np.float64)
        seen = self._within(xy, 0)
        for k, matrix in enumerate(self.maps):
            xy = through(np.linalg.inv(matrix), xy)
            seen &= self._within(xy, k + 1)
        return xy, seen

    def _within(self, xy, k):
        height, width = self.canvas[k]
        return ((xy >= -HAIR) & (xy <= (width + HAIR, height + HAIR))).all(axis=1)

    def shape(self, shape):
        """A shapely geometry on the result, cut by every window on the way."""
        for k in range(len(self.canvas)):
            if k:
                inverse = np.linalg.inv(self.maps[k - 1])
                shape = shapely.transform(shape, lambda xy, m=inverse: through(m, xy))
            height, width = self.canvas[k]
            shape = shapely.intersection(shape, shapely.box(0, 0, width, height))
        return shape

    def local(self, xy, step=1e-4):
        """The map's derivative at points, (n, 2, 2), by small steps: column j is where a step along axis j leads."""
        sides = [(self.points(xy + d)[0] - self.points(xy - d)[0]) / (2 * step) for d in np.eye(2) * step]
        return np.stack(sides, axis=2)

    def classes(self, mask):
        """A mask of classes by nearest, fill 0, and where the answer is sure."""
        view = look(self.maps, self.canvas, self.borders, NEAREST)
        height, width = mask.shape
        rows, columns = (np.clip(np.floor(p), 0, n - 1).astype(int) for p, n in ((view.y, height), (view.x, width)))
        return np.where(view.code == 0, mask[rows, columns], mask.dtype.type(0)), ~view.doubt

    def numbers(self, pixels):
        """A float map (H, W, C) as the reference reads pictures, fill 0, and where the answer is sure."""
        view = look(self.maps, self.canvas, self.borders, BILINEAR)
        way, scales = jacobian(self.maps, *self.canvas[-1, ::-1] / 2)
        values = read(pixels.astype(np.float64), way, scales, *view[:2], view.bent, BILINEAR, True)
        return np.where((view.code == 0)[:, :, None], values, 0), ~view.doubt


def through(matrix, xy):
    """Points (n, 2) through one map."""
    x, y, w = matrix @ np.column_stack([xy, np.ones(len(xy))]).T
    return np.column_stack([x / w, y / w])


# Laws of geometric ops, (walk, value, got, rows); rows: the instances that are left.


def classes(walk, value, got, rows):
    want, sure = walk.classes(value)
    assert got.shape == want.shape and sure.mean() > 0.5
    np.testing.assert_array_equal(got[sure], want[sure])


def layers(walk, value, got, rows):
    for n in range(value.shape[2]):
        classes(walk, value[:, :, n], got[:, :, n], rows)


def finer(walk, value, got, rows):
    """A mask of twice the sides: the picture's walk between two scalings, which cut nothing."""
    into, out = np.diag([2.0, 2, 1]), np.diag([0.5, 0.5, 1])
    wider = copy.copy(walk)
    wider.maps = np.concatenate([into[None], walk.maps, out[None]])
    wider.canvas = np.concatenate([walk.canvas[:1] * 2, walk.canvas, walk.canvas[-1:] * 2])
    wider.borders = np.concatenate([[CONSTANT], walk.borders, [CONSTANT]])
    classes(wider, value, got, rows)


def numbers(walk, value, got, rows):
    want, sure = walk.numbers(value.reshape(*value.shape[:2], -1))
    assert got.shape == (*want.shape[:2], *value.shape[2:]) and sure.mean() > 0.5
    room = 2e-3 if value.dtype == np.float16 else 1e-5
    np.testing.assert_allclose(got.reshape(want.shape)[sure], want[sure], atol=room)


def stacks(walk, value, got, rows):
    seen = [walk.points(np.argwhere(mask)[:, ::-1] + 0.5)[1].any() for mask in value]
    assert rows == np.flatnonzero(seen).tolist()
    for mask, row in zip(got, rows, strict=True):
        classes(walk, value[row], mask, rows)


def left(shapes, measure=shapely.area):
    """Which of the cut shapes have something left."""
    return [n for n, shape in enumerate(shapes) if measure(shape) > 1e-9]


def boxes(walk, value, got, rows):
    shapes = [walk.shape(shapely.box(*row)) for row in np.asarray(value, np.float64)]
    assert rows == left(shapes)
    np.testing.assert_allclose(got, [shapes[n].bounds for n in rows], atol=2e-5 if got.dtype == np.float32 else 1e-9)


def corners(row):
    """The corners (4, 2) of a turned box: the angle is counter-clockwise, and y points down."""
    x, y, w, h, angle = np.asarray(row, np.float64)
    sin, cos = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    across, down = np.array([-w, w, w, -w]) / 2, np.array([-h, -h, h, h]) / 2
    return np.column_stack([x + across * cos + down * sin, y - across * sin + down * cos])


def oriented(walk, value, got, rows):
    """The moved box holds the moved corners, and each of its sides touches one of them."""
    assert rows == left([walk.shape(shapely.Polygon(corners(row))) for row in value])
    for box, row in zip(got, rows, strict=True):
        points, rectangle = walk.points(corners(value[row]))[0], corners(box)
        for n in range(4):
            side = rectangle[(n + 1) % 4] - rectangle[n]
            beside = (points - rectangle[n]) @ (-side[1], side[0]) / np.hypot(*side)
            assert abs(beside.min()) < (2e-4 if got.dtype == np.float32 else 1e-6)


def points(walk, value, got, rows):
    np.testing.assert_allclose(got, walk.points(value)[0], atol=2e-5 if got.dtype == np.float32 else 1e-9)


def instances_of_points(walk, value, got, rows):
    """Columns x, y, v, s, a; points 0 and 1 change places in a mirror; (0, 0) with v == 0 stays."""
    want, seen = value.astype(np.float64), []
    for n, points in enumerate(want.copy()):
        placed = points[:, :3].any(axis=1)
        xy, within = walk.points(points[:, :2])
        local = walk.local(points[:, :2])
        arrow = np.radians(points[:, 4])
        arrow = (local @ np.stack([np.cos(arrow), -np.sin(arrow)], axis=1)[:, :, None])[:, :, 0]
        size = points[:, 3] * np.sqrt(np.abs(np.linalg.det(local)))
        turned = np.degrees(np.arctan2(-arrow[:, 1], arrow[:, 0]))
        moved = np.column_stack([xy, np.where(within, points[:, 2], 0), size, turned])
        want[n][placed] = moved[placed]
        seen.append((within & placed).any())
        if np.linalg.det(local[0]) < 0:
            want[n][[0, 1]] = want[n][[1, 0]]
    assert rows == np.flatnonzero(seen).tolist()
    np.testing.assert_allclose(got[..., :4], want[rows][..., :4], atol=2e-5)
    np.testing.assert_allclose((got[..., 4] - want[rows][..., 4] + 180) % 360, 180, atol=1e-4)


def outlines(walk, value, got, rows):
    shapes = [walk.shape(shapely.union_all([shapely.Polygon(ring) for ring in rings])) for rings in value]
    assert rows == left(shapes)
    for rings, row in zip(got, rows, strict=True):
        moved = shapely.union_all([shapely.Polygon(ring) for ring in rings])
        assert shapely.symmetric_difference(moved, shapes[row]).area < 1e-6


def lines(walk, value, got, rows):
    shapes = [walk.shape(shapely.MultiLineString(rings)) for rings in value]
    assert rows == left(shapes, shapely.length)
    for rings, row in zip(got, rows, strict=True):
        moved = shapely.MultiLineString(rings)
        assert abs(moved.length - shapes[row].length) < 1e-6
        assert shapely.hausdorff_distance(moved, shapes[row]) < 1e-6


LAWS = {
    each.__name__: each
    for each in (
        classes,
        layers,
        finer,
        numbers,
        stacks,
        boxes,
        oriented,
        points,
        instances_of_points,
        outlines,
        lines,
    )
}


@pytest.fixture(scope="session")
def walk():
    """walk(plan): the walk of its only sample."""
    return Walk


@pytest.fixture(scope="session")
def law():
    """law(name, walk, value, got, rows): asserts that a label moved as it should."""
    return lambda name, *cell: LAWS[name](*cell)
