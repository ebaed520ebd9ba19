"""Downscale: Pillow's resize, down and up, by each filter; and what stays."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

import variegate as vg
from variegate import testing
from variegate.ops import effect as effects

RNG = np.random.default_rng(11)
IMAGE = np.uint8(ndimage.gaussian_filter(RNG.integers(0, 256, (45, 63, 3)).astype(np.float64), (0.7, 0.7, 0)))
PILLOW = {"nearest": Image.Resampling.NEAREST, "box": Image.Resampling.BOX, "bilinear": Image.Resampling.BILINEAR}
APART = {"nearest": 0, "box": 1, "bilinear": 2}  # levels: Pillow rounds after each of its four passes
OPS = [vg.Downscale(), vg.Downscale((0.4, 1), "nearest"), vg.Downscale((0.3, 0.9), "box")]


def small(scale, shape):
    return tuple(max(int(np.floor(scale * side + 0.5)), 1) for side in shape[:2])


def by_pillow(image, size, kind):
    small = Image.fromarray(image).resize(size[::-1], PILLOW[kind])
    return np.asarray(small.resize(image.shape[1::-1], PILLOW[kind]))


@pytest.mark.parametrize("op", OPS, ids=repr)
def test_it_is_sound_fuses_and_labels_stay(op):
    testing.assert_lowering_is_sound(op)
    testing.assert_draws_are_keyed(op)
    testing.assert_fused_equals_reference([vg.Rotate(10), op, vg.Scale(1.2)])
    testing.assert_fused_equals_reference([op, vg.Normalize(layout="CHW")])
    testing.assert_targets_stay_in_step(op)


@pytest.mark.parametrize("kind", PILLOW)
@pytest.mark.parametrize("channels", [1, 3])
def test_it_is_pillow_s_resize_down_and_up(kind, channels):
    """Of odd sides to odd ones: of others a centre may lie on the line between two pixels, where rounding decides."""
    tried, picture = 0, IMAGE if channels == 3 else IMAGE[..., 0]
    for scale in np.linspace(0.02, 1, 99):
        size = small(scale, picture.shape)
        if kind != "bilinear" and not all(side % 2 for side in size):
            continue
        tried += 1
        out = vg.Compose([vg.Downscale(scale, kind)])(picture)
        assert np.abs(out.astype(int) - by_pillow(picture, size, kind)).max() <= APART[kind], scale
    assert tried > 20


@pytest.mark.parametrize("kind", PILLOW)
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_channels_are_each_by_itself_and_dtypes_alike(kind, channels, dtype):
    """Against Pillow's floats, which it takes a channel at a time and does not round."""
    white = 1 if dtype == np.float32 else np.iinfo(dtype).max
    image = (RNG.random((31, 42, channels)) * white).astype(dtype)
    out = vg.Compose([vg.Downscale(0.41, kind)])(image)
    size = small(0.41, image.shape)
    planes = [by_pillow(image[..., c].astype(np.float32), size, kind) for c in range(channels)]
    assert out.dtype == dtype
    rounding = 0 if dtype == np.float32 else 0.5
    assert np.abs(out - np.stack(planes, axis=2)).max() <= 1e-6 * white + rounding


def test_boxes_are_means_of_blocks_that_share_no_pixel():
    """So the mean of the picture stays where all blocks are of one size."""
    image = RNG.random((24, 35, 3)).astype(np.float32)
    out = vg.Compose([vg.Downscale(0.2, "box")], white=None)(image)
    blocks = image[:20].astype(np.float64).reshape(4, 5, 7, 5, 3).mean(axis=(1, 3))
    whole = vg.Compose([vg.Downscale(0.2, "box")], white=None)(image[:20])
    np.testing.assert_allclose(whole, blocks.repeat(5, axis=0).repeat(5, axis=1), atol=1e-6)
    assert abs(whole.mean() - image[:20].mean()) < 1e-6
    assert len(np.unique(out[..., 0])) == 5 * 7, "24 rows make 5"


@pytest.mark.parametrize("kind", PILLOW)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("scale", [0.01, 0.3, 0.99])
def test_flat_pictures_stay_and_no_channel_leaves_its_range(kind, dtype, scale):
    flat = np.full((11, 8, 3), 0.3 if dtype == np.float32 else 77, dtype)
    augment = vg.Compose([vg.Downscale(scale, kind)])
    np.testing.assert_allclose(augment(flat), flat, rtol=1e-6, atol=0)
    image = (RNG.random((13, 21, 3)) * (0.5 if dtype == np.float32 else 200)).astype(dtype) + dtype(0.25)
    out = augment(image)
    slack = 1e-6 if dtype == np.float32 else 0
    assert (out.min(axis=(0, 1)) >= image.min(axis=(0, 1)) - slack).all()
    assert (out.max(axis=(0, 1)) <= image.max(axis=(0, 1)) + slack).all()


