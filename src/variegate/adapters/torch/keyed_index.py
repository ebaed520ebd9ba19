"""KeyedIndex: the index of a sample that says for which drawing it is asked."""

from __future__ import annotations


class KeyedIndex(int):
    """A sample's index, as any data set takes it, and which drawing of it a KeyedDataset makes.

    epoch      0 to 2**32 - 1
    variation  0 to 2**32 - 1

    >>> index = KeyedIndex(5, epoch=2, variation=1)
    >>> ["a", "b", "c", "d", "e", "f"][index], index
    ('f', KeyedIndex(5, epoch=2, variation=1))
    """

    epoch: int
    variation: int

    def __new__(cls, index: int, epoch: int, variation: int = 0) -> KeyedIndex:
        keyed = super().__new__(cls, index)
        keyed.epoch, keyed.variation = epoch, variation
        return keyed

    def __reduce__(self) -> tuple[type[KeyedIndex], tuple[int, int, int]]:
        return KeyedIndex, (int(self), self.epoch, self.variation)

    def __repr__(self) -> str:
        return f"KeyedIndex({int(self)}, epoch={self.epoch}, variation={self.variation})"
