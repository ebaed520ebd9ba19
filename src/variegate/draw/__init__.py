"""The labels of a sample, shown on its picture.

draw      the face: a sample in, a PIL image out
palette   which colours; told apart by the colour-blind too
picture   what may be drawn on, and how large
canvas    lines, fills, dots and tags, with smooth edges
legend    the colour and the name of an instance
layers    each kind of target on the canvas, one above the other
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from variegate.errors import InputError
from variegate.pipeline.compose import Compose
from variegate.targets import Target, Targets

if TYPE_CHECKING:
    from PIL import Image

Names = Sequence[str] | Mapping[int, str]


def draw(
    sample: Mapping[str, Any],
    targets: Compose | Targets | Mapping[str, Target] | None = None,
    *,
    classes: Names = (),
    width: int | None = None,
    by: Literal["class", "instance"] = "class",
    background: int | None = 0,
    on: str = "image",
) -> Image.Image:
    """The picture of a sample with its labels on it, as a PIL image: a notebook shows it, and `.save("a.png")` writes it.

    sample      a dict of `image` and its labels, as a pipeline, a source or a loader gives them. The picture is (H, W) or
                (H, W, C) with 1, 3 or 4 channels, uint8 or float32 from 0 to 1; a fourth channel is not shown
    targets     what its fields are: the pipeline that made it, or Targets, or a dict of them
    classes     the names of classes 0, 1, 2, ..., or a dict from class to name
    width       pixels; None: those of the picture, or so many times more that the longer side has about 640
    by          "class": one colour a class, where the group of an instance has a PerInstance field of integers or texts
                called labels, label, classes, class_ids, category_ids or class_labels; "instance": one colour an instance
    background  the class of masks that is left clear; None: none is
    on          which picture of the sample is drawn on, where there are several views

    Boxes and outlines have the names of their classes beside them; masks are translucent, their ignore_index is hatched
    in grey, float maps glow from dark to bright over 0 to 1 (or from their least to their greatest number). Keypoints are
    dots; those with v = 0 are hollow; with a scale they have a ring of that radius, with an angle a hand. Class n has the
    same colour in every picture.

    >>> import numpy as np
    >>> from variegate.targets import Boxes, PerInstance
    >>> sample = {"image": np.zeros((60, 80, 3), np.uint8), "boxes": [[10, 10, 50, 40]], "labels": [1]}
    >>> draw(sample, {"boxes": Boxes(), "labels": PerInstance()}, classes=["cat", "dog"]).size
    (640, 480)

    Raises  InputError if a field is not what was declared, or the picture is none that can be seen: normalised, or with
            its channels first.
    """
    from variegate.draw.layers import drawn

    if not isinstance(sample, Mapping):
        raise InputError(f'draw takes a sample, a dict such as {{"image": ..., "boxes": ...}}; got {type(sample).__name__}')
    known = targets.known if isinstance(targets, Compose) else Targets.of(targets)
    return drawn(sample, known, names_of(classes), width, by, background, on)


def names_of(classes: Names) -> dict[int, str]:
    """The name of each class that has one.

    Raises  InputError if they are no names.
    """
    if isinstance(classes, Mapping):
        named = dict(classes)
    elif isinstance(classes, str) or not isinstance(classes, Sequence):
        raise InputError(f"classes of draw is a list of names, or a dict from class to name; got {classes!r}")
    else:
        named = dict(enumerate(classes))
    wrong = [name for name in named.values() if not isinstance(name, str)]
    if wrong:
        raise InputError(f"classes of draw are names, texts; got {wrong[0]!r}")
    return {int(number): name for number, name in named.items()}


__all__ = ["draw"]
