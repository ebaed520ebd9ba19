"""Pair: what Keras takes of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from variegate.errors import FieldError, InputError

OWN = ("image", "index", "id", "variation")  # of every batch, beside what belongs to its samples

Pair = tuple[Any, ...]  # (image, target), (image, target, weight), or (image,) of a source that has nothing else


@dataclass(frozen=True)
class Pairing:
    """Which fields of a batch are the target of a model, and which one weighs its samples.

    target         a field, alone; several, as a dict of them; None: all there are, one alone and several as a dict
    sample_weight  a field; None: none is
    """

    target: str | tuple[str, ...] | None = None
    sample_weight: str | None = None

    @classmethod
    def of(cls, target: Any, sample_weight: Any) -> Pairing:
        """Of a Dataset's arguments.

        Raises  FieldError if they are no names.
        """
        names = tuple(target) if isinstance(target, (list, tuple)) else target
        texts = names if isinstance(names, tuple) else (names,)
        if target is not None and not (texts and all(isinstance(name, str) for name in texts)):
            raise FieldError(f"Dataset.target is the name of a field, a list of names, or None, got {target!r}")
        if sample_weight is not None and not isinstance(sample_weight, str):
            raise FieldError(f"Dataset.sample_weight is the name of a field, or None, got {sample_weight!r:.100}")
        return cls(names, sample_weight)

    def pair(self, batch: Mapping[str, Any]) -> Pair:
        """What Keras takes of a batch.

        Raises  InputError if pictures differ in size, or a field is no array, or not there.
        """
        image = batch["image"]
        if isinstance(image, list):
            raise InputError(
                f"a batch for Keras needs pictures of one size, got {image[0].shape} and others; end the pipeline with "
                "Resize, RandomResizedCrop or another op that gives a fixed size"
            )
        target = self._target(batch)
        if self.sample_weight is None:
            return (image,) if target is None else (image, target)
        if target is None:
            raise InputError(f"sample_weight={self.sample_weight!r} weighs a target, and batches have none")
        return image, target, self._array(batch, self.sample_weight, "sample_weight")

    def _target(self, batch: Mapping[str, Any]) -> Any:
        """The target; None: there is none."""
        if isinstance(self.target, str):
            return self._array(batch, self.target, "target")
        names = self.target or [name for name in batch if name not in (*OWN, self.sample_weight)]
        found = {name: self._array(batch, name, "target") for name in sorted(names, key=lambda name: name == "label")}
        return next(iter(found.values()), None) if self.target is None and len(found) < 2 else found

    def _array(self, batch: Mapping[str, Any], name: str, asked: str) -> Any:
        if name not in batch:
            raise InputError(f"{asked}={name!r}, and a batch has {', '.join(map(repr, batch))}")
        value = np.asarray(batch[name]) if name == "label" else batch[name]
        if not isinstance(value, np.ndarray):
            raise InputError(
                f"{name} is a list, and Keras takes arrays: give vg.Loader collate=Padded(...), which makes arrays of "
                "what instances have, and leave out polygons, texts, and what differs in shape between samples"
            )
        return value
