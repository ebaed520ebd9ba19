"""assert_lowering_is_sound finds what `lower` returns and may not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

import variegate as vg
from variegate import coords
from variegate.ops import effect as effects
from variegate.ops.base import Drawn
from variegate.ops.effect import Map, Matrix, Output, Stencil, Table, Tone
from variegate.ops.geometric import GeometricOp
from variegate.testing import assert_lowering_is_sound


def fails(op, text, **options):
    with pytest.raises(AssertionError) as caught:
        assert_lowering_is_sound(op, **options)
    assert text in str(caught.value), str(caught.value)


@dataclass(frozen=True, repr=False)
class Own(GeometricOp):
    """A map to the right, made wrong by a function of the right one."""

    wrong: object = None
    by: Drawn = (0, 5)

    def lower(self, draws, sizes, context):
        by = draws["by"]
        right = Map(coords.affine(1, 0, -by, 0, 1, np.zeros(len(by))), sizes)
        return right if self.wrong is None else self.wrong(right, draws, sizes)


class Swapping(Own):
    """The same, which says that it exchanges the sides."""

    swaps_sides = True


class Fixing(Own):
    """The same, which says that all pictures get one size."""

    resizes = True

    def fixes_size(self):
        return True


def entry(row, column, value):
    """A wrong map: one entry of the matrix is another."""

    def wrong(right, draws, sizes):
        right.matrix[:, row, column] = value
        return right

    return wrong


def sized(size):
    """A wrong map: other sizes."""
    return lambda right, draws, sizes: Map(right.matrix, size(sizes))


def test_what_is_sound_passes():
    assert_lowering_is_sound(Own())
    assert_lowering_is_sound(Swapping(sized(lambda sizes: sizes[:, ::-1])))
    assert_lowering_is_sound(Fixing(sized(lambda sizes: sizes * 0 + 9)))
    assert_lowering_is_sound([vg.ColorJitter((0.8, 1), hue=(0, 9)), vg.Opaque(abs, by=(0, 1)), vg.Normalize()])
    assert_lowering_is_sound([vg.RandomIoUCrop(), vg.RandomCropNearBox(), vg.CropNonEmptyMask(9)])


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            lambda right, draws, sizes: None,
            "Own declares gives = Map, so lower() returns variegate.ops.effect.Map; got NoneType",
        ),
        (lambda right, draws, sizes: (right, Output()), "returns variegate.ops.effect.Map; got Output"),
        (lambda right, draws, sizes: Map(np.eye(3), sizes), "Own: Map.matrix is (8, 3, 3), got (3, 3)"),
        (lambda right, draws, sizes: Map(right.matrix[:, :2], sizes), "Own: Map.matrix is (8, 3, 3), got (8, 2, 3)"),
        (sized(lambda sizes: (30, 40)), "Own: Map.size is (8, 2), got (2,)"),
        (entry(0, 2, np.nan), "Own: Map.matrix holds what is no finite number"),
        (entry(0, 2, np.inf), "Own: Map.matrix holds what is no finite number"),
        (entry(0, 0, 0), "Own: Map.matrix [[0.0, 0.0, "),
        (
            sized(lambda sizes: sizes - 50),
            "Own: Map.size is whole pixels, 1 or more, got int64 [-2, 14] for a picture of [48, 64]",
        ),
        (sized(lambda sizes: sizes / 2), "Own: Map.size is whole pixels, 1 or more, got float64 [24.0, 32.0]"),
        (
            sized(lambda sizes: sizes // 2),
            "Own makes [48, 64] (height, width) to [24, 32], but does not say so: write resizes: ClassVar[bool] = True",
        ),
        (
            lambda right, draws, sizes: Map(right.matrix + np.random.rand(), sizes),
            "Own.lower() gave other numbers the second time: it may ask nothing but the draws",
        ),
        (
            lambda right, draws, sizes: Map(right.matrix * draws["by"].mean(), sizes),
            "Own.lower() gives sample 0 other numbers in a batch than alone: each row of draws and sizes is a sample",
        ),
        (
            lambda right, draws, sizes: (draws["by"].sort(), right)[1],
            "Own.lower() changed its draws in place: replays need them as they were",
        ),
    ],
)
def test_a_map_that_is_not(wrong, text):
    fails(Own(wrong), text)


def test_a_size_that_is_not_as_declared():
    fails(Swapping(sized(lambda sizes: sizes[:, ::-1] + 1)), "Swapping makes [48, 64] (height, width) to [65, 49]")
    fails(
        Fixing(sized(lambda sizes: sizes * 2)),
        "Fixing.fixes_size() is True, but it gives sizes from [ 96 128] to [110 1",
    )


@dataclass(frozen=True, repr=False)
class Colour(vg.Op):
    """An op of colour that returns what it is told to."""

    made: object = None
    gives = Matrix

    def lower(self, draws, sizes, context):
        return self.made(len(sizes))


class Looked(Colour):
    """The same, by table."""

    gives = Tone


class Own2(Colour):
    """The same, as a function of the picture."""

    gives = effects.PictureFunction


def test_colours_that_are_not():
    good = Matrix(np.zeros((8, 3, 3)), np.zeros((8, 3)), luminance=np.zeros(8))
    assert_lowering_is_sound(Colour(lambda n: Matrix(np.zeros((n, 3, 3)), np.zeros((n, 3)), luminance=np.ones(n))))
    fails(Colour(lambda n: replace(good, offset=np.zeros(8))), "Colour: Matrix.offset is (8, 3), got (8,)")
    fails(Colour(lambda n: replace(good, channel=np.zeros((8, 3)))), "Colour: Matrix.channel is (8), got (8, 3)")
    fails(
        Colour(lambda n: replace(good, weights=good.weights + np.nan)), "Colour: Matrix.weights holds what is no finite"
    )
    fails(Looked(lambda n: Table(np.zeros((n, 255)))), "Looked: Table.values is (8, 256), got (8, 255)")
    fails(Looked(lambda n: good), "declares gives = Tone, so lower() returns variegate.ops.effect.Tone; got Matrix")
    fails(
        Own2(lambda n: effects.PictureFunction(abs, ({},))), "Own2: Opaque.draws is a dict for each of 8 samples, got 1"
    )


class Blur(vg.Op):
    """As many weights as the longest of the batch has."""

    gives = Stencil

    def drawn(self):
        return {"length": vg.Uniform(1, 9)}

    def lower(self, draws, sizes, context):
        reach = draws["length"].astype(np.int64) // 2
        places = np.abs(np.arange(-reach.max(), reach.max() + 1))
        across = (places <= reach[:, None]) / (2 * reach[:, None] + 1)
        return Stencil(np.ones((len(sizes), 1, 1)), across)


def test_weights_may_be_as_long_as_the_longest():
    assert_lowering_is_sound(Blur())


class PerChannel(vg.Op):
    """A table for each of the channels, or for one more."""

    gives = Table

    def __init__(self, more):
        super().__init__()
        self._set(more=more)

    def lower(self, draws, sizes, context):
        return Table(np.zeros((len(sizes), context.channels + self.more, 256)))


def test_tables_may_be_one_a_channel():
    assert_lowering_is_sound(PerChannel(0))
    assert_lowering_is_sound(PerChannel(0), channels=4)
    fails(PerChannel(1), "PerChannel: Table.values is (8, 3, 256), got (8, 4, 256)")


def test_sizes_and_tries_are_the_callers():
    fails(Own(lambda right, draws, sizes: None), "got NoneType", size=(9, 9), tries=1)
    with pytest.raises(vg.InputError, match="asks for 20 x 20"):
        assert_lowering_is_sound(vg.RandomCrop(20), size=(9, 9))
    assert_lowering_is_sound(vg.RandomCrop(9), size=(9, 9))
