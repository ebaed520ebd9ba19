"""What is left of each instance after its sample's map, as one target of the group knows it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Visibility(NamedTuple):
    """N instances, as polygons, masks, boxes or points tell of them.

    known  (N,): whether the target says anything of the instance: an empty list of rings does not
    share  (N,): the part of the object, measured on the picture, that is still seen: 0 to 1
    area   (N,): what is seen, in square pixels of the result
    seen   (N, 4): the upright box around what is seen, x0, y0, x1, y1 of the result; all 0 where nothing is
    whole  (N, 4): the same around all of it, also what lies outside; NaN where the target cannot know
    copied (N,): whether mirror images of it are seen, and told here: boxes lie around these, too
    """

    known: Flags
    share: Floats
    area: Floats
    seen: Floats
    whole: Floats
    copied: Flags | np.bool_ = np.False_

    @property
    def side(self) -> Floats:
        """(N,): the smaller side of the box around what is seen."""
        return np.minimum(self.seen[:, 2] - self.seen[:, 0], self.seen[:, 3] - self.seen[:, 1])


def areas(boxes: Floats) -> Floats:
    """The areas of boxes (N, 4)."""
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))


def bounds(points: Floats) -> Floats:
    """The box (4,) around points (n, 2); all 0 where there are none."""
    if not len(points):
        return np.zeros(4)
    return np.concatenate([points.min(axis=0), points.max(axis=0)])
