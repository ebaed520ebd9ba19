"""The parts of draw: colours that can be told apart, words that hide nothing, the middle of a region."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from variegate.draw.canvas import MOST, Canvas
from variegate.draw.palette import RGB, SLATE, colour, heat, ink
from variegate.draw.regions import corner, deepest, hatch, levels, topmost
from variegate.draw.tags import Tags


def light(shade: RGB) -> float:
    """Relative luminance (WCAG 2)."""
    parts = [level / 255 / 12.92 if level <= 10 else ((level / 255 + 0.055) / 1.055) ** 2.4 for level in shade]
    return float(np.dot([0.2126, 0.7152, 0.0722], parts))


def test_colours_come_round_after_21() -> None:
    assert len({colour(n) for n in range(21)}) == 21
    assert [colour(n) for n in range(21)] == [colour(n + 21) for n in range(21)] == [colour(n - 42) for n in range(21)]


@pytest.mark.parametrize("shade", [SLATE, *(colour(n) for n in range(21))])
def test_a_word_is_read_on_every_colour(shade: RGB) -> None:
    low, high = sorted([light(shade), light(ink(shade))])
    assert (high + 0.05) / (low + 0.05) >= 4.5  # WCAG 2, AA


def test_heat_grows_brighter() -> None:
    lights = [light(tuple(shade)) for shade in heat(np.linspace(0, 1, 50)).tolist()]
    assert (np.diff(lights) > 0).all() and lights[-1] > 0.8


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(-50, 400), st.floats(-50, 300), st.text("abc defg", max_size=12)), max_size=6))
def test_words_stay_in_the_picture_and_apart(found: list[tuple[float, float, str]]) -> None:
    tags = Tags((300, 200), 1.5)
    for x, y, text in found:
        tags.add(text, (0, 0, 0), (x, y), "corner")
    rooms = [room for _, _, room in tags.found]
    assert len(rooms) == sum(bool(text.strip()) for _, _, text in found)
    for left, top, right, bottom in rooms:
        assert left >= 0 and top >= 0 and right <= 300 and bottom <= 200
    if len(rooms) <= 3:  # so few can always give way
        for n, one in enumerate(rooms):
            for other in rooms[:n]:
                assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_a_word_wider_than_the_picture_begins_in_it() -> None:
    tags = Tags((40, 8), 1.25)
    tags.add("a very long name\nof a class", (0, 0, 0), (30, 4), "above")
    ((text, _, (left, top, _, _)),) = tags.found
    assert text == "a very long name of a class" and (left, top) == (0, 0)
    tags.write(Image.new("RGB", (40, 8)))


@settings(max_examples=200, deadline=None)
@given(arrays.arrays(np.bool_, arrays.array_shapes(min_dims=2, max_dims=2, max_side=150)))
def test_the_middle_of_a_region_is_in_it(region: np.ndarray) -> None:
    if region.any():
        x, y = deepest(region)
        assert region[int(y), int(x)]


def test_the_middle_is_far_from_the_edges() -> None:
    ring = np.zeros((90, 90), np.bool_)
    ring[5:85, 5:85], ring[25:65, 30:60] = True, False
    x, y = (int(place) for place in deepest(ring))
    assert ring[y - 8 : y + 9, x - 8 : x + 9].all()
    square = np.zeros((300, 200), np.bool_)
    square[100:200, 50:150] = True
    assert deepest(square) == pytest.approx([100, 150], abs=5)


def test_levels_are_from_0_to_1() -> None:
    inside = np.array([[0.2, 0.9]], np.float32)
    assert levels(inside) == pytest.approx(inside)
    assert levels(np.array([[-1.0, 1.0], [np.nan, 3.0]])).tolist() == [[0, 0.5], [0, 1]]
    assert levels(np.array([[[0.1, 0.4], [0.3, np.inf]]])).tolist() == [[0.4, 0.3]]
    assert levels(np.full((2, 2), np.nan)).tolist() == [[0, 0], [0, 0]]
    assert levels(np.full((1, 2), 5.0)).tolist() == [[0, 0]]


def test_stripes_are_as_wide_as_the_gaps() -> None:
    assert hatch((40, 40), 10).mean() == pytest.approx(0.5, abs=0.01)


def test_a_name_stands_at_the_part_that_is_seen() -> None:
    points = np.array([[-5.0, -9.0], [12.0, 9.0], [10.0, 4.0], [30.0, 20.0]])
    assert topmost(points, (25, 25)) == pytest.approx([10, 4])
    assert corner(points, (25, 25)) == pytest.approx([0, 0])
    for away in (points - 50, points + 50):
        assert topmost(away, (25, 25)) is None and corner(away, (25, 25)) is None
    assert topmost(points[:0], (25, 25)) is None and corner(points[:0], (25, 25)) is None


@pytest.mark.parametrize(("side", "fine"), [(40, 3), (1500, 3), (2000, 2), (4899, 1)])
def test_a_large_picture_is_drawn_less_finely(side: int, fine: int) -> None:
    canvas = Canvas(Image.new("RGB", (side, side)), (side, side))
    assert canvas.fine == fine and canvas.page.width * canvas.page.height <= max(MOST, side * side)
    assert canvas.finish().size == (side, side)


def test_a_canvas_shows_the_pixels_of_its_picture() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (7, 11, 3), np.uint8)
    assert np.array_equal(np.asarray(Canvas(Image.fromarray(noise), (11, 7)).finish()), noise)
    grown = np.asarray(Canvas(Image.fromarray(noise), (44, 28)).finish())
    assert np.array_equal(grown, noise.repeat(4, axis=0).repeat(4, axis=1))
    assert np.array_equal(Canvas(Image.fromarray(noise), (44, 28)).grown(noise)[::12, ::12], noise)


def test_a_mask_that_is_too_small_to_be_seen_is_nowhere() -> None:
    speck = np.zeros((600, 600), np.bool_)
    speck[301, 301] = True
    assert Canvas(Image.new("RGB", (600, 600)), (20, 20)).window(speck) is None
    found = Canvas(Image.new("RGB", (600, 600)), (600, 600)).window(speck)
    assert found is not None and found[0].sum() == 9


def test_drawing_is_loaded_when_it_is_needed() -> None:
    code = "import sys, variegate.draw; print('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
