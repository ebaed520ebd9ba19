"""Arrays out of a sub-key: by position, whatever the part; the kernels equal the plain reference to the bit."""

from __future__ import annotations

import itertools
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernels.test_fused_equals_reference import RUNS

import variegate as vg
from variegate import rng
from variegate.kernels import bits
from variegate.kernels import reference_bits as reference

KEY = np.array([0xA4093822, 0x299F31D0, 0x13198A2E, 0x03707344], np.uint32)
KINDS = ["words", "uniforms", "normals"]
COUNT = 200_000
KEYS = st.lists(st.integers(0, 2**32 - 1), min_size=4, max_size=4).map(lambda words: np.array(words, np.uint32))


def same(one, other):
    return one.dtype == other.dtype and one.tobytes() == other.tobytes()


def test_the_reference_is_philox_as_published():
    """The known answers of Random123, as those of `rng.block` in tests/test_rng.py."""
    ones, pi = [2**32 - 1] * 4, [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344]
    counters = np.array([[0] * 4, ones, pi], np.uint64)
    for counter, key, want in zip(
        counters,
        [(0, 0), (2**32 - 1,) * 2, (0xA4093822, 0x299F31D0)],
        [0x6627E8D5, 0x408F276D, 0xD16CFE09],
        strict=True,
    ):
        assert reference.philox(counter[:, None], key)[0, 0] == want


def test_a_word_is_that_of_a_known_block():
    """Its number is the counter's first two words, the rest of the sub-key the others."""
    number = 0x05A308D3243F6A88
    want = rng.block((0x243F6A88, 0x05A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0))
    assert tuple(bits.words(KEY, 4 * number, 4 * number + 4).tolist()) == want
    assert tuple(reference.words(KEY, 4 * number, 4 * number + 4).tolist()) == want


@pytest.mark.parametrize("kind", KINDS)
@RUNS
@given(KEYS, st.integers(0, 2**60), st.integers(0, 700))
def test_the_kernel_equals_the_reference(kind, key, start, count):
    fill, truth = getattr(bits, kind), getattr(reference, kind)
    assert same(fill(key, start, start + count), truth(key, start, start + count))


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_equals_the_reference(kind):
    assert same(getattr(bits, kind)(KEY, 1, COUNT), getattr(reference, kind)(KEY, 1, COUNT))


@pytest.mark.parametrize("kind", KINDS)
def test_any_split_gives_the_same(kind):
    fill = getattr(bits, kind)
    whole = fill(KEY, 0, 60)
    for start in range(20):
        for stop in range(start, 60):
            assert same(fill(KEY, start, stop), whole[start:stop]), (start, stop)


@pytest.mark.parametrize("kind", KINDS)
def test_threads_and_order_change_nothing(kind):
    fill, edges = getattr(bits, kind), [0, 1, 6, 1000, 1003, 40_000, 99_999, 100_000]
    parts = list(itertools.pairwise(edges))[::-1]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda part: fill(KEY, *part), parts))
    assert same(np.concatenate(found[::-1]), fill(KEY, 0, 100_000))


@pytest.mark.parametrize("kind", KINDS)
def test_every_bit_of_the_key_has_a_say(kind):
    fill = getattr(bits, kind)
    flips = [np.uint32(1 << n) * np.eye(4, dtype=np.uint32)[word] for word in range(4) for n in range(32)]
    keys = [KEY, *(KEY ^ flip for flip in flips)]
    found = np.stack([fill(key, 0, 1000).astype(np.float64) for key in keys])
    correlated = np.corrcoef(found) - np.eye(len(keys))
    assert np.abs(correlated).max() < 6 / math.sqrt(1000)


