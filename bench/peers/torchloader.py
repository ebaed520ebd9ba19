"""torch's DataLoader over files, for the peers that are functions of one image: two processes of one thread each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from peers.measure import BATCH


class Files(Dataset[Any]):
    """Files through `load` and `augment`."""

    def __init__(self, paths: list[str], load: Callable[[str], Any], augment: Callable[[Any], Any]) -> None:
        self.paths, self.load, self.augment = paths, load, augment

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Any:
        return self.augment(self.load(self.paths[index]))


def loader(paths: list[str], load: Callable[[str], Any], augment: Callable[[Any], Any]) -> Iterable[torch.Tensor]:
    """Shuffled batches of 64 from two workers."""
    torch.set_num_threads(1)
    return DataLoader(Files(paths, load, augment), batch_size=BATCH, shuffle=True, num_workers=2, drop_last=True)
