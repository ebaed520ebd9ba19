"""Noise: its law on flat pictures, nothing shared between pixels, channels, samples and epochs, the same bytes."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import variegate as vg
from variegate import testing

LUMA = np.array([0.299, 0.587, 0.114])
SIDE = 256
N = SIDE * SIDE
OPS = [
    vg.GaussianNoise(0.1, 0.02),
    vg.GaussianNoise(0.1, per_channel=False),
    vg.UniformNoise(0.1),
    vg.UniformNoise(0.1, per_channel=False),
    vg.SpeckleNoise(0.2),
    vg.SpeckleNoise(0.2, per_channel=False),
    vg.ShotNoise(0.03),
    vg.ISONoise(0.1, 0.1),
    vg.SaltAndPepper(0.2),
    vg.SaltAndPepper(0.2, per_channel=True),
]
NOTHING = [
    vg.GaussianNoise(0),
    vg.UniformNoise(0),
    vg.SpeckleNoise(0),
    vg.ShotNoise(0),
    vg.ShotNoise(1e-13),
    vg.ISONoise(0, 0),
    vg.SaltAndPepper(0),
]
GENTLE = [
    vg.GaussianNoise(0.02),
    vg.UniformNoise(0.03),
    vg.SpeckleNoise(0.05),
    vg.ShotNoise(0.001),
    vg.ISONoise(0.02, 0.02),
    vg.SaltAndPepper(0.0002),
]
each_op = pytest.mark.parametrize("op", OPS, ids=repr)


KEY = vg.Key(3)


def closer(pixel):
    return (pixel[0] / 8 + 0.375, pixel[1] / 8 + 0.375, pixel[2] / 8 + 0.375)


def closer_grey(pixel):
    return (pixel[0] / 8 + 0.375,)


def noise(op, level=0.5, key=KEY, channels=3):
    """What an op adds to a flat picture, (SIDE, SIDE, C): brought closer to grey after, so that none is clamped."""
    picture = np.full((SIDE, SIDE, channels), level, np.float32)
    both = vg.Compose([op, vg.Pointwise(closer if channels == 3 else closer_grey)])
    return (both(picture, key=key).astype(np.float64) - 0.375) * 8 - level


def correlation(one, other):
    """In standard deviations of what independent numbers have."""
    return np.corrcoef(one.ravel(), other.ravel())[0, 1] * math.sqrt(one.size)


def moments(v):
    """Mean, deviation, skewness and kurtosis."""
    z = (v - v.mean()) / v.std()
    return v.mean(), v.std(), (z**3).mean(), (z**4).mean()


@pytest.mark.parametrize("per_channel", [True, False])
def test_gaussian_noise_is_normal(per_channel):
    v = noise(vg.GaussianNoise(0.06, 0.03, per_channel))
    v, n = (v, v.size) if per_channel else (v[..., 0], N)
    mean, std, skewness, kurtosis = moments(v)
    assert abs(mean - 0.03) < 4 * 0.06 / math.sqrt(n) and abs(std / 0.06 - 1) < 4 / math.sqrt(2 * n)
    assert abs(skewness) < 4 * math.sqrt(6 / n) and abs(kurtosis - 3) < 4 * math.sqrt(24 / n)
    for bound in (0.5, 1, 2, 3, 4):
        share = math.erf(bound / math.sqrt(2))
        found = (np.abs(v - 0.03) < bound * 0.06).mean()
        assert abs(found - share) < 4.5 * math.sqrt(share * (1 - share) / n), bound


def test_uniform_noise_is_even():
    v = noise(vg.UniformNoise(0.09)) / 0.09
    assert np.abs(v).max() < 1 + 1e-5 and np.abs(v).max() > 0.9999
    mean, std, skewness, kurtosis = moments(v)
    n = v.size
    assert abs(mean) < 4 * std / math.sqrt(n) and abs(std * math.sqrt(3) - 1) < 4 * math.sqrt(0.2 / n)
    assert abs(skewness) < 4 * math.sqrt(6 / n) and abs(kurtosis - 1.8) < 0.01
    counts = np.histogram(v, 64, (-1, 1))[0]
    assert abs(np.sum((counts - n / 64) ** 2 / (n / 64)) - 63) < 4 * math.sqrt(126)


@pytest.mark.parametrize("level", [0.1, 0.8])
def test_speckle_noise_is_a_part_of_the_pixel(level):
    mean, std, skewness, kurtosis = moments(noise(vg.SpeckleNoise(0.2), level))
    n = 3 * N
    assert abs(mean) < 4 * 0.2 * level / math.sqrt(n) and abs(std / (0.2 * level) - 1) < 4 / math.sqrt(2 * n)
    assert abs(skewness) < 4 * math.sqrt(6 / n) and abs(kurtosis - 3) < 4 * math.sqrt(24 / n)
    assert np.abs(noise(vg.SpeckleNoise(5), 0)).max() == 0


@pytest.mark.parametrize(("scale", "level"), [(0.2, 0.1), (0.1, 0.5), (0.02, 0.5), (0.001, 1)])
def test_shot_noise_counts_photons(scale, level):
    v = noise(vg.ShotNoise(scale), level)
    photons = (v + level) / scale
    np.testing.assert_allclose(photons, np.rint(photons), atol=1e-4 * max(1, level / scale))
    mean, std, skewness, _ = moments(v)
    n, expected = v.size, level / scale
    assert abs(mean) < 4 * math.sqrt(scale * level / n)
    assert abs(std**2 / (scale * level) - 1) < 4 * math.sqrt((2 + 1 / expected) / n)
    assert abs(skewness - 1 / math.sqrt(expected)) < 0.05
    assert not noise(vg.ShotNoise(scale), 0).any()


@pytest.mark.parametrize("level", [0.09, 0.64])
def test_iso_noise_of_brightness_and_of_colour(level):
    bright = noise(vg.ISONoise(0.1, 0), level)
    assert np.ptp(bright, axis=2).max() < 2e-6
    assert abs(bright[..., 0].std() / (0.1 * math.sqrt(level)) - 1) < 4 / math.sqrt(2 * N)
    colour = noise(vg.ISONoise(0, 0.1), level)
    assert np.abs(colour @ LUMA).max() < 2e-6, "the luminance stays"
    for own, weight in zip(np.moveaxis(colour, 2, 0), LUMA, strict=True):
        want = 0.1 * math.sqrt(level * ((1 - weight) ** 2 + (LUMA**2).sum() - weight**2))
        assert abs(own.mean()) < 4 * want / SIDE and abs(own.std() / want - 1) < 4 / math.sqrt(2 * N)
    both = noise(vg.ISONoise(0.1, 0.1), level)
    np.testing.assert_allclose(both, bright + colour, atol=3e-6)
    grey = noise(vg.ISONoise(0.1, 0.1), level, channels=1)
    np.testing.assert_allclose(grey[..., 0], bright[..., 0], atol=3e-6)


def test_salt_and_pepper_by_their_shares():
    picture = np.full((SIDE, SIDE, 3), 77, np.uint8)
    hit = vg.Compose([vg.SaltAndPepper(0.3, 0.25)])(picture, key=vg.Key(1))
    assert (hit == hit[..., :1]).all() and set(np.unique(hit)) == {0, 77, 255}
    apart = vg.Compose([vg.SaltAndPepper(0.3, 0.25, per_channel=True)])(picture, key=vg.Key(1))
    for found, n in ((hit[..., 0], N), (apart, 3 * N)):
        for level, share in ((255, 0.075), (0, 0.225), (77, 0.7)):
            assert abs((found == level).mean() - share) < 4 * math.sqrt(share * (1 - share) / n), level
    assert abs(((apart != 77).all(axis=2)).mean() - 0.3**3) < 4 * math.sqrt(0.3**3 / N)
    assert (vg.Compose([vg.SaltAndPepper(1, 1)])(picture) == 255).all()
    assert (vg.Compose([vg.SaltAndPepper(1, 0)])(picture) == 0).all()


@each_op
def test_neighbours_channels_samples_and_epochs_share_nothing(op):
    v = noise(op)
    shared = getattr(op, "per_channel", True) is False
    for across, down in ((1, 0), (2, 0), (8, 0), (16, 0), (32, 0), (0, 1), (1, 1), (0, 2)):
        one, other = v[down:, across:, 0], v[: SIDE - down, : SIDE - across, 0]
        assert abs(correlation(one, other)) < 4.5, (across, down)
        assert abs(correlation((one - one.mean()) ** 2, (other - other.mean()) ** 2)) < 4.5, (across, down)
    if shared:
        assert (np.ptp(v, axis=2) < 2e-6).all()
    elif not isinstance(op, vg.ISONoise):
        assert all(abs(correlation(v[..., a], v[..., b])) < 4.5 for a, b in ((0, 1), (0, 2), (1, 2)))
        assert abs(correlation(v[:, :-1, 0], v[:, 1:, 1])) < 4.5
    for key in (vg.Key(4), vg.Key(3, epoch=1), vg.Key(3, id=1), vg.Key(3, variation=1)):
        assert abs(correlation(v, noise(op, key=key))) < (8 if shared else 4.5), key


def test_two_of_a_kind_in_one_pipeline_share_nothing():
    picture = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    one, both = (vg.Compose([vg.GaussianNoise(0.05)] * n)(picture, key=KEY).astype(np.float64) for n in (1, 2))
    assert abs(correlation(one, both - one)) < 4.5 and abs((both - one).std() / 0.05 - 1) < 0.01


@each_op
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_dtypes_agree_up_to_rounding(op, channels):
    if isinstance(op, vg.ISONoise) and channels == 4:
        with pytest.raises(vg.InputError, match=r"^ISONoise takes pictures of 1 or 3 channels, got 4\. "):
            vg.Compose([op])(np.zeros((4, 4, 4), np.uint8))
        return
    levels = np.random.default_rng(0).integers(0, 256, (40, 50, channels), np.uint8)
    given = {"uint8": levels, "uint16": levels.astype(np.uint16) * 257, "float32": levels / np.float32(255)}
    found = {}
    for dtype, white in (("uint8", 255), ("uint16", 65535), ("float32", 1)):
        found[dtype] = vg.Compose([op])(given[dtype].astype(dtype), key=vg.Key(5)) / white
    np.testing.assert_allclose(found["uint16"], np.clip(found["float32"], 0, 1), atol=0.51 / 65535)
    np.testing.assert_allclose(found["uint8"], np.clip(found["float32"], 0, 1), atol=0.51 / 255)


@each_op
def test_a_row_is_the_same_in_every_part(op):
    """A row of pictures of other heights, alone and in a batch with others, at its width and number of channels."""
    picture = np.random.default_rng(1).random((40, 70, 3), np.float32)
    compose, key = vg.Compose([op]), vg.Key(6)
    whole = compose(picture, key=key)
    np.testing.assert_array_equal(compose(picture[:11], key=key), whole[:11])
    others = [vg.Key(6, id=1), key, vg.Key(6, id=2)]
    np.testing.assert_array_equal(compose.batch([picture] * 3, keys=others)[1], whole)


@pytest.mark.parametrize("op", NOTHING, ids=repr)
def test_no_strength_is_the_identity(op):
    picture = np.random.default_rng(2).random((20, 30, 3), np.float32)
    np.testing.assert_array_equal(vg.Compose([op])(picture), vg.Compose([])(picture))
    levels = np.random.default_rng(2).integers(0, 256, (20, 30, 3), np.uint8)
    with_it, without = vg.Compose([vg.Rotate(9), op, vg.Gamma(2)]), vg.Compose([vg.Rotate(9), vg.Gamma(2)])
    np.testing.assert_array_equal(with_it(levels, key=vg.Key(1)), without(levels, key=vg.Key(1)))


def test_of_a_batch_only_those_with_strength_are_changed():
    picture, keys = np.full((30, 30, 3), 100, np.uint8), [vg.Key(id=n) for n in range(40)]
    compose = vg.Compose([vg.GaussianNoise(vg.Choice((0, 0.1)))])
    batch = compose.batch([picture] * 40, keys=keys)
    still = np.array([(each == 100).all() for each in batch])
    assert 8 < still.sum() < 32
    for n, key in enumerate(keys):
        np.testing.assert_array_equal(batch[n], compose(picture, key=key))
        assert (compose.params(key)["GaussianNoise"]["std"] == 0) == still[n]


@each_op
def test_it_keeps_what_every_op_keeps(op):
    testing.assert_lowering_is_sound(op)
    testing.assert_draws_are_keyed(op)
    testing.assert_fused_equals_reference(op)
    if not isinstance(op, vg.ShotNoise | vg.SaltAndPepper):  # whose steps are as high as they are
        testing.assert_fused_equals_reference([vg.Rotate(20), op, vg.Contrast(1.3)])


@pytest.mark.parametrize("op", GENTLE, ids=repr)
def test_labels_stay_in_step(op):
    testing.assert_targets_stay_in_step([vg.Rotate((-20, 20)), op])
    testing.assert_points_move_as_pixels([vg.Rotate((-20, 20)), op], tolerance=0.6)


def test_it_fuses_and_a_map_after_it_does_not():
    assert (
        "in 1 stage, 1 resampling"
        in vg.Compose([vg.RandomResizedCrop(24), vg.GaussianNoise(), vg.Normalize()]).explain()
    )
    assert "hangs on where a pixel lies" in vg.Compose([vg.GaussianNoise(), vg.Rotate(9)]).explain()


def test_a_record_makes_it_again():
    picture = np.random.default_rng(3).integers(0, 256, (20, 30, 3), np.uint8)
    for op in OPS:
        out, record = vg.Compose([op])(picture, key=vg.Key(5), return_params=True)
        np.testing.assert_array_equal(vg.Compose([op]).replay(record, picture), out)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: vg.GaussianNoise(-0.1), "GaussianNoise.std must be at least 0, got"),
        (lambda: vg.GaussianNoise(per_channel=1), "GaussianNoise.per_channel is True or False, got 1"),
        (lambda: vg.UniformNoise((-0.1, 0.1)), "UniformNoise.amplitude must be at least 0, got"),
        (lambda: vg.SpeckleNoise(-1), "SpeckleNoise.std must be at least 0, got"),
        (lambda: vg.ShotNoise(-1), "ShotNoise.scale must be at least 0, got"),
        (lambda: vg.ISONoise(color=-1), "ISONoise.color must be at least 0, got"),
        (lambda: vg.SaltAndPepper(1.1), "SaltAndPepper.amount must be at least 0 and at most 1, got"),
        (lambda: vg.SaltAndPepper(0.1, salt=-0.1), "SaltAndPepper.salt must be at least 0 and at most 1, got"),
    ],
)
def test_what_no_noise_can_be(make, message):
    with pytest.raises(vg.FieldError, match=re.escape(message)):
        make()


@each_op
def test_pictures_without_white_are_refused(op):
    with pytest.raises(vg.FieldError, match=f"^{type(op).__name__} must know what white is"):
        vg.Compose([op], white=None)
