"""Keys for calls without one: fresh numbers, of epoch 0, which is said once where numbers hang on the epoch."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING

from variegate.key import Key, fresh_key

if TYPE_CHECKING:
    from variegate.pipeline.pipeline import Pipeline


def fresh(pipeline: Pipeline) -> Key:
    """A key that no other call takes."""
    say_epoch_0(pipeline)
    return fresh_key()


def say_epoch_0(pipeline: Pipeline) -> None:
    """Warn of a Ramp that is asked without an epoch: once a process, and again of other fields."""
    if pipeline.compiler.drawing.ramps:
        _warn(", ".join(pipeline.compiler.drawing.ramps))


@functools.cache
def _warn(fields: str) -> None:
    warnings.warn(
        f"{fields}: a Ramp goes by the key's epoch, and a call without a key is always of epoch 0, where it starts. "
        "Give key=Key(seed, epoch, id), or use a Loader, which counts epochs",
        stacklevel=5,
    )
