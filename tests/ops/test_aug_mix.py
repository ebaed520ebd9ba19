"""AugMix: chains of torchvision's ops at its magnitudes, and timm's text of it; ThreeAugment."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg
from variegate import config, testing
from variegate.ops.aug_mix import ALL, FEWER

IMAGE = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)
MANY = 3000


def columns(op, count=MANY):
    return vg.Compose([op]).compiler.drawing.columns(vg.Keys.at(1, 0, np.arange(count)))


def test_ops_bins_and_depths_are_even():
    found = columns(vg.AugMix(severity=4))
    slots = ["AugMix/Step", *(f"AugMix/Step#{n}" for n in range(2, 10))]
    for slot in slots:
        bins = np.bincount(found[slot]["bin"].astype(int), minlength=4) / MANY
        assert len(bins) == 4 and np.abs(bins - 1 / 4).max() < 5 * np.sqrt(3 / 16 / MANY)
        ops = np.bincount(np.floor(found[f"{slot}/OneOf"]["choice"] * 13).astype(int), minlength=13) / MANY
        assert np.abs(ops - 1 / 13).max() < 5 * np.sqrt(1 / 13 / MANY)
    for chain in ("AugMix/FirstOf", "AugMix/FirstOf#2", "AugMix/FirstOf#3"):
        depths = np.bincount(found[chain]["depth"].astype(int), minlength=4)[1:] / MANY
        assert len(depths) == 3 and np.abs(depths - 1 / 3).max() < 5 * np.sqrt(2 / 9 / MANY)


def test_numbers_are_torchvision_s():
    found = columns(vg.AugMix(severity=10, width=1, depth=1))
    k = found["AugMix/Step"]["bin"]

    def column(path, item):
        return found[f"AugMix/Step/{path}"][item]

    assert set(k) == set(range(10))
    assert np.allclose(np.abs(column("Shear", "x")), 0.3 * k / 9)
    assert np.allclose(np.abs(column("Translate", "x")), k / 27)
    assert np.allclose(np.abs(column("Rotate", "angle")), 30 * k / 9)
    assert np.allclose(np.abs(column("Contrast", "factor") - 1), 0.9 * k / 9)
    assert np.allclose(column("Solarize", "threshold"), 1 - k / 9)
    bits = dict(zip(k.astype(int).tolist(), column("Posterize", "bits").astype(int).tolist(), strict=True))
    assert [bits[n] for n in range(10)] == [4, 4, 3, 3, 2, 2, 1, 1, 1, 1], "torchvision's, but that of 0 bits 1 is kept"


def test_how_many_chains_and_ops():
    flat = vg.Compose([vg.AugMix(width=2, depth=4, all_ops=False)]).compiler.flat
    (mix,) = flat.nodes
    assert len(mix.branches) == 2 and [len(branch) for branch in mix.branches] == [4 * 9] * 2
    assert (len(ALL), len(FEWER)) == (13, 9)
    applied = sum(each["applied"] for each in vg.Compose([vg.AugMix(width=2, depth=4)]).params(vg.Key(1)).values())
    assert applied == 1 + 2 * 4


def test_labels_stay_and_the_picture_does_not():
    augment = vg.Compose([vg.AugMix(severity=9)], targets={"boxes": vg.Boxes(), "mask": vg.Mask()})
    made = augment(image=IMAGE, boxes=[[3, 4, 20, 30]], mask=IMAGE[..., 0], key=vg.Key(1))
    assert np.array_equal(made["boxes"], [[3, 4, 20, 30]]) and np.array_equal(made["mask"], IMAGE[..., 0])
    assert not np.array_equal(made["image"], IMAGE)


def test_views_of_a_sample_differ_by_their_variation():
    """For the Jensen-Shannon loss."""
    augment = vg.Compose([vg.AugMix()])
    views = [augment(IMAGE, key=vg.Key(1, 0, 5, variation)) for variation in (1, 2)]
    assert not np.array_equal(*views)


@pytest.mark.parametrize(
    "op", [vg.AugMix(), vg.AugMix(9, 2, 1, alpha=0.3, p=0.6), vg.policy("augmix-m5-w4-d2")], ids=repr
)
def test_it_keeps_the_library_s_promises(op):
    testing.assert_lowering_is_sound(op, tries=4)
    testing.assert_fused_equals_reference([vg.RandomCrop(24), op], tries=3)
    testing.assert_targets_stay_in_step(op, tries=3, picture=False)
    testing.check(op)


def test_timm_s_text():
    found = columns(vg.policy("augmix-m5-w4-d2"))
    m = np.stack([found[f"policy/Slot{'' if n == 1 else f'#{n}'}"]["magnitude"] for n in range(1, 9)])
    assert m.min() >= 0 and 4.99 < m.max() <= 5 and np.abs(m.mean(axis=1) - 2.5).max() < 0.15
    (mix,) = vg.Compose([vg.policy("augmix-m5-w4-d2")]).compiler.flat.nodes
    assert [len(branch) for branch in mix.branches] == [2 * 13] * 4
    (mix,) = vg.Compose([vg.policy("augmix")]).compiler.flat.nodes
    assert [len(branch) for branch in mix.branches] == [3 * 13] * 3 and mix.op.alpha == 1
    assert vg.policy("augmix-a0.5-mstd1-b1").expand().alpha == 0.5
    strong = columns(vg.policy("augmix-m9-mstd0"), 5)
    assert set(strong["policy/Slot"]["magnitude"]) == {9}


def test_files_and_errors():
    pipeline = config.load("variegate: 1\nops:\n  - AugMix\n  - AugMix: {severity: 5, depth: 2}\n", vg.Compose)
    assert pipeline.ops == (vg.AugMix(), vg.AugMix(5, depth=2))
    assert config.load(config.dump(pipeline), vg.Compose) == pipeline
    with pytest.raises(vg.FieldError, match=r"^AugMix\.severity is a whole number, 1 to 10; got 11$"):
        vg.AugMix(11)
    with pytest.raises(vg.FieldError, match=r"^AugMix\.alpha must be at least 0.05 and at most 1000, got 0\.0$"):
        vg.AugMix(alpha=0)
    with pytest.raises(vg.FieldError, match=r"w takes a whole number, 1 to 8, such as w3; got 'w0'"):
        vg.policy("augmix-w0")


def test_three_augment_is_one_of_three():
    augment = vg.Compose([vg.ThreeAugment()])
    found = columns(vg.ThreeAugment())
    picks = np.bincount(np.floor(3 * found["ThreeAugment/OneOf"]["choice"]).astype(int)) / MANY
    assert np.abs(picks - 1 / 3).max() < 5 * np.sqrt(2 / 9 / MANY)
    assert set(found["ThreeAugment/Solarize"]["threshold"]) == {128 / 255}
    sigma = found["ThreeAugment/GaussianBlur"]["sigma"]
    assert 0.1 <= sigma.min() < 0.11 and 1.99 < sigma.max() < 2
    for i in range(12):
        made, applied = augment(IMAGE, key=vg.Key(1, 0, i)), augment.params(vg.Key(1, 0, i))
        if applied["ThreeAugment/Grayscale"]["applied"]:
            assert np.array_equal(made, vg.Compose([vg.Grayscale()])(IMAGE))
        elif applied["ThreeAugment/Solarize"]["applied"]:
            assert np.array_equal(made, np.where(IMAGE >= 128, 255 - IMAGE, IMAGE))
    testing.check(vg.ThreeAugment(p=0.5))
