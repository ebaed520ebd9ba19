"""Loader: the batches of a loader as tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from variegate.adapters.torch.sample import tensors
from variegate.loader import Loader as _Loader


class Loader:
    """The batches of a loader, as dicts of tensors that share the batch's memory.

    loader  its pipeline writes what the model takes; end it with Normalize(layout="CHW")

    Each pass is the next epoch. A batch has `image`, (B, ...) or a list of tensors where shapes differ; `label`, absent
    if the source has none (integers as int64; a list where they are no numbers); `index`, int64; and `id`, uint64.
    Other fields, such as boxes, are what the loader's `collate` makes of them: tensors, or lists (of lists) of tensors;
    masks keep their dtype, and polygons are a tensor a ring.

    >>> import numpy as np
    >>> from variegate.loader import Arrays
    >>> source = Arrays(np.zeros((5, 4, 4, 3), np.uint8), labels=[0, 1, 0, 1, 0])
    >>> for batch in Loader(_Loader(source, batch_size=4, workers=0)):
    ...     print(tuple(batch["image"].shape), batch["label"].dtype)
    (4, 4, 4, 3) torch.int64
    (1, 4, 4, 3) torch.int64
    """

    def __init__(self, loader: _Loader) -> None:
        self.loader = loader
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the next pass."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        batches = self.loader.epoch(self.epoch)
        self.epoch += 1
        return map(_tensors, batches)


def _tensors(batch: dict[str, Any]) -> dict[str, Any]:
    """A batch with tensors for arrays; the memory stays the batch's."""
    return {name: tensors(value) for name, value in batch.items()}
