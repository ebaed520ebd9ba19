"""What is read of a footer is what PyArrow reads of it; a damaged one is an error, wherever it is cut."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from variegate.loader.source.arrow import UnreadableError
from variegate.loader.source.parquet.footer import Chunk, chunks_of

COLUMNS: dict[str, Any] = {
    "picture": [{"bytes": bytes([n % 7]) * n, "path": f"{n}.jpg"} for n in range(300)],
    "kind": ["owl", "cat", None] * 100,
    "boxes": [[[1.0, 2.0]] * (n % 3) for n in range(300)],
    "flag": [True, False, None] * 100,
    "small": pa.array(range(300), pa.int32()),
    "large": range(300),
    "fixed": pa.array([b"abcd"] * 300, pa.binary(4)),
    "day": pa.array(range(300), pa.date32()),
    "x": np.arange(300, dtype=np.float32),
}
OPTIONS: list[dict[str, Any]] = [
    {},
    {"row_group_size": 7},
    {"use_dictionary": False, "compression": "none", "write_statistics": False},
    {"version": "1.0", "compression": "gzip", "row_group_size": 299, "use_deprecated_int96_timestamps": True},
    {"data_page_version": "2.0", "write_page_checksum": True, "write_page_index": True, "store_schema": False},
    {"sorting_columns": [parquet.SortingColumn(6)], "compression": "zstd"},
    {"use_byte_stream_split": ["x"], "use_dictionary": ["kind"], "bloom_filter_options": {"kind": {"ndv": 9}}},
]


def footer_of(path: Path) -> bytes:
    data = path.read_bytes()
    length = int.from_bytes(data[-8:-4], "little")
    return data[-8 - length : -8]


def write(path: Path, **options: Any) -> bytes:
    table = pa.table(COLUMNS).replace_schema_metadata({"huggingface": '{"info": {}}', "long": "x" * 5000})
    parquet.write_table(table, path, **options)
    return footer_of(path)


@pytest.mark.parametrize("options", OPTIONS)
def test_every_chunk_is_as_pyarrow_reads_it(tmp_path: Path, options: dict[str, Any]) -> None:
    found = chunks_of(write(tmp_path / "t.parquet", **options))
    told = parquet.read_metadata(tmp_path / "t.parquet")
    assert len(found) == told.num_row_groups
    for n, chunks in enumerate(found):
        group = told.row_group(n)
        expected = [group.column(k) for k in range(group.num_columns)]
        names = [name for name in Chunk._fields if name != "dictionary_page_offset"]
        assert [[getattr(one, name) for name in names] for one in chunks] == [
            [getattr(one, name) for name in names] for one in expected
        ]
        assert [one.dictionary_page_offset for one in chunks] == [
            one.dictionary_page_offset if one.has_dictionary_page else None for one in expected
        ]


def test_a_file_without_row_groups_has_no_chunks(tmp_path: Path) -> None:
    with parquet.ParquetWriter(tmp_path / "t.parquet", pa.schema([("x", pa.int8())])):
        pass
    assert chunks_of(footer_of(tmp_path / "t.parquet")) == []


def test_a_footer_cut_or_damaged_anywhere_is_an_error_or_read(tmp_path: Path) -> None:
    footer, rng = write(tmp_path / "t.parquet"), np.random.default_rng(0)
    for end in range(0, len(footer), 3):
        with pytest.raises(UnreadableError, match="its footer is damaged"):
            chunks_of(footer[:end])
    for _ in range(2000):
        damaged = bytearray(footer)
        for at in rng.integers(0, len(footer), 3).tolist():
            damaged[at] = int(rng.integers(256))
        with suppress(UnreadableError):
            assert all(isinstance(chunk, Chunk) for group in chunks_of(bytes(damaged)) for chunk in group)


@pytest.mark.parametrize(
    "footer",
    [
        b"\x1c" * 5000,  # one within the other
        b"\x49\xf7\xff\xff\xff\xff\xff\xff\xff\x7f",  # as many doubles as there are numbers
        b"\x48\xff\xff\xff\xff\x0f",  # letters beyond the end
        b"\x46" + b"\xff" * 100,  # a number that does not end
        b"\x49\x16\x02\x00",  # numbers in the place of row groups
    ],
)
def test_claims_are_not_followed(footer: bytes) -> None:
    with pytest.raises(UnreadableError, match="its footer is damaged"):
        chunks_of(footer)
