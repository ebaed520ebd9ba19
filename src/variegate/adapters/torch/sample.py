"""The samples of a data set for PyTorch: taken apart into fields of arrays, and put together again of tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from variegate.adapters.torch.tv_tensor import check_format, wrapped
from variegate.errors import InputError
from variegate.ops.base import leaves
from variegate.ops.effect import Output
from variegate.picture import pil_pixels, tensor_pixels
from variegate.pipeline import Compose
from variegate.targets import Target, Targets
from variegate.targets.unsaid import check_unsaid

MEND = (
    'pass names=, such as ("image", "mask"), and declare it in the pipeline\'s targets; vg.PerSample() is passed on as '
    "it is, never moved"
)


class Apart(NamedTuple):
    """A sample that was taken apart.

    fields    by name, `image` among them: arrays, or what a target takes
    together  the sample again, of the augmented fields
    """

    fields: dict[str, Any]
    together: Callable[[Mapping[str, Any]], Any]


class Form(NamedTuple):
    """What a pipeline takes and gives.

    targets  what the fields of a sample are
    layout   "HWC" or "CHW" of the pictures that it writes
    front    whether a picture that came as a tensor has its channels in front, whatever is written
    """

    targets: Targets
    layout: str
    front: bool

    @classmethod
    def of(cls, augment: Compose, front: bool) -> Form:
        """That of a pipeline."""
        layouts = [getattr(op, "layout", None) for op in leaves(augment) if op.gives is Output]
        return cls(augment.known, next(filter(None, reversed(layouts)), "HWC"), front)

    def size(self, image: Any) -> tuple[int, int]:
        """(height, width) of a picture that was written."""
        height, width = image.shape[1:] if self.layout == "CHW" and image.ndim == 3 else image.shape[:2]
        return int(height), int(width)


def apart(sample: Any, form: Form, names: tuple[str, ...] | None) -> Apart:
    """A sample as fields: of a dict, of a tuple whose elements have names, or begins with a picture, or a picture.

    Raises  InputError if the sample cannot be taken, or has something that may lie on the picture and has no name.
    """
    if isinstance(sample, Mapping):
        if "image" not in sample:
            raise InputError(f'a sample has its picture under "image", got {sorted(map(str, sample))}')
        return _fields(sample, form, dict)
    if not isinstance(sample, (tuple, list)):
        return _fields({"image": sample}, form, lambda made: made["image"])
    if names is not None:
        if len(names) != len(sample):
            raise InputError(f"a sample has {len(sample)} elements, and names are of {len(names)}: {names}")
        return _fields(dict(zip(names, sample, strict=True)), form, lambda made: tuple(made[n] for n in names))
    if len(sample) > 1 and isinstance(sample[1], Mapping):
        return _with_target(sample, form)
    _check_rest(sample[1:])
    return _fields({"image": sample[0]}, form, lambda made: (made["image"], *sample[1:]))


def _with_target(sample: Sequence[Any], form: Form) -> Apart:
    """A picture and a dict of its labels, as data sets of objects are."""
    labels, rest = sample[1], sample[2:]
    if "image" in labels:
        raise InputError('the labels of a sample have a field "image", as its picture is called; rename it')
    _check_rest(rest)

    def together(made: Mapping[str, Any]) -> Any:
        return made["image"], {name: made[name] for name in labels}, *rest

    return _fields({"image": sample[0], **labels}, form, together)


def _check_rest(rest: Sequence[Any]) -> None:
    """Refuse, beside a picture, what may lie on it, and would stay behind."""
    for element in rest:
        check_unsaid(element, "a sample", MEND)


def _fields(values: Mapping[str, Any], form: Form, together: Callable[[Mapping[str, Any]], Any]) -> Apart:
    form.targets.check(values)  # before a call has them as keywords
    known = dict(form.targets.fields)
    fields = {name: _array(value, known[name], name) for name, value in values.items()}

    def back(made: Mapping[str, Any]) -> Any:
        size = form.size(made["image"])
        return together({name: _back(made[name], values[name], known[name], form, size) for name in values})

    return Apart(fields, back)


def _array(value: Any, target: Target, name: str) -> Any:
    """A field's value as its target takes it."""
    if target.picture:
        return picture(value)
    check_format(value, target, name)
    return value if target.passed_on else target.from_python(value, name)


def _back(made: Any, given: Any, target: Target, form: Form, size: tuple[int, int]) -> Any:
    """An augmented field as a tensor, with its channels in front if it came as one; what is passed on is as it came."""
    if target.passed_on:
        return given
    if not isinstance(given, torch.Tensor):
        return tensors(made)
    if form.front and target.picture and form.layout == "HWC" and made.ndim == 3:
        made = np.ascontiguousarray(np.moveaxis(made, 2, 0))
    return wrapped(tensors(target.channels_first(made)), given, target, size)


def tensors(value: Any) -> Any:
    """Tensors for arrays of numbers, also those in lists; they share the memory of what may be written."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biufc":
            return value
        return torch.from_numpy(value if value.flags.writeable else value.copy())
    return type(value)(map(tensors, value)) if type(value) in (list, tuple) else value


def picture(image: Any) -> NDArray[Any]:
    """A PIL image, an array or a tensor as an array (H, W) or (H, W, C).

    Raises  InputError if it is none of these.
    """
    if isinstance(image, Image.Image):
        return pil_pixels(image)
    if isinstance(image, torch.Tensor):
        return tensor_pixels(image)
    if isinstance(image, np.ndarray):
        return image
    raise InputError(f"a picture is a PIL image, an array (H, W, C) or a tensor (C, H, W), got {type(image).__name__}")
