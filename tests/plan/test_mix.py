"""Branches: each is the plan that its ops would have alone, and the picture is averaged with what they make."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import variegate as vg
from variegate import testing
from variegate.ops.combine import Chain
from variegate.ops.mix import Mix
from variegate.plan.flatten import flatten

IMAGE = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)
MOVES = Chain([vg.Rotate((-30, 30)), vg.Sharpness((0, 2))])
COLOURS = Chain(
    [vg.Equalize(p=0.5), vg.Rotate((-9, 9), interpolation="nearest"), vg.Brightness((1.5, 2)), vg.Posterize(2)]
)
NOTHING = Chain([])


def by_hand(augment, image, key):
    """The picture and its branches, each by a pipeline of its own with the numbers drawn, in units of white."""
    params = augment.params(key)
    (path,) = (path for path in params if path.split("/")[-1] == "Mix")
    (node,) = (node for node in augment.compiler.flat.nodes if node.path == path)
    own = params[path]["own"] / (params[path]["own"] + params[path]["mixed"])
    parts = np.atleast_1d(params[path]["parts"])
    total = own * (image / 255)
    for weight, branch in zip((1 - own) * parts / parts.sum(), node.branches, strict=True):
        chosen = [each for each in branch if params[each.path]["applied"]]
        made = vg.Compose([fixed(each.op, params[each.path]) for each in chosen] + [vg.ToDtype("float32")])(image)
        total = total + weight * made
    return total


def fixed(op, numbers):
    """An op with the numbers drawn for it."""
    return replace(op, p=1.0, **{item: numbers[item] for item in op.drawn() if item in numbers})


@pytest.mark.parametrize("chains", [[MOVES, COLOURS, NOTHING], [COLOURS]], ids=["three", "one"])
def test_it_is_the_average_of_what_its_branches_make_alone(chains):
    augment = vg.Compose([Mix(chains)])
    for i in range(12):
        expected = by_hand(augment, IMAGE, vg.Key(1, 0, i))
        # A branch reads floats, where alone it reads bytes, by bilinear in quarters of a level; and what is rounded.
        assert np.abs(augment(IMAGE, key=vg.Key(1, 0, i)) - 255 * expected).max() <= 0.8


def test_what_a_branch_makes_is_clamped_before_it_is_added():
    bright = Mix([vg.Brightness(9)])
    augment = vg.Compose([bright, vg.ToDtype("float32")])
    key = vg.Key(1)
    drawn = augment.params(key)["Mix"]
    own = drawn["own"] / (drawn["own"] + drawn["mixed"])
    picture = np.full((4, 4, 3), 128, np.uint8)
    assert np.allclose(augment(picture, key=key), own * 128 / 255 + (1 - own), atol=1e-6)


def test_paths_and_draws_are_those_of_one_pipeline():
    flat = flatten(vg.Compose([vg.Rotate(1), Mix([MOVES, vg.Rotate(2)]), vg.Rotate(3)]))
    assert [node.path for node in flat.nodes] == ["Rotate", "Mix", "Rotate#4"]
    assert [node.path for node in flat.leaves] == ["Rotate", "Mix", "Rotate#2", "Sharpness", "Rotate#3", "Rotate#4"]
    assert [[node.path for node in branch] for branch in flat.nodes[1].branches] == [
        ["Rotate#2", "Sharpness"],
        ["Rotate#3"],
    ]


@pytest.mark.parametrize(
    "ops",
    [
        [Mix([MOVES, COLOURS])],
        [vg.RandomResizedCrop(24), Mix([MOVES, COLOURS], p=0.5), vg.HorizontalFlip(p=0.5)],
        [Mix([Mix([MOVES, vg.Invert()], name="inner"), COLOURS])],
        [vg.OneOf([Mix([MOVES]), vg.Invert()]), vg.Elastic(0.02)],
        [vg.GaussianBlur(1), Mix([vg.JPEG(30), vg.GaussianNoise(0.1)]), vg.Equalize()],
    ],
    ids=["alone", "gated, behind a crop", "nested", "one of", "between"],
)
def test_it_passes_the_kit(ops):
    testing.assert_lowering_is_sound(ops, tries=4)
    testing.assert_draws_are_keyed(ops, tries=6)
    testing.assert_fused_equals_reference(ops, tries=4)
    testing.assert_targets_stay_in_step(ops, tries=3, picture=False)


def test_streams():
    testing.check([vg.RandomResizedCrop(24), Mix([MOVES, COLOURS], p=0.7)])


def test_labels_stay():
    augment = vg.Compose([Mix([vg.Translate(0.5)])], targets={"mask": vg.Mask(), "points": vg.Keypoints(group=None)})
    made = augment(image=IMAGE, mask=IMAGE[..., 0], points=[[9, 8]], key=vg.Key(1))
    assert np.array_equal(made["mask"], IMAGE[..., 0]) and np.array_equal(made["points"], [[9, 8]])
    assert not np.array_equal(made["image"], IMAGE)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_every_dtype_and_layout(dtype, layout):
    image = IMAGE.astype(dtype) * (257 if dtype == "uint16" else 1)
    image = image / np.float32(255) if dtype == "float32" else image
    key, most = vg.Key(3), {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]
    made = vg.Compose([Mix([vg.Invert(), NOTHING]), vg.ToDtype(dtype, layout)])(image, key=key)
    made = made.transpose(1, 2, 0) if layout == "CHW" else made
    drawn = vg.Compose([Mix([vg.Invert(), NOTHING])]).params(key)["Mix"]
    own = drawn["own"] / (drawn["own"] + drawn["mixed"])
    inverted = (1 - own) * drawn["parts"][0] / sum(drawn["parts"])
    assert np.abs(made - ((1 - inverted) * image + inverted * (most - image.astype(float)))).max() <= 0.51 + most * 1e-6


def test_a_view_with_colours_is_mixed_and_one_without_stays():
    targets = {"other": vg.Image(colour=True), "depth": vg.Image()}
    augment = vg.Compose([Mix([MOVES])], targets=targets)
    depth = IMAGE[..., :1].astype(np.float32)
    made = augment(image=IMAGE, other=IMAGE, depth=depth, key=vg.Key(2))
    assert np.array_equal(made["image"], made["other"]) and np.array_equal(made["depth"], depth)
    assert not np.array_equal(made["image"], IMAGE)


def test_a_smaller_picture_is_mixed_as_a_whole():
    """As a decoder gives it that shrinks by 2: close to what the picture itself becomes."""
    y, x = np.mgrid[:80, :120]
    image = np.stack([x * 2, y * 3, x + y], axis=2).astype(np.uint8)
    augment = vg.Compose([vg.Resize((20, 30)), Mix([MOVES])])
    plan = augment.plan(vg.Keys.at(1, 0, [0]), [(80, 120)])
    assert plan.reduction(0) == 4
    whole, part = np.empty((20, 30, 3), np.uint8), np.empty((20, 30, 3), np.uint8)
    plan.run(0, image, whole)
    plan.run(0, image.reshape(40, 2, 60, 2, 3).mean(axis=(1, 3)).astype(np.uint8), part)
    assert np.abs(whole.astype(int) - part).max() <= 4


def test_what_it_takes_counts():
    """A copy of the picture, what a branch makes and the sum; and what lies between the passes of a branch."""
    floats = 4 * IMAGE.size
    for chains, most in ([[NOTHING], 3 * floats], [[COLOURS, NOTHING], 5 * floats]):
        plan = vg.Compose([Mix(chains)]).plan(vg.Keys.at(1, 0, np.arange(8)), [IMAGE.shape[:2]] * 8)
        assert 3 * floats <= plan.between <= most


def test_a_record_replays_its_branches():
    augment = vg.Compose([Mix([MOVES, COLOURS])])
    made, record = augment(IMAGE, key=vg.Key(4), return_params=True)
    assert np.array_equal(augment.replay(record, IMAGE), made)
    record["draws"]["Rotate"]["angle"] = (29.0).hex()
    assert not np.array_equal(augment.replay(record, IMAGE), made)


def test_explain_tells_the_branches():
    text = vg.Compose([vg.RandomCrop(24), Mix([MOVES, NOTHING])]).explain(size=(40, 50))
    lines = text.split("\n")
    start = next(n for n, line in enumerate(lines) if "mix Mix(2 chains, alpha=1) with the picture as it is" in line)
    weights = [float(line.split()[0]) for line in lines[start + 1 : start + 4]]
    assert abs(sum(weights) - 1) < 0.002
    assert lines[start + 1].endswith("the picture as it is") and lines[start + 3].endswith("no op")
    assert "Rotate(angle=Uniform(-30, 30)), then Sharpness()" in lines[start + 2]
    assert "RandomCrop | Mix: Mix averages pictures, which must exist first." in text


def test_what_needs_white_is_found_in_a_branch():
    with pytest.raises(vg.FieldError, match="Invert must know what white is"):
        vg.Compose([Mix([vg.Invert()])], white=None)
    image = IMAGE.astype(np.float32) - 100
    made = vg.Compose([Mix([vg.Brightness(2)])], white=None)(image, key=vg.Key(1))
    assert made.min() < -100, "nothing is clamped where numbers have no range"


def test_a_function_in_a_branch_counts_for_the_fingerprint():
    def one(image):
        return image * 0.5

    def other(image):
        return image * 0.25

    other.__name__ = other.__qualname__ = "one"
    assert len({vg.Compose([Mix([vg.Opaque(f, moves_pixels=False)])]).fingerprint for f in (one, other)}) == 2
