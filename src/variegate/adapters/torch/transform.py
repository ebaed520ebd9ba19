"""Transform: a pipeline as a callable that gives tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from variegate.adapters.torch.sample import apart
from variegate.errors import FieldError
from variegate.pipeline import Compose
from variegate.targets.names import element_names


class Transform:
    """A pipeline as a callable: one picture to a tensor, or a sample to a sample, with fresh numbers at every call.

    augment  declares, in its `targets`, what the fields of a sample are
    names    of the elements of a sample that is a tuple: ("image", "mask")

    A picture is a PIL image (RGB, L, RGBA or of 16 bits), an array (H, W) or (H, W, C), or a tensor (H, W) or
    (C, H, W); arrays and tensors are uint8, uint16 or float32. Of floats white is 1, unless the pipeline says
    otherwise: Compose([...], white=255.0). The tensor has the layout and dtype that the pipeline writes, so end it with
    Normalize(layout="CHW").

    A sample is a dict with a picture under "image"; a picture and a dict of its labels, as one tuple or as two
    arguments, which is what the `transforms=` of torchvision's data sets passes; or a tuple whose elements have names.
    It comes back in its form, with tensors for arrays. Masks may be PIL images; a map of several channels, as a tensor,
    is (C, H, W). Of a tuple without names the picture moves, and the rest is passed on: numbers, texts, and vectors of
    zeros and ones. What may lie on the picture, such as four other numbers or a list of dicts, is refused, and so are
    fields that are not declared.

    No two calls draw the same numbers, in whatever worker process, forked or spawned. An EXIF orientation is not looked
    at, as PIL.Image.open does not either; PIL.ImageOps.exif_transpose turns a picture upright.

    >>> import numpy as np
    >>> from variegate.ops import Normalize, Rotate
    >>> transform = Transform(Compose([Rotate((-30, 30)), Normalize(layout="CHW")]))
    >>> transform(np.zeros((8, 6, 3), np.uint8)).shape
    torch.Size([3, 8, 6])
    >>> sample = transform({"image": np.zeros((8, 6, 3), np.uint8), "mask": np.zeros((8, 6), np.uint8)})
    >>> sample["mask"].shape
    torch.Size([8, 6])

    Raises  InputError if the picture is none of these, or a field cannot be taken; FieldError if names cannot be.
    """

    def __init__(self, augment: Compose, names: Sequence[str] | None = None) -> None:
        self.augment, self.names = augment, element_names(names, FieldError)

    def __call__(self, image: Any, /, *rest: Any) -> Any:
        sample = apart((image, *rest) if rest else image, self.augment.known, self.names)
        return sample.together(self.augment(**sample.fields))

    def __repr__(self) -> str:
        return f"Transform({self.augment!r}{'' if self.names is None else f', names={self.names}'})"
