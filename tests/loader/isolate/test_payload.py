"""A loader arrives as it was: arrays by shared memory, mapped files by their paths; what cannot go is named."""

from __future__ import annotations

import functools
import os
import pickle
import sys
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pytest

from variegate.errors import FieldError
from variegate.loader import Arrays, Loader
from variegate.loader.isolate.payload import packed, unpacked
from variegate.ops.function import Opaque
from variegate.ops.rotate import Rotate
from variegate.pipeline import Compose

pytestmark = pytest.mark.skipif(os.name != "posix", reason="isolate=True is for POSIX systems")


def sent(loader: Loader) -> Any:
    return unpacked(*packed(loader), pickle.Unpickler)


def test_large_arrays_do_not_go_through_the_pickle(images: np.ndarray) -> None:
    loader = Loader(Arrays(images, labels=range(64)), Compose([Rotate((0, 9))]), 7, seed=3, isolate=True, world_size=2)
    data, sizes, _ = packed(loader)
    assert len(data) < 10_000 and sizes == [images.nbytes]
    other = sent(loader)
    assert not other.isolate and loader.isolate
    assert (other.batch_size, other.seed, other.world_size, len(other)) == (7, 3, 2, len(loader))
    for a, b in zip(Loader(**{**options(loader), "isolate": False}).epoch(0), other.epoch(0), strict=True):
        assert np.array_equal(a["image"], b["image"]) and np.array_equal(a["label"], b["label"])


def options(loader: Loader) -> dict[str, Any]:
    names = ("source", "augment", "batch_size", "seed", "world_size")
    return {name: getattr(loader, name) for name in names}


@pytest.mark.parametrize("part", [slice(None), slice(5, 30), slice(7, 8)])
def test_a_mapped_file_is_mapped_there_too(tmp_path: Path, images: np.ndarray, part: slice) -> None:
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")[part]
    data, sizes, _ = packed(Loader(Arrays(mapped)))
    assert sizes == [] and len(data) < 10_000
    there = sent(Loader(Arrays(mapped))).source.images
    assert isinstance(there, np.memmap) and np.array_equal(there, images[part])


def test_what_is_mapped_but_not_as_the_file_is_goes_as_it_is(tmp_path: Path, images: np.ndarray) -> None:
    np.save(tmp_path / "images.npy", images)
    changed = np.load(tmp_path / "images.npy", mmap_mode="c")
    changed[3] = 7
    turned = np.load(tmp_path / "images.npy", mmap_mode="r").transpose(0, 2, 1, 3)
    for each in (changed, turned):
        assert np.array_equal(sent(Loader(Arrays(each))).source.images, each)


class Holder:
    """Something of a user's own, several levels deep."""

    def __init__(self, value: Any) -> None:
        self.options = {"a key": [1, (2, value)]}


def lambda_of() -> Any:
    return lambda image: image


def refused(source: Arrays, value: Any) -> str:
    """The error of a loader whose source holds a value that cannot be pickled."""
    source.extra = Holder(value)  # type: ignore[attr-defined]
    with pytest.raises(FieldError) as caught:
        packed(Loader(source))
    start = "isolate=True sends the loader to another process, and Loader.source.extra.options['a key'][1][1] cannot "
    assert str(caught.value).startswith(start + "be pickled: ")
    return str(caught.value)


@pytest.mark.parametrize("value", [Lock(), functools.partial(print, file=open(os.devnull))])  # noqa: SIM115
def test_what_cannot_be_pickled_is_named(images: np.ndarray, value: Any) -> None:
    said = refused(Arrays(images), value)
    assert said.endswith(
        "Open or make it where it is used first, so that it is no part of the loader; or leave out isolate"
    )


def test_without_cloudpickle_a_lambda_is_named(images: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    advice = 'or pip install "variegate[isolate]", which sends these too; or leave out isolate'
    assert refused(Arrays(images), lambda_of()).endswith(f"not as a lambda or inside of a function; {advice}")
    with pytest.raises(FieldError, match=r"Loader\.augment.*lambda"):
        packed(Loader(Arrays(images), Compose([Rotate(10), Opaque(lambda_of())])))


def test_with_cloudpickle_a_lambda_arrives(images: np.ndarray) -> None:
    value = sent(Loader(Arrays(images), Compose([Rotate(10), Opaque(lambda_of())]))).augment.ops[1].function
    assert value(7) == 7 and value is not lambda_of
