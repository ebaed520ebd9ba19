"""A batch cut and laid out: each sample's rows are what asking for it alone, node by node, gives."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import variegate as vg
from variegate.errors import PipelineError
from variegate.kernels.codes import READ
from variegate.ops import effect as effects
from variegate.ops.effect import Effect, Map, Matrix
from variegate.plan.draw import applied
from variegate.plan.fuse import Yes, fuse

RUNS = settings(deadline=None, max_examples=100)
COUNT = 7


def same(image):
    return image


def warm(pixel, amount):
    return (pixel[0] + amount, pixel[1], pixel[2])


@st.composite
def an_op(draw):
    """An op of any kind, whose numbers vary and which may be skipped."""
    p = draw(st.sampled_from((0.5, 1)))
    kinds = (
        lambda: vg.Rotate((-30, 30), p=p, interpolation=draw(st.sampled_from((None, "nearest", "bicubic")))),
        lambda: vg.Scale((0.5, 1), p=p, antialias=draw(st.sampled_from((None, False))), border="reflect"),
        lambda: vg.Resize((9, 8)),
        lambda: vg.Contrast((0.5, 1.5), p=p),
        lambda: vg.Gamma((0.5, 2), p=p),
        lambda: vg.Pointwise(warm, amount=(0, 0.1), p=p),
        lambda: vg.Opaque(same, p=p),
        lambda: vg.SomeOf([vg.Invert(), vg.Solarize((0.2, 1)), vg.HorizontalFlip()], n=(0, 3), p=p),
    )
    return draw(st.sampled_from(kinds))()


def planned(pipeline, ids):
    """A plan of small pictures, of a size each."""
    sizes = np.array([(20 + n % 3, 30 - n % 5) for n in ids])
    return pipeline.plan(vg.Keys.at(5, 0, np.array(ids)), sizes)


@RUNS
@given(st.lists(an_op(), max_size=6))
def test_a_sample_is_cut_where_fuse_says_no_of_what_applies_to_it(ops):
    plan = planned(vg.Compose(ops), range(COUNT))
    columns = plan.bound.columns
    for i in range(COUNT):
        segments = []
        for node in plan.bound.cutter.nodes:
            flags = applied(node.gates, columns)
            if flags is not None and not flags[i]:
                continue
            if segments and isinstance(fuse(segments[-1], node), Yes):
                segments[-1].append(node)
            else:
                segments.append([node])
        rows = plan.bound.rows(i)
        if not segments or plan.bound.run_by[rows[len(segments) - 1]] != READ:
            segments.append([])
        assert plan.bound.nodes(i) == segments


def numbers(row):
    """All that a row of tables says, by name."""
    told = row._asdict()
    return told | told.pop("fields")._asdict()


@RUNS
@given(st.lists(an_op(), max_size=6))
def test_the_rows_of_a_sample_hang_on_no_other(ops):
    """Every number that a kernel sees, to the bit."""
    pipeline = vg.Compose(ops)
    whole = planned(pipeline, range(COUNT)).bound
    for i in range(COUNT):
        alone = planned(pipeline, [i]).bound
        assert [whole.run_by[r] for r in whole.rows(i)] == alone.run_by
        for r, own in zip(whole.rows(i), alone.rows(0), strict=True):
            if whole.run_by[r] == READ:
                one, other = whole.read.tables.row(r), alone.read.tables.row(own)
                for name, value in numbers(one).items():
                    if name != "kinds":  # which count the batch's tables
                        np.testing.assert_array_equal(value, numbers(other)[name], err_msg=name)
                luts = [t.luts[k[2]] for t, row in ((whole.read.tables, one), (alone.read.tables, other))
                        for k in row.kinds if k[0] == 1]  # fmt: skip
                for a, b in zip(luts[: len(luts) // 2], luts[len(luts) // 2 :], strict=True):
                    np.testing.assert_array_equal(a, b)


def test_each_sample_is_read_as_its_own_last_op_says():
    augment = vg.Compose([vg.Rotate(5, antialias=False), vg.Rotate(5, interpolation="nearest", p=0.5)])
    bound = planned(augment, range(20)).bound
    told = {(len(row.maps), row.interpolation, row.antialias) for row in map(bound.read.tables.row, range(20))}
    assert told == {(1, 1, False), (2, 0, False)}


class Wrong(vg.Op):
    gives = Map

    def lower(self, draws, sizes, context):
        return Matrix(np.zeros((len(sizes), 3, 3)), np.zeros((len(sizes), 3)))


class Few(vg.Op):
    gives = Matrix

    def lower(self, draws, sizes, context):
        return Matrix(np.zeros((len(sizes) + 1, 3, 3)), np.zeros((len(sizes), 3)))


class Gives(vg.Op):
    """Whatever it is given, for one sample."""

    def __init__(self, effect):
        super().__init__()
        self._set(effect=effect)

    @property
    def gives(self):
        return type(self.effect)

    def lower(self, draws, sizes, context):
        return self.effect


class Unsaid(vg.Op):
    pass


class Unknown(vg.Op):
    class Blur(Effect):
        """No stage runs it."""

    gives = Blur


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (Wrong(), r"^Wrong says gives = Map, but its lower\(\) returned a Matrix: return a Map of variegate\.ops"),
        (
            Few(),
            r"^Few: what its lower\(\) returned does not fit: Matrix.weights is an array \(1, 3, 3\), got \(2, 3, 3\)",
        ),
        (Unsaid(), r"^Unsaid does not say which effect it gives: its class has a line gives: ClassVar\[type\[Effect\]"),
        (
            Unknown(),
            r"^Unknown gives Blur, which no stage runs: its class has a line gives: .* one of ColourFunction, ",
        ),
    ],
)
def test_an_op_that_is_not_as_it_says(op, message):
    with pytest.raises(PipelineError, match=message):
        vg.Compose([op])(np.zeros((4, 5, 3), np.uint8))


def one(row, y, height):
    """A function of a row."""


BITS = np.zeros((4, 1), np.uint32)


def test_camera_noise_of_other_channels():
    message = '^Gives: noise of kind "iso" is of pictures of 1 channel or 3, got 2$'
    with pytest.raises(vg.InputError, match=message):
        vg.Compose([Gives(effects.Noise("iso", np.ones((1, 2)), BITS))])(np.zeros((4, 5, 2), np.uint8))


@pytest.mark.parametrize(
    ("effect", "message"),
    [
        (effects.Stencil([[[1.0]]]), r"Stencil.weights is an array \(1, any, any\), got list"),
        (effects.Stencil(None), r"Stencil.weights is an array \(1, any, any\), got NoneType"),
        (effects.Stencil(np.ones((1, 1, 1)), "edge"), r"Stencil.across is an array \(1, any\), got str"),
        (effects.Stencil(np.ones((1, 3, 3), object)), "Stencil.weights is an array of numbers, got object"),
        (effects.RowFunction(one, np.full((1, 1), "1")), "RowFunction.draws is an array of numbers, got <U1"),
        (
            effects.RowFunction(functools.partial(one), np.empty((1, 0))),
            r"RowFunction.function is a plain function .*partial",
        ),
        (
            effects.Noise("loud", np.ones((1, 1)), BITS),
            "Noise.kind is one of gaussian, .*; got 'loud'",
        ),
        (effects.Noise("iso", np.ones((1, 1)), BITS), r"Noise.numbers of kind 'iso' is \(1, 2\), got \(1, 1\)"),
        (effects.Noise("shot", np.ones((1, 1)), None), r"Noise.bits is an array \(4, 1\) uint32, got None"),
        (
            effects.Noise("shot", np.ones((1, 1)), BITS[:3]),
            r"Noise.bits is an array .*, got uint32 \(3, 1\)",
        ),
        (effects.PixelFunction(None, np.empty((1, 0))), "PixelFunction.function is a plain function .* got None"),
        (effects.Table(np.zeros((1, 3, 256), complex)), "Table.values is an array of numbers, got complex128"),
        (Map(np.eye(3)[None], np.full((1, 2), 4.0)), "Map.size is whole pixels, got float64"),
    ],
)
def test_an_effect_whose_parts_are_not_what_they_must_be(effect, message):
    with pytest.raises(PipelineError, match=r"^Gives: what its lower\(\) returned does not fit: " + message):
        vg.Compose([Gives(effect)])(np.zeros((4, 5, 3), np.uint8))


class Raises(Gives):
    """The same, but for a slip."""

    def lower(self, draws, sizes, context):
        return draws["slip"]


def test_what_lower_raises_has_a_note():
    with pytest.raises(KeyError) as caught:
        vg.Compose([Raises(Map(np.eye(3)[None], np.array([(4, 5)])))])(np.zeros((4, 5, 3), np.uint8))
    assert caught.value.__notes__ == ["variegate: this was in Raises.lower(), of 1 samples"]


class Mixed(Gives):
    """The same, which says less of it."""

    gives = effects.Colour


@pytest.mark.parametrize(
    "effect",
    [
        effects.Stencil(np.ones((1, 1, 1))),
        effects.RowFunction(one, np.empty((1, 0))),
        effects.Statistic(one, np.empty((1, 0))),
        effects.Table(np.zeros((1, 256))),
    ],
)
def test_an_effect_that_cuts_is_not_given_for_one_that_does_not(effect):
    kind = type(effect).__name__
    with pytest.raises(
        PipelineError, match=f"^Mixed says gives = Colour, but its lower.* returned a {kind}, which cuts"
    ):
        vg.Compose([Mixed(effect), vg.Rotate(9)])(np.zeros((4, 5, 3), np.uint8))


def test_a_map_to_no_pixels():
    for size in ((0, 5), (4, -1)):
        with pytest.raises(PipelineError, match=r"^Gives makes pictures of .* pixels \(height, width\): 1 is least"):
            vg.Compose([Gives(Map(np.eye(3)[None], np.array([size])))])(np.zeros((4, 5, 3), np.uint8))


def test_the_pictures_between_segments_are_counted():
    keys, sizes = vg.Keys.at(0, 0, np.arange(8)), np.full((8, 2), (20, 30))
    one = 4 * 20 * 30 * 3
    assert vg.Compose([vg.Rotate(9), vg.Gamma(2)]).plan(keys, sizes).between == 0
    assert vg.Compose([vg.Gamma(2), vg.Rotate(9)]).plan(keys, sizes).between == one
    assert vg.Compose([vg.Gamma(2), vg.Rotate(9), vg.Gamma(2), vg.Rotate(9)]).plan(keys, sizes).between == 2 * one
    assert vg.Compose([vg.Gamma(2, p=0.5), vg.Rotate(9)]).plan(keys, sizes).between == one
    assert vg.Compose([vg.Opaque(same)]).plan(keys, sizes).between == 2 * one  # what it is given, and what it makes


class Numbers(vg.Op):
    """An effect with one number that is none."""

    def __init__(self, made, gives):
        super().__init__()
        self._set(made=made)
        object.__setattr__(self, "gives", gives)

    def lower(self, draws, sizes, context):
        return self.made


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda v: Matrix(np.eye(3)[None] * v, np.zeros((1, 3))),
            "made colours of numbers that are not finite",
        ),
        (lambda v: effects.Curve.of("power", np.array([v])), "made colours of numbers that are not finite"),
        (lambda v: effects.Table(np.full((1, 256), v)), "Table.values holds what is no finite number"),
        (lambda v: effects.Table(np.full((1, 3, 256), v)), "Table.values holds what is no finite number"),
        (lambda v: effects.Stencil(np.full((1, 1, 1), v)), "Stencil.weights holds what is no finite number"),
        (lambda v: effects.RowFunction(half, np.full((1, 1), v)), "RowFunction.draws holds what is no finite number"),
        (lambda v: effects.Noise("shot", np.full((1, 1), v), BITS), "Noise.numbers holds what is no finite number"),
        (lambda v: effects.Statistic(half, np.full((1, 1), v)), "Statistic.draws holds what is no finite number"),
    ],
)
def test_numbers_that_are_none_are_refused(make, message, value):
    """They became black without a word."""
    with np.errstate(invalid="ignore"):
        made = make(value)
    with pytest.raises(PipelineError, match=f"^Numbers: .*{message}"):
        vg.Compose([Numbers(made, type(made))])(np.zeros((4, 5, 3), np.uint8))


def half(row, y, height, by):
    """What a row's function looks like."""
