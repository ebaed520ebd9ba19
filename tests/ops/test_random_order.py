"""RandomOrder: each order as likely, and in each the pixels of the ops in that order."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

import variegate as vg
from variegate.errors import FieldError

OPS = [vg.Brightness(0.5), vg.Invert(), vg.Gamma(2)]
IMAGE = np.arange(256, dtype=np.uint8).reshape(16, 16)


def test_every_order_is_drawn_as_often():
    augment = vg.Compose([vg.RandomOrder(OPS)])
    made = augment.batch([IMAGE] * 600, keys=vg.Keys.at(seed=0, epoch=0, ids=np.arange(600)))
    orders = [vg.Compose(list(order))(IMAGE).tobytes() for order in itertools.permutations(OPS)]
    found = Counter(image.tobytes() for image in made)
    assert set(found) == set(orders) and len(set(orders)) == 6
    assert min(found.values()) > 70


def test_it_renames_no_op_beside_it_and_takes_names():
    augment = vg.Compose([vg.RandomOrder([vg.Rotate((-9, 9), name="turn"), vg.Hue((0, 9))]), vg.Hue((0, 9))])
    alone = vg.Compose([vg.Hue((0, 9))])
    key = vg.Key(id=3)
    params = augment.params(key)
    assert params["Hue"] == alone.params(key)["Hue"]
    assert {"RandomOrder/turn", "RandomOrder/turn#2", "RandomOrder/Hue"} <= params.keys()


def test_four_ops_are_the_most():
    assert len(vg.RandomOrder([vg.Invert()] * 4).ops) == 4
    with pytest.raises(FieldError, match=r"^RandomOrder\.ops are up to 4 ops, got 5: put those"):
        vg.RandomOrder([vg.Invert()] * 5)
