"""Ramps in pipelines: the ends are those written out, and a record knows no epoch."""

from __future__ import annotations

import json
import pickle
import warnings

import numpy as np
import pytest

import variegate as vg
from variegate.testing import assert_draws_are_keyed, check

PICTURE = np.random.default_rng(0).integers(0, 256, (24, 30, 3), np.uint8)
OPS = {
    "a number": lambda way: [vg.Rotate(way(0, 40))],
    "a range": lambda way: [vg.Shear(x=way((-5, 5), (-30, 40)), y=way(0, vg.Normal(0, 9)))],
    "trials": lambda way: [vg.RandomResizedCrop(16, scale=way((0.5, 1), 0.1), ratio=way(1, vg.LogUniform(0.5, 2)))],
    "p": lambda way: [vg.Rotate(30, p=way(0, 0.7)), vg.Gamma(2.0, p=way(1, 0.3))],
    "a chain": lambda way: [vg.RandomApply([vg.Invert(), vg.Rotate((-9, 9))], p=way(0.2, 1)), vg.Resize(20)],
    "p of what cuts": lambda way: [vg.Posterize(3, p=way(0, 1)), vg.Rotate((-9, 9), p=way(0, 0.5)), vg.Gamma((1, 2))],
    "some": lambda way: [vg.SomeOf([vg.Invert(), vg.Rotate(9), vg.HorizontalFlip(), vg.Hue(60)], n=way(0, (1, 4)))],
}
EPOCHS = 5


def ramp(start, end):
    return vg.Ramp(start, end, EPOCHS)


def first(start, end):
    return start


def last(start, end):
    return end


def results(ops, epoch, count=12):
    """Of some samples, with the labels' way: the picture, and a mask."""
    pipeline, samples = vg.Compose(ops), {"image": [PICTURE] * count, "mask": [PICTURE[..., 0]] * count}
    made = pipeline.batch(**samples, keys=vg.Keys.at(3, epoch, np.arange(count)))
    return [np.asarray(each).tobytes() for name in made for each in made[name]]


@pytest.mark.parametrize("make", OPS.values(), ids=OPS)
def test_the_first_and_the_last_epoch_are_those_of_the_ends_written_out(make):
    assert results(make(ramp), 0) == results(make(first), 0)
    for epoch in (EPOCHS, EPOCHS + 1, 400):
        assert results(make(ramp), epoch) == results(make(last), epoch)
    assert results(make(ramp), 2) not in (results(make(first), 2), results(make(last), 2))


@pytest.mark.parametrize("make", OPS.values(), ids=OPS)
def test_a_record_replays_whatever_the_epoch(make):
    pipeline = vg.Compose(make(ramp))
    for n in range(12):
        out, record = pipeline(PICTURE, key=vg.Key(3, n % 7, n), return_params=True)
        assert pipeline.replay(json.loads(json.dumps(record)), PICTURE).tobytes() == out.tobytes()


@pytest.mark.parametrize("make", OPS.values(), ids=OPS)
def test_a_batch_of_several_epochs_is_its_samples_one_by_one(make):
    pipeline, epochs = vg.Compose(make(ramp)), np.arange(12) % 7
    whole = pipeline.batch([PICTURE] * 12, keys=vg.Keys.at(3, epochs, np.arange(12)))
    for n, epoch in enumerate(epochs.tolist()):
        assert np.array_equal(whole[n], pipeline(PICTURE, key=vg.Key(3, epoch, n)))


def test_p_is_the_probability_of_its_epoch():
    pipeline, many = vg.Compose([vg.Invert(p=vg.Ramp(0.2, 0.8, 3))]), 2000
    for epoch, want in enumerate((0.2, 0.4, 0.6, 0.8, 0.8)):
        out = pipeline.batch(np.zeros((many, 1, 1, 1), np.uint8), keys=vg.Keys.at(1, epoch, np.arange(many)))
        assert abs((out == 255).mean() - want) < 5 * np.sqrt(want * (1 - want) / many)


