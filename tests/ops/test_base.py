"""What every op promises: frozen, picklable, hashable, checked on construction, with errors a user understands."""

from __future__ import annotations

import dataclasses
import math
import pickle

import numpy as np
import pytest
from tests.catalogue import EXAMPLES, LEAVES, MIXING

from variegate import ops
from variegate.dist import Bits, Choice, Constant, Normal, Uniform
from variegate.errors import FieldError, InputError
from variegate.ops.base import Drawn, LoweringContext, Op, VisibleInstances, VisibleMask
from variegate.ops.effect import Holes, Map, Stencil
from variegate.plan.stage.filter import trimmed

SIZES = np.array([[30, 40], [60, 45], [32, 32], [300, 31]])
BOXES = [
    np.array(rows, np.float64).reshape(-1, 4) for rows in ([2, 1, 9, 6], [0, 0, 5, 5, 9, 9, 20, 58], [], [1, 0, 9, 9])
]
MASKS = [
    VisibleMask((np.indices(size).sum(axis=0) % 5 == 0) * (i != 2), np.eye(3)) for i, size in enumerate(SIZES.tolist())
]
INSTANCES = [
    VisibleInstances(np.indices(size).sum(axis=0) % 5 == np.arange(i + 1)[:, None, None], "instances")
    for i, size in enumerate(SIZES.tolist())
]


def test_every_op_has_an_example():
    every = EXAMPLES | MIXING
    assert {type(op).__name__ for op in every.values()} == set(ops.__all__) - {"Op"}, "tests/catalogue.py lacks it"
    assert all(name.split(",")[0] == type(op).__name__ for name, op in every.items())


@pytest.mark.parametrize("op", [*LEAVES, *MIXING.values()], ids=repr)
def test_pickles_replaces_hashes_and_reads_back(op):
    names = {name: getattr(ops, name) for name in ops.__all__}
    distributions = {kind.__name__: kind for kind in (Uniform, Constant, Choice, Normal)}
    from variegate.dist import LogUniform

    for again in (
        pickle.loads(pickle.dumps(op)),
        dataclasses.replace(op),
        eval(repr(op), names | distributions | {"LogUniform": LogUniform}),
    ):
        assert again == op and hash(again) == hash(op) and again.resizer() == op.resizer()
    with pytest.raises(dataclasses.FrozenInstanceError):
        op.p = 0.5


def context(rows):
    return LoweringContext(3, BOXES[rows], MASKS[rows], INSTANCES[rows])


def drawn_at_random(op, count):
    random, draws = np.random.default_rng(1), {}
    for field, distribution in op.drawn().items():
        if isinstance(distribution, Bits):
            draws[field] = random.integers(0, 2**32, (4, count), np.uint32)
            continue
        shape = (op.times(field), count) if op.times(field) > 1 else (count,)
        draws[field] = distribution.at(random.random((distribution.draws, *shape)))
    return draws


@pytest.mark.parametrize("op", LEAVES, ids=repr)
def test_a_batch_equals_its_samples_one_by_one(op):
    draws, given = drawn_at_random(op, 4), {field: draw.copy() for field, draw in drawn_at_random(op, 4).items()}
    whole = op.lower(draws, SIZES, LoweringContext(3, BOXES, MASKS, INSTANCES))
    assert all(np.array_equal(draws[field], given[field]) for field in given), "lowering leaves its draws as they are"
    for i in range(4):
        here = slice(i, i + 1)
        one = op.lower({field: draw[..., here] for field, draw in draws.items()}, SIZES[here], context(here))
        for a, b in zip(listed(whole), listed(one), strict=True):
            assert type(a) is type(b)
            for item in dataclasses.fields(a):
                x, y = getattr(a, item.name), getattr(b, item.name)
                if isinstance(a, Stencil) and item.name in ("weights", "across") and x is not None:
                    assert np.array_equal(trimmed(np.atleast_2d(x[i])), trimmed(np.atleast_2d(y[0]))), item.name
                elif isinstance(a, Holes) and item.name in ("numbers", "gone") and x is not None:
                    assert np.array_equal(np.trim_zeros(x[i], "b"), np.trim_zeros(y[0], "b")), item.name
                elif isinstance(x, np.ndarray):
                    samples = (x[..., i], y[..., 0]) if item.name in ("bits", "rng") else (x[i], y[0])
                    assert np.array_equal(*samples), item.name
                elif isinstance(x, tuple) and len(x) == 4:
                    assert x[i] == y[0], item.name
                else:
                    assert x == y


