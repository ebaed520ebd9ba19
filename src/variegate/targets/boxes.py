"""Boxes: rectangles along the axes, in any of the usual formats."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, NamedTuple, Self, get_args

import numpy as np
from numpy.typing import NDArray

from variegate.arguments import show
from variegate.coords import (
    SWAPPED,
    BoxLayout,
    Floats,
    between,
    box_edges,
    box_limits,
    box_rows,
    boxes_within,
    fit_boxes,
)
from variegate.errors import FieldError, InputError
from variegate.targets.base import Shaped, Size, all_finite, as_numbers, row_text
from variegate.targets.leaf import BoxLeaf
from variegate.targets.placed import Placed

Layouts = Literal["xyxy", "yxyx", "xywh", "cxcywh"]
Fractions = Literal["rel_xyxy", "rel_yxyx", "rel_xywh", "rel_cxcywh"]
BoxFormat = Literal[Layouts, Fractions, "voc", "coco", "yolo", "tfds"]
COLUMNS = {"xyxy": "x0, y0, x1, y1", "yxyx": "y0, x0, y1, x1", "xywh": "x, y, w, h", "cxcywh": "cx, cy, w, h"}
PEERS = {"pascal_voc": "voc", "albumentations": "rel_xyxy", "center_xywh": "cxcywh"}  # what others call a format


class BoxConvention(NamedTuple):
    """How boxes are written: what the four columns are, and whether they are fractions of the picture's sides."""

    layout: BoxLayout
    fractions: bool

    def unit(self, size: Size) -> Floats:
        """Pixels in a unit of x, y, x and y."""
        height, width = size
        return np.array([width, height, width, height], np.float64) if self.fractions else np.ones(4)

    def limits(self, size: Size, dtype: Any) -> NDArray[Any]:
        """The far edges of the picture, x and y, in the unit."""
        return box_limits(1, 1, dtype) if self.fractions else box_limits(size[1], size[0], dtype)

    def rows(self, edges: Floats, size: Size) -> Floats:
        """Rows, from edges in pixels."""
        unit = self.unit(size)
        return box_rows(edges, self.layout) / (unit[SWAPPED] if self.layout == "yxyx" else unit)

    @property
    def name(self) -> BoxFormat:
        """A format that says the same."""
        return f"rel_{self.layout}" if self.fractions else self.layout  # type: ignore[return-value]


FORMATS: dict[str, BoxConvention] = {
    **{layout: BoxConvention(layout, False) for layout in get_args(Layouts)},
    **{f"rel_{layout}": BoxConvention(layout, True) for layout in get_args(Layouts)},
    "voc": BoxConvention("xyxy", False),
    "coco": BoxConvention("xywh", False),
    "yolo": BoxConvention("cxcywh", True),
    "tfds": BoxConvention("yxyx", True),
}


