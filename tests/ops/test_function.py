"""Pointwise and Opaque: the user's function, with the numbers drawn for it."""

from __future__ import annotations

import pickle
import re
from functools import partial

import numba
import numpy as np
import pytest

from variegate import Compose, ConfigError, FieldError, Key, Normal, OneOf, PipelineError, Rotate, save
from variegate.content import content
from variegate.dist import Constant, Uniform
from variegate.loader import Arrays, Loader
from variegate.ops import Opaque, Pointwise
from variegate.ops import effect as effects


def stripes(image, step=2, along="rows"):
    lines = np.arange(image.shape[along == "columns"]) % step > 0
    return image * (lines if along == "columns" else lines[:, None])[..., None]


def grain(image, strength, rng):
    return image + np.float32(strength) * rng.random(image.shape, np.float32)


def same(pixel, *given):
    return pixel


def warm(pixel, red, blue=0.0, green=0.0):
    return (pixel[0] + red, pixel[1] + green, pixel[2] + blue)


class Callable:
    def __call__(self, image):
        return image


def test_draws_come_in_the_order_written(lower):
    effect = lower(Pointwise(same, b=(0, 1), a=(0, 4)), [(4, 4)] * 2, a=[1, 2], b=[3, 4])
    assert isinstance(effect, effects.PixelFunction) and effect.function is same
    assert effect.draws.tolist() == [[3, 1], [4, 2]]
    assert lower(Pointwise(same), [(4, 4)] * 2).draws.shape == (2, 0)


def test_opaque_draws_are_plain_floats_by_name(lower):
    effect = lower(Opaque(np.negative, a=(0, 4), b=7), [(4, 4)] * 2, a=[1, 2])
    assert isinstance(effect, effects.PictureFunction) and effect.draws == ({"a": 1.0, "b": 7.0}, {"a": 2.0, "b": 7.0})
    assert type(effect.draws[0]["a"]) is float
    assert lower(Opaque(np.negative), [(4, 4)] * 2).draws == ({}, {})


def test_fields_p_and_name():
    op = Opaque(abs, amount=(0, 2), size=3, p=0.5, name="mine")
    assert op.drawn() == {"amount": Uniform(0, 2), "size": Constant(3)} and op.p == 0.5 and op.label == "mine"
    assert repr(op) == "Opaque(abs, amount=Uniform(0, 2), size=Constant(3), p=0.5, name='mine')"
    assert Pointwise(same, function=2).drawn() == {"function": Constant(2)}


def test_whether_an_opaque_moves_pixels_is_a_field_of_its_own():
    stays = Opaque(abs, amount=(0, 2), p=0.5, moves_pixels=False)
    assert Opaque(abs).moves_pixels and not stays.moves_pixels and stays.drawn() == {"amount": Uniform(0, 2)}
    assert repr(stays) == "Opaque(abs, amount=Uniform(0, 2), p=0.5, moves_pixels=False)"
    assert stays != Opaque(abs, amount=(0, 2), p=0.5) and hash(stays) != hash(Opaque(abs, amount=(0, 2), p=0.5))
    again = pickle.loads(pickle.dumps(stays))
    assert again == stays and again.moves_pixels is False
    assert Compose([Opaque(abs)]).fingerprint != Compose([Opaque(abs, moves_pixels=False)]).fingerprint
    assert Pointwise(same, moves=2).drawn() == {"moves": Constant(2)}, "a pixel's function has no such field"


def test_pickles_by_reference():
    op = Pointwise(same, amount=(0, 2), p=0.25, name="mine")
    again = pickle.loads(pickle.dumps(op))
    assert again == op and again.function is same and again.p == 0.25 and again.name == "mine"


# Names


def paths(*ops):
    return [node.path for node in Compose(ops).compiler.flat.nodes]


