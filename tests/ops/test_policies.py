"""Policy: each op of torchvision's lists, at each level and sign, makes what Pillow does at torchvision's magnitude.

torchvision calls these functions of Pillow's for PIL images. Held against its release 0.28 itself, tensors too, where
it is installed: bench/policies.py.
"""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps
from tests.catalogue import EXAMPLES

import variegate as vg
from variegate import FieldError, InputError, testing
from variegate.ops.combine import Chain
from variegate.ops.macro import Macro
from variegate.ops.policies import CHOSEN, OPS, USUAL, WIDE, EdgeShear, Making, WholeTranslate, fixed

HEIGHT, WIDTH = 60, 90
LISTS = {"usual, 31": (USUAL, 31), "usual, 10": (USUAL, 10), "wide, 31": (WIDE, 31)}
NEAREST = Image.Resampling.NEAREST


def scene():
    """Waves with noise on them, from 20 to 235."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    waves = [np.sin(x / 9) * np.cos(y / 13), np.cos((x + y) / 17), x / 45 + y / 150 - 1.2]
    noise = np.random.default_rng(0).normal(0, 6, (HEIGHT, WIDTH, 3))
    return np.clip(127 + 90 * np.stack(waves, axis=2) + noise, 20, 235).astype(np.uint8)


IMAGE = scene()


def magnitudes(name, reach, bins):
    """torchvision's, for each bin, written down from its documentation: float32 where it makes a range."""
    usual = reach is USUAL
    most = {
        **dict.fromkeys(("ShearX", "ShearY"), 0.3 if usual else 0.99),
        "TranslateX": 150 / 331 * WIDTH if usual else 32,
        "TranslateY": 150 / 331 * HEIGHT if usual else 32,
        "Rotate": 30 if usual else 135,
        **dict.fromkeys(("Brightness", "Color", "Contrast", "Sharpness"), 0.9 if usual else 0.99),
    }
    if name == "Posterize":
        return np.rint(8 - np.arange(bins) / ((bins - 1) / (4 if usual else 6)))
    if name == "Solarize":
        return np.linspace(1, 0, bins)
    return np.linspace(0, most.get(name, 0), bins)


def slanted(image, x, y):
    return image.transform(image.size, Image.Transform.AFFINE, (1, x, 0, y, 1, 0), NEAREST)


def shifted(image, x, y):
    return image.transform(image.size, Image.Transform.AFFINE, (1, 0, -int(x), 0, 1, -int(y)), NEAREST)


PILLOW = {
    "Identity": lambda image, m: image,
    "ShearX": lambda image, m: slanted(image, m, 0),
    "ShearY": lambda image, m: slanted(image, 0, m),
    "TranslateX": lambda image, m: shifted(image, m + 1e-6 * np.sign(m), 0),
    "TranslateY": lambda image, m: shifted(image, 0, m + 1e-6 * np.sign(m)),
    "Rotate": lambda image, m: image.rotate(m, NEAREST),
    "Brightness": lambda image, m: ImageEnhance.Brightness(image).enhance(1 + m),
    "Color": lambda image, m: ImageEnhance.Color(image).enhance(1 + m),
    "Contrast": lambda image, m: ImageEnhance.Contrast(image).enhance(1 + m),
    "Sharpness": lambda image, m: ImageEnhance.Sharpness(image).enhance(1 + m),
    "Posterize": lambda image, m: ImageOps.posterize(image, int(m)),
    "Solarize": lambda image, m: ImageOps.solarize(image, int(np.ceil(255 * m - 1e-6))),
    "AutoContrast": lambda image, m: ImageOps.autocontrast(image),
    "Equalize": lambda image, m: ImageOps.equalize(image),
    "Invert": lambda image, m: ImageOps.invert(image),
}
MOVING = "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"
EXACT = "Identity", "TranslateX", "TranslateY", "Posterize", "Solarize", "AutoContrast", "Equalize", "Invert"
UNSIGNED = "Identity", "Posterize", "Solarize", "AutoContrast", "Equalize", "Invert"


def with_sign(level, sign):
    """A level whose sign is given."""

    def value(through, signed=False, about=0.0):
        number = float(through(np.array(level)))
        return about + sign * (number - about) if signed else number

    return value


