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
words, uniforms, normals  any number of random numbers by position, out of a `Bits` draw; in Python and in functions
         that Numba compiles. Asking for one of them imports Numba
Target   the base class of what a field of a sample is, and its `read` and `write`. Grouped: it has a row for each
         instance; Shaped: these have a shape, and the filters min_area, min_visible and min_side
move     registers how a target's values go through a sample's map, a PointMap, and what is left of each instance, its
         Visibility

A field of each kind, and what it makes of values:

>>> from variegate import Compose, Key
>>> @declare
... class Each(Op):
...     angle: Drawn = drawn(default=(0, 9), least=0)  # drawn for each sample
...     seed: Bits = bits()  # 128 random bits a sample, which nobody writes
...     border: Border = option(default="edge")  # one of the words of a Literal
...     reading: Interpolation = option(default="bilinear")
...     soft: bool = flag(default=True)
...     size: SizeLike = pixels(default=32)  # (height, width), or one number for both
...     width: int = extent(default=3)  # whole pixels
...     times: int = count(default=2, most=9)
...     share: float = number(default=0.5, least=0, most=1)
...     colour: Fill = channels(default=0)  # a number, or one a channel
...     ratio: tuple[float, float] = span(default=(0.5, 2), above=0)
...     order: list[int] = wholes(default=(0, 1))
...     chance: float = probability(default=1)
...     text: str = checked(default="a", by=lambda value, owner: value.lower())
>>> Each(angle=(1, 5), size=8, text="B")
Each(angle=Uniform(1, 5), size=(8, 8), text='b')
>>> Each(times=10)
Traceback (most recent call last):
variegate.errors.FieldError: Each.times is a whole number, 0 to 9; got 10

A map that reads between pixels and shows what lies beyond (of bases that do less: Resampling, GeometricOp):

>>> @declare
... class Lean(Bordered):
...     angle: Drawn = drawn(default=(-9, 9))
...     def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Effect:
...         (_, y), (sin, cos) = coords.centre(sizes), exact.sincos(draws["angle"])
...         slope: Floats = sin / cos
...         return effects.Map(coords.affine(1, slope, -slope * y, 0, 1, 0), sizes)
>>> [issubclass(Lean, base) for base in (Resampling, GeometricOp, Op)]
[True, True, True]
>>> Compose([Lean(5)]).params(Key())
{'Lean': {'applied': True, 'angle': 5.0}}

What an op finds that looks at boxes; `masks_of` and `instances_of` are alike, each for a field that it needs:

>>> import numpy as np
>>> sizes = np.array([[40, 60]])
>>> boxes_of(Lean(), sizes, LoweringContext(3, boxes=[np.array([[10.0, 10, 90, 20]])]))
[array([[10., 10., 60., 20.]])]
>>> seen = VisibleMask(np.eye(3, dtype=np.uint8), np.eye(3)), VisibleInstances(np.zeros((2, 40, 60), bool), "cells")
>>> context = LoweringContext(1, masks=seen[:1], instances=seen[1:])
>>> masks_of(Lean(), sizes, context)[0].place(1, 2), len(instances_of(Lean(), sizes, context)[0].masks)
((1.0, 2.0), 2)
>>> one_or_three(Lean(), context)
False

Random numbers by position, of the four words that a `Bits` field is in `lower`:

>>> from variegate.extend import normals, uniforms, words
>>> key = np.arange(4, dtype=np.uint32)
>>> words(key, 0, 6)[4:].tolist() == words(key, 4, 6).tolist()
True
>>> uniforms(key, 0, 1000).mean().round(1), abs(normals(key, 0, 1000).mean()) < 0.1
(np.float32(0.5), np.True_)

A target without rows, which lies on the picture and moves with it (those with a row for each instance are Grouped, or
Shaped, and `move` of these tells the Visibility of each):

>>> class Place(Target):
...     def read(self, value, size, name):
...         return np.array(value, np.float64).reshape(1, 2)
...     def write(self, leaf, size):
...         return leaf[0]
>>> @move.register(Place)
... def _(target: Place, leaf: Floats, point_map: PointMap, around: Visibility | None):
...     return point_map.image(leaf), None
>>> Compose([Lean(45)], targets={"hand": Place()})(image=np.zeros((40, 60), np.uint8), hand=[30, 30])["hand"]
array([20., 30.])
>>> issubclass(Shaped, Grouped) and issubclass(Grouped, Target)
True
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
