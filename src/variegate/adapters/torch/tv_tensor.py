"""Torchvision's tensors that know what they are: an image, a mask, boxes of a format on a canvas of a size."""

from __future__ import annotations

from typing import Any

import torch

from variegate.errors import InputError
from variegate.targets import Boxes, Target
from variegate.targets.boxes import FORMATS

OURS = {"XYXY": "xyxy", "XYWH": "coco", "CXCYWH": "cxcywh"}  # by torchvision's name of a format


def is_tv_tensor(value: Any) -> bool:
    """Whether a value is one of them; torchvision need not be there."""
    return type(value).__module__.startswith("torchvision.tv_tensors")


def check_format(value: Any, target: Target, name: str) -> None:
    """Refuse boxes that say of themselves another format than their target does.

    Raises  InputError that says what to declare.
    """
    said = getattr(getattr(value, "format", None), "name", None) if is_tv_tensor(value) else None
    if said not in OURS or not isinstance(target, Boxes):
        return
    if (target.form.layout, target.form.fractions) != (FORMATS[OURS[said]].layout, False):
        raise InputError(
            f"{name} are torchvision's BoundingBoxes of {said}, and the pipeline declares {target!r}; declare "
            f"Boxes({OURS[said]!r})"
        )


def wrapped(made: Any, given: Any, target: Target, size: tuple[int, int]) -> Any:
    """A tensor as the kind that was given, of a result of this size; as it is where no kind says what it is."""
    if not (is_tv_tensor(given) and isinstance(made, torch.Tensor)):
        return made
    from torchvision import tv_tensors

    if not isinstance(target, Boxes):
        return tv_tensors.wrap(made, like=given, canvas_size=size)
    names = {FORMATS[ours].layout: theirs for theirs, ours in OURS.items()}
    form = target.form_out
    if form.fractions or form.layout not in names:  # torchvision has no such boxes
        return made
    return tv_tensors.wrap(made, like=given, canvas_size=size, format=tv_tensors.BoundingBoxFormat[names[form.layout]])
