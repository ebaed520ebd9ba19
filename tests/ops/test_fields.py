"""Fields are declared: at the limits every field of every op takes what it should, and nothing just beyond."""

from __future__ import annotations

import dataclasses
import inspect
import math
import pickle
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest
from tests.catalogue import EXAMPLES, MIXING, VARIANTS

import variegate as vg
from variegate import ops
from variegate.dist import Bits, Drawn
from variegate.errors import FieldError
from variegate.ops.base import Op
from variegate.ops.explained import entries
from variegate.ops.fields import bits, channels, checked, count, declare, drawn, extent, flag, option, pixels, rules_of
from variegate.ops.function import FunctionOp
from variegate.ops.rule import Limits

OPS = [op for op in [*EXAMPLES.values(), *VARIANTS, *MIXING.values()] if not isinstance(op, FunctionOp)]
EVERY = [*OPS, vg.Compose([vg.Invert(), vg.Hue(3)])]
CASES = [
    pytest.param(op, item.name, id=f"{op!r:.40}-{item.name}")
    for op in EVERY
    for item in dataclasses.fields(op)
    if item.init and item.name != "targets"
]


def test_every_field_of_every_op_is_declared():
    for kind in {type(op) for op in EVERY}:
        assert rules_of(kind).keys() == {item.name for item in dataclasses.fields(kind)}


@pytest.mark.parametrize(("op", "item"), CASES)
def test_a_field_takes_what_is_within_its_limits(op, item):
    values = list(rules_of(type(op))[item].good(op))
    assert values or item == "white"
    for value in values:
        made = dataclasses.replace(op, **{item: value})
        assert made == dataclasses.replace(made) == pickle.loads(pickle.dumps(made))


@pytest.mark.parametrize(("op", "item"), CASES)
def test_a_field_refuses_what_is_just_beyond_and_says_which(op, item):
    values = list(rules_of(type(op))[item].bad(op))
    assert values
    for value in values:
        owner = f"{type(op).__name__ if item == 'name' else op.label}.{item}"
        with pytest.raises(FieldError) as problem:
            dataclasses.replace(op, **{item: value})
        assert str(problem.value).startswith(owner), (value, str(problem.value))


def test_the_values_to_try_lie_at_the_limits():
    limits = Limits(least=0, below=2 / 3)
    low, high = limits.inside()
    assert low == 0 and high < 2 / 3 <= math.nextafter(high, 1)
    assert limits.outside() == [-5e-324, 2 / 3]
    assert all(limits.hold(value, value) for value in (low, high))
    assert not any(limits.hold(value, value) for value in limits.outside())
    assert Limits(above=0, most=1).outside() == [0, math.nextafter(1, 2)]
    assert Limits().outside() == []


@declare
class Mine(Op):
    """An op of a user's own.

    amount  how much
    """

    amount: Drawn = drawn(least=0, below=2)
    mode: Literal["soft", "hard"] | None = option(default="soft")
    twice: bool = flag(default=False, kw_only=True)
    side: int | None = extent(default=None, kw_only=True, least=2)
    size: int | tuple[int, int] = pixels(default=3, kw_only=True)
    by: float | tuple[float, ...] = channels(default=1, kw_only=True, above=0)
    even: int = checked(by=lambda value, owner: halved(value, owner), default=2, kw_only=True)
    bare: Drawn = dataclasses.field(default=(0, 1), kw_only=True)
    unchecked: object = dataclasses.field(default=None, kw_only=True)
    noise: Bits = bits()

    def check(self):
        if self.twice and self.mode is None:
            raise FieldError(f"{self.label}: twice needs a mode")


def halved(value, owner):
    if value % 2:
        raise FieldError(f"{owner} is even, got {value}")
    return value


def test_an_op_of_ones_own_declares_its_fields():
    op = Mine((0, 1), size=[4, np.int32(5)], by=[1, 2], side=np.int64(2), unchecked="anything")
    assert (op.size, op.by, op.side, op.twice) == ((4, 5), (1.0, 2.0), 2, False) and type(op.size[1]) is int
    assert op.drawn() == {"amount": vg.Uniform(0, 1), "bare": vg.Uniform(0, 1), "noise": Bits()}
    assert repr(Mine(1)) == "Mine(amount=Constant(1))" and repr(Mine(1, size=(3, 3))) == "Mine(amount=Constant(1))"
    assert repr(Mine(1, None, by=2)) == "Mine(amount=Constant(1), mode=None, by=2.0)"
    for item in rules_of(Mine):
        for value in rules_of(Mine)[item].bad(op):
            if item not in ("even", "noise"):
                with pytest.raises(FieldError, match=rf"^Mine\.{item}[ [.]"):
                    dataclasses.replace(op, **{item: value})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"amount": 2}, "Mine.amount must be at least 0 and below 2, got Constant(2)"),
        ({"mode": "loud"}, "Mine.mode is one of 'soft', 'hard', None; got 'loud'"),
        ({"twice": 1}, "Mine.twice is True or False, got 1"),
        ({"side": 1}, "Mine.side is a whole number of pixels, 2 or more; got 1"),
        ({"by": (1, 0)}, "Mine.by must be above 0, got (1.0, 0.0)"),
        ({"even": 3, "name": "odd"}, "odd.even is even, got 3"),
        ({"twice": True, "mode": None}, "Mine: twice needs a mode"),
        ({"p": 2, "name": "mine"}, "mine.p is a probability from 0 to 1, got 2"),
        ({"p": vg.Ramp(0, 2, 3)}, "Mine.p is a probability from 0 to 1, or a Ramp between two, got Ramp(0, 2, 3)"),
        (
            {"amount": vg.Ramp(0, (0, 2), 3)},
            "Mine.amount must be at least 0 and below 2, got Ramp(0, Uniform(0, 2), 3)",
        ),
        ({"p": 2, "name": 3}, "Mine.name is a text that is not empty, got 3"),
    ],
)
def test_its_errors_are_those_of_the_library(fields, message):
    with pytest.raises(FieldError) as problem:
        Mine(**{"amount": 1, **fields})
    assert str(problem.value) == message