def sure(name, magnitude):
    """Where a pixel is read well within one pixel of the picture, and not from the line between two."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    if name == "ShearX":
        x = x + magnitude * y
    elif name == "ShearY":
        y = y + magnitude * x
    elif name == "Rotate":
        cos, sin = np.cos(np.radians(magnitude)), np.sin(np.radians(magnitude))
        right, down = x - WIDTH / 2, y - HEIGHT / 2
        x, y = WIDTH / 2 + cos * right - sin * down, HEIGHT / 2 + sin * right + cos * down
    else:
        return np.ones((HEIGHT, WIDTH), bool)
    return (np.abs(x - np.rint(x)) > 2e-3) & (np.abs(y - np.rint(y)) > 2e-3)


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize(("reach", "bins"), LISTS.values(), ids=list(LISTS))
def test_each_op_at_each_level_is_torchvision_s(name, reach, bins):
    look = {"interpolation": "nearest", "border": "constant", "fill": 0}
    for k, magnitude in enumerate(magnitudes(name, reach, bins)):
        for sign in (1,) if name in UNSIGNED else (1, -1):
            op = OPS[name](Making(reach, with_sign(k / (bins - 1), sign), look))
            got = vg.Compose([op])(IMAGE, key=vg.Key()).astype(int)
            expected = np.asarray(PILLOW[name](Image.fromarray(IMAGE), sign * magnitude))
            off = np.abs(got - expected)[sure(name, sign * magnitude)]
            # Pillow rounds down where we round, or rounds in between: a level.
            assert off.max() <= (0 if name in (*EXACT, *MOVING) else 1), (name, k, sign)


@pytest.mark.parametrize("name", [name for name in OPS if name not in UNSIGNED])
def test_a_sign_turns_an_op_about_what_changes_nothing(name):
    op = OPS[name](Making(USUAL, fixed(1), {}))
    (value,) = (each for each in op.drawn().values() if not isinstance(each, vg.Constant))
    low, high = value.values
    neutral = 1 if name not in MOVING else 0
    assert low < neutral < high and low + high == 2 * neutral
    none = OPS[name](Making(USUAL, fixed(0), {}))
    assert vg.Compose([none])(IMAGE, key=vg.Key()).tobytes() == IMAGE.tobytes()


def test_the_list_is_torchvision_s():
    assert CHOSEN == (
        "Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color", "Contrast",
        "Sharpness", "Posterize", "Solarize", "AutoContrast", "Equalize",
    )  # fmt: skip


def test_posterize_s_bits_are_those_that_torchvision_tells():
    for reach, bins, told in (
        (USUAL, 31, "8888777777776666666555555554444"),
        (WIDE, 31, "8887777766666555554444433333222"),
        (USUAL, 10, "8877665544"),
    ):
        bits = [
            OPS["Posterize"](Making(reach, fixed(k / (bins - 1)), {})).drawn()["bits"].bounds() for k in range(bins)
        ]
        assert bits == [(int(each), int(each)) for each in told]


def test_the_top_left_corner_rests_when_an_edge_shears():
    points = vg.Compose([EdgeShear(x=0.1)], targets={"points": vg.Keypoints(group=None)})
    moved = points(image=IMAGE, points=[[50, 20], [0, 0]], key=vg.Key())["points"]
    assert np.allclose(moved, [[48, 20], [0, 0]], atol=1e-5)
    up = vg.Compose([EdgeShear(y=0.1)], targets={"points": vg.Keypoints(group=None)})
    assert np.allclose(up(image=IMAGE, points=[[50, 20]], key=vg.Key())["points"], [[50, 15]], atol=1e-5)


def test_a_shift_drops_what_is_less_than_a_pixel():
    for x, unit, expected in (
        (7.99, "pixels", 7),
        (-7.99, "pixels", -7),
        (9 - 1e-12, "pixels", 9),
        (0.1, "side", 9),
        (-0.109, "side", -9),
    ):
        moved = vg.Compose([WholeTranslate(x=x, unit=unit)])(IMAGE, key=vg.Key())
        column = 40
        assert np.array_equal(moved[:, column], IMAGE[:, column - expected]), (x, unit)


@pytest.mark.parametrize(
    "op", [EdgeShear((-0.3, 0.3), (-0.3, 0.3)), WholeTranslate((-0.3, 0.3), (-0.2, 0.2))], ids=repr
)
def test_the_lists_own_ops_keep_the_library_s_promises(op):
    testing.assert_lowering_is_sound(op)
    testing.assert_draws_are_keyed(op)
    testing.assert_fused_equals_reference([op, vg.Rotate(20)])
    testing.assert_points_move_as_pixels(op)
    testing.assert_targets_stay_in_step(op)


class Wobble(Macro):
    """A user's own, which has no fill, of ops of which one is about colours."""

    def expand(self):
        return Chain([vg.Rotate(9, fill=(1, 2)), vg.Compose([vg.Hue(9)], p=0.01)])