@dataclass(frozen=True, repr=False)
class Boxes(Placed, Shaped):
    """Boxes along the axes, (N, 4), an instance a row; in continuous coordinates: one pixel is 0, 0, 1, 1 as xyxy.

    format       "xyxy", "yxyx", "xywh" or "cxcywh" in pixels, the same with "rel_" in front in fractions of the
                 picture's width and height; or a data set's: "voc" = xyxy and "coco" = xywh in pixels, "yolo" = cxcywh
                 and "tfds" (also tf.image) = yxyx in fractions
    normalised   fractions instead of pixels, or pixels instead of fractions; None: as the format's name says, and then
                 fractions in a format of pixels are refused: all numbers of a sample within 0..1, not all whole, on a
                 picture of 16 x 16 px or more
    out          the format of the result; None: as they come
    dtype        "float32" or "float64": what comes back, whatever comes
    shape        what is tight after a turn, where the instance has no polygon and no mask: the box's "corners", or the
                 "ellipse" inscribed in it. On 546 COCO objects turned by 30 degrees the first gave boxes of 1.70 times
                 the tight box's area, never smaller; the second of 0.98 times, and it may cut into the object
    clip         cut boxes at the edges of what is seen; False: keep what lies outside, and take it as input
    epsilon      pixels: a box that is outside of the picture by no more is clipped without a word
    min_area     pixels² that must be seen on the result
    min_visible  fraction, 0 to 1, of the object in the source that must still be seen
    min_side     pixels: the smaller side of the box around what is seen must have as much
    group        the fields whose instances are these rows

    Laws: rows that nothing moved come back bit for bit, if they were given in the format and dtype in which they go (of
    another dtype, rounded to that); x + w, and cx + w / 2, never pass the edge, as the user's own sum in that dtype
    finds.

    >>> Boxes("coco", min_visible=0.1)
    Boxes('coco', min_visible=0.1)
    >>> boxes = Boxes("yolo", out="xyxy")
    >>> leaf = boxes.read([[0.5, 0.5, 0.5, 1]], (100, 200), "boxes")
    >>> boxes.write(leaf, (100, 200))
    array([[ 50.,   0., 150., 100.]], dtype=float32)

    Raises  FieldError if a field has a value that it cannot have.
    """

    exactness: ClassVar[int] = 2

    format: BoxFormat = "xyxy"
    out: BoxFormat | None = field(default=None, kw_only=True)  # type: ignore[assignment]
    shape: Literal["corners", "ellipse"] = field(default="corners", kw_only=True)
    clip: bool = field(default=True, kw_only=True)
    epsilon: float = field(default=0.01, kw_only=True)

    def __post_init__(self) -> None:
        self._check_format("format")
        super().__post_init__()
        if self.normalised is not None and self.format in get_args(Fractions) and not self.normalised:
            raise FieldError(f"Boxes.normalised=False, but {self.format!r} is fractions; write {self.layout!r}")
        self._option("shape", ("corners", "ellipse"))
        self._switch("clip")
        self._number("epsilon", least=0)

    def _check_out(self) -> None:
        if self.out is not None:
            self._check_format("out")

    def _check_format(self, item: str) -> None:
        """Refuse what is no format, and say what it is called here where others call it otherwise."""
        given = getattr(self, item)
        if isinstance(given, str) and given in PEERS:
            raise FieldError(f"Boxes.{item} {given!r} of other libraries is {PEERS[given]!r} here")
        self._option(item, tuple(FORMATS))

    @property
    def form(self) -> BoxConvention:
        """How the boxes that come are written."""
        form = FORMATS[self.format]
        return form if self.normalised is None else form._replace(fractions=self.normalised)

    @property
    def form_out(self) -> BoxConvention:
        """How the boxes that go are written."""
        return self.form if self.out is None else FORMATS[self.out]

    @property
    def layout(self) -> BoxLayout:
        """What the four columns are."""
        return self.form.layout

    @property
    def fractions(self) -> bool:
        return self.form.fractions

    @property
    def back(self) -> Self:
        came: Any = self.form.name
        return replace(self, format=self.form_out.layout, normalised=self.form_out.fractions, out=came)

    @property
    def keeps_outside(self) -> bool:
        return not self.clip

    @property
    def meaning(self) -> tuple[Any, ...]:
        return self.rows_of, self.layout, self.fractions

    def empty(self, leaf: BoxLeaf) -> NDArray[np.bool_]:
        return np.asarray((leaf.xyxy[:, 2] <= leaf.xyxy[:, 0]) | (leaf.xyxy[:, 3] <= leaf.xyxy[:, 1]))

    def read(self, value: Any, size: Size, name: str) -> BoxLeaf:
        rows, form = self._rows(value, name), self.form
        edges = box_edges(rows.astype(np.float64), form.layout) * form.unit(size)
        self._check(rows, edges, size, name)
        edges = _clipped(edges, size) if self.clip else edges
        if form != self.form_out:
            return BoxLeaf(edges)
        given = self._cast(rows)
        if self.clip:
            wrong = ~boxes_within(given, form.layout, form.limits(size, given.dtype))
            if wrong.any():
                given[wrong] = self._numbers(edges[wrong], size)
        return BoxLeaf(edges, given)

    def write(self, leaf: BoxLeaf, size: Size) -> NDArray[Any]:
        return leaf.given.copy() if leaf.given is not None else self._numbers(leaf.xyxy, size)

    def _places(self, leaf: BoxLeaf) -> Floats:
        return leaf.xyxy.reshape(-1, 2)

    def _given(self, leaf: BoxLeaf) -> Floats:
        return box_rows(leaf.xyxy, "xyxy" if self.layout == "yxyx" else self.layout).reshape(-1, 2)

    def _as(self, unit: str) -> str:
        return f"Boxes({self.form._replace(fractions=unit == 'fractions').name!r})"

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
        all_finite(rows, name, self._called(), self.dtype)
        return rows

    def _check(self, rows: NDArray[Any], edges: Floats, size: Size, name: str) -> None:
        """Refuse boxes with a negative side, and, unless they may, those outside of the picture."""
        sides = rows[:, 2:] - rows[:, :2] if self.layout in ("xyxy", "yxyx") else rows[:, 2:]
        if (sides < 0).any():
            n = int(np.argmax((sides < 0).any(axis=1)))
            raise InputError(
                f"{name}[{n}] = {row_text(rows[n])}{self._called()} has a negative side; fix the annotation, "
                f"or declare another format than {self.format!r}"
            )
        if not self.clip or not len(rows):
            return
        height, width = size
        beyond = np.concatenate([-edges[:, :2], edges[:, 2:] - (width, height)], axis=1)
        if beyond.max() > self.epsilon:
            self.check_unit(BoxLeaf(edges), size, name)  # a wrong unit is the likelier fault, and it is easier to mend
            n, side = (int(i) for i in np.unravel_index(np.argmax(beyond > self.epsilon), beyond.shape))
            raise InputError(self._outside(rows[n], edges[n], beyond[n, side], side, size, f"{name}[{n}]"))

    def _outside(self, row: NDArray[Any], edges: Floats, by: float, side: int, size: Size, name: str) -> str:
        """The error of a box that reaches too far on one of its sides."""
        unit, (height, width) = self.form.unit(size), size
        at = f"{'xy'[side % 2]} {show(round(float(edges[side] / unit[side]), 6))}"
        end = show(float((width, height)[side % 2] / unit[side]))
        where = f"reaches {at} of {end}" if side > 1 else f"begins at {at}, before 0"
        return (
            f"{name} = {row_text(row)}{self._called()} {where}: {by:.6g} px outside of the picture of {width} x "
            f"{height} "
            f"px (width x height). Fix the annotation, allow for it with epsilon= (now {show(self.epsilon)} px), or "
            "keep what is outside with clip=False"
        )

    def _numbers(self, edges: Floats, size: Size) -> NDArray[Any]:
        """Rows in the format and dtype of the result; those within the picture stay there, whatever the rounding."""
        form, inside, dtype = self.form_out, _clipped(edges, size), np.dtype(self.dtype)
        rows = fit_boxes(self._cast(form.rows(inside, size)), form.layout, form.limits(size, dtype))
        if self.clip:
            return rows
        free = self._cast(form.rows(edges, size))
        return np.where((inside == edges).all(axis=1)[:, None], rows, free)

    def _called(self) -> str:
        """The format, as errors tell it."""
        return f" ({self.layout}, {'normalised' if self.fractions else 'pixels'})"


def _clipped(edges: Floats, size: Size) -> Floats:
    """Edges, no further out than the picture's own."""
    height, width = size
    return between(edges, 0, np.array([width, height, width, height], np.float64))
