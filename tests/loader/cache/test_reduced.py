"""Pictures reduced to a side: their sizes, and that nothing but the size is new about them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from variegate.loader.cache import Store
from variegate.loader.cache.reduced import reduced, reduced_size

from .conftest import Stamped, fill

Make = Callable[..., Store]


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.integers(1, 2_000))
def test_the_longer_side_is_the_side_and_the_proportion_stays(height: int, width: int, side: int) -> None:
    found = reduced_size((height, width), side)
    assert max(found) == min(side, max(height, width))
    assert min(found) >= 1
    factor = max(found) / max(height, width)
    for before, after in zip((height, width), found, strict=True):
        assert after == 1 or abs(after - before * factor) <= 0.5 + 1e-9
    assert reduced_size(found, side) == found
    assert reduced_size((width, height), side) == found[::-1]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("size", [(33, 97), (400, 30), (1, 90)])
def test_channels_dtype_and_a_plain_colour_stay(dtype: type, channels: int, size: tuple[int, int]) -> None:
    steps = {np.uint8: 50, np.uint16: 13000, np.float32: 0.2}[dtype]
    colour = np.arange(channels) * steps + steps / 2
    pixels = np.broadcast_to(colour.astype(dtype), (*size, channels))
    found = reduced(pixels, 20)
    assert found.shape == (*reduced_size(size, 20), channels) and found.dtype == dtype
    np.testing.assert_allclose(found, np.broadcast_to(colour.astype(dtype), found.shape), atol=1e-6)


def test_sixteen_bits_are_reduced_at_16_bits() -> None:
    """To the nearest of what Pillow makes of the same numbers as floats, and not by way of 256 levels."""
    numbers = np.random.default_rng(0).integers(0, 65536, (90, 120, 2)).astype(np.uint16)
    found = reduced(numbers, 30)
    floats = reduced(numbers.astype(np.float32), 30)
    assert found.dtype == np.uint16 and np.array_equal(found, np.rint(floats))
    assert len(np.unique(found)) > 1000


def test_a_hole_stays_a_hole() -> None:
    """A NaN takes those along that are made of it, and no others."""
    numbers = np.random.default_rng(0).random((90, 120, 1)).astype(np.float32)
    whole = reduced(numbers, 30)
    numbers[3, 4] = np.nan
    found = reduced(numbers, 30)
    assert np.isnan(found[0, 0]) and np.isnan(found).sum() < 50
    assert np.array_equal(found[10:], whole[10:])


def test_small_pictures_are_themselves() -> None:
    pixels = np.zeros((20, 30, 3), np.uint8)
    assert reduced(pixels, 30) is pixels and reduced(pixels, None) is pixels


def test_it_is_antialiased_and_stays_within_the_range() -> None:
    stripes = np.zeros((64, 640, 1), np.float32)
    stripes[:, ::2] = 1
    found = reduced(stripes, 64)
    assert np.abs(found[:, 2:-2] - 0.5).max() < 0.05  # every tenth column alone would be 0 or 1 throughout
    step = np.zeros((64, 640, 1), np.float32)
    step[:, 300:] = 1
    assert set(np.unique(reduced(step, 64)[[0, -1]][:, [0, -1]])) == {0, 1}
    assert np.all(reduced(step, 64) >= 0) and np.all(reduced(step, 64) <= 1)  # Lanczos overshoots


def test_a_store_gives_the_reduced_picture_kept_or_not(make: Make, source: Stamped) -> None:
    whole, none = make(source, max_side=16), make(source, max_side=16, max_bytes=0)
    fill(whole, source)
    for i, image in enumerate(source.images):
        small, size = whole.get(i), image.shape[:2]
        assert small is not None and max(small.shape[:2]) == min(16, max(size)) and whole.size(i) == size
        if none.get(i) is None:
            np.testing.assert_array_equal(none.put(i, image, size), small)
        np.testing.assert_array_equal(whole.put(i, image, size), small)


def test_another_side_is_another_cache(make: Make, source: Stamped) -> None:
    fill(make(source, max_side=16), source)
    for side in (None, 17):
        assert make(source, max_side=side).get(0) is None
