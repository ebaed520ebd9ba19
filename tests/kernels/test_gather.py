"""Masks by nearest show the very pixels that a picture by nearest shows, and votes are counted as written down here."""

from __future__ import annotations

import os
from collections import Counter
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import variegate as vg
from variegate.kernels.chain import MapChain
from variegate.kernels.codes import (
    CONSTANT,
    NEAREST,
)
from variegate.kernels.elect import Vote, elect
from variegate.kernels.gather import gather, visible_mask
from variegate.kernels.pick import BLOCK, TILE
from variegate.kernels.reference import look
from variegate.kernels.reference_read import jacobian
from variegate.sampling import BORDERS

RUNS = settings(
    derandomize=True,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    max_examples=int(os.environ.get("VARIEGATE_EXAMPLES", "300")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
OFTEN = (*["constant"] * 5, *BORDERS)  # only what cuts shows a fill
DTYPES = ("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")
sides = st.integers(1, 40)


def number(low, high, *special):
    """A number of a range, often one of those at which something could go wrong."""
    plain = st.floats(low, high).map(lambda x: float(np.float32(x)))
    return st.one_of(plain, st.sampled_from(special)) if special else plain


@st.composite
def an_op(draw, borders):
    """A geometric op."""
    border = {"border": draw(st.sampled_from(borders)), "fill": 7}
    ops = (
        lambda: vg.Rotate(draw(number(-180, 180, 0, 45, 90, 180, 0.01)), **border),
        lambda: vg.Translate(draw(number(-1.5, 1.5, 0, 0.5)), draw(number(-1.5, 1.5, 0)), **border),
        lambda: vg.Scale(draw(number(0.1, 3, 1, 0.5, 2)), draw(number(0.5, 2, 1)), **border),
        lambda: vg.Shear(draw(number(-60, 60, 0)), draw(number(-25, 25, 0)), **border),
        lambda: vg.Perspective(draw(number(0, 0.65)), **border),
        lambda: vg.HorizontalFlip(),
        lambda: vg.Rotate90(),
        lambda: vg.RandomResizedCrop(draw(st.tuples(sides, sides))),
        lambda: vg.Resize(draw(st.tuples(sides, sides))),
        lambda: vg.Pad(draw(st.integers(0, 9)), left=draw(st.integers(0, 30)), **border),
        lambda: vg.Crop(draw(st.integers(-20, 20)), draw(st.integers(-20, 20)), draw(sides), draw(sides), **border),
    )
    return draw(st.sampled_from(ops))()


class Case(NamedTuple):
    """Ops on a picture, and their chain."""

    ops: list
    picture: np.ndarray
    moved: np.ndarray
    chain: MapChain

    def __repr__(self) -> str:
        return f"{self.ops!r} on {self.picture.shape}"


def case(ops, picture, key=None):
    """The ops as a pipeline by nearest: what it makes of the picture, and its maps."""
    plan = vg.Compose(ops, interpolation="nearest").plan(vg.Keys.of([key or vg.Key()]), [picture.shape], 1, np.uint8)
    moved = np.empty(plan.shapes[0], np.uint8)
    plan.run(0, picture[:, :, None], moved)
    point_map = plan.point_map(0)
    return Case(ops, picture, moved[:, :, 0], MapChain(point_map.maps, point_map.canvas, point_map.borders))


@st.composite
def cases(draw, most=5, borders=OFTEN, side=40, classes=256):
    """Some ops on a picture of noise."""
    ops = draw(st.lists(an_op(borders), min_size=1, max_size=most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.tuples(st.integers(1, side), st.integers(1, side)))
    return case(ops, rng.integers(0, classes, shape).astype(np.uint8), vg.Key(id=draw(st.integers(0, 99))))


@RUNS
@given(cases())
def test_a_mask_shows_the_pixels_that_the_picture_shows(case):
    np.testing.assert_array_equal(gather(case.chain, case.picture[None], 7)[0], case.moved)


@RUNS
@given(cases(side=3))
def test_so_does_a_tiny_one(case):
    np.testing.assert_array_equal(gather(case.chain, case.picture[None], 7)[0], case.moved)


def nearest(mask, view, fill):
    """The slow truth of a mask in a view."""
    rows, columns = (
        np.clip(np.floor(position), 0, side - 1).astype(int)
        for position, side in zip((view.y, view.x), mask.shape, strict=True)
    )
    return np.where(view.code == 0, mask[rows, columns], np.array(fill, mask.dtype))


@RUNS
@given(cases())
def test_a_mask_shows_the_pixels_that_the_definition_gives(case):
    view = look(case.chain.maps, case.chain.canvas, case.chain.borders, NEAREST)
    want, got = nearest(case.picture, view, 7), gather(case.chain, case.picture[None], 7)[0]
    np.testing.assert_array_equal(got[~view.doubt], want[~view.doubt])
    assert (visible_mask(case.chain) == (view.code == 0))[~view.doubt].all()


@RUNS
@given(cases(most=3), st.sampled_from(DTYPES), st.data())
def test_every_integer_is_moved_bit_by_bit(case, dtype, data):
    """A mask of numbers is the mask of their places, looked up."""
    low, high = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    fill = data.draw(st.sampled_from((low, high, 0)))
    rng = np.random.default_rng(case.picture.size)
    mask = rng.integers(low, high, case.picture.shape, np.dtype(dtype).type if dtype != "bool" else np.uint8, True)
    mask = mask.astype(dtype)
    places = gather(case.chain, np.arange(mask.size, dtype=np.int64).reshape(1, *mask.shape), -1)[0]
    want = np.where(places < 0, np.array(fill, dtype), mask.ravel()[places])
    got = gather(case.chain, mask[None], fill)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got[0], want)


@RUNS
@given(cases(most=3), st.integers(0, 5), st.sampled_from(("uint8", "int16", "int64")), st.sampled_from((0, 3)))
def test_a_stack_is_moved_as_its_masks_are(case, count, dtype, fill):
    """Objects here and there, and planes that are empty, so that much is left out."""
    rng = np.random.default_rng(case.picture.size)
    stack = np.zeros((count, *case.picture.shape), dtype)
    for n, mask in enumerate(stack[::2]):
        y, x = (rng.integers(0, side) for side in mask.shape)
        mask[y : y + 5, x : x + 3] = n + 1
    got = gather(case.chain, stack, fill)
    assert got.shape == (count, *case.moved.shape)
    for mask, moved in zip(stack, got, strict=True):
        np.testing.assert_array_equal(moved, gather(case.chain, mask[None], fill)[0])


@pytest.mark.parametrize("ops", [[], [vg.Rotate(33)], [vg.Rotate(21, border="wrap"), vg.Resize((99, 401))]])
def test_a_stack_of_large_masks_is_moved_as_its_masks_are(ops):
    """Many tiles of indices, and many blocks of zeros; no single pixel is overlooked, nor the first or last."""
    moved = case(ops, np.zeros((170, 333), np.uint8))
    places = np.random.default_rng(0).integers(0, 170 * 333, 30)
    assert places.size < 170 * 333 // BLOCK and moved.moved.size > 100 * TILE
    for dtype in ("uint8", "int32"):
        stack = np.zeros((32, 170 * 333), dtype)
        stack[np.arange(32), [0, *places, 170 * 333 - 1]] = 1
        stack = stack.reshape(32, 170, 333)
        want = np.concatenate([gather(moved.chain, mask[None], 0) for mask in stack])
        assert want.any()
        np.testing.assert_array_equal(gather(moved.chain, stack, 0), want)


def test_what_lies_outside_of_a_stack_is_its_fill():
    stack = np.zeros((2, 2, 3), np.uint8)
    stack[1, 0, 0] = 1
    for fill in (0, 3):
        got = gather(case([vg.Pad(1)], stack[0]).chain, stack, fill)
        np.testing.assert_array_equal(got, np.pad(stack, ((0, 0), (1, 1), (1, 1)), constant_values=fill))


def test_no_map_is_a_copy():
    chain = MapChain(np.zeros((0, 3, 3)), np.array([[4, 5]]), np.zeros(0, np.int64))
    mask = np.arange(40, dtype=np.int16).reshape(2, 4, 5)
    got = gather(chain, mask, 1)
    np.testing.assert_array_equal(got, mask)
    assert not np.shares_memory(got, mask)
    np.testing.assert_array_equal(elect(chain, mask, 1, Vote()), mask)
    assert visible_mask(chain).all() and visible_mask(chain).shape == (4, 5)


def test_numbers_that_may_not_be_written_are_read():
    chain = MapChain(np.eye(3)[None], np.array([[4, 5], [2, 3]]), np.zeros(1, np.int64))
    mask = np.arange(20, dtype=np.uint8).reshape(1, 4, 5)
    for array in (*chain[:3], mask):
        array.flags.writeable = False
    np.testing.assert_array_equal(gather(chain, mask, 0), mask[:, :2, :3])


def ballots(chain):
    """The slow truth of where the sub-pixels of each pixel are read: (view, across, down)."""
    centre = chain.canvas[-1, ::-1] / 2
    _, ((a, b), (c, d)) = jacobian(chain.maps, *centre)
    lengths = np.nan_to_num(np.hypot(a, c), nan=0), np.nan_to_num(np.hypot(b, d), nan=0)
    across, down = (int(np.clip(np.ceil(length - 1e-6), 1, 16)) for length in lengths)
    maps = np.concatenate([chain.maps, np.diag([1 / across, 1 / down, 1])[None]])
    canvas = np.concatenate([chain.canvas, chain.canvas[-1:] * (down, across)])
    return look(maps, canvas, np.append(chain.borders, CONSTANT), NEAREST), across, down


def elected(votes, outside, fill, rule):
    """The slow truth of a vote: classes as they were met, and how many sub-pixels show none."""
    for kept in rule.keep:
        if kept in votes:
            return kept
    counted = Counter(vote for vote in votes if vote != rule.ignore)
    if not counted:
        counted = Counter(votes)
        counted[fill] += outside
    return min(counted, key=lambda value: (-counted[value], value))


def voted(chain, mask, fill, rule):
    """The slow truth of a mask put to the vote, and where it hangs on the last bits of a coordinate."""
    view, across, down = ballots(chain)
    (h, w), read = chain.canvas[-1].tolist(), nearest(mask, view, fill)
    centres = look(chain.maps, chain.canvas, chain.borders, NEAREST)
    want, doubt = nearest(mask, centres, fill), centres.doubt.copy()
    for y, x in np.ndindex(h, w):
        here = np.s_[y * down : (y + 1) * down, x * across : (x + 1) * across]
        inside = view.code[here] == 0
        if inside.any():
            want[y, x] = elected(read[here][inside].tolist(), int((~inside).sum()), fill, rule)
        doubt[y, x] |= view.doubt[here].any()
    return want, doubt


@RUNS
@given(
    cases(most=4, classes=5),
    st.sampled_from(DTYPES),
    st.sampled_from((None, 0, 2, 4)),
    st.lists(st.integers(0, 4), max_size=2),
    st.integers(0, 5),
)
def test_votes_are_counted(case, dtype, ignore, keep, fill):
    values = np.arange(6).astype(dtype)
    if np.dtype(dtype).kind == "i":
        values -= 3  # numbers below 0 are smaller than those above
    elif dtype != "bool":
        values[4:] = np.iinfo(dtype).max - values[4:]  # and large ones larger
    rule = Vote(None if ignore is None else values[ignore].item(), tuple(values[k].item() for k in keep))
    mask = values[case.picture]
    want, doubt = voted(case.chain, mask, values[fill].item(), rule)
    got = elect(case.chain, mask[None], values[fill].item(), rule)[0]
    assert got.dtype == dtype
    np.testing.assert_array_equal(got[~doubt], want[~doubt])


@RUNS
@given(cases(most=2, classes=3), st.integers(1, 4))
def test_a_stack_is_put_to_the_vote_mask_by_mask(case, count):
    stack = np.stack([(case.picture + n) % 3 for n in range(count)])
    got = elect(case.chain, stack, 0, Vote(1))
    for mask, moved in zip(stack, got, strict=True):
        np.testing.assert_array_equal(moved, elect(case.chain, mask[None], 0, Vote(1))[0])


@pytest.mark.parametrize("turn", [0, 30, 64, 90, 116])
def test_where_nothing_shrinks_a_vote_is_nearest(turn):
    """Also where two turns, 64 and 32 degrees are such, leave the picture smaller by rounding."""
    picture = np.random.default_rng(0).integers(0, 256, (40, 30)).astype(np.uint8)
    turns = [vg.Rotate(turn, fill=7), vg.Rotate(turn / 2, fill=7)]
    for ops in (turns, turns[:1], [*turns, vg.Scale(1.4), vg.HorizontalFlip()]):
        moved = case(ops, picture)
        np.testing.assert_array_equal(elect(moved.chain, picture[None], 7, Vote(3, (5,)))[0], moved.moved)


@pytest.mark.parametrize("turn", [0, 30, 64, 90, 116])
def test_a_shrinking_by_two_has_two_votes_a_side_but_for_rounding(turn):
    picture = np.random.default_rng(0).integers(0, 256, (40, 30)).astype(np.uint8)
    chain = case([vg.Rotate(turn), vg.Rotate(turn / 2), vg.Resize((20, 15))], picture).chain
    assert ballots(chain)[1:] == (2, 2)
    want, doubt = voted(chain, picture, 0, Vote())
    np.testing.assert_array_equal(elect(chain, picture[None], 0, Vote())[0][~doubt], want[~doubt])


def test_a_vote_by_hand():
    """Shrunk by 2: what most of the four pixels are, the smallest of equals; kept ones first, ignored ones last."""
    mask = np.array([[1, 1, 2, 3, 9, 9, 9, 9], [2, 1, 3, 2, 9, 1, 9, 9]], np.uint8)
    chain = case([vg.Resize((1, 4))], mask).chain
    assert elect(chain, mask[None], 0, Vote(9)).tolist() == [[[1, 2, 1, 9]]]
    assert elect(chain, mask[None], 0, Vote()).tolist() == [[[1, 2, 9, 9]]]
    assert elect(chain, mask[None], 0, Vote(9, (3, 2))).tolist() == [[[2, 3, 1, 9]]]
    signed = mask.astype(np.int8)
    signed[signed == 3] = -3
    assert elect(chain, signed[None], 0, Vote(9)).tolist() == [[[1, -3, 1, 9]]]


@pytest.mark.parametrize(
    ("left", "fill", "want"), [(1, 0, 9), (2, 0, 0), (2, 12, 9), (3, 0, 0), (3, 12, 12), (4, 12, 12)]
)
def test_between_the_ignored_and_the_outside_there_is_a_vote_too(left, fill, want):
    """A row of ignored pixels with so many of the outside to its left, shrunk by 4."""
    mask = np.full((1, 8 - left), 9, np.uint8)
    chain = case([vg.Pad(left=left), vg.Resize((1, 2))], mask).chain
    assert elect(chain, mask[None], fill, Vote(9)).tolist() == [[[want, 9]]]


def test_what_is_shown_is_never_outside():
    """A sliver of three tenths of a pixel, shrunk by 2: a centre lies in it, and no sub-pixel does."""
    shift, shrink = np.eye(3), np.eye(3)
    shift[0, 2], shrink[0] = 9.7, (2, 0, -0.85)
    chain = MapChain(np.stack([shift, shrink]), np.array([[1, 10], [1, 10], [1, 1]]), np.zeros(2, np.int64))
    mask = np.full((1, 1, 10), 5, np.uint8)
    assert visible_mask(chain).tolist() == [[True]] and gather(chain, mask, 1).tolist() == [[[5]]]
    assert elect(chain, mask, 1, Vote()).tolist() == [[[5]]]


def test_no_pixel_is_cut_into_more_than_sixteen_by_sixteen():
    mask = np.zeros((1, 900, 900), np.uint8)
    mask[:, :, 450:] = 1
    mask[:, :, 4] = 2  # between the first two of 16, which lie at 9 and 28, but not of 32
    chain = case([vg.Resize((3, 3))], mask[0]).chain
    assert elect(chain, mask, 0, Vote()).tolist() == [[[0, 0, 1]] * 3]
    assert elect(chain, mask, 0, Vote(keep=(2, 1))).tolist() == [[[0, 1, 1]] * 3]
