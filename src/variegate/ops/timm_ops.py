"""timm's ops by the names in its policies, each at a level of 0 to 10; and a slot, which picks one of a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from variegate.dist import Choice, Constant, Distribution, Drawn
from variegate.ops.auto_contrast import AutoContrast
from variegate.ops.base import Children, Op, When
from variegate.ops.blur import GaussianBlur
from variegate.ops.brightness import Brightness
from variegate.ops.combine import Combinator
from variegate.ops.contrast import Contrast
from variegate.ops.effect import Floats
from variegate.ops.equalize import Equalize
from variegate.ops.fields import declare, drawn
from variegate.ops.invert import Invert
from variegate.ops.macro import Macro
from variegate.ops.policies import EdgeShear, Level, drawn_level
from variegate.ops.posterize import Posterize
from variegate.ops.rotate import Rotate
from variegate.ops.saturation import Saturation
from variegate.ops.sharpness import Sharpness
from variegate.ops.solarize import Solarize
from variegate.ops.solarize_add import SolarizeAdd
from variegate.ops.translate import Translate

UNIT = 10  # the level at which an op is as strong as it is meant to be
Look = dict[str, Any]
Make = Callable[[Level, Look], Op]


def _kept(bits: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
    """Of a number of bits to keep, 1 at least: timm asks Pillow for 0, which refuses."""
    return lambda u: np.clip(bits(u), 1, 8)


def _factor(kind: Callable[[Drawn], Op], increasing: bool) -> Make:
    """An op whose factor 1 changes nothing: from 0.1 to 1.9; or as far from 1 to either side, with a sign."""
    if increasing:
        return lambda level, look: kind(level(lambda u: 1 + 0.9 * u, signed=True, about=1, least=0.1))
    return lambda level, look: kind(level(lambda u: 0.1 + 1.8 * u))


def _blur(sigma: Drawn) -> Op:
    return GaussianBlur(sigma, "edge")


@declare
class AnySolarize(Solarize):
    """`Solarize` whose threshold may be above white: then nothing is inverted."""

    threshold: Drawn = drawn(default=0.5, least=0, most=2)

    @property
    def default_name(self) -> str:
        return "Solarize"


FACTORS: Mapping[str, Callable[[Drawn], Op]] = {
    "Color": Saturation,
    "Contrast": Contrast,
    "Brightness": Brightness,
    "Sharpness": Sharpness,
}
# u is the level in units of 10. Shift, slant and angle have a sign; what is a whole number in timm is rounded down.
OPS: Mapping[str, Make] = {
    "AutoContrast": lambda level, look: AutoContrast(),
    "Equalize": lambda level, look: Equalize(),
    "Invert": lambda level, look: Invert(),
    "Rotate": lambda level, look: Rotate(level(lambda u: 30 * u, signed=True), **look),
    "Posterize": lambda level, look: Posterize(level(_kept(lambda u: np.floor(4 * u)))),
    "PosterizeIncreasing": lambda level, look: Posterize(level(_kept(lambda u: 4 - np.floor(4 * u)))),
    "PosterizeOriginal": lambda level, look: Posterize(level(_kept(lambda u: 4 + np.floor(4 * u)))),
    "Solarize": lambda level, look: AnySolarize(level(lambda u: np.minimum(np.floor(256 * u), 256) / 255)),
    "SolarizeIncreasing": lambda level, look: AnySolarize(
        level(lambda u: np.maximum(256 - np.floor(256 * u), 0) / 255)
    ),
    "SolarizeAdd": lambda level, look: SolarizeAdd(level(lambda u: np.minimum(np.floor(110 * u), 128) / 255)),
    **{name: _factor(kind, False) for name, kind in FACTORS.items()},
    **{f"{name}Increasing": _factor(kind, True) for name, kind in FACTORS.items()},
    "ShearX": lambda level, look: EdgeShear(x=level(lambda u: 0.3 * u, signed=True), **look),
    "ShearY": lambda level, look: EdgeShear(y=level(lambda u: 0.3 * u, signed=True), **look),
    "TranslateXRel": lambda level, look: Translate(x=level(lambda u: 0.45 * u, signed=True), **look),
    "TranslateYRel": lambda level, look: Translate(y=level(lambda u: 0.45 * u, signed=True), **look),
    "Desaturate": lambda level, look: Saturation(level(lambda u: np.maximum(0.5 - 0.5 * u, 0))),
    "GaussianBlur": lambda level, look: _blur(level(lambda u: np.minimum(0.1 + 1.9 * u, 2))),
    "GaussianBlurRand": lambda level, look: _blur((0.1, 2)),  # the level, 10 in its only policy, is its far end
}

PLAIN = (
    "AutoContrast", "Equalize", "Invert", "Rotate", "Posterize", "Solarize", "SolarizeAdd", "Color", "Contrast",
    "Brightness", "Sharpness", "ShearX", "ShearY", "TranslateXRel", "TranslateYRel",
)  # fmt: skip
INCREASING = tuple(f"{name}Increasing" if f"{name}Increasing" in OPS else name for name in PLAIN)
MIXED = (
    "AutoContrast", "ColorIncreasing", "ContrastIncreasing", "BrightnessIncreasing", "SharpnessIncreasing", "Equalize",
    "Rotate", "PosterizeIncreasing", "SolarizeIncreasing", "ShearX", "ShearY", "TranslateXRel", "TranslateYRel",
)  # fmt: skip
# The lists that `t` names, with how likely each op is; those with weights pick no op twice.
WEIGHTED: Mapping[str, Mapping[str, float]] = {
    "weights": {
        **{"Rotate": 3, "ShearX": 2, "ShearY": 2, "TranslateXRel": 1, "TranslateYRel": 1},
        **dict.fromkeys(("ColorIncreasing", "SharpnessIncreasing", "AutoContrast"), 0.25),
        **dict.fromkeys(("SolarizeIncreasing", "SolarizeAdd", "ContrastIncreasing", "BrightnessIncreasing"), 0.05),
        **dict.fromkeys(("Equalize", "PosterizeIncreasing", "Invert"), 0.05),
    },
    "3aw": {
        **dict.fromkeys(("SolarizeIncreasing", "Desaturate", "GaussianBlur"), 6),
        **{"Rotate": 3, "ShearX": 2, "ShearY": 2},
        **dict.fromkeys(("PosterizeIncreasing", "AutoContrast", "ColorIncreasing", "SharpnessIncreasing"), 1),
        **dict.fromkeys(("ContrastIncreasing", "BrightnessIncreasing", "Equalize", "Invert"), 1),
    },
}
THREE = "SolarizeIncreasing", "Desaturate", "GaussianBlur"  # the list `t3a`


@dataclass(frozen=True)
class Picks(Distribution):
    """Several of a list, one after the other and none twice, each as likely as its weight among those left.

    What is drawn is one whole number, which holds the places of all: see `place`.
    """

    weights: tuple[float, ...]
    count: int
    ends_ramp = False

    @property
    def draws(self) -> int:  # type: ignore[override]
        return self.count

    def at(self, u: Floats) -> Floats:
        flat = u.reshape(self.count, -1)
        left = np.repeat(np.array(self.weights, np.float64)[:, None], flat.shape[1], axis=1)
        found, samples = np.zeros(flat.shape[1]), np.arange(flat.shape[1])
        for k in range(self.count):
            edges = np.cumsum(left, axis=0)
            picked = (edges <= flat[k] * edges[-1]).sum(axis=0)
            found += picked * float(len(self.weights) ** k)
            left[picked, samples] = 0
        return found.reshape(u.shape[1:])

    def bounds(self) -> tuple[float, float]:
        return 0.0, float(len(self.weights) ** self.count - 1)

    def place(self, k: int) -> Callable[[Floats], Floats]:
        """What makes the k-th place in the list of the number drawn."""
        size = len(self.weights)
        return lambda number: np.asarray(np.floor(number / float(size**k)) % size)


@declare
class Picked(Combinator):
    """One of the ops, by its place.

    place  a whole number, from 0
    """

    place: Drawn = field(default=0, kw_only=True)

    def children(self) -> Children:
        return [(op, When("place", k, k + 1)) for k, op in enumerate(self.ops)]


@declare
class Slot(Macro):
    """One op out of a list, at a level of its own.

    magnitude  the level
    names      of the list
    most       the level is kept between 0 and this
    look       how the ops that move pixels read and fill
    place      of the op in the list; None: each is as likely
    """

    magnitude: Drawn
    names: Sequence[str] = field(default=PLAIN)
    most: float = field(default=10.0)
    look: Look = field(default_factory=dict)
    place: Drawn = field(default=Constant(0))

    def expand(self) -> Op:
        level = drawn_level(self, "magnitude", UNIT, self.most)
        ops = [OPS[name](level, self.look) for name in self.names]
        return Picked(ops, place=self.share("place")) if len(ops) > 1 else ops[0]


def anyone(names: Sequence[str]) -> Distribution:
    """The place of one of a list, each as likely."""
    return Choice(tuple(range(len(names))))
