"""An op that could not be made says what was probably meant."""

from __future__ import annotations

import dataclasses
import inspect
import re
import warnings

import numpy as np
import pytest
from tests.catalogue import EXAMPLES, MIXING

import variegate as vg
from variegate.errors import FieldError
from variegate.ops import keywords
from variegate.ops.fields import declare

SLIPS = [
    (
        lambda: vg.Resize(224, 224),
        "Resize takes size, and all else by name; got Resize(224, 224). A size is one pair: write Resize((224, 224))",
    ),
    (
        lambda: vg.RandomResizedCrop(224, 192),
        "RandomResizedCrop.scale must be above 0 and at most 1, got Constant(192). "
        "A size is one pair: write RandomResizedCrop((224, 192))",
    ),
    (
        lambda: vg.Resize(height=224, width=192),
        "Resize has no height=, width=. Its fields: size, p, name, interpolation, antialias. "
        "A size is one pair: write size=(224, 192)",
    ),
    (
        lambda: vg.HorizontalFlip(0.5),
        "HorizontalFlip takes nothing but by name; got HorizontalFlip(0.5). "
        "p goes by its name: write HorizontalFlip(p=0.5)",
    ),
    (
        lambda: vg.Rotate((-9, 9), 0.5),
        "Rotate takes angle, and all else by name; got Rotate((-9, 9), 0.5). "
        "p goes by its name: write Rotate((-9, 9), p=0.5)",
    ),
    (
        lambda: vg.Rotate(-30, 30),
        "Rotate takes angle, and all else by name; got Rotate(-30, 30). A range is one pair: write Rotate((-30, 30))",
    ),
    (
        lambda: vg.Rotate(limit=30),
        "Rotate has no limit=; did you mean angle=(-30, 30)? "
        "Its fields: angle, p, name, interpolation, antialias, border, fill, fit, center",
    ),
    (
        lambda: vg.Rotate((-9, 9), border_mode=0),
        "Rotate has no border_mode=; did you mean border=? "
        "Its fields: angle, p, name, interpolation, antialias, border, fill, fit, center",
    ),
    (
        lambda: vg.Rotate((-9, 9), expand=True),
        'Rotate has no expand=; did you mean fit="grow"? '
        "Its fields: angle, p, name, interpolation, antialias, border, fill, fit, center",
    ),
    (
        lambda: vg.Gamma(gamma_limit=(80, 120)),
        "Gamma has no gamma_limit=; did you mean gamma=? Its fields: gamma, gain, p, name",
    ),
    (lambda: vg.Invert(quux=1), "Invert has no quux=. Its fields: p, name"),
    (
        lambda: vg.RandomCrop(32, padding=4),
        "RandomCrop has no padding=. Its fields: size, p, name, border, fill. "
        "A margin is an op of its own: write Pad(4) before it",
    ),
    (
        lambda: vg.Compose(vg.Invert(), vg.Hue(3)),
        "Compose takes ops, and all else by name; got Compose(Invert(), Hue(shift=Constant(3))). "
        "The ops are one list: write Compose([Invert(), Hue(shift=Constant(3))])",
    ),
    (
        lambda: vg.OneOf(vg.Invert(), vg.Equalize()),
        "OneOf.weights is a list of one number an op, got Equalize(). "
        "The ops are one list: write OneOf([Invert(), Equalize()])",
    ),
    (
        lambda: vg.MixUp(mixup_alpha=0.2),
        "MixUp has no mixup_alpha=; did you mean alpha=? Its fields: alpha, p, name, partners, per",
    ),
    (
        lambda: vg.MixUp(lambda_val=(0, 1)),
        "MixUp has no lambda_val=; did you mean alpha=? Its fields: alpha, p, name, partners, per",
    ),
    (
        lambda: vg.CutMix(num_classes=10),
        "CutMix has no num_classes=. Its fields: alpha, p, name, partners, per. How many classes there are is said of "
        'the label: targets={"label": Classes(10)} of Compose',
    ),
    (
        lambda: vg.MixUp(0.2, label_smoothing=0.1),
        "MixUp has no label_smoothing=. Its fields: alpha, p, name, partners, per. Labels are smoothed where they are "
        'declared: targets={"label": Classes(..., smoothing=0.1)} of Compose',
    ),
    (
        lambda: vg.Rotate(limit=30, border_mode=0),
        "Rotate has no limit=, border_mode=; did you mean angle=(-30, 30), border=? "
        "Its fields: angle, p, name, interpolation, antialias, border, fill, fit, center",
    ),
    (
        lambda: vg.RandAugment(num_ops=2),
        "RandAugment has no num_ops=; did you mean n=? "
        "Its fields: n, magnitude, bins, p, name, interpolation, border, fill",
    ),
    (
        lambda: vg.AugMix(3, 3, -1, 1.0),
        "AugMix.depth is a whole number, 1 to 8; got -1. "
        "Where it is -1 elsewhere, leave it out: 1 to 3 ops, drawn for each chain",
    ),
    (
        lambda: vg.Downscale(0.25, 0.5),
        "Downscale.interpolation is one of 'nearest', 'box', 'bilinear'; got 0.5. "
        "A range is one pair: write Downscale((0.25, 0.5))",
    ),
    (
        lambda: vg.Downscale((0.25, 0.5), "cubic"),
        "Downscale.interpolation is one of 'nearest', 'box', 'bilinear'; got 'cubic'",
    ),
    (
        lambda: vg.PadIfNeeded(min_height=512, min_width=256),
        "PadIfNeeded has no min_height=, min_width=. Its fields: size, p, name, interpolation, antialias, border, "
        "fill, multiple, place. A size is one pair: write PadIfNeeded((512, 256))",
    ),
    (
        lambda: vg.Affine(scale={"x": (0.8, 1.2), "y": (1, 2)}),
        "Affine.scale is a number, a range (low, high) or a distribution such as Normal(0, 1), got {'x': (0.8, 1.2), "
        "'y': (1, 2)}. "
        "Sides that differ have fields of their own: write scale_x=(0.8, 1.2), scale_y=(0.8, 1.2)",
    ),
    (
        lambda: vg.RandomCrop(32, pad_if_needed=True),
        "RandomCrop has no pad_if_needed=. Its fields: size, p, name, border, fill. "
        "A margin is an op of its own: write PadIfNeeded(32) before it",
    ),
    (
        lambda: vg.Normalize((0.5,) * 3, (0.5,) * 3, 255.0),
        "Normalize.layout is one of 'HWC', 'CHW'; got 255.0. "
        "The pipeline says which number is white: Compose([...], white=255.0)",
    ),
    (lambda: vg.Normalize(layout="chw"), "Normalize.layout is one of 'HWC', 'CHW'; got 'chw'"),
    (
        lambda: vg.Compose([], seed=137),
        "Compose has no seed=. Its fields: ops, p, name, interpolation, antialias, targets, white. "
        "Nothing is seeded as a whole: a Loader takes seed=137, a call key=Key(seed=137, id=7)",
    ),
    (
        lambda: vg.GaussianBlur(5, sigma=(0.1, 2)),
        "GaussianBlur got sigma twice: GaussianBlur(5, sigma=(0.1, 2)). Its first fields: sigma, border. "
        "The kernel's size goes by its name: write GaussianBlur((0.1, 2), kernel_size=5)",
    ),
    (
        lambda: vg.GaussianBlur((5, 9), (0.1, 5)),
        "GaussianBlur.border is one of 'constant', 'edge', 'reflect', 'symmetric', 'wrap'; got (0.1, 5). "
        "The kernel's size goes by its name: write GaussianBlur((0.1, 5))",
    ),
    (
        lambda: vg.Rotate(5, angle=3),
        "Rotate got angle twice: Rotate(5, angle=3). Its first fields: angle",
    ),
    (
        lambda: vg.Letterbox(fill=114),
        "Letterbox needs size; got Letterbox(fill=114). "
        "Its fields: size, p, name, interpolation, antialias, border, fill",
    ),
    (
        lambda: vg.Crop(3, width=4),
        "Crop needs left, height; got Crop(3, width=4). Its fields: top, left, height, width, p, name, border, fill",
    ),
    (lambda: vg.Gamma(), "Gamma needs gamma; got Gamma(). Its fields: gamma, gain, p, name"),
    (lambda: vg.Rotate((-9, 9), 30), "Rotate takes angle, and all else by name; got Rotate((-9, 9), 30)"),
    (lambda: vg.Rotate(30, -30), "Rotate takes angle, and all else by name; got Rotate(30, -30)"),
    (lambda: vg.Gamma(-1), "Gamma.gamma must be above 0, got Constant(-1)"),
]


