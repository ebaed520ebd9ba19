"""Boxes: rectangles along the axes, in any of the usual formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from variegate.coords import BoxLayout, Floats, between, box_edges, box_limits, box_rows, boxes_within, fit_boxes
from variegate.dist import show
from variegate.errors import InputError
from variegate.targets.base import Shaped, Size, all_finite, as_numbers, told
from variegate.targets.leaf import BoxLeaf

BoxFormat = Literal["xyxy", "xywh", "cxcywh", "voc", "coco", "yolo"]
DATA_SETS: dict[
    str, tuple[BoxLayout, bool]
] = {  # what a data set's name says: the layout, and whether it is normalised
    "voc": ("xyxy", False),
    "coco": ("xywh", False),
    "yolo": ("cxcywh", True),
}
COLUMNS = {"xyxy": "x0, y0, x1, y1", "xywh": "x, y, w, h", "cxcywh": "cx, cy, w, h"}


@dataclass(frozen=True, repr=False)
class Boxes(Shaped):
    """Boxes along the axes, (N, 4), an instance a row; in continuous coordinates: one pixel is 0, 0, 1, 1 as xyxy.

    format       "xyxy", "xywh" or "cxcywh"; or a data set's: "voc" = xyxy and "coco" = xywh in pixels, "yolo" = cxcywh
                 normalised
    normalised   fractions of the picture's width and height instead of pixels; None: as the format's name says
    shape        what is tight after a turn, where the instance has no polygon and no mask: the box's "corners", or the
                 "ellipse" inscribed in it. On 546 COCO objects turned by 30 degrees the first gave boxes of 1.70 times
                 the tight box's area, never smaller; the second of 0.98 times, and it may cut into the object
    clip         cut boxes at the edges of what is seen; False: keep what lies outside, and take it as input
    epsilon      pixels: a box that is outside of the picture by no more is clipped without a word
    min_area     pixels² that must be seen on the result
    min_visible  fraction, 0 to 1, of the object in the source that must still be seen
    min_side     pixels: the smaller side of the box around what is seen must have as much
    group        the fields whose instances are these rows

    float32 comes back as float32, anything else as float64. Laws: rows that nothing moved come back bit for bit; x + w,
    and cx + w / 2, never pass the edge, as the user's own sum in that dtype finds.

    >>> Boxes("coco", min_visible=0.1)
    Boxes('coco', min_visible=0.1)
    >>> boxes = Boxes("yolo")
    >>> leaf = boxes.read([[0.5, 0.5, 0.5, 1]], (100, 200), "boxes")
    >>> leaf.xyxy
    array([[ 50.,   0., 150., 100.]])

    Raises  FieldError if a field has a value that it cannot have.
    """

    format: BoxFormat = "xyxy"
    normalised: bool | None = field(default=None, kw_only=True)
    shape: Literal["corners", "ellipse"] = field(default="corners", kw_only=True)
    clip: bool = field(default=True, kw_only=True)
    epsilon: float = field(default=0.01, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._option("format", get_args(BoxFormat))
        self._option("shape", ("corners", "ellipse"))
        self._switch("clip")
        if self.normalised is not None:
            self._switch("normalised")
        self._number("epsilon", least=0)

    @property
    def layout(self) -> BoxLayout:
        """What the four columns are."""
        return DATA_SETS[self.format][0] if self.format in DATA_SETS else self.format  # type: ignore[return-value]

    @property
    def fractions(self) -> bool:
        """Whether the numbers are fractions of the picture's sides."""
        return DATA_SETS.get(self.format, ("", False))[1] if self.normalised is None else self.normalised

    def read(self, value: Any, size: Size, name: str) -> BoxLeaf:
        rows = self._rows(value, name)
        edges = box_edges(rows.astype(np.float64), self.layout) * self._unit(size)
        self._check(rows, edges, size, name)
        if self.clip:
            edges = _clipped(edges, size)
            wrong = ~boxes_within(rows, self.layout, self._limits(size, rows.dtype))
            if wrong.any():
                rows[wrong] = self._numbers(edges[wrong], size, rows.dtype)
        return BoxLeaf(edges, rows, rows.dtype)

    def write(self, leaf: BoxLeaf, size: Size) -> NDArray[Any]:
        return leaf.given.copy() if leaf.given is not None else self._numbers(leaf.xyxy, size, leaf.dtype)

    def _rows(self, value: Any, name: str) -> NDArray[Any]:
        """A value as (N, 4) finite numbers."""
        what = f"(N, 4) numbers, {COLUMNS[self.layout]} an instance"
        rows = as_numbers(value, name, what)
        if rows.size == 0 and rows.shape in ((0,), (0, 4)):
            return rows.reshape(0, 4)
        if rows.ndim != 2 or rows.shape[1] != 4:
            wide = rows.ndim == 2 and rows.shape[1] > 4
            hint = "; what an instance has beside its box is a field of its own, PerInstance()" if wide else ""
            raise InputError(f"{name} is {what}; got {rows.shape}{hint}")
        all_finite(rows, name, self._called())
        return rows

    def _check(self, rows: NDArray[Any], edges: Floats, size: Size, name: str) -> None:
        """Refuse boxes with a negative side, and, unless they may, those outside of the picture."""
        sides = rows[:, 2:] - rows[:, :2] if self.layout == "xyxy" else rows[:, 2:]
        if (sides < 0).any():
            n = int(np.argmax((sides < 0).any(axis=1)))
            raise InputError(
                f"{name}[{n}] = {told(rows[n])}{self._called()} has a negative side; fix the annotation, "
                f"or declare another format than {self.format!r}"
            )
        if not self.clip or not len(rows):
            return
        height, width = size
        beyond = np.concatenate([-edges[:, :2], edges[:, 2:] - (width, height)], axis=1)
        if beyond.max() > self.epsilon:
            n, side = (int(i) for i in np.unravel_index(np.argmax(beyond > self.epsilon), beyond.shape))
            raise InputError(self._outside(rows[n], edges[n], beyond[n, side], side, size, f"{name}[{n}]"))

    def _outside(self, row: NDArray[Any], edges: Floats, by: float, side: int, size: Size, name: str) -> str:
        """The error of a box that reaches too far on one of its sides."""
        unit, (height, width) = self._unit(size), size
        at = f"{'xy'[side % 2]} {show(round(float(edges[side] / unit[side]), 6))}"
        end = show(float((width, height)[side % 2] / unit[side]))
        where = f"reaches {at} of {end}" if side > 1 else f"begins at {at}, before 0"
        return (
            f"{name} = {told(row)}{self._called()} {where}: {by:.6g} px outside of the picture of {width} x {height} "
            f"px (width x height). Fix the annotation, allow for it with epsilon= (now {show(self.epsilon)} px), or "
            "keep what is outside with clip=False"
        )

    def _numbers(self, edges: Floats, size: Size, dtype: Any) -> NDArray[Any]:
        """Rows in the declared format and dtype; those within the picture stay there, whatever the rounding."""
        inside = _clipped(edges, size)
        limits = self._limits(size, dtype)
        rows = fit_boxes((box_rows(inside, self.layout) / self._unit(size)).astype(dtype), self.layout, limits)
        if self.clip:
            return rows
        free = (box_rows(edges, self.layout) / self._unit(size)).astype(dtype)
        return np.where((inside == edges).all(axis=1)[:, None], rows, free)

    def _unit(self, size: Size) -> Floats:
        """Pixels in a unit of each column."""
        height, width = size
        return np.array([width, height, width, height], np.float64) if self.fractions else np.ones(4)

    def _limits(self, size: Size, dtype: Any) -> NDArray[Any]:
        """The far edges of the picture in the declared unit."""
        return box_limits(1, 1, dtype) if self.fractions else box_limits(size[1], size[0], dtype)

    def _called(self) -> str:
        """The format, as errors tell it."""
        return f" ({self.layout}, {'normalised' if self.fractions else 'pixels'})"


def _clipped(edges: Floats, size: Size) -> Floats:
    """Edges, no further out than the picture's own."""
    height, width = size
    return between(edges, 0, np.array([width, height, width, height], np.float64))
