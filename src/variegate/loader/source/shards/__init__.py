"""Shards: files that hold many samples each, and the index of where those lie."""

from variegate.loader.source.shards.index import IndexColumns, NameTable, are_places, is_column, lie_in, read_indexes
from variegate.loader.source.shards.npy import npy_array
from variegate.loader.source.shards.shard import Paths, RemoteShard, Shard, find_shards, refuse_packed, shard_names
from variegate.loader.source.shards.sharded import Sharded, declared, named_fields

__all__ = [
    "IndexColumns",
    "NameTable",
    "Paths",
    "RemoteShard",
    "Shard",
    "Sharded",
    "are_places",
    "declared",
    "find_shards",
    "is_column",
    "lie_in",
    "named_fields",
    "npy_array",
    "read_indexes",
    "refuse_packed",
    "shard_names",
]
