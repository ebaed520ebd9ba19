"""A mode and a dtype are asked for in one way, by every source of files and every adapter that decodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from variegate.errors import FieldError, SourceError
from variegate.loader.decode.pixel_format import MODES, WHITES, check_pixel_format


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", np.uint16, np.dtype(np.float32)])
def test_what_may_be_asked_for(mode: str, dtype: Any) -> None:
    assert check_pixel_format(mode, dtype) == (mode, np.dtype(dtype).name)


@pytest.mark.parametrize("dtype", ["int16", "float64", "x", None, 8, np.int32])
def test_other_dtypes_are_refused(dtype: Any) -> None:
    with pytest.raises(FieldError, match=r'^dtype is "uint8", "uint16" or "float32", got '):
        check_pixel_format("RGB", dtype)
    with pytest.raises(SourceError, match=r'^dtype of Films is "uint8"'):
        check_pixel_format("RGB", dtype, "Films", SourceError)


@pytest.mark.parametrize("mode", ["BGR", None, 3, ["RGB"], "I;16"])
def test_other_modes_are_refused(mode: Any) -> None:
    with pytest.raises(FieldError, match=r'^mode of Films is "RGB", "L", "RGBA" or "bands", got '):
        check_pixel_format(mode, "uint8", "Films")


def test_white_of_8_bits_becomes_white() -> None:
    assert WHITES["uint16"] % WHITES["uint8"] == 0
