"""Masks through a sample's map: classes stay classes, maps of numbers go as a picture goes, dtypes come back."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import variegate as vg
from variegate.errors import InputError
from variegate.labels.masks import carry_mask, visible_pixels
from variegate.sampling import BORDERS
from variegate.targets import Mask, MaskLeaf

RUNS = settings(
    derandomize=True,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    max_examples=int(os.environ.get("VARIEGATE_EXAMPLES", "200")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
OFTEN = (*["constant"] * 5, *BORDERS)
CLASSES = ("?", "u1", "i1", "<u2", ">u2", "<i2", ">i2", "<u4", ">u4", "<i4", ">i4", "<u8", ">u8", "<i8", ">i8")
FLOATS = ("<f2", ">f2", "<f4", ">f4", "<f8", ">f8")


class Case(NamedTuple):
    """Ops, as a pipeline by nearest and one that is bilinear, a size and a point map."""

    ops: list
    size: tuple
    key: vg.Key
    antialias: bool = True

    def __repr__(self) -> str:
        return f"{self.ops!r} on {self.size} with {self.key!r}, antialias={self.antialias}"

    def picture(self, image, interpolation="bilinear"):
        """The ops on a picture."""
        return vg.Compose(self.ops, interpolation=interpolation, antialias=self.antialias)(image, key=self.key)

    @property
    def point_map(self):
        """The ops' maps."""
        plan = vg.Compose(self.ops).plan(vg.Keys.of([self.key]), [self.size], 1, np.uint8)
        return plan.point_map(0)._replace(antialias=self.antialias)

    def carry(self, target, pixels):
        """A mask through the maps."""
        return carry_mask(target, MaskLeaf(pixels), self.point_map).pixels


@st.composite
def cases(draw, borders=OFTEN, fill=0.25):
    """Some ops on a picture of some size; what lies outside is the same for all."""
    sides, angles = st.integers(1, 30), st.floats(-180, 180).map(lambda x: float(np.float32(x)))
    border = {"border": draw(st.sampled_from(borders)), "fill": fill}
    ops = (
        lambda: vg.Rotate(draw(angles), **border),
        lambda: vg.Affine(scale=draw(st.floats(0.1, 2)), shear_x=draw(st.floats(-30, 30)), **border),
        lambda: vg.Translate(draw(st.floats(-1.5, 1.5)), draw(st.floats(-1.5, 1.5)), **border),
        lambda: vg.Perspective(draw(st.floats(0, 0.65)), **border),
        lambda: vg.HorizontalFlip(),
        lambda: vg.RandomResizedCrop(draw(st.tuples(sides, sides))),
        lambda: vg.Resize(draw(st.tuples(sides, sides))),
        lambda: vg.Pad(draw(st.integers(0, 9)), **border),
    )
    chosen = [make() for make in draw(st.lists(st.sampled_from(ops), min_size=1, max_size=4))]
    size = draw(st.tuples(sides, sides))
    return Case(chosen, size, vg.Key(id=draw(st.integers(0, 99))), draw(st.booleans()))


def noise(size, dtype, seed=0):
    """A mask of all the numbers that a dtype has; of floats, from 0 to 1."""
    rng, kind = np.random.default_rng(seed), np.dtype(dtype).kind
    if kind == "f":
        return rng.uniform(0, 1, size).astype(dtype)
    if kind == "b":
        return rng.integers(0, 2, size).astype(bool)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, size, np.dtype(dtype).newbyteorder("="), True).astype(dtype)


@RUNS
@given(cases(fill=7))
def test_classes_lie_where_the_picture_by_nearest_has_them(case):
    mask = noise(case.size, "u1")
    np.testing.assert_array_equal(case.carry(Mask(7), mask), case.picture(mask, "nearest"))


@RUNS
@given(cases(), st.sampled_from(CLASSES), st.sampled_from(("nearest", "area")))
def test_every_dtype_of_classes_comes_back(case, dtype, shrink):
    mask = noise(case.size, dtype)
    got = case.carry(Mask(shrink=shrink), mask)
    assert got.dtype == mask.dtype
    assert set(got.ravel().tolist()) <= {0, *mask.ravel().tolist()}, "classes are never mixed"
    native = mask.astype(mask.dtype.newbyteorder("="))
    np.testing.assert_array_equal(got, case.carry(Mask(shrink=shrink), native))


