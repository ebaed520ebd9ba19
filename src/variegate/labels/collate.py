"""Collate: the fields of several samples as the fields of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from variegate.targets import Image, Mask, Targets


def collate(targets: Targets, samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The samples' fields by name: pictures and masks stacked where they have one shape, all else a list."""
    if not samples:
        return {}
    return {name: _column(targets[name], [sample[name] for sample in samples]) for name in samples[0]}


def _column(target: Any, values: list[Any]) -> Any:
    whole = isinstance(target, Image) or (isinstance(target, Mask) and not target.stack)
    if whole and len({(value.shape, value.dtype) for value in values}) == 1:
        return np.stack(values)
    return values
