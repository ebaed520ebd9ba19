"""Test-time augmentation: a model that sees what is there is right, however the picture was turned for it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.labels.truth import RUNS

import variegate as vg

EXACT = [vg.HorizontalFlip(p=0.5), vg.VerticalFlip(p=0.5)]
TURNED = [*EXACT, vg.Rotate((-60, 60)), vg.Scale((0.8, 1.25)), vg.Perspective(0.3)]


def picture(size=(20, 30), channels=2, seed=0):
    shape = (*size, channels) if channels else size
    return np.random.default_rng(seed).random(shape, np.float32)


def smooth(size=(60, 80)):
    rows, columns = np.mgrid[: size[0], : size[1]] / 9
    return np.stack([np.sin(rows) + 1, np.cos(columns + rows / 2) + 1], axis=2).astype(np.float32) / 2


# Segmentation


@pytest.mark.parametrize("size", [(20, 30), (16, 16)])
@pytest.mark.parametrize("channels", [None, 1, 2, 5])
@pytest.mark.parametrize("n", [1, 8])
def test_the_identity_as_a_model_gives_the_picture_back(size, channels, n):
    """A map of scores that is the picture itself: exact for what is exact."""
    ops = [*EXACT, vg.Transpose(p=0.5)] if size[0] == size[1] else EXACT
    image = picture(size, channels)
    mean = vg.TTA(vg.Compose(ops), n).segmentation(lambda batch: batch, image)
    assert mean.shape == image.shape and mean.dtype == np.float32
    np.testing.assert_allclose(mean, image, atol=1e-6)


def test_the_same_after_any_turn_but_for_reading_between_pixels_twice():
    """Also beside what a variation does not show: the score of what is no picture there counts for nothing."""
    image = smooth()
    mean = vg.TTA(vg.Compose(TURNED), 12).segmentation(lambda batch: batch, image)
    np.testing.assert_allclose(mean[8:-8, 8:-8], image[8:-8, 8:-8], atol=0.01)


def test_what_no_variation_shows_is_0_and_the_rest_is_the_mean_of_those_that_do():
    """Two crops of a picture that overlap: each pixel's mean is over the crops that hold it."""
    image = np.ones((20, 30), np.float32)
    augment = vg.Compose([vg.RandomCrop((9, 9))])
    counter = iter(range(1, 4))

    def predict(batch):
        return np.stack([np.full(each.shape, next(counter), np.float32) for each in batch])

    mean = vg.TTA(augment, 3, seed=5).segmentation(predict, image)
    keys = vg.Keys.at(5, 0, np.zeros(3, np.uint64), np.arange(3, dtype=np.uint32))
    plan = augment.plan(keys, [(20, 30)] * 3, 1, np.float32)
    total, count = np.zeros((20, 30)), np.zeros((20, 30))
    for n in range(3):
        left, top = plan.point_map(n).source.min(axis=0).astype(int)
        total[top : top + 9, left : left + 9] += n + 1
        count[top : top + 9, left : left + 9] += 1
    np.testing.assert_allclose(mean, total / np.maximum(count, 1), rtol=1e-6)
    assert (count == 0).any() and (count > 1).any()


@pytest.mark.parametrize("padding", [-np.inf, np.nan])
def test_what_a_model_says_of_the_padding_leaks_nowhere(padding):
    """Logarithms of probabilities, say: black is minus infinity."""
    image = smooth((20, 30)) * np.float32(0.8) + np.float32(0.1)

    def predict(batch):
        return np.where(batch.any(axis=3, keepdims=True), batch, np.float32(padding))

    mean = vg.TTA(vg.Compose([vg.Rotate((-30, 30))]), 4).segmentation(predict, image)
    assert np.isfinite(mean).all()
    np.testing.assert_allclose(mean[8:-8, 8:-8], image[8:-8, 8:-8], atol=0.02)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_layouts_and_dtypes(dtype):
    image = picture((20, 30), 3)
    augment = vg.Compose([*EXACT, vg.ToDtype("float32", "CHW")])

    def predict(batch):
        assert batch.shape == (6, 3, 20, 30)
        return np.concatenate([batch, batch[:, :1]], axis=1).astype(dtype)  # four classes

    mean = vg.TTA(augment, 6).segmentation(predict, image, layout="CHW")
    want = np.concatenate([image, image[:, :, :1]], axis=2).transpose(2, 0, 1)
    assert mean.dtype == dtype and mean.shape == (4, 20, 30)
    np.testing.assert_allclose(mean, want, atol=2e-3 if dtype == np.float16 else 1e-6)
    mean = vg.TTA(augment, 6).segmentation(lambda batch: predict(batch).transpose(0, 2, 3, 1), image)
    np.testing.assert_allclose(mean, want.transpose(1, 2, 0), atol=2e-3)
    flat = vg.TTA(augment, 6).segmentation(lambda batch: predict(batch)[:, 1], image, layout="CHW")
    np.testing.assert_allclose(flat, want[1], atol=2e-3)


