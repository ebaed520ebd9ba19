"""Order: a permutation of (seed, epoch) that is never stored.

A swap-or-not shuffle (Hoang, Morris, Rogaway: "An enciphering scheme based on a card shuffle", CRYPTO 2012): in each
round a position x and its partner k - x (mod n) change places, or not, as one bit of a hash of the pair says. It works
on any n, so no position has to be walked back into range; place p is known without the others; and it is integer
arithmetic alone, so it is the same on every machine and under every version of NumPy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from variegate.loader.hash import digest, mixed

Positions = NDArray[np.int64]

ROUNDS = 32  # a position stays unmoved with probability 2**-32


class Order:
    """Which sample stands at which place of an epoch, each once.

    length   number of samples, and of places
    seed     any integer
    epoch    0 to 2**32 - 1
    shuffle  False: as the source has them

    >>> order = Order(5, seed=0, epoch=0)
    >>> sorted(order[np.arange(5)].tolist())
    [0, 1, 2, 3, 4]
    """

    def __init__(self, length: int, seed: int, epoch: int, shuffle: bool = True) -> None:
        self.length, self.shuffle = length, shuffle and length > 1
        if self.shuffle:
            words = np.frombuffer(digest("order", seed, epoch, size=64), "<u8").astype(np.uint64)
            # One stream of words from the hash: a counter, stirred under the key.
            stream = mixed(words[0] + mixed(words[1] ^ np.arange(1, 2 * ROUNDS + 1, dtype=np.uint64)))
            self._shifts = (stream[:ROUNDS] % np.uint64(length)).astype(np.int64)
            self._keys = stream[ROUNDS:]

    def __getitem__(self, places: Positions) -> Positions:
        """The positions in the source of the samples at these places, from 0 to length - 1."""
        return self._permute(places) if self.shuffle else places.astype(np.int64)

    def occurrences(self, places: Positions) -> Positions:
        """Which time the sample at each place comes in this epoch; places beyond the last begin anew."""
        return places // self.length

    def _permute(self, places: Positions) -> Positions:
        x = places.astype(np.int64)
        for shift, key in zip(self._shifts, self._keys, strict=True):
            partner = shift - x
            partner += self.length * (partner < 0)
            pair = np.maximum(x, partner)
            swap = mixed(pair.astype(np.uint64) ^ key) >> np.uint64(63)
            x = np.where(swap.astype(bool), partner, x)
        return x