@pytest.mark.parametrize(("slip", "message"), SLIPS, ids=lambda each: None if callable(each) else each[:24])
def test_a_slip_is_told_with_what_was_meant(slip, message):
    with pytest.raises((TypeError, FieldError)) as problem:
        slip()
    assert str(problem.value) == message


def test_what_is_told_to_be_written_can_be():
    written = [message.rpartition("write ")[2] for _, message in SLIPS if "write " in message]
    calls = [text for text in written if re.match(r"\w+\(", text) and "before it" not in text]
    assert len(calls) == 11
    for text in calls:
        assert isinstance(eval(text, vars(vg).copy()), vg.Op)


# Public names of torchvision, timm, Albumentations, Kornia, Keras, Pillow and Ultralytics.
KEYWORDS = """
RandAugment num_ops num_magnitude_bins; TrivialAugmentWide num_magnitude_bins; AugMix mixture_width chain_depth;
Downscale scale_min scale_max scale_range; UnsharpMask radius percent blur_limit sigma_limit alpha;
MedianBlur blur_limit kernel_size; GaussianBlur blur_limit sigma_limit; BoxBlur blur_limit kernel_size;
MotionBlur blur_limit kernel_size; PadIfNeeded min_height min_width pad_height_divisor pad_width_divisor position;
Letterbox color new_shape; Affine translate_percent translate_px translate shear degrees fit_output;
Translate translate_percent translate; Shear shear; Scale scale_limit; MaskDropout image_fill_value max_objects;
Normalize max_pixel_value; ToDtype scale; RandomZoomOut side_range; GaussianNoise sigma var_limit std_range clip;
RandomCrop pad_if_needed padding; Compose bbox_params keypoint_params additional_targets seed; Rotate limit degrees
expand always_apply crop_border border_mode value; Erasing value inplace; CoarseDropout max_holes max_height max_width;
RandomIoUCrop min_scale trials; Brightness brightness_factor; Contrast contrast_limit; Sharpness sharpness_factor;
HueSaturationValue hue_shift_limit sat_shift_limit; RGBShift r_shift_limit; Elastic alpha sigma; Perspective scale
distortion_scale; GridDistortion num_steps distort_limit; OpticalDistortion distort_limit; PixelDropout dropout_prob;
JPEG quality_lower quality_range; ISONoise color_shift; Crop x_min; GridDropout random_offset; SomeOf replace
"""
ASKED = [(kind, word) for row in KEYWORDS.split(";") for kind, *words in [row.split()] for word in words]


