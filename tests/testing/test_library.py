"""Every op of the library passes every asserter; and ops of a user's own, made of public names, do too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import variegate as vg
from variegate import coords, exact, ops, testing
from variegate.ops.base import Drawn, boxes_of
from variegate.ops.effect import Effect, Map, Matrix, Output, Table
from variegate.ops.geometric import Bordered, Resampling

ASSERTERS = [getattr(testing, name) for name in testing.__all__ if name.startswith("assert_")]


def warm(pixel, amount):
    return (pixel[0] + amount, pixel[1], pixel[2] * (1 - amount))


def dark(image, by):
    return image * (1 - by)


turned, flipped = vg.Rotate((-20, 20)), vg.HorizontalFlip()
LIBRARY = [
    vg.Affine(rotate=(-30, 30), scale=(0.8, 1.2), x=(-0.1, 0.1), shear_y=(-9, 9)),
    vg.Brightness((0.7, 1.3)),
    vg.CenterCrop((80, 90)),
    vg.ColorJitter((0.8, 1.2), (0.8, 1.2), (0.8, 1.2), (-20, 20)),
    vg.Contrast((0.7, 1.3)),
    vg.Crop(8, 9, 80, 90),
    vg.CropNonEmptyMask((80, 90)),
    vg.Gamma((0.7, 1.5)),
    vg.Grayscale(),
    vg.HorizontalFlip(p=0.5),
    vg.Hue((-40, 40)),
    vg.Invert(),
    vg.LongestMaxSize(80),
    vg.Normalize(layout="CHW"),
    vg.OneOf([turned, flipped]),
    vg.Opaque(dark, by=(0, 0.5), moves_pixels=False),
    vg.Pad(4, border="reflect"),
    vg.Perspective((0, 0.4)),
    vg.Pointwise(warm, amount=(0, 0.1)),
    vg.Posterize(4),
    vg.RandomApply([turned], p=0.5),
    vg.RandomCrop((80, 90)),
    vg.RandomCropNearBox(),
    vg.RandomIoUCrop(),
    vg.RandomResizedCrop((80, 90), (0.5, 1)),
    vg.RandomSizedBoxSafeCrop((80, 90)),
    vg.RandomZoomOut((1, 2), fill=0.5),
    vg.Resize((80, 90)),
    vg.Rotate((-30, 30)),
    vg.Rotate90(),
    vg.Saturation((0.5, 1.5)),
    vg.Scale((0.7, 1.3)),
    vg.Shear((-20, 20)),
    vg.SmallestMaxSize(80),
    vg.Solarize((0.4, 0.9)),
    vg.SomeOf([turned, vg.Brightness((0.8, 1.2)), vg.VerticalFlip()], n=(1, 2)),
    vg.ToDtype("float16", "CHW"),
    vg.Translate((-0.2, 0.2), (-0.2, 0.2)),
    vg.Transpose(),
    vg.VerticalFlip(p=0.5),
]


def test_no_op_of_the_library_is_left_out():
    assert {type(op).__name__ for op in LIBRARY} == set(ops.__all__) - {"Op"}


@pytest.mark.parametrize("op", LIBRARY, ids=lambda op: type(op).__name__)
@pytest.mark.parametrize("assertion", ASSERTERS, ids=lambda assertion: assertion.__name__)
def test_an_op_of_the_library(assertion, op):
    assertion(op, size=(96, 128), tries=2 if assertion is testing.assert_fused_equals_reference else 4)


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
