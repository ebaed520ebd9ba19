"""Disk: a store in a folder of Arrow files."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.loader.cache import buffer
from variegate.loader.cache.buffer import Buffer, room
from variegate.loader.cache.config import Cache
from variegate.loader.cache.fingerprint import facts
from variegate.loader.cache.folder import Folder
from variegate.loader.cache.shard import FILE_BYTES, ROW_BYTES, CacheShard, DamagedError, ShardRow, write
from variegate.loader.cache.store import Size, Store
from variegate.loader.source.base import Source
from variegate.loader.transient import is_transient

NOWHERE = np.iinfo(np.int64).min
ROW_BITS = 32  # a place is shard << 32 | row; one that is of no use any more, its complement


class Disk(Store):
    """Pictures in shards, found by the position of their ids; 28 bytes of memory a sample.

    `stats` has two counts more: "damaged", pictures and files that were not as they were written, and "failed", writes
    that a disk refused. After the first of these the cache grows no more.
    """

    def __init__(self, config: Cache, source: Source) -> None:
        if find_spec("pyarrow") is None:
            raise ImportError('a cache on a disk needs pyarrow: pip install "variegate[arrow]"; or use cache="memory"')
        super().__init__(config, source)
        told = facts(source, config.max_side, self._stamps.known)
        self._folder = Folder(os.fspath(config.path), told, writes=self.budget > 0)
        self._known, slots = np.unique(source.ids, return_inverse=True)
        self._slots = slots.astype(np.int32)
        self._places = np.full(len(self._known), NOWHERE, np.int64)
        self._coming: set[int] = set()  # slots of pictures that are in the buffer
        self._shards: list[CacheShard] = []
        self._names: set[str] = set()
        self._total = self._alone = self._damaged = self._failed = 0
        self._buffer = Buffer(self._change, min(buffer.BLOCK, self.budget))
        self._inside = threading.local()  # a thread that keeps a picture: the collector may end another stream in it
        self._look()

    def _find(self, i: int, stamp: int) -> NDArray[Any] | None:
        slot, shards = self._slots.item(i), self._shards
        place = self._places.item(slot)
        if place < 0:
            return None
        shard, row = shards[place >> ROW_BITS], place & ((1 << ROW_BITS) - 1)
        if shard.stamps[row] == stamp:
            if shard.sound(row):
                return shard.picture(row)
            self._spoilt(f"{shard.path}: row {row} is not as it was written")
        with self._change:
            if self._places[slot] == place:
                self._places[slot] = ~place
        return None

    def size(self, i: int) -> Size:
        """(height, width) of the picture at position i before `side` reduced it."""
        shards, place = self._shards, self._places.item(self._slots.item(i))
        place = max(place, ~place)  # another thread may just have found the file changed
        return shards[place >> ROW_BITS].size(place & ((1 << ROW_BITS) - 1))

    def _wanted(self, i: int, stamp: int, nbytes: int) -> bool:
        slot = self._slots.item(i)
        if self._failed or slot in self._coming or self._places[slot] >= 0:
            return False
        return self._kept() + room(nbytes) + ROW_BYTES + FILE_BYTES <= self.budget

    def _keep(self, i: int, stamp: int, pixels: NDArray[Any], size: Size) -> None:
        self._inside.now = True
        try:
            self._copy(i, stamp, pixels, size)
        finally:
            self._inside.now = False

    def _copy(self, i: int, stamp: int, pixels: NDArray[Any], size: Size) -> None:
        slot, name = self._slots.item(i), self._ids.item(i)
        with self._change:
            if not self._wanted(i, stamp, pixels.nbytes):
                return
            alone = not self._buffer.fits(pixels.nbytes)
            taken = None if alone else self._buffer.take(pixels.nbytes)
            if alone or taken is not None:
                self._coming.add(slot)
                self._alone += pixels.nbytes if alone else 0
        if alone:  # it is a shard by itself, written from where it is
            try:
                self._write([ShardRow.of(name, stamp, pixels, size)], pixels.reshape(-1).view(np.uint8))
            finally:
                with self._change:
                    self._alone -= pixels.nbytes
        elif taken is not None:
            block, start = taken
            try:
                block.copy(start, name, stamp, pixels, size)
            finally:
                self._buffer.done(block)
        self._write_block()

    def flush(self) -> None:
        """Publish what has been put so far, and see what other processes have published."""
        # A thread that is copying would wait for itself.
        if os.getpid() != self._process or self._closed or sys.is_finalizing() or getattr(self._inside, "now", False):
            return
        blocks = self._buffer.sealed()
        while not self._buffer.settled(blocks):
            self._write_block()
        try:
            self._look()
        except OSError as error:  # what is here already stays in use
            self._give_up(error)

    def close(self) -> None:
        """Publish, and let go of all pictures; those that somebody has stay as they are."""
        super().close()
        self._places[:] = NOWHERE
        self._shards = []

    def _write_block(self) -> None:
        block = self._buffer.next()
        if block is not None:
            try:
                self._write(*block.written)
            finally:
                self._buffer.free(block)

    def _write(self, rows: list[ShardRow], pixels: NDArray[np.uint8]) -> None:
        """Make a shard of the pictures that no other process has published, if folder and disk have room for it."""
        try:
            if rows and not self._failed:
                with self._folder.writing() as ours:
                    if ours:
                        self._look()
                        self._publish(*self._missing(rows, pixels))
        except OSError as error:
            self._give_up(error)
        finally:
            with self._change:
                self._coming.difference_update(np.searchsorted(self._known, [row.id for row in rows]).tolist())

    def _publish(self, rows: list[ShardRow], pixels: NDArray[np.uint8]) -> None:
        nbytes = pixels.nbytes + len(rows) * ROW_BYTES + FILE_BYTES
        if rows and self._folder.used() + nbytes <= self.budget:
            name = self._folder.new_name()
            self._names.add(name)
            self._folder.publish(name, partial(write, rows=rows, block=pixels, facts=self._folder.facts))
            self._take(name)
            with self._change:
                self._total += pixels.nbytes

    def _missing(self, rows: list[ShardRow], pixels: NDArray[np.uint8]) -> tuple[list[ShardRow], NDArray[np.uint8]]:
        """The rows that are not here yet, and their pixels, moved together."""
        missing, end = [], 0
        for row, stop in zip(rows, [*(row.start for row in rows[1:]), pixels.nbytes], strict=True):
            if not self._has(row):
                size = stop - row.start
                if end < row.start:
                    pixels[end : end + size] = pixels[row.start : stop]
                missing.append(row._replace(start=end))
                end += size
        return missing, pixels[:end]

    def _has(self, row: ShardRow) -> bool:
        shards, place = self._shards, self._places.item(int(np.searchsorted(self._known, row.id)))
        return place >= 0 and shards[place >> ROW_BITS].stamps[place & ((1 << ROW_BITS) - 1)] == row.stamp

    def _give_up(self, error: OSError) -> None:
        """Write no more, unless it is handles or memory that are lacking: then what was left out comes again later."""
        if is_transient(error):
            return
        with self._change:
            self._failed += 1
            first = self._failed == 1
        if first:
            warnings.warn(
                f"{self._folder.root}: the cache grows no more ({error.strerror or error}); what it has stays in use, "
                "and the rest is decoded as ever",
                RuntimeWarning,
                stacklevel=2,
            )

    def _look(self) -> None:
        """Take in the shards that are new, the latest first: it has the picture as it is now."""
        found = self._folder.shards()
        for name in sorted(found.keys() - self._names, reverse=True):
            self._names.add(name)
            self._take(name)
        with self._change:
            self._total = sum(found.values())

    def _take(self, name: str) -> None:
        """Take in a shard."""
        try:
            shard = CacheShard(self._folder.where(name), self._folder.facts)
        except FileNotFoundError:  # somebody has deleted it since
            return
        except (DamagedError, OSError) as error:
            if is_transient(error):  # of handles or memory: there is nothing wrong with it, and it is looked at again
                self._names.discard(name)
                return
            self._spoilt(f"{self._folder.where(name)}: {error}; the pictures in it are decoded anew, delete it")
            return
        slots = np.minimum(np.searchsorted(self._known, shard.ids), len(self._known) - 1)
        rows = np.arange(shard.rows, dtype=np.int64)
        with self._change:
            ours = (self._known[slots] == shard.ids) & (self._places[slots] < 0)
            if ours.any():
                self._shards.append(shard)
                self._places[slots[ours]] = rows[ours] | (len(self._shards) - 1) << ROW_BITS

    def _spoilt(self, what: str) -> None:
        with self._change:
            self._damaged += 1
            first = self._damaged == 1
        if first:
            warnings.warn(f"{what}. Damage in this cache is counted from now on", RuntimeWarning, stacklevel=3)

    def _kept(self) -> int:
        return self._total + self._alone + self._buffer.held

    def stats(self) -> dict[str, int]:
        """Counts of `get`, the bytes of the folder and of what is on its way there, and what went wrong."""
        return {**super().stats(), "damaged": self._damaged, "failed": self._failed}
