"""CollagePlan: samples whose picture is several, side by side, each read once through its own maps and those behind.

Each picture is a row of a batch: it is lowered with the ops before the collage under its own sample's key, its tile,
and the ops behind under the sample's. What the rows make is put together by the pixels that each of them shows. Ops
that must see the pixels around theirs, or a number of the whole picture, go on from there.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from variegate.ops.effect import ColourFunction, Geometric, Holes, Matrix, Noise, RowFunction
from variegate.ops.effect.mixing import SLOT
from variegate.ops.geometric import Window
from variegate.picture import ImageArray
from variegate.plan.bound import BoundBatch, Continuation
from variegate.plan.cutter import Cutter
from variegate.plan.draw import DrawnColumns
from variegate.plan.fuse import mirrors
from variegate.plan.ir import Node
from variegate.plan.part import Part
from variegate.plan.plan import Plan

if TYPE_CHECKING:
    from variegate.labels.carry import MovedLabels
    from variegate.labels.point_maps import PointMaps
    from variegate.plan.compiler import Compiler

WINDOW = "(window)"  # the path of no op that is declared


class CollagePlan:
    """The collages of some samples, planned together; the rows of each lie side by side.

    collages  of each sample its own picture, and then its partners'
    """

    def __init__(self, compiler: Compiler, collages: Sequence[Sequence[Part]]) -> None:
        assert compiler.collage is not None
        self._compiler, self._form, self.collages = compiler, compiler.collage, collages
        self._first: list[int] = np.cumsum([0, *map(len, collages)]).tolist()
        parts = [part for collage in collages for part in collage]
        self._columns, own = self._drawn(parts), parts[0].plan
        sizes = np.array([part.plan.bound.sizes[part.row] for part in parts], np.int64)
        leaves = [part.plan.leaves[part.row] if part.plan.leaves else {} for part in parts]
        self.plan = compiler.joined(self._columns, sizes, own.spec, leaves if any(leaves) else ())
        self.layout, self.dtype = own.layout, self.plan.dtype

    def _drawn(self, parts: Sequence[Part]) -> DrawnColumns:
        """The numbers of each row: what is drawn by ops before the collage is its own sample's."""
        plans = list(dict.fromkeys(part.plan for part in parts))
        begins = dict(zip(plans, np.cumsum([0, *map(len, plans)]).tolist(), strict=False))
        own = np.array([begins[part.plan] + part.row for part in parts])
        counts = np.diff(self._first)
        samples = np.repeat(own[self._first[:-1]], counts)
        columns: dict[str, dict[str, Any]] = {}
        for path, fields in plans[0].bound.columns.items():
            rows = own if path in self._form.own else samples
            columns[path] = {
                name: np.concatenate([each.bound.columns[path][name] for each in plans], axis=-1)[..., rows]
                for name in fields
            }
        places = np.concatenate([np.arange(count) for count in counts])
        columns[self._form.collage.path][SLOT] = places.astype(np.float64)
        return columns

    def settle(self) -> None:
        """Work out now what threads would wait for each other to have."""
        if len(self._form.tail) in self._counts:
            _ = self._layers

    def rows(self, m: int) -> range:
        """The rows of a collage."""
        return range(self._first[m], self._first[m + 1])

    def shape(self, m: int) -> tuple[int, ...]:
        """The shape of a result."""
        return self.plan.bound.shape(self._first[m])

    def shares(self, m: int) -> list[float]:
        """Of all pixels of a result that show a picture, how many show each."""
        return self._places[m].shares

    def run(self, m: int, images: Sequence[ImageArray], out: ImageArray) -> None:
        """Write a result; images: one a part, of the sizes that were planned."""
        form, count = self._form, self._counts[m]
        if count == len(form.tail):
            self._layers.run(m, images, out, self.layout)
            return
        if len(self.collages) > 1:  # what is cut is planned by itself
            CollagePlan(self._compiler, [self.collages[m]]).run(0, images, out)
            return
        bound, (first, rest) = self.plan.bound, form.split(count)
        behind = BoundBatch(first, self._columns, bound.sizes, bound.spec, bound.look, goes_on=True)
        places = Places(Plan(behind, (), "", lambda _: self.plan).point_maps, self.rows(0))
        made = np.empty((*behind.after[0].tolist(), bound.spec.channels), np.float32)
        Layers(self._columns, behind, first, [places], goes_on=True).run(0, images, made, "HWC")
        begun = Continuation(np.array([bool(behind.ranged.any())]), rest.nodes)
        one = {path: {f: c[..., :1] for f, c in fields.items()} for path, fields in self._columns.items()}
        after = BoundBatch(rest, one, np.array([made.shape[:2]], np.int64), bound.spec, bound.look, begun)
        after.run(0, made, out)

    def moved(self, m: int) -> MovedLabels:
        """The other fields of all the pictures of a collage."""
        from variegate.labels.collage import joined

        plan, rows = self.plan, self.rows(m)
        moved = [plan.moved(k) for k in rows]
        if not any(each.leaves for each in moved):
            return moved[0]
        maps, leaves = [plan.point_maps.point_map(k) for k in rows], [plan.leaves[k] for k in rows]
        places, path = self._places[m], self._form.collage.path
        return joined(plan.spec.targets, moved, leaves, maps, places.shown, places.shares, path, self.layout)

    @functools.cached_property
    def _places(self) -> list[Places]:
        return [Places(self.plan.point_maps, self.rows(m)) for m in range(len(self.collages))]

    @functools.cached_property
    def _layers(self) -> Layers:
        return Layers(self._columns, self.plan.bound, self._form.whole, self._places)

    @functools.cached_property
    def _counts(self) -> list[int]:
        """How many of the ops behind each collage its pictures go through by themselves."""
        tail = [node.path for node in self._form.tail]
        leaning = [
            (tail.index(each.node.path), each.applies)
            for each in self.plan.bound.lowered
            for effect in each.effects
            if isinstance(effect, Matrix) and (effect.luminance is not None or effect.channel is not None)
            if each.node.path in tail
        ]
        counts = []
        for m in range(len(self.collages)):
            rows = self.rows(m)
            found = [n for n, applies in leaning if applies is None or applies[rows.start : rows.stop].any()]
            counts.append(min([*found, self._form.fused]))
        return counts


