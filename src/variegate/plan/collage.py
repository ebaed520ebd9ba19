"""CollagePlan: one sample whose picture is several, side by side, each read once through its own maps and those behind.

Each picture is a row of a batch: it is lowered with the ops before the collage under its own sample's key, its tile,
and the ops behind under the sample's. What the rows make is put together by the pixels that each of them shows. Ops
that must see the pixels around theirs, or a number of the whole picture, go on from there.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.ops.effect import ColourFunction, Geometric, Holes, Matrix, Noise, RowFunction
from variegate.ops.effect.mixing import SLOT
from variegate.ops.geometric import Window
from variegate.picture import ImageArray
from variegate.plan.bound import BoundBatch, Continuation
from variegate.plan.cutter import Cutter
from variegate.plan.draw import DrawnColumns
from variegate.plan.fuse import mirrors
from variegate.plan.ir import Node
from variegate.plan.plan import Plan

if TYPE_CHECKING:
    from variegate.labels.carry import MovedLabels
    from variegate.labels.point_maps import PointMaps
    from variegate.plan.compiler import Compiler

WINDOW = "(window)"  # the path of no op that is declared
Places = NDArray[np.int8]  # (h, w): of each pixel the row that it shows; -1: none


class Part(NamedTuple):
    """A picture of a collage: its sample's own plan, and which row of that it is."""

    plan: Plan
    row: int


class CollagePlan:
    """One sample's collage.

    parts  the sample itself, and then its partners
    """

    def __init__(self, compiler: Compiler, parts: Sequence[Part]) -> None:
        assert compiler.collage is not None
        self._form, self._parts = compiler.collage, parts
        self._columns = self._drawn(parts)
        own = parts[0].plan
        sizes = np.array([part.plan.bound.sizes[part.row] for part in parts], np.int64)
        leaves = [part.plan.leaves[part.row] if part.plan.leaves else {} for part in parts]
        self.plan = compiler.joined(self._columns, sizes, own.spec, leaves if any(leaves) else ())
        self.layout, self.dtype = own.layout, self.plan.dtype
        self._count = self._together()

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the result."""
        return self.plan.shapes[0]

    def _drawn(self, parts: Sequence[Part]) -> DrawnColumns:
        """The numbers of each row: what is drawn by ops before the collage is its own sample's."""
        own, form = parts[0], self._form
        columns: dict[str, dict[str, Any]] = {}
        for path, fields in own.plan.bound.columns.items():
            of = [each if path in form.own else own for each in parts]
            columns[path] = {name: np.concatenate([_one(each, path, name) for each in of], axis=-1) for name in fields}
        columns[form.collage.path][SLOT] = np.arange(len(parts), dtype=np.float64)
        return columns

    def _together(self) -> int:
        """How many of the ops behind the collage each picture goes through by itself."""
        leaning = {
            each.node.path
            for each in self.plan.bound.lowered
            for effect in each.effects
            if isinstance(effect, Matrix) and (effect.luminance is not None or effect.channel is not None)
        }
        first = next((n for n, node in enumerate(self._form.tail) if node.path in leaning), self._form.fused)
        return min(first, self._form.fused)

    @functools.cached_property
    def places(self) -> Places:
        """Which of the rows each pixel of the result shows."""
        return places_of(self.plan.point_maps)

    @functools.cached_property
    def shares(self) -> list[float]:
        """Of all pixels that show a picture, how many show each."""
        counts = [int(np.count_nonzero(self.places == k)) for k in range(len(self._parts))]
        return [count / sum(counts) for count in counts] if any(counts) else [1.0, *[0.0] * (len(counts) - 1)]

    def run(self, images: Sequence[ImageArray], out: ImageArray) -> None:
        """Write the result; images: one a part, of the sizes that were planned."""
        bound, form = self.plan.bound, self._form
        if self._count == len(form.tail):
            layers = Layers(self._columns, bound, form.whole, self.places)
            layers.run(images, out, self.layout)
            return
        first, rest = form.split(self._count)
        behind = BoundBatch(first, self._columns, bound.sizes, bound.spec, bound.look, goes_on=True)
        points = Plan(behind, (), "", lambda _: self.plan).point_maps
        made = np.empty((*behind.after[0].tolist(), bound.spec.channels), np.float32)
        Layers(self._columns, behind, first, places_of(points), goes_on=True).run(images, made, "HWC")
        begun = Continuation(np.array([bool(behind.ranged.any())]), rest.nodes)
        one = {path: {f: c[..., :1] for f, c in fields.items()} for path, fields in self._columns.items()}
        after = BoundBatch(rest, one, np.array([made.shape[:2]], np.int64), bound.spec, bound.look, begun)
        after.run(0, made, out)

    def moved(self) -> MovedLabels:
        """The other fields of all of them."""
        from variegate.labels.collage import joined

        rows = range(len(self._parts))
        moved = [self.plan.moved(k) for k in rows]
        if not any(each.leaves for each in moved):
            return moved[0]
        maps = [self.plan.point_maps.point_map(k) for k in rows]
        leaves = [self.plan.leaves[k] for k in rows]
        return joined(
            self.plan.spec.targets, moved, leaves, maps, self.places, self.shares, self._form.collage.path, self.layout
        )


