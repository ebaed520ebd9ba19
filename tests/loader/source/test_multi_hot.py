"""Labels as rows of 0 and 1: what each row says, of any part of the samples."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from variegate.errors import FieldError, SourceError
from variegate.loader import Arrays, Items, Loader
from variegate.loader.source.base import Subset
from variegate.loader.source.multi_hot import MultiHot, one_hot

ROWS = st.lists(st.sets(st.integers(0, 6)).map(sorted), min_size=1, max_size=12)


@given(ROWS, st.randoms(use_true_random=False))
def test_a_row_has_a_one_for_each_class(rows: list[list[int]], random: object) -> None:
    hot = MultiHot.of(rows, 7)
    dense = hot[:]
    assert hot.shape == dense.shape == (len(rows), 7) and dense.dtype == np.float32 == hot.dtype
    assert [np.flatnonzero(row).tolist() for row in dense] == rows and set(dense.ravel()) <= {0, 1}
    places = np.random.default_rng(len(rows)).integers(0, len(rows), 9)
    assert np.array_equal(hot[places], dense[places]) and np.array_equal(hot.take(places)[:], dense[places])
    assert all(np.array_equal(hot[i], dense[i]) for i in range(-len(rows), len(rows)))
    assert np.array_equal(pickle.loads(pickle.dumps(hot))[:], dense) and len(hot.take(places[:0])[:]) == 0


@given(st.lists(st.integers(-1, 4), min_size=1))
def test_one_class_each_is_a_row_with_a_one(labels: list[int]) -> None:
    hot = one_hot(np.array(labels), 5, str)[:]
    assert [int(row.argmax()) if row.any() else -1 for row in hot] == labels and (hot.sum(axis=1) <= 1).all()
    assert np.array_equal(one_hot(np.array(labels)[:, None], 5, str)[:], hot)
    assert one_hot(hot, 5, str) is hot


GREY = np.zeros((4, 3, 3), np.uint8)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("form", ["column", "tuples"])
def test_a_loader_gives_one_hot_labels_of_every_source(workers: int, form: str) -> None:
    labels = [2, 0, -1, 1]
    data = Arrays(GREY, labels) if form == "column" else Items(list(zip(GREY, labels, strict=True)))
    for source in (data, Subset(data, [0, 1, 2, 3])):
        loader = Loader(source, batch_size=3, workers=workers, shuffle=False, one_hot=3)
        got = np.concatenate([batch["label"] for batch in loader])
        assert got.dtype == np.float32 and got.tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert Loader(data, one_hot=False, workers=0).batch(0, 0)["label"].dtype == np.int64


def test_the_classes_of_the_source_say_how_many_there_are() -> None:
    named = Arrays(GREY, [0, 1, 1, 0], ["cat", "owl", "fox"])
    assert Loader(named, one_hot=True, workers=0, weights="balanced").batch(0, 0)["label"].shape == (4, 3)
    with pytest.raises(FieldError, match=r"Loader.one_hot=True takes the number of classes .* one_hot=10"):
        Loader(Arrays(GREY, [0, 1, 1, 0]), one_hot=True)
    with pytest.raises(FieldError, match=r"Loader.one_hot is an integer of 1 or more, got -1"):
        Loader(named, one_hot=-1)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([0, 1, 5, 2], "images[2]: the label is 5, and there are 3 classes, 0 to 2"),
        ([0.5] * 4, "images[0]: its label is 0.5, and one_hot takes the number of a class; number them from 0"),
        (["a"] * 4, "images[0]: its label is 'a', and one_hot takes"),
    ],
)
def test_what_is_no_class(labels: list[object], said: str) -> None:
    with pytest.raises(SourceError, match=re.escape(said)):
        Loader(Arrays(GREY, labels), one_hot=3)
    with pytest.raises(SourceError, match=re.escape(said.partition(":")[2])):
        Loader(Items(list(zip(GREY, labels, strict=True))), one_hot=3, workers=0).batch(0, 0)
