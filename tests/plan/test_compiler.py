"""A batch as a whole: grouped or not, the bytes are those of each sample alone."""

from __future__ import annotations

import re

import numpy as np
import pytest

import variegate as vg


def negative(image):
    return 1 - image


def smaller(image, by=2):
    return np.ascontiguousarray(image[int(by) :, int(by) :])


def warm(pixel, amount):
    return (pixel[0] + amount, pixel[1], pixel[2] - amount)


def image(n, size=None, channels=3, dtype=np.uint8):
    rng = np.random.default_rng(n)
    shape = (*(size or (20 + n % 5, 30 - n % 7)), channels)
    return rng.integers(0, 256, shape, np.uint8) if dtype == np.uint8 else rng.random(shape, np.float32)


PIPELINES = {
    "seed": [
        vg.Rotate((-30, 30)),
        vg.Scale((0.5, 2)),
        vg.HorizontalFlip(p=0.5),
        vg.RandomResizedCrop(16),
        vg.Contrast((0.5, 1.5)),
    ],
    "ragged": [vg.Rotate((-30, 30), p=0.5), vg.Contrast(1.5, p=0.5)],
    "choices": [
        vg.OneOf([vg.Rotate(30), vg.Hue(40), vg.Gamma(2)]),
        vg.SomeOf([vg.Invert(), vg.Solarize(), vg.Scale(0.5)], n=(0, 3)),
    ],
    "tables before maps": [
        vg.Gamma((0.5, 2), p=0.5),
        vg.Rotate(20),
        vg.Posterize(3, p=0.5),
        vg.Resize(9),
        vg.Solarize(p=0.5),
    ],
    "opaque": [vg.Opaque(negative, p=0.5), vg.Rotate((-9, 9)), vg.Opaque(negative, p=0.3), vg.Resize((7, 8))],
    "pointwise": [vg.Pointwise(warm, amount=(0, 0.2), p=0.5), vg.Rotate(30), vg.Pointwise(warm, amount=0.1, p=0.5)],
    "one of opaque": [
        vg.OneOf([vg.Opaque(negative), vg.Rotate(10), vg.Gamma(2)]),
        vg.Transpose(p=0.5),
        vg.Resize(9),
        vg.Normalize(),
    ],
    "sizes by chance": [
        vg.Pad(3, p=0.5),
        vg.Rotate90(p=0.5),
        vg.RandomCrop(40, border="reflect", p=0.5),
        vg.Resize(12),
    ],
    "changing size": [
        vg.Opaque(smaller, by=(1, 4), p=0.6),
        vg.Rotate((-30, 30)),
        vg.Resize(10),
        vg.ToDtype("float16", layout="CHW"),
    ],
}


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("name", PIPELINES)
def test_a_batch_gives_the_bytes_of_one_by_one(name, dtype):
    augment = vg.Compose(PIPELINES[name])
    keys = vg.Keys.at(3, 5, np.arange(40) * 7, np.arange(40) % 3)
    images = [image(n, dtype=dtype) for n in range(40)]
    together = augment.batch(images, keys=keys)
    assert isinstance(together, list) == (name in ("ragged", "choices", "pointwise"))
    for n in range(40):
        alone = augment(images[n], key=keys[n])
        assert together[n].dtype == alone.dtype
        np.testing.assert_array_equal(together[n], alone)


@pytest.mark.parametrize("name", PIPELINES)
def test_neither_the_order_nor_the_company_matters(name):
    augment = vg.Compose(PIPELINES[name])
    order = np.random.default_rng(0).permutation(24)
    together = augment.batch([image(n) for n in range(24)], keys=vg.Keys.at(1, 0, np.arange(24)))
    shuffled = augment.batch([image(n) for n in order], keys=vg.Keys.at(1, 0, order))
    for place, n in enumerate(order):
        np.testing.assert_array_equal(shuffled[place], together[n])


def test_each_sample_is_cut_by_what_applies_to_it():
    augment = vg.Compose([vg.Gamma(2, p=0.5), vg.Rotate(3), vg.Opaque(negative, p=0.5), vg.Posterize(3, p=0.5)])
    keys = vg.Keys.at(0, 0, np.arange(200))
    plan = augment.plan(keys, np.full((200, 2), 8))
    told = [augment.params(keys[i]) for i in range(200)]
    for i, params in enumerate(told):
        stages = 1 + params["Gamma"]["applied"] + 2 * params["negative"]["applied"]
        assert len(plan.bound.rows(i)) == stages


