"""Output: the last write, which is normalisation, dtype and layout."""

from __future__ import annotations

from dataclasses import dataclass

from variegate.ops.effect.base import Effect


@dataclass(frozen=True)
class Output(Effect):
    """The last write: (v - mean) / std a channel, then the dtype and the layout. None means "as it is"."""

    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    dtype: str | None = None
    layout: str | None = None
