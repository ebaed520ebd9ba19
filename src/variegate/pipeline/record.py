"""Record: the numbers of one sample, as JSON can hold them, from which the same bytes can be made again.

variegate  the version that drew them           pipeline  the fingerprint of the pipeline
size       (height, width) of the picture        draws     by path and field: floats in hex, so that no bit is lost,
                                                           and words of bits as integers
looked     by path, of ops that move pixels and looked at labels: the map (9) and the size (2) that came of it, in hex
dropped    how many instances went, and why
partners   the records of those given as partners, where ops mix samples
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.arguments import is_whole
from variegate.errors import InputError
from variegate.key import Key, Keys
from variegate.ops.base import Op
from variegate.ops.effect import Floats, Geometric, Map
from variegate.ops.effect.mixing import SLOT
from variegate.plan.draw import DrawnColumns
from variegate.plan.lower import RESOLVED, Lowered
from variegate.plan.plan import Plan
from variegate.version import VERSION

if TYPE_CHECKING:
    from variegate.pipeline.pipeline import Pipeline
    from variegate.targets.leaf import Leaves

Record = dict[str, Any]


def record_of(
    plan: Plan, i: int, fingerprint: str, dropped: Mapping[str, int], partners: Sequence[Plan] = ()
) -> Record:
    """The record of sample i of a plan."""
    bound = plan.bound
    draws = {
        path: {name: _written(column[..., i]) for name, column in fields.items() if name != SLOT}
        for path, fields in bound.columns.items()
        if fields
    }
    looked = {each.node.path: _written(_map_of(each, i)) for each in bound.lowered if _leaves_a_map(each.node.op)}
    size = bound.sizes[i].tolist()
    told = {"variegate": VERSION, "pipeline": fingerprint, "size": size, "draws": draws}
    found = {**told, "looked": looked, "dropped": dict(dropped)}
    return found | ({"partners": [record_of(each, 0, fingerprint, {}) for each in partners]} if partners else {})


def _leaves_a_map(op: Op) -> bool:
    """Whether a map came of labels. Which pixels an op drops by them is found anew, in labels given to the replay."""
    return bool(op.looks) and issubclass(op.gives, Geometric)


def _map_of(lowered: Lowered, i: int) -> Floats:
    """What came of an op that looked at labels, for sample i: a map and a size; the identity where it was skipped."""
    if not lowered.effects or (lowered.applies is not None and not lowered.applies[i]):
        return np.concatenate([np.eye(3).ravel(), lowered.before[i]])
    row, (made,) = lowered.row(i), lowered.effects
    assert isinstance(made, Map)
    return np.concatenate([made.matrix[row].ravel(), made.size[row]])


def _written(values: NDArray[Any]) -> Any:
    """A number or a row of numbers: integers as they are, floats as text that holds every bit."""
    if values.dtype.kind != "f":
        return values.tolist()
    return [float(value).hex() for value in values] if np.ndim(values) else float(values).hex()


def _numbers(values: Any, like: NDArray[Any] | None = None) -> NDArray[Any]:
    """The column of one sample, of what `_written` made; like: a column of the dtype that it has.

    Raises  ValueError, TypeError, AttributeError or OverflowError if it is none.
    """
    if like is not None and like.dtype.kind != "f":
        if not all(map(is_whole, values)):
            raise TypeError(f"{values!r:.100} are not integers")
        return np.array(values, like.dtype)[:, None]
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


def columns_of(record: Mapping[str, Any], pipeline: Pipeline) -> dict[str, dict[str, NDArray[Any]]]:
    """The drawn columns of one sample; what hung on labels is among them as the map that came of it.

    Raises  InputError if they are not those that the pipeline draws.
    """
    expected = pipeline.compiler.drawing.columns(Keys.of([Key()]))
    looking = {node.path for node in pipeline.compiler.cutter.nodes if _leaves_a_map(node.op)}
    try:
        columns = {
            path: {name: _numbers(values, own.get(name)) for name, values in record["draws"].get(path, {}).items()}
            for path, own in expected.items()
        }
        looked = {path: _numbers(values) for path, values in record["looked"].items()}
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise _damaged(str(error)) from None
    if _shapes(columns) != _shapes(expected) or set(record["draws"]) - set(expected):
        raise _damaged("its draws are not those of the pipeline's ops")
    if set(looked) != looking or not all(map(_is_map, looked.values())):
        raise _damaged("`looked` holds 9 numbers of a map and a size, for ops that look at labels")
    if not all(np.isfinite(column).all() for each in (*columns.values(), looked) for column in each.values()):
        raise _damaged("a number in it is not finite")
    for path, column in looked.items():
        columns[path][RESOLVED] = column
    return columns


def _is_map(column: Floats) -> bool:
    """Whether these are the 9 numbers of a map, and a size."""
    size = column[9:]
    return len(size) == 2 and bool(((size >= 1) & (size % 1 == 0)).all())


def _shapes(columns: DrawnColumns) -> dict[str, dict[str, tuple[int, ...]]]:
    return {path: {name: column.shape for name, column in fields.items()} for path, fields in columns.items()}


def _damaged(why: str) -> InputError:
    return InputError(f"the record is damaged: {why}. Draw the sample anew")


def _size(record: Mapping[str, Any]) -> list[int]:
    """(height, width) of the record's picture."""
    size = record["size"]
    if not isinstance(size, (list, tuple)) or len(size) != 2 or not all(is_whole(side) and side > 0 for side in size):
        raise _damaged(f"its size is {size!r}, not (height, width)")
    return [int(side) for side in size]


def plan_of(
    record: Mapping[str, Any],
    pipeline: Pipeline,
    sizes: Any,
    channels: int = 3,
    dtype: DTypeLike = np.uint8,
    leaves: Sequence[Leaves] = (),
    maps_alone: bool = False,
) -> Plan:
    """The plan of a record's one sample, once more; sizes (1, 2), or None for the size of the record.

    maps_alone  without the ops that move no pixel, some of which ask for labels

    Raises  InputError if the record is of another version, pipeline or size, or damaged.
    """
    check(record, pipeline.fingerprint)
    size = np.array([_size(record)], np.int64)
    if sizes is not None and sizes.tolist() != size.tolist():
        raise InputError(f"the record is of a picture of {record['size']} (height, width), got {sizes[0].tolist()}")
    columns, keys = columns_of(record, pipeline), Keys.of([Key()])
    spec = pipeline.picture_spec(channels, np.dtype(dtype).name, pipeline.known)
    if maps_alone:
        spec = replace(spec, colour=False)
    return pipeline.compiler.plan(columns, keys, size, spec, leaves)
