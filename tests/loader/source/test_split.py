"""A split has every sample once, hangs on (seed, id) alone, and keeps ids, labels and classes."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from variegate.errors import SourceError
from variegate.loader import Arrays, ImageFolder, Subset
from variegate.targets import PerSample, Targets


def numbers(length: int) -> Arrays:
    names = [f"c{n}" for n in range(length)]
    return Arrays(np.arange(length, dtype=np.uint8).reshape(-1, 1, 1), list(range(length)), classes=names)


@pytest.mark.parametrize(("length", "fraction", "first"), [(10, 0.8, 8), (200, 0.5, 100), (3, 0.34, 1), (2, 0.5, 1)])
def test_every_sample_is_on_one_side(length: int, fraction: float, first: int) -> None:
    a, b = numbers(length).split(fraction, seed=4)
    assert len(a) == first and len(b) == length - first
    assert sorted([*a.positions, *b.positions]) == list(range(length))


def test_samples_keep_what_they_are(folder: Path) -> None:
    source = ImageFolder(folder, mode="L")
    part, _ = source.split(0.6)
    for i, position in enumerate(part.positions):
        assert part.id(i) == source.id(position) and part.label(i) == source.label(position)
        assert part.where(i) == source.where(position) and part.read(i) == source.read(position)
    assert part.classes == source.classes and part.mode == "L"
    inner = Subset(part, [3, 1])
    assert inner.where(0) == part.where(3) and inner.ids.tolist() == [part.id(3), part.id(1)]


def test_a_split_hangs_on_the_seed_and_on_ids_alone() -> None:
    source = numbers(200)
    one, other = source.split(0.5, seed=1)[0], source.split(0.5, seed=2)[0]
    assert np.array_equal(one.positions, source.split(0.5, seed=1)[0].positions)
    assert 30 < len(set(one.positions) & set(other.positions)) < 70
    backwards = Subset(source, np.arange(200)[::-1]).split(0.5, seed=1)[0]
    assert set(backwards.ids) == set(one.ids)
    assert one.positions[:8].tolist() == [2, 3, 4, 8, 9, 11, 14, 15]  # for ever


def test_more_files_move_few_samples() -> None:
    before = set(numbers(200).split(0.5)[0].ids.tolist())
    after = set(numbers(210).split(0.5)[0].ids.tolist())
    assert len({i for i in after if i < 200} ^ before) <= 10


def test_what_is_no_split() -> None:
    for fraction in (0, 1, -0.1, 1.5, 80, float("nan")):
        with pytest.raises(SourceError, match=f"a fraction above 0 and below 1, got {fraction}"):
            numbers(10).split(fraction)
    with pytest.raises(SourceError, match=r"a split of 2 samples at 0\.9 leaves one side empty"):
        numbers(2).split(0.9)
    with pytest.raises(SourceError, match="lie in 0 to 9, got 3 to 10"):
        Subset(numbers(10), [3, 10])
    with pytest.raises(SourceError, match="comes twice"):
        Subset(numbers(10), [3, 3])


def test_labels_of_a_list_stay_a_list() -> None:
    source = Arrays(np.zeros((3, 1, 1), np.uint8), ["a", "b", "c"])
    assert Subset(source, [2, 0]).labels == ["c", "a"]


def test_a_pickled_subset_is_the_same() -> None:
    part = numbers(20).split(0.3)[1]
    copy = pickle.loads(pickle.dumps(part))
    assert np.array_equal(copy.ids, part.ids) and copy.labels.tolist() == part.labels.tolist()


def test_fields_and_targets_are_passed_on() -> None:
    targets = Targets(depth=PerSample())
    source = Arrays(np.zeros((5, 1, 1), np.uint8), fields={"depth": [10, 11, 12, 13, 14]}, targets=targets)
    part = Subset(Subset(source, [4, 2, 0]), [1, 0])
    assert [part.fields(i) for i in range(2)] == [{"depth": 12}, {"depth": 14}] and part.targets == targets
    copy = pickle.loads(pickle.dumps(part))
    assert copy.fields(1) == {"depth": 14} and copy.targets == targets
