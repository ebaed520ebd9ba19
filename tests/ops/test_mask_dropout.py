"""MaskDropout: which pixels go, and that labels lose the same objects, wherever it stands in a pipeline."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import variegate as vg
from variegate import testing
from variegate.ops import effect as effects
from variegate.ops.mask_dropout import spans

RNG = np.random.default_rng(5)
HEIGHT, WIDTH = 60, 90
IMAGE = RNG.integers(1, 255, (HEIGHT, WIDTH, 3), np.uint8)  # neither black nor white
AT = [(15, 15), (40, 25), (20, 60), (45, 75)]
MASKS = np.stack([np.hypot(*(np.mgrid[:HEIGHT, :WIDTH] - np.array(at)[:, None, None])) < 9 for at in AT])
BOXES = np.array([[x - 8, y - 8, x + 9, y + 9] for y, x in AT], np.float64)
NAMES = ["a", "b", "c", "d"]
TARGETS = {
    "masks": vg.Mask(stack=True),
    "boxes": vg.Boxes(dtype="float64"),
    "names": vg.PerInstance(),
    "points": vg.Keypoints(dtype="float64"),
    "outlines": vg.Polygons(dtype="float64"),
    "others": vg.Boxes(group="others", dtype="float64"),
    "classes": vg.Mask(),
    "depth": vg.Image(),
}
SAMPLE = {
    "masks": MASKS,
    "boxes": BOXES,
    "names": NAMES,
    "points": np.array([[[x + 0.5, y + 0.5]] for y, x in AT]),
    "outlines": [[[(x - 9, y - 9), (x + 10, y - 9), (x + 10, y + 10), (x - 9, y + 10)]] for y, x in AT],
    "others": BOXES[:2],
    "classes": MASKS.any(axis=0).astype(np.uint8),
    "depth": RNG.random((HEIGHT, WIDTH), np.float32),
}


def run(ops, key, image=IMAGE, **fields):
    return vg.Compose(ops, targets=TARGETS)(image=image, **(SAMPLE | fields), key=vg.Key(id=key))


def gone(names):
    return [n for n, name in enumerate(NAMES) if name not in names]


@pytest.mark.parametrize("op", [vg.MaskDropout(), vg.MaskDropout((0, 3), fill="noise")], ids=repr)
def test_it_is_sound_keyed_and_fuses(op):
    testing.assert_lowering_is_sound(op)
    testing.assert_draws_are_keyed(op)
    testing.assert_fused_equals_reference([vg.Rotate(20), vg.Brightness(1.1), op, vg.Contrast(1.5), vg.Gamma(1.2)])
    testing.assert_fused_equals_reference([op, vg.Rotate(10, border="reflect"), vg.Normalize(layout="CHW")])


@pytest.mark.parametrize("count", [0, 1, 3, 4, 9])
def test_the_pixels_and_the_rows_of_as_many_objects_go(count):
    met = set()
    for key in range(12):
        out = run([vg.MaskDropout(count)], key)
        lost = gone(out["names"])
        met.add(tuple(lost))
        assert len(lost) == min(count, 4)
        hidden = MASKS[lost].any(axis=0)
        np.testing.assert_array_equal(out["image"], np.where(hidden[..., None], 0, IMAGE))
        kept = [n for n in range(4) if n not in lost]
        for name in ("masks", "boxes", "points"):
            np.testing.assert_array_equal(out[name], SAMPLE[name][kept])
        assert [np.asarray(each[0]).tolist() for each in out["outlines"]] == [
            np.asarray(SAMPLE["outlines"][n][0], np.float64).tolist() for n in kept
        ]
        for name in ("others", "classes", "depth"):
            np.testing.assert_array_equal(out[name], SAMPLE[name])
    assert (len(met) > 2) == (count in (1, 3))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3, 4, 7])
@pytest.mark.parametrize("fill", [0.5, "noise"])
def test_of_any_dtype_and_channels(dtype, channels, fill):
    white = 1 if dtype == np.float32 else np.iinfo(dtype).max
    image = (RNG.uniform(0.1, 0.4, (HEIGHT, WIDTH, channels)) * white).astype(dtype)
    out = run([vg.MaskDropout(2, fill=fill)], 1, image, depth=SAMPLE["depth"])
    hidden = MASKS[gone(out["names"])].any(axis=0)
    np.testing.assert_array_equal(out["image"][~hidden], image[~hidden])
    filled = out["image"][hidden] / white
    if fill == 0.5:
        np.testing.assert_allclose(filled, 0.5, atol=0.003)
    else:
        assert filled.max() > 0.9 and filled.min() < 0.1 and filled.std(axis=0).min() > 0.2


def test_after_maps_it_drops_what_they_show_of_an_object():
    maps = [vg.Rotate(25, border="reflect"), vg.Elastic(0.01), vg.RandomCrop((40, 60))]
    lost = 0
    for key in range(12):
        before, after = run(maps, key), run([*maps, vg.MaskDropout()], key)
        if not before["names"]:  # the crop shows none
            continue
        (name,) = set(before["names"]) - set(after["names"])
        hidden = before["masks"][before["names"].index(name)] != 0
        np.testing.assert_array_equal(after["image"], np.where(hidden[..., None], 0, before["image"]))
        lost += hidden.sum()
        stay = [n for n, each in enumerate(before["names"]) if each != name]
        np.testing.assert_array_equal(after["boxes"], before["boxes"][stay])
    assert lost > 1000


def test_before_maps_what_is_dropped_moves_with_the_picture():
    for key in range(4):
        out = run([vg.MaskDropout(2), vg.HorizontalFlip(), vg.Brightness(0.9)], key)
        hidden = MASKS[gone(out["names"])].any(axis=0)[:, ::-1]
        assert (out["image"][hidden] == 0).all() and (out["image"][~hidden] > 0).all()


def test_every_object_is_as_likely_and_what_is_not_seen_is_never_drawn():
    lost = np.zeros(4)
    for key in range(400):
        lost[gone(run([vg.MaskDropout()], key)["names"])] += 1
    assert np.abs(lost - 100).max() < 4 * np.sqrt(75)
    for key in range(20):
        assert len(run([vg.Crop(0, 0, HEIGHT, 45), vg.MaskDropout()], key)["names"]) == 1


def test_two_of_them_drop_two_objects():
    for key in range(10):
        out = run([vg.MaskDropout(), vg.HorizontalFlip(), vg.MaskDropout(2)], key)
        hidden = MASKS[gone(out["names"])].any(axis=0)[:, ::-1]
        assert len(out["names"]) == 1
        np.testing.assert_array_equal(out["image"], np.where(hidden[..., None], 0, IMAGE[:, ::-1]))


def test_ops_behind_it_do_not_see_what_it_dropped():
    """A crop near a box is near the one that is left."""
    for key in range(10):
        out = run([vg.MaskDropout(3), vg.RandomCropNearBox(shift=0)], key, others=np.zeros((0, 4)))
        assert len(out["names"]) == 1 and out["image"].shape == (17, 17, 3)
        (left,) = (NAMES.index(name) for name in out["names"])
        x, y = BOXES[left, :2].astype(int)
        np.testing.assert_array_equal(out["masks"][0], MASKS[left, y : y + 17, x : x + 17])


def test_objects_that_overlap_keep_their_labels():
    masks = np.zeros((2, HEIGHT, WIDTH), np.uint8)
    masks[0, 10:30, 10:30], masks[1, 20:40, 20:40] = 1, 7
    augment = vg.Compose([vg.MaskDropout()], targets={"masks": vg.Mask(stack=True)})
    for key in range(4):
        out = augment(image=IMAGE, masks=masks, key=vg.Key(id=key))
        (left,) = (n for n in (0, 1) if np.array_equal(out["masks"][0], masks[n]))
        np.testing.assert_array_equal((out["image"] == 0).all(axis=2), masks[1 - left] != 0)


@pytest.mark.parametrize("stride", [0.5, 2])
def test_masks_of_another_resolution(stride):
    top, bottom, left, right = (int(side / stride) for side in (20, 30, 30, 44))
    masks = np.zeros((1, int(HEIGHT / stride), int(WIDTH / stride)), np.bool_)
    masks[0, top:bottom, left:right] = True
    augment = vg.Compose([vg.MaskDropout()], targets={"masks": vg.Mask(stack=True, stride=stride)})
    out = augment(image=IMAGE, masks=masks, key=vg.Key())
    want = np.zeros((HEIGHT, WIDTH), np.bool_)
    want[20:30, 30:44] = True
    np.testing.assert_array_equal((out["image"] == 0).all(axis=2), want)
    assert len(out["masks"]) == 0


def test_a_batch_has_the_bytes_of_one_by_one():
    augment = vg.Compose([vg.HorizontalFlip(p=0.5), vg.MaskDropout((0, 4), fill="noise", p=0.7)], targets=TARGETS)
    keys, fields = [vg.Key(id=n) for n in range(16)], {name: [value] * 16 for name, value in SAMPLE.items()}
    fields["masks"] = [MASKS if n % 3 else MASKS[:0] for n in range(16)]
    for name in ("boxes", "names", "points", "outlines"):
        fields[name] = [SAMPLE[name] if n % 3 else SAMPLE[name][:0] for n in range(16)]
    out, left = augment.batch(image=[IMAGE] * 16, **fields, keys=keys), set()
    for n, key in enumerate(keys):
        alone = augment(image=IMAGE, **{name: values[n] for name, values in fields.items()}, key=key)
        np.testing.assert_array_equal(out["image"][n], alone["image"])
        assert out["names"][n] == alone["names"]
        left.add(len(alone["names"]))
    assert left == {0, 1, 2, 3, 4}


def test_a_record_says_how_many_went_and_replays_with_the_labels():
    augment = vg.Compose([vg.MaskDropout(2, fill="noise"), vg.RandomCropNearBox()], targets=TARGETS)
    out, record = augment(image=IMAGE, **SAMPLE, key=vg.Key(3), return_params=True)
    assert record["dropped"]["MaskDropout"] == 2 and list(record["looked"]) == ["RandomCropNearBox"]
    again = augment.replay(json.loads(json.dumps(record)), image=IMAGE, **SAMPLE)
    for name in ("image", "masks", "boxes"):
        np.testing.assert_array_equal(again[name], out[name])
    with pytest.raises(vg.InputError, match="MaskDropout looks at masks of instances, but the sample has none"):
        augment.replay(record, IMAGE)


def test_a_loader_has_the_same_and_counts_what_went():
    targets = {name: TARGETS[name] for name in ("masks", "boxes")}
    augment = vg.Compose([vg.MaskDropout(2)], targets=targets)
    fields = {name: [SAMPLE[name]] * 6 for name in targets}
    source = vg.Arrays([IMAGE] * 6, fields=fields, targets=vg.Targets(**targets))
    loader = vg.Loader(source, augment, batch_size=3, seed=1, shuffle=False, workers=2)
    seen = 0
    for batch in loader:
        for n in range(3):
            sample = {name: SAMPLE[name] for name in targets}
            alone = augment(image=IMAGE, **sample, key=vg.Key(seed=1, id=seen))
            np.testing.assert_array_equal(batch["image"][n], alone["image"])
            np.testing.assert_array_equal(batch["boxes"][n], alone["boxes"])
            seen += 1
    assert seen == 6 and loader.stats()["dropped"] == {"MaskDropout": 12}


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.booleans()))
def test_spans_are_the_pixels_of_a_mask(mask):
    numbers, found = spans(mask).astype(int), np.zeros_like(mask)
    for y in range(len(mask) if len(numbers) else 0):
        for left, right in numbers[numbers[y] : numbers[y + 1]].reshape(-1, 2):
            assert left < right and not found[y, left:right].any()
            found[y, left:right] = True
    np.testing.assert_array_equal(found, mask)
    assert len(numbers) == 0 or numbers[len(mask)] == len(numbers)


def test_spans_that_say_too_much_reach_no_further_than_they_may():
    """Of an op of one's own: rows and columns that are not there."""

    class Wild(vg.Op):
        gives = effects.Holes

        def lower(self, draws, sizes, context):
            numbers = np.tile([3.0, 99, 500, -7, 12, 40, 10**9], (len(sizes), 1))
            return effects.Holes("spans", numbers, np.zeros((len(sizes), 3)))

    out = vg.Compose([Wild()])(IMAGE)
    hidden = np.zeros((HEIGHT, WIDTH), np.bool_)
    hidden[0, :12] = hidden[0, 40:] = hidden[3, 3:] = True
    np.testing.assert_array_equal((out == 0).all(axis=2), hidden)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: vg.MaskDropout(-1), "MaskDropout.objects must be at least 0"),
        (lambda: vg.MaskDropout(1.5), "MaskDropout.objects .*whole"),
        (lambda: run([vg.MaskDropout(fill=2)], 0), re.escape("MaskDropout.fill is in units of white, from 0")),
        (
            lambda: vg.Compose([vg.MaskDropout()])(IMAGE),
            re.escape(
                "MaskDropout looks at masks of instances, but the sample has none: declare "
                "targets={'masks': Mask(stack=True)} in Compose, and give masks= to each call, also to replay"
            ),
        ),
    ],
)
def test_what_cannot_be(make, told):
    with pytest.raises(vg.VariegateError, match=told):
        make()


def test_the_way_back_needs_no_masks():
    """It moves no pixel, so predictions go back as if it were not there."""
    masks = np.zeros((2, 20, 30), np.uint8)
    masks[0, 2:9, 3:12] = masks[1, 10:18, 15:28] = 1
    targets = {"masks": vg.Mask(stack=True), "points": vg.Keypoints(group=None, dtype="float64")}
    image, points = np.zeros((20, 30, 3), np.uint8), [[4.0, 5.0], [20.0, 11.0]]
    for ops in ([], [vg.MaskDropout()]):
        augment = vg.Compose([vg.Rotate(10), *ops, vg.Resize((40, 45))], targets=targets)
        made, record = augment(image=image, masks=masks, points=points, key=vg.Key(1), return_params=True)
        assert np.allclose(augment.inverse(record)(points=made["points"])["points"], points)
