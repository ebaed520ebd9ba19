"""Every op of the library passes every asserter; and ops of a user's own, made of public names, do too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from tests.catalogue import examples, variants

import variegate as vg
from variegate import coords, exact, testing
from variegate.ops.base import Drawn, boxes_of, walk
from variegate.ops.effect import (
    Effect,
    Field,
    Holes,
    LocalEqualization,
    LowResolution,
    Map,
    Matrix,
    Noise,
    Output,
    RowFunction,
    Table,
)
from variegate.ops.geometric import Bordered, Resampling

ASSERTERS = [getattr(testing, name) for name in testing.__all__ if name.startswith("assert_")]


SIZE = 96, 128
EVERY = [*examples(*SIZE).values(), *variants(*SIZE)]
LIBRARY = [op for op in EVERY if not (isinstance(op, vg.Opaque) and op.moves_pixels)]  # which labels cannot follow

# They find spots and outlines by their colours, which noise and holes hide, and branches show elsewhere too; see the
# tests of these ops.
BY_COLOUR = testing.assert_points_move_as_pixels, testing.assert_targets_stay_in_step
HIDDEN = [op for op in LIBRARY if op.gives in (Noise, Holes) or any(each.branches() for each in walk(op))]
TRIED = [(each, op) for each in ASSERTERS for op in LIBRARY if each not in BY_COLOUR or op not in HIDDEN]


@pytest.mark.parametrize(
    ("assertion", "op"), TRIED, ids=lambda each: repr(each) if isinstance(each, vg.Op) else each.__name__
)
def test_an_op_of_the_library(assertion, op):
    more: dict[str, float] = {}
    if assertion is testing.assert_points_move_as_pixels:
        # The middle of a spot that is bent, unevenly lit, in blocks, or has rings around it is not where its point
        # goes; nor is it where each tile has its own contrast.
        if op.gives in (Field, RowFunction, LowResolution) or isinstance(op, vg.JPEG):
            more["tolerance"] = 0.6
        elif op.gives is LocalEqualization:
            more["tolerance"] = 1.0
    assertion(op, size=SIZE, tries=2 if assertion is testing.assert_fused_equals_reference else 4, **more)


@dataclass(frozen=True)
class Squeeze(Bordered):
    """Narrower about the centre."""

    factor: Drawn = 1

    def lower(self, draws, sizes, context):
        (x, _), back = coords.centre(sizes), 1 / draws["factor"]
        return Map(coords.affine(back, 0, x - back * x, 0, 1, 0), sizes)


@dataclass(frozen=True)
class Around(Resampling):
    """The part around the first box, and some pixels more."""

    margin: Drawn = 4
    looks: ClassVar = "boxes"
    resizes: ClassVar = True

    def lower(self, draws, sizes, context):
        first = np.array([boxes[0] for boxes in boxes_of(self, sizes, context)])
        corner = np.floor(first[:, :2] - draws["margin"][:, None])
        size = np.ceil(first[:, 3:1:-1] + draws["margin"][:, None]) - corner[:, ::-1]
        return Map(coords.affine(1, 0, corner[:, 0], 0, 1, corner[:, 1]), size.astype(np.int64))


@dataclass(frozen=True)
class Cool(vg.Op):
    """Less red, more blue."""

    by: Drawn = 0
    gives: ClassVar[type[Effect]] = Matrix

    def lower(self, draws, sizes, context):
        weights = np.zeros((len(sizes), 3, 3))
        weights[:, [0, 1, 2], [0, 1, 2]] = np.stack([1 - draws["by"], np.ones(len(sizes)), 1 + draws["by"]], axis=1)
        return Matrix(weights, np.zeros((len(sizes), 3)))


@dataclass(frozen=True)
class Wave(vg.Op):
    """A sine over the levels."""

    strength: Drawn = (0, 0.2)
    gives: ClassVar[type[Effect]] = Table

    def lower(self, draws, sizes, context):
        sin, _ = exact.sincos(np.arange(256) * (360 / 255))
        return Table(np.arange(256) / 255 + draws["strength"][:, None] * sin)


@dataclass(frozen=True)
class Halved(vg.Op):
    """Written as float16 from -1 to 1."""

    gives: ClassVar[type[Effect]] = Output

    def lower(self, draws, sizes, context):
        return Output((0.5,) * context.channels, (0.5,) * context.channels, "float16", "CHW")


@pytest.mark.parametrize(
    "subject",
    [
        Squeeze((0.5, 1.5)),
        Around((0, 9)),
        Cool((0, 0.3)),
        [Wave(), Halved()],
        [Squeeze(0.5), vg.OneOf([Cool(1), Wave()])],
    ],
    ids=repr,
)
@pytest.mark.parametrize("assertion", ASSERTERS, ids=lambda assertion: assertion.__name__)
def test_an_op_of_ones_own(assertion, subject):
    assertion(subject, tries=4)


def test_the_kit_says_what_is_there():
    assert testing.__all__ == sorted(testing.__all__)
    assert all(name in testing.__doc__ for name in testing.__all__)
    assert all(">>>" in asserter.__doc__ and "Raises" in asserter.__doc__ for asserter in ASSERTERS)
