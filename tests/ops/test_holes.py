"""Erasing, CoarseDropout, GridDropout, XYMasking, PixelDropout: which pixels they drop, and what becomes of these."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import variegate as vg
from variegate import testing
from variegate.kernels.reference_holes import dots

WHITE = np.full((60, 90, 3), 255, np.uint8)
IMAGE = np.random.default_rng(2).integers(1, 255, (60, 90, 3), np.uint8)  # neither black nor white
OPS = [
    vg.Erasing(),
    vg.Erasing(fill="noise"),
    vg.CoarseDropout(),
    vg.CoarseDropout(9, 5, 7, sizes="pixels", fill=(0.2, 0.4, 0.6)),
    vg.GridDropout(),
    vg.GridDropout((0, 1), 7.3, sizes="pixels", fill="noise"),
    vg.XYMasking(),
    vg.XYMasking((0, 3), 1, (1, 9), 4, sizes="pixels", fill=1),
    vg.PixelDropout(),
    vg.PixelDropout(0.3, per_channel=True, fill=(0.2, 0.4, 0.6)),
]
NOTHING = [
    vg.Erasing(1, 1),
    vg.CoarseDropout(0),
    vg.CoarseDropout(4, 0, 0.5),
    vg.GridDropout(0),
    vg.XYMasking(0, 0),
    vg.XYMasking(2, 2, 0, 0),
    vg.PixelDropout(0),
]


def keys(count, epoch=0):
    return vg.Keys.at(3, epoch, np.arange(count))


def dropped(op, image=WHITE, count=200, epoch=0):
    """(B, H, W, C): which values of a white picture an op makes black."""
    return vg.Compose([op]).batch([image] * count, keys=keys(count, epoch)) == 0


def boxes(gone):
    """(B, 4): top, bottom, left, right of what is dropped of each picture."""
    rows, columns = gone.any(axis=(2, 3)), gone.any(axis=(1, 3))
    ends = [(np.argmax(e, axis=1), e.shape[1] - np.argmax(e[:, ::-1], axis=1)) for e in (rows, columns)]
    return np.stack([*ends[0], *ends[1]], axis=1)


@pytest.mark.parametrize("op", OPS, ids=repr)
def test_it_is_sound_and_fuses(op):
    testing.assert_lowering_is_sound(op)
    testing.assert_draws_are_keyed(op)
    testing.assert_fused_equals_reference([vg.Rotate(20), vg.Brightness(1.1), op, vg.Contrast(1.5), vg.Gamma(1.2)])
    testing.assert_fused_equals_reference([op, vg.Rotate(10, border="reflect"), vg.Normalize(layout="CHW")])


@pytest.mark.parametrize("op", OPS, ids=repr)
def test_what_it_leaves_is_the_picture_to_the_bit(op):
    for image in (IMAGE, IMAGE.astype(np.uint16) * 200, (IMAGE / np.float32(255)).astype(np.float32)):
        keep = ~dropped(replaced(op, fill=0), np.full_like(image, 1 if image.dtype == np.float32 else 200), 8)
        made = vg.Compose([op]).batch([image] * 8, keys=keys(8))
        assert keep.any() and not keep.all()
        np.testing.assert_array_equal(made[keep], np.stack([image] * 8)[keep])


def replaced(op, **fields):
    return dataclasses.replace(op, **fields)


@pytest.mark.parametrize("op", NOTHING, ids=repr)
def test_nothing_to_drop_is_the_identity_to_the_bit(op):
    augment, plain = (vg.Compose([vg.Rotate(7), *own, vg.Brightness(1.1)]) for own in ([op], []))
    np.testing.assert_array_equal(augment(IMAGE, key=vg.Key(1)), plain(IMAGE, key=vg.Key(1)))


@pytest.mark.parametrize("op", [vg.PixelDropout(vg.Choice((0, 0.3))), vg.GridDropout(vg.Choice((0, 1)), fill="noise")])
def test_samples_at_rest_take_no_bits_from_others(op):
    augment = vg.Compose([op])
    made = augment.batch([IMAGE] * 12, keys=keys(12))
    rest = (made == IMAGE).all(axis=(1, 2, 3))
    assert rest.any() and not rest.all()
    for n in range(12):
        np.testing.assert_array_equal(made[n], augment(IMAGE, key=vg.Key(3, 0, n)))


@pytest.mark.parametrize("op", OPS, ids=repr)
def test_labels_stay(op):
    targets = {"mask": vg.Mask(), "boxes": vg.Boxes(), "points": vg.Keypoints(group=None)}
    augment = vg.Compose([op], targets=targets)
    mask = np.arange(60 * 90, dtype=np.int32).reshape(60, 90)
    sample = {"mask": mask, "boxes": np.array([[3.0, 4, 50, 40]]), "points": np.array([[8.0, 24], [45, 30]])}
    made = augment(image=IMAGE, **sample, key=vg.Key(5))
    assert (made["image"] != IMAGE).any()
    for name, value in sample.items():
        np.testing.assert_array_equal(made[name], value)


@pytest.mark.parametrize("channels", [1, 4, 7])
@pytest.mark.parametrize("fill", [0.5, "noise"])
def test_any_number_of_channels(channels, fill):
    image = np.full((40, 50, channels), 9, np.uint8)
    made = vg.Compose([vg.Erasing(0.2, fill=fill)])(image, key=vg.Key(1))
    gone = (made != 9).any(axis=2)
    assert abs(gone.mean() - 0.2) < 0.02
    if fill == 0.5:
        assert (made[gone] == 128).all()
    else:
        assert made[gone].std(axis=0).min() > 50 and abs(np.corrcoef(made[gone].T)).max() <= 1
        testing.assert_fused_equals_reference([vg.Erasing(0.2, fill=fill)], channels=channels)


def test_fill_is_in_units_of_white():
    erase = [vg.Erasing(0.5, 1, fill=(0.2, 0.4, 0.6))]
    for image, white in ((WHITE, 255), (WHITE.astype(np.uint16) * 257, 65535), (np.ones((9, 9, 3), np.float32), 1)):
        made = vg.Compose(erase)(image, key=vg.Key(0))
        darkest = made.reshape(-1, 3).min(axis=0) / white
        np.testing.assert_allclose(darkest, (0.2, 0.4, 0.6), atol=1e-6)
    ct = vg.Compose([vg.Erasing(0.5, 1, fill=-1000)], white=None)(np.full((9, 9), 40, np.float32), key=vg.Key(0))
    assert set(np.unique(ct)) == {-1000, 40}


def test_zero_behind_torchvision_s_normalize_is_the_mean_here():
    mean = (0.485, 0.456, 0.406)
    made = vg.Compose([vg.Erasing(0.3, fill=mean), vg.Normalize(mean, (0.2, 0.2, 0.2))])(WHITE, key=vg.Key(0))
    gone = abs(made).max(axis=2) < 1e-6
    assert 0.25 < gone.mean() < 0.35


def test_erasing_is_one_rectangle_by_torchvision_s_law():
    """Against its law in plain NumPy, with other numbers: the mean area, and the ratios' median and spread."""
    count, (height, width) = 3000, WHITE.shape[:2]
    top, bottom, left, right = boxes(gone := dropped(vg.Erasing(), count=count)).T
    high, wide = bottom - top, right - left
    np.testing.assert_array_equal(gone[..., 0].sum(axis=(1, 2)), high * wide)
    rng, law = np.random.default_rng(0), []
    while len(law) < count:
        for _ in range(10):
            area = height * width * rng.uniform(0.02, 0.33)
            ratio = np.exp(rng.uniform(np.log(0.3), np.log(3.3)))
            h, w = round(np.sqrt(area * ratio)), round(np.sqrt(area / ratio))
            if h < height and w < width:
                law.append((h, w, rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)))
                break
    for ours, theirs in zip((high, wide, top, left), np.array(law, np.float64).T, strict=True):
        error = theirs.std() / np.sqrt(count / 2)
        assert abs(ours.mean() - theirs.mean()) < 4 * error
        assert abs(ours.std() / theirs.std() - 1) < 0.06
    assert ((high < height) & (wide < width)).all()


