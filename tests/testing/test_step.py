"""assert_targets_stay_in_step finds labels that went their own way, and pixels that left their labels behind."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg
from variegate.testing import assert_targets_stay_in_step, step
from variegate.testing.scene import filled, inner, outline
from variegate.testing.trial import Done


def fails(op, *texts, **options):
    with pytest.raises(AssertionError) as caught:
        assert_targets_stay_in_step(op, **{"tries": 3, **options})
    for text in texts:
        assert text in str(caught.value), str(caught.value)
    return str(caught.value)


CHAIN = [vg.Rotate((-60, 60)), vg.RandomResizedCrop(None, (0.2, 1)), vg.HorizontalFlip(p=0.5)]


@pytest.mark.parametrize(
    "ops",
    [
        CHAIN,
        [vg.Perspective((0, 0.5)), vg.Shear((-30, 30)), vg.Transpose()],
        [vg.Rotate((-60, 60), fill=(191, 64, 64)), vg.Normalize(layout="CHW")],
        [vg.Pad(20, border="edge"), vg.Invert(), vg.Gamma((0.5, 2)), vg.Rotate90()],
        [vg.RandomIoUCrop(), vg.RandomSizedBoxSafeCrop((80, 90)), vg.CropNonEmptyMask(60)],
        [vg.RandomZoomOut((1, 3), fill=255), vg.Resize(128)],
        [vg.Opaque(lambda image: image**2, moves_pixels=False), vg.ToDtype("float16")],
        [vg.Brightness(0)],
        [vg.Resize((20, 30))],
    ],
)
def test_what_stays_in_step_passes(ops):
    assert_targets_stay_in_step(ops)


@pytest.mark.parametrize("channels", [1, 4])
def test_any_number_of_channels(channels):
    assert_targets_stay_in_step(CHAIN, channels=channels)
    fails(vg.Opaque(np.flipud, moves_pixels=False), "does not show the objects", channels=channels)


@pytest.mark.parametrize(
    "wrong",
    [
        np.fliplr,
        np.flipud,
        lambda image: image[::-1, ::-1],
        lambda image: np.roll(image, 3, 0),
        lambda image: np.roll(image, -60, 1),
        lambda image: np.roll(image, (96, 128), (0, 1)),
        lambda image: 1 - np.roll(image, 96, 0),
        lambda image: np.where(np.arange(image.shape[1])[:, None] > 128, image, image[:1, :1]),
    ],
)
def test_pixels_that_moved_without_their_labels(wrong):
    op = vg.Opaque(wrong, moves_pixels=False)
    message = fails(
        [*CHAIN, op],
        f"[Rotate, RandomResizedCrop, HorizontalFlip, {op.label}]: the picture does not show the objects where "
        "the mask has",
        "pixels off their outline are of the other kind; key Key(seed=5, id=",
    )
    assert message.endswith(f". Of the chain's ops {op.label} fails alone too")


def test_a_picture_that_is_hidden_in_parts_may_be_left_out():
    def erase(image):
        image[20:120, 30:200] = 0.75
        return image

    op = vg.Opaque(erase, moves_pixels=False)
    fails(op, "does not show the objects")
    assert_targets_stay_in_step(op, picture=False)


def test_a_function_that_may_move_pixels_is_refused_by_the_pipeline():
    with pytest.raises(vg.InputError, match="fliplr is a function of the whole picture that may move pixels, and mask"):
        assert_targets_stay_in_step(vg.Opaque(np.fliplr))


# What no op can make go wrong is tried by hand, on the labels themselves.


@pytest.fixture
def fields():
    _, labels = step._scene((96, 128), 3)
    return labels


def refused(fields, text):
    with pytest.raises(AssertionError, match=text):
        step._together(fields, iou=0.96)


def test_the_scene_agrees_with_itself(fields):
    step._together(fields, iou=0.999)


def test_a_row_that_is_left_over(fields):
    refused(fields | {"names": [1]}, "fields of one group have other numbers of instances: .*'boxes': 2.*'names': 1")


def test_a_mask_that_lies_elsewhere(fields):
    refused(fields | {"masks": np.roll(fields["masks"], 3, 2)}, "mask and polygon of instance 1 have an IoU of 0.8")


def test_rows_in_another_order(fields):
    refused(fields | {"names": [2, 1]}, "the mask of classes and the mask of instance 2 differ")
    refused(
        fields | {"boxes": fields["boxes"][::-1]}, "the box .* of instance 1 is .* pixels off what its polygon covers"
    )
    refused(fields | {"points": fields["points"][::-1]}, "the polygon's corners and the keypoints of instance 1 differ")
    refused(fields | {"oriented": fields["oriented"][::-1]}, "keypoints of instance 1 lie outside of its oriented box")


def test_a_hair_is_too_much_for_points(fields):
    points = fields["points"].copy()
    points[1, 3, 1] += 1e-5
    refused(fields | {"points": points}, "instance 2 differ")


def test_a_box_that_is_loose(fields):
    refused(fields | {"boxes": fields["boxes"] + (-3, 0, 0, 0)}, r"the box .* is 3\.\d pixels off")


def test_a_turned_box_that_is_not(fields):
    rows = fields["oriented"] + (0, 0, 0, 0, 20)
    refused(fields | {"oriented": rows}, "lie outside of its oriented box")


def test_where_nothing_of_the_picture_is_seen_it_says_nothing(fields):
    image = np.zeros((96, 128, 3))
    image[:, 64:] = 1
    wrong = Done(image, fields)
    with pytest.raises(AssertionError, match="does not show"):
        step._picture(wrong)
    step._picture(Done(image, fields | {"shown": np.zeros((96, 128), np.uint8)}))
    step._picture(Done(image * 0.001, fields))


def test_filled_covers_by_half():
    square = np.array([[1.0, 1], [4, 1], [4, 3], [1, 3]])
    want = np.zeros((5, 6), bool)
    want[1:3, 1:4] = True
    np.testing.assert_array_equal(filled([square], (5, 6)), want)
    np.testing.assert_array_equal(filled([square + 0.3], (5, 6)), want)
    np.testing.assert_array_equal(filled([square + 0.8], (5, 6)), np.roll(want, (1, 1), (0, 1)))
    assert filled([square, square + np.array([0, 2])], (5, 6)).sum() == 12
    diamond = np.array([[2.5, 0], [5, 2.5], [2.5, 5], [0, 2.5]])  # two corners on the line through the pixels' centres
    assert filled([diamond], (5, 5), fine=1).sum(axis=1).tolist() == [1, 3, 5, 3, 1]
    assert not filled([], (5, 6)).any() and not filled([square[:2]], (5, 6)).any()


def test_inner_and_outline():
    mask = np.zeros((6, 7), bool)
    mask[1:5, 1:6] = True
    assert inner(mask).sum() == 2 * 3 and inner(mask)[2:4, 2:5].all() and outline(mask) == 14
    assert outline(np.ones((3, 3), bool)) == 8
