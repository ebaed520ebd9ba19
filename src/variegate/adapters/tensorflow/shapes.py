"""Shapes: what is known of a pipeline's results before there are any."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from variegate.key import Keys
from variegate.loader import Arrays, Loader, Source, Subset
from variegate.loader.pipeline import SamplePipeline
from variegate.loader.transient import is_transient, retried
from variegate.pipeline import Compose
from variegate.targets import Boxes, BoxLeaf, MaskLeaf, Targets
from variegate.targets.base import Shape

Sizes = list[tuple[int, int]]

LOOKS = 32  # samples at which to look for one that can be read, or one with instances
PROBES = 32  # keys with which a shape is tried: one that hangs on the draw is no fixed shape
UNKNOWN = 4096  # pixels; stands for a side that is not known, larger than any crop

# Labels of nothing, for ops that look at some.
NOTHING = {"boxes": BoxLeaf(np.zeros((0, 4))), "mask": MaskLeaf(np.zeros((1, 1), np.uint8))}
NOTHINGS_TARGETS = Targets(boxes=Boxes())


class BatchShape(NamedTuple):
    """What a pipeline's results have in common.

    shape   None for a side that varies
    layout  "HWC" or "CHW"
    """

    shape: Shape
    dtype: Any
    layout: str

    @property
    def sides(self) -> Shape:
        """Height and width."""
        return self.shape[1:] if self.layout == "CHW" else self.shape[:2]


def form(augment: SamplePipeline, sizes: Sizes, channels: int, dtype: str, mixes: bool = False) -> BatchShape:
    """The form of the results of pictures of these sizes; mixes: whether who asks has partners for them."""
    tries = sizes * PROBES
    keys = Keys.at(0, 0, np.arange(len(tries), dtype=np.uint64))
    labels = ([NOTHING] * len(tries), NOTHINGS_TARGETS) if hasattr(augment, "known") else ()
    more: dict[str, Any] = {"mixes": True} if mixes and isinstance(augment, Compose) else {}
    plan = augment.plan(keys, np.array(tries, np.int64), channels, dtype, *labels, **more)
    sides = [set(side) for side in zip(*plan.shapes, strict=True)]
    shape = tuple(side.pop() if len(side) == 1 else None for side in sides)
    return BatchShape(shape, tf.as_dtype(plan.dtype), getattr(plan, "layout", "HWC"))


def about(height: int | None, width: int | None) -> Sizes:
    """Sizes of pictures of which only these sides are known.

    A shape that is the same for all of them is the same for any size.
    """
    rows = [height] if height else [UNKNOWN, UNKNOWN + 1, UNKNOWN * 2]
    columns = [width] if width else [UNKNOWN, UNKNOWN + 2, UNKNOWN * 2 + 1]
    return [(row, column) for row in rows for column in columns]


class Header(NamedTuple):
    """What is known of a picture without decoding it."""

    size: tuple[int, int]
    channels: int
    dtype: str


def header(source: Source, i: int) -> Header:
    """The header of the picture at position i."""
    data: Any = retried(partial(source.read, i))
    if isinstance(data, bytes):
        found = source.header(i, data)
        return Header(found.size, found.channels, found.dtype.name)
    return Header(data.shape[:2], data.shape[2] if data.ndim == 3 else 1, data.dtype.name)


def headers(loader: Loader, most: int) -> Iterator[tuple[int, Header]]:
    """The positions and headers of the first samples, without those that the loader's `on_error` bears."""
    for i in range(min(len(loader.source), most)):
        try:
            found = header(loader.source, i)
        except Exception as error:  # what a source of one's own raises is a bad sample too
            if loader.on_error.policy == "raise" or is_transient(error):
                raise
        else:
            yield i, found


def sizes_of(source: Source) -> Sizes:
    """Sizes that stand for those of a source's pictures."""
    while isinstance(source, Subset):
        source = source.source
    if isinstance(source, Arrays) and isinstance(source.images, np.ndarray):
        images: NDArray[Any] = source.images
        return about(*images.shape[1:3])
    return about(None, None)
