"""The last write: float16 as NumPy rounds it, bytes half to even, and one picture in every layout."""

from __future__ import annotations

import numba
import numpy as np
import pytest

import variegate as vg
from variegate.kernels import write


@numba.njit
def halves(values, out):
    for n in range(values.size):
        out[n] = write.half(values[n])


def noise(shape, seed=0):
    return np.random.default_rng(seed).random(shape, np.float32)


def test_half_rounds_as_numpy_does():
    """Every float16 there is, the middle between each and the next, and the floats next to those."""
    each = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32)
    each = each[np.isfinite(each)]
    ordered = np.unique(each)
    middles = (ordered[1:] + ordered[:-1]) / 2
    top = np.array(
        [65504, 65519.996, 65520, 65520.004, 65536, 1e38, np.inf, 1e-8, 2.0**-25, 2.0**-24, 1e-45, 0], np.float32
    )
    values = np.concatenate([each, middles, top, -top])
    with np.errstate(over="ignore"):
        values = np.concatenate(
            [values, np.nextafter(values, np.float32(np.inf)), np.nextafter(values, -np.float32(np.inf))]
        )
        want = values.astype(np.float16).view(np.uint16)
    got = np.empty(values.size, np.uint16)
    halves(values, got)
    np.testing.assert_array_equal(got, want)
    halves(np.full(1, np.nan, np.float32), got[:1])
    assert np.isnan(got[:1].view(np.float16)[0])


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_float16_and_float32_agree(layout):
    image = noise((9, 11, 3))
    whole = vg.Compose([vg.Rotate(20), vg.ToDtype("float32", layout)])(image)
    np.testing.assert_array_equal(
        vg.Compose([vg.Rotate(20), vg.ToDtype("float16", layout)])(image), whole.astype(np.float16)
    )


def test_bytes_round_half_to_even():
    image = (np.arange(511, dtype=np.float32) / 510)[None, :, None]
    out = vg.Compose([vg.ToDtype("uint8")])(image)
    np.testing.assert_array_equal(out, np.rint(image * np.float32(255)).astype(np.uint8))
    assert set(np.flatnonzero(np.diff(out[0, :, 0]) == 0) % 4) <= {0, 3} or (out[0, 1::2, 0] % 2 == 0).mean() > 0.9
