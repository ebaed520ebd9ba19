"""What ops and targets of one's own are made of; docs/extend.md has an example of each kind.

`variegate.testing` tries ops.

Op       the base class, under `@declare`. Of those that move pixels: GeometricOp; Resampling, which has `interpolation`
         and `antialias`; Bordered, which also has `border` and `fill`. Of those made of others, which Chain, OneOf and
         SomeOf hold: Macro
fields   what a field takes, in one line: drawn, bits, option, flag, pixels, extent, count, number, channels,
         span, wholes, probability, checked; with the annotations Drawn, Bits, Border, Fill, Interpolation, SizeLike
lower    its arguments are Draws, Ints and a LoweringContext; it returns an Effect, of `effects`, or a tuple of them.
         Most arrays are Floats. boxes_of and masks_of (each a VisibleMask) are what an op that `looks` at labels finds
         in the context, and instances_of (VisibleInstances); one_or_three says whether pictures have colour
coords   maps as matrices, and the centres of pictures
exact    sincos (of degrees), atan2, exp, log and power with the same bits on every CPU, which NumPy has not
words, uniforms, normals
         any number of random numbers by position, out of a `Bits` draw; in Python and in functions that Numba
         compiles. Asking for one of them imports Numba
Target   the base class of what a field of a sample is, and its `read` and `write`. Grouped: it has a row for each
         instance; Shaped: these have a shape, and the filters min_area, min_visible and min_side
move     registers how a target's values go through a sample's map, a PointMap, and what is left of each instance, its
         Visibility
"""

from __future__ import annotations

from typing import Any

from variegate import coords, exact
from variegate.dist import Bits, Drawn
from variegate.labels.move import move
from variegate.labels.point_map import PointMap
from variegate.labels.visibility import Visibility
from variegate.ops import effect as effects
from variegate.ops.base import (
    Draws,
    LoweringContext,
    Op,
    VisibleInstances,
    VisibleMask,
    boxes_of,
    instances_of,
    masks_of,
    one_or_three,
)
from variegate.ops.combine import Chain, OneOf, SomeOf
from variegate.ops.effect import Effect, Floats, Ints
from variegate.ops.fields import (
    bits,
    channels,
    checked,
    count,
    declare,
    drawn,
    extent,
    flag,
    number,
    option,
    pixels,
    probability,
    span,
    wholes,
)
from variegate.ops.geometric import Bordered, Fill, GeometricOp, Resampling, SizeLike
from variegate.ops.macro import Macro
from variegate.sampling import Border, Interpolation
from variegate.targets.base import Grouped, Shaped, Target

COMPILED = ("words", "uniforms", "normals")

__all__ = [
    "Bits",
    "Border",
    "Bordered",
    "Chain",
    "Drawn",
    "Draws",
    "Effect",
    "Fill",
    "Floats",
    "GeometricOp",
    "Grouped",
    "Interpolation",
    "Ints",
    "LoweringContext",
    "Macro",
    "OneOf",
    "Op",
    "PointMap",
    "Resampling",
    "Shaped",
    "SizeLike",
    "SomeOf",
    "Target",
    "Visibility",
    "VisibleInstances",
    "VisibleMask",
    "bits",
    "boxes_of",
    "channels",
    "checked",
    "coords",
    "count",
    "declare",
    "drawn",
    "effects",
    "exact",
    "extent",
    "flag",
    "instances_of",
    "masks_of",
    "move",
    "number",
    "one_or_three",
    "option",
    "pixels",
    "probability",
    "span",
    "wholes",
    *COMPILED,
]


def __getattr__(name: str) -> Any:
    if name in COMPILED:
        from variegate.kernels import bits as made

        return getattr(made, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
