"""What can be imported goes by reference, what cannot by value; the large arrays of either go beside."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from variegate.loader.isolate.pickler import dumped

LARGE = np.arange(1 << 16)


def adder(addend: np.ndarray) -> Callable[[Any], Any]:
    return lambda value: value + addend


def test_what_can_be_imported_goes_by_reference() -> None:
    data, buffers = dumped(os.path.join)
    assert pickle.loads(data) is os.path.join and not buffers and len(data) < 100


def test_a_large_array_goes_once_whichever_way() -> None:
    data, buffers = dumped((LARGE, adder(LARGE)))
    assert len(data) < 2000 and len(buffers) == 1
    array, function = pickle.loads(data, buffers=buffers)
    assert np.array_equal(function(array), LARGE + LARGE)


def test_a_mapped_file_goes_as_its_path_by_value_too(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", LARGE)
    data, buffers = dumped(adder(np.load(tmp_path / "a.npy", mmap_mode="r")))
    assert len(data) < 2000 and not buffers
    assert np.array_equal(pickle.loads(data)(1), LARGE + 1)


def test_an_open_file_is_refused_and_not_sent_as_its_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    with open(tmp_path / "a.txt") as file, pytest.raises(TypeError, match="cannot pickle 'TextIOWrapper' object"):
        dumped([adder(LARGE), file])


def test_without_cloudpickle_a_lambda_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(Exception, match="adder"):
        dumped(adder(LARGE))
