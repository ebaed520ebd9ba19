"""Records: through JSON and back, the same bytes of the picture and of every label; damaged ones are refused."""

from __future__ import annotations

import copy
import json
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernels.test_fused_equals_reference import RUNS
from tests.kernels.test_fused_equals_reference import cases as chains
from tests.labels.truth import cases

import variegate as vg
from variegate.version import VERSION

TARGETS = vg.Targets(
    boxes=vg.Boxes("coco", min_visible=0.1),
    names=vg.PerInstance(),
    polygons=vg.Polygons(),
    masks=vg.Mask(stack=True),
    points=vg.Keypoints("xyvsa", swap=((0, 1),)),
    turned=vg.OrientedBoxes(group="turned"),
    depth=vg.Mask(fill=-1),
    second=vg.Image(colour=True),
)


def sample(size, seed=0, channels=3):
    """A picture and every kind of label on it."""
    rng, (height, width) = np.random.default_rng(seed), size
    masks = np.zeros((2, *size), np.uint8)
    masks[0, : height // 2], masks[1, :, width // 2 :] = 1, 1
    side = min(size) / 4
    return {
        "image": rng.integers(0, 256, (*size, channels), np.uint8),
        "boxes": np.array([[0.0, 0, width, height / 2], [width / 2, 0, width / 2, height]]),
        "names": ["upper", "right"],
        "polygons": [
            [[[0, 0], [width, 0], [width, height / 2], [0, height / 2]]],
            [[[width / 2, 0], [width, 0], [width, height]]],
        ],
        "masks": masks,
        "points": rng.uniform(0, side, (2, 2, 5)),
        "turned": [[width / 2, height / 2, side, side / 2, 30]],
        "depth": rng.random(size, np.float32),
        "second": rng.random((*size, channels), np.float32),
        "mask": rng.integers(0, 9, size),
        "label": {"any": "thing"},
    }


def bits(value):
    """A value, its arrays by dtype, shape and bytes."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return [(name, bits(each)) for name, each in value.items()]
    return [bits(each) for each in value] if isinstance(value, (list, tuple)) else value


def through_json(record):
    text = json.dumps(record)
    assert json.loads(text) == record
    return json.loads(text)


# The same again


@RUNS
@given(chains(geometry=3, colours=2, alone=True, side=20))
def test_a_record_gives_the_same_picture(case):
    out, record = case.pipeline(case.image, key=case.key, return_params=True)
    assert case.pipeline(case.image, key=case.key).tobytes() == out.tobytes()
    again = case.pipeline.replay(through_json(record), case.image)
    assert again.dtype == out.dtype and again.shape == out.shape and again.tobytes() == out.tobytes()


@RUNS
@given(cases(most=3))
def test_a_record_gives_the_same_labels(case):
    pipeline = vg.Compose(case.ops, targets=TARGETS)
    given_sample = sample(case.size)
    out, record = pipeline(**given_sample, key=case.key, return_params=True)
    assert bits(pipeline.replay(through_json(record), **given_sample)) == bits(out)
    alone = pipeline.replay(record, given_sample["image"])
    assert alone.tobytes() == out["image"].tobytes()
    assert sum(record["dropped"].values()) == 3 - len(out["names"]) - len(out["turned"])


LOOKING = [
    [vg.RandomIoUCrop(16)],
    [vg.RandomIoUCrop(16, p=0.5), vg.Resize(16)],
    [vg.RandomCropNearBox(16, name="near"), vg.Rotate((-30, 30))],
    [vg.RandomSizedBoxSafeCrop((16, 20)), vg.RandomSizedBoxSafeCrop((16, 20), erosion=0.5)],
    [vg.Rotate((-90, 90)), vg.RandomIoUCrop(), vg.RandomZoomOut(), vg.RandomCropNearBox(), vg.Resize(20)],
    [vg.CropNonEmptyMask(12), vg.HorizontalFlip(p=0.5)],
    [vg.OneOf([vg.RandomIoUCrop(), vg.CropNonEmptyMask(9), vg.Rotate(9)]), vg.Resize(16)],
    [vg.SomeOf([vg.RandomIoUCrop(), vg.RandomCropNearBox(), vg.Rotate(9)], n=2), vg.Resize(16)],
    [vg.RandomApply([vg.RandomIoUCrop(), vg.Rotate(20)], p=0.5), vg.Resize(16)],
]


@pytest.mark.parametrize("ops", LOOKING, ids=lambda ops: type(ops[0]).__name__)
def test_ops_that_looked_at_labels_are_replayed_without_them(ops):
    """On the picture alone, and with labels of another kind: the places are those of the first time."""
    pipeline = vg.Compose(ops, targets=TARGETS)
    for n in range(12):
        fields = sample((24, 30), n)
        out, record = pipeline(**fields, key=vg.Key(id=n), return_params=True)
        record = through_json(record)
        assert bits(pipeline.replay(record, **fields)) == bits(out)
        assert pipeline.replay(record, fields["image"]).tobytes() == out["image"].tobytes()
        part = pipeline.replay(record, image=fields["image"], depth=fields["depth"], boxes=fields["boxes"][:1])
        assert part["image"].tobytes() == out["image"].tobytes() and part["depth"].tobytes() == out["depth"].tobytes()
        other = pipeline.replay(record, image=fields["image"], boxes=[[1, 1, 2, 2]], names=["small"])
        assert other["image"].tobytes() == out["image"].tobytes()


def test_views_and_more_fields_than_the_record_s_sample_are_taken():
    pipeline = vg.Compose([vg.Rotate((-30, 30)), vg.Contrast((0.5, 2))], targets=TARGETS)
    fields = sample((24, 30))
    out, record = pipeline(fields["image"], return_params=True)
    again = pipeline.replay(record, **fields)
    assert again["image"].tobytes() == out.tobytes()
    assert pipeline.replay(record, fields["second"]).tobytes() == again["second"].tobytes()


def warm(pixel, map):
    return (pixel[0] + map, pixel[1], pixel[2])


def grain(image, rng):
    return image + rng.normal(size=image.shape) / 50


def lift(image, map):
    return image + np.float32(map)


@pytest.mark.parametrize(
    "op", [vg.Pointwise(warm, map=(0, 0.2)), vg.Opaque(lift, map=(0, 0.2)), vg.Opaque(lift, map=(0, 0.2), p=0.5)]
)
def test_a_drawn_field_may_have_any_name(op):
    image = sample((9, 12))["image"]
    for n in range(4):
        out, record = vg.Compose([op])(image, key=vg.Key(id=n), return_params=True)
        assert vg.Compose([op]).replay(through_json(record), image).tobytes() == out.tobytes()


def test_a_replay_draws_nothing_new_from_fresh_numbers():
    pipeline, image = vg.Compose([vg.Rotate((-30, 30)), vg.Brightness((0.5, 1.5))]), sample((9, 12))["image"]
    out, record = pipeline(image, return_params=True)
    assert {pipeline.replay(record, image).tobytes() for _ in range(5)} == {out.tobytes()}


def test_another_process_replays_the_same(tmp_path):
    pipeline = vg.Compose(LOOKING[4], targets=TARGETS)
    fields = sample((24, 30), 3)
    out, record = pipeline(**fields, return_params=True)
    (tmp_path / "record.json").write_text(json.dumps(record))
    (tmp_path / "given").write_bytes(pickle.dumps((pipeline, fields)))
    code = (
        "import json, pickle, sys\n"
        "pipeline, fields = pickle.load(open('given', 'rb'))\n"
        "pickle.dump(pipeline.replay(json.load(open('record.json')), **fields), open('out', 'wb'))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
    assert bits(pickle.loads(Path(tmp_path / "out").read_bytes())) == bits(out)


# What a record holds


def test_a_record_holds_resolved_numbers_and_no_more():
    pipeline = vg.Compose(
        [vg.Rotate((-30, 30), p=0.5), vg.RandomIoUCrop(), vg.Resize(9), vg.Invert()],
        targets={"boxes": vg.Boxes(min_area=50)},
    )
    image = np.zeros((20, 30, 3), np.uint8)
    key = vg.Key(5)
    _, record = pipeline(image=image, boxes=[[2, 2, 3, 3], [4, 4, 4, 4]], key=key, return_params=True)
    assert list(record) == ["variegate", "pipeline", "size", "draws", "looked", "dropped"]
    assert record["variegate"] == VERSION == vg.__version__ and record["pipeline"] == pipeline.fingerprint
    assert record["size"] == [20, 30]
    assert record["dropped"]["boxes.empty"] == 1 and sum(record["dropped"].values()) == 2
    assert set(record["draws"]) == {"Rotate", "RandomIoUCrop"} and set(record["looked"]) == {"RandomIoUCrop"}
    angle = pipeline.params(key)["Rotate"]["angle"]
    assert float.fromhex(record["draws"]["Rotate"]["angle"]) == angle
    assert len(record["looked"]["RandomIoUCrop"]) == 11
    assert len(record["draws"]["RandomIoUCrop"]["iou"]) == 16


def test_numbers_are_written_to_the_last_bit():
    for n in range(20):
        pipeline = vg.Compose([vg.Rotate(vg.Normal(0, 1e-7)), vg.Translate(vg.Uniform(0, 1e-300))])
        _, record = pipeline(np.zeros((3, 3), np.uint8), key=vg.Key(id=n), return_params=True)
        told = pipeline.params(vg.Key(id=n))
        assert float.fromhex(record["draws"]["Rotate"]["angle"]) == told["Rotate"]["angle"]
        assert float.fromhex(record["draws"]["Translate"]["x"]) == told["Translate"]["x"]


def test_words_of_bits_are_written_as_integers():
    _, record = PIPELINE(image=IMAGE, boxes=[[2, 2, 9, 9]], key=vg.Key(1), return_params=True)
    words = through_json(record)["draws"]["grain"]["rng"]
    assert words == PIPELINE.params(vg.Key(1))["grain"]["rng"] and {type(word) for word in words} == {int}


def test_dropped_tells_the_field_and_the_filter():
    targets = {"boxes": vg.Boxes(min_area=5, min_side=3), "heads": vg.Boxes(group="heads")}
    fields = {
        "boxes": [[1, 1, 1, 5], [20, 1, 25, 5], [1, 1, 3, 3], [1, 1, 3, 9], [1, 1, 9, 9]],
        "heads": [[20, 1, 25, 5]],
    }
    pipeline = vg.Compose([vg.Crop(0, 0, 20, 15)], targets=targets)
    out, record = pipeline(image=np.zeros((20, 30, 3), np.uint8), **fields, return_params=True)
    assert record["dropped"] == {
        "boxes.empty": 1,
        "boxes.outside": 1,
        "boxes.min_area": 1,
        "boxes.min_side": 1,
        "heads.outside": 1,
    }
    assert len(out["boxes"]) == 1
    _, record = pipeline(np.zeros((20, 30, 3), np.uint8), return_params=True)
    assert record["dropped"] == {}


# Refused

PIPELINE = vg.Compose(
    [
        vg.Rotate((-30, 30), p=0.5),
        vg.RandomIoUCrop(),
        vg.RandomResizedCrop(9),
        vg.Opaque(grain, rng=True, moves_pixels=False),
    ],
    targets={"boxes": vg.Boxes()},
)
IMAGE = np.zeros((20, 30, 3), np.uint8)


@pytest.fixture(scope="module")
def record():
    _, made = PIPELINE(image=IMAGE, boxes=[[2, 2, 9, 9]], key=vg.Key(1), return_params=True)
    return through_json(made)


def refuse(record, message, pipeline=PIPELINE, image=IMAGE):
    for call in (
        lambda: pipeline.replay(record, image),
        lambda: pipeline.replay(record, image=image),
        lambda: pipeline.inverse(record),
    ):
        with pytest.raises(vg.InputError, match=re.escape(message)):
            call()


@pytest.mark.parametrize("what", [None, 3, [], {}, "record", {"variegate": "0", "pipeline": "0"}])
def test_what_is_no_record(what):
    refuse(what, f"a record is what return_params=True gave, got {what!r}")


@pytest.mark.parametrize("part", ["variegate", "pipeline", "size", "draws", "looked"])
def test_a_record_without_one_of_its_parts(record, part):
    refuse(
        {name: value for name, value in record.items() if name != part},
        "a record is what return_params=True gave, got {",
    )


def test_a_record_without_what_was_dropped_will_do(record):
    short = {name: value for name, value in record.items() if name != "dropped"}
    assert PIPELINE.replay(short, IMAGE).shape == (9, 9, 3)


def test_a_long_wrong_record_is_told_in_short():
    with pytest.raises(vg.InputError) as caught:
        PIPELINE.replay({"x": "y" * 1000}, IMAGE)
    assert len(str(caught.value)) < 200


def test_a_record_of_another_version(record):
    refuse(
        {**record, "variegate": "0.1.0"},
        f"the record is of Variegate 0.1.0, this is {VERSION}; pixels are only promised to be the same "
        "within one version",
    )


def test_a_record_of_another_pipeline(record):
    other = vg.Compose([vg.Rotate((-30, 30))])
    refuse(
        record,
        f"the record is of another pipeline (fingerprint {record['pipeline']}, this one is {other.fingerprint}); "
        "replay it with the pipeline that made it",
        other,
    )


def test_a_record_of_a_picture_of_another_size(record):
    message = "the record is of a picture of [20, 30] (height, width), got [30, 20]"
    for call in (
        lambda: PIPELINE.replay(record, IMAGE.swapaxes(0, 1)),
        lambda: PIPELINE.replay(record, image=IMAGE.swapaxes(0, 1)),
    ):
        with pytest.raises(vg.InputError, match=re.escape(message)):
            call()


GONE = object()
DAMAGES = {
    "a size that is none": ("size", "abc"),
    "no size": ("size", None),
    "one side": ("size", [20]),
    "three sides": ("size", [20, 30, 3]),
    "half a pixel": ("size", [20.5, 30]),
    "no pixel": ("size", [0, 30]),
    "below zero": ("size", [-20, -30]),
    "an op that is gone": ("draws", "Rotate", GONE),
    "a field that is gone": ("draws", "Rotate", "angle", GONE),
    "a gate that is gone": ("draws", "Rotate", "p", GONE),
    "an op that never was": ("draws", "Shear", {"x": "0x0p0"}),
    "a field that never was": ("draws", "Rotate", "x", "0x0p0"),
    "no hex": ("draws", "Rotate", "angle", "x"),
    "a number": ("draws", "Rotate", "angle", 3.0),
    "nothing": ("draws", "Rotate", "angle", None),
    "nan": ("draws", "Rotate", "angle", "nan"),
    "infinite": ("draws", "Rotate", "angle", "inf"),
    "too large": ("draws", "Rotate", "angle", "0x1p99999"),
    "two for one": ("draws", "Rotate", "angle", ["0x0p0", "0x0p0"]),
    "one for ten": ("draws", "RandomResizedCrop", "scale", ["0x1p-1"]),
    "none for ten": ("draws", "RandomResizedCrop", "scale", []),
    "a text for ten": ("draws", "RandomResizedCrop", "scale", "0x1p-1"),
    "bits in hex": ("draws", "grain", "rng", ["0x1p0"] * 4),
    "bits as floats": ("draws", "grain", "rng", [1.0, 2.0, 3.0, 4.0]),
    "bits as truths": ("draws", "grain", "rng", [True] * 4),
    "bits as one": ("draws", "grain", "rng", 7),
    "bits as text": ("draws", "grain", "rng", "abcd"),
    "three bits": ("draws", "grain", "rng", [1, 2, 3]),
    "five bits": ("draws", "grain", "rng", [1, 2, 3, 4, 5]),
    "no bits": ("draws", "grain", "rng", GONE),
    "bits of none": ("draws", "grain", "rng", None),
    "bits below zero": ("draws", "grain", "rng", [1, 2, 3, -4]),
    "bits of 33": ("draws", "grain", "rng", [1, 2, 3, 2**32]),
    "bits of many": ("draws", "grain", "rng", [1, 2, 3, 10**30]),
    "bits in bits": ("draws", "grain", "rng", [[1], [2], [3], [4]]),
    "bits by name": ("draws", "grain", "rng", {"1": 1, "2": 2, "3": 3, "4": 4}),
    "no dict of draws": ("draws", []),
    "no dict of fields": ("draws", "Rotate", []),
    "no dict of what was looked at": ("looked", []),
    "a map that is gone": ("looked", "RandomIoUCrop", GONE),
    "a map of an op that looks at nothing": ("looked", "Rotate", ["0x1p0"] * 11),
    "a map of an op that never was": ("looked", "Shear", ["0x1p0"] * 11),
    "a short map": ("looked", "RandomIoUCrop", ["0x1p0"] * 5),
    "a long map": ("looked", "RandomIoUCrop", ["0x1p0"] * 12),
    "a map of nan": ("looked", "RandomIoUCrop", ["nan"] * 11),
    "a map to no pixels": ("looked", "RandomIoUCrop", ["0x1p0"] * 9 + ["0x0p0"] * 2),
    "a map to half pixels": ("looked", "RandomIoUCrop", ["0x1p0"] * 9 + ["0x1.9p3"] * 2),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_record(record, damage):
    broken = copy.deepcopy(record)
    *path, last, value = damage
    place = broken
    for name in path:
        place = place[name]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    for call in (lambda: PIPELINE.replay(broken, IMAGE), lambda: PIPELINE.inverse(broken)):
        with pytest.raises(vg.InputError, match=r"the record is (damaged: |of a picture of )"):
            call()


@RUNS
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    )
)
def test_no_json_at_all_gives_another_error_than_ours(value):
    with pytest.raises(vg.InputError):
        PIPELINE.inverse(value)
