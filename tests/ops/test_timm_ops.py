"""timm's ops: what each level means, as timm 1.0.31 was measured; and picks without repetition."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import variegate as vg
from variegate import testing
from variegate.dist import Constant
from variegate.ops.timm_ops import INCREASING, MIXED, OPS, PLAIN, THREE, WEIGHTED, AnySolarize, Picks, Slot

# By op, what timm makes of the levels 0 to 10: shown as the op's number, without a sign.
LEVELS = {
    "Rotate": "0 3 6 9 12 15 18 21 24 27 30",
    "Posterize": "1 1 1 1 1 2 2 2 3 3 4",  # of 0 bits 1 is kept
    "PosterizeIncreasing": "4 4 4 3 3 2 2 2 1 1 1",
    "PosterizeOriginal": "4 4 4 5 5 6 6 6 7 7 8",
    "Solarize": "0 25 51 76 102 128 153 179 204 230 256",
    "SolarizeIncreasing": "256 231 205 180 154 128 103 77 52 26 0",
    "SolarizeAdd": "0 11 22 33 44 55 66 77 88 99 110",
    **dict.fromkeys(("Color", "Contrast", "Brightness", "Sharpness"), ".1 .28 .46 .64 .82 1 1.18 1.36 1.54 1.72 1.9"),
    **dict.fromkeys(
        ("ColorIncreasing", "ContrastIncreasing", "BrightnessIncreasing", "SharpnessIncreasing"),
        "1 1.09 1.18 1.27 1.36 1.45 1.54 1.63 1.72 1.81 1.9",
    ),
    **dict.fromkeys(("ShearX", "ShearY"), "0 .03 .06 .09 .12 .15 .18 .21 .24 .27 .3"),
    **dict.fromkeys(("TranslateXRel", "TranslateYRel"), "0 .045 .09 .135 .18 .225 .27 .315 .36 .405 .45"),
    "Desaturate": ".5 .45 .4 .35 .3 .25 .2 .15 .1 .05 0",
    "GaussianBlur": ".1 .29 .48 .67 .86 1.05 1.24 1.43 1.62 1.81 2",
}
BEYOND = {  # the same of level 20, as mmax lets it come to
    "Rotate": 60, "Posterize": 8, "PosterizeIncreasing": 1, "PosterizeOriginal": 8, "Solarize": 256,
    "SolarizeIncreasing": 0, "SolarizeAdd": 128, "Color": 3.7, "ColorIncreasing": 2.8, "ShearX": 0.6,
    "TranslateXRel": 0.9, "Desaturate": 0, "GaussianBlur": 2,
}  # fmt: skip
PER_WHITE = "Solarize", "SolarizeIncreasing", "SolarizeAdd"


FIELDS = {
    "Rotate": "angle", "Posterize": "bits", "Solarize": "threshold", "SolarizeAdd": "addition", "ShearX": "x",
    "ShearY": "y", "TranslateXRel": "x", "TranslateYRel": "y", "GaussianBlur": "sigma",
}  # fmt: skip


def numbers(name, level, most=10.0):
    """What an op of a slot draws: (many,)."""
    found = columns(Slot(Constant(level), (name,), most, name="slot"))
    (path,) = (path for path in found if path.startswith("slot/"))
    family = name.removesuffix("Increasing").removesuffix("Original")
    return found[path][FIELDS.get(family, "factor")] * (255 if name in PER_WHITE else 1)


def columns(op):
    return vg.Compose([op]).compiler.drawing.columns(vg.Keys.at(1, 0, np.arange(200)))


@pytest.mark.parametrize("name", LEVELS)
def test_what_a_level_means(name):
    for level, told in enumerate(map(float, LEVELS[name].split())):
        found = numbers(name, level)
        neutral = 1 if name.endswith("Increasing") and name[:4] in ("Colo", "Cont", "Brig", "Shar") else 0
        assert np.allclose(np.abs(found - neutral), abs(told - neutral), atol=1e-9), (level, found[:5])
        signed = neutral or name in ("Rotate", "ShearX", "ShearY", "TranslateXRel", "TranslateYRel")
        assert len(set(found.tolist())) == (2 if signed and told != neutral else 1)


@pytest.mark.parametrize("name", BEYOND)
def test_what_a_level_beyond_10_means(name):
    found = numbers(name, 20, most=20)
    assert np.isclose(found.max(), BEYOND[name])
    assert np.allclose(numbers(name, 20), numbers(name, 10)), "without mmax it is clipped to 10"
    if name == "ColorIncreasing":
        assert np.isclose(found.min(), 0.1), "the floor"


def test_every_op_is_tried():
    assert set(OPS) == {*LEVELS, "AutoContrast", "Equalize", "Invert", "GaussianBlurRand"}
    assert {*PLAIN, *INCREASING, *MIXED, *THREE, *WEIGHTED["weights"], *WEIGHTED["3aw"]} <= set(OPS)
    assert (len(PLAIN), len(INCREASING), len(MIXED), len(WEIGHTED["weights"]), len(WEIGHTED["3aw"])) == (
        15,
        15,
        13,
        15,
        14,
    )


def test_a_threshold_above_white_inverts_nothing():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    assert np.array_equal(vg.Compose([AnySolarize(256 / 255)])(levels), levels)
    assert vg.Compose([AnySolarize(1)])(levels).max() == 254
    for threshold in range(256):
        made = vg.Compose([AnySolarize(threshold / 255)])(levels).ravel()
        assert np.array_equal(made, [255 - v if v >= threshold else v for v in range(256)])
    testing.assert_lowering_is_sound(AnySolarize((0, 1.1)))


def test_picks_follow_the_weights_of_those_that_are_left():
    weights, many = (3.0, 2.0, 1.0, 0.5), 40_000
    picks = Picks(weights, 3)
    drawn = picks.at(np.random.default_rng(1).random((3, many)))
    low, high = picks.bounds()
    assert low <= drawn.min() and drawn.max() <= high
    places = np.stack([picks.place(k)(drawn) for k in range(3)]).astype(int)
    for order in itertools.permutations(range(4), 3):
        expected, left = 1.0, sum(weights)
        for each in order:
            expected *= weights[each] / left
            left -= weights[each]
        share = (places == np.array(order)[:, None]).all(axis=0).mean()
        assert abs(share - expected) < 5 * np.sqrt(expected / many), order
    assert (np.sort(places, axis=0)[1:] > np.sort(places, axis=0)[:-1]).all()


def test_picks_at_the_ends_of_the_numbers():
    picks = Picks((1.0, 0.25, 0.05), 3)
    for u in (0.0, np.nextafter(1, 0)):
        number = picks.at(np.full((3, 1), u))
        assert sorted(float(picks.place(k)(number)[0]) for k in range(3)) == [0, 1, 2]
