"""FieldSpec: what the values of a field are, in every batch: pictures or numbers of a dtype, or anything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.targets import Target

Where = Callable[[int], str]  # what to call a sample of a batch, for errors


class FieldSpec(NamedTuple):
    """What the values of a field are, in all batches.

    dtype  of numbers; None of anything else, which stays a list
    shape  of a sample's numbers, or of those of an instance; of a mask or a view what follows its height and width
    where  which sample tells it, for errors
    """

    dtype: np.dtype[Any] | None = None
    shape: tuple[int, ...] = ()
    where: str = "the first samples"


FieldSpecs = Mapping[str, FieldSpec]


def spec_of(target: Target, value: Any, padded: bool) -> FieldSpec | None:
    """What a value tells of its field; None where it has no instance, and tells nothing."""
    if target.per == "pixel":
        return FieldSpec(value.dtype, value.shape[2:])
    if target.rows_of is None:
        found = of_sample(target, value)
    elif not padded or target.ragged:
        return FieldSpec()
    else:
        found = of_rows(value)
        if not len(value) and (found is not None or isinstance(value, list | tuple)):
            return None
        found = None if found is None else found[0]
    return FieldSpec() if found is None else FieldSpec(found.dtype, found.shape)


def check_plane(target: Target, name: str, value: NDArray[Any], spec: FieldSpec, where: Where) -> None:
    """Refuse a mask or a view that is not what its field is; a mask may be of a dtype that the field's holds.

    Raises  InputError that says what it is.
    """
    fits = value.dtype == spec.dtype if target.picture else holds(spec, value)
    if not fits or value.shape[2:] != spec.shape:
        raise unlike(name, spec._replace(shape=(*value.shape[:2], *spec.shape)), value, where(0))


def of_sample(target: Target, value: Any) -> NDArray[Any] | None:
    """A number of a sample as an array; a vector of classes too, of a label that nobody declared; None of others."""
    if target.numbers:
        return np.asarray(value)
    if target.undeclared and isinstance(value, list | tuple | np.ndarray) and getattr(value, "ndim", 1) == 1:
        return of_rows(value) if len(value) else None
    scalar = isinstance(value, bool | int | float | np.number | np.bool_) or getattr(value, "shape", None) == ()
    array = np.asarray(value) if scalar else None
    return array if array is not None and array.dtype.kind in "biuf" else None


def of_rows(value: Any) -> NDArray[Any] | None:
    """An array of numbers, or a list of them as an array; None of anything else."""
    if isinstance(value, np.ndarray):
        return value if value.dtype.kind in "biuf" else None
    if not all(isinstance(item, (int, float, np.number, np.bool_)) for item in value):
        return None
    array = np.asarray(value) if len(value) else np.zeros(0, np.int64)  # most lists of numbers are classes
    rounded = array.dtype.kind == "f" and not any(isinstance(item, (float, np.floating)) for item in value)
    return array if array.dtype.kind in "biuf" and not rounded else None


def conformed(name: str, row: NDArray[Any] | None, spec: FieldSpec, where: Where, n: int) -> NDArray[Any]:
    """An array in the dtype of its field.

    Raises  InputError if it is no number, or one that the dtype does not hold.
    """
    if row is not None and row.shape == spec.shape and holds(spec, row):
        return row.astype(spec.dtype, copy=False)
    raise unlike(name, spec, row, where(n))


def holds(spec: FieldSpec, row: NDArray[Any]) -> bool:
    """Whether the dtype of a field holds every number of an array's."""
    return spec.dtype is not None and np.can_cast(row.dtype, spec.dtype, "safe")


def unlike(name: str, spec: FieldSpec, row: NDArray[Any] | None, place: str) -> InputError:
    """The error of a value that is not what its field is; None for a row that is no numbers."""
    got = "no number" if row is None else f"{row.dtype} {row.shape}"
    return InputError(
        f"{place.removesuffix(',')}: {name} is {got}, and in {spec.where} {spec.dtype} {spec.shape}; a field "
        "has one type in every batch, so give each sample the same"
    )