def test_uniforms_are_even():
    u = bits.uniforms(KEY, 0, COUNT).astype(np.float64)
    assert u.min() >= 0 and u.max() < 1 and np.array_equal(u, np.floor(u * 2**24) / 2**24)
    ordered, steps = np.sort(u), np.arange(COUNT + 1) / COUNT
    assert max(np.max(steps[1:] - ordered), np.max(ordered - steps[:-1])) < 1.95 / math.sqrt(
        COUNT
    )  # Kolmogorov-Smirnov
    for lag in (1, 2, 3, 4, 5, 64):
        assert abs(np.corrcoef(u[:-lag], u[lag:])[0, 1]) < 4 / math.sqrt(COUNT), lag


def test_normals_are_a_bell_curve():
    z = bits.normals(KEY, 0, COUNT).astype(np.float64)
    n = math.sqrt(COUNT)
    for power, want, spread in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10170)):
        assert abs((z**power).mean() - want) < 4 * math.sqrt(spread) / n, power
    for bound in (0.1, 0.5, 1, 2, 3):
        share = math.erf(bound / math.sqrt(2))
        assert abs((np.abs(z) < bound).mean() - share) < 4 * math.sqrt(share * (1 - share)) / n, bound
    assert np.isfinite(z).all() and np.abs(z).max() < 6.7
    for lag in (1, 2, 3, 4, 5, 64):
        assert abs(np.corrcoef(z[:-lag], z[lag:])[0, 1]) < 4 / n, lag
        assert abs(np.corrcoef(z[:-lag] ** 2, z[lag:] ** 2)[0, 1]) < 4 / n, lag


def test_the_two_of_a_pair_have_every_direction_alike():
    z = bits.normals(KEY, 0, COUNT).astype(np.float64)
    angle = (np.arctan2(z[1::2], z[::2]) / (2 * np.pi)) % 1
    counts = np.bincount((angle * 64).astype(int), minlength=64)
    assert np.sum((counts - COUNT / 128) ** 2 / (COUNT / 128)) < 63 + 3.3 * 11.2
    assert abs(np.corrcoef(angle, z[::2] ** 2 + z[1::2] ** 2)[0, 1]) < 4 / math.sqrt(COUNT / 2)


def test_normals_at_the_ends_of_what_words_hold():
    """The formula at the words that make the largest, the smallest and no radius."""
    one = np.array([0, 1, 2, 2**31, 2**32 - 1, 2**32 - 2, 2**24], np.int64)
    along, across = reference._pair(one, np.full(len(one), 2**29))  # along an axis
    radius = np.sqrt(-2 * np.log(np.minimum((one // 2 + 0.5) / 2**31, 1)))
    assert np.allclose(along, radius, rtol=1e-6, atol=4e-4) and np.abs(across).max() == 0
    assert along.max() < 6.7 and along.min() == 0


def subkeys(seed=0, path="Noise", name="bits", ids=(0,), epoch=0, variation=0):
    keys = vg.Keys.at(seed, epoch, np.asarray(ids, np.uint64), variation)
    return rng.blocks(rng.streams(seed, [(path, name, 0)]), keys.id, keys.epoch, keys.variation)[0]


def test_neighbours_of_a_key_have_other_arrays():
    """Of a seed, path, field, epoch, id and variation."""
    changes = [{}, {"seed": 1}, {"path": "Noise#2"}, {"name": "bitt"}, {"ids": [1]}, {"epoch": 1}, {"variation": 1}]
    changes += [{"ids": [1 << 32]}, {"seed": -1}]
    found = np.stack([bits.normals(subkeys(**change)[:, 0], 0, 20_000) for change in changes])
    correlated = np.corrcoef(found.astype(np.float64)) - np.eye(len(found))
    assert np.abs(correlated).max() < 4.5 / math.sqrt(20_000)


def test_many_samples_are_uncorrelated():
    keys = subkeys(ids=range(200))
    found = np.stack([bits.normals(keys[:, i], 0, 2000) for i in range(200)]).astype(np.float64)
    assert np.abs(np.corrcoef(found) - np.eye(200)).max() < 6 / math.sqrt(2000)
    assert abs(found.mean(axis=0).std() * math.sqrt(200) - 1) < 0.1, "at one position samples are spread as in one"