def test_erasing_takes_the_first_trial_that_fits():
    from variegate.ops.base import LoweringContext

    op, sizes = vg.Erasing(), np.array([[30, 40]])
    scale, ratio = np.full((10, 1), 0.9), np.full((10, 1), 1.0)  # 33 x 33 does not fit
    scale[3], scale[5] = 0.25, 0.01
    draws = {"scale": scale, "ratio": ratio, "top": np.array([0.5]), "left": np.array([0.999])}
    effect = op.lower({**draws, "bits": np.zeros((4, 1), np.uint32)}, sizes, LoweringContext(3))
    assert effect.numbers.tolist() == [[7, 24, 23, 40]]  # 17 x 17; 14 places down, 24 across
    scale[[3, 5]] = 0.9
    effect = op.lower({**draws, "bits": np.zeros((4, 1), np.uint32)}, sizes, LoweringContext(3))
    assert effect.neutral(sizes).all()


def test_coarse_dropout_s_holes_are_as_many_and_as_large_as_drawn_and_lie_anywhere_within():
    gone = dropped(vg.CoarseDropout(1, 6, 9, sizes="pixels"), count=2000)
    top, bottom, left, right = boxes(gone).T
    assert (bottom - top == 6).all() and (right - left == 9).all()
    assert (top.min(), bottom.max(), left.min(), right.max()) == (0, 60, 0, 90)
    places = np.bincount(top, minlength=55)
    assert ((places - 2000 / 55) ** 2 / (2000 / 55)).sum() < 54 + 5 * np.sqrt(108)
    assert abs(np.corrcoef(top, left)[0, 1]) < 0.08
    for n in (1, 2, 64):
        share = dropped(vg.CoarseDropout(n, 0.1, 0.1), count=300).mean()
        assert abs(share - (1 - 0.99**n)) < 0.1 * share  # at the edges there is a little less
    areas = dropped(vg.CoarseDropout((1, 4), 1, 1, sizes="pixels"), count=900)[..., 0].sum(axis=(1, 2))
    assert np.isin(areas, (1, 2, 3)).all() and np.bincount(areas)[1:].min() > 250
    fractions = boxes(dropped(vg.CoarseDropout(1, 0.25, 0.001), count=4))
    np.testing.assert_array_equal(fractions[:, 1::2] - fractions[:, ::2], [[15, 1]] * 4)


