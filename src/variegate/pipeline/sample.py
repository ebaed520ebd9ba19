"""One sample through a plan: the picture, and whatever else its fields are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from variegate.errors import InputError
from variegate.picture import ImageArray, as_picture
from variegate.targets import Targets

if TYPE_CHECKING:
    from variegate.pipeline.record import Record
    from variegate.plan.plan import Plan


@dataclass(frozen=True)
class Made:
    """A sample that was made.

    result   an array, or a dict of fields
    plan     of which it is the only sample
    dropped  how many instances went, and why
    partners  the plans of those given to be its partners
    """

    result: Any
    plan: Plan
    dropped: Mapping[str, int]
    partners: tuple[Plan, ...] = ()

    def record(self, fingerprint: str) -> Record:
        """What makes it again."""
        from variegate.pipeline.record import record_of

        return record_of(self.plan, 0, fingerprint, self.dropped, self.partners)


def make(targets: Targets, image: ImageArray | None, fields: Mapping[str, Any], planned: Callable[..., Plan]) -> Made:
    """A sample, given as an array or as fields, through the plan that `planned` makes of its size.

    planned  (sizes, channels, dtype, leaves) -> plan

    Raises  InputError if the sample cannot be taken.
    """
    if image is not None and fields:
        raise InputError(f"give the picture by position or by keyword, not both: got {sorted(fields)}")
    picture, flat = as_picture(image_of(fields) if image is None else image)
    size = picture.shape[:2]
    others = {name: value for name, value in fields.items() if name != "image"}
    leaves = targets.read(others, size) if others else {}
    plan = planned(np.array([size]), picture.shape[2], picture.dtype, [leaves] if leaves else ())
    out = plan.result(0, picture, flat)
    if image is not None:
        return Made(out, plan, {})
    carried = plan.carry(0)
    return Made({name: out if name == "image" else carried.fields[name] for name in fields}, plan, carried.dropped)


def image_of(fields: Mapping[str, Any]) -> Any:
    """The picture among the fields.

    Raises  InputError if there is none.
    """
    if "image" not in fields:
        raise InputError(f"a sample needs image=, got {sorted(fields) or 'nothing'}")
    return fields["image"]
