"""Noise in compiled code equals its reference to the bit, and its normals and even numbers are what they are called."""

from __future__ import annotations

import ctypes
import math

import numpy as np
import pytest

from variegate.kernels import reference_noise as reference
from variegate.kernels.noises import NOISES

BITS = np.array([0xA4093822, 0x299F31D0, 0x13198A2E, 0x03707344], np.uint32)
NUMBERS = {
    "gaussian": (0.1, 0.02),
    "uniform": (0.2,),
    "speckle": (0.3,),
    "shot": (0.05,),
    "iso": (0.1, 0.2),
    "salt_and_pepper": (0.1, 0.2),
}
KINDS = [(kind, shared) for kind in NUMBERS for shared in (0, 1) if not shared or kind not in ("shot", "iso")]


def run(kind, planes, y, shared=0, numbers=None, apart=7, bits=BITS):
    """A row (C, width) as the unit makes it, with other memory behind each plane."""
    channels, width = planes.shape
    memory = np.full((channels, width + apart), 9, np.float32)
    memory[:, :width] = planes
    draws = np.concatenate([[channels, shared], NUMBERS[kind] if numbers is None else numbers, bits.view(np.float64)])
    call = ctypes.CFUNCTYPE(None, *(ctypes.c_int64,) * 7)(NOISES[kind][0].address)
    call(memory.ctypes.data, width, width + apart, y, 10, draws.ctypes.data, 0)
    assert (memory[:, width:] == 9).all(), "it wrote beyond the row"
    return memory[:, :width]


def truth(kind, planes, y, shared=0, numbers=None, bits=BITS):
    row = tuple(planes.copy())
    NOISES[kind][1](row, y, 10, bits, len(row), shared, *(NUMBERS[kind] if numbers is None else numbers))
    return np.stack(row)


def picture(channels, width, seed=0):
    """A row from below black to beyond white."""
    return np.random.default_rng(seed).uniform(-0.2, 1.3, (channels, width)).astype(np.float32)


@pytest.mark.parametrize(
    ("kind", "shared", "channels"), [(*kind, n) for kind in KINDS for n in (1, 3, 4) if kind[0] != "iso" or n < 4]
)
def test_the_unit_equals_the_reference(kind, shared, channels):
    for width in (1, 2, 15, 31, 33, 64, 224, 700, 1023, 1025, 2100):
        for y in (0, 1, 7):
            given = picture(channels, width, y)
            got, want = run(kind, given, y, shared), truth(kind, given, y, shared)
            if kind == "iso":  # whose sums have another order
                np.testing.assert_allclose(got, want, atol=3e-7)
            else:
                np.testing.assert_array_equal(got, want, err_msg=f"{width} {y}")


def test_shared_noise_is_the_same_in_all_channels():
    for kind, shared in KINDS:
        if shared:
            row = run(kind, np.full((3, 50), 0.5, np.float32), 3, 1)
            assert (row == row[0]).all(), kind
            np.testing.assert_array_equal(run(kind, np.full((1, 50), 0.5, np.float32), 3, 1), row[:1])


def test_no_word_is_taken_twice():
    """Neither within a row nor in two: numbers of 24 and more bits hardly ever meet."""
    rows = np.stack([run("gaussian", np.zeros((3, 1000), np.float32), y, 0, (1, 0)) for y in range(4)])
    assert len(np.unique(rows)) > 0.99 * rows.size
    rows = np.stack([run("iso", np.ones((1, 1000), np.float32), y, 0, (1, 0)) for y in range(4)])
    assert len(np.unique(rows)) > 0.99 * rows.size


def test_the_normals_of_all_directions_and_radii():
    """Their moments, with every radius once, and every direction once: no sample, so nothing to be lucky about."""
    radii = np.arange(2**18, dtype=np.uint32) << np.uint32(14)
    one, two = (each.astype(np.float64) for each in reference.bells(radii | np.uint32(0x2FFF)))
    square = one**2 + two**2
    want = -2 * np.log((np.arange(2**18) + 0.5) / 2**18)
    np.testing.assert_allclose(square[:-1], want[:-1], rtol=2e-4)
    assert math.sqrt(square.max()) < 5.2
    assert abs(square.mean() - 2) < 2e-4 and abs((square**2).mean() - 8) < 2e-3 and abs((square**3).mean() - 48) < 0.06
    one, two = (each.astype(np.float64) for each in reference.bells(np.arange(2**14, dtype=np.uint32)))
    far = math.sqrt((one**2 + two**2).mean())
    angle = np.sort((np.arctan2(two, one) / (2 * np.pi)) % 1)
    np.testing.assert_allclose(angle, (np.arange(2**14) + 0.5) / 2**14, atol=2e-5)
    assert abs(one.mean()) < 1e-6 * far and abs(two.mean()) < 1e-6 * far
    np.testing.assert_allclose(np.hypot(one, two), far, rtol=2e-4)


def test_even_numbers_of_all_words():
    low, high = reference.evens(np.arange(2**16, dtype=np.uint32) * np.uint32(65537))
    np.testing.assert_array_equal(low, (np.arange(2**16) - 32767.5) / 32768)
    np.testing.assert_array_equal(high, low)
