"""Epochs: what stands where a DataLoader has its sampler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

from variegate.adapters.torch.sampler import Sampler

if TYPE_CHECKING:
    from variegate.adapters.torch.loader import Loader


class Epochs(torch.utils.data.Sampler[int]):
    """The epochs of a Loader, for frameworks that set them on a DataLoader's sampler."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the next pass of the loader."""
        self._loader.set_epoch(epoch)

    def __len__(self) -> int:
        """Samples a pass, of this rank, before any batch is left out."""
        return len(self._order())

    def __iter__(self) -> Iterator[int]:
        """Positions in the source, of the loader's next pass."""
        return self._order().run(*self._loader.loader.next_place)

    def _order(self) -> Sampler:
        inner = self._loader.loader
        return Sampler(
            inner.source,
            inner.seed,
            inner.shuffle,
            rank=inner.rank,
            world=inner.world,
            pad=inner.pad,
            drop_last=inner.drop_last,
            weights=inner.weights,
            samples=inner.samples,
            repeats=inner.repeats,
        )


class InOrder(Epochs, torch.utils.data.SequentialSampler):
    """Those of a Loader that does not shuffle, which frameworks tell by this class."""


def epochs_of(loader: Loader) -> Epochs:
    """The epochs of a loader."""
    inner = loader.loader
    return Epochs(loader) if inner.shuffle or inner.weights is not None else InOrder(loader)
