"""The compiler as a whole: a declared pipeline, what may stand together in it, and the plan of a batch."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from variegate.errors import InputError
from variegate.key import Keys
from variegate.ops import effect as effects
from variegate.ops.base import LoweringContext
from variegate.ops.combine import Chain
from variegate.ops.effect import Ints
from variegate.ops.effect.mixing import SLOT
from variegate.plan.bound import BoundBatch
from variegate.plan.collage_form import CollageForm
from variegate.plan.cutter import Cutter
from variegate.plan.draw import Drawing, DrawnColumns
from variegate.plan.flatten import flatten
from variegate.plan.gone import left
from variegate.plan.ir import Defaults, Node
from variegate.plan.lower import Lowered
from variegate.plan.mixing import apart, mixing_op
from variegate.plan.picture_spec import PictureSpec
from variegate.plan.plan import Again, Plan
from variegate.plan.stage.call import moves_pixels
from variegate.plan.trail import trail
from variegate.targets import Targets
from variegate.targets.leaf import Leaves


class Compiler:
    """What is known of a pipeline before any batch."""

    def __init__(self, pipeline: Chain) -> None:
        self.flat = flatten(pipeline)
        self.defaults = Defaults(pipeline.interpolation, pipeline.antialias)
        self.drawing = Drawing(self.flat)
        parts = apart(self.flat.nodes)
        self.levels = parts.levels
        self.collage = None if parts.collage is None else CollageForm(parts.head, parts.collage, parts.tail)
        self.cutter = Cutter(parts.head) if self.collage is None else self.collage.alone

    @functools.cached_property
    def moving(self) -> Cutter:
        """Of a view that is no picture: what moves pixels, and the layout of what is written."""
        cutter = self.cutter
        return Cutter(tuple(node for node in (*cutter.nodes, *cutter.output) if not is_colour(node)))

    @property
    def mixes(self) -> tuple[Node, ...]:
        """The nodes that need other samples."""
        return (
            *(() if self.collage is None else (self.collage.collage,)),
            *(n for level in self.levels for n in level),
        )

    @property
    def within(self) -> tuple[Node, ...]:
        """Those of them whose partners are of the sample's own batch."""
        return tuple(node for node in self.mixes if mixing_op(node).within)

    def picture_spec(self, channels: int, dtype: str, white: float | None, targets: Targets) -> PictureSpec:
        """What all pictures of a batch share."""
        return PictureSpec(channels, dtype, white, self.defaults, targets)

    def asks(self, spec: PictureSpec, asked: bool) -> str:
        """The first op that must know what white is in pictures of this kind; empty if none is declared.

        asked  whether a dtype or a range is asked for of the result
        """
        if not spec.colour or spec.white is None:
            return ""
        return self._asking[asked]

    @functools.cached_property
    def _asking(self) -> tuple[str, str]:
        """The first op that must know what white is: among those of colour; and, if there is none, any."""
        of_colour = [node.path for node in self.flat.nodes if issubclass(node.op.gives, effects.Colour)]
        written = [node.path for node in self.flat.nodes if issubclass(node.op.gives, effects.Output)]
        return "".join(of_colour[:1]), "".join((of_colour + written)[:1])

    @functools.cached_property
    def _taken(self) -> dict[tuple[str, tuple[int, ...]], None]:
        """How many channels macros take, by the ops that they stand for: chance shall not decide who is refused."""
        below = (node for node in self.flat.leaves if node.macro is not None)
        return dict.fromkeys(
            (node.macro.path, taken) for node in below if node.macro and (taken := tuple(node.op.takes()))
        )

    def _check_channels(self, channels: int) -> None:
        for name, taken in self._taken:
            if channels not in taken:
                raise InputError(
                    f"{name} takes pictures of {' or '.join(map(str, taken))} channels, got {channels}: ops that it "
                    "may pick are about colours. Give it pictures of so many, or leave the op out."
                )

    def plan(
        self, columns: DrawnColumns, keys: Keys, sizes: Ints, spec: PictureSpec, leaves: Sequence[Leaves] = ()
    ) -> Plan:
        """Lower one batch of drawn numbers; sizes (B, 2) as (height, width), and the labels of each sample, if any.

        Raises  InputError if there is an op that cannot take such pictures.
        """
        if spec.colour:
            self._check_channels(spec.channels)

        def again(spec: PictureSpec) -> Plan:
            return self.plan(columns, keys, sizes, spec, leaves)

        if self.collage is not None and SLOT not in columns[self.collage.collage.path]:
            columns = self.collage.placed(columns, len(sizes))
        return self._planned(self.cutter if spec.colour else self.moving, columns, sizes, spec, leaves, again)

    def joined(self, columns: DrawnColumns, sizes: Ints, spec: PictureSpec, leaves: Sequence[Leaves] = ()) -> Plan:
        """The plan of the pictures of one sample's collage, each a row, as if it were the only one."""

        def again(spec: PictureSpec) -> Plan:
            return self.joined(columns, sizes, spec, leaves)

        assert self.collage is not None
        nodes = (*self.collage.before, *self.collage.tail)
        cutter = self.collage.whole if spec.colour else Cutter(tuple(node for node in nodes if not is_colour(node)))
        return self._planned(cutter, columns, sizes, spec, leaves, again)

    def _planned(
        self,
        cutter: Cutter,
        columns: DrawnColumns,
        sizes: Ints,
        spec: PictureSpec,
        leaves: Sequence[Leaves],
        again: Again,
    ) -> Plan:
        look = functools.partial(_look, cutter, sizes, spec, leaves)
        bound = BoundBatch(cutter, columns, sizes, spec, look)
        return Plan(bound, leaves, self.asks(spec, bound.output.asked), again, self.levels, self.collage)


def _look(
    cutter: Cutter,
    sizes: Ints,
    spec: PictureSpec,
    leaves: Sequence[Leaves],
    node: Node,
    before: Sequence[Lowered],
    rows: Any,
) -> LoweringContext:
    """What an op may know that looks at labels: those of these samples, on the canvas that it sees."""
    from variegate.labels.context import boxes_at, instances_at, masks_at
    from variegate.labels.point_maps import PointMaps

    context = LoweringContext(spec.channels, steps=spec.steps)
    if not leaves:
        return context
    point_maps = PointMaps(trail(before, cutter.settings(spec), sizes), spec.defaults.antialias)
    chosen = range(len(sizes)) if isinstance(rows, slice) else rows.tolist()
    targets = spec.targets
    shown = [(targets, left(leaves[i], targets, before, i)[0], point_maps.point_map(i)) for i in chosen]
    if node.op.looks == "boxes":
        return replace(context, boxes=[boxes_at(*each) for each in shown])
    if node.op.looks == "instances":
        return replace(context, instances=[instances_at(*each) for each in shown])
    return replace(context, masks=[masks_at(*each) for each in shown])


def is_colour(node: Node) -> bool:
    """Whether an op changes colours and leaves every pixel in its place."""
    return issubclass(node.op.gives, effects.Colour) or (
        issubclass(node.op.gives, effects.PictureFunction) and not moves_pixels(node)
    )