@pytest.mark.parametrize("op", LEAVES, ids=repr)
def test_an_empty_batch_lowers(op):
    assert op.lower(drawn_at_random(op, 0), np.zeros((0, 2), np.int64), LoweringContext(3)) is not None


@pytest.mark.parametrize("op", [op for op in LEAVES if op.gives is Map], ids=repr)
def test_maps_have_the_promised_form(op):
    sizes = SIZES[:3]
    effect = op.lower(drawn_at_random(op, 3), sizes, context(slice(3)))
    assert effect.matrix.shape == (3, 3, 3) and effect.matrix.dtype == np.float64
    assert effect.size.shape == (3, 2) and effect.size.dtype == np.int64
    if op.resizer() is None and not op.swaps_sides:
        assert np.array_equal(effect.size, sizes)
    if op.fixes_size():
        assert len(np.unique(effect.size, axis=0)) == 1


def listed(effect):
    return effect if isinstance(effect, tuple) else (effect,)


def test_repr_tells_what_was_written():
    assert repr(ops.Rotate((-30, 30))) == "Rotate(angle=Uniform(-30, 30))"
    assert repr(ops.Rotate(0)) == "Rotate(angle=Constant(0))"
    assert repr(ops.HorizontalFlip(p=0.5, name="mirror")) == "HorizontalFlip(p=0.5, name='mirror')"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ops.Rotate(10, p=1.5), "Rotate.p is a probability from 0 to 1, got 1.5"),
        (lambda: ops.Rotate(10, p=-0.1), "Rotate.p is a probability from 0 to 1, got -0.1"),
        (lambda: ops.Rotate(10, p=math.nan), "Rotate.p is a probability from 0 to 1, got nan"),
        (lambda: ops.Rotate(10, p=True), "Rotate.p is a probability from 0 to 1, got True"),
        (lambda: ops.Rotate(10, p="1"), "Rotate.p is a probability from 0 to 1, got '1'"),
        (lambda: ops.Rotate((30, -30)), "Rotate.angle runs from low to high, got (30, -30). Write (-30, 30)."),
        (lambda: ops.Rotate(math.nan, name="turn"), "turn.angle is a finite number, got nan"),
        (lambda: ops.Rotate(10, name=""), "Rotate.name is a text that is not empty, got ''"),
        (lambda: ops.Rotate(10, name=3), "Rotate.name is a text that is not empty, got 3"),
        (
            lambda: ops.Rotate(10, border="mirror"),
            "Rotate.border is one of 'constant', 'edge', 'reflect', 'symmetric', 'wrap'; got 'mirror'",
        ),
        (
            lambda: ops.Rotate(10, interpolation="cubic"),
            "Rotate.interpolation is one of 'nearest', 'bilinear', 'bicubic', None; got 'cubic'",
        ),
        (
            lambda: ops.Rotate(10, border=[]),
            "Rotate.border is one of 'constant', 'edge', 'reflect', 'symmetric', 'wrap'; got []",
        ),
        (lambda: ops.Rotate(10, antialias=1), "Rotate.antialias is True, False or None; got 1"),
        (lambda: ops.Rotate(10, fill="red"), "Rotate.fill is a number, or a tuple of one number a channel, got 'red'"),
        (lambda: ops.Rotate(10, fill=(0, math.inf)), "Rotate.fill[1] is a finite number, got inf"),
        (lambda: ops.Rotate90(0.5), "Rotate90.turns is a whole number, got Constant(0.5)"),
        (lambda: ops.Rotate90(Choice((1, 2.5))), "Rotate90.turns is a whole number, got Choice((1, 2.5))"),
        (lambda: ops.Scale((0, 1)), "Scale.factor must be above 0, got Uniform(0, 1)"),
        (lambda: ops.Scale(x=-1), "Scale.x must be above 0, got Constant(-1)"),
        (lambda: ops.Shear(x=90), "Shear.x must be above -90 and below 90, got Constant(90)"),
        (lambda: ops.Shear(y=(-95, 0)), "Shear.y must be above -90 and below 90, got Uniform(-95, 0)"),
        (lambda: ops.Affine(scale=(-1, 1)), "Affine.scale must be above 0, got Uniform(-1, 1)"),
        (lambda: ops.Affine(shear_y=100), "Affine.shear_y must be above -90 and below 90, got Constant(100)"),
        (
            lambda: ops.Perspective((0, 0.7)),
            "Perspective.distortion must be at least 0 and below 0.6667, got Uniform(0, 0.7)",
        ),
        (lambda: ops.Crop(-1, 0, 5, 5), "Crop.top is a whole number of pixels, 0 or more; got -1"),
        (lambda: ops.Pad(10**10), "Pad.amount is at most 1073741824 pixels; got 10000000000. Has it a zero too many?"),
        (
            lambda: ops.Resize((8, 10**5000)),
            "Resize.size is at most 1073741824 pixels; got more than 2**63. Has it a zero too many?",
        ),
        (lambda: ops.Crop(0, 0, 0, 5), "Crop.height is a whole number of pixels, 1 or more; got 0"),
        (
            lambda: ops.CenterCrop(0.5),
            "CenterCrop.size is a whole number of pixels or (height, width), 1 or more; got 0.5",
        ),
        (
            lambda: ops.RandomCrop((1, 2, 3)),
            "RandomCrop.size is a whole number of pixels or (height, width), 1 or more; got (1, 2, 3)",
        ),
        (
            lambda: ops.RandomCrop(4, border="none"),
            "RandomCrop.border is one of 'constant', 'edge', 'reflect', 'symmetric', 'wrap', None; got 'none'",
        ),
        (
            lambda: ops.Resize((4, -1)),
            "Resize.size is a whole number of pixels or (height, width), 1 or more; got (4, -1)",
        ),
        (
            lambda: ops.SmallestMaxSize((0, 4)),
            "SmallestMaxSize.size must be at least 1 and at most 1073741824, got Uniform(0, 4)",
        ),
        (lambda: ops.LongestMaxSize(2.5), "LongestMaxSize.size is a whole number, got Constant(2.5)"),
        (lambda: ops.Pad(-1), "Pad.amount is a whole number of pixels, 0 or more; got -1"),
        (lambda: ops.Pad(left=1.5), "Pad.left is a whole number of pixels, 0 or more; got 1.5"),
        (
            lambda: ops.RandomResizedCrop(8, scale=(0, 1)),
            "RandomResizedCrop.scale must be above 0 and at most 1, got Uniform(0, 1)",
        ),
        (
            lambda: ops.RandomResizedCrop(8, scale=1.1),
            "RandomResizedCrop.scale must be above 0 and at most 1, got Constant(1.1)",
        ),
        (lambda: ops.RandomResizedCrop(8, ratio=(0, 1)), "RandomResizedCrop.ratio must be above 0, got Uniform(0, 1)"),
        (lambda: ops.Brightness((-0.5, 1)), "Brightness.factor must be at least 0, got Uniform(-0.5, 1)"),
        (lambda: ops.Contrast(-1), "Contrast.factor must be at least 0, got Constant(-1)"),
        (lambda: ops.Contrast(1, "mean"), "Contrast.about is one of 'luminance', 'channel'; got 'mean'"),
        (lambda: ops.Saturation(-1), "Saturation.factor must be at least 0, got Constant(-1)"),
        (lambda: ops.Hue(math.inf), "Hue.shift is a finite number, got inf"),
        (lambda: ops.ColorJitter(contrast=(-1, 1)), "ColorJitter.contrast must be at least 0, got Uniform(-1, 1)"),
        (lambda: ops.ColorJitter(order="any"), "ColorJitter.order is one of 'random', 'fixed'; got 'any'"),
        (lambda: ops.Gamma((0, 1)), "Gamma.gamma must be above 0, got Uniform(0, 1)"),
        (lambda: ops.Gamma(1, gain=-1), "Gamma.gain must be at least 0, got Constant(-1)"),
        (
            lambda: ops.Solarize(128),
            "Solarize.threshold must be at least 0 and at most 1, got Constant(128). It is a "
            "fraction of white: 128 of 255 is 0.5",
        ),
        (lambda: ops.Posterize(0), "Posterize.bits must be at least 1 and at most 8, got Constant(0)"),
        (lambda: ops.Posterize(9), "Posterize.bits must be at least 1 and at most 8, got Constant(9)"),
        (lambda: ops.Posterize(4.5), "Posterize.bits is a whole number, got Constant(4.5)"),
        (lambda: ops.Normalize(std=(0.1, 0, 1)), "Normalize.std must be above 0, got (0.1, 0.0, 1.0)"),
        (lambda: ops.Normalize(mean=(0.1, math.nan)), "Normalize.mean[1] is a finite number, got nan"),
        (
            lambda: ops.Normalize(mean="imagenet"),
            "Normalize.mean is a number, or a tuple of one number a channel, got 'imagenet'",
        ),
        (lambda: ops.Normalize(layout="NCHW"), "Normalize.layout is one of 'HWC', 'CHW'; got 'NCHW'"),
        (lambda: ops.Normalize(p=0.5), "Normalize.p must be 1, because a batch has one form; got 0.5"),
        (lambda: ops.ToDtype("int8"), "ToDtype.dtype is one of 'uint8', 'uint16', 'float16', 'float32'; got 'int8'"),
        (lambda: ops.ToDtype("uint8", "NHWC"), "ToDtype.layout is one of 'HWC', 'CHW', None; got 'NHWC'"),
        (
            lambda: ops.RandomCropNearBox((4, 0)),
            "RandomCropNearBox.size is a whole number of pixels or (height, width), 1 or more; got (4, 0)",
        ),
        (
            lambda: ops.RandomCropNearBox(shift=-0.6),
            "RandomCropNearBox.shift must be at least -0.5, got Constant(-0.6)",
        ),
        (
            lambda: ops.RandomSizedBoxSafeCrop(8, 1.5),
            "RandomSizedBoxSafeCrop.erosion must be at least 0 and at most 1, got Constant(1.5)",
        ),
        (
            lambda: ops.RandomIoUCrop(iou=(-0.1, 1)),
            "RandomIoUCrop.iou must be at least 0 and at most 1, got Uniform(-0.1, 1)",
        ),
        (
            lambda: ops.RandomIoUCrop(scale=(0, 1)),
            "RandomIoUCrop.scale must be above 0 and at most 1, got Uniform(0, 1)",
        ),
        (lambda: ops.RandomIoUCrop(ratio=2), "RandomIoUCrop.ratio is a pair (least, most), got 2"),
        (lambda: ops.RandomIoUCrop(ratio=(1, 2, 3)), "RandomIoUCrop.ratio is a pair (least, most), got (1, 2, 3)"),
        (lambda: ops.RandomIoUCrop(ratio=(0, 2)), "RandomIoUCrop.ratio is a pair (least, most) above 0, got (0, 2)"),
        (lambda: ops.RandomIoUCrop(ratio=(2, 1)), "RandomIoUCrop.ratio is a pair (least, most) above 0, got (2, 1)"),
        (lambda: ops.RandomIoUCrop(ratio=(1, math.inf)), "RandomIoUCrop.ratio[1] is a finite number, got inf"),
        (lambda: ops.RandomZoomOut((0.5, 2)), "RandomZoomOut.scale must be at least 1, got Uniform(0.5, 2)"),
        (
            lambda: ops.CropNonEmptyMask(4.5),
            "CropNonEmptyMask.size is a whole number of pixels or (height, width), 1 or more; got 4.5",
        ),
        (lambda: ops.CropNonEmptyMask(4, 0), "CropNonEmptyMask.ignore is a list of whole numbers, got 0"),
        (lambda: ops.CropNonEmptyMask(4, (0, 1.5)), "CropNonEmptyMask.ignore is a list of whole numbers, got (0, 1.5)"),
        (lambda: ops.Opaque(3), "Opaque takes a function, got 3"),
        (lambda: ops.Opaque(abs, moves_pixels=0.5), "abs.moves_pixels is True or False, got 0.5"),
        (lambda: ops.Opaque(abs, moves_pixels=(0, 1), name="mine"), "mine.moves_pixels is True or False, got (0, 1)"),
        (
            lambda: ops.Pointwise(lambda pixel, amount: pixel, amount=(2, 1)),
            "Pointwise.amount runs from low to high, got (2, 1). Write (1, 2).",
        ),
    ],
)
def test_bad_fields(make, message):
    with pytest.raises(FieldError) as problem:
        make()
    assert str(problem.value) == message


