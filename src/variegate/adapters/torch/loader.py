"""Loader: the batches of a loader as tensors, with the face of torch's DataLoader."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from variegate.adapters.torch.device import Batch, Copies, Sent, mapped, pinned
from variegate.adapters.torch.epoch_sampler import EpochSampler, epoch_sampler
from variegate.adapters.torch.sample import tensors
from variegate.loader import Loader as _Loader
from variegate.loader.source.base import Source

State = dict[str, Any]


class Loader:
    """The batches of a loader, as dicts of tensors that share the batch's memory; stands in for a DataLoader.

    loader      its pipeline writes what the model takes; end it with Normalize(layout="CHW")
    device      where batches are wanted, as "cuda": each is copied while the one before it is in use. None: not at all
    pin_memory  give, or copy by way of, page-locked memory. None: where there is a GPU by CUDA

    Each pass is the next epoch. A batch has `image`, (B, ...) or a list of tensors where shapes differ; `label`, absent
    if the source has none (integers as int64; a list where they are no numbers); `index`, int64; and `id`, uint64.
    Other fields, such as boxes, are what the loader's `collate` makes of them: tensors, or lists (of lists) of tensors;
    masks keep their dtype, and polygons are a tensor a ring. `index`, `id` and `variation` stay on the host.

    `state_dict` and `load_state_dict` are those of torchdata's StatefulDataLoader. Lightning's Trainer saves and loads
    that state with its checkpoints, also in the middle of an epoch, and sets the epoch; its overfit_batches wants
    shuffle=False. Several processes share an epoch by `rank` and `world_size` of the loader: nobody else splits it.

    >>> import numpy as np
    >>> from variegate.loader import Arrays
    >>> source = Arrays(np.zeros((5, 4, 4, 3), np.uint8), labels=[0, 1, 0, 1, 0])
    >>> for batch in Loader(_Loader(source, batch_size=4, workers=0)):
    ...     print(tuple(batch["image"].shape), batch["label"].dtype)
    (4, 4, 4, 3) torch.int64
    (1, 4, 4, 3) torch.int64
    """

    num_workers = 0  # processes, which is what a DataLoader means by it

    def __init__(
        self, loader: _Loader, *, device: torch.device | str | int | None = None, pin_memory: bool | None = None
    ) -> None:
        self.loader, self.pin_memory = loader, pin_memory
        self.device = None if device is None else torch.device(device)
        # Where the loader stands, and where the batch handed out does: they differ while one is on its way to a device.
        self._ahead: tuple[State, State] | None = None
        self._copies: Copies | None = None

    @property
    def dataset(self) -> Source:
        """The loader's source."""
        return self.loader.source

    @property
    def batch_size(self) -> int:
        """Samples a batch."""
        return self.loader.batch_size

    @property
    def drop_last(self) -> bool:
        """Whether a last batch of fewer samples is left out."""
        return self.loader.drop_last

    @property
    def sampler(self) -> EpochSampler:
        """What has `set_epoch` where a DataLoader has it; Lightning looks for it here."""
        return epoch_sampler(self.loader)

    @property
    def batch_sampler(self) -> torch.utils.data.BatchSampler:
        """The sampler's indices by batches, as of a DataLoader."""
        return torch.utils.data.BatchSampler(self.sampler, self.batch_size, self.drop_last)

    @property
    def epoch(self) -> int:
        """The epoch of the next pass."""
        return self.loader.next_epoch

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the next pass; a state that was loaded is kept where it is of this epoch.

        Raises  InputError if it is not in 0 to 2**32 - 1.
        """
        self.loader.next_epoch = epoch

    def __len__(self) -> int:
        """Batches a pass, of this rank."""
        return len(self.loader)

    def __iter__(self) -> Iterator[Batch]:
        """The batches of the next epoch, or what is left of the one that a state was loaded of.

        Threads start, and the epoch is taken, with the first batch: Lightning makes iterators that it never uses.
        """
        return self._handed(self.loader.__iter__)

    def stream(self) -> Iterator[Batch]:
        """The batches of one epoch after the other, without end."""
        return self._handed(self.loader.stream)

    def state_dict(self) -> State:
        """Where the last pass stands, by the batches handed out: a small dict for JSON, as vg.Loader.state() gives."""
        state = self.loader.state()
        return self._ahead[1] if self._ahead is not None and self._ahead[0] == state else state

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> None:
        """Go on where a state was taken: the next pass is what is left of its epoch. See vg.Loader.resume.

        strict  False: go on from the same place, whatever changed

        Raises  InputError if it is no state, or is of another run; the message says what changed.
        """
        self.loader.resume(state_dict, strict)
        self._ahead = None

    def _handed(self, begin: Callable[[], Iterator[Batch]]) -> Iterator[Batch]:
        self._check_ranks()
        pin = self._pins()
        if self.device is not None:
            # One for all passes: what is copied by another stream does not use the memory of this one's again.
            self._copies = self._copies or Copies(self.device, pin)
            yield from self._copied(begin, self._copies)
            return
        for batch in begin():
            made = _tensors(batch)
            del batch  # what is handed out is the consumer's alone
            yield mapped(made, pinned) if pin else made
            del made

    def _copied(self, begin: Callable[[], Iterator[Batch]], copies: Copies) -> Iterator[Batch]:
        """Batches on the device, the next one always under way; its error waits until this one is handed out."""
        stands, batches = self.state_dict(), begin()
        waiting: tuple[Sent, State] | None = None
        failure: Exception | None = None
        while failure is None:
            ahead = None
            try:
                ahead = copies.send(_tensors(next(batches))), self.loader.state()
            except Exception as error:  # StopIteration too
                failure = error
            self._ahead = None if ahead is None else (ahead[1], stands if waiting is None else waiting[1])
            if waiting is not None:
                yield copies.arrive(waiting[0])
            waiting = ahead
        try:
            if not isinstance(failure, StopIteration):
                raise failure
        finally:
            del failure  # which refers to this frame

    def _check_ranks(self) -> None:
        """Warn where every process gets every sample, which DistributedSampler spares the users of a DataLoader."""
        ranks = torch.distributed.get_world_size() if _is_distributed() else 1
        if ranks > self.loader.world_size == 1:
            warnings.warn(
                f"torch.distributed has {ranks} ranks, and each gets every sample of this loader: give vg.Loader "
                "rank=torch.distributed.get_rank(), world_size=torch.distributed.get_world_size()",
                stacklevel=3,
            )

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_copies": None}

    def _pins(self) -> bool:
        """Whether batches go through page-locked memory."""
        if self.pin_memory and not torch.cuda.is_available():
            warnings.warn("pin_memory=True, and there is no GPU by CUDA: memory is not pinned", stacklevel=3)
        return self.pin_memory is not False and torch.cuda.is_available()


def _is_distributed() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def _tensors(batch: Batch) -> Batch:
    """A batch with tensors for arrays; the memory stays the batch's."""
    return {name: tensors(value) for name, value in batch.items()}
