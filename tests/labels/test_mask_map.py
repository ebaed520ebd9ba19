"""Masks of another resolution than their picture: they cover the same plane, and follow the same map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.labels.truth import RUNS, gentle

import variegate as vg

BORDERS = ("constant", "edge", "reflect", "symmetric", "wrap")


@st.composite
def chains(draw, most=3):
    """Ops, one of which may show the border, that end in a size of which 1, 2, 4 and 8 are divisors."""
    ops = draw(st.lists(gentle(), max_size=most))
    border = draw(st.sampled_from(BORDERS))
    more = st.sampled_from(
        (
            vg.Affine(scale=0.5, rotate=10, border=border, fill=0.25),
            vg.Translate(0.3, -0.2, border=border, fill=0.25),
            vg.Pad(8, border=border, fill=0.25),
            vg.Rotate(25, border=border, fill=0.25),
        )
    )
    ops.insert(draw(st.integers(0, len(ops))), draw(more))
    return [*ops, vg.Resize((64, 96))], vg.Key(id=draw(st.integers(0, 99)))


def blocks(mask, stride):
    """A coarse mask as fine as its picture."""
    return mask.repeat(stride, axis=0).repeat(stride, axis=1)


def patches(seed, size):
    """A mask of a few large classes."""
    rng, mask = np.random.default_rng(seed), np.zeros(size, np.uint8)
    for value in (1, 2, 3, 4):
        top, left = rng.integers(0, size[0]), rng.integers(0, size[1])
        mask[top : top + size[0] // 2, left : left + size[1] // 2] = value
    return mask


def carried(ops, key, size, target, mask):
    """A mask on the result."""
    augment = vg.Compose(ops, targets={"mask": target})
    return augment(image=np.zeros((*size, 3), np.uint8), mask=mask, key=key)["mask"]


def alike_around(mask, row, column, reach):
    """Whether the pixels about a corner of pixels are of one class."""
    part = mask[max(row - reach, 0) : row + reach, max(column - reach, 0) : column + reach]
    return (part == part.flat[0]).all()


@RUNS
@given(chains(), st.integers(0, 2**31), st.sampled_from((2, 4, 8)))
def test_a_coarse_mask_has_the_classes_of_a_fine_one_of_blocks(chain, seed, stride):
    """At the middle of each of its pixels, where the fine one has no border between classes nearby."""
    (ops, key), size = chain, (40, 56)
    coarse = patches(seed, (size[0] // stride, size[1] // stride))
    fine = carried(ops, key, size, vg.Mask(9), blocks(coarse, stride))
    got = carried(ops, key, size, vg.Mask(9, stride=stride), coarse)
    assert got.shape == (64 // stride, 96 // stride)
    half, compared, differ = stride // 2, 0, 0
    for i, j in np.ndindex(got.shape):
        row, column = i * stride + half, j * stride + half
        if alike_around(fine, row, column, 2):
            compared += 1
            differ += int(got[i, j] != fine[row, column])
    assert compared > got.size / 10 and differ <= compared / 200, "but for a sliver that lies between pixels"


@RUNS
@given(chains(), st.integers(0, 2**31), st.sampled_from((2, 3)))
def test_a_fine_mask_of_blocks_has_the_classes_of_its_picture(chain, seed, times):
    (ops, key), size = chain, (40, 56)
    plain = patches(seed, size)
    want = carried(ops, key, size, vg.Mask(9), plain)
    got = carried(ops, key, size, vg.Mask(9, stride=1 / times), blocks(plain, times))
    assert got.shape == (64 * times, 96 * times)
    inner = np.zeros(want.shape, bool)
    inner[1:-1, 1:-1] = [[alike_around(want, i + 1, j + 1, 2) for j in range(1, 95)] for i in range(1, 63)]
    differ = np.count_nonzero(got[times // 2 :: times, times // 2 :: times][inner] != want[inner])
    assert differ <= np.count_nonzero(inner) / 100, "but for a sliver that lies between pixels"


@pytest.mark.parametrize("stride", [4, 2, 0.5])
@pytest.mark.parametrize("ops", [[vg.Affine(rotate=17, scale=0.9, x=0.05)], [vg.Resize((96, 128))], [vg.Rotate90(1)]])
def test_a_heat_map_keeps_its_peak_where_the_keypoint_goes(ops, stride):
    """A Gaussian sampled at the middles of its pixels: the moved one has its centre at the moved point."""
    size, at, sigma = (96, 128), (70.3, 40.7), 11.0
    scale = 1 / stride
    y, x = (np.mgrid[: round(96 * scale), : round(128 * scale)] + 0.5) * stride
    heat = np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * sigma**2)).astype(np.float32)
    targets = {"heat": vg.Mask(stride=stride), "points": vg.Keypoints(group=None)}
    got = vg.Compose(ops, targets=targets)(image=np.zeros((*size, 3), np.uint8), heat=heat, points=[at])
    (u, v), moved = got["points"][0], got["heat"]
    rows, columns = (np.mgrid[: moved.shape[0], : moved.shape[1]] + 0.5) * stride
    weights = moved * (moved > 1e-3)
    centre = (columns * weights).sum() / weights.sum(), (rows * weights).sum() / weights.sum()
    np.testing.assert_allclose(centre, (u, v), atol=0.1)
    back = [vg.Compose(ops).plan(vg.Keys.of([vg.Key()]), [size]).point_map(0).backward][0]
    px, py, _ = back @ np.stack([columns.ravel(), rows.ravel(), np.ones(columns.size)])
    want = np.exp(-((px - at[0]) ** 2 + (py - at[1]) ** 2) / (2 * sigma**2)).reshape(moved.shape)
    far = (px.reshape(want.shape) > 8) & (py.reshape(want.shape) > 8)
    far &= (px.reshape(want.shape) < 120) & (py.reshape(want.shape) < 88)
    assert np.abs(moved - want)[far].max() < 0.04


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, bool])
@pytest.mark.parametrize(("stride", "sides"), [(4, (12, 16)), (3, (16, 24)), (0.5, (96, 128)), (1, (48, 64))])
def test_flips_and_turns_are_exact(stride, sides, dtype):
    size = (48, 72) if stride == 3 else (48, 64)
    numbers = np.random.default_rng(0).uniform(-9, 9, sides)
    mask = (
        numbers > 0 if dtype is bool else np.abs(numbers).astype(dtype) if dtype is np.uint8 else numbers.astype(dtype)
    )
    if mask.dtype.kind == "f":
        mask[1, 2], mask[3, 3] = np.nan, np.inf
    for ops, want in (
        ([], mask),
        ([vg.HorizontalFlip()], mask[:, ::-1]),
        ([vg.Rotate90(1)], np.rot90(mask)),
        ([vg.Transpose(), vg.VerticalFlip()], mask.T[::-1]),
    ):
        np.testing.assert_array_equal(carried(ops, vg.Key(), size, vg.Mask(stride=stride), mask), want)


def test_a_picture_whose_sides_are_no_multiples():
    """The mask covers all of it, however it was rounded, and comes back with sides rounded half to even."""
    for sides in ((3, 4), (4, 5), (3, 5)):
        mask = np.arange(1, 1 + sides[0] * sides[1], dtype=np.uint8).reshape(sides)
        got = carried([], vg.Key(), (14, 19), vg.Mask(stride=4), mask)
        assert got.shape == (4, 5) and got[0, 0] == 1 and got[-1, -1] == mask[-1, -1]
        assert got.min() > 0


def test_a_batch_stacks():
    augment = vg.Compose(
        [vg.RandomResizedCrop(64)], targets={"heat": vg.Mask(stride=4), "parts": vg.Mask(channels=3, stride=2)}
    )
    sizes = [(50, 70), (64, 64), (31, 90)]
    images = [np.zeros((*size, 3), np.uint8) for size in sizes]
    heat = [np.zeros((-(-h // 4), w // 4), np.float32) for h, w in sizes]
    parts = [np.zeros((h // 2, w // 2, 3), bool) for h, w in sizes]
    got = augment.batch(image=images, heat=heat, parts=parts)
    assert got["heat"].shape == (3, 16, 16) and got["parts"].shape == (3, 32, 32, 3)
    single = augment(image=images[0], heat=heat[0], parts=parts[0])
    assert single["heat"].shape == (16, 16)


@pytest.mark.parametrize("stride", [4, 0.5])
def test_a_coarse_stack_tells_of_pixels_of_the_picture(stride):
    """Its box, and areas for filters, are of the picture."""
    size, scale = (80, 120), 1 / stride
    mask = np.zeros((2, round(80 * scale), round(120 * scale)), bool)
    mask[0, round(20 * scale) : round(40 * scale), round(40 * scale) : round(80 * scale)] = True
    mask[1, round(60 * scale) : round(64 * scale), round(4 * scale) : round(8 * scale)] = True
    targets = {"masks": vg.Mask(stack=True, stride=stride, min_area=100), "boxes": vg.Boxes()}
    boxes = [[38.5, 19, 80, 41], [4, 60, 8, 64]]
    turned = vg.Compose([vg.Rotate(180.001)], targets=targets)
    got = turned(image=np.zeros((*size, 3), np.uint8), masks=mask, boxes=boxes)
    assert got["masks"].shape == (1, *mask.shape[1:])
    np.testing.assert_allclose(got["boxes"], [[40, 40, 80, 60]], atol=0.01)


def test_the_map_back():
    mask = patches(3, (16, 24))
    augment = vg.Compose([vg.Rotate90(1), vg.Resize((96, 64))], targets={"mask": vg.Mask(9, stride=4)})
    got, record = augment(image=np.zeros((64, 96), np.uint8), mask=mask, return_params=True)
    np.testing.assert_array_equal(augment.inverse(record)(mask=got["mask"])["mask"], mask)
    again = augment.replay(record, image=np.zeros((64, 96), np.uint8), mask=mask)
    np.testing.assert_array_equal(again["mask"], got["mask"])


@pytest.mark.parametrize("stride", [4, 1, 0.5])
def test_an_op_that_looks_at_a_mask_finds_it(stride):
    """The window holds the marked pixel, wherever it is drawn."""
    mask = np.zeros((round(64 / stride), round(96 / stride), 2), bool)
    row, column = round(40 / stride), round(72 / stride)
    mask[row, column, 1] = True
    augment = vg.Compose(
        [vg.HorizontalFlip(), vg.CropNonEmptyMask(24)], targets={"mask": vg.Mask(channels=2, stride=stride)}
    )
    for n in range(8):
        got = augment(image=np.zeros((64, 96), np.uint8), mask=mask, key=vg.Key(id=n))["mask"]
        assert got.shape == (24 / stride, 24 / stride, 2) and got[:, :, 1].any() and not got[:, :, 0].any()


def test_a_shift_by_less_than_a_pixel_of_the_mask_is_read_between_its_pixels():
    """And one by whole pixels of it is exact, for float64 too."""
    heat = np.random.default_rng(0).random((10, 12))
    for shift, want in ((4, heat[1:8, 1:9]), (2, (heat[:7, :8] + heat[1:8, :8] + heat[:7, 1:9] + heat[1:8, 1:9]) / 4)):
        got = carried([vg.Crop(shift, shift, 28, 32)], vg.Key(), (40, 48), vg.Mask(stride=4), heat)
        np.testing.assert_allclose(got, want, rtol=0 if shift == 4 else 1e-6)


@pytest.mark.parametrize("stride", [2, 0.5])
@pytest.mark.parametrize("border", BORDERS[1:])
def test_copies_of_a_coarse_stack(stride, border):
    """As its border has them: in the mask, in the box, and where the object itself is out of sight."""
    size, mask = (40, 60), np.zeros((1, round(40 / stride), round(60 / stride)), np.uint8)
    mask[0, round(2 / stride) : round(12 / stride), round(4 / stride) : round(14 / stride)] = 1
    box = [[4, 2, 14, 12]]
    targets = {"masks": vg.Mask(stack=True, copies=True, stride=stride), "boxes": vg.Boxes()}
    augment = vg.Compose([vg.Affine(scale=0.4, rotate=3, border=border)], targets=targets)
    got = augment(image=np.zeros((*size, 3), np.uint8), masks=mask, boxes=box)
    classes = carried([vg.Affine(scale=0.4, rotate=3, border=border)], vg.Key(), size, vg.Mask(stride=stride), mask[0])
    np.testing.assert_array_equal(got["masks"][0], classes)
    rows, columns = np.nonzero(classes)
    want = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) * stride
    np.testing.assert_allclose(got["boxes"], [want])
    wrapped = {"masks": vg.Mask(stack=True, copies=True, stride=stride, min_visible=0.9)}
    moved = vg.Compose([vg.Translate(-0.5, border="wrap")], targets=wrapped)
    assert len(moved(image=np.zeros((*size, 3), np.uint8), masks=mask)["masks"]) == 1
    flipped = vg.Compose([vg.HorizontalFlip()], targets=targets)
    drawn = flipped(image=np.zeros((*size, 3), np.uint8), masks=mask, boxes=[[3.5, 2, 14, 12.25]])
    assert drawn["boxes"].tolist() == [[46, 2, 56.5, 12.25]], "no copy is seen, so the box is the one that was drawn"