@pytest.mark.parametrize("op", [ops.Saturation(0.5), ops.Hue(5), ops.Grayscale(), ops.ColorJitter(), ops.Contrast(0.5)])
@pytest.mark.parametrize("channels", [2, 4, 7])
def test_colour_needs_one_or_three_channels(lower, op, channels):
    with pytest.raises(InputError, match=rf"takes pictures of 1 or 3 channels, got {channels}\. "):
        lower(op, (4, 4), channels=channels)


def test_the_advice_is_in_the_message(lower):
    with pytest.raises(InputError) as problem:
        lower(ops.Hue(5), (4, 4), channels=4)
    assert str(problem.value) == (
        "Hue takes pictures of 1 or 3 channels, got 4. Split off the other channels before, or leave the op out."
    )
    with pytest.raises(InputError) as problem:
        lower(ops.Contrast(0.5), (4, 4), channels=4)
    assert str(problem.value) == (
        'Contrast about the luminance takes pictures of 1 or 3 channels, got 4. Write about="channel".'
    )


BOX_LOOKERS = [op for op in LEAVES if op.looks == "boxes"]


def test_an_op_says_at_which_labels_it_looks():
    crops = {"RandomCropNearBox": "boxes", "RandomSizedBoxSafeCrop": "boxes", "RandomIoUCrop": "boxes"}
    found = {type(op).__name__: op.looks for op in LEAVES if op.looks}
    assert found == crops | {"CropNonEmptyMask": "mask", "MaskDropout": "instances"} and Op.looks == ""


