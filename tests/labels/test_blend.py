"""The labels of two pictures as one: who stays, by how much, and that it is what the picture shows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import variegate as vg
from variegate.labels.blend import blended
from variegate.labels.blend_row import BlendRow
from variegate.labels.carry import MovedLabels

SIZE = (24, 30)
WHOLE = (0, 0, 30, 24)
TARGETS = {
    "boxes": vg.Boxes(),
    "turned": vg.OrientedBoxes(),
    "polygons": vg.Polygons(),
    "masks": vg.Mask(stack=True),
    "points": vg.Keypoints("xyv"),
    "names": vg.PerInstance(),
    "weights": vg.PerInstance(weight=True),
}
edges = st.tuples(st.integers(0, 30), st.integers(0, 24), st.integers(0, 30), st.integers(0, 24)).map(
    lambda e: (min(e[0], e[2]), min(e[1], e[3]), max(e[0], e[2]), max(e[1], e[3]))
)
# A box of nothing is never asked for: whoever blends looks at the weight before.
boxes = edges.filter(lambda e: e[0] < e[2] and e[1] < e[3])
scenes = st.lists(edges.filter(lambda e: e[2] - e[0] > 1 and e[3] - e[1] > 1), max_size=4)


def row(share, box, path="CutMix"):
    return BlendRow(path, share, box, SIZE, 0.0, "block")


def mixed(targets, own, other, share, box):
    """What becomes of two samples' fields, and how many instances went."""
    known = vg.Targets.of(targets)
    parts = [MovedLabels(known.read(fields, SIZE), Counter()) for fields in (own, other)]
    made = blended(known, *parts, row(share, box), "HWC")
    return known.write(made.leaves, SIZE), made.dropped


def painted(box):
    mask = np.zeros(SIZE, np.uint8)
    mask[box[1] : box[3], box[0] : box[2]] = 1
    return mask


def area(ring):
    (x, y), (u, v) = np.asarray(ring, np.float64).T, np.roll(ring, -1, axis=0).T.astype(np.float64)
    return abs((x * v - u * y).sum()) / 2


def scene(boxes, who):
    """All that can be told of some upright rectangles."""
    count = len(boxes)
    x0, y0, x1, y1 = np.array(boxes, np.float64).reshape(-1, 4).T
    return {
        "boxes": np.array(boxes, np.float32).reshape(-1, 4),
        "turned": np.stack([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0, 0 * x0], axis=1),
        "polygons": [[[(a, b), (c, b), (c, d), (a, d)]] for a, b, c, d in boxes],
        "masks": np.array([painted(box) for box in boxes], np.uint8).reshape(-1, *SIZE),
        "points": np.stack([x0 + 0.5, y0 + 0.5, 0 * x0 + 2], axis=1).reshape(count, 1, 3),
        "names": [f"{who}{n}" for n in range(count)],
        "weights": np.full(count, 0.5),
    }