def test_grid_dropout_by_hand():
    op = vg.GridDropout(0.5, 4, 0.25, 0, sizes="pixels")
    gone = vg.Compose([op])(np.full((5, 10), 255, np.uint8)) == 0
    rows, columns = [True, True, False, False, True], [False, True, True, False, False, True, True, False, False, True]
    np.testing.assert_array_equal(gone, np.outer(rows, columns))


def test_grid_dropout_drops_the_square_of_its_ratio():
    for ratio in (0.2, 0.5, 0.9, 1):
        assert dropped(vg.GridDropout(ratio, 12.7, sizes="pixels"), count=100).mean() == pytest.approx(
            ratio**2, abs=0.02
        )
    share = dropped(vg.GridDropout(0.5, 0.2), count=400)
    np.testing.assert_allclose(share.mean(axis=(0, 3)), 0.25, atol=0.12)  # no place is spared


def test_xy_masking_drops_whole_columns_and_whole_rows():
    gone = dropped(vg.XYMasking(1, 0, 7, 5, sizes="pixels"), count=300)[..., 0]
    assert (gone == gone[:, :1]).all() and (gone[:, 0].sum(axis=1) == 7).all()
    gone = dropped(vg.XYMasking(0, 1, 7, 5, sizes="pixels"), count=300)[..., 0]
    assert (gone == gone[:, :, :1]).all() and (gone[:, :, 0].sum(axis=1) == 5).all()
    both = dropped(vg.XYMasking(2, 3, 0.1, 0.1), count=300)[..., 0]
    columns, rows = both.all(axis=1), both.all(axis=2)
    np.testing.assert_array_equal(both, columns[:, None, :] | rows[:, :, None])
    assert 9 < columns.sum(axis=1).mean() <= 18 and 6 < rows.sum(axis=1).mean() <= 18


