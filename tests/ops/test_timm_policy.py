"""policy: timm's laws of choice, its magnitudes and chances; on labels, by epoch, in files."""

from __future__ import annotations

import math
import pickle
import re

import numpy as np
import pytest

import variegate as vg
from variegate import config, testing
from variegate.ops.timm_ops import INCREASING, PLAIN, WEIGHTED

MANY = 6000
TEXTS = [
    "rand-m9-mstd0.5-inc1", "rand-m7-n4-mstd0.5-mmax10", "rand-m2", "rand-n3-m6-p1-tweights", "rand-t3aw-mstd101",
    "original", "originalr-mstd0.5", "v0", "v0r", "3a",
]  # fmt: skip


def columns(text, count=MANY, **more):
    return vg.Compose([vg.policy(text, **more)]).compiler.drawing.columns(vg.Keys.at(1, 0, np.arange(count)))


def slots(found, item):
    """A field of each slot, (slots, MANY)."""
    return np.stack([found[path][item] for path in found if re.fullmatch(r"policy/Slot(#\d+)?", path)])


@pytest.mark.parametrize("text", ["rand", "rand-n3-inc1"])
def test_each_op_is_as_likely_and_may_come_again(text):
    places = slots(columns(text), "place").astype(int)
    for slot in places:
        assert np.abs(np.bincount(slot, minlength=15) / MANY - 1 / 15).max() < 5 * np.sqrt(1 / 15 / MANY)
    pairs = np.bincount(places[0] * 15 + places[1], minlength=225) / MANY
    assert np.abs(pairs - 1 / 225).max() < 5 * np.sqrt(1 / 225 / MANY)


@pytest.mark.parametrize("name", WEIGHTED)
def test_a_list_with_weights_picks_no_op_twice(name):
    weights = np.array(list(WEIGHTED[name].values()))
    places = slots(columns(f"rand-n3-t{name}"), "place").astype(int)
    assert (np.diff(np.sort(places, axis=0), axis=0) > 0).all()
    first = np.bincount(places[0], minlength=len(weights)) / MANY
    share = weights / weights.sum()
    assert (np.abs(first - share) < 5 * np.sqrt(share / MANY) + 1e-3).all()
    second = np.zeros(len(weights))
    for i, own in enumerate(share):
        left = np.where(np.arange(len(share)) == i, 0, share)
        second += own * left / left.sum()
    assert (
        np.abs(np.bincount(places[1], minlength=len(weights)) / MANY - second) < 5 * np.sqrt(second / MANY) + 1e-3
    ).all()


@pytest.mark.parametrize(("text", "p"), [("rand", 0.5), ("rand-p0.2", 0.2), ("rand-p1", 1)])
def test_each_pick_has_a_chance_of_its_own(text, p):
    augment = vg.Compose([vg.policy(text)])
    counts = np.array([sum(each["applied"] for each in augment.params(vg.Key(1, 0, i)).values()) for i in range(400)])
    assert counts.max() <= 2
    for k in range(3):
        expected = math.comb(2, k) * p**k * (1 - p) ** (2 - k)
        assert abs((counts == k).mean() - expected) < 5 * np.sqrt(expected * (1 - expected) / 400) + 1e-9


def test_each_slot_has_a_magnitude_of_its_own():
    m = slots(columns("rand-m9-mstd0.5-inc1"), "magnitude")
    assert np.abs(m.mean(axis=1) - 9).max() < 5 * 0.5 / np.sqrt(MANY)
    assert np.abs(m.std(axis=1) - 0.5).max() < 0.03 and abs(np.corrcoef(m)[0, 1]) < 5 / np.sqrt(MANY)
    found = columns("rand-m9-mstd0.5-inc1")
    angles = np.abs(found["policy/Slot/Rotate"]["angle"])
    assert np.allclose(angles, 3 * np.clip(found["policy/Slot"]["magnitude"], 0, 10)) and angles.max() == 30


@pytest.mark.parametrize("text", ["rand-m9-mstd101", "rand-m9-mstdinf"])
def test_any_magnitude(text):
    m = slots(columns(text), "magnitude")
    for quantile in (0.1, 0.5, 0.9):
        assert np.abs((m < 9 * quantile).mean(axis=1) - quantile).max() < 5 * 0.5 / np.sqrt(MANY)


@pytest.mark.parametrize(("text", "most"), [("rand-m12", 30), ("rand-m12-mmax20", 36), ("rand-m9-mmax5", 15)])
def test_what_clips_a_magnitude(text, most):
    assert set(np.abs(columns(text, 50)["policy/Slot/Rotate"]["angle"])) == {most}


