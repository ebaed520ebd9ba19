"""The picture of one sample, with its labels on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from variegate.draw.undone import plain, undone
from variegate.errors import InputError
from variegate.picture import is_pil
from variegate.pipeline.compose import Compose
from variegate.targets import Target, Targets
from variegate.white import White, checked_white

if TYPE_CHECKING:
    from PIL import Image

ClassNames = Sequence[str] | Mapping[int, str]


def draw(
    sample: Any,
    targets: Compose | Targets | Mapping[str, Target] | None = None,
    *,
    classes: ClassNames = (),
    width: int | None = None,
    by: Literal["class", "instance"] = "class",
    background: int | None = 0,
    on: str = "image",
    white: White = "dtype",
) -> Image.Image:
    """The picture of a sample with its labels on it, as a PIL image: a notebook shows it, `.save("a.png")` writes it.

    sample      a dict of `image` and its labels, as a pipeline, a loader or a source gives them, or the picture alone:
                (H, W), (H, W, C) or (C, H, W) with 1, 3 or 4 channels, uint8, uint16 or float32, an array, a tensor or
                a PIL image; a fourth channel is not shown
    targets     what its fields are: the pipeline that made it, so that they have its `out` formats, and floats that it
                normalised are shown as they were before; or Targets, or a dict of them, which say how they are read
    classes     the names of classes 0, 1, 2, ..., or a dict from class to name
    width       pixels; None: those of the picture, or so many times more that the longer side has about 640
    by          "class": a colour a class, for instances whose group has a PerInstance field of integers or texts called
                labels, label, classes, class_ids, category_ids or class_labels. "instance": a colour an instance
    background  the class of masks that is left clear; None: none is
    on          which picture of the sample is drawn on, where there are several views
    white       which number of the picture is white; None: its largest, and its least is black; "dtype": as the
                pipeline says, else 255 of uint8, 65535 of uint16 and 1 of floats

    Boxes and outlines have the names of their classes beside them. Masks are translucent, and hatched in grey where
    they have their ignore_index. Maps of floats glow from dark to bright, from 0 to 1 if all of them lie there, else
    from the least to the greatest; of several channels the highest is shown. Keypoints are dots, hollow where v is 0;
    with a scale they have a ring of that radius, with an angle a hand. A label of the whole picture, an integer or a
    text, stands in its corner. A class has one colour in every picture. Other views and rows are not shown.

    >>> import numpy as np
    >>> from variegate.targets import Boxes, PerInstance
    >>> sample = {"image": np.zeros((60, 80, 3), np.uint8), "boxes": [[10, 10, 50, 40]], "labels": [1]}
    >>> draw(sample, {"boxes": Boxes(), "labels": PerInstance()}, classes=["cat", "dog"]).size
    (640, 480)

    Raises  InputError if a field is not what was declared, or the picture is none that can be seen: normalised, and by
            no pipeline that is known here.
    """
    if not isinstance(sample, Mapping):
        if not (is_pil(sample) or isinstance(plain(sample), np.ndarray)):
            raise InputError(
                f'draw takes a picture, or a sample, a dict such as {{"image": ..., "boxes": ...}}; got '
                f"{type(sample).__name__}. Several are drawn by sheet, which takes batches, lists, sources and loaders"
            )
        sample = {on: sample}
    white = checked_white(white, "draw: white")
    if on in sample:
        _check_single(plain(sample[on]), on)
        sample = {**sample, on: undone(sample[on], targets if isinstance(targets, Compose) and on == "image" else None)}
    known = targets.known.back if isinstance(targets, Compose) else Targets.of(targets)
    if by not in ("class", "instance"):
        raise InputError(f"by of draw is 'class' or 'instance', got {by!r}")
    floats = getattr(getattr(sample.get(on), "dtype", None), "kind", "") == "f"
    shown = _white_of(targets, known, on, floats) if white == "dtype" else white
    return _drawn(sample, known, names_of(classes), width, by == "instance", background, on, shown)


def _check_single(picture: Any, on: str) -> None:
    if isinstance(picture, list) or getattr(picture, "ndim", 0) == 4:
        got = f"a list of {len(picture)}" if isinstance(picture, list) else f"{picture.shape}"
        raise InputError(f"draw takes one sample, and {on} is a batch, {got}: sheet(augment, batch) draws all of it")


def _white_of(targets: Any, known: Targets, on: str, floats: bool) -> White:
    """Which number of a picture is white, as far as the pipeline and its targets say; floats of no colour have none."""
    view = known[on].picture if on in known else None
    if on != "image" and view is not None:
        return None if floats and not view.colour and view.white == "dtype" else view.white
    if isinstance(targets, Compose) and (targets.white is None or not targets.compiler.cutter.output):
        return targets.white
    return "dtype"


def _drawn(
    sample: Mapping[str, Any],
    targets: Targets,
    names: Mapping[int, str],
    width: int | None,
    by_instance: bool,
    background: int | None,
    on: str,
    white: White,
) -> Image.Image:
    """The same, of arguments that are checked. Pillow is loaded here, since `import variegate` is light."""
    from variegate.draw.canvas import Canvas
    from variegate.draw.layers import Layers
    from variegate.draw.legend import Legend
    from variegate.draw.picture import displayed, drawn_size

    if on not in sample or on not in targets or not targets[on].picture:
        raise InputError(f"on of draw names a picture of the sample, an Image(); got {on!r}, of {sorted(sample)}")
    picture = displayed(sample[on], on, white)
    fields = {name: plain(value) for name, value in sample.items() if name != "image"}
    fields = {name: value for name, value in fields.items() if not _is_row(targets, name, value)}
    leaves = targets.read(fields, (picture.height, picture.width), doubt=False)
    legend = Legend(names, by_instance, targets, leaves)
    canvas = Canvas(picture, drawn_size(picture.size, width))
    return Layers(canvas, targets, leaves, legend, background).paint()


def _is_row(targets: Targets, name: str, value: Any) -> bool:
    """Whether a field is a label as loaders make it that are asked for one_hot, or mix: a row of floats, undeclared."""
    unsaid = name in targets and targets[name].undeclared
    return unsaid and isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind == "f"


def names_of(classes: ClassNames) -> dict[int, str]:
    """The name of each class that has one.

    Raises  InputError if they are no names.
    """
    if isinstance(classes, Mapping):
        named = dict(classes)
    elif isinstance(classes, str) or not isinstance(classes, Sequence):
        raise InputError(f"classes of draw is a list of names, or a dict from class to name; got {classes!r}")
    else:
        named = dict(enumerate(classes))
    for number, name in named.items():
        if not hasattr(number, "__index__") or not isinstance(name, str):
            raise InputError(f"classes of draw are names, texts, of integers; got {name!r} of {number!r}")
    return {int(number): name for number, name in named.items()}
