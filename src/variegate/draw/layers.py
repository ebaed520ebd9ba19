"""Each kind of target on the canvas, one above the other: maps, masks, outlines, boxes, points, and names last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from variegate.coords import Floats
from variegate.draw.canvas import FAR, Canvas
from variegate.draw.legend import Legend
from variegate.draw.palette import RGB, SLATE, WHITE, colour, heat
from variegate.draw.regions import Bools, corner, deepest, hatch, levels, on_picture, shape_of, topmost, within
from variegate.draw.tags import Anchor, Tags
from variegate.exact import sincos
from variegate.targets import (
    BoxLeaf,
    Keypoints,
    Leaf,
    Mask,
    MaskLeaf,
    OrientedLeaf,
    PlainLeaf,
    PointLeaf,
    Polygons,
    RingLeaf,
    Targets,
)

FILL, RIM, TINT = 0.45, 0.9, 0.2  # how much colour is mixed in: into a mask, its rim, and what an outline encloses
NOTHING = -1  # the class of what none of several masks has
SMALL = 0.004  # the part of the picture below which a class of a mask has no name on it
KINDS = (MaskLeaf, RingLeaf, OrientedLeaf, BoxLeaf, PointLeaf, PlainLeaf)  # from the lowest layer to the topmost
BEST = (BoxLeaf, OrientedLeaf, MaskLeaf, RingLeaf, PointLeaf)  # beside which of them an instance is named


class Layers:
    """The labels of one sample on a canvas.

    background  the class of masks that is left clear, or None
    """

    def __init__(
        self, canvas: Canvas, targets: Targets, leaves: Mapping[str, Leaf], legend: Legend, background: int | None
    ) -> None:
        self.canvas, self.targets, self.legend = canvas, targets, legend
        self.leaves = {name: on_picture(leaf, targets[name], canvas.picture_size) for name, leaf in leaves.items()}
        self.background = background
        self.tags = Tags(canvas.size, canvas.line)

    def paint(self) -> Image.Image:
        """Draw them all; the result."""
        for kind in KINDS:
            for name, leaf in self.leaves.items():
                if isinstance(leaf, kind):
                    self.paint_one(name, leaf)
        for group in self.legend.labels:
            self.name(group)
        picture = self.canvas.finish()
        self.tags.write(picture)
        return picture

    def paint_one(self, name: str, leaf: Leaf) -> None:
        """Draw one field."""
        match leaf, self.targets[name]:
            case MaskLeaf(), Mask(stack=True) as target:
                self.stack(leaf, target.group)
            case MaskLeaf(), Mask() as target:
                self.map(leaf) if leaf.pixels.dtype.kind == "f" else self.layers(leaf.pixels, target)
            case RingLeaf(), Polygons() as target:
                self.outlines(leaf, target)
            case ((OrientedLeaf() | BoxLeaf()), target):
                self.boxes(leaf, target.rows_of)
            case PointLeaf(), Keypoints() as target:
                self.points(leaf, target.group)
            case PlainLeaf(value=int() | np.integer() | str() as label), _ if name == "label":
                text = label if isinstance(label, str) else self.legend.name_of(int(label))
                self.tags.add(text, SLATE, (0, 0), "corner")

    def map(self, leaf: MaskLeaf) -> None:
        """A map of floats as heat, stronger where it is higher."""
        level = levels(leaf.pixels)
        strength = np.minimum(0.7, 1.4 * level)
        self.canvas.wash(self.canvas.grown(heat(level)), self.canvas.grown(strength))

    def layers(self, pixels: NDArray[Any], target: Mask) -> None:
        """A mask of classes; of several, what is not 0 of each, as a class of its own."""
        several = pixels.ndim == 3 and pixels.shape[2] > 1
        for n, layer in enumerate(np.moveaxis(pixels.reshape(*pixels.shape[:2], -1), 2, 0)):
            ignored = None if target.ignore_index is None else layer == target.ignore_index
            if several:
                self.classes(np.where(layer != 0, n, NOTHING), (NOTHING,), ignored)
            else:
                self.classes(layer, (self.background, target.ignore_index), ignored)

    def classes(self, pixels: NDArray[Any], empty: tuple[int | None, ...], ignored: Bools | None) -> None:
        """A mask of classes: tinted, rimmed, and named where names are known."""
        found, number = np.unique(pixels, return_inverse=True)
        number = number.reshape(pixels.shape)
        clear = np.array([label in empty for label in found.tolist()], np.bool_)
        tint = np.array([self.legend.of_class(int(label)) for label in found], np.uint8)
        grown = self.canvas.grown(number)
        strength = np.where(self.canvas.rim(grown), RIM, FILL)
        self.canvas.wash(tint[grown], np.where(clear[grown], 0, strength))
        if ignored is not None:
            self.ignored(self.canvas.grown(ignored))
        for n, label in enumerate(found.tolist()):
            region = number == n
            if not clear[n] and label in self.legend.names and region.mean() >= SMALL:
                self.tag(self.legend.names[label], self.legend.of_class(label), deepest(region), "on")

    def ignored(self, region: Bools) -> None:
        """What has no class: grey, hatched."""
        self.canvas.wash(SLATE, region * 0.5)
        self.canvas.wash(WHITE, (region & hatch(region.shape, self.canvas.line * self.canvas.fine * 6)) * 0.35)

    def stack(self, leaf: MaskLeaf, group: str) -> None:
        """A mask an instance: tinted and rimmed."""
        inside = within(leaf.pixels)
        for n in _larger_first(inside.sum(axis=(1, 2))):
            part = self.canvas.window(inside[n])
            if part is not None:
                grown, at = part
                strength = np.where(self.canvas.rim(grown), RIM, FILL)
                self.canvas.wash(self.legend.colour(group, n), grown * strength, at)

    def outlines(self, leaf: RingLeaf, target: Polygons) -> None:
        """Polygons, faintly tinted where their instances have no masks; or polylines."""
        masked = any(isinstance(self.leaves[name], MaskLeaf) for name in self.fields_of(target.group))
        for n in _larger_first(_area(shape_of(leaf, n)) for n in range(leaf.count)):
            shade = self.legend.colour(target.group, n)
            if target.closed and not masked:
                self.canvas.tint(leaf.rings[n], target.holes, shade, TINT)
            for ring in leaf.rings[n]:
                self.canvas.stroke(ring, shade, target.closed)

    def boxes(self, leaf: BoxLeaf | OrientedLeaf, group: str | None) -> None:
        """Boxes, turned or not."""
        for n in _larger_first(_area(shape_of(leaf, n)) for n in range(leaf.count)):
            corners = self.canvas.corners(leaf.xyxy[n]) if isinstance(leaf, BoxLeaf) else leaf.corners[n]
            self.canvas.stroke(corners, self.legend.colour(group, n), closed=True)

    def points(self, leaf: PointLeaf, group: str | None) -> None:
        """Keypoints, all but those that nobody placed."""
        for n, k in np.argwhere(~leaf.unlabelled).tolist():
            shade = colour(k) if group is None else self.legend.colour(group, n)
            at = leaf.xy[n, k]
            radius = None if leaf.scale is None else abs(float(leaf.scale[n, k]))
            if radius is not None:
                self.canvas.ring(at, radius, shade)
            if leaf.angle is not None:
                sin, cos = sincos(leaf.angle[n, k])
                reach = radius or self.canvas.line * 8 / self.canvas.zoom
                self.canvas.stroke(np.array([at, at + reach * np.array([cos, -sin])]), shade, closed=False)
            self.canvas.dot(at, shade, hollow=leaf.visible is not None and leaf.visible[n, k] == 0)

    def name(self, group: str) -> None:
        """The names of a group's instances, each at the most telling of its shapes."""
        fields = [name for kind in BEST for name in self.fields_of(group) if isinstance(self.leaves[name], kind)]
        for n in range(len(self.legend.labels[group])):
            for name in fields:
                boxed = isinstance(self.leaves[name], BoxLeaf)
                at = (corner if boxed else topmost)(shape_of(self.leaves[name], n), self.canvas.picture_size)
                if at is not None:
                    shade = self.legend.colour(group, n)
                    self.tag(self.legend.name(group, n), shade, at, "corner" if boxed else "above")
                    break

    def tag(self, text: str, shade: RGB, at: Floats, anchor: Anchor) -> None:
        """A name at a point of the picture."""
        self.tags.add(text, shade, (at * self.canvas.scale / self.canvas.fine).tolist(), anchor)

    def fields_of(self, group: str) -> list[str]:
        """The fields of a group."""
        return [name for name in self.leaves if self.targets[name].rows_of == group]


def _area(points: Floats) -> float:
    """Of the box around points, as far as it matters."""
    return float(np.ptp(np.clip(points, -FAR, FAR), axis=0).prod()) if len(points) else 0.0


def _larger_first(areas: Iterable[float]) -> list[int]:
    """The order in which instances are drawn, so that small ones are not hidden."""
    order: list[int] = np.argsort(-np.asarray(list(areas), np.float64), kind="stable").tolist()
    return order
