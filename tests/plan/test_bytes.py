"""What is written without floats is what floats write, to the bit; and what needs floats is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import variegate as vg
from variegate.kernels.codes import FIRST_SITE
from variegate.ops.base import Op
from variegate.ops.effect import Effect, Matrix
from variegate.plan.bytes import ByteRows


@dataclass(frozen=True)
class Tint(Op):
    """A gain and an offset for each of three channels."""

    gives: ClassVar[type[Effect]] = Matrix

    def lower(self, draws, sizes, context):
        weights, offset = np.diag([1.2, 0.7, 1.0]), np.array([-0.1, 0.05, 0.0])
        return Matrix(np.tile(weights, (len(sizes), 1, 1)), np.tile(offset, (len(sizes), 1)))


def doubled(pixel):
    return (2 * pixel[0], 2 * pixel[1], 2 * pixel[2])


ENOUGH = {
    "nothing": [],
    "left-right": [vg.HorizontalFlip()],
    "up-down": [vg.VerticalFlip()],
    "turn": [vg.Rotate90(1)],
    "back": [vg.Rotate90(-1)],
    "by angles": [vg.Rotate(90), vg.Rotate(180)],
    "transpose": [vg.Transpose()],
    "crop": [vg.Crop(2, 3, 4, 5)],
    "pad": [vg.Pad(3, left=5)],
    "half a level": [vg.Pad(1, fill=0.5), vg.Pad(1, fill=1.5), vg.Pad(1, fill=12.5), vg.Pad(1, fill=254.5)],
    "pad, turn, crop": [vg.Pad(3, fill=99), vg.Rotate90(1), vg.Crop(1, 2, 9, 11), vg.Pad(2, fill=7)],
    "shift": [vg.Translate(x=4 / 13, fill=200)],
    "crop of fill": [vg.Pad(20, fill=12), vg.Crop(0, 0, 9, 9)],
    "twice and half": [vg.Scale(2, fill=9), vg.Scale(0.5, fill=200)],
    "gamma": [vg.Gamma(0.7, gain=1.3)],
    "posterize": [vg.Posterize(3)],
    "solarize": [vg.Solarize(0.4)],
    "brightness": [vg.Brightness(1.234)],
    "no brightness": [vg.Brightness(1)],
    "invert": [vg.Invert()],
    "affine": [vg.Brightness(0.93), vg.Invert(), vg.Brightness(1.1)],
    "tables": [vg.Gamma(0.4), vg.Posterize(5), vg.Solarize(0.3), vg.Gamma(2.2)],
    "affine and tables": [vg.Brightness(0.8), vg.Gamma(1.7), vg.Invert(), vg.Posterize(4), vg.Brightness(1.5)],
    "fills of two times": [vg.Pad(2, fill=80.5), vg.Brightness(0.77), vg.Pad(1, fill=81.5), vg.Gamma(0.6)],
    "flip and gamma": [vg.HorizontalFlip(), vg.Gamma(0.7)],
    "turn and gamma": [vg.Rotate90(1), vg.Gamma(0.7), vg.Brightness(1.1)],
    "its own dtype": [vg.Pad(1, fill=77), vg.ToDtype("uint8")],
}
NOT_ENOUGH = {
    "between pixels": [vg.Rotate(10)],
    "shrunk": [vg.Resize((5, 7))],
    "half a pixel": [vg.Translate(x=0.5 / 13)],
    "edge": [vg.Pad(3, border="edge")],
    "a window askew": [vg.Shear(45), vg.Shear(-45)],
    "mean": [vg.Contrast(1.3)],
    "means": [vg.Contrast(1.3, about="channel")],
    "floats": [vg.ToDtype("float32")],
    "halves": [vg.ToDtype("float16")],
    "shorts": [vg.ToDtype("uint16")],
    "normalised": [vg.Normalize(0.5, 0.5)],
}


def planned(ops, image, count=1, **options):
    """What reads the pictures of a batch, and each one's last row: where it is the only one, bytes may be enough."""
    augment = vg.Compose(ops, **options)
    keys = vg.Keys.of([vg.Key(0, 0, i) for i in range(count)])
    bound = augment.plan(keys, [image.shape[:2]] * count, image.shape[2], image.dtype).bound
    return bound.read, [row - 1 for row in bound.first[1:]]


