"""Target: the declaration of what a field of a sample is, and what all targets share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from variegate.arguments import finite, show
from variegate.errors import FieldError, InputError
from variegate.picture import as_arrays, check_unmasked, is_pil, pil_mask
from variegate.targets.leaf import Leaf
from variegate.white import White

Size = tuple[int, int]  # (height, width) of the picture on which a leaf lies
Shape = tuple[int | None, ...]  # of an array; None for a side that varies


class Filters(NamedTuple):
    """What must be seen of an instance, or it is dropped; 0 asks for nothing. See `Shaped`."""

    min_area: float = 0
    min_visible: float = 0
    min_side: float = 0


class PixelValues(NamedTuple):
    """What the numbers of a picture mean; see `Image`."""

    white: White
    colour: bool
    fill: float


@dataclass(frozen=True, repr=False)
class Target:
    """What a field of a sample is: `read` checks a value of it and makes a leaf, `write` gives a leaf back as declared.

    Laws: writing what was read, and not moved, gives the same values; reading copies what a later write could change.
    How its leaf goes through a map is registered in `labels` (`labels/move.py`). What else is asked of a target is a
    fact of its class or of its fields:

    moves       whether values lie on the picture, and go where its pixels go
    undeclared  whether it stands for a field of which nobody said what it is
    ragged      whether a value is lists in lists of arrays, which no array holds
    numbers     whether a value of a sample is an array of numbers, of one shape and dtype in all samples
    decodes     as what a picture file is decoded that holds a value: "picture", "numbers" of its pixels; None: never
    exactness   how well its shape tells what is left of an instance: the highest of a group is moved first, and counts

    Raises  FieldError if a field has a value that it cannot have.
    """

    moves: ClassVar[bool] = True
    undeclared: ClassVar[bool] = False
    ragged: ClassVar[bool] = False
    numbers: ClassVar[bool] = False
    decodes: ClassVar[Literal["picture", "numbers"] | None] = None
    exactness: ClassVar[int] = 0

    def __post_init__(self) -> None:
        """Check the fields; classes below go on from here."""

    @property
    def rows_of(self) -> str | None:
        """The group whose instances are the rows of this field; None where it has no rows."""
        return None

    @property
    def back(self) -> Self:
        """The target that reads what this one writes, and writes what this one reads."""
        return self

    @property
    def per(self) -> Literal["sample", "instance", "pixel"]:
        """Of what a sample has a value each."""
        return "sample" if self.rows_of is None else "instance"

    @property
    def passed_on(self) -> bool:
        """Whether a value is of the sample as a whole, and comes out as it went in."""
        return self.per == "sample" and not self.moves

    @property
    def picture(self) -> PixelValues | None:
        """Of a view of the picture, which is run through the ops as the picture is, what its numbers mean."""
        return None

    @property
    def outlines(self) -> bool:
        """Whether what is left of its shape has an outline, around which boxes of the same instances lie tight."""
        return False

    @property
    def keeps_outside(self) -> bool:
        """Whether instances stay of which nothing is on the result."""
        return False

    @property
    def filters(self) -> Filters:
        """What must be seen of an instance."""
        return Filters()

    @property
    def meaning(self) -> tuple[Any, ...]:
        """What the declaration says of the values; the rest of it says what is to become of them."""
        said = (item.name for item in fields(self) if item.name not in Filters._fields)
        return (self.rows_of, *(getattr(self, name) for name in said))

    @property
    def written_dtype(self) -> str | None:
        """The dtype in which numbers are written; None: that in which they come."""
        return None

    def completed_by(self, other: Self) -> Self:
        """The declaration, with what another of the same meaning says where this one says nothing."""
        return self

    def from_python(self, value: Any, name: str) -> Any:
        """A value as data sets in Python have it, as `read` takes it: PIL images and tensors as arrays, also in lists.

        Raises  InputError if it is a PIL image of colours, or a tensor of a dtype that NumPy has not.
        """
        return pil_mask(value, name) if is_pil(value) else as_arrays(value)

    def channels_first(self, value: Any) -> Any:
        """A written value as frameworks take it that have channels in front."""
        return value

    def shape_on(self, sides: Shape, shape: Shape) -> Shape:
        """The shape of a value of this shape when it lies on a result of these sides, (height, width)."""
        return (None, *shape[1:]) if shape and self.rows_of is not None else shape

    def empty(self, leaf: Any) -> NDArray[np.bool_] | None:
        """(N,): which instances have no area to begin with, and are dropped; None: that drops none."""
        return None

    def read(self, value: Any, size: Size, name: str) -> Leaf:
        """The leaf of a value on a picture of this size; `name` is the field's, for errors.

        Raises  InputError if the value is none of what was declared.
        """
        raise TypeError(f"{type(self).__name__} has no read(): a target must say what it takes")

    def check_unit(self, leaf: Any, size: Size, name: str) -> None:
        """Refuse a leaf that can only have been given in another unit than the declared one.

        Raises  InputError that says so, and how the other is declared.
        """

    def write(self, leaf: Any, size: Size) -> Any:
        """The value of a leaf that lies on a picture of this size, in the declared format."""
        raise TypeError(f"{type(self).__name__} has no write(): a target must say what it gives")

    def __repr__(self) -> str:
        first, rest = [], []  # what may be written without its name comes first
        for item in fields(self):
            if not self._is_default(item):
                shown = repr(getattr(self, item.name))
                rest.append(f"{item.name}={shown}") if item.kw_only else first.append(shown)
        return f"{type(self).__name__}({', '.join(first + rest)})"

    def _is_default(self, item: Field[Any]) -> bool:
        """Whether a field has the value that it has when nothing is written."""
        return item.default is not MISSING and bool(getattr(self, item.name) == item.default)

    def _number(self, item: str, least: float = -np.inf, most: float = np.inf) -> None:
        """Refuse what is no finite number within limits; keep a plain int or float of it."""
        owner = f"{type(self).__name__}.{item}"
        given = getattr(self, item)
        value = finite(given, owner)
        if not least <= value <= most:
            limits = f"at least {show(least)}" if most == np.inf else f"{show(least)} to {show(most)}"
            raise FieldError(f"{owner} is {limits}, got {given!r}")
        object.__setattr__(self, item, int(value) if hasattr(given, "__index__") else value)

    def _option(self, item: str, options: tuple[str, ...]) -> None:
        """Refuse a word that is not among the options of a field."""
        given = getattr(self, item)
        if not isinstance(given, str) or given not in options:
            told = ", ".join(map(repr, options))
            raise FieldError(f"{type(self).__name__}.{item} is one of {told}; got {given!r}")

    def _switch(self, *items: str) -> None:
        """Refuse what is neither True nor False."""
        for item in items:
            given = getattr(self, item)
            if not isinstance(given, (bool, np.bool_)):
                raise FieldError(f"{type(self).__name__}.{item} is True or False, got {given!r}")
            object.__setattr__(self, item, bool(given))


@dataclass(frozen=True, repr=False)
class Grouped(Target):
    """A target whose rows are the instances of a group: instance n is row n of each field of the group.

    group  the group's name; an instance that one field drops is dropped from all of them
    """

    group: str = field(default="instances", kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.group, str) or not self.group:
            raise FieldError(f"{type(self).__name__}.group is a text that is not empty, got {self.group!r}")

    @property
    def rows_of(self) -> str | None:
        return self.group


@dataclass(frozen=True, repr=False)
class Shaped(Grouped):
    """A target whose instances have a shape, and are dropped where too little of it is seen.

    min_area     pixels² that must be seen on the result
    min_visible  fraction, 0 to 1, of the object in the source that must still be seen
    min_side     pixels: the smaller side of the box around what is seen must have as much
    """

    min_area: float = field(default=0, kw_only=True)
    min_visible: float = field(default=0, kw_only=True)
    min_side: float = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._number("min_area", least=0)
        self._number("min_visible", least=0, most=1)
        self._number("min_side", least=0)

    @property
    def filters(self) -> Filters:
        return Filters(self.min_area, self.min_visible, self.min_side)


def as_numbers(value: Any, name: str, what: str) -> NDArray[Any]:
    """A copy of an array or a list of numbers, float32 where it was that, else float64.

    what  how the value should look, for the error: "(N, 4) numbers"

    Raises  InputError if it is no array and no list, ragged, or of other things than numbers.
    """
    if not isinstance(value, (np.ndarray, list, tuple)):
        raise InputError(f"{name} is {what}, as an array or a list; got {type(value).__name__}")
    check_unmasked(value, name)
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        raise InputError(f"{name} is {what}, got rows of different lengths") from None
    if array.dtype.kind not in "iuf":
        raise InputError(f"{name} is {what}, got {array.dtype} {array.shape}")
    return array.astype(np.float32 if array.dtype == np.float32 else np.float64)


def all_finite(rows: NDArray[Any], name: str, unit: str, dtype: str) -> None:
    """Refuse rows, (N, ...), that hold a NaN, an infinity or what a dtype cannot; name the first."""
    wrong = unfit(rows, dtype)
    if wrong.any():
        n = int(np.argwhere(wrong)[0][0])
        raise InputError(
            f"{name}[{n}] = {row_text(rows[n])}{unit} holds a number that is {number_fault(rows[n])}; "
            "fix the annotation"
        )


def unfit(rows: NDArray[Any], dtype: str) -> NDArray[np.bool_]:
    """Which numbers are not finite, or too large for a dtype."""
    return np.asarray(~(np.abs(rows) <= np.finfo(dtype).max))


def number_fault(row: NDArray[Any]) -> str:
    """What is wrong with numbers of which some are unfit."""
    return "too large for float32" if np.isfinite(row).all() else "not finite"


def row_text(row: ArrayLike) -> str:
    """A row as a person writes it: (0.9, 0.1, 30); long ones are cut."""
    flat = np.asarray(row).ravel()
    few = [_short(number) for number in flat[:12]]
    return f"({', '.join(few)}{', ...' if flat.size > 12 else ''})"


def _short(number: Any) -> str:
    """A number of its own dtype, in as few digits as tell it: float32 0.1 is 0.1."""
    return str(number)[:-2] if str(number).endswith(".0") else str(number)


def comma_list(words: Iterable[object]) -> str:
    """Words in one line, with commas."""
    return ", ".join(map(str, words))
