"""Pointwise and Opaque: the user's function, with the numbers drawn for it."""

from __future__ import annotations

import pickle

import numpy as np

from variegate import Compose
from variegate.dist import Constant, Uniform
from variegate.ops import Opaque, Pointwise
from variegate.ops import effect as effects


def test_draws_come_in_the_order_written(lower):
    effect = lower(Pointwise(abs, b=(0, 1), a=(0, 4)), [(4, 4)] * 2, a=[1, 2], b=[3, 4])
    assert isinstance(effect, effects.Pointwise) and effect.function is abs
    assert effect.draws.tolist() == [[3, 1], [4, 2]]
    assert lower(Pointwise(abs), [(4, 4)] * 2).draws.shape == (2, 0)


def test_opaque_draws_are_plain_floats_by_name(lower):
    effect = lower(Opaque(np.negative, a=(0, 4), b=7), [(4, 4)] * 2, a=[1, 2])
    assert isinstance(effect, effects.Opaque) and effect.draws == ({"a": 1.0, "b": 7.0}, {"a": 2.0, "b": 7.0})
    assert type(effect.draws[0]["a"]) is float
    assert lower(Opaque(np.negative), [(4, 4)] * 2).draws == ({}, {})


def test_fields_p_and_name():
    op = Opaque(abs, amount=(0, 2), size=3, p=0.5, name="mine")
    assert op.drawn() == {"amount": Uniform(0, 2), "size": Constant(3)} and op.p == 0.5 and op.label == "mine"
    assert repr(op) == "Opaque(abs, amount=Uniform(0, 2), size=Constant(3), p=0.5, name='mine')"
    assert Pointwise(abs, function=2).drawn() == {"function": Constant(2)}


def test_whether_an_opaque_moves_pixels_is_a_field_of_its_own():
    stays = Opaque(abs, amount=(0, 2), p=0.5, moves=False)
    assert Opaque(abs).moves and not stays.moves and stays.drawn() == {"amount": Uniform(0, 2)}
    assert repr(stays) == "Opaque(abs, amount=Uniform(0, 2), p=0.5, moves=False)"
    assert stays != Opaque(abs, amount=(0, 2), p=0.5) and hash(stays) != hash(Opaque(abs, amount=(0, 2), p=0.5))
    again = pickle.loads(pickle.dumps(stays))
    assert again == stays and again.moves is False
    assert Compose([Opaque(abs)]).fingerprint != Compose([Opaque(abs, moves=False)]).fingerprint
    assert Pointwise(abs, moves=2).drawn() == {"moves": Constant(2)}, "a pixel's function has no such field"


def test_pickles_by_reference():
    op = Pointwise(np.negative, amount=(0, 2), p=0.25, name="mine")
    again = pickle.loads(pickle.dumps(op))
    assert again == op and again.function is np.negative and again.p == 0.25 and again.name == "mine"