POLICIES = [
    vg.RandAugment,
    vg.TrivialAugmentWide,
    vg.AutoAugment,
    vg.AugMix,
    lambda **how: vg.policy("rand-m9", **how),
    lambda **how: vg.policy("augmix", **how),
    lambda **how: vg.policy("original", **how),
    lambda **how: vg.policy("3a", **how),
]


@pytest.mark.parametrize("make", [*POLICIES, vg.ThreeAugment])
@pytest.mark.parametrize("around", [lambda op: op, lambda op: vg.OneOf([op, vg.Invert()])])
@pytest.mark.parametrize("channels", [2, 4])
def test_what_chance_might_refuse_is_always_refused_by_the_policy_s_name(make, around, channels):
    policy = make(name="mine")
    picture = np.zeros((9, 9, channels), np.uint8)
    for key in range(6):
        with pytest.raises(InputError, match=f"^mine takes pictures of 1 or 3 channels, got {channels}: ops that"):
            vg.Compose([around(policy)])(picture, key=key)
    for channels in (1, 3):
        assert vg.Compose([around(policy)])(picture[..., :1].repeat(channels, 2), key=3).shape == (9, 9, channels)
    with pytest.raises(FieldError, match=r"^mine must know what white is, and white=None says"):
        vg.Compose([around(policy)], white=None)


@pytest.mark.parametrize("make", POLICIES[:-1])
@pytest.mark.parametrize(("fill", "told"), [((1, 2), "has 2 numbers, but"), (300, "is 300, and a picture of uint8")])
def test_a_fill_is_the_policy_s(make, fill, told):
    for key in range(4):
        with pytest.raises(InputError, match=f"^{make().label}.fill {told}"):
            vg.Compose([make(fill=fill)])(np.zeros((9, 9, 3), np.uint8), key=key)


def test_a_macro_answers_for_what_it_was_given_alone():
    with pytest.raises(InputError, match=r"^Rotate.fill has 2 numbers, but the picture has 3"):
        vg.Compose([Wobble()])(np.zeros((9, 9, 3), np.uint8))
    with pytest.raises(InputError, match=r"^Wobble takes pictures of 1 or 3 channels, got 2: "):
        vg.Compose([Wobble()])(np.zeros((9, 9, 2), np.uint8))


@pytest.mark.parametrize("op", [op for op in EXAMPLES.values() if op.takes()], ids=repr)
def test_an_op_takes_what_it_says(op):
    for channels in range(1, 6):
        augment, picture = vg.Compose([op]), np.full((40, 40, channels), 90, np.uint8)
        if channels in op.takes():
            assert augment(picture, key=1).shape == picture.shape
        else:
            with pytest.raises(InputError, match=" takes pictures of "):
                augment(picture, key=1)


@pytest.mark.parametrize("op", [op for op in EXAMPLES.values() if not op.takes() and not op.looks], ids=repr)
def test_an_op_that_names_no_number_refuses_none_for_its_colours(op):
    if isinstance(op.expand(), type(op)):  # a policy is told of above
        try:
            vg.Compose([op])(np.full((400, 400, 2), 90, np.uint8), key=1)
        except InputError as problem:
            assert "takes pictures of 1 or 3" not in str(problem) and "red, green and blue" not in str(problem)
