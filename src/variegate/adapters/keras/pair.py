"""Pair: what Keras takes of a batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from variegate.errors import InputError

OWN = ("image", "label", "index", "id", "variation")  # of every batch, beside the fields of its samples

Pair = tuple[Any, ...]  # (image, label), (image, fields), or (image,) of a source without labels


def pair(batch: dict[str, Any]) -> Pair:
    """What Keras takes of a batch.

    Raises  InputError if pictures differ in size, or a field is no array.
    """
    image = batch["image"]
    if isinstance(image, list):
        raise InputError(
            f"a batch for Keras needs pictures of one size, got {image[0].shape} and others; end the pipeline with "
            "Resize, RandomResizedCrop or another op that gives a fixed size"
        )
    fields = {name: value for name, value in batch.items() if name not in OWN}
    for name, value in fields.items():
        if not isinstance(value, np.ndarray):
            raise InputError(
                f"{name} is a list, and Keras takes arrays: give vg.Loader collate=Padded(...), which makes arrays of "
                "what instances have, and leave out polygons, texts, and what differs in shape between samples"
            )
    if "label" not in batch:
        return (image, fields) if fields else (image,)
    label = np.asarray(batch["label"])
    return (image, {**fields, "label": label}) if fields else (image, label)
