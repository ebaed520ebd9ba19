"""An op that could not be made says what was probably meant."""

from __future__ import annotations

import dataclasses
import inspect

import pytest
from tests.catalogue import EXAMPLES, MIXING

import variegate as vg
from variegate.errors import FieldError
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
        "Resize has no height=. Its fields: size, p, name, interpolation, antialias. "
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
        "Its fields: angle, p, name, interpolation, antialias, border, fill, fit",
    ),
    (
        lambda: vg.Rotate((-9, 9), border_mode=0),
        "Rotate has no border_mode=; did you mean border=? "
        "Its fields: angle, p, name, interpolation, antialias, border, fill, fit",
    ),
    (
        lambda: vg.Rotate((-9, 9), expand=True),
        "Rotate has no expand=; did you mean fit=? "
        "Its fields: angle, p, name, interpolation, antialias, border, fill, fit",
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
        "MixUp has no mixup_alpha=; did you mean alpha=? Its fields: alpha, p, name, partners",
    ),
    (
        lambda: vg.MixUp(lambda_val=(0, 1)),
        "MixUp has no lambda_val=; did you mean alpha=? Its fields: alpha, p, name, partners",
    ),
    (
        lambda: vg.CutMix(num_classes=10),
        "CutMix has no num_classes=. Its fields: alpha, p, name, partners. How many classes there are is said of the "
        'label: write targets={"label": Classes(10)} to Compose',
    ),
    (
        lambda: vg.MixUp(0.2, label_smoothing=0.1),
        "MixUp has no label_smoothing=. Its fields: alpha, p, name, partners. Labels are smoothed where they are "
        'declared: write targets={"label": Classes(..., smoothing=0.1)} to Compose',
    ),
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
    calls = [text for text in written if text.endswith(")") and "size=" not in text]
    assert len(calls) == 7
    for text in calls:
        assert isinstance(eval(text, vars(vg).copy()), vg.Op)


def test_what_a_field_is_missing_stays_pythons_word():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'angle'"):
        vg.Rotate()


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
