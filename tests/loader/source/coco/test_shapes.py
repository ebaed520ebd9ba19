"""Outlines come back as they are; masks are what rings and runs enclose; damaged ones are named."""

from __future__ import annotations

import sys
from array import array
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as kit

from variegate.errors import SourceError
from variegate.loader.source.coco.shapes import CocoMasks, outlines, read_runs
from variegate.loader.source.coco.table import AnnotationTable

SIZE = (9, 13)
SQUARE = [[2, 1, 6, 1, 6, 4, 2, 4]]


def table(*segmentations: Any) -> AnnotationTable:
    packed = [
        [array("d", ring) if isinstance(ring, list) else ring for ring in s] if isinstance(s, list) else s
        for s in segmentations
    ]
    return AnnotationTable("x.json", "annotations", [{"id": 10 + n, "segmentation": s} for n, s in enumerate(packed)])


def masks(*segmentations: Any) -> CocoMasks:
    rows = table(*segmentations)
    return CocoMasks(rows, outlines(rows), np.array([SIZE] * len(segmentations)))


def noise(seed: int, density: float = 0.5, size: tuple[int, int] = SIZE) -> np.ndarray:
    return (np.random.default_rng(seed).random(size) < density).astype(np.uint8)


def compressed(mask: np.ndarray) -> dict[str, Any]:
    rle = kit.encode(np.asfortranarray(mask))
    return {"size": list(rle["size"]), "counts": rle["counts"].decode()}


def plain(mask: np.ndarray) -> dict[str, Any]:
    """Runs of a mask, column by column, the first of zeros."""
    flat = mask.ravel(order="F")
    ends = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff(np.concatenate(([0], ends, [flat.size]))).tolist()
    return {"size": list(mask.shape), "counts": counts if flat[0] == 0 else [0, *counts]}


def box(x0: float, y0: float, x1: float, y1: float) -> list[float]:
    return [x0, y0, x1, y0, x1, y1, x0, y1]


def test_a_mask_is_what_the_rings_enclose() -> None:
    found = masks([box(2, 1, 5, 4), box(8, 3, 12, 9)], [box(0, 0, 13, 9)], []).rows(0, 3, SIZE)
    want = np.zeros((3, *SIZE), np.uint8)
    want[0, 1:4, 2:5] = want[0, 3:9, 8:12] = want[1] = 1
    assert found.dtype == np.uint8 and np.array_equal(found, want)


def test_rings_may_overlap_and_reach_outside() -> None:
    found = masks([box(-5, -5, 3, 3), box(1, 1, 20, 20)]).rows(0, 1, SIZE)[0]
    want = np.zeros(SIZE, np.uint8)
    want[:3, :3] = want[1:, 1:] = 1
    assert np.array_equal(found, want)


def test_less_than_three_points_enclose_nothing() -> None:
    found = masks([[1, 1]], [[1, 1, 8, 8]], [[1, 1, 8, 8], box(2, 2, 4, 4)]).rows(0, 3, SIZE)
    assert found[:2].sum() == 0 and found[2].sum() == 4


@pytest.mark.parametrize("density", [0, 0.05, 0.5, 1])
@pytest.mark.parametrize("size", [SIZE, (1, 1), (300, 401)])
def test_runs_are_their_mask(density: float, size: tuple[int, int]) -> None:
    each = [noise(n, density, size) for n in range(3)]
    for form in (plain, compressed):
        rows = table(*map(form, each))
        found = CocoMasks(rows, outlines(rows), np.array([size] * 3))
        assert np.array_equal(found.rows(0, 3, size), each) and np.array_equal(found.rows(1, 2, size), each[1:2])
    for mask in each:
        assert read_runs(compressed(mask)["counts"].encode()).tolist() == plain(mask)["counts"]


def test_no_instances_are_no_masks() -> None:
    assert masks([box(0, 0, 1, 1)]).rows(1, 1, SIZE).shape == (0, *SIZE)
    assert masks().rows(0, 0, (3, 4)).shape == (0, 3, 4)


