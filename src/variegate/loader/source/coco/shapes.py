"""The shapes in a COCO file: outlines as rings of numbers, which pycocotools draws, and masks as runs (RLE).

The runs are read here, because they must be checked: pycocotools leaves whatever was in memory where they end too
early, and its decoder warns at every call under NumPy 2.
"""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import SourceError
from variegate.loader.source.coco.table import AnnotationTable, CocoObject
from variegate.loader.source.instances import RingColumn
from variegate.loader.source.json_text import short

Runs = NDArray[np.int64]

FARTHEST = 1e6  # pixels from the origin; an outline that goes farther would take pycocotools gigabytes to draw
WHAT = "a list of rings [x0, y0, x1, y1, ...], or an RLE of counts and size"


class CocoMasks:
    """The mask of every instance, drawn when it is asked for.

    rings  the outlines of the table's rows
    sizes  (rows, 2) height and width of the picture of each row

    Raises  SourceError if an outline is to be drawn and pycocotools is not installed, or an object cannot be drawn.
    """

    def __init__(self, table: AnnotationTable, rings: RingColumn, sizes: NDArray[np.int64]) -> None:
        bare = next((row for row in table.rows if row.get("segmentation") is None), None)
        if bare is not None:
            raise table.error(
                bare, 'it has no "segmentation", without which no mask is drawn; leave masks out of fields'
            )
        if rings.numbers.size:
            pycocotools(table.path)
        far = ~(np.abs(rings.numbers) <= FARTHEST)  # of NaN as well
        if far.any():
            ring = np.searchsorted(rings.points, np.argmax(far), side="right") - 1
            row = table.rows[int(np.searchsorted(rings.instances, ring, side="right")) - 1]
            raise table.error(row, f"its outline goes to {rings.numbers[np.argmax(far)]}, far from any picture")
        self.rings = rings
        self.runs = {
            n: _runs(table, row, (int(height), int(width)))
            for n, (row, (height, width)) in enumerate(zip(table.rows, sizes, strict=True))
            if isinstance(row["segmentation"], dict)
        }

    def rows(self, first: int, last: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        """The masks of these instances, (instances, height, width), 1 where the object is and 0 elsewhere."""
        out = np.zeros((last - first, *size), np.uint8)
        for n, rings in enumerate(self.rings.rows(first, last)):
            counts = self.runs.get(first + n)
            # Fewer than three points enclose nothing, and four numbers are a box to pycocotools.
            drawn = [ring for ring in rings if len(ring) >= 6]
            if drawn:
                kit = pycocotools("masks")
                counts = kit.merge(kit.frPyObjects(drawn, *size))["counts"]
            if counts is not None:
                runs = read_runs(counts) if isinstance(counts, bytes) else counts
                ones = (np.arange(len(runs)) & 1).astype(np.uint8)
                out[n] = np.repeat(ones, runs).reshape(size[::-1]).T  # column by column
        return out


def outlines(table: AnnotationTable) -> RingColumn:
    """The rings of every annotation of a table; one that has an RLE, or no segmentation, has none.

    Raises  SourceError if a segmentation is neither, or a ring has half a point.
    """
    return RingColumn([_rings(table, row) for row in table.rows])


def _rings(table: AnnotationTable, row: CocoObject) -> list[array[float]]:
    if row.get("segmentation") is None:
        return []
    outline = table.value(row, "segmentation", (list, dict), WHAT)
    if isinstance(outline, dict):
        return []
    for n, ring in enumerate(outline):
        if not isinstance(ring, array):
            raise table.error(row, f'"segmentation" is {WHAT}, got {short(outline)}')
        if len(ring) % 2:
            raise table.error(row, f"ring {n} of its segmentation has {len(ring)} numbers; x and y take turns")
    if len(outline) > 1 and all(len(ring) == 2 for ring in outline):
        raise table.error(row, f'"segmentation" is {WHAT}, got {len(outline)} points [x, y]; they are to be one ring')
    return [ring for ring in outline if len(ring)]


def _runs(table: AnnotationTable, row: CocoObject, size: tuple[int, int]) -> bytes | Runs:
    """The runs of an annotation, checked, in as little memory as they came."""
    rle = row["segmentation"]
    counts, said = rle.get("counts"), rle.get("size")
    if said != list(size):
        raise table.error(row, f"its RLE is of size {short(said)}, its picture {list(size)} (height, width)")
    kept: bytes | Runs
    if isinstance(counts, list) and all(type(count) is int and 0 <= count < 1 << 32 for count in counts):
        kept = runs = np.array(counts, np.int64)
    elif isinstance(counts, str) and counts.isascii():
        kept = counts.encode()
        runs = read_runs(kept)
    else:
        raise table.error(row, f"the counts of its RLE are integers from 0, or a compressed text, got {short(counts)}")
    pixels = size[0] * size[1]
    if runs.max(initial=0) > pixels:  # so that no sum of them is beyond 64 bits
        raise table.error(row, f"its RLE is damaged: a run has {runs.max()} pixels of {size[0]} x {size[1]}")
    if runs.sum() != pixels:
        raise table.error(row, f"its RLE is damaged: it runs over {runs.sum()} pixels of {size[0]} x {size[1]}")
    return kept


def read_runs(counts: bytes) -> Runs:
    """The lengths of compressed runs: of zeros, of ones, of zeros, ...; none where they are damaged.

    A character holds 5 bits of a number, the lowest first, and a bit that says whether more follow; the top bit of the
    last is the sign. From the fourth number on, a number is the difference from the one before the last. This is
    rleFrString in pycocotools' maskApi.c.

    >>> read_runs(b"013000")
    array([0, 1, 3, 1, 3, 1])
    """
    codes = np.frombuffer(counts, np.uint8).astype(np.int64) - 48
    if not codes.size or codes.min() < 0 or codes.max() > 63 or codes[-1] & 32:
        return np.empty(0, np.int64)
    ends = np.flatnonzero((codes & 32) == 0)
    begins = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - begins + 1
    if lengths.max() > 7:  # of 32 bits there are no more
        return np.empty(0, np.int64)
    place = 5 * (np.arange(codes.size) - np.repeat(begins, lengths))
    runs = np.add.reduceat((codes & 31) << place, begins)
    runs -= np.where(codes[ends] & 16, 1 << (5 * lengths), 0)
    for first in (1, 2):
        runs[first::2] = np.cumsum(runs[first::2])
    return runs if runs.min() >= 0 else np.empty(0, np.int64)


def pycocotools(asker: str) -> Any:
    """The module that draws outlines.

    Raises  SourceError if it is not installed.
    """
    try:
        from pycocotools import mask
    except ImportError:
        raise SourceError(
            f'{asker}: masks of outlines are drawn by pycocotools: pip install "variegate[coco]"'
        ) from None
    return mask
