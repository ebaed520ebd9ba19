"""Polygons: rings as points or flat; unmoved rings bit for bit."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from variegate.errors import FieldError, InputError
from variegate.targets import Polygons

SIZE = (50, 100)
TRIANGLE = [[0, 0], [50, 0], [50, 25]]


def some_rings(dtype):
    """Up to three instances of up to three rings of one to five points."""
    points = arrays(dtype, st.tuples(st.integers(1, 5), st.just(2)), elements=st.floats(-64, 64, width=32))
    return st.lists(st.lists(points, max_size=3), max_size=3)


@settings(deadline=None)
@given(st.data(), st.booleans(), st.booleans(), st.sampled_from([np.float32, np.float64]), st.booleans())
def test_rings_come_back_as_they_were(data, flat, normalised, dtype, as_lists):
    target = Polygons(flat=flat, normalised=normalised, dtype=np.dtype(dtype).name)
    rings = [[r.reshape(-1) if flat else r for r in rings] for rings in data.draw(some_rings(dtype))]
    value = [[ring.tolist() for ring in rings] for rings in rings] if as_lists else rings
    leaf = target.read(value, SIZE, "polygons")
    assert leaf.count == len(rings)
    for out, exact in ((target.write(leaf, SIZE), True), (target.write(replace(leaf, given=None), SIZE), False)):
        assert [len(instance) for instance in out] == [len(instance) for instance in rings]
        for ring, expected in zip(chain(*out), chain(*rings), strict=True):
            assert ring.dtype == dtype and ring.shape == expected.shape
            assert not np.shares_memory(ring, expected)
            if exact:
                assert ring.tobytes() == expected.astype(ring.dtype).tobytes()
            else:
                assert np.allclose(ring, expected, rtol=1e-6, atol=0)


def test_every_format_says_the_same_points():
    flat = [c for point in TRIANGLE for c in point]
    fractions = [[0, 0], [0.5, 0], [0.5, 0.5]]
    for target, ring in (
        (Polygons(), TRIANGLE),
        (Polygons(flat=True), flat),
        (Polygons(normalised=True), fractions),
        (Polygons(normalised=True, flat=True), [*chain(*fractions)]),
    ):
        (got,) = target.read([[ring]], SIZE, "polygons").rings[0]
        assert got.tolist() == TRIANGLE and got.dtype == np.float64


def test_a_later_write_changes_nothing():
    ring = np.ones((3, 2))
    leaf = Polygons().read([[ring]], SIZE, "polygons")
    ring[:] = 5
    Polygons().write(leaf, SIZE)[0][0][:] = 7
    assert Polygons().write(leaf, SIZE)[0][0].tolist() == leaf.rings[0][0].tolist() == [[1, 1]] * 3


@pytest.mark.parametrize("value", [[], (), np.zeros((0, 3, 2)), [[], []], [[TRIANGLE], []], [[[[1, 2]]]]])
def test_what_is_empty_is_taken(value):
    leaf = Polygons().read(value, SIZE, "polygons")
    assert leaf.count == len(value) == len(Polygons().write(leaf, SIZE))


def test_an_array_of_equal_rings_is_taken():
    assert Polygons().read(np.ones((4, 2, 3, 2)), SIZE, "polygons").rings[3][1].shape == (3, 2)


@pytest.mark.parametrize(
    ("target", "value", "message"),
    [
        (Polygons(), None, r"^polygons is a list of instances, each a list of rings; got NoneType$"),
        (Polygons(), np.array(3), r"^polygons is a list of instances, each a list of rings; got ndarray$"),
        (
            Polygons(flat=True),
            [[[1, 2, 3, 4, 5, 6]], {"counts": "abc", "size": [1, 2]}],
            r"^polygons\[1\] is a dict, as COCO writes run lengths \(RLE\): decode it, and give it as "
            r"Mask\(stack=True\)$",
        ),
        (Polygons(), [3], r"^polygons\[0\] is a list of rings, got int$"),
        (Polygons(), [TRIANGLE], r"^polygons\[0\] is a list of rings, got the points of one: put it in a list$"),
        (Polygons(), np.ones((4, 3, 2)), r"^polygons\[0\] is a list of rings, got the points of one"),
        (Polygons(flat=True), [[0, 0, 1, 1, 2, 0]], r"^polygons\[0\] is a list of rings, got the points of one"),
        (
            Polygons(),
            [[TRIANGLE], [TRIANGLE, [0, 0, 1, 1, 2, 0]]],
            r"^polygons\[1\]\[1\] is a ring, \(V, 2\) points x, y, at least one point; got \(6,\); flat=True takes "
            r"x0, y0, "
            r"x1, y1, \.\.\.$",
        ),
        (
            Polygons(flat=True),
            [[TRIANGLE]],
            r"^polygons\[0\]\[0\] is a ring, x0, y0, x1, y1, \.\.\. \(flat=True\), at least one point; got \(3, 2\)$",
        ),
        (Polygons(flat=True), [[[0, 0, 1]]], r"got \(3,\)$"),
        (Polygons(), [[[]]], r"^polygons\[0\]\[0\] is a ring, \(V, 2\) points x, y, at least one point; got \(0,\)$"),
        (Polygons(), [[[[1, 2, 3]]]], r"got \(1, 3\)$"),
        (Polygons(), [[np.zeros((0, 2))]], r"at least one point; got \(0, 2\)$"),
        (Polygons(flat=True), [[[]]], r"at least one point; got \(0,\)$"),
        (Polygons(), [[[[1, 2], [3]]]], r"^polygons\[0\]\[0\] is a ring, .*, got rows of different lengths$"),
        (
            Polygons(),
            [[TRIANGLE, [[0, 0], [1, np.nan], [2, 2]]]],
            r"^polygons\[0\]\[1\], point 1 = \(1, nan\) holds a number that is not finite; fix the annotation$",
        ),
        (Polygons(flat=True), [[[0, 0, np.inf, 1]]], r"^polygons\[0\]\[0\], point 1 = \(inf, 1\) holds a number"),
    ],
)
def test_errors_of_values(target, value, message):
    with pytest.raises(InputError, match=message):
        target.read(value, SIZE, "polygons")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"closed": False, "holes": True}, r"^Polygons\.holes needs closed=True: polylines have no area$"),
        ({"closed": False, "min_area": 3}, r"^Polygons\.min_area needs closed=True: polylines have no area$"),
        ({"flat": 1}, r"^Polygons\.flat is True or False, got 1$"),
        ({"closed": None}, r"^Polygons\.closed is True or False, got None$"),
    ],
)
def test_errors_of_fields(fields, message):
    with pytest.raises(FieldError, match=message):
        Polygons(**fields)


def test_polylines_may_be_filtered_by_length():
    assert Polygons(closed=False, min_visible=0.5, min_side=3).min_visible == 0.5


def comb(teeth, turned):
    """A ring with so many teeth; two of them, one turned, cross at every pair of edges."""
    x = np.linspace(0, 50, 2 * teeth + 1)
    edges = [[[x[2 * i], 48], [x[2 * i + 1], 48], [x[2 * i + 1], 2], [x[2 * i + 2], 2]] for i in range(teeth)]
    ring = np.array([[0, 0], *chain(*edges), [50, 0]])
    return ring[:, ::-1] if turned else ring


def outline(count, swaps):
    """A long ring as a mask's tracer gives it, with points in the wrong order here and there."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    ring = (20 + np.sin(40 * turn))[:, None] * np.stack([np.cos(turn), np.sin(turn)], 1) + 25
    for n in range(swaps):
        place = n * (count // swaps)
        ring[[place, place + 1]] = ring[[place + 1, place]]
    return ring


def star(corners):
    """Every corner joined to one far from it: corners * (corners - 3) / 2 crossings, all that there can be."""
    turn = np.arange(corners) * (corners // 2) * 2 * np.pi / corners
    return 25 + 20 * np.stack([np.cos(turn), np.sin(turn)], axis=1)


@pytest.mark.parametrize("holes", [False, True])
def test_a_tangle_is_no_outline(holes):
    """One that was cut took 40 s, at 1,000 points, and memory for as many faces as it has crossings."""
    tangle = np.random.default_rng(0).uniform(0, 50, (1000, 2))
    for ring, lines in ((tangle, 1000), (star(35), 35)):
        name, count = (r"polygons\[1\]", lines + 3) if holes else (r"polygons\[1\]\[1\]", lines)
        said = f"^{name}: its {count} lines cross each other more than 500 times, so it is no outline"
        with pytest.raises(InputError, match=said):
            Polygons(holes=holes).read([[TRIANGLE], [TRIANGLE, ring]], SIZE, "polygons")
    lines_only = Polygons(closed=False).read([[tangle]], SIZE, "polygons")  # which are cut one by one
    assert lines_only.count == 1


def test_rings_of_an_instance_with_holes_that_cross_each_other_are_a_tangle():
    rings = [comb(25, False), comb(25, True)]
    with pytest.raises(InputError, match=r"^polygons\[0\]: its 204 lines cross"):
        Polygons(holes=True).read([rings], SIZE, "polygons")
    assert Polygons().read([rings], SIZE, "polygons").count == 1  # parts, of which each is sound


@pytest.mark.parametrize(
    "rings",
    [
        [outline(5000, 50)],
        [outline(20_000, 0), outline(400, 3) / 2 + 12],
        [star(33)],  # 495 crossings
        [np.repeat(outline(300, 0), 2, axis=0)],
        [np.concatenate([outline(3000, 0), outline(3000, 0)[::-1]])],  # there and back
        [np.kron(np.arange(60)[:, None], np.ones((1, 2))) % 50],  # on one line
        [np.array([[3.0, 4]]), np.array([[3.0, 4], [5, 6]])],
        [star(33) / 5 + 5 * np.array(divmod(n, 10)) for n in range(5)],
    ],
    ids=["long", "two long", "star", "each point twice", "there and back", "one line", "points", "stars"],
)
def test_what_crosses_itself_now_and_then_is_taken(rings):
    assert Polygons().read([rings], SIZE, "polygons").count == 1
    if len(rings) < 5:
        assert Polygons(holes=True).read([rings], SIZE, "polygons").count == 1