def test_the_maps_are_of_the_results_size_and_come_back_in_the_picture_s():
    image = smooth((40, 60))
    mean = vg.TTA(vg.Compose([vg.Resize((80, 120)), vg.HorizontalFlip(p=0.5)]), 4).segmentation(
        lambda batch: batch, image
    )
    assert mean.shape == image.shape
    np.testing.assert_allclose(mean[2:-2, 2:-2], image[2:-2, 2:-2], atol=0.01)


# Points


def brightest(batch):
    """A model: where the brightest pixel is."""
    flat = batch.reshape(len(batch), -1).argmax(axis=1)
    rows, columns = np.unravel_index(flat, batch.shape[1:3])
    return np.stack([columns, rows], axis=1)[:, None] + 0.5


@RUNS
@given(st.tuples(st.integers(0, 19), st.integers(0, 29)), st.integers(1, 6), st.integers(0, 99))
def test_the_brightest_pixel_is_found_exactly_under_flips(place, n, seed):
    image = np.zeros((20, 30, 1), np.float32)
    image[place] = 1
    found = vg.TTA(vg.Compose(EXACT), n, seed).keypoints(brightest, image)
    np.testing.assert_allclose(found, [[place[1] + 0.5, place[0] + 0.5]], atol=1e-9)


def test_the_brightest_spot_is_found_to_half_a_pixel_under_any_turn():
    rows, columns = np.mgrid[:60, :80] + 0.5
    image = np.exp(-((columns - 33.3) ** 2 + (rows - 28.7) ** 2) / 20).astype(np.float32)
    found = vg.TTA(vg.Compose(TURNED), 16).keypoints(brightest, image)
    assert np.abs(found - [[33.3, 28.7]]).max() < 0.5


def two_eyes(batch, weight=None):
    """A model that calls the eye on the left `left`, as seen in the picture it is shown."""
    found = []
    for each in batch:
        columns = np.flatnonzero(each[..., 0].any(axis=0))
        found.append([[columns[0] + 0.5, 5.5], [columns[-1] + 0.5, 5.5], [15.5, 10.5]])
    found = np.array(found)
    return found if weight is None else np.concatenate([found, np.broadcast_to(weight, (*found.shape[:2], 1))], axis=2)


def test_points_are_averaged_in_full():
    """Not in the float32 in which labels come back."""
    point = [[1000 / 3, 2000 / 7]]
    found = vg.TTA(vg.Compose([]), 3).keypoints(lambda batch: np.array([point] * 3), np.zeros((400, 400), np.uint8))
    assert found.tolist() == point


def test_pairs_change_places_in_mirrors():
    image = np.zeros((20, 30, 1), np.float32)
    image[5, [8, 23]] = 1
    augment = vg.Compose([vg.HorizontalFlip(p=0.5)])
    truth = [[8.5, 5.5], [23.5, 5.5]]
    for weight in (None, 0.25):
        found = vg.TTA(augment, 8).keypoints(lambda batch, weight=weight: two_eyes(batch, weight), image, swap=[(0, 1)])
        np.testing.assert_allclose(found[:2, :2], truth)
        mixed = vg.TTA(augment, 8).keypoints(lambda batch, weight=weight: two_eyes(batch, weight), image)
        assert np.abs(mixed[:2, :2] - truth).max() > 1
    np.testing.assert_allclose(found[:, 2], 0.25)


def test_weights_say_how_much_each_prediction_counts():
    image = np.zeros((20, 30, 1), np.float32)
    weights = np.array([[1, 0], [3, 0], [0, 0]], np.float64)  # of three predictions, of two points

    def predict(batch):
        points = np.array([[[1.0, 1], [4, 4]], [[5, 9], [4, 4]], [[99, 99], [4, 4]]])
        return np.concatenate([points, weights[:, :, None]], axis=2)

    found = vg.TTA(vg.Compose([]), 3).keypoints(predict, image)
    np.testing.assert_allclose(found[0], [4, 7, 4 / 3])
    assert np.isfinite(found).all() and found[1, 2] == 0


def test_weights_change_places_with_their_points():
    image = np.zeros((20, 30, 1), np.float32)
    image[5, [8, 23]] = 1
    augment = vg.Compose([vg.HorizontalFlip(p=0.5)])
    mirrors = [plan_way.mirrored for plan_way in ways(augment, 8)]
    assert True in mirrors and False in mirrors

    def predict(batch):
        """Sure of the eye that is the left one on the picture, wherever it is shown."""
        told = two_eyes(batch, 1.0)
        for n, mirrored in enumerate(mirrors):
            told[n, 0 if mirrored else 1, 2] = 0.5
        return told

    found = vg.TTA(augment, 8).keypoints(predict, image, swap=[(0, 1)])
    np.testing.assert_allclose(found, [[8.5, 5.5, 1], [23.5, 5.5, 0.5], found[2]])


