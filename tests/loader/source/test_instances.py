"""Columns give each picture its own rows, as copies."""

from __future__ import annotations

import numpy as np
import pytest

from variegate.errors import SourceError
from variegate.loader.source.instances import Instances, RingColumn, Values, chosen, class_names, starts

OUTLINES = [[[0, 0, 4, 0, 4, 4]], [], [[1.5, 1, 2, 1, 2, 2], [5, 5, 6, 5]], [], [[7, 7]]]


def plain(rings: list[list[np.ndarray]]) -> list[list[list[float]]]:
    return [[ring.tolist() for ring in rings] for rings in rings]


def test_every_run_of_outlines_comes_back() -> None:
    rings = RingColumn(OUTLINES)
    for first in range(6):
        for last in range(first, 6):
            assert plain(rings.rows(first, last)) == OUTLINES[first:last]
    assert rings.rows(0, 1)[0][0].dtype == np.float64
    assert RingColumn([]).rows(0, 0) == [] and RingColumn([[], []]).rows(0, 2) == [[], []]


def test_each_picture_has_its_own_rows() -> None:
    counts = [2, 0, 3, 0]
    columns = {
        "labels": Values(np.arange(5)),
        "boxes": Values(np.arange(20.0).reshape(5, 4)),
        "rings": RingColumn(OUTLINES),
    }
    instances = Instances(counts, columns)
    assert len(instances) == 5 and instances.span(2) == (2, 5)
    first, third = (instances.of(i, ["boxes", "labels", "rings"]) for i in (0, 2))
    assert list(first) == ["boxes", "labels", "rings"]
    assert first["labels"].tolist() == [0, 1] and third["labels"].tolist() == [2, 3, 4]
    assert third["boxes"][0].tolist() == [8, 9, 10, 11]
    assert plain(first["rings"]) == OUTLINES[:2] and plain(third["rings"]) == OUTLINES[2:]
    for i in (1, 3):
        empty = instances.of(i, columns)
        assert empty["labels"].shape == (0,) and empty["boxes"].shape == (0, 4) and empty["rings"] == []
    assert list(instances.of(0, ["labels", "image_id"])) == ["labels"]  # what is no column is left to the source


def test_what_a_user_changes_stays_unchanged_here() -> None:
    instances = Instances([5], {"labels": Values(np.arange(5)), "rings": RingColumn(OUTLINES)})
    found = instances.of(0, ["labels", "rings"])
    found["labels"][:] = -1
    found["rings"][0][0][:] = -1
    again = instances.of(0, ["labels", "rings"])
    assert again["labels"].tolist() == [0, 1, 2, 3, 4] and plain(again["rings"]) == OUTLINES


def test_runs_begin_where_the_last_ended() -> None:
    assert starts([]).tolist() == [0] and starts([3, 0, 2]).tolist() == [0, 3, 3, 5]


def test_fields_are_chosen_from_those_there_are() -> None:
    assert chosen(["b", "a", "b"], "abc", "X") == ("b", "a") and chosen("a", ["a"], "X") == ("a",)
    with pytest.raises(SourceError, match=r"X\.fields are some of a, b, c; got 'd'"):
        chosen(["a", "d"], "abc", "X")
    with pytest.raises(SourceError, match="got none; for pictures without labels take ImageFolder"):
        chosen([], "abc", "X")


def test_class_names_are_texts_and_differ() -> None:
    assert class_names(("b", "a"), "X") == ["b", "a"] and class_names([], "X") == []
    for wrong, said in [("cat", "a list of names, got 'cat'"), (["a", 3], "got 3"), (["a", "b", "a"], "has 'a' twice")]:
        with pytest.raises(SourceError, match=said):
            class_names(wrong, "X")  # type: ignore[arg-type]
