"""Arrays give their pictures without a copy; labels of another length, and other pictures, are errors."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from variegate.errors import SourceError
from variegate.loader import Arrays


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
        ([[1], [1, 2], []], list),
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
        (np.zeros((2, 0, 2), np.uint8), r"none of them 0, got \(0, 2\)"),
        (np.zeros((2, 2, 2)), r"uint8 \(0 to 255\) or float32 \(0 to 1\), got float64; convert it"),
        ([grey[0], np.zeros((2, 2, 3), np.uint8)], r"images\[0\] is uint8 \(2, 2\), images\[1\] is uint8 \(2, 2, 3\)"),
        ([grey[0], grey[0].astype(np.float32)], "one dtype"),
        ([grey[0], grey[0, 0]], r"images\[1\] of Arrays has shape"),
    ]:
        with pytest.raises(SourceError, match=said):
            Arrays(wrong)  # type: ignore[arg-type]
    for labels in ([1, 2, 3], np.zeros(5), "abcde"):
        with pytest.raises(SourceError, match=f"there are 4 pictures and {len(labels)} labels"):  # type: ignore[arg-type]
            Arrays(grey, labels)


def test_pickled_arrays_are_the_same() -> None:
    copy = pickle.loads(pickle.dumps(Arrays(np.arange(8, dtype=np.uint8).reshape(2, 2, 2), [3, 4], ["a", "b"])))
    assert (
        copy.labels.tolist() == [3, 4] and copy.read(1).ravel().tolist() == [4, 5, 6, 7] and copy.classes == ["a", "b"]
    )
