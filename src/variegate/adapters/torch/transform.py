"""Transform: a pipeline as a callable that gives tensors."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from variegate.adapters.torch.sample import Form, apart
from variegate.arguments import whole
from variegate.errors import FieldError
from variegate.key import Key
from variegate.pipeline import Compose
from variegate.targets.names import element_names


class Transform:
    """A pipeline as a callable: one picture to a tensor, or a sample to a sample, with other numbers at every call.

    augment  declares, in its `targets`, what the fields of a sample are
    names    of the elements of a sample that is a tuple: ("image", "mask")
    seed     None: numbers that no other call draws, in whatever worker process, forked or spawned. An integer: those of
             the seed and the count of calls, so that a run repeats; in a DataLoader's workers also of the worker's own
             seed, which hangs on `torch.manual_seed` and is another one in every epoch

    A picture is a PIL image (RGB, L, RGBA or of 16 bits), an array (H, W) or (H, W, C), or a tensor (H, W) or
    (C, H, W); arrays and tensors are uint8, uint16 or float32. Of floats white is 1, unless the pipeline says
    otherwise: Compose([...], white=255.0). A tensor (C, H, W) comes back as one; of an array or a PIL image the result
    has the layout that the pipeline writes, so end it with Normalize(layout="CHW") or ToDtype("float32", "CHW").

    A sample is a dict with a picture under "image"; a picture and a dict of its labels, as one tuple or as two
    arguments, which is what the `transforms=` of torchvision's data sets passes; or a tuple whose elements have names.
    It comes back in its form, with tensors for arrays, and tv_tensors for tv_tensors, boxes with their canvas. Masks
    may be PIL images; a map of several channels, as a tensor, is (C, H, W). Of a tuple without names the picture moves,
    and the rest is passed on: numbers, texts, and vectors of zeros and ones. What may lie on the picture, such as four
    other numbers or a list of dicts, is refused, and so are fields that are not declared.

    An EXIF orientation is not looked at, as PIL.Image.open does not either; PIL.ImageOps.exif_transpose turns a picture
    upright.

    >>> import numpy as np
    >>> from variegate.ops import Normalize, Rotate
    >>> transform = Transform(Compose([Rotate((-30, 30)), Normalize(layout="CHW")]))
    >>> transform(np.zeros((8, 6, 3), np.uint8)).shape
    torch.Size([3, 8, 6])
    >>> transform(torch.zeros(3, 8, 6)).shape
    torch.Size([3, 8, 6])
    >>> sample = transform({"image": np.zeros((8, 6, 3), np.uint8), "mask": np.zeros((8, 6), np.uint8)})
    >>> sample["mask"].shape
    torch.Size([8, 6])

    Raises  InputError if the picture is none of these, or a field cannot be taken; FieldError if names cannot be,
            or ops mix samples.
    """

    def __init__(self, augment: Compose, names: Sequence[str] | None = None, *, seed: int | None = None) -> None:
        augment.alone("Transform", "vt.Loader(vg.Loader(source, augment, batch_size=64))")
        self.augment, self.names = augment, element_names(names, FieldError)
        self.seed = None if seed is None else whole(seed, "Transform.seed")
        self._form = Form.of(augment, front=True)
        self._calls: tuple[int | None, Iterator[int]] = None, itertools.count()

    def __call__(self, image: Any, /, *rest: Any) -> Any:
        sample = apart((image, *rest) if rest else image, self._form, self.names)
        return sample.together(self.augment(key=self._key(), **sample.fields))

    def _key(self) -> Key | None:
        """The key of this call; None: a fresh one."""
        if self.seed is None:
            return None
        worker = torch.utils.data.get_worker_info()
        own = None if worker is None else int(worker.seed)
        if self._calls[0] != own:  # in a worker that has just begun
            self._calls = own, itertools.count()
        return Key(self.seed if own is None else (self.seed << 64) + own, id=next(self._calls[1]))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_calls"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _calls=(None, itertools.count()))

    def __repr__(self) -> str:
        names = "" if self.names is None else f", names={self.names}"
        return f"Transform({self.augment!r}{names}{'' if self.seed is None else f', seed={self.seed}'})"