def test_the_default_name_is_the_functions():
    assert paths(Opaque(stripes), Opaque(stripes), Rotate(3), Pointwise(numba.njit(stripes))) == [
        "stripes",
        "stripes#2",
        "Rotate",
        "stripes#3",
    ]
    assert paths(Opaque(partial(stripes, step=3)), Opaque(partial(partial(stripes), 3))) == ["stripes", "stripes#2"]
    assert paths(Pointwise(numba.njit(stripes)), Opaque(np.negative), Opaque(abs)) == ["stripes", "negative", "abs"]
    assert paths(Opaque(Callable()), Opaque(Callable().__call__)) == ["Callable", "__call__"]
    nameless = [lambda image: image, partial(lambda image: image)]
    assert paths(*map(Opaque, nameless), Pointwise(nameless[0]), Pointwise(numba.njit(nameless[0]))) == [
        "Opaque",
        "Opaque#2",
        "Pointwise",
        "Pointwise#2",
    ]
    assert paths(Opaque(stripes, name="mine"), OneOf([Opaque(stripes)])) == ["mine", "stripes"]


def test_a_function_with_the_name_of_an_op_is_counted_with_it():
    def turn(image):
        return image

    turn.__name__ = "Rotate"
    assert paths(Rotate(1), Opaque(turn), Rotate(2)) == ["Rotate", "Rotate#2", "Rotate#3"]
    with pytest.raises(PipelineError, match="two ops go by the name 'stripes'"):
        paths(Opaque(stripes), Opaque(abs, name="stripes"))


def test_params_records_and_errors_go_by_it():
    augment = Compose([Opaque(stripes, step=(2, 9))])
    assert set(augment.params(Key())["stripes"]) == {"applied", "step"}
    _, record = augment(np.zeros((4, 4), np.uint8), return_params=True)
    assert set(record["draws"]) == {"stripes"}
    with pytest.raises(FieldError, match=r"^stripes\.step runs from low to high"):
        Opaque(stripes, step=(9, 2))


def test_draws_hang_on_the_function_and_not_on_other_functions():
    alone, beside = (
        Compose([Opaque(stripes, step=(2, 9))]),
        Compose([Opaque(grain, strength=(0, 1), rng=True), *ops_of_two()]),
    )
    assert alone.params(Key())["stripes"] == beside.params(Key())["stripes"]


def ops_of_two():
    return [Opaque(stripes, step=(2, 9))]


# Options

OPTIONS = [
    "columns",
    "",
    True,
    False,
    None,
    np.arange(3.0),
    np.zeros(2),
    (1, 2, 3),
    (1,),
    (),
    ("a", "b"),
    (True, False),
    [1, 2, 3],
    {"a": 1},
    1j,
    np.bool_(True),
    stripes,
    np.float32,
    b"x",
]


@pytest.mark.parametrize("value", OPTIONS, ids=content)
def test_what_is_no_number_to_draw_is_passed_as_it_is(value):
    seen = []

    def look(image, option, by):
        seen.append((option, by))
        return image

    op = Opaque(look, option=value, by=(0, 1))
    augment = Compose([op])
    augment.batch([np.zeros((3, 3), np.uint8)] * 2)
    assert op.drawn() == {"by": Uniform(0, 1)}
    for option, by in seen:
        assert type(option) is type(value) and repr(option) == repr(value) and type(by) is float
        assert option is value or isinstance(value, np.ndarray)
    assert op == Opaque(look, option=value, by=(0, 1)) and hash(op) == hash(Opaque(look, option=value, by=(0, 1)))
    assert op != Opaque(look, option="another", by=(0, 1))
    assert augment.fingerprint != Compose([Opaque(look, option="another", by=(0, 1))]).fingerprint
    again = pickle.loads(pickle.dumps(Opaque(stripes, option=value)))
    assert again == Opaque(stripes, option=value) and repr(again) == repr(Opaque(stripes, option=value))
    assert Compose([again]).fingerprint == Compose([Opaque(stripes, option=value)]).fingerprint


@pytest.mark.parametrize(
    "value", [3, 0.5, (0, 1), [0, 1], np.float32(2), np.int64(3), Normal(0, 1), (np.float64(1), 2)], ids=repr
)
def test_numbers_pairs_and_distributions_are_drawn(value):
    assert set(Opaque(stripes, step=value).drawn()) == {"step"}


