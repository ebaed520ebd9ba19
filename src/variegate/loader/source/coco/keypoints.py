"""The keypoints in a COCO file, and which of them are each other's mirror image."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from variegate.coords import pixel_centre
from variegate.errors import SourceError
from variegate.loader.source.coco.table import AnnotationTable
from variegate.loader.source.json_text import short


def point_names(categories: AnnotationTable, classes: Collection[str]) -> list[str]:
    """The names of the points that the objects of these classes have.

    Raises  SourceError if none has any, or two have others.
    """
    named = [row for row in categories.rows if row["name"] in classes and row.get("keypoints")]
    if not named:
        raise SourceError(f"{categories.path}: no category has keypoints; leave them out of fields")
    points: list[str] = categories.value(named[0], "keypoints", list, "a list of names")
    if not all(isinstance(point, str) for point in points):
        raise categories.error(named[0], f'"keypoints" is a list of names, got {short(points)}')
    for row in named[1:]:
        if row["keypoints"] != points:
            raise categories.error(
                row, f"its keypoints are not those of {short(named[0]['name'])}; take one of the two by classes"
            )
    return points


def points_of(annotations: AnnotationTable, count: int, pixels: bool) -> NDArray[np.float64]:
    """(annotations, count, 3) as x, y, v, zeros where an annotation has none.

    pixels  x and y are numbers of pixels; give their centres
    """
    found = annotations.numbers("keypoints", 3 * count, missing=[0] * (3 * count)).reshape(-1, count, 3)
    if pixels:
        labelled = found[:, :, 2] > 0  # the others are at (0, 0), which is no place
        found[labelled, :2] = pixel_centre(found[labelled, :2])
    return found


def mirrored(names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """The places of two names that are one but for left and right.

    >>> mirrored(["nose", "left_eye", "right_eye", "ear_left", "ear_right"])
    ((1, 2), (3, 4))
    """
    place = {name: n for n, name in enumerate(names)}
    others = [re.sub(r"(?<![A-Za-z])left(?![A-Za-z])", "right", name) for name in names]
    return tuple((place[a], place[b]) for a, b in zip(names, others, strict=True) if a != b and b in place)