@given(scenes, scenes, boxes)
def test_cut_mix_keeps_the_instances_that_are_seen(own, other, box):
    made, dropped = mixed(TARGETS, scene(own, "a"), scene(other, "b"), 0.0, box)
    there = painted(box) > 0
    shown = [("a", n, painted(each) * ~there) for n, each in enumerate(own)]
    shown += [("b", n, painted(each) * there) for n, each in enumerate(other)]
    kept = [(who, n, mask) for who, n, mask in shown if mask.any()]
    assert made["names"] == [f"{who}{n}" for who, n, _ in kept]
    assert np.array_equal(made["masks"], np.array([mask for *_, mask in kept], np.uint8).reshape(-1, *SIZE))
    for rings, (*_, mask) in zip(made["polygons"], kept, strict=True):
        assert sum(map(area, rings)) == pytest.approx(mask.sum(), abs=0.01)
    for edges_, (*_, mask) in zip(made["boxes"], kept, strict=True):
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert edges_.tolist() == [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
    visible = [mask[int(p[0, 1]), int(p[0, 0])] > 0 for p, (*_, mask) in zip(made["points"], kept, strict=True)]
    assert (made["points"][:, 0, 2] > 0).tolist() == visible
    assert all(len(made[name]) == len(kept) for name in TARGETS) and made["weights"].tolist() == [0.5] * len(kept)
    assert sum(dropped.values()) == len(own) + len(other) - len(kept)


@given(scenes, scenes, st.floats(0.01, 0.99))
def test_mix_up_keeps_all_instances_with_their_weights(own, other, share):
    first, second = scene(own, "a"), scene(other, "b")
    made, dropped = mixed(TARGETS, first, second, share, WHOLE)
    assert made["names"] == first["names"] + second["names"] and not dropped
    for name in ("boxes", "turned", "masks", "points"):
        assert np.allclose(made[name], np.concatenate([first[name], second[name]]))
    wanted = [0.5 * share] * len(own) + [0.5 * (1 - share)] * len(other)
    np.testing.assert_allclose(made["weights"], wanted, rtol=1e-6)
    assert made["weights"].dtype == np.float32


@given(edges, st.sampled_from([0.0, 0.25, 1.0]), st.integers(0, 4), st.integers(0, 4))
def test_classes_share_as_pixels_do(box, share, own, other):
    made, _ = mixed({"label": vg.Classes(5)}, {"label": own}, {"label": other}, share, box)
    part = (1 - share) * painted(box).mean()
    wanted = np.eye(5)[own] * (1 - part) + np.eye(5)[other] * part
    np.testing.assert_allclose(made["label"], wanted, atol=1e-6)


@given(edges, st.sampled_from(["uint8", "int64", "bool"]))
def test_a_mask_of_classes_is_that_of_the_picture_seen(box, dtype):
    rng = np.random.default_rng(0)
    own, other = (rng.integers(0, 2 if dtype == "bool" else 9, SIZE).astype(dtype) for _ in range(2))
    if dtype != "bool":
        own[:3], other[:, 20:] = 255 if dtype == "uint8" else -100, 255 if dtype == "uint8" else -100
    ignored = None if dtype == "bool" else int(own[0, 0])
    made, _ = mixed({"mask": vg.Mask(ignore_index=ignored)}, {"mask": own}, {"mask": other}, 0.0, box)
    assert made["mask"].dtype == own.dtype and np.array_equal(made["mask"], np.where(painted(box), other, own))


def test_a_map_of_floats_is_averaged_and_one_of_classes_refused():
    own, other = np.full(SIZE, 0.25, np.float32), np.full(SIZE, 0.75, np.float32)
    made, _ = mixed({"depth": vg.Mask()}, {"depth": own}, {"depth": other}, 0.25, WHOLE)
    assert made["depth"].dtype == np.float32 and (made["depth"] == 0.625).all()
    classes = np.zeros(SIZE, np.uint8)
    with pytest.raises(vg.InputError, match=r"^CutMix: mask is a mask of classes \(uint8\), which cannot be averaged"):
        mixed({"mask": vg.Mask()}, {"mask": classes}, {"mask": classes}, 0.5, WHOLE)


@given(edges, st.sampled_from([0.0, 0.5]))
def test_views_are_blended_as_pictures(box, share):
    rng = np.random.default_rng(1)
    own, other = (rng.uniform(0, 1, (*SIZE, 2)).astype(np.float32) for _ in range(2))
    made, _ = mixed({"view": vg.Image()}, {"view": own}, {"view": other}, share, box)
    wanted = np.where(painted(box)[..., None] > 0, own * np.float32(share) + other * np.float32(1 - share), own)
    np.testing.assert_allclose(made["view"], wanted, atol=1e-6)


def test_what_belongs_to_a_sample_stays_unless_it_is_blended():
    own, other = {"scene": "day", "count": 3}, {"scene": "night", "count": 5.0}
    targets = {"scene": vg.PerSample(), "count": vg.PerSample(blend=True)}
    made, _ = mixed(targets, own, other, 0.25, WHOLE)
    assert made["scene"] == "day" and made["count"] == pytest.approx(4.5) and made["count"].dtype == np.float32
    arrays = {"count": np.array([1, 2])}, {"count": np.array([3, 4])}
    assert mixed({"count": vg.PerSample(blend=True)}, *arrays, 0.5, WHOLE)[0]["count"].tolist() == [2, 3]


def test_filters_count_what_is_hidden():
    target = {"boxes": vg.Boxes(min_visible=0.5), "names": vg.PerInstance()}
    own = {"boxes": [(0, 0, 10, 10), (12, 0, 22, 10)], "names": ["gone", "seen"]}
    other = {"boxes": [(0, 0, 10, 10), (2, 0, 12, 10)], "names": ["in", "out"]}
    made, dropped = mixed(target, own, other, 0.0, (0, 0, 6, 24))
    assert made["names"] == ["seen", "in"] and dropped == {"boxes.min_visible": 2}
    assert made["boxes"].tolist() == [[12, 0, 22, 10], [0, 0, 6, 10]]


def test_a_stack_of_nothing_takes_the_dtype_of_the_other():
    targets = {"masks": vg.Mask(stack=True)}
    none, some = np.zeros((0, *SIZE), np.uint8), np.full((1, *SIZE), 7, np.int32)
    for own, other in ((none, some), (some, none)):
        made, _ = mixed(targets, {"masks": own}, {"masks": other}, 0.5, WHOLE)
        assert made["masks"].dtype == np.int32 and made["masks"].tolist() == some.tolist()


@pytest.mark.parametrize(
    ("targets", "own", "other", "message"),
    [
        (
            {"boxes": vg.Boxes()},
            {"boxes": []},
            {},
            "CutMix: the picture has the fields ['boxes'], its partner []",
        ),
        ({}, {"label": 3}, {"label": 4}, "CutMix mixes pictures, and nobody said what label is: declare it, as by "),
        (
            {"n": vg.PerSample(blend=True)},
            {"n": "three"},
            {"n": 4},
            "CutMix: n is no number, and cannot be mixed: 'three', 4",
        ),
        (
            {"n": vg.PerSample(blend=True)},
            {"n": [1, 2]},
            {"n": [1, 2, 3]},
            "CutMix: n is (2,), and that of the partner (3,)",
        ),
        (
            {"stars": vg.Keypoints(group=None)},
            {"stars": [(1, 2)]},
            {"stars": [(3, 4)]},
            "CutMix: stars is Keypoints(group=None), points of the picture as a whole, and of several pictures",
        ),
        (
            {"points": vg.Keypoints("xyv")},
            {"points": [[(1, 2, 2)]]},
            {"points": [[(3, 4, 2), (5, 6, 2)]]},
            "CutMix: points has 1 points an instance, and that of the partner 2",
        ),
        (
            {"rows": vg.PerInstance()},
            {"rows": np.zeros((1, 2))},
            {"rows": np.zeros((2, 3))},
            "CutMix: rows has rows (2,), and that of the partner (3,)",
        ),
        (
            {"mask": vg.Mask()},
            {"mask": np.zeros(SIZE, np.uint8)},
            {"mask": np.zeros(SIZE, np.int64)},
            "CutMix: mask is uint8 (24, 30), and that of the partner int64 (24, 30)",
        ),
        (
            {"view": vg.Image()},
            {"view": np.zeros((*SIZE, 3), np.uint8)},
            {"view": np.zeros((*SIZE, 1), np.uint8)},
            "CutMix: view is uint8 (24, 30, 3), and that of the partner uint8 (24, 30, 1)",
        ),
    ],
    ids=lambda each: each[:30] if isinstance(each, str) else None,
)
def test_what_cannot_be_one_is_refused_by_name(targets, own, other, message):
    with pytest.raises(vg.InputError) as problem:
        mixed(targets, own, other, 0.5, WHOLE)
    assert str(problem.value).startswith(message)


@given(edges, st.floats(0, 1))
def test_the_weight_is_the_share_of_the_pixels(box, share):
    assert row(share, box).weight == pytest.approx(1 - (1 - share) * painted(box).mean())
