"""Where labels go, walked through the map of one op after the other: slow and plain, with NumPy and shapely alone.

What no window along the way shows is dropped, the picture itself being the first window. Nothing here calls the code
under test but to lower the ops, whose maps are tested in tests/ops.
"""

from __future__ import annotations

import itertools
import os
from typing import NamedTuple

import numpy as np
import shapely
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from tests.kernels.test_fused_equals_reference import new_canvas, number, same_canvas

import variegate as vg

RUNS = settings(
    derandomize=True,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    max_examples=int(os.environ.get("VARIEGATE_EXAMPLES", "150")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
NEAR = 1e-6  # pixels: nearer to an edge than this, rounding decides
HORIZON = 1e-4  # of w: shapes are cut before they reach the horizon


class Chain(NamedTuple):
    """Maps (3, 3), each from a canvas to the one before, and all canvases as (height, width), the picture first."""

    maps: list
    sizes: list

    @property
    def back(self):
        """(3, 3): the way from the result to the picture, windows apart."""
        total = np.eye(3)
        for m in reversed(self.maps):
            total = m @ total
        return total

    @property
    def forth(self):
        """(3, 3): the way from the picture to the result, windows apart; w is 1 / w of the way back."""
        total = np.eye(3)
        for m in self.maps:
            total = np.linalg.inv(m) @ total
        return total

    @property
    def affine(self):
        return all(tuple(m[2]) == (0, 0, 1) for m in self.maps)

    @property
    def stretch(self):
        """How many times an error of rounding may grow along the way, about."""
        return max(1.0, *(np.linalg.cond(m) for m in self.maps)) if self.maps else 1.0


class Walk(NamedTuple):
    """Points at the other end, those that all windows show, and those of which rounding decides it."""

    points: np.ndarray
    seen: np.ndarray
    doubt: np.ndarray


def chain_of(plan, i=0):
    """The chain of one sample of a plan."""
    point_map = plan.point_maps.point_map(i)
    return Chain(list(point_map.maps), [tuple(size) for size in point_map.canvas.tolist()])


def _step(points, m):
    """Points through one map, and their w."""
    x, y, w = m @ np.concatenate([points, np.ones((len(points), 1))], axis=1).T
    with np.errstate(all="ignore"):
        return np.stack([x / w, y / w], axis=1), w


def _window(points, size, seen, doubt):
    """Drop the points outside of a window, and doubt those beside its edges."""
    height, width = size
    with np.errstate(all="ignore"):
        left, right = points[:, 0], width - points[:, 0]
        up, down = points[:, 1], height - points[:, 1]
        margin = np.min([left, right, up, down], axis=0)
    return seen & (margin >= 0), doubt | ~(np.abs(margin) > NEAR)


def back(chain, points):
    """Points (n, 2) of the result on the picture."""
    points = np.asarray(points, np.float64).reshape(-1, 2)
    seen, doubt = _window(points, chain.sizes[-1], np.ones(len(points), bool), np.zeros(len(points), bool))
    doubt[:] = False  # where the result ends is no question of rounding
    for m, size in zip(reversed(chain.maps), reversed(chain.sizes[:-1]), strict=True):
        points, w = _step(points, m)
        doubt |= np.abs(w) < NEAR
        seen, doubt = _window(points, size, seen & (w > 0), doubt)
    return Walk(points, seen, doubt)


def forth(chain, points):
    """Points (n, 2) of the picture on the result."""
    points = np.asarray(points, np.float64).reshape(-1, 2)
    seen, doubt = _window(points, chain.sizes[0], np.ones(len(points), bool), np.zeros(len(points), bool))
    for m, size in zip(chain.maps, chain.sizes[1:], strict=True):
        points, w = _step(points, np.linalg.inv(m))
        doubt |= np.abs(w) < NEAR
        seen, doubt = _window(points, size, seen & (w > 0), doubt)
    return Walk(points, seen, doubt)


def clean(shape):
    """An area, its polygons valid: where lines cross, what is in an odd number of rings (make_valid may err there)."""
    if shape.is_valid:
        return shape
    lines = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
    rings = [shapely.get_coordinates(line) for line in lines]
    faces = shapely.get_parts(shapely.polygonize([shapely.unary_union(lines, grid_size=1e-9)]))
    kept = [face for face in faces if sum(crossings(face.representative_point(), ring) for ring in rings) % 2]
    return shapely.union_all(kept) if kept else shapely.Polygon()


def crossings(point, ring):
    """How many edges of a closed ring a ray to the right of a point crosses."""
    count = 0
    for (x, y), (u, v) in itertools.pairwise(ring):
        if (y > point.y) != (v > point.y) and point.x < x + (point.y - y) * (u - x) / (v - y):
            count += 1
    return count


def areas_of(shape):
    """The polygons of a geometry alone, without lines and points."""
    parts = [part for part in shapely.get_parts(shapely.get_parts(shape)) if part.geom_type == "Polygon"]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def seen_part(chain, shape):
    """What is seen of an area of the picture, on the result."""
    shape = areas_of(shapely.intersection(clean(shape), _page(chain.sizes[0])))
    for m, size in zip(chain.maps, chain.sizes[1:], strict=True):
        inverse = np.linalg.inv(m)
        shape = _before_horizon(shape, inverse[2])
        shape = shapely.transform(shape, lambda points, inverse=inverse: _step(points, inverse)[0])
        shape = areas_of(shapely.intersection(clean(shape), _page(size)))
    return shape


def on_picture(chain, shape):
    """A shape of the result on the picture: walked back."""
    for m in reversed(chain.maps):
        shape = shapely.transform(shape, lambda points, m=m: _step(points, m)[0])
    return shape


def share_of(chain, shape, seen=None):
    """Of an area of the picture, the part that is seen, measured there."""
    seen = seen_part(chain, shape) if seen is None else seen
    return on_picture(chain, seen).area / shape.area


def _page(size):
    return shapely.box(0, 0, size[1], size[0])


def _before_horizon(shape, row):
    """The part of an area where w, by the last row of a map, is above 0 by a hair."""
    a, b, c = row
    if (a == 0 and b == 0) or shape.is_empty:
        return shape
    left, top, right, bottom = shape.bounds
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    w = [a * x + b * y + c - HORIZON for x, y in corners]
    kept = []
    for n in range(4):
        (x, y), (u, v), here, there = corners[n - 1], corners[n], w[n - 1], w[n]
        if (here < 0) != (there < 0):
            t = here / (here - there)
            kept.append((x + t * (u - x), y + t * (v - y)))
        if there >= 0:
            kept.append((u, v))
    return areas_of(shapely.intersection(shape, shapely.Polygon(kept))) if len(kept) > 2 else shapely.Polygon()


# Chains and labels to try


class Case(NamedTuple):
    """Ops, the size of a picture and a key; told as one would write them."""

    ops: list
    size: tuple
    key: vg.Key

    def __repr__(self):
        return f"{self.ops!r} on {self.size} with {self.key!r}"

    def pipeline(self, **targets):
        """The ops as a pipeline with these targets."""
        return vg.Compose(self.ops, targets=targets)

    @property
    def chain(self):
        return chain_of(self.pipeline().plan(vg.Keys.of([self.key]), [self.size]))

    @property
    def point_map(self):
        return self.pipeline().plan(vg.Keys.of([self.key]), [self.size]).point_map(0)

    def carried(self, targets, **fields):
        """The labels on the result, and what was dropped; without a picture."""
        pipeline = vg.Compose(self.ops, targets=targets)
        leaves = [pipeline.known.read(fields, self.size)]
        return pipeline.plan(vg.Keys.of([self.key]), [self.size], leaves=leaves).carry(0)


@st.composite
def gentle(draw, affine=False):
    """A geometric op after which much of the picture is still seen."""
    kinds = ["rotate", "scale", "shear", "shift", "flip", "flop", "swap", "turn", "part", "resize", "pad", "crop"]
    kind = draw(st.sampled_from(kinds if affine else [*kinds, "perspective", "perspective"]))
    if kind == "rotate":
        return vg.Rotate(draw(number(-180, 180, 0, 30, 45, 90, -90, 180)))
    if kind == "scale":
        return vg.Scale(draw(number(0.5, 2)), draw(number(0.7, 1.4, 1)))
    if kind == "shear":
        return vg.Shear(draw(number(-30, 30)), draw(number(-20, 20, 0)))
    if kind == "shift":
        return vg.Translate(draw(number(-0.3, 0.3, 0)), draw(number(-0.3, 0.3, 0.25)))
    if kind == "perspective":
        return vg.Perspective(draw(number(0, 0.6, 0)))
    if kind == "part":
        return vg.RandomResizedCrop(draw(st.sampled_from((None, 24, (30, 17)))), (0.4, 1))
    if kind == "resize":
        return vg.Resize(draw(st.tuples(st.integers(12, 60), st.integers(12, 60))))
    if kind == "pad":
        return vg.Pad(draw(st.integers(0, 9)), left=draw(st.integers(0, 9)))
    if kind == "crop":
        top, left = draw(st.tuples(st.integers(-6, 6), st.integers(-6, 6)))
        return vg.Crop(top, left, draw(st.integers(14, 40)), draw(st.integers(14, 40)), border="constant")
    return {"flip": vg.HorizontalFlip, "flop": vg.VerticalFlip, "swap": vg.Transpose, "turn": vg.Rotate90}[kind]()


@st.composite
def cases(draw, most=5, affine=False, wild=True):
    """A chain of geometric ops, half of the time a gentle one, a picture's size and a key."""
    if wild and draw(st.booleans()):
        ops = draw(st.lists(st.one_of(same_canvas(3), new_canvas(3)), min_size=0, max_size=most))
        sides = st.integers(1, 40)
    else:
        ops, sides = draw(st.lists(gentle(affine), min_size=0, max_size=most)), st.integers(8, 40)
    if any(op.resizes and op.p < 1 for op in ops):
        ops.append(vg.Resize(draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))))
    return Case(ops, draw(st.tuples(sides, sides)), vg.Key(id=draw(st.integers(0, 99))))


def spread(seed, count, size, beyond=0.0):
    """Random points (count, 2) on a picture, and beyond it by a fraction of its sides."""
    height, width = size
    points = np.random.default_rng(seed).uniform(-beyond, 1 + beyond, (count, 2))
    return points * (width, height)
