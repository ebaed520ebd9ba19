"""Items: any object with a length and items, such as a list of dicts or a data set for PyTorch."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.errors import InputError, SourceError
from variegate.loader.source.base import Room, Source
from variegate.loader.source.cell import ids_of
from variegate.loader.source.classes import label_column, passes_on
from variegate.loader.source.location import contents, joined
from variegate.loader.source.picture import picture_of, value_of
from variegate.targets import Target, Targets
from variegate.targets.names import element_names
from variegate.targets.unsaid import check_unsaid

MEND = (
    'pass names=, such as ("image", "mask"), and declare it in targets; PerSample() is passed on as it is, never moved'
)
PATHS = 4096  # of pictures read last, which errors name


class Items(Source):
    """The samples data[0], data[1], ... of any object with __len__ and __getitem__; one access a sample.

    data     a list, a map-style Dataset for PyTorch, or a class of your own; read from several threads at once
    ids      one a sample: integers, or texts, which are hashed; None: the index
    targets  what the fields beside the picture are; None where the pipeline says
    names    of the elements of a tuple: ("image", "mask")
    mode     "RGB", "L", "RGBA" or "bands", all that a file has: into what files are decoded and PIL images converted
    dtype    "uint8", "uint16" (levels of 8 bits times 257) or "float32" (0 to 1); a file of more bits is an error
    labels   the labels, one a sample, where they are known: they stand in for the samples' own, which must be the same
    serial   one access at a time, for data that threads may not read at once

    A sample is a picture; a dict with one under "image"; a tuple (picture, label) or (picture, dict of fields); or any
    tuple with `names`. A label is a number, a text or a vector of zeros and ones: what may lie on the picture needs a
    name and a target. A picture is an array (H, W) or (H, W, C), uint8 or float32; a PIL image; a tensor (C, H, W);
    the bytes of a picture file, or its path. Of fields, tensors and PIL images become arrays.

    A batch is the same at every run only if data[i] is: a random transform in the data, or one that counts, breaks
    this. Leave randomness to the pipeline. Loader asks for sample 0 to see whether samples have fields.

    >>> source = Items([(np.zeros((4, 4, 3), np.uint8), 7), (np.ones((4, 6, 3), np.uint8), 8)])
    >>> len(source), source.read(1).shape, source.fields(1)
    (2, (4, 6, 3), {'label': 8})

    Raises  SourceError if data cannot be used so, or the number of ids or labels is not that of the samples. When a
            sample is read: InputError if it is none of these; what data[i] raises, with a note of i.
    """

    def __init__(
        self,
        data: Any,
        ids: Sequence[Any] | NDArray[Any] | None = None,
        targets: Targets | Mapping[str, Target] | None = None,
        names: Sequence[str] | None = None,
        mode: str = "RGB",
        *,
        dtype: DTypeLike = "uint8",
        labels: Any = None,
        serial: bool = False,
    ) -> None:
        length = _length(data)
        self._decode_into(mode, dtype)
        if ids is not None and len(ids) != length:
            raise SourceError(f"there are {length} samples and {len(ids)} ids; each has one")
        self.data, self.names = data, element_names(names, SourceError)
        self.ids = np.arange(length, dtype=np.uint64) if ids is None else ids_of(ids, "ids[{}]".format)
        self.targets = None if targets is None else Targets.of(targets)
        self.labels = label_column(labels, length, any_form=passes_on(self.targets))
        self._known = dict((self.targets or Targets()).fields)
        self._folder = os.getcwd()  # where relative paths lead, wherever the process goes
        self.serial, self._paths = bool(serial), dict[int, str]()
        self._turn: AbstractContextManager[Any] = Lock() if serial else nullcontext()

    def sample(self, i: int, room: Room | None = None) -> tuple[bytes | NDArray[Any], dict[str, Any]]:
        """The picture and the fields at position i, from one access."""
        given = self._apart(self._item(i))
        image = picture_of(given.pop("image"), self.mode, self.dtype)
        if isinstance(image, str):
            if len(self._paths) >= PATHS:
                self._paths.clear()
            image = self._paths[i] = joined(self._folder, image)
            image = contents(image)
        elif isinstance(image, np.ndarray) and image.ndim == 2:
            image = image[:, :, np.newaxis]
        return image, self._values(i, given)

    def read(self, i: int) -> bytes | NDArray[Any]:
        """The picture at position i: the bytes of its file, or an array (height, width, channels)."""
        return self.sample(i)[0]

    def fields(self, i: int) -> dict[str, Any]:
        """The fields of the sample at position i; a label under "label"."""
        given = self._apart(self._item(i))
        del given["image"]  # which may be a file
        return self._values(i, given)

    def where(self, i: int) -> str:
        """The place in the data; or the path of the picture, where it has one and was read lately."""
        return self._paths.get(i) or f"{type(self.data).__name__}[{i}]"

    def _item(self, i: int) -> Any:
        try:
            with self._turn:
                return self.data[i]
        except Exception as error:
            error.add_note(f"variegate: {type(self.data).__name__}[{i}] raised this, of a source Items({len(self)})")
            raise

    def _apart(self, sample: Any) -> dict[str, Any]:
        """A sample as fields, `image` among them."""
        if isinstance(sample, Mapping):
            if "image" not in sample:
                raise InputError(f'a sample has its picture under "image", got {sorted(map(str, sample))}')
            return dict(sample)
        if not isinstance(sample, (tuple, list)):
            return {"image": sample}
        if self.names is not None:
            if len(self.names) != len(sample):
                raise InputError(f"a sample has {len(sample)} elements, and names are of {len(self.names)}")
            return dict(zip(self.names, sample, strict=True))
        if not 1 <= len(sample) <= 2:
            raise InputError(
                f"a sample is (picture, label) or (picture, dict of fields), got {len(sample)} elements: pass names=, "
                'such as ("image", "mask", "label")'
            )
        return {"image": sample[0], **(_labels(sample[1], self._known) if len(sample) == 2 else {})}

    def _values(self, i: int, given: dict[str, Any]) -> dict[str, Any]:
        """The fields beside the picture, as their targets take them."""
        if self.labels is not None and "label" in given:
            self._check_label(i, given.pop("label"))
        return {name: value_of(value, self._known.get(name), name) for name, value in given.items()}

    def _check_label(self, i: int, label: Any) -> None:
        """Refuse a label that is not the one told up front."""
        told = self.label(i)
        if not np.array_equal(value_of(label, None, "label"), told):
            raise InputError(
                f"{self.where(i)}: its label is {label!r}, and labels[{i}] is {told}; the labels told must be those "
                "of the samples, after any target_transform"
            )

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_turn": None, "_paths": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._turn = Lock() if self.serial else nullcontext()

    def __repr__(self) -> str:
        return f"Items({len(self)} samples of {type(self.data).__name__}{self._unusual})"


def _length(data: Any) -> int:
    """How many samples there are.

    Raises  SourceError if `data` has no length, no items by position, or none at all.
    """
    kind = type(data).__name__
    if isinstance(data, (str, bytes, Mapping)) or not hasattr(data, "__len__") or not hasattr(data, "__getitem__"):
        raise SourceError(
            f"Items takes an object with __len__ and __getitem__(0 to len - 1), such as a list of dicts or a map-style "
            f"Dataset, got {kind}. What can only be iterated over has no samples by position: list(...) it if it is "
            "small. A folder of pictures is ImageFolder(path)"
        )
    try:
        length = len(data)
    except TypeError as error:
        raise SourceError(f"Items needs the number of samples, and {kind} does not tell it: {error}") from error
    if length == 0:
        raise SourceError(f"Items got no samples: the {kind} is empty")
    return length


def _labels(value: Any, known: Mapping[str, Target]) -> dict[str, Any]:
    """The fields that stand beside a picture in a tuple without names."""
    if isinstance(value, Mapping):
        if "image" in value:
            raise InputError('the fields of a sample have an "image", as its picture is called; rename it')
        return dict(value)
    if known["label"].undeclared:
        check_unsaid(value, "a sample", MEND)
    return {"label": value}
