"""TrivialAugmentWide: one op, of any bin."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg
from variegate import config, testing

MANY = 8000


def columns(op):
    return vg.Compose([op]).compiler.drawing.columns(vg.Keys.at(1, 0, np.arange(MANY)))


def test_ops_and_bins_are_even_and_independent():
    found = columns(vg.TrivialAugmentWide())
    bins = found["TrivialAugmentWide"]["bin"].astype(int)
    ops = np.floor(found["TrivialAugmentWide/OneOf"]["choice"] * 14).astype(int)
    for counted, count in ((bins, 31), (ops, 14), (ops * 31 + bins, 434)):
        share = np.bincount(counted, minlength=count) / MANY
        assert len(share) == count and np.abs(share - 1 / count).max() < 5 * np.sqrt(1 / count / MANY)


def test_one_op_applies_or_none():
    augment = vg.Compose([vg.TrivialAugmentWide()])
    counts = [sum(each["applied"] for each in augment.params(vg.Key(1, 0, i)).values()) for i in range(400)]
    assert set(counts) == {0, 1} and abs(np.mean(counts) - 13 / 14) < 5 * np.sqrt(13 / 196 / 400)


@pytest.mark.parametrize("count", [31, 5])
def test_numbers_are_those_of_the_bin(count):
    found = columns(vg.TrivialAugmentWide(count))
    u = found["TrivialAugmentWide"]["bin"] / (count - 1)

    def column(path, item):
        return found[f"TrivialAugmentWide/{path}"][item]

    assert np.allclose(np.abs(column("Shear", "x")), 0.99 * u)
    assert np.allclose(np.abs(column("Translate#2", "y")), 32 * u)
    assert np.allclose(np.abs(column("Rotate", "angle")), 135 * u)
    assert np.allclose(np.abs(column("Contrast", "factor") - 1), 0.99 * u)
    assert np.array_equal(column("Posterize", "bits"), np.rint(8 - 6 * u))
    assert np.allclose(column("Solarize", "threshold"), 1 - u)


def test_its_shift_is_in_pixels_whatever_the_size():
    image = np.zeros((50, 70, 3), np.uint8)
    augment = vg.Compose([vg.TrivialAugmentWide(2)], targets={"points": vg.Keypoints(group=None)})
    seen = set()
    for i in range(200):
        params = augment.params(vg.Key(1, 0, i))
        if params["TrivialAugmentWide/Translate"]["applied"]:
            moved = augment(image=image, points=[[35, 25]], key=vg.Key(1, 0, i))["points"][0] - (35, 25)
            seen.add(tuple(moved.tolist()))
    assert seen == {(-32.0, 0.0), (0.0, 0.0), (32.0, 0.0)}


def test_it_keeps_the_library_s_promises():
    op = vg.TrivialAugmentWide(p=0.8)
    testing.assert_lowering_is_sound(op)
    testing.assert_fused_equals_reference([op, vg.RandomCrop(24)], tries=6)
    testing.assert_targets_stay_in_step(op, tries=4, picture=False)
    testing.check(op)


def test_files_and_errors():
    pipeline = vg.Compose([vg.TrivialAugmentWide(), vg.TrivialAugmentWide(11, border="wrap")])
    assert config.load(config.dump(pipeline), vg.Compose) == pipeline
    with pytest.raises(vg.FieldError, match=r"^TrivialAugmentWide\.bins is a whole number, 2 to 1000; got 1$"):
        vg.TrivialAugmentWide(1)
