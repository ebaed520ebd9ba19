"""Arrays: pictures that are in memory, or in a file mapped into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError, SourceError
from variegate.loader.source.base import Source
from variegate.loader.source.classes import SEVERAL, Classed, check_numbers, classed, label_column, one_each, passes_on
from variegate.picture import is_one_picture, pixels, with_channels
from variegate.targets import Target, Targets
from variegate.targets.declared import proposed
from variegate.targets.names import name_clash


class Arrays(Source):
    """Pictures in memory; a sample's id is its position.

    images   (N, H, W) or (N, H, W, C), also memory-mapped, or a list of (H, W) or (H, W, C) arrays of any sizes;
             one number of channels and one dtype: uint8, uint16, float32, or what float32 holds to the last bit, which
             becomes it when it is read. Never copied; in a batch they always have an axis of channels
    labels   one a picture, or None: numbers, texts, or vectors of zeros and ones; of names in `classes`, or of lists of
             them, their numbers, or rows of 0 and 1. What may lie on the picture is for `fields`
    classes  the names of the labels 0, 1, 2, ...; a label of none of them is an error, but -1
    fields   name -> one value a picture: boxes, masks, whatever else belongs to it. Never copied
    targets  what these fields are; None where the pipeline says

    >>> source = Arrays(np.zeros((3, 8, 8), np.uint8), labels=[0, 1, 0])
    >>> len(source), source.read(1).shape, source.labels
    (3, (8, 8, 1), array([0, 1, 0]))
    >>> from variegate.targets import Boxes, Targets
    >>> boxes = [[[0, 0, 4, 4]], [], [[1, 1, 2, 2], [3, 3, 8, 8]]]
    >>> Arrays(source.images, fields={"boxes": boxes}, targets=Targets(boxes=Boxes())).fields(2)
    {'boxes': [[1, 1, 2, 2], [3, 3, 8, 8]]}

    Raises  SourceError if there are no pictures, one has another rank, dtype or number of channels, the number of
            labels or of a field's values is not that of the pictures, a label is of none of the classes, or a field has
            no target.
    """

    held = True

    def __init__(
        self,
        images: NDArray[Any] | Sequence[NDArray[Any]],
        labels: Any = None,
        classes: Sequence[str] = (),
        *,
        fields: Mapping[str, Sequence[Any]] | None = None,
        targets: Targets | Mapping[str, Target] | None = None,
    ) -> None:
        self.images = images if isinstance(images, np.ndarray) else [np.asanyarray(image) for image in images]
        if len(self.images) == 0:
            raise SourceError("Arrays got no pictures")
        self._check()
        self.ids = np.arange(len(self.images), dtype=np.uint64)
        self.targets = None if targets is None else Targets.of(targets)
        self.labels, self.classes = self._labelled(labels, classes)
        self.columns = dict(fields or {})
        self._check_fields()

    def _labelled(self, labels: Any, classes: Sequence[str]) -> Classed:
        """The labels and the names of classes."""
        any_form, values = passes_on(self.targets), [] if labels is None else one_each(labels, len(self.images))
        numbers = isinstance(values, np.ndarray) and values.dtype.kind in "biuf"
        if numbers or not len(classes) or not any(isinstance(value, (str, *SEVERAL)) for value in values):
            column = label_column(labels, len(self.images), any_form=any_form)
            check_numbers(column, list(classes) or None, "labels[{}]".format)
            return Classed(column, list(classes))
        return classed(values, "labels[{}]".format, classes, "Arrays", any_form)

    def _check(self) -> None:
        if isinstance(self.images, np.ndarray):
            if self.images.ndim not in (3, 4):
                raise SourceError(f"images of Arrays have shape (N, H, W) or (N, H, W, C), got {self.images.shape}")
            if is_one_picture(self.images):
                raise SourceError(
                    f"images of Arrays have shape (N, H, W) or (N, H, W, C), and {self.images.shape} is rather one "
                    "picture: give images[np.newaxis]; grey pictures of so few columns are images[..., np.newaxis]"
                )
            self.dtype = _check_picture(self.images[0], "images[0]")[1].name
            return
        channels, dtype = _check_picture(self.images[0], "images[0]")
        self.dtype = dtype.name
        for i, image in enumerate(self.images):
            if _check_picture(image, f"images[{i}]") != (channels, dtype):
                raise SourceError(
                    f"the pictures of one source have one number of channels and one dtype: images[0] is {dtype} "
                    f"{self.images[0].shape}, images[{i}] is {image.dtype} {image.shape}"
                )

    def _check_fields(self) -> None:
        said = name_clash(self.columns, "Arrays", ("image", "label"))
        if said is not None:
            raise SourceError(said + (", or pass it as labels" if "label" in self.columns else ""))
        for name, values in self.columns.items():
            got = len(values) if hasattr(values, "__len__") else type(values).__name__
            if got != len(self):
                raise SourceError(f"{name} of Arrays is one value for each of {len(self)} pictures, got {got}")
            if self.targets is not None and name not in self.targets:
                raise SourceError(
                    f"the field {name!r} of Arrays has no target: say what it is, as by {proposed([name])}"
                )

    def fields(self, i: int) -> dict[str, Any]:
        """The fields of the picture at position i; no copy."""
        return {name: values[i] for name, values in self.columns.items()}

    def read(self, i: int) -> NDArray[Any]:
        """The picture at position i, (height, width, channels); no copy, where it is not of another dtype."""
        return with_channels(pixels(self.images[i], self.where(i)))

    def where(self, i: int) -> str:
        """The place of the picture in the argument."""
        return f"images[{i}]"

    def __repr__(self) -> str:
        return f"Arrays({len(self)} pictures{self._unusual})"


def _check_picture(image: NDArray[Any], name: str) -> tuple[int, np.dtype[Any]]:
    """The number of channels and the dtype of a picture that can be taken."""
    try:
        found = with_channels(pixels(image, f"{name} of Arrays"))
    except InputError as error:
        raise SourceError(str(error)) from None
    return found.shape[2], found.dtype