def by_floats(read, row, image):
    """A row by the kernel that reads into floats."""
    out = np.full(read.shape(row), 78, np.uint8)
    site = int(read.tables.rows[row, FIRST_SITE])
    return read._render(row, image, out, read.tables, read.sites, site, -1)


def by_bytes(found, row, image, shape):
    out = np.full(shape, 77, np.uint8)
    found.run(row, image, out)
    return out


def assert_row(read, row, image, told=""):
    """That bytes are enough for a row, and what floats write, to the bit; also where a plan runs it."""
    assert row in read.bytes, told
    want = by_floats(read, row, image)
    np.testing.assert_array_equal(by_bytes(read.bytes, row, image, want.shape), want, told)
    np.testing.assert_array_equal(read.run(row, (image,), np.full(want.shape, 77, np.uint8)), want, told)


def assert_same(ops, image, **options):
    read, (row,) = planned(ops, image, **options)
    assert_row(read, row, image)


@pytest.fixture(autouse=True)
def small_pictures(monkeypatch):
    """By bytes too: they are made by floats where a table is not worth its while."""
    monkeypatch.setattr("variegate.plan.bytes.FEW", 0)


def noise(*shape):
    return np.random.default_rng(sum(shape)).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
@pytest.mark.parametrize("name", ENOUGH)
def test_bytes_are_what_floats_write(name, layout):
    last = [] if layout == "HWC" else [vg.ToDtype("uint8", "CHW")]
    for shape in ((9, 13, 1), (9, 13, 2), (9, 13, 3), (9, 13, 4), (9, 13, 5), (71, 91, 3)):
        assert_same([*ENOUGH[name], *last], noise(*shape))


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("antialias", [True, False])
def test_however_it_would_be_read(interpolation, antialias):
    ops = [vg.Pad(2, fill=(3.5, 4.5, 200)), vg.Rotate90(3), vg.HorizontalFlip(), vg.Gamma(0.7)]
    for image in (noise(1, 1, 3), noise(2, 1, 3), noise(31, 17, 3)):
        assert_same(ops, image, interpolation=interpolation, antialias=antialias)


@pytest.mark.parametrize(
    ("white", "ops"),
    [
        (white, ops)
        for white in (255.0, 200.0, 100.0)
        for ops in (
            [vg.Pad(1, fill=33)],
            [vg.Brightness(1.3), vg.Pad(1, fill=33)],
            [vg.Pad(1, fill=33.5), vg.Gamma(0.6)],
            [vg.Posterize(3)],
            [vg.Pad(1, fill=33), vg.ToDtype("uint8")],
        )
    ]
    + [(None, [vg.Pad(1, fill=33)]), (None, [vg.Brightness(1.3), vg.Pad(1, fill=33)]), (None, [vg.Brightness(1)])],
)
def test_whatever_white_is(white, ops):
    assert_same(ops, np.minimum(noise(9, 13, 3), np.uint8(white or 255)), white=white)


def test_a_picture_beyond_its_white():
    for ops in ([], [vg.Brightness(1)], [vg.Posterize(8)]):
        assert_same([vg.Pad(1, fill=233), *ops], noise(9, 13, 3), white=100)


def test_whatever_the_last_write_does():
    image = noise(9, 13, 3)
    read, (row,) = planned([vg.Pad(1, fill=23)], image)
    plain = read.tables
    for gain, shift in (
        ([0.9, 0.9, 0.9], [0, 0, 0]),
        ([1, 1, 0.5], [0, 0, 0]),
        ([1, 1, 1], [9.5, 9.5, 9.5]),
        ([1, 1, 1], [0, 9.5, 0]),
    ):
        read.tables = plain._replace(gain=plain.gain * gain, shift=np.array(shift, float))
        read.bytes = ByteRows(read.tables, read.sites)
        assert_row(read, row, image)


def test_a_table_for_each_channel():
    for ops in (
        [Tint()],
        [vg.Pad(2, fill=(10.5, 20, 30)), Tint(), vg.Gamma(0.7)],
        [Tint(), vg.ToDtype("uint8", "CHW")],
    ):
        assert_same(ops, noise(70, 41, 3))


