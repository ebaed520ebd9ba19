"""Draws: the generator is Philox as published, and its streams look independent wherever a key differs."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from variegate import rng
from variegate.key import Keys

ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [  # kat_vectors of Random123, the reference implementation of Salmon et al. (2011)
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_known_answers(counter, key, expected):
    assert rng.block(counter, key) == expected


def draw(seed=0, path="Rotate", field="angle", draws=(0,), ids=range(1), epoch=0, variation=0):
    keys = Keys.at(seed, epoch, np.asarray(ids, np.uint64), variation)
    table = rng.streams(seed, [(path, field, number) for number in draws])
    return rng.uniforms(table, keys.id, keys.epoch, keys.variation)


def test_a_uniform_is_53_bits_of_the_first_two_words():
    keys = Keys.at(0, 5, np.array([(7 << 32) + 9], np.uint64), 11)
    table = np.array([[3, 4]], np.uint32)
    high, low, *_ = rng.block((9, 7, 5, 11), (3, 4))
    assert rng.uniforms(table, keys.id, keys.epoch, keys.variation)[0, 0] == ((high << 32 | low) >> 11) / 2**53


def test_a_batch_equals_its_samples_one_by_one():
    whole = draw(draws=range(3), ids=range(50), epoch=4)
    single = [draw(draws=range(3), ids=[i], epoch=4)[:, 0] for i in range(50)]
    assert np.array_equal(whole, np.stack(single, axis=1))


def test_read_only_and_strided_columns_give_the_same():
    ids = np.arange(20, dtype=np.uint64)[::2]
    ids.flags.writeable = False
    table, zeros = rng.streams(0, [("Rotate", "angle", 0)]), np.zeros(10, np.uint32)
    assert np.array_equal(rng.uniforms(table, ids, zeros, zeros), draw(ids=range(0, 20, 2)))


def test_an_empty_batch_and_no_streams():
    assert draw(ids=[]).shape == (1, 0)
    assert draw(draws=()).shape == (0, 1)


def test_the_stream_is_pinned():
    # A changed hash would silently change every user's numbers.
    assert rng.stream(0, "Rotate", "angle", 0) == (0xC46E678F, 0xA5EDF8D1)


def test_no_two_parts_are_written_alike():
    parts = [(0, "ab", "c", 0), (0, "a", "bc", 0), (0, "", "abc", 0), (0, "abc", "", 0), (0, "ab", "c", 1)]
    parts += [(seed, "ab", "c", 0) for seed in (-1, 1, 127, 128, 255, 256, -128, -129, 2**64, -(2**64), 10**5000)]
    assert len({rng.stream(*part) for part in parts}) == len(parts)


def test_seed_and_epoch_do_not_alias():
    assert draw(seed=1, epoch=0)[0, 0] != draw(seed=0, epoch=1)[0, 0]


COUNT = 20000


@pytest.fixture(scope="module")
def samples():
    """Neighbours of one stream in every direction a key can differ, COUNT ids each."""
    ids = range(COUNT)
    return {
        "base": draw(ids=ids)[0],
        "seed": draw(seed=1, ids=ids)[0],
        "negative seed": draw(seed=-1, ids=ids)[0],
        "id": draw(ids=range(1, COUNT + 1))[0],
        "high id": draw(ids=[(1 << 32) + i for i in ids])[0],
        "epoch": draw(epoch=1, ids=ids)[0],
        "variation": draw(variation=1, ids=ids)[0],
        "field": draw(field="anglf", ids=ids)[0],
        "path": draw(path="Rotate#2", ids=ids)[0],
        "draw": draw(draws=[1], ids=ids)[0],
        "epochs of one id": draw(ids=[3] * COUNT, epoch=np.arange(COUNT))[0],
        "variations of one id": draw(ids=[3] * COUNT, variation=np.arange(COUNT))[0],
        "draws of one id": draw(draws=range(COUNT), ids=[3])[:, 0],
        "seeds of one id": np.array([draw(seed=seed, ids=[3])[0, 0] for seed in range(COUNT // 10)]),
    }


def test_every_direction_is_uniform(samples):
    for name, u in samples.items():
        assert u.min() >= 0 and u.max() < 1
        # Kolmogorov-Smirnov: beyond 1.95 / sqrt(n) once in a thousand; keys are fixed, so this cannot flicker.
        ordered, steps = np.sort(u), np.arange(len(u) + 1) / len(u)
        distance = max(np.max(steps[1:] - ordered), np.max(ordered - steps[:-1]))
        assert distance < 1.95 / math.sqrt(len(u)), name
        # Chi-square over 64 cells: mean 63, standard deviation 11.2.
        counts = np.bincount((u * 64).astype(int), minlength=64)
        assert np.sum((counts - len(u) / 64) ** 2 / (len(u) / 64)) < 63 + 3.3 * 11.2, name


def test_low_bits_are_uniform(samples):
    for name, u in samples.items():
        bits = (u * 2**53).astype(np.uint64) & np.uint64(63)
        counts = np.bincount(bits.astype(int), minlength=64)
        assert np.sum((counts - len(u) / 64) ** 2 / (len(u) / 64)) < 63 + 3.3 * 11.2, name


def test_neighbours_are_uncorrelated(samples):
    for (one, u), (other, v) in itertools.combinations(samples.items(), 2):
        if {one, other} == {"base", "id"}:
            u = u[1:]  # the same numbers, one place on; compared unshifted they must not correlate
            v = v[1:]
        count = min(len(u), len(v))
        assert abs(np.corrcoef(u[:count], v[:count])[0, 1]) < 4 / math.sqrt(count), (one, other)


def test_neighbouring_samples_are_uncorrelated(samples):
    for name, u in samples.items():
        for lag in (1, 2, 3, 64):
            assert abs(np.corrcoef(u[:-lag], u[lag:])[0, 1]) < 4 / math.sqrt(len(u)), (name, lag)


def test_pairs_fill_the_square(samples):
    base = samples["base"]
    for name in ("seed", "epoch", "variation", "field", "draw", "path", "high id"):
        cells = (base * 16).astype(int) * 16 + (samples[name] * 16).astype(int)
        counts = np.bincount(cells, minlength=256)
        # Chi-square of 255 degrees of freedom: standard deviation 22.6.
        assert np.sum((counts - COUNT / 256) ** 2 / (COUNT / 256)) < 255 + 3.3 * 22.6, name
