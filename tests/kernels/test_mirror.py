"""A flip is no reason to read a picture twice: it joins any pass, and what looks at places sees them as they were."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import variegate as vg
from variegate.ops import effect as effects


def sloped(row, y, height, slope):
    """Brighter to the right and to the bottom."""
    for channel in row:
        for x in range(channel.size):
            channel[x] += np.float32(slope * (x + 3 * y) / (channel.size + 3 * height))


class Sloped(vg.Op):
    gives = effects.RowFunction

    def lower(self, draws, sizes, context):
        return effects.RowFunction(sloped, np.full((len(sizes), 1), 0.3))


PLACED = [
    Sloped(),
    vg.GaussianNoise(0.1),
    vg.ShotNoise(0.02),
    vg.SaltAndPepper(0.2),
    vg.CoarseDropout(),
    vg.Erasing(fill="noise", p=1),
    vg.GridDropout(),
    vg.PixelDropout(0.3),
    vg.PixelDropout(0.3, per_channel=True),
    vg.ChannelDropout(),
    vg.Vignette(),
]
SMOOTH = [vg.Contrast((0.5, 1.5)), vg.Gamma((0.7, 1.4)), vg.Brightness(0.1), vg.Saturation(0.5), vg.Sepia(0.5)]
KEYS = [vg.Key(3, 0, n) for n in range(5)]
FLIPS = [vg.HorizontalFlip(), vg.VerticalFlip()]


def same(image):
    return image


def images(count, height=23, width=37):
    levels = np.add.outer(np.arange(height) * 5, np.arange(width) * 3)
    return [
        np.stack([(levels + 17 * n) % 200, levels % 256, 255 - levels % 250], 2).astype(np.uint8) for n in range(count)
    ]


def turned(pictures, flips):
    axes = [2 if flip is FLIPS[0] else 1 for flip in flips]
    for axis in axes:
        pictures = np.flip(pictures, axis)
    return pictures


@pytest.mark.parametrize("op", PLACED, ids=repr)
@pytest.mark.parametrize("flips", [FLIPS[:1], FLIPS[1:], FLIPS], ids=["x", "y", "both"])
@pytest.mark.parametrize("before", [[], [vg.RandomResizedCrop((19, 41))]], ids=["whole", "cropped"])
def test_what_looks_at_places_sees_them_as_they_were(op, flips, before):
    plain = vg.Compose([*before, op, vg.ToDtype("float32")])
    mirrored = vg.Compose([*before, op, *flips, vg.ToDtype("float32")])
    assert len(mirrored.compiler.cutter.segments) == 1
    batch = images(5)
    found, wanted = (np.stack(pipeline.batch(batch, keys=KEYS)) for pipeline in (mirrored, plain))
    assert np.abs(wanted - np.stack(vg.Compose([*before, vg.ToDtype("float32")]).batch(batch, keys=KEYS))).max() > 0.05
    np.testing.assert_allclose(found, turned(wanted, flips), atol=1e-4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(SMOOTH + PLACED + FLIPS), min_size=2, max_size=7, unique=True), st.booleans())
def test_flips_among_colours_are_those_of_one_op_after_the_other(ops, crops):
    """Each flip that joined sees a mean, a table or noise on either side of it as if they were cuts."""
    before = [vg.RandomResizedCrop((19, 41))] if crops else []
    pipeline = vg.Compose([*before, *ops, vg.ToDtype("float32")])
    assert len(pipeline.compiler.cutter.segments) == 1
    apart = [step for n, op in enumerate(ops) for step in (vg.Opaque(same, name=f"cut {n}"), op)]
    found = np.stack(pipeline.batch(images(5), keys=KEYS))
    wanted = np.stack(vg.Compose([*before, *apart, vg.ToDtype("float32")]).batch(images(5), keys=KEYS))
    off = np.abs(found - wanted) > 2e-3
    assert off.mean() < 2e-3, np.argwhere(off)[:3]  # a coordinate's last bit may decide a level of Gamma's 256
