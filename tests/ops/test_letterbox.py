"""Letterbox: the whole picture in the middle of a canvas, as a resize and a margin make it."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg


@pytest.mark.parametrize(
    ("sides", "size", "within", "corner"),
    [
        ((30, 40), (64, 64), (48, 64), (8, 0)),
        ((300, 400), (64, 64), (48, 64), (8, 0)),
        ((40, 30), (50, 90), (50, 38), (0, 26)),
        ((33, 47), (64, 64), (45, 64), (9, 0)),
        ((20, 90), (100, 50), (11, 50), (44, 0)),
        ((1, 500), (64, 64), (1, 64), (31, 0)),
        ((64, 32), (64, 32), (64, 32), (0, 0)),
    ],
)
def test_it_is_a_resize_and_a_margin(sides, size, within, corner):
    image = np.random.default_rng(0).integers(0, 256, (*sides, 3), np.uint8)
    want = np.full((*size, 3), 114, np.uint8)
    (top, left), (height, width) = corner, within
    want[top : top + height, left : left + width] = vg.Compose([vg.Resize(within)])(image)
    assert np.array_equal(vg.Compose([vg.Letterbox(size, fill=114)])(image), want)


def test_boxes_go_in_and_predictions_come_back():
    augment = vg.Compose([vg.Letterbox(64)], targets={"boxes": vg.Boxes("xyxy")})
    image = np.zeros((30, 40, 3), np.uint8)
    out, record = augment(image=image, boxes=[[0, 0, 40, 30], [10, 15, 20, 30]], return_params=True)
    assert out["boxes"].tolist() == [[0, 8, 64, 56], [16, 32, 32, 56]]
    assert augment.inverse(record)(boxes=out["boxes"])["boxes"].tolist() == [[0, 0, 40, 30], [10, 15, 20, 30]]


def test_a_batch_has_one_shape():
    images = [np.zeros((30, 40, 3), np.uint8), np.zeros((70, 20, 3), np.uint8)]
    assert vg.Compose([vg.Letterbox((48, 64))]).batch(images).shape == (2, 48, 64, 3)
