"""What nobody said what it is: passed on if it cannot lie on a picture, else refused."""

from __future__ import annotations

import datetime
import enum
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from variegate.errors import InputError
from variegate.targets.unsaid import check_unsaid, unsaid

Point = namedtuple("Point", "x y")
Kind = enum.Enum("Kind", "OWL CAT")


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 7, -2.5, "owl", "[[0, 0, 4, 4]]", b"bytes", Kind.OWL, Path("a/b"), datetime.date(2026, 1, 2)),
        *(np.int64(7), np.float32(0.5), np.array(7), torch.tensor(7.5), np.array("owl"), np.array([7]), torch.ones(1)),
        *([0, 0, 1], (1.0, 0.0), np.eye(3)[1], torch.eye(9)[2].bool(), np.array([True, False]), torch.ones(40).long()),
        *(["sea", "sun"], ("a caption", "and another"), np.array(["a", "b"]), [["a", "b"], ["c"]], ["1", "2", "3"]),
        *([], {}, (), np.zeros(0), [[]], ["train", 7], {"text": "cat", "id": 3}, {"smiling": 1, "young": 0}),
        *(
            {"en": "owl", "fr": ["hibou"]},
            np.array(["a", "b"], object),
            np.array(["2026-01-02"], "M8[D]"),
            {"sea", "sun"},
        ),
    ],
)
def test_what_cannot_lie_on_a_picture_is_passed_on(value: object) -> None:
    assert unsaid(value) is None
    check_unsaid(value, "a sample", "")


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ([10, 20, 30, 40], "list [10, 20, 30, 40]"),
        ((0.1, 0.2, 0.3, 0.4), "tuple (0.1, 0.2, 0.3, 0.4)"),
        ([3, 7], "list [3, 7]"),
        (np.array([10, 20, 30, 40]), "ndarray (4,)"),
        (torch.tensor([0.2, 0.8]), "Tensor (2,)"),
        ([torch.tensor(10), torch.tensor(20)], "list "),
        (Point(3, 4), "Point "),
        ([[0, 0, 1, 1]], "list [[0, 0, 1, 1]]"),
        ([[True, False], [False, True]], "list "),
        ([{"bbox": [1, 2, 3, 4], "segmentation": []}], "list [{'bbox': [1, 2, 3, 4], 'segmentation': []}]"),
        ([{"category_id": 18}], "list [{'category_id': 18}]"),
        ({"xmin": "8", "ymin": "12"}, "dict {'xmin': '8', 'ymin': '12'}"),
        ({"object": [{"bndbox": {"xmin": "8"}}]}, "dict "),
        ({"x": 10, "y": 20, "name": "owl"}, "dict "),
        ({"points": np.zeros((0, 2)), "boxes": [[1, 2]]}, "dict "),
        ([np.zeros((2, 2))], "list "),
        (np.zeros((0, 4)), "ndarray (0, 4)"),
        (np.zeros((1, 4)), "ndarray (1, 4)"),
        (torch.zeros(2, 3, 4), "Tensor (2, 3, 4)"),
        (np.array([[1, 2, 3, 4], [5, 6]], object), "ndarray (2,)"),
        (np.zeros(3, [("x", "f4"), ("y", "f4")]), "ndarray (3,)"),
        (Image.new("1", (5, 4)), "Image (5, 4)"),
        ([Image.new("L", (5, 4))], "list "),
        ({"bytes": b"...", "path": None}, "dict "),
        ([{"bytes": None, "path": "a.jpg"}], "list "),
        (SimpleNamespace(boxes=3), "SimpleNamespace"),
        (torch.zeros(2, 2, dtype=torch.bfloat16), "Tensor (2, 2)"),
    ],
)
def test_what_may_lie_on_a_picture_is_refused(value: object, form: str) -> None:
    assert (unsaid(value) or "").startswith(form)
    with pytest.raises(InputError, match=r"^a sample has a .* beside its picture, and what it is was not said: mend"):
        check_unsaid(value, "a sample", "mend")


@pytest.mark.parametrize("count", range(2, 9))
def test_the_form_of_a_vector_does_not_matter(count: int) -> None:
    """A list, a tuple, an array, a tensor, a dict: the same numbers, the same answer."""
    for numbers in ([0] * count, [0, 1] * count, list(range(count)), [0.5] * count):
        forms = [numbers, tuple(numbers), np.array(numbers), torch.tensor(numbers), dict(enumerate(numbers))]
        assert len({unsaid(form) is None for form in forms}) == 1
        assert (unsaid(numbers) is None) == (set(numbers) <= {0, 1})


def test_a_list_of_dicts_is_told_what_to_become() -> None:
    """As torchvision's CocoDetection gives."""
    with pytest.raises(
        InputError, match=r'Of a list of dicts make fields first: \{"boxes": \[each\["bbox"\] for each in'
    ):
        check_unsaid([{"bbox": [1.0, 2.0, 3.0, 4.0], "category_id": 3}], "a sample", "mend")