@pytest.mark.parametrize("dtype", CLASSES[1:])
def test_votes_are_of_numbers_not_of_bytes(dtype):
    """Equals go to the smallest, as numbers have it, in either order of bytes and with a sign or without."""
    limits, case = np.iinfo(dtype), Case([vg.Resize((1, 2))], (2, 4), vg.Key())
    low, high = limits.min + 1, limits.max // 2 + 1
    mask = np.array([[high, low, 1, limits.max], [low, high, limits.max, 1]], dtype)
    assert case.carry(Mask(shrink="area"), mask).tolist() == [[low, 1]]


@pytest.mark.parametrize("dtype", ["?", "u1", "<i2", ">i4", "<i8", "<f4", ">f8"])
def test_a_mask_may_lie_in_memory_as_it_likes(dtype):
    case = Case([vg.Rotate(31), vg.Scale(0.6)], (12, 9), vg.Key())
    mask = noise((12, 9), dtype)
    wide, packed = np.zeros((24, 27), dtype), np.zeros(12 * 9 * mask.itemsize + 1, np.uint8)
    wide[::2, ::3], packed[1:] = mask, mask.reshape(-1).view(np.uint8)
    frozen = mask.copy()
    frozen.flags.writeable = False
    unaligned = packed[1:].view(dtype).reshape(12, 9)
    for other in (wide[::2, ::3], mask.T.copy().T, mask[::-1].copy()[::-1], unaligned, frozen):
        before = other.copy()
        np.testing.assert_array_equal(case.carry(Mask(), other), case.carry(Mask(), mask))
        np.testing.assert_array_equal(other, before)


@pytest.mark.parametrize(
    ("target", "dtype", "want"),
    [
        (Mask(), "u1", 0),
        (Mask(), "?", False),
        (Mask(1), "?", True),
        (Mask(-1), "i1", -1),
        (Mask(-(2**31)), ">i4", -(2**31)),
        (Mask(2**63), "u8", 2**63),
        (Mask(ignore_index=255), "u1", 255),
        (Mask(3, ignore_index=255), "u1", 3),
        (Mask(ignore_index=-100, shrink="area"), "i8", -100),
        (Mask(7.0), "u1", 7),
        (Mask(-2.5), "f4", -2.5),
        (Mask(65504), ">f2", 65504),
    ],
)
def test_what_lies_outside(target, dtype, want):
    case = Case([vg.Pad(1)], (2, 2), vg.Key())
    got = case.carry(target, np.ones((2, 2), dtype))
    assert got.dtype == dtype
    assert got.tolist() == [[want] * 4, [want, 1, 1, want], [want, 1, 1, want], [want] * 4]


@pytest.mark.parametrize(
    ("fill", "dtype"),
    [(256, "uint8"), (-1, "uint16"), (2, "bool"), (0.5, "int64"), (128, "int8"), (1e5, "float16"), (1e39, "float64")],
)
def test_a_fill_that_a_mask_cannot_hold(fill, dtype):
    message = (
        f"a mask of {dtype} cannot hold {fill}, which is to lie outside of the picture; give the mask another dtype, "
        "or Mask another fill"
    )
    with pytest.raises(InputError, match=re.escape(message)):
        Case([], (2, 2), vg.Key()).carry(Mask(fill), np.ones((2, 2), dtype))


@RUNS
@given(cases(), st.sampled_from((None, 1, 2, 3, 5)))
def test_a_map_of_numbers_goes_as_a_picture_goes(case, channels):
    shape = case.size if channels is None else (*case.size, channels)
    numbers = noise(shape, "f4")
    got = case.carry(Mask(0.25), numbers)
    assert got.dtype == np.float32
    # A picture that is only flipped is mixed, too, of a pixel and none of the next, and may be off by a bit.
    np.testing.assert_allclose(got, case.picture(numbers), rtol=0, atol=2e-7)


@RUNS
@given(cases(), st.sampled_from(FLOATS), st.sampled_from((None, 2)))
def test_every_dtype_of_numbers_comes_back(case, dtype, channels):
    shape = case.size if channels is None else (*case.size, channels)
    numbers = noise(shape, dtype)
    got = case.carry(Mask(0.25), numbers)
    assert got.dtype == numbers.dtype
    want = case.carry(Mask(0.25), numbers.astype(np.float32))
    np.testing.assert_allclose(got, want, rtol=0, atol=2e-7 if numbers.itemsize > 2 else 1e-3)


