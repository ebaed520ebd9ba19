"""AutoAugment: the pairs of a search, each as likely, each op by its own chance."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg
from variegate import config, testing
from variegate.ops.base import leaves
from variegate.ops.policies import OPS

MANY = 8000
POLICIES = ["imagenet", "cifar10", "svhn"]


def pairs(policy):
    """The 25 chains of a policy."""
    return vg.AutoAugment(policy).expand().ops


@pytest.mark.parametrize("policy", POLICIES)
def test_there_are_25_pairs_of_known_ops(policy):
    assert len(pairs(policy)) == 25
    assert all(1 <= len(chain.ops) <= 2 for chain in pairs(policy))  # an op of probability 0 is left out
    kinds = {type(op) for chain in pairs(policy) for op in chain.ops}
    assert len(OPS) >= len(kinds) > 5 and all(0 < op.p <= 1 for chain in pairs(policy) for op in chain.ops)


def test_pairs_by_hand():
    """The first two of each, as the paper's tables have them."""
    bright = vg.Choice
    assert pairs("imagenet")[0].ops == (vg.Posterize(4, p=0.4), vg.Rotate(bright((-30, 30)), p=0.6))
    assert pairs("imagenet")[1].ops[1] == vg.AutoContrast(p=0.6)
    assert pairs("cifar10")[0].ops == (vg.Invert(p=0.1), vg.Contrast(bright((1 - 0.9 * 6 / 9, 1 + 0.9 * 6 / 9)), p=0.2))
    assert pairs("svhn")[15].ops == (vg.Invert(p=0.8),)  # TranslateY has the probability 0
    shear, invert = pairs("svhn")[1].ops
    assert shear.default_name == "Shear" and shear.p == 0.9 and np.isclose(shear.y.bounds()[1], 0.3 * 8 / 9)
    assert invert == vg.Invert(p=0.7)


@pytest.mark.parametrize("policy", POLICIES)
def test_pairs_and_ops_come_as_often_as_they_should(policy):
    augment = vg.Compose([vg.AutoAugment(policy)])
    found = augment.compiler.drawing.columns(vg.Keys.at(1, 0, np.arange(MANY)))
    share = np.bincount(np.floor(found["AutoAugment/OneOf"]["choice"] * 25).astype(int), minlength=25) / MANY
    assert np.abs(share - 1 / 25).max() < 5 * np.sqrt(1 / 25 / MANY)
    for path, p in ((node.path, node.op.p) for node in augment.compiler.flat.nodes if node.op.p != 1):
        assert abs((found[path]["p"] < p).mean() - p) < 5 * np.sqrt(p * (1 - p) / MANY)


def test_the_signs_of_a_constant_level_are_even():
    augment = vg.Compose([vg.AutoAugment("imagenet")])
    angles = augment.compiler.drawing.columns(vg.Keys.at(1, 0, np.arange(MANY)))["AutoAugment/Rotate"]["angle"]
    assert set(np.abs(angles)) == {30.0} and abs((angles > 0).mean() - 0.5) < 5 * 0.5 / np.sqrt(MANY)


@pytest.mark.parametrize("policy", POLICIES)
def test_it_keeps_the_library_s_promises(policy):
    op = vg.AutoAugment(policy)
    testing.assert_lowering_is_sound(op, tries=6)
    testing.assert_fused_equals_reference([op, vg.RandomCrop(24)], tries=4)
    testing.assert_targets_stay_in_step(op, tries=3, picture=False)
    testing.check(op)


def test_what_it_holds_reads_and_fills_as_it_says():
    op = vg.AutoAugment("svhn", interpolation="nearest", fill=9)
    moving = [each for each in leaves(op) if hasattr(each, "fill")]
    assert moving and {(each.interpolation, each.fill) for each in moving} == {("nearest", 9.0)}


def test_files_and_errors():
    pipeline = config.load("variegate: 1\nops:\n  - AutoAugment: svhn\n  - AutoAugment\n", vg.Compose)
    assert pipeline.ops == (vg.AutoAugment("svhn"), vg.AutoAugment("imagenet"))
    assert config.load(config.dump(pipeline), vg.Compose) == pipeline
    with pytest.raises(
        vg.FieldError, match=r"^AutoAugment\.policy is one of 'imagenet', 'cifar10', 'svhn'; got 'food'"
    ):
        vg.AutoAugment("food")