def test_inc1_has_other_ops():
    text = str(vg.Compose([vg.policy("rand-m9-inc1")]).explain())
    assert "AnySolarize" in text or "Solarize" in text
    plain, more = (columns(text, 3) for text in ("rand-m9", "rand-m9-inc1"))
    assert plain.keys() == more.keys(), "the same ops of ours"
    assert set(plain["policy/Slot/Saturation"]["factor"]) == {0.1 + 1.8 * 0.9}
    assert set(np.round(more["policy/Slot/Saturation"]["factor"], 9)) <= {0.19, 1.81}
    assert len(PLAIN) == len(INCREASING) == 15


@pytest.mark.parametrize("kind", ["original", "originalr", "v0", "v0r", "3a"])
def test_pairs_and_ops_come_as_often_as_they_should(kind):
    augment = vg.Compose([vg.policy(kind)])
    found = augment.compiler.drawing.columns(vg.Keys.at(1, 0, np.arange(MANY)))
    count = 3 if kind == "3a" else 25
    share = np.bincount(np.floor(found["policy/OneOf"]["choice"] * count).astype(int), minlength=count) / MANY
    assert np.abs(share - 1 / count).max() < 5 * np.sqrt(1 / count / MANY)
    for path, p in ((node.path, node.op.p) for node in augment.compiler.flat.ops if node.op.p != 1):
        assert abs((found[path]["p"] < p).mean() - p) < 5 * np.sqrt(p * (1 - p) / MANY)


def test_levels_of_the_original_are_timm_s():
    """What torchvision takes for 4 bits of 8, and a threshold of 28."""
    first = columns("original", 3)
    assert set(first["policy/Slot/Posterize"]["bits"]) == {7}
    assert set(columns("originalr", 3)["policy/Slot/Posterize"]["bits"]) == {1}
    solarized = {round(255 * each["threshold"][0]) for path, each in first.items() if "Solarize" in path}
    assert solarized == {128, 102, 76, 204, 179}


def test_3a_is_the_three_of_deit():
    found = columns("3a", MANY)
    sigma = found["policy/Slot#3/GaussianBlur"]["sigma"]
    assert 0.1 <= sigma.min() < 0.12 and 1.98 < sigma.max() < 2
    assert set(found["policy/Slot/Solarize"]["threshold"]) == {128 / 255}
    assert set(found["policy/Slot#2/Saturation"]["factor"]) == {0}


def test_p_may_be_a_ramp():
    op = vg.policy("rand-m9-p1", p=vg.Ramp(0, 1, 10))
    augment = vg.Compose([op])
    for epoch, expected in ((0, 0), (10, 1)):
        every = [augment.params(vg.Key(1, epoch, i)).values() for i in range(20)]
        assert {sum(each["applied"] for each in params) for params in every} == {2 * expected}


@pytest.mark.parametrize("text", TEXTS)
def test_it_keeps_the_library_s_promises(text):
    op = vg.policy(text)
    testing.assert_lowering_is_sound(op, tries=4)
    testing.assert_draws_are_keyed(op, tries=4)
    testing.assert_fused_equals_reference([op, vg.RandomCrop(24)], tries=3)
    testing.assert_targets_stay_in_step(op, tries=3, picture=False)


def test_streams_of_the_commonest_are_the_same_however_they_are_run():
    testing.check(vg.policy("rand-m9-mstd0.5-inc1"))


def test_it_is_a_value():
    op = vg.policy("rand-m9-mstd0.5-inc1", fill=(124, 116, 104), interpolation="bicubic", p=0.5)
    assert pickle.loads(pickle.dumps(op)) == op and hash(op) == hash(pickle.loads(pickle.dumps(op)))
    assert repr(vg.policy("v0")) == "policy(text='v0')"


def test_files(tmp_path):
    pipeline = config.load("variegate: 1\nops:\n  - policy: rand-m9-mstd0.5-inc1\n", vg.Compose)
    assert pipeline.ops == (vg.policy("rand-m9-mstd0.5-inc1"),)
    pipeline = vg.Compose([vg.policy("v0", fill=(1, 2, 3), p=0.5), vg.policy("rand", name="more")])
    config.save(pipeline, tmp_path / "it.yaml")
    assert config.load(tmp_path / "it.yaml", vg.Compose) == pipeline
    with pytest.raises(vg.ConfigError, match=r"line 3: policy\.text: m takes .* did you mean mstd\? got 'mst0\.5'\n"):
        config.load("variegate: 1\nops:\n  - policy: rand-m9-mst0.5\n", vg.Compose)


def test_errors():
    with pytest.raises(vg.FieldError, match=r'^policy\.text is a text such as "rand-m9-mstd0\.5-inc1", got 3$'):
        vg.policy(3)
    with pytest.raises(vg.FieldError, match=r"^mine\.text: after rand may stand"):
        vg.policy("rand-x", name="mine")
    with pytest.raises(vg.FieldError, match=r"^policy\.text asks for 16 different ops out of 15: 'rand-n16-tweights'$"):
        vg.policy("rand-n16-tweights")
