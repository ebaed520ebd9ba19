"""A split has every sample once, hangs on (seed, id) alone, and keeps ids, labels and classes."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from variegate.errors import SourceError
from variegate.loader import Arrays, ImageFolder, Joined, Loader, Subset
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


def classed(counts: dict[int, int]) -> Arrays:
    labels = np.repeat(list(counts), list(counts.values()))
    return Arrays(np.zeros((len(labels), 1, 1), np.uint8), labels)


def test_a_stratified_split_has_the_same_share_of_each_class() -> None:
    source = classed({0: 100, 1: 10, 2: 30})
    one, other = source.split(0.8, seed=1, stratify=True)
    assert np.bincount(one.labels).tolist() == [80, 8, 24]
    assert sorted([*one.positions, *other.positions]) == list(range(140))
    given = source.split(0.8, seed=1, stratify=[f"c{label}" for label in source.labels])
    assert np.array_equal(given[0].positions, one.positions)
    shuffled = Subset(source, np.random.default_rng(0).permutation(140)).split(0.8, seed=1, stratify=True)[0]
    assert set(shuffled.ids) == set(one.ids)
    assert not np.array_equal(source.split(0.8, seed=2, stratify=True)[0].positions, one.positions)


def test_a_grouped_split_tears_no_group_apart() -> None:
    source, groups = numbers(100), [f"patient {n % 17}" for n in range(100)]
    one, other = source.split(0.7, groups=groups)
    sides = [{groups[i] for i in part.positions} for part in (one, other)]
    assert not sides[0] & sides[1] and len(sides[0] | sides[1]) == 17
    assert abs(len(one) - 70) <= 3 and len(one) + len(other) == 100
    assert set(source.split(0.7, seed=5, groups=groups)[0].ids) != set(one.ids)


@pytest.mark.parametrize("how", ["plain", "stratified", "grouped"])
def test_each_sample_validates_in_one_fold(how: str) -> None:
    source, groups = classed({0: 40, 1: 11}), [n // 3 for n in range(51)]
    options = {"plain": {}, "stratified": {"stratify": True}, "grouped": {"groups": groups}}[how]
    folds = source.folds(5, seed=3, **options)  # type: ignore[arg-type]
    assert len(folds) == 5
    assert sorted(i for _, valid in folds for i in valid.positions) == list(range(51))
    for train, valid in folds:
        assert sorted([*train.positions, *valid.positions]) == list(range(51))
        assert abs(len(valid) - 10.2) <= (3 if how == "grouped" else 1)
        if how == "stratified":
            assert np.bincount(valid.labels).tolist() in ([8, 2], [8, 3])
        if how == "grouped":
            assert not {groups[i] for i in train.positions} & {groups[i] for i in valid.positions}
    assert [len(valid) for _, valid in source.folds(5, seed=3, **options)] == [len(valid) for _, valid in folds]  # type: ignore[arg-type]


def test_what_cannot_be_stratified_or_grouped() -> None:
    source = numbers(10)
    with pytest.raises(SourceError, match="keeps classes or groups, not both"):
        source.split(0.5, stratify=True, groups=[0] * 10)
    with pytest.raises(SourceError, match=r"^stratify=True needs a source with one label a sample"):
        Arrays(np.zeros((4, 1, 1), np.uint8)).split(0.5, stratify=True)
    with pytest.raises(SourceError, match=r"^stratify=True needs a source with one label a sample"):
        Arrays(np.zeros((2, 1, 1), np.uint8), [["a"], ["a", "b"]], classes=["a", "b"]).split(0.5, stratify=True)
    with pytest.raises(SourceError, match=r"^groups has one entry a sample: 10 of them, got 3$"):
        source.split(0.5, groups=[1, 2, 3])
    with pytest.raises(SourceError, match=r"^groups has numbers or texts, got \[1\]$"):
        source.split(0.5, groups=[[1]] * 10)
    with pytest.raises(SourceError, match="leaves one side empty"):
        source.split(0.5, groups=[0] * 10)
    with pytest.raises(SourceError, match=r"^3 folds of 2 samples leave one of them empty$"):
        numbers(2).folds(3)
    with pytest.raises(SourceError, match=r"^folds takes a number, which is an integer of 2 or more, got 1$"):
        source.folds(1)


def test_a_slice_is_a_subset_and_a_position_a_sample(folder: Path) -> None:
    source = numbers(10)
    assert source[:3].ids.tolist() == [0, 1, 2] and source[::-4].ids.tolist() == [9, 5, 1]
    assert source[[3, -1]].ids.tolist() == [3, 9] and source[np.arange(10) > 7].ids.tolist() == [8, 9]
    assert isinstance(source[:3], Subset) and len(source[5:5]) == 0
    sample = source[-1]
    assert sample["image"].tolist() == [[[9]]] and sample["label"] == 9
    assert [sample["label"] for sample in source] == list(range(10))
    files = ImageFolder(folder)
    assert files[0]["image"].shape == (*files.header(0, files.read(0)).size, 3)
    with pytest.raises(IndexError):
        source[10]
    for wrong in ("image", 1.5, [1.5], [[1]], [True]):
        with pytest.raises(SourceError, match=r"^a source is indexed by a position, a slice, positions or 10 bools"):
            source[wrong]
    with pytest.raises(SourceError, match="lie in 0 to 9, got 10 to 10"):
        source[[10]]


def test_a_sum_has_the_samples_of_both(folder: Path) -> None:
    source = numbers(3) + numbers(3) + numbers(3)[1:]
    assert isinstance(source, Joined) and len(source.sources) == 3 and len(source) == 8
    assert source.ids[:3].tolist() == [0, 1, 2] and len(set(source.ids.tolist())) == 8
    assert [sample["image"].item() for sample in source] == [0, 1, 2, 0, 1, 2, 1, 2] == source.labels.tolist()
    assert source.classes == numbers(3).classes and source.where(4) == numbers(3).where(1)
    other = Arrays(np.zeros((3, 1, 1), np.uint8), [0, 1, 2], classes=["c0", "c1", "c2"])
    assert source.fingerprint == (numbers(3) + numbers(3) + numbers(3)[1:]).fingerprint
    assert source.fingerprint != (numbers(3) + numbers(3) + numbers(3)[:2]).fingerprint
    twice = ImageFolder(folder) + ImageFolder(folder)
    batches = list(Loader(twice, batch_size=4, shuffle=False, workers=2).epoch(0))
    assert sum(len(batch["index"]) for batch in batches) == 2 * len(ImageFolder(folder))
    assert np.array_equal(pickle.loads(pickle.dumps(source)).ids, source.ids)
    assert (other + other)[5:].source.sources[1] is other


def test_the_fields_and_labels_of_a_sum() -> None:
    targets = Targets(depth=PerSample())
    one = Arrays(np.zeros((2, 1, 1), np.uint8), fields={"depth": [1, 2]}, targets=targets)
    assert [(one + one)[i]["depth"] for i in range(4)] == [1, 2, 1, 2] and (one + one).labels is None
    several = Arrays(np.zeros((2, 1, 1), np.uint8), [["a"], ["a", "b"]], classes=["a", "b"])
    assert (several + several).labels[[1, 2]].tolist() == [[1, 1], [1, 0]]
    texts = Arrays(np.zeros((2, 1, 1), np.uint8), ["a", "b"])
    assert (texts + texts).labels == ["a", "b", "a", "b"]
    with pytest.raises(SourceError, match=r"^sources that are joined have one targets, got"):
        one + Arrays(np.zeros((2, 1, 1), np.uint8))
    with pytest.raises(SourceError, match=r"^sources that are joined have one classes, got \('a', 'b'\) and \(\)"):
        several + texts
    with pytest.raises(SourceError, match="all have labels of one kind, or none has"):
        texts + Arrays(np.zeros((2, 1, 1), np.uint8))
    with pytest.raises(TypeError):
        texts + 1
