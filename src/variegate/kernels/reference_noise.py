"""The truth of noise: each kind in plain NumPy, as a function of a row; see `noise` and `poisson`.

Its random numbers are float32 at every step, so they are equal to those of the kernels to the bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.kernels import reference_bits
from variegate.white import LUMINANCE

Words = NDArray[np.uint32]
Singles = NDArray[np.float32]
Row = tuple[NDArray[Any], ...]
f32 = np.float32
LOT, TILE = 32, 1024
FEW = f32(20)


def lots(count: int) -> int:
    """So many words, or some more: whole lots."""
    return -(-count // LOT) * LOT


def tiles(bits: Words, first: int, count: int) -> Words:
    """Words from number `first` on, in tiles of which each has the first words of its blocks, then the second ones."""
    parts = []
    for start in range(0, count, TILE):
        begin = first + start
        part = reference_bits.words(bits, begin, begin + min(TILE, count - start))
        parts.append(part.reshape(-1, 4).T.ravel())
    return np.concatenate(parts)


def bells(words: Words) -> tuple[Singles, Singles]:
    """Two normals of each word: a radius of its upper 18 bits, a direction of the lower 14."""
    m, e = np.frexp(((words >> np.uint32(13)) | np.uint32(1)).astype(f32))
    below = m.view(np.int32) < 0x3F3504F3
    f, exponent = np.where(below, m + m, m) - f32(1), (e - below - 19).astype(f32)
    log = np.zeros_like(f)
    for factor in (-0.36205859, 0.54406728, -0.67186519, 0.99877299, -1.99994566):
        log = log * f + f32(factor)
    far = np.sqrt(exponent * f32(-2 * np.log(2)) + f * log)
    x = ((words & np.uint32(0x1FFF)).astype(f32) - f32(4095.5)) * f32(np.pi / 8192)
    z = x * x
    sine = x * ((f32(0.00751438) * z + f32(-0.16567308)) * z + f32(0.99969677))
    cosine = ((f32(-0.00127121) * z + f32(0.04148775)) * z + f32(-0.49991244)) * z + f32(0.9999933)
    return far * np.where(words & np.uint32(0x2000), -cosine, cosine), far * sine


def evens(words: Words) -> tuple[Singles, Singles]:
    """Two numbers in (-1, 1) of each word."""
    low, high = words & np.uint32(0xFFFF), words >> np.uint32(16)
    return (low.astype(f32) - f32(32767.5)) * f32(2.0**-15), (high.astype(f32) - f32(32767.5)) * f32(2.0**-15)


def planes(made: Singles, row: Row, shared: float) -> Singles:
    """(C, width): the first of a row's numbers, channel by channel, or all channels alike."""
    count = len(row[0])
    each = 1 if shared else len(row)
    return np.broadcast_to(made[: each * count].reshape(each, count), (len(row), count))