def test_rings_and_runs_keep_their_places() -> None:
    rings = outlines(table([[1, 2, 3, 4]], plain(noise(1)), [[]], [[5, 6], [], [7, 8]]))
    assert [[r.tolist() for r in each] for each in rings.rows(0, 4)] == [[[1, 2, 3, 4]], [], [], [[5, 6], [7, 8]]]
    found = masks([box(2, 1, 5, 4)], plain(noise(1)), [box(0, 0, 1, 1)], compressed(noise(2))).rows(0, 4, SIZE)
    assert np.array_equal(found[1], noise(1)) and np.array_equal(found[3], noise(2))
    assert found[0].sum() == 9 and found[2].sum() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ([[1, 2, 3]], "ring 0 of its segmentation has 3 numbers; x and y take turns"),
        ([box(0, 0, 1, 1), [1, 2, 3]], "ring 1 of its segmentation has 3 numbers"),
        ([1, 2, 3, 4], r'"segmentation" is a list of rings .* or an RLE of counts and size, got \[1, 2, 3, 4\]'),
        ("x", "\"segmentation\" is a list of rings .* got 'x'"),
        (3, "got 3"),
        ([[1, 2], [5, 2], [5, 6]], r"got 3 points \[x, y\]; they are to be one ring"),
    ],
)
def test_what_is_no_outline_is_named(wrong: Any, said: str) -> None:
    with pytest.raises(SourceError, match=rf"^x\.json: annotations\[1\] \(id 11\): .*{said}"):
        outlines(table([], wrong))


def test_an_object_without_outline_has_no_rings_and_no_mask() -> None:
    absent = table(SQUARE, SQUARE)
    del absent.rows[1]["segmentation"]
    for rows in (table(SQUARE, None), absent):
        rings = outlines(rows)
        assert [len(each) for each in rings.rows(0, 2)] == [1, 0]
        with pytest.raises(
            SourceError, match=r'\(id 11\): it has no "segmentation", without which no mask is drawn; leave masks out'
        ):
            CocoMasks(rows, rings, np.array([SIZE, SIZE]))


GOOD = compressed(noise(3))["counts"]


@pytest.mark.parametrize(
    ("rle", "said"),
    [
        ({"size": [13, 9], "counts": [117]}, r"its RLE is of size \[13, 9\], its picture \[9, 13\] \(height, width\)"),
        ({"counts": [117]}, r"its RLE is of size None"),
        ({"size": [9, 13], "counts": [100, 16]}, "its RLE is damaged: it runs over 116 pixels of 9 x 13"),
        ({"size": [9, 13], "counts": [100, 18]}, "it runs over 118 pixels"),
        ({"size": [9, 13], "counts": [0, 1 << 31]}, "a run has 2147483648 pixels of 9 x 13"),
        (
            {"size": [10**6, 10**6], "counts": [10**12]},
            r"its RLE is of size \[1000000, 1000000\], its picture \[9, 13\]",
        ),
        ({"size": [9, 13], "counts": [118, -1]}, r"the counts of its RLE are integers from 0, .* got \[118, -1\]"),
        ({"size": [9, 13], "counts": [117.0]}, "are integers from 0"),
        ({"size": [9, 13]}, "got None"),
        ({"size": [9, 13], "counts": "é"}, "got 'é'"),
        ({"size": [9, 13], "counts": ""}, "it runs over 0 pixels"),
        ({"size": [9, 13], "counts": GOOD[:-1]}, "its RLE is damaged"),
        ({"size": [9, 13], "counts": GOOD + "1"}, "its RLE is damaged"),
        ({"size": [9, 13], "counts": GOOD[: len(GOOD) // 2]}, "its RLE is damaged"),
        ({"size": [9, 13], "counts": "h3M"}, "its RLE is damaged"),  # 120 and -3
        ({"size": [9, 13], "counts": GOOD[:-1] + "P"}, "it runs over 0 pixels"),  # whose last number goes on
        ({"size": [9, 13], "counts": "~" * 9}, "it runs over 0 pixels"),
        ({"size": [9, 13], "counts": "o" * 8 + "0"}, "it runs over 0 pixels"),
    ],
)
def test_damaged_runs_are_named(rle: dict[str, Any], said: str) -> None:
    with pytest.raises(SourceError, match=rf"^x\.json: annotations\[1\] \(id 11\): .*{said}"):
        masks([], rle, [])


@pytest.mark.parametrize("far", [float("nan"), float("inf"), -1e7])
def test_outlines_far_from_any_picture_are_not_drawn(far: float) -> None:
    with pytest.raises(SourceError, match=rf"annotations\[2\] \(id 12\): its outline goes to {far}, far from any"):
        masks([box(0, 0, 1, 1)], [], [[0, 0, 5, 5, far, 5], box(2, 2, 3, 3)], [box(0, 0, 1, 1)])


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycocotools", None)
    with pytest.raises(
        SourceError, match=r'masks of outlines are drawn by pycocotools: pip install "variegate\[coco\]"'
    ):
        masks([box(0, 0, 1, 1)])
    assert outlines(table([box(0, 0, 1, 1)])).rows(0, 1) and masks(plain(noise(1)), [])  # need nothing
