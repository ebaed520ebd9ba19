"""Blocks: filled in any order, written in one, two at most."""

from __future__ import annotations

from pathlib import Path
from threading import Condition, Thread

import numpy as np

from variegate.loader.cache.buffer import Buffer
from variegate.loader.cache.shard import CacheShard, write

from .conftest import picture

FACTS = {"max_side": None}


def test_pictures_copied_in_another_order_than_they_were_given_places(tmp_path: Path) -> None:
    buffer = Buffer(Condition(), 100_000)
    pictures = [picture(i) for i in range(9)]
    places = [buffer.take(pixels.nbytes) for pixels in pictures]
    for i in (4, 8, 0, 1, 7, 2, 6, 5, 3):
        block, start = places[i] or (None, 0)
        assert block is not None
        block.copy(start, i, 1, pictures[i], (50, 60))
        buffer.done(block)
    assert buffer.next() is None  # it may yet have more
    assert len(buffer.sealed()) == 1
    block = buffer.next()
    assert block is not None
    rows, memory = block.written
    with open(tmp_path / "x.arrow", "wb") as file:
        write(file, rows, memory, FACTS)
    shard = CacheShard(str(tmp_path / "x.arrow"), FACTS)
    assert shard.ids.tolist() == list(range(9))
    for i, pixels in enumerate(pictures):
        assert shard.sound(i) and shard.size(i) == (50, 60)
        np.testing.assert_array_equal(shard.picture(i), pixels)


def test_a_block_is_whole_only_when_its_last_copy_is_done() -> None:
    buffer = Buffer(Condition(), 1000)
    first, second = buffer.take(500), buffer.take(100)
    third = buffer.take(900)  # fits no more: the first block is full
    assert first and second and third and first[0] is second[0] is not third[0]
    assert buffer.take(900) is None  # two blocks are all there are
    assert buffer.next() is None
    buffer.done(first[0])
    assert buffer.next() is None
    buffer.done(second[0])
    assert buffer.next() is first[0]
    buffer.free(first[0])
    assert buffer.take(900) is not None


def test_whoever_waits_is_told_when_another_thread_has_written() -> None:
    buffer = Buffer(Condition(), 1000)
    block, _ = buffer.take(900) or (None, 0)
    assert block is not None
    buffer.done(block)
    blocks = buffer.sealed()
    assert buffer.next() is block and blocks == {block}
    thread = Thread(target=buffer.free, args=(block,))
    thread.start()
    assert buffer.settled(blocks)
    assert buffer.held == 0
    thread.join()
