"""EpochSampler: what stands where a DataLoader has its sampler."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from variegate.adapters.torch.sampler import Sampler
from variegate.loader import Loader


class EpochSampler(torch.utils.data.Sampler[int]):
    """The epochs of a loader, for frameworks that set them on a DataLoader's sampler."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the next pass of the loader."""
        self._loader.next_epoch = epoch

    def __len__(self) -> int:
        """Samples a pass, of this rank, before any batch is left out."""
        return len(self._order())

    def __iter__(self) -> Iterator[int]:
        """Positions in the source, of the loader's next pass."""
        return self._order().run(*self._loader.next_place)

    def _order(self) -> Sampler:
        loader = self._loader
        return Sampler(
            loader.source,
            loader.seed,
            loader.shuffle,
            rank=loader.rank,
            world_size=loader.world_size,
            pad=loader.pad,
            drop_last=loader.drop_last,
            weights=loader.weights,
            samples_per_epoch=loader.samples_per_epoch,
            repeats=loader.repeats,
        )


class SequentialEpochSampler(EpochSampler, torch.utils.data.SequentialSampler):
    """Those of a loader that does not shuffle, which frameworks tell by this class."""


def epoch_sampler(loader: Loader) -> EpochSampler:
    """What sets the epochs of a loader."""
    return EpochSampler(loader) if loader.shuffle or loader.weights is not None else SequentialEpochSampler(loader)
