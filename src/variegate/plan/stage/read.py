"""ReadStage: one pass over the pixels. The picture is read once, through all maps of the segment together."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.kernels.codes import (
    CHW,
    DTYPES,
    FIRST_MAP,
    FIRST_SITE,
    FIRST_STEP,
    LAYOUTS,
    POINTWISE,
    READ,
    ROW_FORM,
    ROW_STAGE,
    ROWWISE,
    STEP_PICK,
    STEP_SITE,
    STEP_SORT,
    TO_RESULT,
)
from variegate.kernels.library import UnitSpec, library
from variegate.kernels.pixel_function import pixel_function_unit
from variegate.kernels.survey import Sites, Substitutes, survey
from variegate.kernels.tables import Tables
from variegate.picture import ImageArray
from variegate.plan.batch import LoweredBatch
from variegate.plan.bytes import ByteRows
from variegate.plan.output import last_write
from variegate.plan.smaller import Fit
from variegate.plan.stage.base import Stage, Window
from variegate.plan.statistics import Statistics
from variegate.plan.steps import BoundFunction
from variegate.scratch import SCRATCH

if TYPE_CHECKING:
    from variegate.kernels.reference import Truth
    from variegate.kernels.reference_read import Covers
    from variegate.plan.report import Report


Floats = NDArray[np.float64]
HOW = ("as it is", "prefiltered", "by the exact separable kernel")


class ReadStage(Stage):
    """Maps, colours, and of a sample's last row the last write: ready for the kernel.

    tables, sites  see `kernels.render`
    bytes          which rows need no floats, as long as their picture is of the size that was planned
    functions      the user's functions of a pixel or of a row
    statistics     which rows begin with a table that hangs on the picture
    """

    def __init__(self, batch: LoweredBatch) -> None:
        spec, row_layout, output = batch.spec, batch.row_layout, batch.output
        self.row_layout, self.channels, self.functions = row_layout, spec.channels, batch.functions
        self.statistics = Statistics(row_layout, batch.luts, batch.requests)
        self.layout, self.dtype = LAYOUTS.index(output.layout), output.dtype
        codes = DTYPES.index(spec.dtype), DTYPES.index(output.dtype)
        self._unit_spec = UnitSpec(*codes, spec.white is not None, spec.steps == 255)
        self.sites, asked = survey(row_layout, slice(0, len(row_layout.rows) - 1))
        gain, shift = last_write(output, spec.channels)
        self.tables = Tables(
            *row_layout.leading,
            batch.colours,
            batch.luts,
            np.array([address(each, spec.channels) for each in self.functions], np.int64),
            batch.calls,
            batch.draws,
            gain,
            shift,
            (np.dtype(output.dtype).itemsize, self.layout, self._unit_spec.source, spec.steps),
            library(self._unit_spec, asked),
            row_layout.fields,
        )
        self.bytes = ByteRows(self.tables, self.sites)
        self._may_raise = any(each.unit is None for each in self.functions)
        self._ends = frozenset(row_layout.first.tolist())  # the rows after those that end a sample
        self._begins: list[int] = row_layout.rows[:, FIRST_MAP].tolist()
        self._sites: list[int] = row_layout.rows[:, FIRST_SITE].tolist()
        self._forms: list[int] = row_layout.rows[:, ROW_FORM].tolist()

    def _is_final(self, row: int) -> int:
        """Whether a row writes a sample's result."""
        return self._forms[row] & TO_RESULT

    def _reader(self, row: int) -> int:
        """The only site that reads what a row makes; -1 if there is none, or more."""
        if row + 1 in self._ends or self.row_layout.rows[row + 1, ROW_STAGE] != READ:
            return -1
        first, last = self._sites[row + 1], self._sites[row + 2]
        return first if last - first == 1 else -1

    def size(self, row: int) -> tuple[int, int]:
        """(height, width) of what a row makes."""
        height, width = self.row_layout.canvas[self._begins[row + 1] + row].tolist()
        return height, width

    def shape(self, row: int) -> tuple[int, ...]:
        h, w = self.size(row)
        return (self.channels, h, w) if self._is_final(row) and self.layout == CHW else (h, w, self.channels)

    def nbytes(self, row: int) -> int:
        """Of scratch that is kept from picture to picture: the float32 picture between two segments."""
        return 0 if row + 1 in self._ends else 4 * math.prod(self.shape(row))

    def window(self, row: int, made: Window, size: tuple[int, int]) -> Window:
        """See `Stage.window`; whatever is wanted of what maps make, a row reads all that any of it hangs on."""
        if row in self.statistics:
            return super().window(row, made, size)
        return made if self._stays(row) else self._windows[row]

    @functools.cached_property
    def _windows(self) -> list[Window]:
        from variegate.kernels.window import windows

        return list(map(tuple, windows(self.row_layout, self.sites).tolist()))

    def _stays(self, row: int) -> bool:
        """Whether what is made of a pixel hangs on that pixel alone, and another row follows, which may not ask for it.

        Not of a user's function, which shall see no numbers that are none of the picture's.
        """
        moved = self._begins[row] != self._begins[row + 1]
        if moved or row + 1 in self._ends or self._sites[row + 1] - self._sites[row] != 1:
            return False
        steps = slice(*self.row_layout.rows[row : row + 2, FIRST_STEP].tolist())
        sorts, leaning = self.row_layout.kinds[steps, STEP_SORT], self.row_layout.steps[steps, 12:14]
        return not (np.isin(sorts, (POINTWISE, ROWWISE)).any() or leaning.any())

    def run(self, row: int, inputs: tuple[ImageArray, ...], out: ImageArray | None) -> ImageArray:
        """See `Stage.run`.

        Raises  InputError that names the op if a user's function raised.
        """
        if row in self.statistics:
            self.statistics.fill(row, inputs[0])
        if out is not None and row in self.bytes:
            self.bytes.run(row, inputs[0], out)
            return out
        return self._render(row, inputs[0], out, self.tables, self.sites, self._sites[row], self._reader(row))

    def run_smaller(self, row: int, image: ImageArray, out: ImageArray | None, fit: Fit) -> ImageArray:
        """The same of a picture smaller than the one planned.

        The units are looked up again: scaled by more along one axis than along the other, a footprint may ask for a
        filter that no picture of the batch did.
        """
        if row in self.statistics:
            self.statistics.fill(row, image)
        substitutes = Substitutes(np.array([image.shape[:2]], np.int64), np.array([fit]))
        sites, asked = survey(self.row_layout, slice(row, row + 1), substitutes)
        tables = self.tables._replace(library=library(self._unit_spec, asked))
        return self._render(row, image, out, tables, sites, 0, -1)

    def _render(
        self, row: int, image: ImageArray, out: ImageArray | None, tables: Tables, sites: Sites, site: int, after: int
    ) -> ImageArray:
        from variegate.kernels.render import run_row

        out = self._between(row) if out is None else out
        report = self._report() if self._may_raise else None
        run_row(row, image, out, tables, sites, site, after, 0 if report is None else report.address)
        if report is not None:
            report.check(functools.partial(self._drawn, row))
        return out

    def _between(self, row: int) -> ImageArray:
        """Scratch for a picture that the next row reads: two take turns, so that none is read while it is written."""
        return SCRATCH.array(f"between {row % 2}", self.shape(row))

    def _report(self) -> Report:
        from variegate.plan.report import Report

        return Report(self.functions, self.channels)

    def _drawn(self, row: int, function: int) -> Floats:
        """What a user's function was called with for a row: its numbers, and behind them, if it takes any, its bits."""
        tables, steps = self.tables, slice(*self.row_layout.rows[row : row + 2, FIRST_STEP].tolist())
        for kind in self.row_layout.kinds[steps].tolist():
            if kind[STEP_SORT] in (POINTWISE, ROWWISE) and tables.calls[kind[STEP_PICK]] == function:
                drawn: Floats = tables.draws[kind[STEP_PICK]]
                return drawn
        raise AssertionError(f"row {row} calls no function {function}")

    def explain(self, row: int) -> Iterator[str]:
        """How the source is read, over which canvases, and what is written."""
        told, first = self.tables.row(row), self._sites[row]
        state, scale = self.sites.state[first], self.sites.scale[first]
        how = HOW[int(state[2])]
        if state[2] == 1:
            how += f" (scales {scale[0]:.2f} along x, {scale[1]:.2f} along y, {scale[2]:.2f} along a diagonal)"
        leaning = (told.steps[:, 12:14] != 0).any(axis=1)
        means = int(leaning.sum())
        if means:
            early = int((leaning & (told.kinds[:, STEP_SITE] > 0)).sum())
            where = f", {early} of them by a read-only pass over an earlier canvas" if early else ""
            yield f"  mean     {means} mean{'s' * (means != 1)} of the picture{where}"
        if row in self.statistics:
            yield "  levels   counted over the whole picture, by a read-only pass"
        canvases = " -> ".join(f"{h} x {w}" for h, w in told.canvas.tolist())
        bent = int(told.chain.bent.sum())
        cuts = int(state[0]) - bent
        fields = f", {bent} field{'s' * (bent != 1)} bend{'s' * (bent == 1)}" if bent else ""
        yield f"  canvas   {canvases}; {cuts} window{'s' * (cuts != 1)} cut{fields}"
        yield f"  read     {how}"
        if self._is_final(row):
            yield f"  write    {self.dtype} {LAYOUTS[self.layout]} {' x '.join(map(str, self.shape(row)))}"

    def reference(
        self,
        row: int,
        image: NDArray[np.float64],
        doubt: NDArray[np.bool_],
        slack: float = 1e-3,
        covers: Covers | None = None,
    ) -> Truth:
        from variegate.kernels.reference import reference
        from variegate.kernels.reference_colour import histogram, tied

        if row in self.statistics:
            self.statistics.fill_by(row, histogram(image))
            doubt = np.full(doubt.shape, doubt.any() or tied(image))
        told = self.tables.row(row)
        return reference(self.tables, told, image, self.functions, doubt, slack, covers)


def address(each: BoundFunction, channels: int) -> int:
    """Where a user's compiled function is."""
    from variegate.kernels.row_function import row_function_unit

    if each.unit is not None:
        return each.unit.address
    try:
        if each.rowwise:
            return row_function_unit(each.function, channels, each.draws.shape[1], each.bits is not None).address
        return pixel_function_unit(each.function, channels, each.draws.shape[1]).address
    except InputError as error:
        raise InputError(f"{each.path}: {error}") from error.__cause__
