"""RandAugment: what is chosen, how often, how strong; on labels, by epoch, in files."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg
from variegate import config, testing
from variegate.plan.flatten import flatten

MANY = 6000
IMAGE = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)


def columns(op, count=MANY, epoch=0):
    return vg.Compose([op]).compiler.drawing.columns(vg.Keys.at(1, epoch, np.arange(count)))


def chosen(found, slot):
    """Which of the 14 a slot picks, (MANY,)."""
    return np.floor(found[f"RandAugment/OneOf{'' if slot == 0 else f'#{slot + 1}'}"]["choice"] * 14).astype(int)


def test_each_op_is_as_likely_and_may_come_again():
    found = columns(vg.RandAugment(3))
    slots = [chosen(found, n) for n in range(3)]
    for slot in slots:
        assert np.abs(np.bincount(slot, minlength=14) / MANY - 1 / 14).max() < 5 * np.sqrt(1 / 14 / MANY)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        pairs = np.bincount(slots[a] * 14 + slots[b], minlength=196) / MANY
        assert np.abs(pairs - 1 / 196).max() < 5 * np.sqrt(1 / 196 / MANY)
        assert (slots[a] == slots[b]).mean() > 1 / 28


def test_n_ops_apply_but_where_none_is_picked():
    augment = vg.Compose([vg.RandAugment(3)])
    drawing = columns(vg.RandAugment(3), 200)
    none = sum((chosen(drawing, n) == 0).astype(int) for n in range(3))
    for i in range(200):
        applied = sum(each["applied"] for each in augment.params(vg.Key(1, 0, i)).values())
        assert applied == 3 - none[i]


def test_signs_are_as_likely_and_each_op_s_own():
    found = columns(vg.RandAugment(2, 30))
    fields = [("Rotate", "angle", 0), ("Shear", "x", 0), ("Shear#2", "y", 0), ("Translate", "x", 0)]
    fields += [(kind, "factor", 1) for kind in ("Brightness", "Saturation", "Contrast", "Sharpness")]
    fields += [("Rotate#2", "angle", 0), ("Shear#3", "x", 0)]
    signs = np.stack([found[f"RandAugment/{path}"][item] > neutral for path, item, neutral in fields])
    assert np.abs(signs.mean(axis=1) - 0.5).max() < 5 * 0.5 / np.sqrt(MANY)
    assert np.abs(np.corrcoef(signs) - np.eye(len(signs))).max() < 5 / np.sqrt(MANY)


@pytest.mark.parametrize("bins", [31, 11])
def test_numbers_are_those_of_the_magnitude(bins):
    for k in (0, 1, bins // 2, bins - 1):
        u, found = k / (bins - 1), columns(vg.RandAugment(1, k, bins), 8)

        def far(path, item, neutral=0.0, found=found):
            return np.abs(found[f"RandAugment/{path}"][item] - neutral)

        assert np.allclose(far("Shear", "x"), 0.3 * u) and np.allclose(far("Shear#2", "y"), 0.3 * u)
        assert np.allclose(far("Translate", "x"), 150 / 331 * u) and np.allclose(far("Rotate", "angle"), 30 * u)
        for kind in ("Brightness", "Saturation", "Contrast", "Sharpness"):
            assert np.allclose(far(kind, "factor", 1), 0.9 * u)
        assert (found["RandAugment/Posterize"]["bits"] == np.rint(8 - 4 * u)).all()
        assert np.allclose(found["RandAugment/Solarize"]["threshold"], 1 - u)


def test_a_range_is_drawn_once_a_sample_and_lies_between_bins():
    found = columns(vg.RandAugment(2, (3, 9)), 500)
    m = found["RandAugment"]["magnitude"]
    assert m.min() < 3.1 and m.max() > 8.9
    for path in ("Rotate", "Rotate#2"):
        assert np.allclose(np.abs(found[f"RandAugment/{path}"]["angle"]), m)


def test_a_ramp_makes_it_stronger_by_the_epoch():
    op = vg.RandAugment(2, vg.Ramp(0, 30, 10), p=vg.Ramp(0, 1, 10))
    for epoch, angle in ((0, 0), (5, 15), (10, 30), (99, 30)):
        found = columns(op, 2000, epoch)
        assert np.allclose(np.abs(found["RandAugment/Rotate"]["angle"]), angle)
        part = min(epoch / 10, 1)
        assert abs((found["RandAugment"]["p"] == 0).mean() - part) < 5 * 0.5 / np.sqrt(2000)


def test_it_stands_for_ops_that_fuse():
    flat = flatten(vg.Compose([vg.RandAugment(2), vg.RandomResizedCrop(32)]))
    assert len(flat.nodes) == 2 * 13 + 1
    text = str(vg.Compose([vg.RandAugment(1, 9), vg.RandomResizedCrop(32)]).explain())
    assert "map      Rotate(angle=Choice((-9, 9)))   if RandAugment/OneOf" in text
    assert "map      RandomResizedCrop" in text and "2 resamplings" in text


def test_labels_follow_and_a_replay_has_the_same_bytes():
    augment = vg.Compose(
        [vg.RandAugment(2, 20)], targets={"mask": vg.Mask(), "boxes": vg.Boxes(), "points": vg.Keypoints(group=None)}
    )
    sample = {"image": IMAGE, "mask": IMAGE[..., 0], "boxes": [[9, 9, 30, 30]], "points": [[20, 20]]}
    for i in range(20):
        made, record = augment(**sample, key=vg.Key(3, 0, i), return_params=True)
        again = augment.replay(record, **sample)
        assert all(np.array_equal(made[name], again[name]) for name in made)


@pytest.mark.parametrize("op", [vg.RandAugment(2, 20), vg.RandAugment(3, (0, 30), p=0.5)], ids=repr)
def test_it_keeps_the_library_s_promises(op):
    testing.assert_lowering_is_sound(op)
    testing.assert_fused_equals_reference([op, vg.RandomCrop(24)], tries=6)
    testing.assert_targets_stay_in_step(op, tries=4, picture=False)
    testing.check(op)


def test_how_the_moving_ops_read_and_fill():
    fill = (10.0, 20.0, 30.0)
    nodes = flatten(vg.Compose([vg.RandAugment(1, interpolation="nearest", border="edge", fill=fill)])).nodes
    moving = [node.op for node in nodes if hasattr(node.op, "border")]
    assert len(moving) == 5
    assert {(op.interpolation, op.border, op.fill) for op in moving} == {("nearest", "edge", fill)}


def test_files():
    text = "variegate: 1\nops:\n  - RandAugment: {n: 2, magnitude: 9}\n  - RandAugment\n  - RandAugment: 3\n"
    pipeline = config.load(text, vg.Compose)
    assert pipeline.ops == (vg.RandAugment(), vg.RandAugment(), vg.RandAugment(3))
    pipeline = vg.Compose([vg.RandAugment(1, vg.Ramp(0, (1, 5), 3), bins=7, fill=3, interpolation="bicubic")])
    assert config.load(config.dump(pipeline), vg.Compose) == pipeline


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"magnitude": 31}, "RandAugment.magnitude must be at least 0 and at most 30, got Constant(31)"),
        ({"bins": 5}, "RandAugment.magnitude must be at least 0 and at most 4, got Constant(9)"),
        ({"magnitude": (0, 5), "bins": 4}, "RandAugment.magnitude must be at least 0 and at most 3, got Uniform(0, 5)"),
        ({"n": 2.0}, "RandAugment.n is a whole number, 0 to 16; got 2.0"),
        ({"bins": 1}, "RandAugment.bins is a whole number, 2 to 1000; got 1"),
        ({"bins": "31", "magnitude": 99}, "RandAugment.bins is a whole number, 2 to 1000; got '31'"),
    ],
)  # fmt: skip
def test_errors(fields, message):
    with pytest.raises(vg.FieldError) as problem:
        vg.RandAugment(**fields)
    assert str(problem.value) == message