def test_numbers_are_not_clamped():
    """A plane stays a plane, whatever its heights, in the middle of a turned picture."""
    y, x = np.mgrid[:40, :40] + 0.5
    case = Case([vg.Rotate(20), vg.Scale(1.3)], (40, 40), vg.Key())
    got = case.carry(Mask(-1e6), (900 * x - 400 * y).astype(np.float32))
    plane = np.linalg.lstsq(np.c_[x[15:25, 15:25].ravel(), y[15:25, 15:25].ravel(), np.ones(100)],
                            got[15:25, 15:25].ravel(), rcond=None)  # fmt: skip
    assert plane[1] < 1e-2 and got.max() > 10000 and got[got > -1e6].min() < -5000


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("channels", [(), (3,)])
def test_numbers_stay_as_they_are_where_nothing_lies_between_pixels(dtype, channels):
    numbers = noise((8, 6, *channels), dtype) * 1000
    numbers[2, 3], numbers[0, 0] = np.nan, np.inf
    reflected = np.pad(numbers, [(3, 3)] * 2 + [(0, 0)] * len(channels), mode="reflect")
    for ops, want in (
        ([], numbers),
        ([vg.HorizontalFlip()], numbers[:, ::-1]),
        ([vg.Transpose()], np.swapaxes(numbers, 0, 1)),
        ([vg.Rotate90(1), vg.Crop(1, 2, 3, 4)], np.rot90(numbers)[1:4, 2:6]),
        ([vg.Pad(3, border="reflect")], reflected),
    ):
        got = Case(ops, (8, 6), vg.Key()).carry(Mask(2), numbers)
        assert got.dtype == numbers.dtype
        np.testing.assert_array_equal(got, want)
    stack = np.ascontiguousarray(np.moveaxis(numbers.reshape(8, 6, -1), 2, 0))
    flipped = Case([vg.VerticalFlip()], (8, 6), vg.Key()).carry(Mask(stack=True), stack)
    np.testing.assert_array_equal(flipped, stack[:, ::-1])


def test_numbers_are_filtered_where_they_shrink_if_the_pipeline_filters():
    numbers = (np.indices((16, 16)).sum(axis=0) % 2).astype(np.float64)
    smooth, sharp = (
        Case([vg.Resize((5, 5))], (15, 15), vg.Key(), antialias).carry(Mask(), numbers[:15, :15])
        for antialias in (True, False)
    )
    assert np.abs(smooth - 0.5).max() < 0.2
    np.testing.assert_array_equal(sharp, numbers[1:15:3, 1:15:3])


@RUNS
@given(cases(), st.integers(0, 4), st.sampled_from(("?", "u1", ">i2", "i8", "f4", ">f8")), st.booleans())
def test_a_stack_is_its_masks(case, count, dtype, area):
    stack = noise((count, *case.size), dtype)
    shrink = "area" if area else "nearest"
    got = case.carry(Mask(stack=True, shrink=shrink), stack)
    assert got.shape == (count, *case.point_map.canvas[-1]) and got.dtype == stack.dtype and got.flags.c_contiguous
    for mask, moved in zip(stack, got, strict=True):
        np.testing.assert_array_equal(moved, case.carry(Mask(shrink=shrink), mask))


@RUNS
@given(cases())
def test_seen_is_what_no_fill_covers(case):
    want = case.carry(Mask(0), np.ones(case.size, np.uint8))
    got = visible_pixels(case.point_map)
    assert got.dtype == bool
    np.testing.assert_array_equal(got, want == 1)


@RUNS
@given(cases())
def test_what_is_shown_of_one_class_is_that_class(case):
    mask = np.full(case.size, 5, np.int32)
    shown = visible_pixels(case.point_map)
    got = case.carry(Mask(ignore_index=-1, shrink="area"), mask)
    assert (got[shown] == 5).all(), "what is shown is never outside"
    assert set(got.ravel().tolist()) <= {5, -1}


