"""Each kind of target on the canvas, one above the other: maps, masks, outlines, boxes, points, names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from variegate.coords import HALF, Floats
from variegate.draw.canvas import Canvas
from variegate.draw.legend import Legend
from variegate.draw.palette import SLATE, Colour, heat
from variegate.draw.picture import drawn_size, seen
from variegate.errors import InputError
from variegate.targets import (
    BoxLeaf,
    Keypoints,
    Leaf,
    Mask,
    MaskLeaf,
    OrientedLeaf,
    PlainLeaf,
    PointLeaf,
    Polygons,
    RingLeaf,
    Target,
    Targets,
)

FILL, TINT = 0.45, 0.22  # how much of a mask's colour, and of an outline's, is mixed into the picture
SMALL = 0.002  # the part of the picture below which a class of a mask has no name on it


def drawn(
    sample: Mapping[str, Any],
    targets: Targets,
    names: Mapping[int, str],
    width: int | None,
    by: str,
    background: int | None,
    on: str,
) -> Image.Image:
    """See `draw`."""
    if on not in sample:
        raise InputError(f"a sample needs {on}=, got {sorted(sample) or 'nothing'}")
    if by not in ("class", "instance"):
        raise InputError(f"by of draw is 'class' or 'instance', got {by!r}")
    picture = seen(sample[on], on)
    size = picture.height, picture.width
    leaves = targets.read({name: value for name, value in sample.items() if name != "image"}, size)
    page = Page(Canvas(picture, drawn_size(picture.size, width)), targets, leaves, Legend(names, by == "instance", targets, leaves), background)
    page.paint()
    return page.canvas.finish()
