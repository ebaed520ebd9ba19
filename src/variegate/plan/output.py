"""The last write: dtype, layout and normalisation, as gathered from Normalize and ToDtype."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from variegate.errors import InputError
from variegate.ops import effect as effects
from variegate.ops.base import LoweringContext
from variegate.ops.effect import Floats, Ints
from variegate.plan.draw import DrawnColumns
from variegate.plan.ir import Node
from variegate.plan.picture_spec import PictureSpec
from variegate.white import NOMINAL


class OutputFormat(NamedTuple):
    """How a sample's result is written: dtype and layout by name, and per channel the mean and deviation to take off.

    white  what white is in the numbers written, before the mean and the deviation
    asked  whether a dtype or a range was asked for, be it the picture's own
    """

    dtype: str
    white: float
    layout: str = "HWC"
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    asked: bool = False


def output_format(
    nodes: Sequence[Node], spec: PictureSpec, columns: DrawnColumns, sizes: Ints, context: LoweringContext
) -> OutputFormat:
    """How results are written: in the picture's own dtype, unless Normalize or, after it, ToDtype says otherwise.

    A view that is no colour keeps its numbers: of what is declared, it takes the layout alone.
    """
    dtype, white, layout, asked = spec.dtype, spec.unit, "HWC", False
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    for node in nodes:
        if not spec.colour:
            layout = getattr(node.op, "layout", None) or layout
            continue
        effect = node.op.lower(columns[node.path], sizes, context)
        assert isinstance(effect, effects.Output)
        layout = effect.layout or layout
        if mean is not None and (effect.mean is not None or effect.dtype in ("uint8", "uint16")):
            raise InputError(
                f"{node.path} after Normalize: a normalised picture is no longer in the range of {effect.dtype}"
            )
        asked = asked or effect.dtype is not None
        dtype = effect.dtype or dtype
        white = 1.0 if effect.mean is not None else NOMINAL[dtype] if effect.dtype else white
        mean, std = effect.mean or mean, effect.std or std
    return OutputFormat(dtype, white, layout, mean, std, asked)


@functools.lru_cache(maxsize=64)
def last_write(output: OutputFormat, channels: int) -> tuple[Floats, Floats]:
    """Gain and shift a channel, from white to the output's unit."""
    mean, std = output.mean or (0.0,) * channels, output.std or (1.0,) * channels
    return np.array([output.white / s for s in std]), np.array([-m / s for m, s in zip(mean, std, strict=True)])
