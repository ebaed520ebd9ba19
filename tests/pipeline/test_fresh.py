"""Calls without a key: where numbers hang on the epoch it is said, once, that theirs is epoch 0."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import variegate as vg
from variegate.pipeline import fresh

PICTURE = np.random.default_rng(0).integers(0, 256, (24, 30, 3), np.uint8)


def ramp(start, end):
    return vg.Ramp(start, end, 5)


WITHOUT = {
    "a call": lambda pipeline: pipeline(PICTURE),
    "a batch": lambda pipeline: pipeline.batch([PICTURE]),
    "variations": lambda pipeline: next(pipeline.variations(PICTURE)),
    "variations of a seed": lambda pipeline: next(pipeline.variations(PICTURE, seed=1)),
    "tta": lambda pipeline: vg.TTA(pipeline, 2).segmentation(lambda batch: batch / 255.0, PICTURE),
}


@pytest.fixture
def unsaid():
    fresh._warn.cache_clear()
    yield
    fresh._warn.cache_clear()


@pytest.mark.parametrize("call", WITHOUT.values(), ids=WITHOUT)
def test_a_call_without_an_epoch_says_so_once(call, unsaid):
    pipeline = vg.Compose([vg.Rotate(ramp(0, 30)), vg.Hue(9, p=ramp(0, 1))])
    with pytest.warns(UserWarning) as caught:
        call(pipeline)
    assert [str(each.message) for each in caught] == [
        "Rotate.angle, Hue.p: a Ramp goes by the key's epoch, and a call without a key is always of epoch 0, where it "
        "starts. Give key=Key(seed, epoch, id), or use a Loader, which counts epochs"
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for again in WITHOUT.values():
            again(pipeline)
        again(vg.Compose([vg.Rotate(ramp(0, 20)), vg.Hue(9, p=ramp(0, 1))]))
    with pytest.warns(UserWarning, match=r"^Shear\.x: a Ramp goes by"):
        call(vg.Compose([vg.Shear(x=ramp(0, 9))]))


def test_it_names_the_line_of_the_call(unsaid):
    with pytest.warns(UserWarning) as caught:
        vg.Compose([vg.Rotate(ramp(0, 30))])(PICTURE)
    assert caught[0].filename == __file__


def test_with_a_key_or_without_a_ramp_nothing_is_said(unsaid):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        vg.Compose([vg.Rotate(ramp(0, 30))])(PICTURE, key=vg.Key())
        vg.Compose([vg.Rotate(ramp(0, 30))]).batch([PICTURE], keys=[vg.Key()])
        vg.Compose([vg.Rotate((0, 30))])(PICTURE)
    assert caught == []
