"""A table of the picture's own histogram: over what it is counted, where it cuts, and what a function may return."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image, ImageOps

import variegate as vg
from variegate.kernels.histogram import histogram
from variegate.kernels.reference import reference_run
from variegate.kernels.reference_colour import histogram as truth
from variegate.ops import effect as effects

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(60, 180, (40, 50, 3), np.uint8)


class Counted(vg.Op):
    """A function of the histogram."""

    gives = effects.Statistic

    def __init__(self, function, *numbers, **options):
        super().__init__(**options)
        self._set(function=function, numbers=numbers)

    def lower(self, draws, sizes, context):
        return effects.Statistic(self.function, np.tile(np.array(self.numbers, np.float64), (len(sizes), 1)))


def stretch(levels):
    """From black to white, each channel by itself."""
    table = np.empty(levels.shape)
    for own, line in zip(table, levels, strict=True):
        there = np.flatnonzero(line)
        own[:] = (np.arange(256) - there[0]) / max(there[-1] - there[0], 1)
    return table


def grey(levels, amount):
    """One table for all channels: everything becomes the mean level of all."""
    mean = (levels.sum(axis=0) * np.arange(256)).sum() / levels.sum() / 255
    return np.arange(256) / 255 * (1 - amount) + mean * amount


def test_pillow_stretches_alike():
    want = np.asarray(ImageOps.autocontrast(Image.fromarray(IMAGE)), np.int64)
    assert np.abs(vg.Compose([Counted(stretch)])(IMAGE) - want).max() <= 1  # it rounds down


@pytest.mark.parametrize("white", [1.0, 255.0])
def test_floats_are_counted_by_the_level_next_to_them(white):
    image = (IMAGE / 255 * white).astype(np.float32)
    out = vg.Compose([Counted(stretch)], white=white)(image)
    np.testing.assert_allclose(out / white, (IMAGE / 255.0 - 60 / 255) * 255 / 119, atol=1e-4)


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint8, 200), (np.uint16, 65535), (np.uint16, 4095)])
@pytest.mark.parametrize("shape", [(1, 1, 1), (7, 9, 3), (8, 4, 5)])
def test_integers_are_counted_as_the_reference_counts(dtype, white, shape):
    image = RNG.integers(0, white + 1, shape).astype(dtype)
    np.testing.assert_array_equal(histogram(image, white), truth(image / white))


def test_a_count_that_hangs_on_the_last_bit_is_in_doubt():
    """Half a level down, each value lies between two levels."""
    down, op = vg.Opaque(lambda image: image - np.float32(0.5 / 255)), Counted(stretch)
    plan = vg.Compose([down, op]).plan(vg.Keys.of([vg.Key()]), [IMAGE.shape[:2]], 3, np.uint8)
    assert reference_run(plan, 0, IMAGE).doubt.all()
    plan = vg.Compose([op]).plan(vg.Keys.of([vg.Key()]), [IMAGE.shape[:2]], 3, np.uint8)
    assert not reference_run(plan, 0, IMAGE).doubt.any()


def test_numbers_beyond_are_counted_at_the_ends():
    image = np.array([np.nan, -3, 0, 0.5, 1, 7, np.inf, -np.inf], np.float32).reshape(2, 4, 1)
    found = histogram(image, 1.0)[0]
    assert (found[0], found[128], found[255], found.sum()) == (4, 1, 3, 8)


def test_fills_are_counted_and_it_is_a_picture_of_that_point():
    """As the pipeline cut by hand, in all channels alike."""
    before, op = vg.Compose([vg.Rotate(30, fill=255), vg.Gamma(0.5)]), Counted(grey, 1.0)
    image = IMAGE.astype(np.float32) / 255
    whole, cut = vg.Compose([*before.ops, op]), vg.Compose([op])(before(image))
    np.testing.assert_allclose(whole(image), cut, atol=1e-5)
    assert np.ptp(cut) < 1e-6


def test_it_begins_a_pass_and_a_map_after_it_another():
    compose = vg.Compose([vg.Rotate(3), Counted(stretch), vg.Contrast(1.2), vg.Scale(2)])
    assert (
        "Rotate | Counted: Counted counts the levels of the whole picture, which must exist first" in compose.explain()
    )
    assert len(compose.compiler.cutter.segments) == 3
    assert "levels   counted over the whole picture" in compose.explain(size=(30, 40))


def test_of_bytes_no_number_becomes_a_float():
    compose = vg.Compose([Counted(stretch)])
    read = compose.plan(vg.Keys.of([vg.Key()]), [(100, 90)], 3, np.uint8).bound.read
    assert 0 in read.bytes and 0 in read.statistics


def test_each_sample_has_its_own_table():
    compose = vg.Compose([Counted(stretch, p=0.5), vg.HorizontalFlip(p=0.5)])
    keys, images = [vg.Key(0, 0, n) for n in range(12)], [np.uint8(IMAGE // (1 + n % 3)) for n in range(12)]
    plan = compose.plan(vg.Keys.of(keys), [IMAGE.shape[:2]] * 12, 3, np.uint8)
    for i in RNG.permutation(12):
        out = np.empty(plan.shapes[i], plan.dtype)
        plan.run(i, images[i], out)
        np.testing.assert_array_equal(out, compose(images[i], key=keys[i]))


def test_a_picture_is_not_made_smaller_before_it():
    sizes, keys = [(400, 400)], vg.Keys.of([vg.Key()])
    assert vg.Compose([vg.Resize(50)]).plan(keys, sizes).reduction(0) == 8
    assert vg.Compose([Counted(stretch), vg.Resize(50)]).plan(keys, sizes).reduction(0) == 1


def short(levels):
    return np.zeros(255)


def infinite(levels):
    return np.full(256, np.inf)


def nothing(levels):
    return None


def huge(levels):
    return np.full(256, 1e39)


@pytest.mark.parametrize(
    ("function", "got"),
    [(huge, "float64 (256,)"), (short, "float64 (255,)"), (infinite, "float64 (256,)"), (nothing, "NoneType")],
)
def test_what_is_no_table(function, got):
    message = "Counted: its function makes of a histogram (3, 256) an array (256,) or (3, 256) of finite numbers, in "
    with pytest.raises(vg.InputError, match=re.escape(message) + ".*" + re.escape(got)):
        vg.Compose([Counted(function)])(IMAGE)


def test_what_it_raises_has_a_note():
    def picky(levels, most):
        raise ValueError("too much")

    with pytest.raises(ValueError, match="too much") as caught:
        vg.Compose([Counted(picky, 3)])(IMAGE)
    assert caught.value.__notes__ == ["variegate: this was in Counted, whose function was called with (3.0,)"]


def test_the_end_of_an_iterator_is_no_end_of_the_stream():
    def ended(levels):
        return next(iter(()))

    with pytest.raises(RuntimeError, match=r"^Counted: its function raised StopIteration"):
        vg.Compose([Counted(ended)])(IMAGE)


class Tables(vg.Op):
    """A table for each of three channels."""

    gives = effects.Table

    def lower(self, draws, sizes, context):
        levels = np.arange(256) / 255
        return effects.Table(np.tile(np.stack([levels, 1 - levels, levels / 2]), (len(sizes), 1, 1)))


@pytest.mark.parametrize("side", [9, 200])
def test_each_channel_by_a_table_of_its_own(side):
    image = RNG.integers(0, 256, (side, side, 3), np.uint8)
    want = np.stack([image[..., 0], 255 - image[..., 1], np.rint(image[..., 2] / 2)], axis=2)
    np.testing.assert_array_equal(vg.Compose([Tables()])(image), want)


def test_tables_for_other_channels_are_refused():
    with pytest.raises(vg.InputError, match="Tables has tables for 3 channels, but the picture has 4"):
        vg.Compose([Tables()])(np.zeros((5, 5, 4), np.uint8))
