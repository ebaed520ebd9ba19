"""White: which number it is, and what happens to pictures that leave it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from variegate.errors import FieldError, InputError
from variegate.white import NOMINAL, check_range, checked_white, white_of


@pytest.mark.parametrize("white", [None, "dtype", 1, 255.0, 4095])
def test_what_may_be_white(white):
    assert checked_white(white, "Compose.white") == white


@pytest.mark.parametrize("white", [0, -1.0, float("nan"), float("inf"), "255", True, (255,)])
def test_what_may_not(white):
    with pytest.raises(FieldError, match=r"Compose\.white"):
        checked_white(white, "Compose.white")


def test_white_by_dtype():
    for dtype in ("uint8", "uint16", "float32"):
        assert white_of("dtype", dtype, "white") == NOMINAL[dtype]
        assert white_of(None, dtype, "white") is None
        assert white_of(128.0, dtype, "white") == 128
    assert white_of(0.5, "float32", "white") == 0.5 and white_of(1e6, "float32", "white") == 1e6


@pytest.mark.parametrize(
    ("white", "dtype"), [(256.0, "uint8"), (65536.0, "uint16"), (0.5, "uint8"), (4095.5, "uint16")]
)
def test_a_white_that_the_dtype_cannot_hold(white, dtype):
    with pytest.raises(InputError, match=rf"Compose\.white is .*, which a picture of {dtype} cannot hold"):
        white_of(white, dtype, "Compose.white")


def held(picture, white):
    check_range(picture, white, "Contrast", declare="Compose(..., white={})")


@pytest.mark.parametrize("white", [1.0, 255.0, 0.1])
def test_rounding_is_let_pass(white):
    picture = np.linspace(0, white, 60, dtype=np.float32).reshape(4, 5, 3)
    held(picture, white)
    picture[0, 0] = -white / 1e5, -0.0, white * (1 + 1e-5)
    held(picture, white)
    for beyond in (-white * 2e-5, white * (1 + 2e-5)):
        picture[2, 2, 2] = beyond
        with pytest.raises(InputError, match="Contrast takes 0 to"):
            held(picture, white)


@pytest.mark.parametrize("place", [(0, 0, 0), (3, 4, 2)])
@pytest.mark.parametrize("bad", [np.nan, -np.nan, np.inf, -np.inf])
def test_no_number_passes(bad, place):
    picture = np.full((4, 5, 3), 0.5, np.float32)
    picture[place] = bad
    with pytest.raises(InputError, match="NaN" if np.isnan(bad) else "from .*inf|to inf"):
        held(picture, 1.0)


def test_integers_beyond_a_declared_white():
    picture = np.full((4, 5), 4095, np.uint16)
    held(picture, 4095.0)
    picture[1, 1] = 4096
    with pytest.raises(InputError, match="from 4095 to 4096, but white is 4095"):
        held(picture, 4095.0)
    held(picture, 65535.0)


@pytest.mark.parametrize(
    ("low", "high", "advice"),
    [
        (0, 255, "Declare which number is white, such as Compose(..., white=255), or Compose(..., white=None) where"),
        (0, 4000, "such as Compose(..., white=4095), or"),
        (0, 60000, "such as Compose(..., white=65535), or"),
        (-1024, 3071, "Contrast takes 0 to 1. Declare Compose(..., white=None) where the numbers have no range"),
    ],
)
def test_the_error_says_what_to_declare(low, high, advice):
    picture = np.array([[low, high]], np.float32)
    with pytest.raises(InputError, match=re.escape(advice)) as caught:
        held(picture, 1.0)
    assert f"is float32 from {low} to {high}, but white is 1" in str(caught.value)


def test_nan_alone_is_told_apart():
    picture = np.array([[0.5, np.nan, np.nan]], np.float32)
    with pytest.raises(InputError, match="holds 2 NaNs, and Contrast has no colour to make of them"):
        held(picture, 1.0)