@pytest.mark.parametrize("op", BOX_LOOKERS, ids=repr)
@pytest.mark.parametrize("boxes", [[], [np.ones((1, 4)), None]])
def test_an_op_that_looks_at_boxes_needs_them(lower, op, boxes):
    with pytest.raises(InputError) as problem:
        lower(op, [(9, 9)] * 2, boxes=boxes)
    assert str(problem.value) == (
        f"{op.label} looks at boxes, but the sample has none: "
        "declare targets={'boxes': Boxes(...)} in Compose, and give boxes= to each call"
    )


@pytest.mark.parametrize("masks", [[], [VisibleMask(np.ones((9, 9), int), np.eye(3)), None]])
def test_an_op_that_looks_at_a_mask_needs_one(lower, masks):
    with pytest.raises(InputError) as problem:
        lower(ops.CropNonEmptyMask(4, name="window"), [(9, 9)] * 2, masks=masks)
    assert str(problem.value) == (
        "window looks at a mask, but the sample has none: "
        "declare targets={'mask': Mask()} in Compose, and give mask= to each call"
    )


@pytest.mark.parametrize("op", BOX_LOOKERS, ids=repr)
def test_a_box_counts_as_far_as_it_lies_within_the_picture(lower, op):
    whole = [[-5, -3, 4, 6], [10, 2, 40, 40], [-9, -9, 0, 8], [3, 3, 3, 9], [2, 5, 6, 5], [21, 3, 25, 9]]
    draws = drawn_at_random(op, 1)
    some, within = (lower(op, (15, 20), boxes=[b], **draws) for b in (whole, [[0, 0, 4, 6], [10, 2, 20, 15]]))
    assert np.array_equal(some.matrix, within.matrix) and np.array_equal(some.size, within.size)
    some, none = (lower(op, (15, 20), boxes=[b], **draws) for b in (whole[2:], []))
    assert np.array_equal(some.matrix, none.matrix) and np.array_equal(some.size, none.size)


def test_an_op_of_ones_own():
    @dataclasses.dataclass(frozen=True)
    class Mine(Op):
        amount: Drawn = 3

    assert Mine().drawn() == {"amount": Constant(3)}
    with pytest.raises(TypeError, match=r"Mine has no lower\(\)"):
        Mine().lower({}, np.zeros((1, 2), np.int64), LoweringContext(3))
    with pytest.raises(FieldError, match=r"Mine\.amount is a number"):
        Mine("x")


def test_a_drawn_field_may_be_annotated_by_the_type_itself():
    class Slide(Op):
        by: Drawn = 0

    Slide.__annotations__["by"] = Drawn  # as without `from __future__ import annotations`
    op = dataclasses.dataclass(frozen=True, repr=False)(Slide)((0, 3))
    assert op.drawn() == {"by": Uniform(0, 3)}