def pairs(make: Any, row: Row, y: int, bits: Words, shared: float) -> Singles:
    """The numbers of a row, of which two come of each word."""
    half = lots((len(row[0]) * (1 if shared else len(row)) + 1) // 2)
    return planes(np.concatenate(make(tiles(bits, y * half, half))), row, shared)


def gaussian(
    row: Row, y: int, height: int, bits: Words, channels: float, shared: float, std: float, mean: float
) -> None:
    """v + std n + mean."""
    for channel, noise in zip(row, pairs(bells, row, y, bits, shared), strict=True):
        channel += noise * f32(std) + f32(mean)


def uniform(row: Row, y: int, height: int, bits: Words, channels: float, shared: float, amplitude: float) -> None:
    """v + amplitude n."""
    for channel, noise in zip(row, pairs(evens, row, y, bits, shared), strict=True):
        channel += noise * f32(amplitude)


def speckle(row: Row, y: int, height: int, bits: Words, channels: float, shared: float, std: float) -> None:
    """v + v std n."""
    for channel, noise in zip(row, pairs(bells, row, y, bits, shared), strict=True):
        channel += channel * (noise * f32(std))


def salt_and_pepper(
    row: Row, y: int, height: int, bits: Words, channels: float, shared: float, pepper: float, salt: float
) -> None:
    """0 with one probability, 1 with another."""
    for channel, noise in zip(row, pairs(evens, row, y, bits, shared), strict=True):
        channel[noise >= f32(1 - 2 * salt)] = 1
        channel[noise < f32(2 * pepper - 1)] = 0


def iso(
    row: Row, y: int, height: int, bits: Words, channels: float, shared: float, intensity: float, color: float
) -> None:
    """Noise as of a camera's sensor."""
    count, whole = len(row[0]), lots(len(row[0]))
    made = [each[:count] for n in (0, 1) for each in bells(tiles(bits, (2 * y + n) * whole, whole))]
    if len(row) == 1:
        row[0][:] += np.sqrt(np.maximum(row[0], 0)) * (f32(intensity) * made[0])
        return
    far = np.sqrt(np.maximum(sum(w * channel for w, channel in zip(LUMINANCE, row, strict=True)), 0))
    grey = sum(w * each for w, each in zip(LUMINANCE, made[1:], strict=True))
    for channel, own in zip(row, made[1:], strict=True):
        channel += far * (intensity * made[0] + color * (own - grey))


def shot(row: Row, y: int, height: int, bits: Words, channels: float, shared: float, scale: float) -> None:
    """scale k, k of Poisson's law of the mean v / scale."""
    count, whole = len(row[0]), lots(len(row[0]))
    for c, channel in enumerate(row):
        first = (y * len(row) + c) * whole
        means = np.clip(channel.astype(f32) * f32(1 / scale), f32(0), f32(1e30))
        uniforms = ((tiles(bits, first, whole)[:count] >> np.uint32(8)).astype(f32) + f32(0.5)) * f32(
            2.0**-24 * (1 - 2.0**-18)
        )
        normals = np.empty(whole, f32)
        for start in range(0, whole, TILE):
            length = min(TILE, whole - start)
            half = lots(length // 2)
            one, two = bells(tiles(bits, 2**40 + first + start, half))
            normals[start : start + length] = np.concatenate([one, two])[:length]
        few = counted(np.minimum(means, FEW), uniforms)
        channel[:] = f32(scale) * np.where(means < FEW, few, many(np.maximum(means, FEW), normals[:count]))


def counted(means: Singles, uniforms: Singles) -> Singles:
    """How many of the probabilities of 0, 1, 2, ... of Poisson's law, added up, a uniform number passes."""
    rest, chance, found, turn = uniforms.copy(), decay(means), np.zeros_like(means), f32(0)
    while True:
        passed = rest >= chance
        if turn == 96 or not passed.any():
            return found
        rest, found, turn = rest - chance, found + passed.astype(f32), turn + f32(1)
        chance = chance * (means * (f32(1) / turn))


def decay(means: Singles) -> Singles:
    """exp(-mean), of float32 alone."""
    n = np.floor(means * f32(1.44269504) + f32(0.5))
    r = (means - n * f32(0.693145752)) - n * f32(1.42860677e-06)
    tail = (((f32(1 / 720) * r + f32(-1 / 120)) * r + f32(1 / 24)) * r + f32(-1 / 6)) * r + f32(1 / 2)
    return np.asarray(np.ldexp(f32(1) - r + r * r * tail, -n.astype(np.int32)))


def many(means: Singles, z: Singles) -> Singles:
    """Cornish and Fisher's expansion of the law, rounded down."""
    root, square = np.sqrt(means), z * z
    rest = (square + f32(2)) * f32(1 / 6) - z * (f32(1 / 72) * square + f32(2 / 72)) / root
    return np.maximum(np.floor(means + (root * z + rest)), f32(0))
