"""JPEG: Pillow's own pixels, whatever stands around it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

import variegate as vg
from variegate import testing

PHOTO = np.asarray(Image.fromarray(data.astronaut()).resize((123, 77)))
KEY = vg.Key(3)


def by_pillow(levels, quality):
    file = io.BytesIO()
    Image.fromarray(levels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


@pytest.mark.parametrize("quality", [1, 30, 75, 95, 100])
@pytest.mark.parametrize("picture", [PHOTO, PHOTO[..., 0]], ids=["colour", "grey"])
def test_its_pixels_are_pillow_s(picture, quality):
    np.testing.assert_array_equal(vg.Compose([vg.JPEG(quality)])(picture, key=KEY), by_pillow(picture, quality))


def test_other_dtypes_are_rounded_to_8_bits_first():
    augment, want = vg.Compose([vg.JPEG(50)]), by_pillow(PHOTO, 50)
    np.testing.assert_array_equal(augment(PHOTO.astype(np.uint16) * 257, key=KEY), want.astype(np.uint16) * 257)
    np.testing.assert_allclose(augment(PHOTO / np.float32(255), key=KEY), want / 255, atol=1e-6)


def test_after_a_map_it_compresses_what_the_map_shows():
    turned = vg.Compose([vg.Rotate90(1)])(PHOTO)
    got = vg.Compose([vg.Rotate90(1), vg.JPEG(40), vg.HorizontalFlip()])(PHOTO, key=KEY)
    np.testing.assert_array_equal(got, by_pillow(np.ascontiguousarray(turned), 40)[:, ::-1])


def test_qualities_of_a_range_are_rounded_down():
    augment = vg.Compose([vg.JPEG((30, 33))])
    made = {augment(PHOTO, key=vg.Key(id=n)).tobytes() for n in range(40)}
    assert made == {by_pillow(PHOTO, quality).tobytes() for quality in (30, 31, 32)}


def test_draws_are_keyed_and_labels_stay():
    testing.assert_draws_are_keyed(vg.JPEG())
    augment = vg.Compose([vg.JPEG(20)], targets={"boxes": vg.Boxes("xyxy")})
    np.testing.assert_array_equal(augment(image=PHOTO, boxes=[[1, 2, 30, 40]])["boxes"], [[1, 2, 30, 40]])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: vg.JPEG(0), "JPEG.quality must be at least 1"),
        (lambda: vg.JPEG(101), "JPEG.quality must be .* at most 100"),
        (lambda: vg.JPEG(50.5), "JPEG.quality .*whole"),
        (
            lambda: vg.Compose([vg.JPEG(50)])(np.zeros((9, 9, 4), np.uint8)),
            "JPEG takes pictures of 1 or 3 channels, got 4",
        ),
        (lambda: vg.Compose([vg.JPEG(50)], white=None)(np.zeros((9, 9), np.uint16)), "JPEG"),
    ],
)
def test_what_cannot_be(make, told):
    with pytest.raises(vg.VariegateError, match=told):
        make()
