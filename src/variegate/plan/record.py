"""Record: the numbers of one sample, as JSON can hold them, from which the same bytes can be made again.

variegate  the version that drew them           pipeline  the fingerprint of the pipeline
size       (height, width) of the picture        draws     by path and field: floats in hex, so that no bit is lost
looked     by path, of ops that looked at labels: the map (9) and the size (2) that came of it, in hex
dropped    how many instances went, and why
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from variegate.errors import InputError
from variegate.key import Key, Keys
from variegate.ops.effect import Floats
from variegate.plan.lower import RESOLVED
from variegate.plan.plan import Plan
from variegate.version import VERSION

if TYPE_CHECKING:
    from variegate.pipeline.compose import Compose
    from variegate.plan.trail import Leaves

Record = dict[str, Any]


def record_of(plan: Plan, i: int, fingerprint: str, dropped: Mapping[str, int]) -> Record:
    """The record of sample i of a plan."""
    group, row = plan.groups[plan.where[i][0]], plan.where[i][1]
    draws = {
        path: {name: _hex(column[..., row]) for name, column in fields.items() if name != RESOLVED}
        for path, fields in group.columns.items()
        if fields
    }
    looked = {
        path: _hex(np.concatenate([map.matrix[row].ravel(), map.size[row]])) for path, map in group.trail.looked.items()
    }
    size = group.sizes[0][row].tolist()
    told = {"variegate": VERSION, "pipeline": fingerprint, "size": size, "draws": draws}
    return {**told, "looked": looked, "dropped": dict(dropped)}


def _hex(values: Floats) -> Any:
    """A number or a row of numbers as text that holds every bit."""
    return [float(value).hex() for value in values] if np.ndim(values) else float(values).hex()


def _numbers(values: Any) -> Floats:
    """The column of one sample, of what `_hex` made."""
    if isinstance(values, str):
        return np.array([float.fromhex(values)])
    return np.array([float.fromhex(value) for value in values])[:, None]


def check(record: Any, fingerprint: str) -> None:
    """Refuse what is no record of this pipeline and this version.

    Raises  InputError that says what differs.
    """
    if not isinstance(record, Mapping) or not {"variegate", "pipeline", "size", "draws", "looked"} <= set(record):
        raise InputError(f"a record is what return_params=True gave, got {record!r:.100}")
    if record["variegate"] != VERSION:
        raise InputError(
            f"the record is of Variegate {record['variegate']}, this is {VERSION}; pixels are only promised to be the "
            "same within one version"
        )
    if record["pipeline"] != fingerprint:
        raise InputError(
            f"the record is of another pipeline (fingerprint {record['pipeline']}, this one is {fingerprint}); replay "
            "it with the pipeline that made it"
        )


def columns_of(record: Mapping[str, Any], paths: tuple[str, ...]) -> dict[str, dict[str, Floats]]:
    """The drawn columns of one sample; what hung on labels is among them as the map that came of it."""
    columns: dict[str, dict[str, Floats]] = {path: {} for path in paths}
    try:
        for path, fields in record["draws"].items():
            columns[path] |= {name: _numbers(values) for name, values in fields.items()}
        for path, values in record["looked"].items():
            columns[path][RESOLVED] = _numbers(values)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"the record is damaged: {error!r}") from None
    return columns


def plan_of(
    record: Mapping[str, Any],
    pipeline: Compose,
    sizes: Any,
    channels: int = 3,
    dtype: DTypeLike = np.uint8,
    leaves: Sequence[Leaves] = (),
) -> Plan:
    """The plan of a record's one sample, once more; sizes (1, 2), or None for the size of the record.

    Raises  InputError if the record is of another version, pipeline or size, or damaged.
    """
    check(record, pipeline.fingerprint)
    size = np.array([record["size"]], np.int64)
    if sizes is not None and sizes.tolist() != size.tolist():
        raise InputError(f"the record is of a picture of {record['size']} (height, width), got {sizes[0].tolist()}")
    columns, keys = columns_of(record, pipeline.compiler.drawing.paths), Keys.of([Key()])
    return pipeline.compiler.plan(columns, keys, size, channels, np.dtype(dtype).name, pipeline.known, leaves)
