"""Mixing: what a loader asks of a pipeline in which ops mix samples."""

from __future__ import annotations

from typing import Any

from variegate.loader.pipeline import SamplePipeline
from variegate.pipeline import Compose


def levels_of(augment: SamplePipeline) -> tuple[int, bool]:
    """How often, one after the other, ops of a pipeline blend samples, and whether one puts them side by side."""
    if not isinstance(augment, Compose):
        return 0, False
    return len(augment.compiler.levels), augment.compiler.collage is not None


def needs_blocks(augment: SamplePipeline) -> bool:
    """Whether an op takes partners beyond the batch, so that blocks of the epoch are kept for several of them."""
    return isinstance(augment, Compose) and len(augment.compiler.within) < len(augment.compiler.mixes)


def batches_told(augment: SamplePipeline | None, batch_size: int, world_size: int, pad: bool) -> dict[str, Any]:
    """Which samples are of one batch, as a state tells it where ops mix within batches; else nothing."""
    if not isinstance(augment, Compose) or not augment.compiler.within:
        return {}
    return {"batch_size": batch_size, "world_size": world_size, "pad": pad}
