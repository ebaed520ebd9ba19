"""A function of one row: what it is given, where, and what becomes of what it raises."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import variegate as vg
from variegate.dist import Bits
from variegate.kernels.bits import normals, uniforms, words
from variegate.ops import effect as effects

IMAGE = np.random.default_rng(0).random((20, 30, 3), np.float32)


class Rows(vg.Op):
    """A function of one row, with numbers and perhaps bits."""

    gives = effects.RowFunction

    def __init__(self, function, *numbers, bits=False, **options):
        super().__init__(**options)
        self._set(function=function, numbers=numbers, bits=bits)

    def drawn(self):
        return {"bits": Bits()} if self.bits else {}

    def lower(self, draws, sizes, context):
        numbers = np.tile(np.array(self.numbers, np.float64), (len(sizes), 1))
        return effects.RowFunction(self.function, numbers, draws.get("bits"))


def run(function, *numbers, image=IMAGE, before=(), after=(), bits=False, key=None):
    return vg.Compose([*before, Rows(function, *numbers, bits=bits), *after])(image, key=key or vg.Key(1, 2, 3, 4))


def placed(row, y, height, scale):
    for c, channel in enumerate(row):
        for x in range(len(channel)):
            channel[x] = (x + len(channel) * (y + height * c)) * scale


@pytest.mark.parametrize("channels", [1, 3, 7])
def test_it_knows_its_place(channels):
    shape, image = (20, 30, channels), np.zeros((20, 30, channels), np.float32)
    scale = 1 / (20 * 30 * channels)
    want = np.moveaxis((np.arange(20 * 30 * channels) * scale).reshape(channels, 20, 30), 0, 2)
    np.testing.assert_allclose(run(placed, scale, image=image), want.astype(np.float32), atol=1e-7)
    assert run(placed, scale, image=image).shape == shape


def test_place_is_on_the_canvas_that_it_sees():
    out = run(placed, 1 / 1800, before=[vg.Resize((4, 6))])
    np.testing.assert_allclose(out[:, :, 0], np.arange(24).reshape(4, 6) / 1800, atol=1e-7)


def half(row, y, height):
    for channel in row:
        for x in range(len(channel)):
            channel[x] *= 0.5


@pytest.mark.parametrize("border", ["constant", "reflect"])
def test_fills_are_pixels_to_it_and_nothing_paints_them_again(border):
    """In the same pass, and with a mean of all of it asked for afterwards."""
    turn = vg.Rotate(40, border=border, fill=0.8)
    halved = vg.Compose([turn])(IMAGE) * np.float32(0.5)
    np.testing.assert_allclose(run(half, before=[turn]), halved, atol=1e-6)
    again = vg.Compose([vg.Contrast(1.5), vg.Gamma(2), vg.Contrast(0.5)])
    after = [vg.Contrast(1.5), vg.Gamma(2), vg.Contrast(0.5)]
    np.testing.assert_allclose(run(half, before=[turn], after=after), again(halved), atol=2e-5)


def test_a_map_after_it_reads_its_result():
    compose = vg.Compose([Rows(half), vg.Rotate(10)])
    assert "hangs on where a pixel lies" in compose.explain()
    np.testing.assert_allclose(compose(IMAGE), vg.Compose([vg.Rotate(10)])(IMAGE * np.float32(0.5)), atol=1e-6)


def noisy(row, y, height, bits, kind):
    width = len(row[0])
    for c, channel in enumerate(row):
        start = (c * height + y) * width
        made = normals(bits, start, start + width) if kind == 0 else uniforms(bits, start, start + width)
        for x in range(width):
            channel[x] = made[x] / 16 + np.float32(0.5)


@pytest.mark.parametrize("kind", [0, 1])
def test_bits_are_the_draw_of_the_sample(kind):
    op, key = Rows(noisy, kind, bits=True), vg.Key(1, 2, 3, 4)
    compose = vg.Compose([op])
    bits = compose.compiler.drawing.columns(vg.Keys.of([key]))["Rows"]["bits"][:, 0]
    made = (normals, uniforms)[kind](bits, 0, IMAGE.size) / np.float32(16) + np.float32(0.5)
    want = np.moveaxis(made.reshape(3, 20, 30), 0, 2)
    np.testing.assert_array_equal(compose(IMAGE, key=key), np.clip(want, 0, 1))
    assert (compose(IMAGE, key=vg.Key(1, 2, 3, 5)) != want).mean() > 0.9


def test_words_too_can_be_called():
    def lowest(row, y, height, bits):
        made = words(bits, 0, len(row[0]))
        for x in range(len(row[0])):
            row[0][x] = np.float32(made[x] & np.uint32(1))

    assert set(np.unique(run(lowest, bits=True)[:, :, 0])) == {0.0, 1.0}


def test_batches_and_threads_give_what_one_by_one_gives():
    compose = vg.Compose([vg.Rotate((-30, 30)), Rows(noisy, 0, bits=True, p=0.5), vg.Contrast((0.5, 2))])
    keys = [vg.Key(0, 0, n) for n in range(24)]
    alone = [compose(IMAGE, key=key) for key in keys]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(alone, pool.map(lambda key: compose(IMAGE, key=key), keys), strict=True):
            np.testing.assert_array_equal(one, other)
    plan = compose.plan(vg.Keys.of(keys), [IMAGE.shape[:2]] * 24, 3, np.float32)
    for i, one in enumerate(alone):
        out = np.empty(plan.shapes[i], plan.dtype)
        plan.run(i, IMAGE, out)
        np.testing.assert_array_equal(out, one)


def test_skipped_it_is_not_there():
    with_it, without = vg.Compose([vg.Rotate(9), Rows(half, p=0)]), vg.Compose([vg.Rotate(9)])
    np.testing.assert_array_equal(with_it(IMAGE), without(IMAGE))


def test_a_replay_draws_the_same_bits():
    compose = vg.Compose([Rows(noisy, 0, bits=True)])
    out, record = compose(IMAGE, key=vg.Key(5), return_params=True)
    np.testing.assert_array_equal(compose.replay(record, IMAGE), out)


def picky(row, y, height, most):
    if y == 7:
        raise ValueError("seven")


def test_what_it_raises_names_the_op_and_the_row(capfd):
    told = "Rows: the function raised ValueError: seven at row 7; it was called with the numbers (2.0,)"
    with pytest.raises(vg.InputError, match=re.escape(told)) as caught:
        run(picky, 2)
    assert type(caught.value.__cause__) is ValueError
    assert "ignored" not in capfd.readouterr().err, "Numba printed it"


def dark(row, y, height):
    if row[0][0] < 0.25:
        raise ValueError("dark")


def test_what_it_raises_of_pixels_alone():
    with pytest.raises(vg.InputError, match="raised an error that it does not raise on a grey row at row 0"):
        run(dark, image=IMAGE * np.float32(0.1))


def beyond(row, y, height, ahead):
    row[1][len(row[1]) + int(ahead)] = 0


@pytest.mark.parametrize("ahead", [0, 10**12, -61])
def test_a_place_beyond_the_row_is_an_error(ahead):
    with pytest.raises(vg.InputError, match=r"^Rows: the function raised IndexError: index is out of bounds at row 0;"):
        run(beyond, ahead)


def far(row, y, height):
    if y == 7 and row[0][25] > -1 and height == 20:
        raise ValueError("far")


def test_it_is_tried_again_on_a_row_of_its_size():
    with pytest.raises(vg.InputError, match="the function raised ValueError: far at row 7"):
        run(far)


def test_of_two_that_raise_each_has_its_own_report():
    for first, second, told in ((half, far, "Rows#2: .* far"), (far, picky_at_9, "Rows: .* far")):
        with pytest.raises(vg.InputError, match=told):
            vg.Compose([Rows(first), Rows(second)])(IMAGE)


def picky_at_9(row, y, height):
    if y == 9:
        raise ValueError("nine")


def returns(row, y, height):
    return row[0]


def unknown(row, y, height):
    row[0][0] = not_there(y)  # noqa: F821


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (returns, r"^Rows: the function of a row returns array.* It takes \(row, y, height\): row is a tuple of"),
        (unknown, r"^Rows: the function of a row cannot be compiled for 3 channels. It takes .* Numba says: "),
        (placed, r"^Rows: the function of a row cannot be compiled"),
    ],
)
def test_what_is_no_function_of_a_row(function, message):
    with pytest.raises(vg.InputError, match=f"(?s){message}"):
        run(function)


def test_bits_that_are_no_column():
    class Few(Rows):
        def lower(self, draws, sizes, context):
            return effects.RowFunction(half, np.empty((len(sizes), 0)), np.zeros((4, len(sizes) + 1), np.uint32))

    message = r"RowFunction.bits is an array \(4, 1\) uint32, got uint32 \(4, 2\)"
    with pytest.raises(vg.PipelineError, match=message):
        vg.Compose([Few(half)])(IMAGE)