@pytest.mark.parametrize("value", [np.nan, (0, np.inf), (2, 1), [3.0, 1]])
def test_a_range_that_is_none_is_no_option(value):
    with pytest.raises(FieldError, match=r"^stripes\.step"):
        Opaque(stripes, step=value)


def test_options_show():
    op = Opaque(stripes, step=(2, 9), along="columns", table=np.arange(3), p=0.5)
    assert repr(op) == (
        "Opaque(stripes, step=Uniform(2, 9), along='columns', table=array(int64 (3,), cf5ddb2411b6887b), p=0.5)"
    )
    picture = np.full((6, 8, 3), 200, np.uint8)
    rows, columns = Compose([Opaque(stripes)])(picture), Compose([Opaque(stripes, along="columns")])(picture)
    assert not rows[0].any() and rows[1].all() and not columns[:, 0].any() and columns[:, 1].all()


def test_an_array_is_a_copy_that_nobody_can_write_to():
    given = np.zeros(3)
    op = Opaque(stripes, table=given)
    given[:] = 1
    for each in (op, pickle.loads(pickle.dumps(op))):
        kept = dict(each.given)["table"].value
        assert not kept.any() and not kept.flags.writeable


def test_a_pipeline_with_options_has_no_file(tmp_path):
    with pytest.raises(ConfigError, match="a function cannot be saved to a file"):
        save(Compose([Opaque(stripes, along="columns")]), tmp_path / "pipeline.json")


@pytest.mark.parametrize("value", ["x", True, None, (1, 2, 3), np.zeros(2)], ids=repr)
def test_a_function_of_a_pixel_takes_numbers_alone(value):
    told = (
        f"mine.mode is a number, a range (low, high) or a distribution, got {value!r:.80}. A function of one pixel is"
    )
    with pytest.raises(FieldError, match=re.escape(told)):
        Pointwise(stripes, mode=value, name="mine")


def test_a_function_of_a_pixel_gets_its_fields_by_name():
    """They came in the order written, so these two were exchanged."""
    ours, usual = Pointwise(warm, blue=1.0, red=0.0), Pointwise(warm, red=0.0, blue=1.0)
    assert ours == usual and repr(ours) == "Pointwise(warm, red=Constant(0), blue=Constant(1))"
    made = Compose([ours], white=None)(np.zeros((1, 1, 3), np.float32))
    assert made.ravel().tolist() == [0, 0, 1]
    assert Pointwise(numba.njit(warm), blue=1.0, red=0.0).given == usual.given
    mixed = Pointwise(lambda pixel, a, *more: pixel, d=1, c=2, a=3)
    assert [item for item, _ in mixed.given] == ["a", "d", "c"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"read": 1}, "warm was given read, but its parameters after the pixel are red, blue, green"),
        ({}, "warm was not given red, but its parameters after the pixel are red, blue, green: write red=..."),
        ({"red": 1, "green": 1}, "warm was not given blue, but its parameters after the pixel are red, blue, green: w"),
        ({"red": 1, "pixel": 1}, "warm was given pixel, but its parameters after"),
    ],
)
def test_a_function_of_a_pixel_gets_all_its_fields_and_no_others(given, told):
    for function in (warm, numba.njit(warm)):
        with pytest.raises(FieldError, match=re.escape(told)):
            Pointwise(function, **given)


def test_a_field_of_a_pixels_function_that_is_the_ops_own():
    with pytest.raises(FieldError, match=r"Pointwise was not given p, .* That name is the op's own: rename the"):
        Pointwise(lambda pixel, p: pixel, p=0.5)
    with pytest.raises(FieldError, match="was not given a, but its parameters after the pixel are a"):
        Pointwise(lambda pixel, a=1, *more: pixel, b=1)
    with pytest.raises(FieldError, match="was given a, but its parameters after the pixel are none"):
        Pointwise(lambda pixel: pixel, a=1)