@pytest.mark.parametrize("amount", [0.001, 0.05, 0.5, 0.97])
@pytest.mark.parametrize("per_channel", [False, True])
def test_pixel_dropout_drops_each_pixel_by_itself(amount, per_channel):
    """Mean and spread are those of independent choices; neighbours, channels, samples and epochs tell nothing."""
    gone = dropped(vg.PixelDropout(amount, per_channel), count=60)
    other = dropped(vg.PixelDropout(amount, per_channel), count=60, epoch=1)
    assert (gone == gone[..., :1]).all() != per_channel
    own = gone if per_channel else gone[..., :1]
    n, variance = own.size, amount * (1 - amount)
    assert abs(own.mean() - amount) < 4 * np.sqrt(variance / n)
    counts = own.sum(axis=2)  # of each row: a spread of (1 +- 4 sqrt(2 / rows)) of what chance gives
    assert abs(counts.var() / (90 * variance) - 1) < 4 * np.sqrt(2 / counts.size) + 0.05

    def tie(a, b):
        return abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) * np.sqrt(a.size)

    pairs = [(own[:, :, 1:], own[:, :, :-1]), (own[:, 1:], own[:, :-1]), (own[1:], own[:-1])]
    pairs += [(own, other[..., : own.shape[3]]), (own[:, :, :44], own[:, :, 44:88])]
    pairs += [(own[..., 1:], own[..., :-1])] if per_channel else []
    assert max(tie(*pair) for pair in pairs) < 5


def test_pixel_dropout_of_a_row_longer_than_one_stretch():
    long = np.full((2, 9001), 255, np.uint8)
    gone = vg.Compose([vg.PixelDropout(0.5)])(long, key=vg.Key(0)) == 0
    assert abs(gone.mean() - 0.5) < 0.02
    for part in (slice(0, 4096), slice(4096, 8192), slice(8192, 9001)):
        assert 0.4 < gone[:, part].mean() < 0.6
    assert abs((gone[:, :4096] == gone[:, 4096:8192]).mean() - 0.5) < 0.05
    pipeline = vg.Compose([vg.PixelDropout(0.5)])
    bits = pipeline.compiler.drawing.columns(vg.Keys.at(0, 0, np.zeros(1, np.int64)))["PixelDropout"]["bits"][:, 0]
    for y, line in enumerate(long.astype(np.float64)):
        dots((line,), y, 2, bits, 0, 0, 0, 0.0, 32768, 0)
        np.testing.assert_array_equal(gone[y], line == 0)
    assert (vg.Compose([vg.PixelDropout(1)])(long) == 0).all()


def test_noise_is_even_from_black_to_white_and_hangs_on_nothing_else():
    count = 40
    made = vg.Compose([vg.GridDropout(1, fill="noise")]).batch([WHITE.astype(np.float32) / 255] * count, keys=keys(40))
    assert made.min() >= 0 and made.max() < 1
    histogram = np.histogram(made, 20, (0, 1))[0] / made.size
    np.testing.assert_allclose(histogram, 0.05, atol=0.001)
    for a, b in [
        (made[..., 0], made[..., 1]),
        (made[..., 1], made[..., 2]),
        (made[:, :, 1:], made[:, :, :-1]),
        (made[:, 1:], made[:, :-1]),
        (made[1:], made[:-1]),
    ]:
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) * np.sqrt(a.size) < 4.5


