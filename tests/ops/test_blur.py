"""GaussianBlur, BoxBlur, MotionBlur, Defocus: their weights, and what others make of the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter
from scipy import ndimage

import variegate as vg
from variegate import testing
from variegate.ops.base import LoweringContext

IMAGE = np.random.default_rng(3).integers(0, 256, (40, 56, 3), np.uint8)
BLURS = [
    vg.GaussianBlur(),
    vg.GaussianBlur((0, 4), border="edge"),
    vg.GaussianBlur((0.3, 3), kernel_size=7),
    vg.BoxBlur(),
    vg.BoxBlur((0, 1), border="wrap"),
    vg.MotionBlur(),
    vg.MotionBlur((1, 7), direction=(-0.3, 0.3), border="constant"),
    vg.Defocus(),
    vg.Defocus((0, 2), border="symmetric"),
]
STILL = [
    vg.GaussianBlur(0),
    vg.GaussianBlur(0, kernel_size=5),
    vg.BoxBlur(0),
    vg.MotionBlur(1, 33, 0.7),
    vg.Defocus(0),
    vg.Defocus(0.5),
]


def weights(op, **columns):
    """The weights (B, m, n) of an op for columns of numbers; those down and across as one square."""
    count = len(next(iter(columns.values())))
    effect = op.lower(
        {name: np.array(v, np.float64) for name, v in columns.items()}, np.full((count, 2), 9), LoweringContext(3)
    )
    return effect.weights if effect.across is None else effect.weights * effect.across[:, None]


def spot(op, side=33):
    """What becomes of one white pixel in the middle of a black picture, float64."""
    image = np.zeros((side, side), np.float32)
    image[side // 2, side // 2] = 1
    return vg.Compose([op])(image).astype(np.float64)


@pytest.mark.parametrize("op", BLURS, ids=repr)
def test_it_is_sound_fuses_and_labels_stay(op):
    testing.assert_lowering_is_sound(op)
    testing.assert_draws_are_keyed(op)
    testing.assert_fused_equals_reference([vg.Rotate(10), op, vg.Scale(1.2)])
    testing.assert_targets_stay_in_step(op)


@pytest.mark.parametrize("op", STILL, ids=repr)
def test_of_no_extent_it_is_the_identity_to_the_bit(op):
    augment = vg.Compose([vg.Rotate(7), op, vg.Brightness(1.1)])
    plain = vg.Compose([vg.Rotate(7), vg.Brightness(1.1)])
    np.testing.assert_array_equal(augment(IMAGE, key=vg.Key(1)), plain(IMAGE, key=vg.Key(1)))


@pytest.mark.parametrize("op", [op for op in BLURS if getattr(op, "border", "") != "constant"], ids=repr)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_flat_pictures_stay(op, dtype, channels):
    flat = np.full((11, 8, channels), 0.3 if dtype == np.float32 else 77, dtype)
    out = vg.Compose([op])(flat, key=vg.Key(5))
    assert out.dtype == dtype
    np.testing.assert_allclose(out, flat, rtol=1e-6, atol=0)


def test_the_variance_is_the_square_of_sigma():
    """Two blurs one after the other are one of the root of the sum of squares, but for what 3 sigma cut off."""
    at = np.arange(33) - 16
    for sigma in (1.0, 1.7, 3.0):
        out = spot(vg.GaussianBlur(sigma=sigma))
        assert (out.sum(axis=0) * at**2).sum() == pytest.approx(sigma**2, rel=0.04)
    both = vg.Compose([vg.GaussianBlur(1.5), vg.GaussianBlur(2)])(np.pad([[1.0]], 16).astype(np.float32))
    np.testing.assert_allclose(both, spot(vg.GaussianBlur(2.5)), atol=3e-4)


def test_gaussian_weights_are_those_of_torchvision_and_opencv_for_a_kernel_size():
    """exp(-x^2 / 2 sigma^2) at whole x, over their sum: torchvision's _get_gaussian_kernel1d, cv2.getGaussianKernel."""
    for size, sigma in ((3, 0.8), (5, 1.1), (13, 2.0), (9, 30.0)):
        x = np.arange(size) - size // 2
        bell = np.exp(-(x**2) / (2 * sigma**2))
        want = np.outer(bell, bell) / bell.sum() ** 2
        np.testing.assert_allclose(weights(vg.GaussianBlur(kernel_size=size), sigma=[sigma])[0], want, rtol=1e-12)


def test_a_gaussian_is_scipy_s():
    for border, mode in {"reflect": "mirror", "edge": "nearest", "symmetric": "reflect"}.items():
        for sigma in (0.7, 2.0, 4.0):
            reach = int(np.ceil(3 * sigma))
            want = ndimage.gaussian_filter(IMAGE / 255, (sigma, sigma, 0), mode=mode, radius=(reach, reach, 0))
            out = vg.Compose([vg.GaussianBlur(sigma, border)])(np.float32(IMAGE / 255))
            np.testing.assert_allclose(out, want, atol=2e-6)


def test_a_gaussian_reaches_as_far_as_3_sigma_and_others_of_the_batch_change_nothing():
    batch = weights(vg.GaussianBlur(), sigma=[0.0, 0.5, 5.0, 1.0])
    assert batch.shape == (4, 31, 31)
    for n, (sigma, reach) in enumerate([(0.0, 0), (0.5, 2), (5.0, 15), (1.0, 3)]):
        own = batch[n, 15 - reach : 16 + reach, 15 - reach : 16 + reach]
        np.testing.assert_array_equal(own, weights(vg.GaussianBlur(), sigma=[sigma])[0])
        assert (own > 0).all() and np.count_nonzero(batch[n]) == own.size