def test_of_its_own_size_it_is_the_identity_to_the_bit():
    for op in (vg.Downscale(1), vg.Downscale(0.999), vg.Downscale(1, "nearest")):
        augment, plain = (
            vg.Compose([vg.Rotate(7), op, vg.Brightness(1.1)]),
            vg.Compose([vg.Rotate(7), vg.Brightness(1.1)]),
        )
        np.testing.assert_array_equal(augment(IMAGE), plain(IMAGE))
        assert vg.Compose([op]).plan(vg.Keys.of([vg.Key()]), [IMAGE.shape[:2]]).between == 0


def test_one_side_may_keep_its_size():
    out = vg.Compose([vg.Downscale(0.5, "box")])(IMAGE[:1])
    assert np.abs(out.astype(int) - by_pillow(IMAGE[:1], (1, 32), "box")).max() <= 1


@pytest.mark.parametrize("kind", PILLOW)
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 9, 1), (8, 1, 4), (2, 2, 3)])
def test_pictures_of_hardly_any_pixel(kind, shape):
    image = RNG.integers(0, 256, shape, np.uint8)
    out = vg.Compose([vg.Downscale(0.3, kind)])(image)
    want = by_pillow(image[..., 0], small(0.3, shape), kind)
    assert out.shape == shape and np.abs(out[..., 0].astype(int) - want).max() <= APART[kind]


@pytest.mark.parametrize("kind", PILLOW)
def test_where_it_writes_the_result_itself_it_has_the_bytes_of_a_pass_that_reads(kind):
    """Rows that are written again are those of the pass before."""
    for dtype in (np.uint8, np.uint16, np.float32):
        image = (IMAGE * (1 if dtype != np.float32 else 1 / 255)).astype(dtype)
        alone = vg.Compose([vg.Downscale(0.3, kind)])(image)
        np.testing.assert_array_equal(alone, vg.Compose([vg.Downscale(0.3, kind), vg.HorizontalFlip()])(image)[:, ::-1])


def test_a_batch_has_the_bytes_of_one_by_one():
    augment, keys = vg.Compose([vg.HorizontalFlip(p=0.5), vg.Downscale((0.1, 1))]), [vg.Key(id=n) for n in range(9)]
    np.testing.assert_array_equal(augment.batch([IMAGE] * 9, keys=keys), [augment(IMAGE, key=key) for key in keys])


def test_the_small_picture_is_counted():
    plan = vg.Compose([vg.Downscale(0.5)]).plan(vg.Keys.of([vg.Key()]), [(20, 30)])
    assert plan.between == 4 * (10 * 15 * 3 + 2 * (30 * 3 + 1))


def test_views_without_colours_keep_their_resolution():
    augment = vg.Compose(
        [vg.Downscale(0.2)], targets={"depth": vg.Image(), "infrared": vg.Image(colour=True, white=255)}
    )
    depth = RNG.random((45, 63), np.float32)
    out = augment(image=IMAGE, depth=depth, infrared=IMAGE[..., :1])
    np.testing.assert_array_equal(out["depth"], depth)
    np.testing.assert_array_equal(out["infrared"][..., 0], vg.Compose([vg.Downscale(0.2)])(IMAGE[..., 0]))


class Between(vg.Op):
    """A size of one's own."""

    gives = effects.LowResolution

    def __init__(self, size, kind="box"):
        super().__init__()
        self._set(size=size, kind=kind)

    def lower(self, draws, sizes, context):
        return effects.LowResolution(np.array([self.size] * len(sizes)), self.kind)


def test_an_op_of_one_s_own_may_take_other_sides_and_larger_ones():
    for size in ((45, 9), (7, 64), (91, 21)):
        out = vg.Compose([Between(size)])(IMAGE)
        assert np.abs(out.astype(int) - by_pillow(IMAGE, size, "box")).max() <= 1
        testing.assert_fused_equals_reference([Between(size)])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: vg.Downscale(0), "Downscale.scale must be above 0"),
        (lambda: vg.Downscale(1.1), "Downscale.scale must be .* at most 1"),
        (lambda: vg.Downscale(0.5, "bicubic"), "Downscale.interpolation is one of 'nearest', 'box', 'bilinear'"),
        (lambda: vg.Compose([Between((0, 4))])(IMAGE), "LowResolution.size is whole pixels, 1 or more; got 0"),
        (lambda: vg.Compose([Between((4.0, 4.0))])(IMAGE), "LowResolution.size is whole pixels, 1 or more; got 4"),
        (lambda: vg.Compose([Between((4, 4), "cubic")])(IMAGE), "LowResolution.kind is one of nearest, box, bilinear;"),
    ],
)
def test_what_cannot_be(make, told):
    with pytest.raises(vg.VariegateError, match=told):
        make()


def test_what_explain_says():
    told = vg.Compose([vg.Downscale(0.5, "box")]).explain((20, 30))
    assert re.search(r"between  10 x 15, box", told), told
