"""Mixing: the value of a sample before and after the ops that mix it with its partners'."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from variegate.errors import InputError
from variegate.key import Key, Keys
from variegate.labels.blend_row import MixingRow, PasteRow
from variegate.ops.mixing import WITHIN
from variegate.picture import ImageArray, as_picture
from variegate.pipeline.sample import Made, image_of
from variegate.plan.mates import Mates, beside, partners_of
from variegate.plan.part import Part
from variegate.targets.leaf import Leaf, PlainLeaf

if TYPE_CHECKING:
    from variegate.labels.carry import MovedLabels
    from variegate.labels.point_map import PointMap
    from variegate.pipeline.pipeline import Pipeline
    from variegate.plan.collage import CollagePlan
    from variegate.plan.draw import DrawnColumns
    from variegate.plan.plan import Plan


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


class Values:
    """The values of some samples that are each other's partners.

    rows      of each the plan, and which row of that it is
    pictures  one a sample
    """

    def __init__(self, pipeline: Pipeline, rows: Sequence[tuple[Plan, int]], pictures: Sequence[ImageArray]) -> None:
        self._pipeline, self._rows, self._pictures = pipeline, rows, pictures
        self._mates = Mates(pipeline.compiler.levels, len(rows), self._columns)
        self._known: dict[tuple[int, int], Value] = {}

    def _columns(self, n: int) -> DrawnColumns:
        plan, i = self._rows[n]
        columns = plan.bound.columns
        return {path: {name: each[..., i : i + 1] for name, each in drawn.items()} for path, drawn in columns.items()}

    def value(self, n: int, level: int) -> Value:
        """That of a sample after the first `level` levels of mixing ops."""
        if (n, level) not in self._known:
            self._known[n, level] = self._made(n, level) if level else self._unblended(n)
        return self._known[n, level]

    def _unblended(self, n: int) -> Value:
        plan, i = self._rows[n]
        collage = plan.collage(i)
        if collage is None:
            return Value(plan.result(i, self._pictures[n]), plan.moved(i))
        who = [n, *(beside(n, len(self._rows) - 1, drawn) for drawn in collage.partner)]
        from variegate.plan.collage import CollagePlan

        self._check_alike(who, collage.path)
        together = CollagePlan(self._pipeline.compiler, [[Part(*self._rows[m]) for m in who]])
        return put_together(together, 0, [self._pictures[m] for m in who])[0]

    def _check_alike(self, who: Sequence[int], path: str) -> None:
        """Refuse pictures that are to lie side by side and differ in channels or dtype."""
        own, *others = [self._rows[m][0].spec for m in who]
        for spec in others:
            if (own.channels, own.dtype) != (spec.channels, spec.dtype):
                raise InputError(
                    f"{path} takes pictures of one number of channels and one dtype, and the partner has "
                    f"{spec.channels} {spec.dtype}, the picture {own.channels} {own.dtype}. Convert it"
                )

    def _made(self, n: int, level: int) -> Value:
        plan, i = self._rows[n]
        own, row = self.value(n, level - 1), self._mates.row(plan, i, level - 1, n)
        if row is None:
            return own
        who = row.partners if row.partners in WITHIN else "random"  # who is here stands for whom the op would take
        partner = next(partners_of(who, n, len(self._rows), row.partner), None)
        if partner is None:
            return own
        return blended(plan, own, self.value(partner, level - 1), row)[0]


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
        self._values = Values(pipeline, [(plan, 0) for plan in self.plans], self.pictures)

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
        return self._values.value(n, level)

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
    if collage is not None and len(plans) == 1:
        raise InputError(f"the record is of a {collage.path} and holds none of its partners: take it as it was given")
    who = [0, *(beside(0, len(plans) - 1, drawn) for drawn in collage.partner)] if collage is not None else [0]
    if not 0 <= part < len(who):
        raise InputError(f"the record is of a picture made of {len(who)}: part is 0 to {len(who) - 1}, got {part}")
    if collage is None:
        return plans[0].point_map(0)
    from variegate.plan.collage import CollagePlan

    return CollagePlan(pipeline.compiler, [[Part(plans[m], 0) for m in who]]).plan.point_map(part)