def test_a_sample_that_an_op_skipped_is_one_that_skips_it_no_more():
    """The numbers do not change with the epoch's p, only the bar: who once applies does so as p rises."""
    pipeline = vg.Compose([vg.Invert(p=vg.Ramp(0, 1, 10))])
    drawn = [[pipeline.params(vg.Key(0, 0, n))["Invert"]["applied"] for n in range(50)]]
    assert not any(drawn[0]) and all(pipeline.params(vg.Key(0, 10, n))["Invert"]["applied"] for n in range(50))


def test_params_and_explain_tell_it():
    pipeline = vg.Compose([vg.Rotate(vg.Ramp(0, (-30, 30), 20), p=vg.Ramp(0, 0.5, 20))])
    told = [pipeline.params(vg.Key(epoch=epoch))["Rotate"] for epoch in (0, 90)]
    assert told[0] == {"applied": False, "angle": 0.0} and abs(told[1]["angle"]) > 1
    assert "Rotate(p=Ramp(0, 0.5, 20), angle=Ramp(0, Uniform(-30, 30), 20))" in pipeline.explain()


def test_the_kit_takes_it():
    ops = [vg.Rotate(ramp((-5, 5), (-30, 30)), p=ramp(0.3, 1)), vg.Brightness(ramp(1, (0.5, 1.5)))]
    assert_draws_are_keyed(ops)
    check(ops)


def test_the_fingerprint_and_a_pickle_know_it():
    pipelines = [vg.Compose([vg.Rotate(9, p=p)]) for p in (0.5, ramp(0.5, 0.5), ramp(0, 0.5), vg.Ramp(0, 0.5, 6))]
    assert len({pipeline.fingerprint for pipeline in pipelines}) == 4
    for pipeline in pipelines:
        again = pickle.loads(pickle.dumps(pipeline))
        assert again == pipeline and again.fingerprint == pipeline.fingerprint


def test_chance_decides_a_size_by_a_ramp_too():
    with pytest.raises(vg.PipelineError, match="changes the size of some pictures and not of others"):
        vg.Compose([vg.CenterCrop(8, p=ramp(1, 1))])(PICTURE, key=vg.Key())
    with pytest.raises(
        vg.FieldError, match=r"^Normalize\.p must be 1, because a batch has one form; got Ramp\(0, 1, 5\)"
    ):
        vg.Normalize(p=ramp(0, 1))


PROBABILITY = "Rotate.p is a probability from 0 to 1, or a Ramp between two"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: vg.Rotate(1, p=ramp(0, 2)), f"{PROBABILITY}, got Ramp(0, 2, 5)"),
        (lambda: vg.Rotate(1, p=vg.Normal(0, 1)), f"{PROBABILITY}, got Normal(0, 1)"),
        (lambda: vg.Brightness(ramp(1, -1)), "Brightness.factor must be at least 0, got Ramp(1, -1, 5)"),
        (lambda: vg.Brightness(ramp(-1, 1)), "Brightness.factor must be at least 0, got Ramp(-1, 1, 5)"),
        (lambda: vg.SomeOf([vg.Invert()], n=ramp(0, 0.5)), "SomeOf.n is a whole number, got Ramp(0, 0.5, 5)"),
        (
            lambda: vg.SomeOf([vg.Invert()], n=ramp(0, 2)),
            "SomeOf.n must be at least 0 and at most 1, got Ramp(0, 2, 5)",
        ),
    ],
)
def test_limits_hold_at_both_ends(make, message):
    with pytest.raises(vg.FieldError) as problem:
        make()
    assert str(problem.value) == message


def test_a_loader_counts_epochs():
    pictures = np.full((4, 1, 1, 1), 100, np.uint8)
    augment = vg.Compose([vg.Brightness(vg.Ramp(0, 2, 2))])
    loader, seen = vg.Loader(vg.Arrays(pictures), augment, batch_size=4, workers=0), []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(4):
            seen += [batch["image"].max() for batch in loader]
    assert seen == [0, 100, 200, 200]