def test_help_tells_the_limits_of_a_class_once():
    assert (Mine.__doc__ or "").endswith(
        "\n\nLimits  amount at least 0 and below 2; side at least 2; size at least 1; by above 0"
    )
    assert (ops.Gamma.__doc__ or "").rstrip().endswith("Limits  gamma above 0; gain at least 0")
    assert (ops.Rotate90.__doc__ or "").count("Limits") == 0 and (vg.Compose.__doc__ or "").count("Limits") == 0

    @declare
    class Below(Mine):
        """More of it."""

    assert "Limits" not in (Below.__doc__ or "") and rules_of(Below).keys() == rules_of(Mine).keys()


@pytest.mark.parametrize("op", EVERY, ids=lambda op: f"{op!r:.40}")
def test_help_explains_every_field(op):
    told = entries(type(op).__doc__)
    assert not [item.name for item in dataclasses.fields(op) if item.init and item.name not in told]


def test_help_tells_what_fields_of_the_bases_are():
    doc = inspect.getdoc(ops.Rotate) or ""
    assert doc.index("Raises") < doc.index("And by name:\nborder         what lies outside")
    for words in ('"constant"', '"edge"', '"reflect"', '"symmetric"', '"wrap"', "\nfill  ", "\nantialias  ", "\np  "):
        assert doc.count(words) >= 1, words
    assert doc.count("\nname  ") == doc.count("\ninterpolation  ") == 1

    @declare
    class Own(ops.Rotate):
        """A turn.

        border  a word of its own
        """

    assert entries(Own.__doc__)["border"] == ["a word of its own"]
    assert entries(Own.__doc__)["angle"] == entries(ops.Rotate.__doc__)["angle"]


def test_a_plain_dataclass_may_declare_its_fields_too():
    @dataclass(frozen=True)
    class Plain(Op):
        amount: Drawn = drawn(above=0)  # noqa: RUF009
        mode: Literal["a", "b"] = option(default="a")

    assert Plain(1).drawn() == {"amount": vg.Constant(1)}
    with pytest.raises(FieldError, match=r"^Plain\.mode is one of 'a', 'b'; got 'c'$"):
        Plain(1, "c")


def test_an_annotation_that_cannot_be_read_says_what_to_do():
    Inner = Literal["x", "y"]

    @declare
    class Local(Op):
        mode: Inner = option(default="x")

    with pytest.raises(
        TypeError, match=r"^Local\.mode is annotated Inner, and name 'Inner' is not defined: write what"
    ):
        Local()


def test_nobody_writes_bits():
    with pytest.raises(TypeError, match="noise"):
        Mine(1, noise=Bits())

    @declare
    class Odd(Op):
        """An op whose bits are none."""

        noise: Bits = bits()

        def __post_init__(self):
            self._set(noise=(0, 1))
            super().__post_init__()

    with pytest.raises(FieldError, match=r"^Odd\.noise is Bits, got \(0, 1\)$"):
        Odd()


def test_the_end_of_a_range_within_a_ramp_is_that_of_a_range():
    """Of a field that is rounded down a range goes up to the number above the largest."""
    assert vg.Posterize(vg.Ramp(8, (1, 9), 3)).drawn()["bits"].bounds() == (1, 9)
    for ramp in (vg.Ramp(9, (1, 9), 3), vg.Ramp((1, 9.5), 1, 3), vg.Ramp(1.5, 2, 3)):
        with pytest.raises(FieldError, match=r"^Posterize\.bits (must be at least 1 and at most|is a whole number)"):
            vg.Posterize(ramp)


def test_limits_that_hang_on_another_field_are_looked_at_last():
    @declare
    class Hanging(Op):
        part: Drawn = drawn(default=1, least=0, most=lambda op: op.whole)
        whole: int = count(default=2, least=1, most=9)

    assert Hanging(9, 9).whole == 9
    with pytest.raises(FieldError, match=r"^Hanging\.whole is a whole number, 1 to 9; got '9'$"):
        Hanging(9, "9")
    with pytest.raises(FieldError, match=r"^Hanging\.part must be at least 0 and at most 2, got Constant\(3\)$"):
        Hanging(3)


def test_nothing_can_be_set_afterwards():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Mine(1).amount = 2