@pytest.mark.parametrize("turn", [0, 12.5, 45, 90])
def test_a_line_one_pixel_wide_survives_if_it_is_kept(turn):
    """Shrunk by 4, nearest loses three lines of four, and a vote all of them; a kept class loses none."""
    mask = np.zeros((80, 80), np.uint8)
    lines = {5: 1, 26: 2, 43: 3, 60: 4}
    for row, value in lines.items():
        mask[row, 20:60] = value
    case = Case([vg.Rotate(turn), vg.Resize((20, 20))], (80, 80), vg.Key())
    counts = {value: int((case.carry(Mask(shrink="area", keep=(1, 2, 3, 4)), mask) == value).sum()) for value in (2, 3)}
    assert all(count >= 10 for count in counts.values()), counts
    voted = case.carry(Mask(shrink="area"), mask)
    assert (voted == 0).all()


def test_the_first_kept_class_wins_where_two_are_met():
    mask = np.zeros((8, 8), np.uint8)
    mask[1], mask[2] = 1, 2
    case = Case([vg.Resize((2, 2))], (8, 8), vg.Key())
    assert case.carry(Mask(shrink="area", keep=(1, 2)), mask).tolist() == [[1, 1], [0, 0]]
    assert case.carry(Mask(shrink="area", keep=(2, 1)), mask).tolist() == [[2, 2], [0, 0]]


def test_a_class_that_is_ignored_wins_only_where_nothing_else_is():
    mask = np.full((8, 8), 255, np.uint8)
    mask[0, 0] = 7
    case = Case([vg.Resize((2, 2))], (8, 8), vg.Key())
    assert case.carry(Mask(ignore_index=255, shrink="area"), mask).tolist() == [[7, 255], [255, 255]]
    assert case.carry(Mask(shrink="area"), mask).tolist() == [[255, 255], [255, 255]]


def test_no_map_gives_a_copy():
    for mask in (noise((3, 4), "u1"), noise((3, 4), "f8").astype(np.float32), noise((3, 4, 2), "f4")):
        got = Case([], mask.shape[:2], vg.Key()).carry(Mask(), mask)
        np.testing.assert_array_equal(got, mask)
        assert not np.shares_memory(got, mask)


@RUNS
@given(cases(), st.sampled_from(("?", "u1", ">i2", "i8")), st.integers(1, 4), st.booleans())
def test_channels_of_classes_are_masks_of_their_own(case, dtype, count, area):
    """Each is what it would be alone, by nearest and by vote, with a fill of its own where there is one."""
    mask, shrink = noise((*case.size, count), dtype), "area" if area else "nearest"
    fills = tuple(n % 2 for n in range(count))
    for target, alone in (
        (Mask(channels=count, shrink=shrink), [Mask(shrink=shrink)] * count),
        (Mask(fills, channels=count, shrink=shrink), [Mask(fill, shrink=shrink) for fill in fills]),
    ):
        got = case.carry(target, mask)
        assert got.dtype == mask.dtype and got.flags.c_contiguous
        for n, each in enumerate(alone):
            np.testing.assert_array_equal(got[:, :, n], case.carry(each, mask[:, :, n]))


@RUNS
@given(cases())
def test_one_channel_of_classes_stays_one(case):
    mask = noise((*case.size, 1), "u1")
    got = case.carry(Mask(3), mask)
    np.testing.assert_array_equal(got[:, :, 0], case.carry(Mask(3), mask[:, :, 0]))


def test_a_map_of_numbers_has_a_fill_a_channel():
    got = Case([vg.Rotate(45)], (20, 20), vg.Key()).carry(Mask((1, -2.5), channels=2), np.zeros((20, 20, 2), "f4"))
    assert got[0, 0].tolist() == [1, -2.5]
    shifted = Case([vg.Pad(1)], (2, 2), vg.Key()).carry(Mask((1, -2.5), channels=2), np.zeros((2, 2, 2), "f8"))
    assert shifted[0, 0].tolist() == [1, -2.5] and shifted[1, 1].tolist() == [0, 0]


@pytest.mark.parametrize("border", [border for border in BORDERS if border != "constant"])
def test_classes_and_maps_follow_the_pictures_border(border):
    """Unlike the masks of instances."""
    case, mask = Case([vg.Pad(3, border=border)], (5, 6), vg.Key()), noise((5, 6), "u1")
    want = np.pad(mask, 3, mode=border)
    np.testing.assert_array_equal(case.carry(Mask(), mask), want)
    np.testing.assert_array_equal(case.carry(Mask(channels=1), mask[:, :, None])[:, :, 0], want)
    np.testing.assert_array_equal(case.carry(Mask(), mask.astype("f4")), want)
