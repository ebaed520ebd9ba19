"""Ops that mix stand apart from those that make the picture of one sample, in levels of which one applies."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg
from variegate.errors import PipelineError
from variegate.key import Keys

MIX, CUT = vg.MixUp(1.0), vg.CutMix()


def levels(ops):
    return [[node.path for node in level] for level in vg.Compose(ops).compiler.levels]


@pytest.mark.parametrize(
    ("ops", "wanted"),
    [
        ([vg.Rotate((-9, 9))], []),
        ([MIX], [["MixUp"]]),
        ([vg.Rotate((-9, 9)), MIX, vg.Normalize()], [["MixUp"]]),
        ([vg.OneOf([MIX, CUT])], [["MixUp", "CutMix"]]),
        ([vg.OneOf([MIX, CUT], p=0.3, weights=[1, 3])], [["MixUp", "CutMix"]]),
        ([vg.OneOf([MIX, CUT, vg.MixUp(0.2)])], [["MixUp", "CutMix", "MixUp#2"]]),
        ([MIX, CUT], [["MixUp"], ["CutMix"]]),
        ([vg.OneOf([MIX, CUT]), vg.MixUp(0.2)], [["MixUp", "CutMix"], ["MixUp#2"]]),
        ([vg.RandomApply([MIX], p=0.5), vg.ToDtype("float32")], [["MixUp"]]),
        ([vg.RandomApply([MIX, CUT], p=0.5)], [["MixUp"], ["CutMix"]]),
        ([vg.SomeOf([MIX, CUT], n=2)], [["MixUp"], ["CutMix"]]),
        ([vg.OneOf([vg.Invert(), vg.RandomApply([MIX, CUT], p=0.5)])], [["MixUp"], ["CutMix"]]),
    ],
    ids=repr,
)
def test_levels(ops, wanted):
    assert levels(ops) == wanted


@pytest.mark.parametrize("ops", [[vg.OneOf([MIX, CUT])], [vg.OneOf([MIX, CUT], p=0.5)], [MIX, CUT]], ids=repr)
def test_one_op_of_a_level_applies_at_most(ops):
    augment = vg.Compose(ops)
    plan = augment.plan(Keys.of([vg.Key(id=n) for n in range(200)]), np.full((200, 2), 40), mixes=True)
    for number, level in enumerate(plan.levels):
        names = [None if (row := plan.blend(i, number)) is None else row.path for i in range(200)]
        assert set(names) - {None} == {node.path for node in level}
    if ops[0].p < 1:
        assert 60 < names.count(None) < 140


def test_what_stands_behind_and_too_many_are_refused():
    with pytest.raises(
        PipelineError,
        match=r"^Rotate stands behind MixUp, which takes results that are finished: behind it may stand Normalize, "
        r"ToDtype and one more op that mixes\. Put it before: \[\.\.\., Rotate\(angle=Uniform\(-9, 9\)\), MixUp\(",
    ):
        vg.Compose([MIX, vg.Rotate((-9, 9))]).compiler  # noqa: B018
    with pytest.raises(PipelineError, match=r"^at most 2 ops in a row mix, got MixUp, CutMix, MixUp#2\. Choose among"):
        vg.Compose([MIX, CUT, vg.MixUp(0.2)]).compiler  # noqa: B018


ROLL = vg.MixUp(partners="roll", per="batch")


@pytest.mark.parametrize(
    ("ops", "said"),
    [
        (
            [vg.OneOf([MIX, vg.Hue(3)])],
            r"Hue stands behind MixUp, .*Put it before: \[OneOf\(\[\.\.\.\]\) of those that make",
        ),
        (
            [CUT, vg.GaussianBlur(sigma=2)],
            r"GaussianBlur stands behind CutMix, .*Put it before: \[\.\.\., Gauss.*, CutMix\(\)\]",
        ),
        ([vg.CopyPaste(), vg.Rotate(9)], r"Rotate stands behind CopyPaste, .*Put it before: \[.*, CopyPaste\(\)\]"),
        ([ROLL, CUT], r"CutMix stands behind MixUp, whose partners are of the batch, .* as partners='roll'"),
        ([ROLL, vg.CopyPaste()], r"CopyPaste stands behind MixUp, whose partners are of the batch, .*: put it before"),
        ([vg.OneOf([ROLL, vg.CutMix(partners="roll")])], r"MixUp draws once a batch, .* in OneOf, once a sample, so"),
        (
            [vg.OneOf([vg.Hue(3), ROLL])],
            r"MixUp draws once a batch, per='batch', and Hue, with which it stands in OneOf",
        ),
        (
            [vg.RandomApply([vg.Hue(3), ROLL], p=0.5)],
            r"MixUp draws once a batch, .* Hue, .* stands in RandomApply, once",
        ),
    ],
    ids=repr,
)
def test_what_cannot_stand_together_is_told_what_to_write(ops, said):
    with pytest.raises(PipelineError, match=f"^{said}"):
        vg.Compose(ops).compiler  # noqa: B018


@pytest.mark.parametrize(
    "ops",
    [
        [MIX, ROLL],
        [vg.OneOf([vg.CutMix(partners="flip"), MIX])],
        [vg.OneOf([ROLL, vg.CutMix(partners="random", per="batch")], p=0.3), vg.MixUp(partners="flip", per="pair")],
        [vg.Mosaic(16), ROLL, vg.Normalize()],
    ],
    ids=repr,
)
def test_what_can_stand_together_with_partners_of_the_batch(ops):
    assert vg.Compose(ops).compiler.within


def test_a_ramp_of_p_ends_mixing():
    augment = vg.Compose([vg.MixUp(1.0, p=vg.Ramp(1, 0, 4))])
    for epoch in (0, 2, 4, 9):
        keys = Keys.of([vg.Key(epoch=epoch, id=n) for n in range(200)])
        plan = augment.plan(keys, np.full((200, 2), 8), mixes=True)
        applied = sum(plan.blend(i, 0) is not None for i in range(200))
        assert applied == {0: 200, 4: 0, 9: 0}.get(epoch, applied) and (epoch != 2 or 60 < applied < 140)


def test_a_row_has_its_box_within_the_picture_and_a_share_that_is_drawn():
    sizes = np.array([[30 + n % 7, 20 + n % 11] for n in range(300)])
    plan = vg.Compose([CUT]).plan(Keys.of([vg.Key(id=n) for n in range(300)]), sizes, mixes=True)
    rows = [plan.blend(i, 0) for i in range(300)]
    for row, (height, width) in zip(rows, sizes.tolist(), strict=True):
        left, top, right, bottom = row.box
        assert 0 <= left <= right <= width and 0 <= top <= bottom <= height and row.share == 0
        assert row.size == (height, width) and 0 <= row.partner < 1
    assert 0.4 < np.mean([row.weight for row in rows]) < 0.75
    mixed = vg.Compose([MIX]).plan(Keys.of([vg.Key(id=n) for n in range(300)]), sizes, mixes=True)
    shares = np.array([mixed.blend(i, 0).share for i in range(300)])
    assert abs(shares.mean() - 0.5) < 0.06 and abs(np.mean(shares < 0.25) - 0.25) < 0.1