def test_a_mean_behind_holes_is_that_of_the_picture_with_holes():
    """In levels of the picture, and through a border."""
    op = vg.CoarseDropout(3, 0.4, 0.4)
    made = vg.Compose([op, vg.Contrast(0)])(IMAGE, key=vg.Key(4))
    luma = vg.Compose([op])(IMAGE, key=vg.Key(4)).reshape(-1, 3).mean(axis=0) @ (0.299, 0.587, 0.114)
    np.testing.assert_allclose(made, luma, atol=0.51)


@pytest.mark.parametrize("op", [*OPS, vg.Erasing(0.3)], ids=repr)
def test_a_picture_of_one_pixel(op):
    fits = "pixels" not in repr(op) or isinstance(op, vg.GridDropout)
    if fits:
        assert vg.Compose([op])(np.full((1, 1, 3), 7, np.uint8)).shape == (1, 1, 3)
    else:
        with pytest.raises(vg.InputError, match="pixels, but the picture has only 1 there"):
            vg.Compose([op]).batch([np.full((1, 1, 3), 7, np.uint8)] * 9, keys=keys(9))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: vg.Erasing((0, 0.3)), r"^Erasing.scale must be above 0 and at most 1, got Uniform\(0, 0.3\)$"),
        (lambda: vg.Erasing(ratio=0), "^Erasing.ratio must be above 0, got Constant"),
        (lambda: vg.Erasing(fill="random"), "^Erasing.fill is a number, .* or 'noise'; got 'random'$"),
        (lambda: vg.Erasing(fill=None), "^Erasing.fill is a number, or a tuple of one number a channel, got None$"),
        (lambda: vg.CoarseDropout(65), "^CoarseDropout.holes must be at least 0 and at most 64, got"),
        (lambda: vg.CoarseDropout(1.5), "^CoarseDropout.holes is a whole number, got"),
        (lambda: vg.CoarseDropout(1, 2), "^CoarseDropout.height must be at least 0 and at most 1, got"),
        (lambda: vg.CoarseDropout(sizes="px"), "^CoarseDropout.sizes is one of 'fraction', 'pixels'; got 'px'$"),
        (lambda: vg.GridDropout(1.1), "^GridDropout.ratio must be at least 0 and at most 1, got"),
        (lambda: vg.GridDropout(unit_size=0), "^GridDropout.unit_size must be above 0"),
        (lambda: vg.XYMasking(-1), "^XYMasking.num_masks_x must be at least 0"),
        (lambda: vg.PixelDropout(1.5), "^PixelDropout.amount must be at least 0 and at most 1, got"),
    ],
)
def test_fields_that_cannot_be(make, told):
    with pytest.raises(vg.FieldError, match=told):
        make()


@pytest.mark.parametrize(
    ("op", "image", "told"),
    [
        (
            vg.Erasing(fill=128),
            WHITE,
            r"^Erasing.fill is in units of white, from 0 \(black\) to 1 \(white\), got 128. For the level n of these "
            r"pictures write n / 255$",
        ),
        (
            vg.PixelDropout(fill=(0, 0)),
            WHITE,
            "^PixelDropout.fill has 2 numbers, but the picture has 3 channels",
        ),
        (
            vg.CoarseDropout(1, 61, 3, sizes="pixels"),
            WHITE,
            '^CoarseDropout.height is 61 pixels, but the picture has only 60 there. Ask for less, or write sizes="fra',
        ),
        (vg.XYMasking(1, 1, 91, 2, sizes="pixels"), WHITE, "^XYMasking.mask_x_length is 91 pixels, but .* only 90"),
    ],
)
def test_what_does_not_fit_the_picture(op, image, told):
    with pytest.raises(vg.InputError, match=told):
        vg.Compose([op])(image)
