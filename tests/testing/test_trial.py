"""Trials: the pipeline that is meant, what a message says, and which op is at fault."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg
from variegate.testing import trial
from variegate.testing.scene import noise


def test_an_op_a_list_and_a_pipeline():
    op = vg.Rotate(5)
    assert trial.pipeline_of(op) == trial.pipeline_of([op]) == vg.Compose([op])
    given = vg.Compose([op], interpolation="nearest", targets={"boxes": vg.Boxes()})
    assert trial.pipeline_of(given) is given
    ours = trial.pipeline_of(given, {"points": vg.Keypoints()})
    assert ours.interpolation == "nearest" and set(ours.known) == {"image", "mask", "label", "points"}
    assert trial.pipeline_of(vg.RandomApply([op], p=0.5)).ops == (vg.RandomApply([op], p=0.5),)


def test_labels_for_ops_that_look():
    assert trial.labels_for(trial.pipeline_of(vg.Rotate(5)), (6, 8), [1, 2, 3, 4]) == {}
    pipeline = trial.pipeline_of([vg.OneOf([vg.RandomIoUCrop(), vg.CropNonEmptyMask(2)]), vg.Resize(2)])
    assert isinstance(pipeline.known["boxes"], vg.Boxes)
    labels = trial.labels_for(pipeline, (6, 8), [1, 2, 3, 14])
    assert labels["boxes"].tolist() == [[1, 2, 3, 6]]
    assert labels["mask"].sum() == 8 and labels["mask"][2:6, 1:3].all()
    mine = trial.pipeline_of(vg.RandomIoUCrop(), {"boxes": vg.Boxes("coco")})
    assert mine.known["boxes"] == vg.Boxes("coco")


def test_a_sample_is_carried_out_as_a_call_does():
    pipeline = vg.Compose([vg.Rotate((-30, 30)), vg.ToDtype("float32", layout="CHW")], targets={"a": vg.Boxes()})
    image, key = noise((9, 12), 3), vg.Key(seed=5, id=3)
    done = trial.carried_out(pipeline, image, key, {"a": [[1, 2, 3, 4]]})
    want = pipeline(image=image, a=[[1, 2, 3, 4]], key=key)
    np.testing.assert_array_equal(np.moveaxis(done.image, 2, 0), want["image"])
    np.testing.assert_array_equal(done.fields["a"], want["a"])


def test_what_a_key_draws_is_told_in_few_digits():
    pipeline = vg.Compose([vg.Rotate(1 / 3), vg.OneOf([vg.Invert(), vg.Invert(p=0.001)]), vg.RandomResizedCrop(4)])
    text = trial.params_text(pipeline, vg.Key(5, id=2))
    assert text.startswith("key Key(seed=5, id=2), which draws Rotate(angle=0.3333), ")
    assert "Invert#2 left out" in text and text.count(", ...]") == 2
    assert trial.params_text(vg.Compose([]), vg.Key(5)) == "key Key(seed=5, id=0), which draws nothing"


def check(*guilty, seen=None):
    """A check that fails where one of these drawn numbers is met."""

    def called(pipeline):
        drawn = pipeline.params(vg.Key())
        if seen is not None:
            seen.append(drawn)
        if any(numbers.get("angle") in guilty for numbers in drawn.values()):
            raise AssertionError("wrong")

    return called


def message(check, ops):
    with pytest.raises(AssertionError) as caught:
        trial.attempt(check, trial.pipeline_of(ops))
    return str(caught.value)


def test_the_guilty_are_named():
    chain = [vg.Rotate(1), vg.OneOf([vg.Rotate(2), vg.HorizontalFlip()]), vg.Rotate(3, name="last")]
    trial.attempt(check(4), vg.Compose(chain))
    assert message(check(1), chain[0]) == "Rotate: wrong"
    head = "[Rotate, Rotate#2, HorizontalFlip, last]: wrong. "
    assert message(check(3), chain) == head + "Of the chain's ops last fails alone too"
    assert message(check(1, 2), chain) == head + "Of the chain's ops Rotate, Rotate#2 fail alone too"


def test_who_fails_only_together():
    def crowd(pipeline):
        assert len(pipeline.ops) < 2, "too many"

    assert message(crowd, [vg.Rotate(1), vg.Invert()]).endswith(". No op of the chain fails alone")


def test_an_op_alone_draws_what_it_drew_in_its_chain():
    seen, chain = [], [vg.Rotate(1), vg.Rotate((0, 9)), vg.Opaque(abs, by=(0, 1), p=0.5)]
    message(check(1, seen=seen), chain)
    whole, *alone = seen
    assert [list(each) for each in alone] == [["Rotate"], ["Rotate#2"], ["abs"]]
    assert {path: numbers for each in alone for path, numbers in each.items()} == whole
    assert all(op.name is None for op in chain), "the user's own ops stay as they were"


def test_an_op_that_cannot_be_tried_alone_is_not_accused():
    def fragile(pipeline):
        if len(pipeline.ops) == 1:
            raise ValueError("not alone")
        raise AssertionError("wrong")

    assert message(fragile, [vg.Rotate(1), vg.Invert()]).endswith(". No op of the chain fails alone")


def test_other_errors_pass_through():
    def broken(pipeline):
        raise KeyError("x")

    with pytest.raises(KeyError):
        trial.attempt(broken, vg.Compose([vg.Rotate(1), vg.Invert()]))
