"""Rows are those that PyArrow reads, of every type; damage never leads beyond the file."""

from __future__ import annotations

import os
import pickle
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import ipc

from variegate.errors import DecodeError, SourceError
from variegate.loader.source.arrow.layout import Layout
from variegate.loader.source.parquet import Parquet
from variegate.loader.source.parquet.files import ArrowRows, open_rows
from variegate.loader.source.shards import find_shards

N = 37
RNG = random.Random(0)
BLOBS = [None if i % 5 == 2 else bytes([i]) * RNG.choice((0, 3, 12, 13, 400)) for i in range(N)]
TEXTS = [None if each is None else each.decode("latin-1") for each in BLOBS]
LISTS = [None if i % 7 == 3 else [[j / 4, None] for j in range(i % 3)] for i in range(N)]
CELL = pa.struct([("path", pa.string()), ("bytes", pa.binary())])
VIEWS = pa.struct([("bytes", pa.binary_view()), ("path", pa.string_view())])
COLUMNS: dict[str, Any] = {
    "null": pa.nulls(N),
    "bool": pa.array([i % 3 == 0 if i % 4 else None for i in range(N)]),
    "plain": pa.array([i % 3 == 0 for i in range(N)]),
    "int8": pa.array([i if i % 9 else None for i in range(N)], pa.int8()),
    "uint64": pa.array([2**64 - 1 - i for i in range(N)], pa.uint64()),
    "half": pa.array([np.float16(i / 2) for i in range(N)], pa.float16()),
    "date": pa.array(range(N), pa.date32()),
    "stamp": pa.array(range(N), pa.timestamp("us")),
    "fixed": pa.array([bytes([i]) * 3 for i in range(N)], pa.binary(3)),
    "binary": pa.array(BLOBS, pa.binary()),
    "large": pa.array(BLOBS, pa.large_binary()),
    "view": pa.array(BLOBS, pa.binary_view()),
    "string": pa.array(TEXTS, pa.string()),
    "large_string": pa.array(TEXTS, pa.large_string()),
    "string_view": pa.array(TEXTS, pa.string_view()),
    "lists": pa.array(LISTS, pa.list_(pa.list_(pa.float32()))),
    "large_lists": pa.array(LISTS, pa.large_list(pa.large_list(pa.float64()))),
    "empty": pa.array([[] for _ in range(N)], pa.list_(pa.list_(pa.string()))),
    "pairs": pa.array([None if i % 6 == 1 else [i, None] for i in range(N)], pa.list_(pa.int16(), 2)),
    "cell": pa.array([None if i % 8 == 0 else {"path": str(i), "bytes": BLOBS[i]} for i in range(N)], CELL),
    "views": pa.array([{"path": str(i) * 9, "bytes": BLOBS[i]} for i in range(N)], VIEWS),
    "cells": pa.array([[{"path": str(i), "bytes": BLOBS[i]}] * (i % 3) for i in range(N)], pa.list_(CELL)),
    "dictionary": pa.array(BLOBS, pa.binary()).dictionary_encode(),
    "listed": pa.array([["a", None, "b"][: i % 4] for i in range(N)], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
    "tensor": pa.FixedShapeTensorArray.from_numpy_ndarray(np.arange(N * 6, dtype=np.float32).reshape(N, 2, 3)),
}


def write(path: Path, table: pa.Table, rows: int = 10, **options: Any) -> Path:
    new = ipc.new_stream if path.suffix == ".arrow" else ipc.new_file
    with new(str(path), table.schema, options=ipc.IpcWriteOptions(**options)) as file:
        file.write_table(table, max_chunksize=rows)
    return path


def rows_of(path: Path, columns: list[str]) -> ArrowRows:
    (shard,) = find_shards(path, (".arrow",), "Parquet")
    found = open_rows(shard, columns, 1 << 30)
    assert isinstance(found, ArrowRows)
    return found


def values(file: ArrowRows, name: str) -> list[Any]:
    found = []
    for unit, count in enumerate(file.counts):
        for row in range(count):
            with file.row(unit, row) as cells:
                found.append(cells.value(name))
    return found


@pytest.mark.parametrize("suffix", [".arrow", ".feather"])
@pytest.mark.parametrize("name", COLUMNS)
def test_every_type(tmp_path: Path, name: str, suffix: str) -> None:
    column = COLUMNS[name]
    path = write(tmp_path / f"t{suffix}", pa.table({"other": range(N), name: column}))
    file = pickle.loads(pickle.dumps(rows_of(path, [name])))
    assert file.by_row and file.counts == [10, 10, 10, 7]
    want = column.to_pylist()
    got = values(file, name)
    assert got == want or np.array_equal(got, want)


def test_pictures_are_the_bytes_of_their_cells(tmp_path: Path) -> None:
    one = pa.array([None if i % 4 == 0 else [BLOBS[i]] for i in range(N)], pa.list_(pa.binary()))
    fixed = pa.array([[each] for each in BLOBS], pa.list_(pa.binary(), 1))
    names = ["binary", "large", "view", "cell", "views", "dictionary"]
    table = pa.table({**{name: COLUMNS[name] for name in names}, "one": one, "fixed": fixed, "many": COLUMNS["cells"]})
    file = rows_of(write(tmp_path / "t.arrow", table, rows=N), table.column_names)
    for i in range(N):
        with file.row(0, i) as cells:
            assert [cells.picture(name) for name in ("binary", "large", "view", "views", "dictionary", "fixed")] == [
                BLOBS[i]
            ] * 6
            assert cells.picture("cell") == (None if i % 8 == 0 else BLOBS[i])
            assert cells.picture("one") == (None if i % 4 == 0 else BLOBS[i])
            assert cells.picture("many") == (BLOBS[i] if i % 3 == 1 else None)


def test_what_is_no_part_of_the_file_is_loaded_by_batch(tmp_path: Path) -> None:
    table = pa.table({"m": pa.array([[("a", 1)]] * N, pa.map_(pa.string(), pa.int8())), "binary": COLUMNS["binary"]})
    for columns, options in ((["m"], {}), (["binary"], {"compression": "lz4"})):
        file = rows_of(write(tmp_path / "t.feather", table, **options), columns)
        assert not file.by_row and [file.load(unit).table.num_rows for unit in range(4)] == file.counts == [
            10,
            10,
            10,
            7,
        ]
        assert file.load(3).table[columns[0]].to_pylist() == table[columns[0]][30:].to_pylist()
    with pytest.raises(SourceError, match=r"t.arrow: rows of an Arrow stream .* its columns are map<string, int8>"):
        rows_of(write(tmp_path / "t.arrow", table), ["m"])


@pytest.fixture
def damaged(tmp_path: Path) -> Callable[[pa.Array, Callable[[Layout], Layout], int, list[int]], Parquet]:
    """A source of a column in whose file 32-bit numbers were written over a buffer; its date does not tell."""

    def make(column: pa.Array, part: Callable[[Layout], Layout], buffer: int, numbers: list[int]) -> Parquet:
        table = pa.table({"image": pa.array([b"x"] * len(column), pa.binary()), "v": column})
        path = write(tmp_path / "t.arrow", table, rows=len(column))
        source, found = Parquet(path, fields=["v"]), path.stat()
        start, size = part(rows_of(path, ["v"])._layouts[0]["v"]).places[buffer]
        assert size >= 4 * len(numbers)
        with open(path, "r+b") as file:
            file.seek(start)
            file.write(np.array(numbers, "<i4").tobytes())
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
        return source

    return make


@pytest.mark.parametrize("offsets", [[0, 1 << 30], [1 << 30, (1 << 30) + 2], [-8, 4], [4, 0], [0, -1]])
@pytest.mark.parametrize("kind", [pa.binary(), pa.list_(pa.int8()), pa.string()])
def test_offsets_never_lead_beyond_a_buffer(damaged: Any, kind: Any, offsets: list[int]) -> None:
    cells: list[Any] = [[1, 2], [3]] if pa.types.is_list(kind) else [b"ab", b"c"]
    source = damaged(pa.array(cells, kind), lambda layout: layout, 1, offsets)
    with pytest.raises(DecodeError, match=r"t.arrow, row 0: cannot be decoded: the file is damaged there"):
        source.fields(0)


def test_offsets_within_a_list_never_go_back(damaged: Any) -> None:
    column = pa.array([["a", "b", "c"]], pa.list_(pa.string()))
    with pytest.raises(DecodeError, match="offsets that go back"):
        damaged(column, lambda layout: layout.children[0], 1, [0, 3, 1]).fields(0)


@pytest.mark.parametrize(
    "view", [[100, 0, 7, 0], [100, 0, -1, 0], [100, 0, 0, 1 << 30], [-1, 0, 0, 0], [1000, 0, 0, 0]]
)
def test_views_never_lead_beyond_a_buffer(damaged: Any, view: list[int]) -> None:
    source = damaged(pa.array([b"a" * 100], pa.binary_view()), lambda layout: layout, 1, view)
    with pytest.raises(DecodeError, match=r"t.arrow, row 0: cannot be decoded: the file is damaged there"):
        source.fields(0)


def test_numbers_of_a_dictionary_are_its_own(damaged: Any) -> None:
    column = pa.array(["a", "b"]).dictionary_encode()
    for number in (2, -1, 1 << 30):
        with pytest.raises(DecodeError, match="the file is damaged there"):
            damaged(column, lambda layout: layout, 1, [number]).fields(0)