class Places:
    """Which of its pictures each pixel of a collage shows.

    shown   (h, w) int8: by its row, counted from the collage's first; -1: none
    boxes   of each the box around its pixels: top, left, height, width; the first also has those of none
    shares  of all pixels that show a picture, how many show each
    """

    def __init__(self, maps: PointMaps, rows: range) -> None:
        from variegate.kernels.collage import survey
        from variegate.labels.masks import visible_part

        self.shown = np.full(maps.point_map(rows[0]).size, -1, np.int8)
        for k, row in enumerate(rows):
            (top, left), part = visible_part(maps.point_map(row))
            height, width = part.shape
            np.copyto(self.shown[top : top + height, left : left + width], np.int8(k), where=part)
        counts, self.boxes = survey(self.shown, len(rows))
        self.shares = [count / sum(counts) for count in counts] if any(counts) else [1.0] + [0.0] * (len(rows) - 1)


class Layers:
    """The pictures of collages, each made where it shows, and nowhere else.

    whole  the rows as if each were the only one
    """

    def __init__(
        self,
        columns: DrawnColumns,
        whole: BoundBatch,
        cutter: Cutter,
        places: Sequence[Places],
        goes_on: bool = False,
    ) -> None:
        self._places, self._first = places, np.cumsum([0, *(len(each.boxes) for each in places)]).tolist()
        self._boxes = [box for each in places for box in each.boxes]
        if any(_hangs_on_place(node) for node in cutter.nodes):
            self._bound, self._boxes = whole, [(0, 0, *each.shown.shape) for each in places for _ in each.boxes]
            return
        columns = {**columns, WINDOW: dict(zip(Window.EDGES, np.array(self._boxes, np.float64).T, strict=True))}
        sizes, spec = whole.sizes, whole.spec
        self._bound = BoundBatch(_windowed(cutter), columns, sizes, spec, whole.look, goes_on=goes_on)

    def run(self, m: int, images: Sequence[ImageArray], out: ImageArray, layout: str) -> None:
        """Write what each row of a collage makes where it shows, and elsewhere what lies outside of the first."""
        from variegate.kernels.collage import put

        places = self._places[m]
        for k, image in enumerate(images):
            row = self._first[m] + k
            top, left, _, _ = self._boxes[row]
            if k and not places.shares[k]:
                continue
            made = np.empty(self._bound.shape(row), out.dtype)
            self._bound.run(row, np.ascontiguousarray(image), made)
            put(made, places.shown, k, out, (top, left), layout)


@functools.lru_cache(maxsize=64)
def _windowed(cutter: Cutter) -> Cutter:
    """The same with a window behind the last map."""
    last = max(n for n, node in enumerate(cutter.nodes) if issubclass(node.op.gives, Geometric) and not mirrors(node))
    maps, rest = cutter.nodes[: last + 1], cutter.nodes[last + 1 :]
    # Flips behind colours come before them, which is the same: behind bent colours no window could stand.
    turned = sorted(rest, key=lambda node: not mirrors(node))
    count = sum(map(mirrors, rest))
    nodes = (*maps, *turned[:count], Node(Window(), WINDOW), *turned[count:])
    return Cutter((*nodes, *cutter.output))


def _hangs_on_place(node: Node) -> bool:
    """Whether what an op does to a pixel hangs on where in the picture it lies."""
    return issubclass(node.op.gives, (Noise, Holes, RowFunction)) and not issubclass(node.op.gives, ColourFunction)
