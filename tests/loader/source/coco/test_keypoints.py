"""Keypoints stand at the centres of their pixels, and left and right know each other."""

from __future__ import annotations

from typing import Any

import pytest

from variegate.errors import SourceError
from variegate.loader.source.coco.keypoints import mirrored, point_names, points_of
from variegate.loader.source.coco.table import AnnotationTable

PERSON = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow"),
    *("right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee"),
    *("left_ankle", "right_ankle"),
)


def categories(*rows: dict[str, Any]) -> AnnotationTable:
    return AnnotationTable("x.json", "categories", list(rows))


def test_left_and_right_are_pairs() -> None:
    assert mirrored(PERSON) == tuple((n, n + 1) for n in range(1, 17, 2))
    assert mirrored(["right hip", "hip-left", "left hip", "hip-right", "left"]) == ((1, 3), (2, 0))
    assert mirrored(["leftover", "rightover", "left_wing", "top"]) == ()  # no word, no partner, no side


def test_names_are_those_of_the_classes_wanted() -> None:
    two = {"id": 2, "name": "dog", "keypoints": ["tail"]}
    rows = categories({"name": "car"}, {"name": "person", "keypoints": ["a", "b"]}, two, {"name": "x", "keypoints": []})
    assert point_names(rows, ["car", "person", "x"]) == ["a", "b"] and point_names(rows, ["dog"]) == ["tail"]
    with pytest.raises(SourceError, match=r"categories\[0\]: \"keypoints\" is a list of names, got \['a', 3\]"):
        point_names(categories({"name": "car", "keypoints": ["a", 3]}), ["car"])
    with pytest.raises(SourceError, match=r"x\.json: no category has keypoints; leave them out of fields"):
        point_names(rows, ["car"])
    with pytest.raises(
        SourceError, match=r"categories\[2\] \(id 2\): its keypoints are not those of 'person'; take one"
    ):
        point_names(rows, ["person", "dog"])


def test_a_point_stands_at_the_centre_of_its_pixel() -> None:
    rows = AnnotationTable("x.json", "annotations", [{"keypoints": [3, 4, 2, 0, 0, 0, 0, 0, 1]}, {}])
    nothing = [[0, 0, 0]] * 3
    assert points_of(rows, 3, True).tolist() == [[[3.5, 4.5, 2], [0, 0, 0], [0.5, 0.5, 1]], nothing]
    assert points_of(rows, 3, False).tolist() == [[[3, 4, 2], [0, 0, 0], [0, 0, 1]], nothing]
    assert points_of(AnnotationTable("x.json", "annotations", []), 3, True).shape == (0, 3, 3)
    with pytest.raises(SourceError, match='"keypoints" is a list of 6 numbers, got'):
        points_of(rows, 2, True)