@pytest.mark.parametrize(
    "function",
    [
        partial(warm, red=1),
        Callable(),
        Callable().__call__,
        np.negative,
        abs,
        numba.vectorize(lambda value: value + 1),
        numba.cfunc("f8(f8)")(lambda value: value),
        np.float32,
    ],
    ids=lambda function: type(function).__name__,
)
def test_a_function_of_a_pixel_is_a_plain_one(function):
    with pytest.raises(FieldError, match=r"^mine takes a plain function \(def, lambda\), or one that numba"):
        Pointwise(function, name="mine")


# Generators


def test_a_generator_is_made_of_what_was_drawn(lower):
    effect = lower(Opaque(grain, strength=2, rng=True), [(4, 4)] * 2, rng=np.arange(8).reshape(4, 2))
    assert effect.draws == ({"strength": 2.0}, {"strength": 2.0}) and effect.rng.shape == (4, 2)
    picture = np.zeros((4, 4, 3), np.float32)
    ours = [effect.call(i, picture) for i in (0, 1, 0)]
    assert np.array_equal(ours[0], ours[2]) and not np.array_equal(ours[0], ours[1])
    assert lower(Opaque(stripes), [(4, 4)]).rng is None


def test_known_numbers_never_change():
    """NumPy promises the bits of Philox and of SeedSequence."""
    made = effects.generator(WORDS)
    assert made.bit_generator.random_raw(2).tolist() == KNOWN
    assert effects.generator(WORDS).spawn(1)[0].bit_generator.random_raw() == SPAWNED
    others = [np.roll(WORDS, 1), WORDS ^ [0, 0, 0, 1], WORDS ^ [1 << 31, 0, 0, 0]]
    first = [effects.generator(each.astype(np.uint32)).bit_generator.random_raw() for each in (WORDS, *others)]
    assert len(set(first)) == 4, "all of the bits have a say"


WORDS = np.array([1, 2, 3, 2**32 - 1], np.uint32)
KNOWN = [8519120191260406700, 537006915479368755]
SPAWNED = 11093932970515467598


def spotted(image, rng=None):
    return image


def test_a_generator_that_is_not_asked_for_is_an_error():
    """It was one of Python's, for each picture: a required argument is missing."""
    for function in (grain, partial(grain, strength=1), lambda image, *, rng: image):
        with pytest.raises(FieldError, match=r"the function takes rng, a generator of random numbers: write rng=True$"):
            Opaque(function)
        assert Opaque(function, rng=True).rng
    for function in (spotted, partial(grain, rng=np.random.default_rng(0)), abs, np.negative, lambda **rng: 0):
        assert not Opaque(function).rng


@pytest.mark.parametrize("rng", [False, True])
def test_an_iterator_at_its_end_ends_no_stream(rng):
    """A loader is a generator: there Python made of it "generator raised StopIteration"."""

    def spent(image, rng=None):
        return next(iter(()))

    loader = Loader(Arrays(np.zeros((2, 4, 4, 3), np.uint8)), Compose([Opaque(spent, rng=rng)]), workers=0)
    with pytest.raises(RuntimeError, match=r"^the function raised StopIteration: give next") as caught:
        list(loader)
    assert "this was in spent" in "".join(caught.value.__notes__)


def test_rng_is_declared():
    op = Opaque(grain, strength=1, rng=True)
    assert repr(op) == "Opaque(grain, strength=Constant(1), rng=True)" and set(op.drawn()) == {"strength", "rng"}
    assert pickle.loads(pickle.dumps(op)).rng
    ours, others = Opaque(spotted, rng=True), Opaque(spotted)
    assert ours != others and Compose([ours]).fingerprint != Compose([others]).fingerprint
    for value in (1, None, np.random.default_rng(0)):
        with pytest.raises(FieldError, match=r"^grain\.rng is True or False, got "):
            Opaque(grain, strength=1, rng=value)
    assert Pointwise(same, rng=2).drawn() == {"rng": Constant(2)}, "a pixel's function has no such field"
