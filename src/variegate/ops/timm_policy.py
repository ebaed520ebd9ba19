"""policy: timm's policies, by the texts of its recipes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from variegate.dist import Constant, Distribution, Normal, Uniform
from variegate.errors import FieldError
from variegate.ops.aug_mix import mixed
from variegate.ops.auto_augment import FOUND
from variegate.ops.base import Op
from variegate.ops.combine import Chain, OneOf
from variegate.ops.fields import declare, ruled
from variegate.ops.policies import Policy
from variegate.ops.rule import Rule
from variegate.ops.timm_ops import INCREASING, MIXED, PLAIN, THREE, WEIGHTED, Picks, Slot, anyone
from variegate.ops.timm_text import KINDS, PolicyText, read

# Pairs of op, probability and level, each pair as likely.
V0 = """
    Equalize .8 1 + ShearY .8 4; Color .4 9 + Equalize .6 3; Color .4 1 + Rotate .6 8; Solarize .8 3 + Equalize .4 7;
    Solarize .4 2 + Solarize .6 2; Color .2 0 + Equalize .8 8; Equalize .4 8 + SolarizeAdd .8 3;
    ShearX .2 9 + Rotate .6 8; Color .6 1 + Equalize 1 2; Invert .4 9 + Rotate .6 0; Equalize 1 9 + ShearY .6 3;
    Color .4 7 + Equalize .6 0; Posterize .4 6 + AutoContrast .4 7; Solarize .6 8 + Color .6 9;
    Solarize .2 4 + Rotate .8 9; Rotate 1 7 + TranslateYRel .8 9; ShearX 0 0 + Solarize .8 4; ShearY .8 0 + Color .6 4;
    Color 1 0 + Rotate .6 2; Equalize .8 4 + Equalize 0 8; Equalize 1 4 + AutoContrast .6 2;
    ShearY .4 7 + SolarizeAdd .6 7; Posterize .8 2 + Solarize .6 10; Solarize .6 8 + Equalize .6 1;
    Color .8 6 + Rotate .4 5"""
PAIRS: Mapping[str, str] = {
    "original": FOUND["imagenet"].replace("Posterize", "PosterizeOriginal"),
    "originalr": FOUND["imagenet"].replace("Posterize", "PosterizeIncreasing"),
    "v0": V0,
    "v0r": V0.replace("Posterize", "PosterizeIncreasing"),
    "3a": "Solarize 1 5; Desaturate 1 10; GaussianBlurRand 1 10",
}


@dataclass(frozen=True)
class Written(Rule):
    """A policy's text."""

    def parse(self, value: Any, owner: str, op: Any) -> str:
        if not isinstance(value, str):
            raise FieldError(f'{owner} is a text such as "rand-m9-mstd0.5-inc1", got {value!r}')
        read(value, owner)
        return value

    def good(self, op: Any) -> Iterator[Any]:
        yield from (*KINDS, "rand-m9-mstd0.5-inc1", "rand-n4-m7-mmax10-p1-tweights")

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        yield from (3, "", "rand-", "rand-x3", "rand-m", "Rand", "v0-m3")


