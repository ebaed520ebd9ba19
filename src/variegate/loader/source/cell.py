"""Cells: what stands in a column of a table as an id, a label or a field of a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError, SourceError
from variegate.loader.decode import decode_mask, open_view
from variegate.loader.source.folder import path_id
from variegate.loader.source.json_text import parsed
from variegate.loader.source.location import contents, named_in_data, no_path
from variegate.loader.source.multi_hot import NameOf
from variegate.targets import Target


def ids_of(values: Sequence[Any] | NDArray[Any], place: NameOf) -> NDArray[np.uint64]:
    """Ids out of a column: integers 0 to 2**64 - 1 as they are, texts hashed as paths are.

    Raises  SourceError if a value is neither, the column mixes the two, or two rows have one id.
    """
    if isinstance(values, np.ndarray) and values.dtype.kind in "iu" and values.size and values.min() >= 0:
        ids = values.astype(np.uint64)
        check_once(ids, values, place)
        return ids
    texts = len(values) > 0 and isinstance(values[0], str)
    ids = np.empty(len(values), np.uint64)
    for row, value in enumerate(values):
        if isinstance(value, str) != texts or isinstance(value, (bool, float)) or not _is_id(value):
            raise SourceError(
                f"{place(row)}: an id is an integer of 0 to 2**64 - 1, or a text, and all are of a kind; got {value!r}"
            )
        ids[row] = path_id(value) if texts else int(value)
    check_once(ids, values, place)
    return ids


def _is_id(value: Any) -> bool:
    return isinstance(value, str) or (hasattr(value, "__index__") and 0 <= int(value) < 1 << 64)


def check_once(ids: NDArray[np.uint64], values: Sequence[Any] | NDArray[Any], place: NameOf, hint: str = "") -> None:
    """Refuse an id that two rows have.

    Raises  SourceError that names both rows.
    """
    if len(np.unique(ids)) == len(ids):
        return
    first: dict[int, int] = {}
    row = next(row for row, one in enumerate(ids.tolist()) if first.setdefault(one, row) != row)
    shown = values.tolist()[row] if isinstance(values, np.ndarray) else values[row]
    raise SourceError(
        f"{place(row)}: {shown!r} is also in {place(first[int(ids[row])])}; a sample has an id of its own{hint}"
    )


def field_of(value: Any, target: Target | None, place: str, root: str, anywhere: bool) -> Any:
    """A cell as the value that a target takes; a path in it is as of `encoded`.

    Mask and Image   an encoded picture, bytes or Hugging Face's {bytes, path}, or the path of one, is decoded; of
                     Mask(stack=True) each of a list. So it is of any target that `decodes`
    other targets    a text is JSON, such as [[0, 0, 4, 4]]; but of PerSample, and of no target, it stays a text

    Raises  DecodeError or InputError, with `place`.
    """
    if target is not None and target.decodes and isinstance(value, (bytes, str, Mapping)):
        data, name = encoded(value, place, root, anywhere)
        return decode_mask(data, name) if target.decodes == "numbers" else open_view(data, name).decode()
    if target is not None and target.decodes and target.per == "instance" and isinstance(value, list):
        return [each if isinstance(each, list) else field_of(each, target, place, root, anywhere) for each in value]
    if isinstance(value, str) and target is not None and not target.passed_on:
        try:
            return parsed(value, place, InputError)
        except InputError as error:
            raise InputError(f"{error}. Of {target!r} the text is JSON; got {value[:60]!r}") from None
    return value


def encoded(value: Any, place: str, root: str, anywhere: bool) -> tuple[bytes, str]:
    """The bytes of a picture file out of a cell, or a list of one cell, and what errors call it.

    root      the folder of paths, or a URL; what else a cell may name, `named_in_data` says
    anywhere  whether that is any path of this machine

    Raises  InputError if the cell has neither bytes nor a path, or one that leads elsewhere; DecodeError if the file
            cannot be read.
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        value = value.get("path") if value.get("bytes") is None else value["bytes"]
    if isinstance(value, bytes):
        return value, place
    if isinstance(value, str) and value:
        if said := no_path(value):
            raise InputError(f"{place}: {said}, got {value[:60]!r}")
        try:
            path = named_in_data(root, value, anywhere)
        except InputError as error:
            raise InputError(f"{place}: {error}") from None
        return contents(path), path
    raise InputError(f"{place}: there is no picture: a cell has the bytes of one, or its path, got {value!r:.80}")
