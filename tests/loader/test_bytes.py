"""A number of bytes, as a person writes it."""

from __future__ import annotations

import numpy as np
import pytest

from variegate.errors import FieldError
from variegate.loader.bytes import parse_bytes


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *[("0", 0), ("512", 512), ("512b", 512), ("1kB", 1000), ("1KB", 1000), ("1KiB", 1024), ("2 MB", 2 * 10**6)],
        *[("256MB", 256 * 10**6), ("1.5GiB", 3 * 2**29), (" 8GB ", 8 * 10**9), ("1tb", 10**12), ("2TiB", 2**41)],
        *[("0.1GB", 10**8), ("1.0000000001kB", 1000)],
    ],
)
def test_a_text_is_a_number(text: str, number: int) -> None:
    assert parse_bytes(text) == number


@pytest.mark.parametrize("number", [0, 1, 2**40, np.int64(7)])
def test_a_number_is_itself(number: int) -> None:
    found = parse_bytes(number)
    assert found == number and type(found) is int


@pytest.mark.parametrize("wrong", ["", "MB", "-1MB", "1 XB", "1e9", "10 MB please", "1,5GB", ".5GB", "1m"])
def test_a_text_that_is_no_size(wrong: str) -> None:
    with pytest.raises(FieldError) as error:
        parse_bytes(wrong, "Loader.memory")
    assert str(error.value) == f'Loader.memory is a number of bytes such as "256MB", "1.5GiB" or 4096, got {wrong!r}'


@pytest.mark.parametrize("wrong", [-1, 1.5, True, None, b"1MB"])
def test_what_is_no_size(wrong: object) -> None:
    with pytest.raises(FieldError, match=r"Cache\.bytes is a number of bytes, 0 or more"):
        parse_bytes(wrong, "Cache.bytes")  # type: ignore[arg-type]