@declare
class policy(Policy):  # noqa: N801  as one writes it
    """timm's policies by the texts of its recipes, with its ops, levels and chances.

    text     "rand", and after dashes, in any order: m9, the magnitude of 0 to 10 (10 if it is not said); n2, how many
             ops; p0.5, the chance of each; mstd0.5, the magnitude's standard deviation, drawn for each op, above 100 or
             inf for any from 0 to m; mmax10, to which it is clipped; inc1, ops that do more at higher levels;
             tweights, t3a, t3aw, other lists. Or "augmix", and m3, w3 for how many chains, d2 for how many ops each has
             (1 to 3, drawn, if it is not said), a1 as `AugMix` has alpha, mstd (any from 0 to m); b1 is the same here.
             Or what a search has found, "original", "originalr", "v0", "v0r", and "3a", each with an mstd if you like
    targets  image of 1 or 3 channels, mask, boxes, keypoints, polygons        effect  of several kinds; a macro

    Labels stay under "augmix", as under `AugMix`. timm fills with grey, fill=(124, 116, 104) by create_transform, and
    draws between bilinear and bicubic; here fill is black by default, and interpolation the pipeline's. Where timm
    itself fails: of 0 bits, which Pillow 13 refuses, 1 is kept; mstdinf, which it passes over behind "rand", means what
    it says; the blur of "3a" has no mstd. Source: timm 1.0.31, `timm.data.auto_augment`, by its behaviour; what a level
    means is in docs/policies.md.

    >>> from variegate import Compose, Key
    >>> augment = Compose([policy("rand-m9-mstd0.5-inc1")])
    >>> [path for path, each in augment.params(Key(3)).items() if each["applied"]]
    ['policy/Slot/Invert', 'policy/Slot#2/Shear#2']
    >>> policy("rand-m9-mst0.5")
    Traceback (most recent call last):
        ...
    variegate.errors.FieldError: policy.text: m takes a number of 0 or more, such as m9; did you mean mstd? got 'mst0.5'
        rand-m9-mst0.5
                ^^^^^^

    Raises  FieldError that shows where the text says what no policy has; InputError on 2 or more than 3 channels.
    """

    text: str = ruled(by=Written())

    def expand(self) -> Op:
        said = read(self.text, "policy.text")
        if said.kind == "rand":
            return Chain(list(self._slots(said)))
        if said.kind == "augmix":
            return self._mixed(said.values)
        return OneOf([Chain(list(self._pair(pair, said.values["mstd"]))) for pair in PAIRS[said.kind].split(";")])

    def check(self) -> None:
        picks = _picks(read(self.text, "policy.text"))
        if picks is not None and picks.count > len(picks.weights):
            raise FieldError(
                f"{self.label}.text asks for {picks.count} different ops out of {len(picks.weights)}: {self.text!r}"
            )

    def drawn(self) -> dict[str, Distribution]:
        picks = _picks(read(self.text, "policy.text"))
        return {} if picks is None else {"picks": picks}

    def _slots(self, said: PolicyText) -> Iterator[Op]:
        values, picks = said.values, _picks(said)
        names = _names(values)
        level = _level(values["m"], values["mstd"])
        for k in range(values["n"]):
            place = anyone(names) if picks is None else self.share("picks", picks.place(k))
            yield Slot(level, names, values["mmax"], self.look(), place, p=values["p"])

    def _mixed(self, values: Mapping[str, Any]) -> Op:
        level, look, place = _level(values["m"], values["mstd"]), self.look(), anyone(MIXED)
        return mixed(lambda: Slot(level, MIXED, look=look, place=place), values["w"], values["d"], values["a"])

    def _pair(self, pair: str, spread: float) -> Iterator[Op]:
        for text in pair.split("+"):
            name, p, *level = text.split()
            if float(p):
                yield Slot(_level(float(level[0]) if level else 0, spread), (name,), look=self.look(), p=float(p))


def _names(values: Mapping[str, Any]) -> tuple[str, ...]:
    """The list out of which "rand" picks."""
    if values["t"] in WEIGHTED:
        return tuple(WEIGHTED[values["t"]])
    return THREE if values["t"] == "3a" else INCREASING if values["inc"] == "1" else PLAIN


def _picks(said: PolicyText) -> Picks | None:
    """What is picked from a list with weights; None: there are none, or nothing is picked."""
    weights = WEIGHTED.get(said.values.get("t", ""))
    count = said.values.get("n", 0)
    return Picks(tuple(weights.values()), count) if weights and count else None


def _level(magnitude: float, spread: float) -> Distribution:
    if spread == float("inf"):
        return Uniform(0, magnitude)
    return Normal(magnitude, spread) if spread else Constant(magnitude)