@pytest.mark.parametrize(("kind", "word"), ASKED)
def test_a_keyword_of_elsewhere_is_told_what_is_meant(kind, word):
    with pytest.raises(TypeError, match=f"^{kind} has no {word}=") as problem:
        getattr(vg, kind)(**{word: 3})
    text, _, told = str(problem.value).partition(" Its fields: ")
    assert "did you mean" in text or ". " in told


@pytest.mark.parametrize("kind", keywords.OF_OP)
def test_keywords_are_those_of_an_op_that_is_there_and_name_fields_that_it_has(kind):
    fields = {item.name for item in dataclasses.fields(getattr(vg, kind))}
    needed = {"Compose": "[], "}
    for keyword, told in keywords.OF_OP[kind].items():
        if " " not in told:
            assert told.partition("=")[0] in fields
            assert keyword not in fields
        written = re.sub(r"\{\w+\}", "0.5" if "scale" in told or kind == "RandomIoUCrop" else "32", told)
        written = written.partition("write ")[2]
        if written and "..." not in written:
            call = written if re.match(r"\w+\(", written) else f"{kind}({needed.get(kind, '')}{written})"
            assert isinstance(eval(call, {**vars(vg), "size": 32}), vg.Op)


@pytest.mark.parametrize("size", [3, 5, 31])
def test_a_blur_by_the_size_of_a_kernel_is_warned_of(size):
    with pytest.warns(UserWarning, match=rf"sigma.*GaussianBlur\(\(0\.1, 2\), kernel_size={size}\)") as caught:
        vg.GaussianBlur(size)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("given", [{"sigma": 3}, {"sigma": (3, 3)}, {"sigma": 5, "kernel_size": 9}])
def test_other_blurs_are_not(given):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = vg.GaussianBlur(**given)
        assert made.drawn()["sigma"].bounds()[0] == np.ravel(given["sigma"])[0]
        assert dataclasses.replace(made) == made
        assert vg.GaussianBlur(4) != vg.GaussianBlur(3, "edge") != vg.GaussianBlur((3, 5))
        assert vg.load({"variegate": 1, "ops": [{"GaussianBlur": 3}]})


@pytest.mark.parametrize("op", (EXAMPLES | MIXING).values(), ids=[*EXAMPLES, *MIXING])
def test_a_signature_is_still_that_of_the_fields(op):
    found = list(inspect.signature(type(op)).parameters)
    if not isinstance(op, vg.Pointwise | vg.Opaque):
        assert set(found) == {item.name for item in dataclasses.fields(op) if item.init}


def test_an_error_of_ones_own_goes_through():
    problem = TypeError("as it is")

    @declare
    class Broken(vg.Op):
        """It cannot be made."""

        def check(self):
            raise problem

    with pytest.raises(TypeError) as raised:
        Broken()
    assert raised.value is problem