def assert_floats(ops, image):
    read, rows = planned(ops, image)
    assert not any(row in read.bytes for row in rows)


@pytest.mark.parametrize("name", NOT_ENOUGH)
def test_what_needs_floats(name):
    assert_floats(NOT_ENOUGH[name], noise(9, 13, 3))


def test_what_mixes_channels_needs_floats():
    """Also where it is no matrix: the user's function of a pixel sees all of them."""
    for op in (vg.Saturation(0.5), vg.Hue(0.1), vg.Pointwise(doubled)):
        assert_floats([op], noise(9, 13, 3))


def test_other_pictures_need_floats():
    for dtype in (np.uint16, np.float32):
        assert_floats([vg.HorizontalFlip()], noise(9, 13, 3).astype(dtype))


def same(picture):
    return picture


def test_more_than_one_row_needs_floats():
    """Whether a row reads what another has made, or makes what another reads."""
    for ops in ([vg.Opaque(same)], [vg.HorizontalFlip(), vg.Opaque(same)], [vg.Gamma(0.7), vg.Pad(1, fill=9)]):
        read, _ = planned(ops, noise(9, 13, 3))
        assert len(read.tables.rows) - 1 > 1 and not read.bytes.found


def test_a_table_is_made_where_it_is_worth_its_while(monkeypatch):
    monkeypatch.setattr("variegate.plan.bytes.FEW", 64 * 64)
    for ops, size, enough in (
        ([vg.Gamma(0.7)], (63, 65), False),
        ([vg.Gamma(0.7)], (64, 64), True),
        ([vg.Pad(1)], (61, 62), False),
        ([vg.Pad(1)], (62, 62), True),
        ([vg.HorizontalFlip()], (2, 3), True),
    ):
        read, (row,) = planned(ops, noise(*size, 3))
        assert (row in read.bytes) == enough, (ops, size)


def test_a_smaller_picture_is_read_by_floats():
    augment, image = vg.Compose([vg.HorizontalFlip(), vg.Resize((18, 26))]), noise(9, 13, 3)
    plan = augment.plan(vg.Keys.of([vg.Key()]), [(18, 26)])
    assert 0 in plan.bound.read.bytes
    out = np.empty((18, 26, 3), np.uint8)
    plan.run(0, image, out)
    np.testing.assert_array_equal(out, augment(image))


def test_each_sample_of_a_batch_is_what_it_is():
    """Whether bytes are enough hangs on the ops that apply to a sample, not on those of its neighbours."""
    half = {"p": 0.5}
    ops = [
        vg.Pad(2, fill=13.5),
        vg.HorizontalFlip(**half),
        vg.Rotate((-30, 30), **half),
        vg.Contrast((0.5, 1.5), **half),
        vg.Brightness((0.5, 1.5), **half),
        vg.Gamma((0.5, 2), **half),
        vg.Pointwise(doubled, **half),
    ]
    image = noise(23, 31, 3)
    read, rows = planned(ops, image, count=128, white=200)
    drawn = vg.Compose(ops)
    enough = 0
    for i, row in enumerate(rows):
        numbers = drawn.params(vg.Key(0, 0, i))
        if any(numbers[name]["applied"] for name in ("Rotate", "Contrast", "doubled")):
            assert row not in read.bytes
        else:
            enough += 1
            assert_row(read, row, np.minimum(image, np.uint8(200)))
    assert enough > 8


def test_random_chains():
    """Any that bytes are enough for, among chains of ops that may and may not need floats."""
    maps = [ops for name, ops in ENOUGH.items() if name != "its own dtype"]
    rng, enough = np.random.default_rng(0), 0
    for n in range(150):
        chosen = [op for k in rng.integers(0, len(maps), 3) for op in maps[k]]
        image = noise(*rng.integers(9, 40, 2).tolist(), int(rng.integers(1, 5)))
        try:
            read, (row,) = planned(chosen, image)
        except vg.VariegateError:  # a crop of more than is left
            continue
        if row in read.bytes:  # and not of two rows, for a table before a map
            enough += 1
            assert_row(read, row, image, f"chain {n}")
    assert enough > 40