def _one(part: Part, path: str, name: str) -> NDArray[Any]:
    """What one sample drew for a field."""
    column: NDArray[Any] = part.plan.bound.columns[path][name]
    return column[..., part.row : part.row + 1]


def places_of(maps: PointMaps) -> Places:
    """Which of a batch's pictures each pixel of their one result shows."""
    from variegate.labels.masks import visible_part

    found: Places = np.full(maps.point_map(0).size, -1, np.int8)
    for k in range(len(maps)):
        (top, left), shown = visible_part(maps.point_map(k))
        height, width = shown.shape
        np.copyto(found[top : top + height, left : left + width], np.int8(k), where=shown)
    return found


class Layers:
    """The pictures of a collage, each made where it shows, and nowhere else.

    whole  the rows as if each were the only one
    """

    def __init__(
        self, columns: DrawnColumns, whole: BoundBatch, cutter: Cutter, places: Places, goes_on: bool = False
    ) -> None:
        self._places = places
        self.boxes = [_around(places, k) for k in range(len(whole.sizes))]
        if any(_hangs_on_place(node) for node in cutter.nodes):
            self._bound, self.boxes = whole, [(0, 0, *places.shape)] * len(whole.sizes)
            return
        columns = {**columns, WINDOW: dict(zip(Window.EDGES, np.array(self.boxes, np.float64).T, strict=True))}
        sizes, spec = whole.sizes, whole.spec
        self._bound = BoundBatch(_windowed(cutter), columns, sizes, spec, whole.look, goes_on=goes_on)

    def run(self, images: Sequence[ImageArray], out: ImageArray, layout: str) -> None:
        """Write what each row makes where it shows, and elsewhere what lies outside of the first."""
        from variegate.kernels.collage import put

        for k, image in enumerate(images):
            top, left, height, width = self.boxes[k]
            part = np.ascontiguousarray(self._places[top : top + height, left : left + width])
            if k and not (part == k).any():
                continue
            made = np.empty(self._bound.shape(k), out.dtype)
            self._bound.run(k, np.ascontiguousarray(image), made)
            put(made, part, k, out, (top, left), layout)


def _around(places: Places, k: int) -> tuple[int, int, int, int]:
    """Top, left, height and width of the box around the pixels that show a picture; of the first also those of none."""
    mine = places <= 0 if k == 0 else places == k
    rows, columns = np.flatnonzero(mine.any(axis=1)), np.flatnonzero(mine.any(axis=0))
    if not len(rows):
        return 0, 0, 1, 1
    return int(rows[0]), int(columns[0]), int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1


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
