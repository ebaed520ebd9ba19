"""Loader: the batches of a loader as arrays of JAX, the next one on its way while this one is used."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import jax
from jax.sharding import Sharding

from variegate.adapters.jax.place import ShardPlacement
from variegate.errors import FieldError
from variegate.key import Key
from variegate.loader import Loader as _Loader


class Loader:
    """The batches of a loader, as dicts of `jax.Array`s.

    loader    its pipeline writes what the model takes: HWC, as JAX's libraries have it
    sharding  where arrays go: None, JAX's default device; a device; or a Sharding of the axis of samples, such as
              NamedSharding(mesh, PartitionSpec("data")). Further axes of its spec are those of `image` alone
    ahead     batches whose transfer is begun before this one is handed out; so many more are in memory

    A batch has `image`, `label` if the source has labels, `index`, and every other field that is an array of numbers.
    What is none (texts, lists of arrays of several shapes) stays as it is. JAX by default has no 64-bit numbers:
    `index` and integer labels become int32, floats float32, and `id`, (B,) uint64, stays an array of NumPy, since JAX
    would cut it. After `jax.config.update("jax_enable_x64", True)` all are as the loader has them.

    On CPU an array may lie in the batch's own memory, without a copy. It is used again only when JAX lets go of it, so
    a batch may be kept, sliced or donated.

    With a sharding that spans several processes, each runs a loader with its own `rank`, and batch b of all ranks are
    one array: first the samples of the process that holds its first rows.

    Each pass is the next epoch. `state()` counts the batches handed out, not those on their way.

    >>> import numpy as np
    >>> from variegate.loader import Arrays
    >>> source = Arrays(np.zeros((5, 4, 4, 3), np.uint8), labels=[0, 1, 0, 1, 0])
    >>> for batch in Loader(_Loader(source, batch_size=4, workers=0)):
    ...     print(batch["image"].shape, batch["label"].dtype, type(batch["id"]).__name__)
    (4, 4, 4, 3) int32 ndarray
    (1, 4, 4, 3) int32 ndarray

    Raises  FieldError if an argument cannot be, or batches cannot be laid over the devices so; InputError, from the
            batch where it is met, if it has too few samples for that, or an integer of more than 32 bits.
    """

    def __init__(self, loader: _Loader, sharding: Sharding | jax.Device | None = None, ahead: int = 1) -> None:
        if not isinstance(ahead, int) or isinstance(ahead, bool) or ahead < 0:
            raise FieldError(f"Loader.ahead is an integer of 0 or more, got {ahead!r}")
        self.loader, self.sharding, self.ahead = loader, sharding, ahead
        self._place = ShardPlacement(sharding, loader.batch_size, loader.world_size)
        self._check_last()
        self._handed: dict[str, Any] | None = None  # the loader's state after the batch that was handed out last

    def _check_last(self) -> None:
        """Whether the last batch of an epoch can be laid over the devices too."""
        schedule = self.loader.schedule
        rest = 0 if schedule.drop_last else schedule.own % schedule.batch * self.loader.repeats
        even = schedule.pad or schedule.drop_last or schedule.length % schedule.world_size == 0
        if not self._place.divides(rest) or not (even or self._place.one_process):
            raise FieldError(
                f"the last batch of an epoch has {rest} samples here, and cannot be laid over {self.sharding}; give "
                "vg.Loader drop_last=True" + ("" if even else ", or pad=True")
            )

    @property
    def epoch(self) -> int:
        """The epoch of the next pass."""
        return self.loader.next_epoch

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the next pass; one that `resume` left in its midst goes on there.

        Raises  InputError if it is not in 0 to 2**32 - 1.
        """
        if Key(epoch=epoch).epoch != self.loader.next_epoch:
            self.resume({**self.loader.state(), "epoch": epoch, "position": 0})

    def __len__(self) -> int:
        """Batches an epoch, of this process."""
        return len(self.loader)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The batches of the next epoch; after `resume`, the rest of the one that the state was in."""
        return self._ahead(endless=False)

    def stream(self) -> Iterator[dict[str, Any]]:
        """Batches without end, epoch after epoch, without a gap between them."""
        return self._ahead(endless=True)

    def state(self) -> dict[str, Any]:
        """A small dict for JSON: where the pass stands that handed out the last batch; see `state` of vg.Loader."""
        return self.loader.state() if self._handed is None else self._handed

    def resume(self, state: dict[str, Any], strict: bool = True) -> None:
        """Begin the next pass where the state was taken.

        strict  False: from the same place, whatever changed

        Raises  InputError, which says what changed, if it is of another source, pipeline, seed or order.
        """
        self.loader.resume(state, strict)
        self._handed = None

    def _ahead(self, endless: bool) -> Iterator[dict[str, Any]]:
        # Begun with its first batch: whoever makes an iterator and never uses it loses no epoch.
        batches = self.loader.stream() if endless else iter(self.loader)
        coming: deque[tuple[dict[str, Any], dict[str, Any]]] = deque()
        failure: Exception | None = None
        while failure is None:
            try:
                coming.append(self._sent(next(batches)))
            except Exception as error:  # StopIteration too; it waits until what came before is handed out
                failure = error
            while len(coming) > (self.ahead if failure is None else 0):
                yield self._hand(coming)
        if not isinstance(failure, StopIteration):
            raise failure

    def _sent(self, batch: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """A batch on its way, and the loader's state after it."""
        return self._place.put(batch), self.loader.state()

    def _hand(self, coming: deque[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
        batch, self._handed = coming.popleft()
        return batch

    def __repr__(self) -> str:
        return f"Loader({self.loader!r}, sharding={self.sharding!r}, ahead={self.ahead})"
