"""From nodes to segments: what is dropped, joined and added, and what cannot stand together."""

from __future__ import annotations

import re

import numpy as np
import pytest

import variegate as vg
from variegate.ops.effect import Geometric, Map, Mirror, PictureFunction
from variegate.plan.cutter import Cut


def negative(image):
    return 1 - image


def cutter(*ops):
    return vg.Compose(list(ops)).compiler.cutter


def told(*ops):
    """The segments as texts: M map, C colour with the number of maps before it, O output, ! call."""
    found = cutter(*ops)
    texts = []
    for nodes in found.segments:
        text, maps = "", 0
        for node in nodes:
            maps += issubclass(node.op.gives, Geometric)
            text += {Map: "M", Mirror: "M", PictureFunction: "!"}.get(node.op.gives, f"C{maps}")
        texts.append("M" * text.count("M") + text.replace("M", ""))
    texts[-1] += "O" * len(found.output)
    return texts


def test_any_chain_of_maps_is_one_read():
    maps = [
        vg.Rotate(3), vg.Translate(0.1), vg.Scale(2), vg.Shear(4), vg.Affine(), vg.HorizontalFlip(), vg.VerticalFlip(),
        vg.Transpose(), vg.Rotate90(), vg.Perspective(), vg.Crop(0, 0, 8, 8), vg.CenterCrop(4), vg.RandomCrop(4),
        vg.RandomResizedCrop(8), vg.Resize(8), vg.SmallestMaxSize(8), vg.LongestMaxSize(8), vg.Pad(2),
    ]  # fmt: skip
    assert told(*maps) == ["M" * len(maps)]
    assert told(*maps[::-1], vg.Normalize()) == ["M" * len(maps) + "O"]


def test_matrices_stay_with_the_maps_around_them():
    assert told(vg.Contrast(2), vg.Rotate(1), vg.Invert(), vg.Scale(2), vg.Hue(3), vg.ToDtype("float32")) == [
        "MMC0C1C2O"
    ]


def test_a_table_cuts_what_comes_after_it():
    assert told(vg.Rotate(1), vg.Gamma(2), vg.Contrast(2), vg.Scale(2), vg.Posterize(3)) == ["MC1C1", "MC1"]


def test_a_call_cuts_both_sides():
    assert told(vg.Rotate(1), vg.Opaque(negative), vg.Scale(2)) == ["M", "!", "M"]
    assert told(vg.Opaque(negative)) == ["!", ""]
    assert told(vg.Opaque(negative), vg.Opaque(negative), vg.Normalize()) == ["!", "!", "O"]


def test_nothing_is_one_empty_read():
    assert told() == [""]


def test_what_can_never_apply_is_left_out():
    never = [vg.Gamma(2, p=0), vg.Opaque(negative, p=0), vg.RandomApply([vg.Posterize(3)], p=0)]
    never += [vg.OneOf([vg.Rotate(1), vg.Solarize()], weights=(1, 0))]
    assert told(vg.Rotate(1), *never, vg.Scale(2)) == ["MMM"]
    assert cutter(vg.Rotate(1), *never, vg.Scale(2)).cuts == ()


def test_each_no_is_kept():
    cuts = cutter(vg.Gamma(2), vg.Rotate(1), vg.Opaque(negative)).cuts
    assert [(cut.left, cut.right) for cut in cuts] == [("Gamma", "Rotate"), ("Rotate", "negative")]
    assert all(isinstance(cut, Cut) and cut.reason for cut in cuts)


def test_nodes_keep_the_order_declared():
    ops = [vg.Invert(), vg.Rotate(1), vg.Contrast(2), vg.Hue(1), vg.Scale(2), vg.Gamma(2), vg.Normalize()]
    found = cutter(*ops)
    (segment,) = found.segments
    assert [node.op for node in (*segment, *found.output)] == ops


@pytest.mark.parametrize(
    ("ops", "message"),
    [
        (
            [vg.Normalize(), vg.Rotate(3)],
            "Rotate comes after Normalize, which says how the result is written and must be last. Put Rotate before "
            "it.",
        ),
        (
            [vg.ToDtype("float32", name="floats"), vg.Gamma(2)],
            "Gamma comes after floats, which says how the result is written and must be last. Put Gamma before it.",
        ),
        (
            [vg.Rotate(1), vg.Normalize(), vg.Opaque(negative)],
            "negative comes after Normalize, which says how the result is written and must be last. Put negative "
            "before it.",
        ),
    ],
)
def test_nothing_follows_the_last_write(ops, message):
    with pytest.raises(vg.PipelineError, match=re.escape(message)):
        cutter(*ops)


def test_two_last_writes_must_agree():
    image = np.zeros((3, 4, 3), np.uint8)
    both = vg.Compose([vg.Normalize(layout="CHW"), vg.ToDtype("float16")])(image)
    assert both.dtype == np.float16 and both.shape == (3, 3, 4)
    assert vg.Compose([vg.ToDtype("uint8"), vg.Normalize()])(image).dtype == np.float32
    with pytest.raises(
        vg.InputError,
        match=re.escape("ToDtype after Normalize: a normalised picture is no longer in the range of uint8"),
    ):
        vg.Compose([vg.Normalize(), vg.ToDtype("uint8")])(image)
    with pytest.raises(
        vg.InputError, match=re.escape("Normalize#2 after Normalize: a normalised picture is no longer in the range")
    ):
        vg.Compose([vg.Normalize(), vg.Normalize()])(image)