def ways(augment, n, seed=0, size=(20, 30)):
    keys = vg.Keys.at(seed, 0, np.zeros(n, np.uint64), np.arange(n, dtype=np.uint32))
    plan = augment.plan(keys, [size] * n, 1, np.float32)
    return [plan.point_map(i) for i in range(n)]


# Classification, and what the model is shown


def test_classes_are_the_mean():
    shown = []

    def predict(batch):
        shown.append(batch)
        return np.stack([np.arange(4.0) + n for n in range(len(batch))])

    mean = vg.TTA(vg.Compose([vg.Rotate((-9, 9))]), 5, seed=3).classification(predict, picture())
    np.testing.assert_allclose(mean, np.arange(4) + 2)
    keys = vg.Keys.at(3, 0, np.zeros(5, np.uint64), np.arange(5, dtype=np.uint32))
    np.testing.assert_array_equal(shown[0], vg.Compose([vg.Rotate((-9, 9))]).batch([picture()] * 5, keys=keys))


def test_a_seed_gives_the_same_variations_of_every_picture():
    shown = []

    def predict(batch):
        shown.append(batch)
        return np.zeros(len(batch))

    augment = vg.Compose(TURNED)
    for seed in (0, 0, 1):
        vg.TTA(augment, 4, seed).classification(predict, picture())
    np.testing.assert_array_equal(shown[0], shown[1])
    assert not np.array_equal(shown[0], shown[2])
    assert len({each.tobytes() for each in shown[0]}) == 4


def test_predictions_may_be_lists():
    assert vg.TTA(vg.Compose([]), 2).classification(lambda batch: [[1.0, 3], [3, 5]], picture()).tolist() == [2, 4]


def wiped(image):
    return image * np.float32(0.5)


def test_for_classes_a_function_may_move_what_it_likes():
    """Nothing is taken back; for places it may not."""
    augment = vg.Compose([vg.Opaque(wiped), vg.HorizontalFlip(p=0.5)])
    average = vg.TTA(augment, 4)
    assert average.classification(lambda batch: batch.mean(axis=(1, 2)), picture()).shape == (2,)
    for call in (average.segmentation, average.keypoints):
        with pytest.raises(
            vg.InputError, match="wiped is a function of the whole picture that may move pixels, and what is predicted"
        ):
            call(lambda batch: batch, picture())
    calm = vg.TTA(vg.Compose([vg.Opaque(wiped, moves_pixels=False), vg.HorizontalFlip(p=0.5)]), 4)
    np.testing.assert_allclose(calm.segmentation(lambda batch: batch * 2, picture()), picture(), atol=1e-6)


# Refused


@pytest.mark.parametrize("n", [0, -1, 1.5, "two", None, True])
def test_n_is_a_whole_number(n):
    with pytest.raises(vg.FieldError, match=re.escape(f"TTA.n is an integer of 1 or more, got {n!r}")):
        vg.TTA(vg.Compose([]), n)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda t, i: t.classification(lambda batch: batch[:2], i),
            "TTA gave 3 variations to predict, which returned shape (2, 20, 30, 2)",
        ),
        (
            lambda t, i: t.classification(lambda batch: 0.5, i),
            "TTA gave 3 variations to predict, which returned shape ()",
        ),
        (
            lambda t, i: t.keypoints(lambda batch: batch[:1], i),
            "TTA gave 3 variations to predict, which returned shape (1,",
        ),
        (
            lambda t, i: t.segmentation(lambda batch: batch.argmax(axis=3), i),
            "TTA averages scores, as floats; got predictions of int64. One-hot them first",
        ),
        (
            lambda t, i: t.keypoints(lambda batch: np.zeros((3, 2)), i),
            "TTA takes points (n, K, 2), or (n, K, 3) with weights; got (3, 2)",
        ),
        (
            lambda t, i: t.keypoints(lambda batch: np.zeros((3, 2, 4)), i),
            "TTA takes points (n, K, 2), or (n, K, 3) with weights; got (3, 2, 4)",
        ),
        (
            lambda t, i: t.segmentation(lambda batch: batch[:, ::2], i),
            "TTA takes score maps of the results' size (20, 30), got (10, 30, 2); scale them",
        ),
        (
            lambda t, i: t.classification(lambda batch: batch, "photo.jpg"),
            "a picture is a NumPy array or a PIL image, got a path",
        ),
    ],
)
def test_what_is_wrong_is_told(call, message):
    with pytest.raises(vg.InputError, match=re.escape(message)):
        call(vg.TTA(vg.Compose(EXACT), 3), picture())


def test_variations_have_one_size():
    augment = vg.Compose([vg.RandomZoomOut()])
    with pytest.raises(
        vg.InputError,
        match=re.escape("TTA needs variations of one size; end the pipeline with Resize or another fixed size"),
    ):
        vg.TTA(augment, 3).classification(lambda batch: batch, picture())
