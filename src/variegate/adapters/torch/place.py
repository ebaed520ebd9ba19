"""DevicePlacement: the index of a sample that says for which drawing it is asked."""

from __future__ import annotations


class DevicePlacement(int):
    """A sample's index, as any data set takes it, and which drawing of it a KeyedDataset makes.

    epoch      0 to 2**32 - 1
    variation  0 to 2**32 - 1

    >>> place = DevicePlacement(5, epoch=2, variation=1)
    >>> ["a", "b", "c", "d", "e", "f"][place], place
    ('f', DevicePlacement(5, epoch=2, variation=1))
    """

    epoch: int
    variation: int

    def __new__(cls, index: int, epoch: int, variation: int = 0) -> DevicePlacement:
        place = super().__new__(cls, index)
        place.epoch, place.variation = epoch, variation
        return place

    def __reduce__(self) -> tuple[type[DevicePlacement], tuple[int, int, int]]:
        return DevicePlacement, (int(self), self.epoch, self.variation)

    def __repr__(self) -> str:
        return f"DevicePlacement({int(self)}, epoch={self.epoch}, variation={self.variation})"