@pytest.mark.parametrize("radius", [0.3, 1, 1.5, 4])
def test_a_box_is_pillow_s_but_for_rounding_between_its_passes(radius):
    want = np.asarray(Image.fromarray(IMAGE).filter(ImageFilter.BoxBlur(radius)))
    out = vg.Compose([vg.BoxBlur(radius, border="edge")])(IMAGE)
    assert np.abs(out.astype(int) - want).max() <= 1


def test_the_weights_of_boxes():
    np.testing.assert_allclose(weights(vg.BoxBlur(), radius=[1])[0], np.full((3, 3), 1 / 9))
    row = np.array([0.5, 1, 1, 1, 0.5]) / 4
    np.testing.assert_allclose(weights(vg.BoxBlur(), radius=[1.5])[0], np.outer(row, row))


def test_motion_is_a_mean_along_a_line():
    (level, up, back, ahead) = weights(
        vg.MotionBlur(), length=[5, 5, 5, 3], angle=[0, 90, 180, 0], direction=[0, 0, 1, 1]
    )
    middle = len(level) // 2
    np.testing.assert_allclose(level[middle, middle - 2 : middle + 3], np.full(5, 0.2), rtol=1e-12)
    assert np.count_nonzero(level) == 5
    np.testing.assert_array_equal(up, level.T)
    np.testing.assert_allclose(back[middle, middle - 4 : middle + 1], np.full(5, 0.2), rtol=1e-12)
    np.testing.assert_allclose(ahead[middle, middle : middle + 3], np.full(3, 1 / 3), rtol=1e-12)


def test_a_motion_s_angle_is_counter_clockwise_and_its_length_is_that_of_the_line():
    rng = np.random.default_rng(0)
    length, angle, direction = rng.uniform(4, 12, 50), rng.uniform(0, 360, 50), rng.uniform(-1, 1, 50)
    found = weights(vg.MotionBlur(), length=length, angle=angle, direction=direction)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), 1, rtol=1e-12)
    assert (found >= 0).all()
    at = np.arange(found.shape[1]) - found.shape[1] // 2
    x, y = (found.sum(axis=1) * at).sum(axis=1), -(found.sum(axis=2) * at).sum(axis=1)
    shift = direction * (length - 1) / 2
    np.testing.assert_allclose(x, shift * np.cos(np.radians(angle)), atol=0.05)
    np.testing.assert_allclose(y, shift * np.sin(np.radians(angle)), atol=0.05)
    squares = (at - x[:, None, None]) ** 2 + (-at[:, None] - y[:, None, None]) ** 2
    spread = (found * squares).sum(axis=(1, 2)) - length**2 / 12  # beyond a line's own
    assert spread.min() > -0.01 and spread.max() < 0.35, "as wide as a bilinear read"


def test_the_weights_of_discs():
    one = weights(vg.Defocus(), radius=[1])[0]
    corner = max(1.5 - np.sqrt(2), 0)
    want = np.array([[corner, 0.5, corner], [0.5, 1, 0.5], [corner, 0.5, corner]])
    np.testing.assert_allclose(one, want / want.sum(), rtol=1e-12)
    both = weights(vg.Defocus(), radius=[1, 6.3])
    np.testing.assert_array_equal(both[0, 5:8, 5:8] if both.shape[1] == 13 else both[0, 6:9, 6:9], one)
    area = 1 / both[1].max()
    assert area == pytest.approx(np.pi * 6.3**2, rel=0.02)
    np.testing.assert_array_equal(both[1], both[1].T)
    np.testing.assert_array_equal(both[1], both[1][::-1])


@pytest.mark.parametrize("op", BLURS, ids=repr)
def test_a_picture_of_one_pixel(op):
    assert vg.Compose([op])(np.full((1, 1, 3), 7, np.uint8)).shape == (1, 1, 3)


def test_a_picture_smaller_than_the_weights():
    small = IMAGE[:2, :3]
    want = ndimage.gaussian_filter(small / 255, (5, 5, 0), mode="mirror", radius=(15, 15, 0)) * 255
    np.testing.assert_allclose(vg.Compose([vg.GaussianBlur(sigma=5)])(small), want, atol=0.51)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: vg.GaussianBlur(-1), "GaussianBlur.sigma must be at least 0"),
        (lambda: vg.GaussianBlur(129), "GaussianBlur.sigma must be .* at most 128"),
        (lambda: vg.GaussianBlur(kernel_size=4), "GaussianBlur.kernel_size is an odd whole number .*, 1 to 255; got 4"),
        (lambda: vg.GaussianBlur(border="mirror"), "GaussianBlur.border"),
        (lambda: vg.BoxBlur(-0.1), "BoxBlur.radius must be at least 0"),
        (lambda: vg.MotionBlur(0), "MotionBlur.length must be at least 1"),
        (lambda: vg.MotionBlur(direction=(-2, 0)), "MotionBlur.direction must be at least -1"),
        (lambda: vg.Defocus(-1), "Defocus.radius must be at least 0"),
        (lambda: vg.Defocus(65), "Defocus.radius must be .* at most 64"),
    ],
)  # fmt: skip
def test_what_cannot_be(make, told):
    with pytest.raises(vg.FieldError, match=told):
        make()
