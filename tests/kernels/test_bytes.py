"""Bytes to bytes by rectangles, against pixels that are looked for one after the other."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from variegate.kernels.bytes import fill_around, look_up_each, move, render_bytes
from variegate.kernels.codes import CHW, CONSTANT, FIRST_MAP, FIRST_SITE, HWC
from variegate.kernels.lookup import look_up
from variegate.kernels.row_layout import room
from variegate.kernels.survey import survey

WAYS = {  # output to source, of a picture of 11 x 7 and a result of the size said
    "copy": ([[1, 0, 0], [0, 1, 0]], (11, 7)),
    "left-right": ([[-1, 0, 7], [0, 1, 0]], (11, 7)),
    "up-down": ([[1, 0, 0], [0, -1, 11]], (11, 7)),
    "half turn": ([[-1, 0, 7], [0, -1, 11]], (11, 7)),
    "transpose": ([[0, 1, 0], [1, 0, 0]], (7, 11)),
    "turn": ([[0, -1, 7], [1, 0, 0]], (7, 11)),
    "back": ([[0, 1, 0], [-1, 0, 11]], (7, 11)),
    "crop": ([[1, 0, 2], [0, 1, 3]], (5, 4)),
    "shift": ([[1, 0, 3], [0, 1, -2]], (11, 7)),
    "pad": ([[1, 0, -3], [0, 1, -1]], (14, 12)),
    "wide": ([[1, 0, 0], [0, 1, -1]], (13, 7)),
    "turned and cut": ([[0, 1, -2], [-1, 0, 9]], (13, 12)),
    "beside": ([[1, 0, 40], [0, 1, 0]], (5, 6)),
    "nothing": ([[1, 0, 0], [0, 1, 0]], (0, 6)),
}


def units():
    return tuple(unit.address for unit in (fill_around, move, look_up, look_up_each))


def slowly(image, maps, canvas, written):
    """Each pixel of the result walks back, last map first, until a window cuts it or it is home."""
    height, width = canvas[-1]
    out = np.empty((height, width, image.shape[2]), np.uint8)
    for y, x in itertools.product(range(height), range(width)):
        place = np.array([x + 0.5, y + 0.5, 1.0])
        for k in range(len(maps) - 1, -1, -1):
            place = maps[k] @ place
            if not (0 <= place[0] <= canvas[k][1] and 0 <= place[1] <= canvas[k][0]):
                out[y, x] = written[:, 256 + k]
                break
        else:
            for c in range(image.shape[2]):
                out[y, x, c] = written[c, image[int(place[1]), int(place[0]), c]]
    return out


def surveyed(maps, canvas):
    """The site of a row of these maps: frames, which, way, state."""
    row_layout = room(1, 1, len(maps), 0, 0)
    row_layout.rows[:], row_layout.maps[:], row_layout.canvas[:], row_layout.borders[:], row_layout.tops[:] = (
        0,
        maps,
        canvas,
        CONSTANT,
        len(maps),
    )
    row_layout.rows[1, FIRST_MAP], row_layout.rows[1, FIRST_SITE] = len(maps), 1
    sites, _ = survey(row_layout, slice(0, 1))
    return sites.frames, sites.which, sites.way[0], sites.state[0]


def rendered(image, maps, canvas, written, layout):
    """By the kernel: the result, with what lay around it."""
    maps, canvas = np.array(maps, float), np.array(canvas, np.int64)
    (height, width), channels = canvas[-1], image.shape[2]
    size = height * width * channels
    memory = np.full(size + 20, 77, np.uint8)
    site = surveyed(maps, canvas)
    source, target = image.ctypes.data, memory.ctypes.data + 10
    render_bytes(source, image.shape, canvas, site, written, units(), target, layout)
    assert (memory[:10] == 77).all() and (memory[10 + size :] == 77).all()
    if layout == HWC:
        return memory[10 : 10 + size].reshape(height, width, channels)
    return np.moveaxis(memory[10 : 10 + size].reshape(channels, height, width), 0, -1)


def tables(kind, channels, canvases, rng):
    """What levels and fills become."""
    written = rng.integers(0, 256, (channels, 256 + canvases), np.uint8)
    if kind != "each":
        written[:, :256] = written[0, :256] if kind == "one" else np.arange(256)
    return written


@pytest.mark.parametrize("layout", [HWC, CHW])
@pytest.mark.parametrize("kind", ["none", "one", "each"])
@pytest.mark.parametrize("name", WAYS)
def test_a_way(name, kind, layout):
    (across, down), size = WAYS[name]
    rng = np.random.default_rng(len(name))
    for channels in (1, 2, 3, 4, 5):
        image = rng.integers(0, 256, (11, 7, channels), np.uint8)
        given = [[across, down, [0, 0, 1]]], [(11, 7), size], tables(kind, channels, 1, rng)
        np.testing.assert_array_equal(rendered(image, *given, layout), slowly(image, *map(np.array, given)))


@pytest.mark.parametrize("layout", [HWC, CHW])
@pytest.mark.parametrize("channels", [1, 3])
def test_windows_one_in_the_other_have_fills_of_their_own(channels, layout):
    """Up to the last, of which nothing is left: a fill covers what later windows would have shown."""
    rng = np.random.default_rng(channels)
    image = rng.integers(0, 256, (11, 7, channels), np.uint8)
    turn, twice = [[0, -1, 7], [1, 0, 0], [0, 0, 1]], [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 1]]
    shifts = [[[1, 0, -x], [0, 1, -y], [0, 0, 1]] for x, y in ((2, 1), (-4, 0), (3, 3), (0, -30))]
    maps = [shifts[0], turn, shifts[1], shifts[2], twice, np.linalg.inv(twice), shifts[3]]
    canvas = [(11, 7), (13, 12), (12, 13), (12, 11), (16, 15), (20, 30), (16, 15), (16, 15)]
    for count in range(1, 8):
        given = maps[:count], canvas[: count + 1], tables("one", channels, count, rng)
        if count != 5:  # doubled, which is no map of whole pixels
            np.testing.assert_array_equal(rendered(image, *given, layout), slowly(image, *given))


LARGE = {  # of 150 x 200: more than a block of columns, more than one vector
    "copy": ([[1, 0, 0], [0, 1, 0]], lambda image: image),
    "left-right": ([[-1, 0, 200], [0, 1, 0]], lambda image: image[:, ::-1]),
    "turn": ([[0, -1, 200], [1, 0, 0]], np.rot90),
    "back": ([[0, 1, 0], [-1, 0, 150]], lambda image: np.rot90(image, -1)),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_picture(name):
    (across, down), law = LARGE[name]
    for channels, kind in itertools.product((1, 3, 4), ("none", "one", "each")):
        rng = np.random.default_rng(channels)
        image, written = rng.integers(0, 256, (150, 200, channels), np.uint8), tables(kind, channels, 1, rng)
        want = np.stack([written[c, law(image)[:, :, c]] for c in range(channels)], axis=2)
        given = [[across, down, [0, 0, 1]]], [(150, 200), want.shape[:2]], written
        np.testing.assert_array_equal(rendered(image, *given, HWC), want)