def test_what_does_not_cut_is_one_row_a_sample():
    for ops in (PIPELINES["seed"], PIPELINES["ragged"], [vg.Rotate(3), vg.OneOf([vg.Gamma(2), vg.Invert()])]):
        assert vg.Compose(ops).plan(vg.Keys.at(0, 0, np.arange(50)), np.full((50, 2), 8)).bound.first[-1] == 50


def test_a_sample_that_a_cutting_op_skips_is_read_once():
    """Where Gamma does not apply, nothing is rounded or resampled in between."""
    augment = vg.Compose([vg.Rotate(10), vg.Gamma(2, p=0.5), vg.Rotate(-10)])
    plain = vg.Compose([vg.Rotate(10), vg.Rotate(-10)])
    skipped = [n for n in range(20) if not augment.params(vg.Key(id=n))["Gamma"]["applied"]]
    assert 0 < len(skipped) < 20
    for n in skipped:
        np.testing.assert_array_equal(augment(image(n), key=vg.Key(id=n)), plain(image(n)))


def test_an_opaque_function_gets_floats_of_its_own():
    seen = []

    def look(picture):
        seen.append(picture.copy())
        picture[:] = 0
        return picture

    eight = image(0)
    vg.Compose([vg.Opaque(look)])(eight)
    assert seen[0].dtype == np.float32
    np.testing.assert_allclose(seen[0], eight / 255, atol=1e-7)
    floats = image(0, dtype=np.float32)
    before = floats.copy()
    vg.Compose([vg.Opaque(look)])(floats)
    np.testing.assert_array_equal(floats, before)


def test_an_opaque_function_may_return_bytes():
    eight = image(0)
    out = vg.Compose([vg.Opaque(lambda picture: (picture * 255).round().astype(np.uint8))])(eight)
    np.testing.assert_array_equal(out, eight)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda picture: None, "Opaque: the function must return an array (height, width, 3), got NoneType"),
        (
            lambda picture: picture[:, :, 0],
            "Opaque: the function must return an array (height, width, 3), got shape (8, 9)",
        ),
        (
            lambda picture: picture[:, :, :2],
            "Opaque: the function must return an array (height, width, 3), got shape (8, 9, 2)",
        ),
        (
            lambda picture: picture.astype(np.int64),
            "Opaque: the function must return float32, uint8 or uint16, got int64",
        ),
        (
            lambda picture: picture[1:],
            "Opaque changed the size of the picture to (7, 9), so the result has shape (7, 9, 3) instead of "
            "(8, 9, 3). Put Resize or CenterCrop after it.",
        ),
        (
            lambda picture: picture[:0],
            "Opaque: the function must return an array (height, width, 3), got shape (0, 9, 3)",
        ),
    ],
)
def test_what_an_opaque_function_may_not_return(function, message):
    with pytest.raises(vg.InputError, match=re.escape(message)):
        vg.Compose([vg.Opaque(function)])(image(0, (8, 9)))


def test_a_size_that_changed_is_settled_by_what_follows():
    eight = image(0, (20, 30))
    out = vg.Compose([vg.Opaque(smaller, by=5), vg.CenterCrop((10, 12))])(eight)
    np.testing.assert_array_equal(out, eight[5:, 5:][2:12, 6:18])


def test_the_last_op_of_a_run_that_names_an_interpolation_decides():
    eight = image(0, (20, 30))
    nearest = vg.Compose([vg.Rotate(10), vg.Scale(1.3)], interpolation="nearest")(eight)
    for ops in (
        [vg.Rotate(10), vg.Scale(1.3, interpolation="nearest")],
        [vg.Rotate(10, interpolation="nearest"), vg.Scale(1.3)],
        [vg.Rotate(10, interpolation="bicubic"), vg.Scale(1.3, interpolation="nearest"), vg.HorizontalFlip(p=0)],
    ):
        np.testing.assert_array_equal(vg.Compose(ops)(eight), nearest)
    rough = vg.Compose([vg.Rotate(10), vg.Scale(0.3)], antialias=False)(eight)
    np.testing.assert_array_equal(vg.Compose([vg.Rotate(10), vg.Scale(0.3, antialias=False)])(eight), rough)
    assert not np.array_equal(vg.Compose([vg.Rotate(10), vg.Scale(0.3)])(eight), rough)
