"""What the last write did to a picture, undone, so that what a training loader gives can be looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.ops.base import LoweringContext
from variegate.ops.effect import Output
from variegate.picture import as_arrays, is_pil, is_tensor
from variegate.pipeline.compose import Compose

CHANNELS = 1, 3, 4  # of pictures that can be shown


def undone(picture: Any, pipeline: Compose | None) -> Any:
    """A picture with its channels last, and floats that Normalize made as they were before, from 0 to white.

    pipeline  whose result it is; None: of none. A picture of integers is no normalised one, and stays
    """
    array = plain(picture)
    if not isinstance(array, np.ndarray):
        return array
    written = [] if pipeline is None else [node.op for node in pipeline.compiler.cutter.output]
    first = any(getattr(op, "layout", None) == "CHW" for op in written)
    array = _channels_last(array, first)
    if array.ndim == 3 and array.dtype.kind not in "iub":
        for op in written:
            array = _denormalised(array, op.lower({}, np.array([array.shape[:2]]), LoweringContext(array.shape[2])))
        if pipeline is not None and written and pipeline.white is not None:
            array = np.clip(array, 0, 1)  # the last write did so before: what lies beyond is rounding
    return array


def plain(value: Any) -> Any:
    """Tensors of any framework as arrays; what is none as it is."""
    if is_pil(value) or is_tensor(value) or isinstance(value, np.generic) or not hasattr(value, "__array__"):
        return as_arrays(value)
    return np.asarray(value)


def _channels_last(array: NDArray[Any], first: bool) -> NDArray[Any]:
    """(H, W, C) of (C, H, W); first: whether a pipeline says that it is so, where both ends could be channels."""
    if array.ndim != 3 or array.shape[0] not in CHANNELS:
        return array
    return np.moveaxis(array, 0, 2) if first or array.shape[2] not in CHANNELS else array


def _denormalised(array: NDArray[Any], output: Any) -> NDArray[Any]:
    """The numbers before a mean was taken off."""
    assert isinstance(output, Output), output
    if output.mean is None or output.std is None:
        return array
    if len(output.mean) != array.shape[2]:
        told = f"a picture {array.shape} is none that was normalised by {len(output.mean)} means"
        raise InputError(f"{told}: draw it by the pipeline that made it")
    return array.astype(np.float32) * np.array(output.std, np.float32) + np.array(output.mean, np.float32)
