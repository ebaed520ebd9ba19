"""Mixing: the value of a sample before and after the ops that mix it with its partners'."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from variegate.errors import FieldError, InputError
from variegate.key import Key, Keys
from variegate.labels.blend_row import MixingRow, PasteRow
from variegate.ops.base import Op, walk
from variegate.ops.combine import Combinator
from variegate.ops.mixing import MixingOp
from variegate.picture import ImageArray, as_picture
from variegate.pipeline.sample import Made, image_of
from variegate.targets.leaf import Leaf, PlainLeaf

if TYPE_CHECKING:
    from variegate.labels.carry import MovedLabels
    from variegate.labels.point_map import PointMap
    from variegate.pipeline.pipeline import Pipeline
    from variegate.plan.collage import CollagePlan
    from variegate.plan.plan import Plan


Held = TypeVar("Held", bound=Combinator)
Planned = Callable[..., "Plan"]  # (number of the sample, sizes, channels, dtype, leaves) -> plan


class Value(NamedTuple):
    """What a sample is at a point of the pipeline.

    image  as the last write makes it
    moved  the other fields
    """

    image: ImageArray
    moved: MovedLabels


def blended(plan: Plan, own: Value, other: Value, row: MixingRow, out: ImageArray | None = None) -> tuple[Value, float]:
    """What a mixing op makes of the value of a sample, of a plan, and that of its partner; and the share of the first.

    out  where the picture is written: memory of neither

    Raises  InputError if the two do not go together; it names the op.
    """
    from variegate.kernels.blend import blend

    if own.image.shape != other.image.shape or own.image.dtype != other.image.dtype:
        raise InputError(
            f"{row.path} mixes pictures of one size, and the partner is {other.image.dtype} {other.image.shape}, the "
            f"picture {own.image.dtype} {own.image.shape}. Put RandomResizedCrop, Resize or Letterbox before it"
        )
    made = np.empty_like(own.image) if out is None else out
    if isinstance(row, PasteRow):
        return _pasted(plan, own, other, row, made)
    blend(own.image, other.image, row.share, row.box, made, plan.layout)
    moved = own.moved
    if own.moved.leaves or other.moved.leaves:
        from variegate.labels.blend import blended as blended_labels

        moved = blended_labels(plan.spec.targets, own.moved, other.moved, row, plan.layout)
    return Value(made, moved), row.weight


def _pasted(plan: Plan, own: Value, other: Value, row: PasteRow, made: ImageArray) -> tuple[Value, float]:
    """Objects of a partner's value over that of a sample."""
    from variegate.kernels.blend import overlay, soft
    from variegate.labels.paste import chosen, pasted

    targets, layout = plan.spec.targets, plan.layout
    what = chosen(targets, other.moved.leaves, row)
    hard = what.cover.astype(np.float32)
    overlay(own.image, other.image, soft(what.cover, row.edge), made, layout)
    views: dict[str, Leaf] = {}
    for name, leaf in own.moved.leaves.items():
        partner = other.moved.leaves.get(name)
        if targets[name].picture and isinstance(leaf, PlainLeaf) and isinstance(partner, PlainLeaf):
            view = np.empty_like(leaf.value)
            overlay(leaf.value, partner.value, hard, view, layout)
            views[name] = PlainLeaf(view)
    return Value(made, pasted(targets, own.moved, other.moved, row, what, views)), 1 - what.share


def put_together(
    plan: CollagePlan, m: int, images: Sequence[ImageArray], out: ImageArray | None = None
) -> tuple[Value, list[float]]:
    """A collage of a plan, and how much of it shows each of its pictures.

    out  where the picture is written, if it has that form
    """
    if out is None or out.shape != plan.shape(m):
        out = np.empty(plan.shape(m), plan.dtype)
    plan.run(m, images, out)
    return Value(out, plan.moved(m)), plan.shares(m)


class PartneredSample:
    """A sample and those given to be its partners, each with a plan of its own."""

    def __init__(
        self, pipeline: Pipeline, image: ImageArray | None, fields: Mapping[str, Any], partners: Any, planned: Planned
    ) -> None:
        if not isinstance(partners, Sequence) or not partners:
            raise InputError(
                "partners= is a list of one other sample or more, each a picture, or a dict of the same fields; "
                f"got {partners!r:.60}"
            )
        self._pipeline, self.bare = pipeline, image is not None
        if image is not None and fields:
            raise InputError(f"give the picture by position or by keyword, not both: got {sorted(fields)}")
        own = {"image": image} if image is not None else dict(fields)
        given = [own, *(_fields(each, n) for n, each in enumerate(partners))]
        self.names = list(own)
        pictures = [as_picture(image_of(each)) for each in given]
        self.pictures, self.flat = [picture for picture, _ in pictures], pictures[0][1]
        self.plans = [self._plan(n, each, planned) for n, each in enumerate(given)]

    def _plan(self, n: int, fields: Mapping[str, Any], planned: Planned) -> Plan:
        picture = self.pictures[n]
        others = {name: value for name, value in fields.items() if name != "image"}
        try:
            leaves = self._pipeline.known.read(others, picture.shape[:2]) if others else {}
            return planned(
                n, np.array([picture.shape[:2]]), picture.shape[2], picture.dtype, [leaves] if leaves else ()
            )
        except InputError as error:
            raise InputError(f"partner {n - 1}: {error}" if n else str(error)) from None

    def value(self, n: int, level: int) -> Value:
        """That of a sample after the first `level` levels of mixing ops."""
        plan = self.plans[n]
        others = [m for m in range(len(self.plans)) if m != n]
        if not level:
            collage = plan.collage(0)
            if collage is None:
                return Value(plan.result(0, self.pictures[n]), plan.moved(0))
            who = [n, *(others[int(u * len(others))] for u in collage.partner)]
            from variegate.plan.collage import CollagePlan, Part

            together = CollagePlan(self._pipeline.compiler, [[Part(self.plans[m], 0) for m in who]])
            return put_together(together, 0, [self.pictures[m] for m in who])[0]
        own, row = self.value(n, level - 1), plan.blend(0, level - 1)
        if row is None:
            return own
        return blended(plan, own, self.value(others[int(row.partner * len(others))], level - 1), row)[0]

    def made(self) -> Made:
        """The sample's own last value."""
        plan = self.plans[0]
        image, moved = self.value(0, len(plan.levels))
        image = image[..., 0] if self.flat and plan.layout == "HWC" else image
        if self.bare:
            return Made(image, plan, {}, tuple(self.plans[1:]))
        carried = plan.written(0, moved)
        result = {name: image if name == "image" else carried.fields[name] for name in self.names}
        return Made(result, plan, carried.dropped, tuple(self.plans[1:]))


