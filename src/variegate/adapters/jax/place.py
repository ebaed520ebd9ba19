"""ShardPlacement: where the arrays of a batch go, and how they get there."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec, Sharding
from numpy.typing import NDArray

from variegate.errors import FieldError, InputError

NUMBERS = "biufc"  # kinds of dtype that a device takes


class ShardPlacement:
    """A device, or devices over which samples are laid.

    sharding  None: JAX's default device
    count     samples of a whole batch that this process makes
    world_size     processes that make so many each

    Raises  FieldError if the sharding is none, or does not lay so many samples so.
    """

    def __init__(self, sharding: Sharding | jax.Device | None, count: int, world_size: int) -> None:
        if not isinstance(sharding, Sharding | jax.Device | None):
            raise FieldError(
                "Loader.sharding is a jax.sharding.Sharding, such as NamedSharding(mesh, PartitionSpec('data')), a "
                f"device, or None, got {sharding!r}"
            )
        self.sharding, self._over = sharding, _samples(sharding)
        self.one_process = not isinstance(sharding, Sharding) or sharding.is_fully_addressable
        self._world = 1 if self.one_process else world_size
        self._check(count * self._world, count)

    def _check(self, rows: int, own: int) -> None:
        """Whether the devices of this process hold just the samples that it makes."""
        if not isinstance(self._over, Sharding):
            return
        try:
            places = self._over.addressable_devices_indices_map((rows,))
        except ValueError as error:
            raise FieldError(f"batches of {rows} samples cannot be laid over {self._over}: {error}") from None
        mine = {place[0].indices(rows) for place in places.values() if place}
        held = sum(stop - start for start, stop, _ in mine)
        if held != own:
            raise FieldError(
                f"the sharding puts {held} of a batch's {rows} samples on this process, and its loader makes {own}; "
                "lay the axis of samples over the processes, with rank=jax.process_index() and "
                "world_size=jax.process_count() for vg.Loader"
            )

    def divides(self, rows: int) -> bool:
        """Whether a batch of so many samples of this process can be laid."""
        if not isinstance(self._over, Sharding):
            return True
        try:
            self._over.shard_shape((rows * self._world,))
        except ValueError:
            return False
        return True

    def put(self, batch: dict[str, Any]) -> dict[str, Any]:
        """A batch with arrays on their way to the devices; what is no number stays as it is.

        Raises  InputError if the batch cannot be laid over the devices, or JAX would cut a number off.
        """
        going = {name: value for name, value in batch.items() if _goes(name, value)}
        if going and not self.divides(count := len(batch["index"])):
            raise InputError(
                f"a batch of {count} samples cannot be laid over {self._over}; give vg.Loader drop_last=True, and "
                'on_error="replace" rather than "skip"'
            )
        shardings = {name: self.sharding if name == "image" else self._over for name in going}
        if self.one_process:
            made = jax.device_put(going, shardings)
        else:
            made = {name: self._global(value, shardings[name]) for name, value in going.items()}
        return {name: made.get(name, value) for name, value in batch.items()}

    def _global(self, value: NDArray[Any], sharding: Any) -> Any:
        shape = len(value) * self._world, *value.shape[1:]
        return jax.make_array_from_process_local_data(sharding, value, shape)


def _samples(sharding: Any) -> Any:
    """A sharding of the axis of samples alone, for an array of any rank."""
    if not isinstance(sharding, NamedSharding) or len(sharding.spec) < 2:
        return sharding
    return NamedSharding(sharding.mesh, PartitionSpec(sharding.spec[0]), memory_kind=sharding.memory_kind)


def _goes(name: str, value: Any) -> bool:
    """Whether a device takes a field.

    Raises  InputError if JAX, without 64 bits, would cut a number off.
    """
    if not isinstance(value, np.ndarray) or value.dtype.kind not in NUMBERS:
        return False
    kept = jax.dtypes.canonicalize_dtype(value.dtype)
    if kept == value.dtype or value.dtype.kind in "fc":
        return True
    if value.dtype.kind == "u":  # ids are hashes of 64 bits
        return False
    limits = np.iinfo(kept)
    if value.size and (value.min() < limits.min or value.max() > limits.max):
        raise InputError(
            f"{name} holds {value.min()} to {value.max()}, and JAX would cut it to {kept}; "
            'call jax.config.update("jax_enable_x64", True) first, or give smaller numbers'
        )
    return True
