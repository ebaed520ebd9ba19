"""Arrays give their pictures without a copy; labels of another length, and other pictures, are errors."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from variegate.errors import SourceError
from variegate.loader import Arrays, Source
from variegate.targets import Boxes, Mask, PerInstance, Targets


@pytest.mark.parametrize("shape", [(5, 4, 6), (5, 4, 6, 1), (5, 4, 6, 3), (5, 4, 6, 7)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_pictures_have_an_axis_of_channels_and_are_no_copies(shape: tuple[int, ...], dtype: type) -> None:
    images = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    source = Arrays(images)
    assert len(source) == 5 and source.ids.tolist() == [0, 1, 2, 3, 4] and source.ids.dtype == np.uint64
    assert source.read(2).shape == (4, 6, shape[3] if len(shape) == 4 else 1)
    assert np.shares_memory(source.read(2), images) and np.array_equal(source.read(2).ravel(), images[2].ravel())
    assert source.labels is None and source.label(0) is None and source.where(3) == "images[3]"


def test_a_list_may_have_many_sizes() -> None:
    source = Arrays([np.zeros((4, 5, 3), np.uint8), np.ones((9, 2, 3), np.uint8)], [7, 8])
    assert source.read(1).shape == (9, 2, 3) and source.label(1) == 8


def test_a_memory_map_stays_one(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(300, dtype=np.uint8).reshape(4, 5, 5, 3))
    source = Arrays(np.load(tmp_path / "x.npy", mmap_mode="r"))
    assert isinstance(source.images, np.memmap) and source.read(3)[0, 0, 0] == 225


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ([1, 0, 2], np.dtype(np.int64)),
        (np.array([1, 0, 2], np.uint8), np.dtype(np.int64)),
        ([True, False, True], np.dtype(np.int64)),
        ([0.5, 1.0, 2.0], np.dtype(np.float64)),
        (np.eye(3, dtype=np.float32), np.dtype(np.float32)),
        (["a", "b", "c"], list),
        ([["sea", "sun"], ["sun"], []], list),
        ((None, "x", 3), list),
    ],
)
def test_labels(labels: object, kind: object) -> None:
    found = Arrays(np.zeros((3, 2, 2), np.uint8), labels).labels
    assert (found.dtype if isinstance(found, np.ndarray) else type(found)) == kind
    assert all(np.array_equal(a, b) for a, b in zip(found, labels, strict=True))  # type: ignore[call-overload]


def test_what_is_no_data_set() -> None:
    grey = np.zeros((4, 2, 2), np.uint8)
    for wrong, said in [
        (np.zeros((2, 2), np.uint8), r"shape \(N, H, W\) or \(N, H, W, C\), got \(2, 2\)"),
        (np.zeros((0, 2, 2), np.uint8), "got no pictures"),
        ([], "got no pictures"),
        (np.zeros((2, 0, 2), np.uint8), r"images\[0\] of Arrays is .*, none of them 0; got \(0, 2\)"),
        (np.full((2, 2, 2), 0.1), r"is uint8, uint16 or float32, got float64 .*; convert it, as by image\.astype\("),
        (np.zeros((5, 3, 32, 32), np.uint8), r"got \(3, 32, 32\): .* channels seem to come first"),
        ([grey[0], np.zeros((2, 2, 3), np.uint8)], r"images\[0\] is uint8 \(2, 2\), images\[1\] is uint8 \(2, 2, 3\)"),
        ([grey[0], grey[0].astype(np.float32)], "one dtype"),
        ([grey[0], grey[0, 0]], r"images\[1\] of Arrays is \(height, width\)"),
    ]:
        with pytest.raises(SourceError, match=said):
            Arrays(wrong)  # type: ignore[arg-type]
    for labels in ([1, 2, 3], np.zeros(5), "abcde"):
        with pytest.raises(SourceError, match=f"there are 4 pictures and {len(labels)} labels"):  # type: ignore[arg-type]
            Arrays(grey, labels)


def test_pickled_arrays_are_the_same() -> None:
    copy = pickle.loads(pickle.dumps(Arrays(np.arange(8, dtype=np.uint8).reshape(2, 2, 2), [1, -1], ["a", "b"])))
    assert (
        copy.labels.tolist() == [1, -1] and copy.read(1).ravel().tolist() == [4, 5, 6, 7] and copy.classes == ["a", "b"]
    )


def test_fields_are_those_given_and_no_copies() -> None:
    boxes = [np.array([[0, 0, 2, 2]]), np.zeros((0, 4)), np.array([[1, 1, 4, 4], [0, 0, 1, 1]])]
    masks = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)
    targets = Targets(boxes=Boxes(), names=PerInstance())
    source = Arrays(masks, fields={"boxes": boxes, "mask": masks, "names": [["a"], [], ["b", "c"]]}, targets=targets)
    fields = source.fields(2)
    assert list(fields) == ["boxes", "mask", "names"] and fields["boxes"] is boxes[2] and fields["names"] == ["b", "c"]
    assert np.shares_memory(fields["mask"], masks) and np.array_equal(fields["mask"], masks[2])
    assert source.targets == targets and source.labels is None
    assert targets.read(fields, (4, 4))["boxes"].count == 2
    copy = pickle.loads(pickle.dumps(source))
    assert copy.targets == targets and copy.fields(2)["names"] == ["b", "c"]


def test_targets_may_be_a_dict_or_the_pipelines() -> None:
    grey = np.zeros((2, 4, 4), np.uint8)
    assert Arrays(grey, targets={"ids": Mask()}).targets == Targets(ids=Mask())
    source = Arrays(grey, [5, 6], fields={"boxes": [[], []]})
    assert source.targets is None and source.fields(1) == {"boxes": []} and source.label(1) == 6
    assert Arrays(grey).targets is None and Arrays(grey).fields(0) == {}


def test_what_are_no_fields() -> None:
    grey = np.zeros((3, 2, 2), np.uint8)
    for fields, said in [
        ({"boxes": [1, 2]}, "boxes of Arrays is one value for each of 3 pictures, got 2"),
        ({"boxes": 7}, "each of 3 pictures, got int"),
        ({"image": grey}, "^Arrays: the name 'image' is taken: a batch has one of its own. Choose another$"),
        ({"index": grey}, "the name 'index' is taken"),
        ({"id": grey}, "the name 'id' is taken"),
        ({"label": [1, 2, 3]}, "the name 'label' is taken: .* Choose another, or pass it as labels$"),
        ({"variation": [1, 2, 3]}, "the name 'variation' is taken"),
        ({"instances": [1, 2, 3]}, "the name 'instances' is taken"),
        (
            {"poses": [1, 2, 3]},
            "the field 'poses' of Arrays has no target: say what it is, as by targets={.*PerInstance",
        ),
    ]:
        with pytest.raises(SourceError, match=said):
            Arrays(grey, fields=fields, targets=Targets(boxes=Boxes()))  # type: ignore[dict-item]


def test_a_source_of_ones_own_has_no_fields_unless_it_says_so() -> None:
    class Own(Source):
        ids = np.arange(2, dtype=np.uint64)

        def read(self, i: int) -> np.ndarray:
            return np.zeros((2, 2, 3), np.uint8)

        def where(self, i: int) -> str:
            return f"#{i}"

    assert Own().targets is None and Own().fields(1) == {} and Own().split(0.5)[0].fields(0) == {}