def _fields(partner: Any, n: int) -> dict[str, Any]:
    """The fields of a partner that was given."""
    if isinstance(partner, Mapping):
        return {name: value for name, value in partner.items() if name != "key"}
    if hasattr(partner, "shape") or hasattr(partner, "getbands"):
        return {"image": partner}
    raise InputError(f"partners[{n}] is a picture, or a dict of a sample's fields, got {type(partner).__name__}")


def partner_keys(key: Key, partners: Sequence[Any]) -> list[Key]:
    """The keys of a sample and its partners: those that they bring, or else of the next ids after the sample's own."""
    found = [key]
    for n, partner in enumerate(partners, 1):
        own = partner.get("key") if isinstance(partner, Mapping) else None
        found.append(Key(key.seed, key.epoch, (key.id + n) % 2**64, key.variation) if own is None else Key.of(own))
    return found


def mixed(pipeline: Pipeline, image: Any, fields: Mapping[str, Any], partners: Any, key: Key) -> Made:
    """A sample mixed with partners, each under its key."""
    keys = partner_keys(key, partners if isinstance(partners, Sequence) else ())

    def planned(n: int, sizes: Any, channels: int, dtype: Any, leaves: Any) -> Plan:
        return pipeline.plan(Keys.of([keys[n]]), sizes, channels, dtype, leaves, mixes=True)

    return PartneredSample(pipeline, image, fields, partners, planned).made()


def replayed(
    pipeline: Pipeline, record: Mapping[str, Any], image: Any, fields: Mapping[str, Any], partners: Any
) -> Made:
    """The same sample again, of a record and the same partners.

    Raises  InputError if there are more or fewer of them.
    """
    from variegate.pipeline.record import plan_of

    records = [record, *record.get("partners", ())]
    if isinstance(partners, Sequence) and len(partners) != len(records) - 1:
        raise InputError(f"the record is of a sample with {len(records) - 1} partners, got {len(partners)}")

    def planned(n: int, *about: Any) -> Plan:
        return plan_of(records[n], pipeline, *about)

    return PartneredSample(pipeline, image, fields, partners, planned).made()


def part_map(pipeline: Pipeline, record: Mapping[str, Any], part: int) -> PointMap:
    """The map of one of the pictures of a mosaic to its result; of a sample that is none, part 0 is its own.

    Raises  InputError if there is no such part.
    """
    from variegate.pipeline.record import plan_of

    plans = [plan_of(each, pipeline, None, maps_alone=True) for each in (record, *record.get("partners", ()))]
    collage = plans[0].collage(0)
    who = [0, *(1 + int(u * (len(plans) - 1)) for u in collage.partner)] if collage is not None else [0]
    if not 0 <= part < len(who):
        raise InputError(f"the record is of a picture made of {len(who)}: part is 0 to {len(who) - 1}, got {part}")
    if collage is None:
        return plans[0].point_map(0)
    from variegate.plan.collage import CollagePlan, Part

    return CollagePlan(pipeline.compiler, [[Part(plans[m], 0) for m in who]]).plan.point_map(part)


def without(pipeline: Pipeline, kinds: Sequence[type[Op]]) -> Pipeline:
    """See `Compose.without`."""
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, Op)):
            raise FieldError(f"without takes classes of ops, as augment.without(MixUp), got {kind!r}")
    return _holding(pipeline, [(n, _left(op, tuple(kinds) or (MixingOp,))) for n, op in enumerate(pipeline.ops)])


def _left(op: Op, kinds: tuple[type[Op], ...]) -> Op | None:
    """An op without those of some classes in it; None if nothing is left."""
    if isinstance(op, kinds):
        return None
    if not isinstance(op, Combinator) or not any(isinstance(each, kinds) for each in walk(op)):
        return op
    kept = [(n, _left(each, kinds)) for n, each in enumerate(op.ops)]
    return _holding(op, kept) if any(left is not None for _, left in kept) else None


def _holding(op: Held, kept: Sequence[tuple[int, Op | None]]) -> Held:
    """What holds ops, with those of them that are left."""
    there = [(n, left) for n, left in kept if left is not None]
    changed: dict[str, Any] = {"ops": tuple(left for _, left in there)}
    if getattr(op, "weights", None) is not None:
        changed["weights"] = tuple(op.weights[n] for n, _ in there)  # type: ignore[attr-defined]
    return replace(op, **changed)
