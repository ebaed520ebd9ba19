"""The truth: one row of a plan in plain float64 NumPy, pixel by pixel from the definitions, as slow as it likes.

Pixel (row i, column j) covers [j, j + 1) x [i, i + 1). From the centre of an output pixel the maps lead back, canvas by
canvas, to the source; at each canvas a coordinate outside of it is a fill, or is folded back. What the kernels live by
(one composed map, intervals, packed words, folded colours, sums of integers) is not used here, so that the two can be
held against each other.

Some pixels have no answer that all arithmetic must reach: a centre on a hard edge, a nearest pixel on the line between
two, a value on the step of a table. `Truth.doubt` marks them, so that a test can leave them out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.chain import STRAIGHT, Displacements
from variegate.kernels.codes import (
    ACROSS,
    AFFINE,
    BICUBIC,
    CHW,
    CONSTANT,
    CURVE,
    DOWN,
    EDGE,
    GOAL,
    HOLES,
    NEAREST,
    REFLECT,
    ROWWISE,
    STEP_AFTER,
    SYMMETRIC,
    TABLE,
    WRAP,
)
from variegate.kernels.reference_colour import affine, curved, looked_up, on_step, pixelwise, ramped, rowwise
from variegate.kernels.reference_field import displacement
from variegate.kernels.reference_read import Covers, Lens, jacobian, lens_of, read

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SLACK = 1e-9  # pixels: an edge is closed by a hair, so that what lies exactly on it is inside, whatever the rounding


class Truth(NamedTuple):
    """What becomes of a picture.

    values  float64, in the output's own units and layout, not yet rounded to its dtype
    doubt   the same shape: where the answer hangs on the last bits of a coordinate or a value
    """

    values: Floats
    doubt: Flags


class CanvasCoords(NamedTuple):
    """How the pixels of a canvas, (rows, columns), see the source.

    x, y   source coordinates
    code   0 inside, k + 1 where the border of canvas k shows its fill
    doubt  whether a coordinate lies on a hard edge
    bent   whether a border folds any coordinate, a field bends one, or a map is projective
    """

    x: Floats
    y: Floats
    code: NDArray[np.int64]
    doubt: Flags
    bent: bool


def reference_run(plan: Any, i: int, image: NDArray[Any], slack: float = 1e-3, covers: Covers | None = None) -> Truth:
    """Sample i of a `plan.plan.Plan` through all its stages.

    slack   how near the step of a table a value is in doubt, in levels of 255
    covers  (left, top, right, bottom): which part of the planned picture `image` shows, if it is smaller
    """
    bound, rows = plan.bound, list(plan.bound.rows(i))
    picture, doubt = image.astype(np.float64) / bound.spec.unit, np.zeros(image.shape, bool)
    smaller = covers is not None or image.shape[:2] != tuple(bound.sizes[i])
    if smaller and not hasattr(bound.stage(rows[0]), "tables"):
        picture, doubt = bound.whole.read.reference(i, picture, doubt, covers=covers)
        covers = None
    while rows:
        row = rows.pop(0)
        stage = bound.stage(row)
        if not hasattr(stage, "tables"):
            picture, doubt = stage.reference(row, picture, doubt)
            if picture.shape[:2] != bound.planned(row + 1):
                bound, rows = bound.rest(row, i, picture.shape[:2]), []
                i, rows = 0, list(bound.rows(0))
            continue
        picture, doubt = stage.reference(row, picture, doubt, slack, covers)
        picture, covers = picture if not rows else picture / bound.row_layout.units[row, GOAL], None
    return Truth(picture, doubt)


def reference(
    tables: Any,
    row: Any,
    picture: Floats,
    functions: Sequence[Any] = (),
    doubt: Flags | None = None,
    slack: float = 1e-3,
    covers: Covers | None = None,
) -> Truth:
    """One row of a batch's `kernels.tables.Tables`, `Tables.row(r)`, and a picture (H, W, C) in units of white.

    functions  the user's functions of a pixel or a row, `plan.steps.BoundFunction`, as the tables count them
    doubt      which values of the picture are in doubt
    covers     as for `reference_run`
    """
    top, after = len(row.maps), row.kinds[:, STEP_AFTER].tolist()
    leaning = [bool(step[12:].any()) for step in row.steps]
    doubt = np.zeros(picture.shape, bool) if doubt is None else doubt
    wanted = {top, *(a for a, leans in zip(after, leaning, strict=True) if leans)}
    lens = lens_of(row.canvas[0], picture.shape, covers)
    canvases = {k: expose(row, k, picture, row.antialias and k == top, doubt, lens) for k in wanted}
    for s, (kind, _, pick, _, mirror) in enumerate(row.kinds.tolist()):
        step, mean = row.steps[s], np.zeros(picture.shape[2])
        if leaning[s]:
            mean = canvases[after[s]].painted().mean(axis=(0, 1))
            unsure = canvases[after[s]].doubt.any()
        for canvas in canvases.values():
            if kind == AFFINE:
                canvas.doubt |= leaning[s] and unsure
                canvas.through(partial(affine, step=step, mean=mean), after[s])
            elif kind in (TABLE, CURVE):
                levels = tables.settings[3]
                if kind == CURVE or levels == 255:
                    canvas.doubt |= on_step(canvas.pixels, kind, step, slack).any(axis=2)
                read_off = looked_up if levels == 255 else ramped
                tone = partial(read_off, table=tables.luts[pick]) if kind == TABLE else partial(curved, step=step)
                canvas.through(tone, top)
            else:
                user = functions[tables.calls[pick]]
                numbers, bits = user.split(tables.draws[pick])
                if kind in (ROWWISE, HOLES):
                    given = (*([] if bits is None else [bits]), *numbers)
                    turn = np.s_[:: -1 if mirror & DOWN else 1, :: -1 if mirror & ACROSS else 1]
                    canvas.become(rowwise(canvas.painted()[turn], user.function, given)[turn])
                else:
                    canvas.through(partial(pixelwise, function=user.function, draws=numbers), top)
    return develop(canvases[top], row)


def expose(row: Any, top: int, picture: Floats, antialias: bool, doubt: Flags, lens: Lens) -> ReferenceCanvas:
    """Canvas `top` before any colour step."""
    coords = look(row.maps[:top], row.canvas, row.borders, row.interpolation, lens, row.fields)
    way, J = jacobian(row.maps, *row.canvas[-1, ::-1] / 2)
    seen = way, J * [[lens.across], [lens.down]], *coords[:2], coords.bent, row.interpolation, antialias
    pixels = read(picture, *seen)
    smear = read(doubt.astype(np.float64), *seen) if doubt.any() else 0 * pixels
    return ReferenceCanvas(pixels, coords, coords.doubt | (np.abs(smear) > 1e-9).any(axis=2), row.fills)


def develop(canvas: ReferenceCanvas, row: Any) -> Truth:
    """The last write: clamp (where there is a bound), gain and shift, layout."""
    values = np.clip(canvas.painted(), 0, row.bound) if row.bound >= 0 else canvas.painted()
    values = values * row.gain + row.shift
    doubt = np.broadcast_to(canvas.doubt[:, :, None], values.shape)
    if row.layout == CHW:
        return Truth(np.moveaxis(values, 2, 0), np.moveaxis(doubt, 2, 0))
    return Truth(values, doubt)


# Geometry: from the centres of a canvas's pixels back to the source.


def look(
    maps: Floats,
    canvas: NDArray[np.int64],
    borders: NDArray[np.int64],
    interpolation: int,
    lens: Lens | None = None,
    fields: Displacements = STRAIGHT,
) -> CanvasCoords:
    """Where the canvas after these maps reads; lens: of a picture that is smaller than the first canvas."""
    lens = lens_of(canvas[0], canvas[0], None) if lens is None else lens
    y, x = np.mgrid[: canvas[len(maps), 0], : canvas[len(maps), 1]] + 0.5
    code, doubt, bent = np.zeros(x.shape, np.int64), np.zeros(x.shape, bool), False
    for k in reversed(range(len(maps))):
        height, width = canvas[k].tolist()
        moved = displacement(fields, k, x, y, canvas[k + 1])
        x, y, w = (row[0] * x + row[1] * y + row[2] for row in maps[k])
        shown, horizon = code == 0, w <= 0  # nothing beyond the horizon can be folded
        x, y = np.where(w > 0, x / w, -1), np.where(w > 0, y / w, -1)
        if moved is not None:
            x, y, bent = x + moved[0], y + moved[1], True
        outside = beyond(x, width) | beyond(y, height)
        code = np.where(shown & (outside if borders[k] == CONSTANT else horizon), k + 1, code)
        bent |= tuple(maps[k][2]) != (0, 0, 1)
        if borders[k] != SYMMETRIC:
            least, most = (beyond(x, width, s) | beyond(y, height, s) for s in (SLACK * 9, SLACK / 9))
            doubt |= shown & (least != most)
        if borders[k] == WRAP:
            doubt |= shown & (outside & (on_line(x, width) | on_line(y, height)))
        if borders[k] != CONSTANT:
            bent |= bool(outside.any())
            x, y = fold(x, width, borders[k]), fold(y, height, borders[k])
    x, y = (x - lens.left) * lens.across, (y - lens.top) * lens.down
    if interpolation == NEAREST:
        height, width = lens.size
        doubt |= (code == 0) & (on_line(x, 1) & ~beyond(x, width, -0.5) | on_line(y, 1) & ~beyond(y, height, -0.5))
    if interpolation == BICUBIC:  # beyond what a part of a picture shows, shifts by whole pixels see its outer ones
        doubt |= (code == 0) & (beyond(x, lens.size[1]) | beyond(y, lens.size[0]))
    return CanvasCoords(x, y, code, doubt, bent)


def beyond(position: Floats, size: float, slack: float = SLACK) -> Flags:
    """Whether coordinates lie outside of [0, size]."""
    return np.asarray((position < -slack) | (position > size + slack))


def on_line(position: Floats, spacing: float) -> Flags:
    """Whether coordinates lie on a multiple of the spacing, as far as arithmetic can tell."""
    return np.asarray(np.abs(position - np.rint(position / spacing) * spacing) < 1e-9 * (1 + np.abs(position)))


def fold(position: Floats, size: float, border: int) -> Floats:
    """Coordinates outside [0, size] brought inside, with numpy.pad's meaning; those inside stay."""
    start = 0.5 if border == REFLECT else 0.0  # the mirrors stand on the outer pixels' centres, or on their edges
    if border == EDGE or size == 2 * start:
        folded = np.clip(position, 0.5, size - 0.5)
    elif border == WRAP:
        folded = np.mod(position, size)
    else:
        there_and_back = np.mod(position - start, 2 * (size - 2 * start))
        folded = start + np.minimum(there_and_back, 2 * (size - 2 * start) - there_and_back)
    return np.where(beyond(position, size), folded, position)


# Colour: one step after the other, on each canvas whose mean is asked for and on the output.


class ReferenceCanvas:
    """A canvas in colour, in units of white: its pixels, and where which fill shows."""

    def __init__(self, pixels: Floats, coords: CanvasCoords, doubt: Flags, fills: Floats) -> None:
        self.pixels, self.code, self.doubt, self.fills = pixels, coords.code, doubt, fills.copy()

    def painted(self) -> Floats:
        """The canvas as one sees it."""
        out = self.pixels.copy()
        for k, fill in enumerate(self.fills):
            out[self.code == k + 1] = fill
        return out

    def become(self, pixels: Floats) -> None:
        """All of it a picture: what was a fill is a pixel like others from here on."""
        self.pixels, self.code = pixels, np.zeros_like(self.code)

    def through(self, colours: Callable[[Floats], Floats], after: int) -> None:
        """A step on the pixels, and on the fills of the maps before it."""
        self.pixels = colours(self.pixels)
        self.fills[:after] = colours(self.fills[:after])
