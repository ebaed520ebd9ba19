"""DatasetColumns: which columns of a batch hold the fields of its samples, and how they come back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from variegate.adapters.huggingface.pixels import is_picture, mask, picture
from variegate.errors import FieldError, InputError
from variegate.loader.decode import AS_STORED, check_pixel_format
from variegate.targets import Target, Targets
from variegate.targets.declared import KNOWN, proposed
from variegate.targets.unsaid import check_unsaid, unsaid

Batch = dict[str, Any]
ColumnPath = tuple[str, str | None]  # a column, and a key of the dicts that it holds


@dataclass(frozen=True)
class DatasetColumns:
    """Where the fields of a pipeline are in a batch of columns.

    known   what the fields are; those that are declared must be there
    image   the column of pictures
    places  field -> column, or "column.key" of a column of dicts, or of lists of dicts; others go by their name
    mode    "RGB", "L", "RGBA" or "bands"
    dtype   "uint8", "uint16" or "float32"
    output  what the column of pictures is called when it comes back; None: as it was

    Raises  FieldError if a field is none of the pipeline's, there is no such mode or dtype, or output is no name.
    """

    known: Targets
    image: str
    places: Mapping[str, str] = field(default_factory=dict)
    mode: str = "RGB"
    dtype: DTypeLike = "uint8"
    output: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", check_pixel_format(self.mode, self.dtype)[1])
        if self.output is not None and not (isinstance(self.output, str) and self.output):
            raise FieldError(f"output is the name of a column, or None, got {self.output!r}")
        for name in self.places:
            if name not in self.known or name == "image":
                raise FieldError(
                    f"fields say where those of the pipeline are, beside the image; {name!r} is none of them: declare "
                    "it in the pipeline's targets"
                )

    def fields(self, batch: Batch) -> dict[str, list[Any]] | None:
        """The fields of a batch that move with the pixels, `image` among them; None where it has nothing to move.

        Raises  InputError if a column is missing, or holds what cannot be taken, or something that may lie on the
                picture is not declared; DecodeError of a file that cannot be decoded.
        """
        places = self._found(batch)
        if self.image in batch and not isinstance(batch[self.image], list | np.ndarray):
            raise InputError(
                f"a batch has a list of pictures in {self.image!r}, got {type(batch[self.image]).__name__}; of "
                "dataset.map, batched=True gives one"
            )
        self._check_rest(batch, places)
        if self.image not in batch:
            return None
        targets = dict(self.known.fields)
        return {name: self._column(batch, place, targets[name]) for name, place in places.items()}

    def together(self, batch: Batch, made: Mapping[str, Any]) -> Batch:
        """The batch with its fields replaced by those made."""
        places = self._found(batch)
        result = dict(batch)
        for column in {column for column, _ in places.values()}:
            values = {key: made[name] for name, (where, key) in places.items() if where == column}
            result[column] = values[None] if None in values else _restored(batch[column], values)
        return result if self.output in (None, self.image) else self._called(result)

    def _called(self, batch: Batch) -> Batch:
        """The batch with its pictures under the name of the output.

        Raises  InputError if another column has it.
        """
        if self.output in batch:
            raise InputError(f"output={self.output!r}, and there is a column of that name: {sorted(batch)}")
        return {str(self.output) if name == self.image else name: value for name, value in batch.items()}

    def _found(self, batch: Batch) -> dict[str, ColumnPath]:
        """Where each field is that moves with the pixels."""
        places: dict[str, ColumnPath] = {"image": (self.image, None)} if self.image in batch else {}
        for name, target in self.known.fields:
            if name == "image" or target.passed_on:
                continue
            column, _, key = self.places.get(name, name).partition(".")
            if column in batch:
                places[name] = column, key or None
            elif self.image in batch and (name in self.places or (name, target) not in KNOWN):
                raise InputError(
                    f"the pipeline declares {name!r}, and there is no column {column!r}, but {sorted(batch)}. Ask for "
                    f'rows, not for one column; or say where it is, as by fields={{"{name}": "objects.bbox"}}'
                )
        return places

    def _check_rest(self, batch: Batch, places: Mapping[str, ColumnPath]) -> None:
        """Refuse what stays behind and should not."""
        taken = {column for column, _ in places.values()}
        if self.image not in batch and taken:
            raise InputError(f"{sorted(taken)} move with the picture, and there is no column {self.image!r} with it")
        alone = self.image not in batch
        hint = "pass image={0!r} if these are to be augmented; else " if alone else ""
        for column, values in batch.items():
            if column in taken or self._passed_on(column):
                continue
            for value in values if isinstance(values, list | np.ndarray) else [values]:
                if is_picture(value) or not alone:
                    mend = f"declare it in the pipeline's targets, as {proposed([column])}"
                    check_unsaid(value, f"the column {column!r}", hint.format(column) + mend)

    def _passed_on(self, column: str) -> bool:
        """Whether somebody said of a column that it never moves."""
        target = dict(self.known.fields).get(column)
        return target is not None and target.passed_on and not target.undeclared

    def _column(self, batch: Batch, place: ColumnPath, target: Target) -> list[Any]:
        """The values of a field, as its target takes them."""
        column, key = place
        rows = batch[column]
        if key is not None:
            self._check_struct(column, rows)
            rows = [_cell(row, key, column) for row in rows]
        told = f"{column!r} of row"
        if target.decodes == "picture":
            dtype = str(self.dtype) if place == (self.image, None) else AS_STORED
            return [picture(value, self.mode, dtype, f"{told} {n} of a batch") for n, value in enumerate(rows)]
        if target.decodes == "numbers":
            return [mask(value, f"{told} {n} of a batch") for n, value in enumerate(rows)]
        return list(rows)

    def _check_struct(self, column: str, rows: list[Any]) -> None:
        """Refuse lists of a column of dicts that would keep instances which others lose."""
        several: set[str] = set()
        for row in filter(None, rows):
            several |= set(row[0]) if isinstance(row, list) else {key for key, value in row.items() if _stays(value)}
        named = {place.partition(".")[2] for place in self.places.values() if place.startswith(f"{column}.")}
        if several - named:
            raise InputError(
                f"the column {column!r} has {sorted(several - named)} beside {sorted(named)}, which would keep "
                "instances that leave the picture: name them in fields=, and declare them in the pipeline's targets, "
                "as by vg.PerInstance(); or remove them from the data set"
            )


def _stays(value: Any) -> bool:
    """Whether a value would stay behind: what may lie on the picture, or has a row for each instance."""
    return isinstance(value, list) or getattr(value, "ndim", 0) > 0 or unsaid(value) is not None


def _cell(row: Any, key: str, column: str) -> Any:
    """What a dict, or each of a list of dicts, has under a key."""
    try:
        return [item[key] for item in row] if isinstance(row, list) else row[key]
    except (KeyError, TypeError):
        raise InputError(f"the column {column!r} has no {key!r} in its rows, such as {row!r:.200}") from None


def _restored(rows: list[Any], values: Mapping[Any, Any]) -> list[Any]:
    """The dicts of a column, with values under some of their keys replaced."""
    made: list[Any] = []
    for n, row in enumerate(rows):
        new = {key: value[n] for key, value in values.items()}
        if isinstance(row, list):
            made.append([dict(zip(new, each, strict=True)) for each in zip(*new.values(), strict=True)])
        else:
            made.append({**row, **new})
    return made
