"""Files lie side by side in blocks that are used again, and none is written over while somebody refers to it."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate.errors import DecodeError
from variegate.loader import ImageFolder, Loader
from variegate.loader import file as module
from variegate.loader.memory.arena import BLOCK, IDLE, Arena


def where(memory: memoryview) -> int:
    return int(np.frombuffer(memory, np.uint8).ctypes.data)


def test_a_block_is_used_again_when_its_last_file_goes() -> None:
    arena = Arena()
    room = arena.allocator()
    first, second = room(1000), room(2000)
    start = where(first)
    assert where(second) == start + 1000 and len(second) == 2000
    del room, first
    assert where(arena.allocator()(10)) != start, "the second file is still there"
    del second
    assert {where(r(10)) for r in [arena.allocator(), arena.allocator()]} >= {start} and arena.blocks.made == 2


def test_files_never_overlap() -> None:
    rng, arena, held = np.random.default_rng(0), Arena(), []
    rooms = [arena.allocator() for _ in range(3)]
    for i in range(300):
        memory = rooms[i % 3](int(rng.integers(0, BLOCK // 3)))
        memory[:] = bytes([i % 251]) * len(memory)
        held.append((i, memory))
        if i % 7 == 0:
            del held[: len(held) // 2]
        assert all(bytes(memory) == bytes([n % 251]) * len(memory) for n, memory in held[:: 1 + len(held) // 5])


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_any_size_is_given_and_what_is_kept_is_bounded(size: int) -> None:
    arena = Arena()
    room = arena.allocator()
    held: list[Any] = [room(size) for _ in range(IDLE + 9)]
    assert {len(memory) for memory in held} == {size}
    del room
    held.clear()
    assert arena.blocks.out == 0 and arena.blocks.idle <= IDLE and arena.blocks._size <= BLOCK


def test_many_threads_share_a_shelf() -> None:
    arena, wrong = Arena(), []

    def use(number: int) -> None:
        for _ in range(50):
            room = arena.allocator()
            held = [room(BLOCK // 5) for _ in range(12)]
            for memory in held:
                memory[:64] = bytes([number]) * 64
            wrong.extend(memory for memory in held if bytes(memory[:64]) != bytes([number]) * 64)

    threads = [threading.Thread(target=use, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and arena.blocks.out == 0


@pytest.mark.parametrize("workers", [0, 2])
def test_epochs_need_no_more_memory_than_the_first(folder: Path, workers: int) -> None:
    loader = Loader(ImageFolder(folder), None, batch_size=1, workers=workers)
    for epoch in range(4):
        seen = [(batch["index"], batch["image"]) for batch in loader.epoch(epoch)]
        assert len(seen) == 37
    blocks = loader._context.arena.blocks
    assert blocks.out == 0 and 1 <= blocks.made <= 2 + 2  # the usual prefetch, and the two that change hands


def test_a_damaged_file_leaves_its_block(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:-20])
    loader = Loader(ImageFolder(tmp_path), None, workers=0)
    for _ in range(3):
        with pytest.raises(DecodeError, match=r"b\.jpg"):
            loader.batch(0, 0)
    gc.collect()  # an error and the frames it came through hold each other
    assert loader._context.arena.blocks.out == 0


def grown(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


@pytest.mark.parametrize(
    ("change", "want"),
    [(grown, b"0123456789"), (lambda p: os.truncate(p, 4), b"0123"), (lambda p: None, b"0123456789")],
)
def test_a_file_that_changes_while_it_is_read(tmp_path: Path, change: Callable[[Path], None], want: bytes) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"0123456789")

    def room(size: int) -> memoryview:
        change(path)  # after its size was asked for
        return memoryview(bytearray(b"\xee" * size))

    assert ImageFolder(tmp_path).read_into(0, room) == want


def test_a_file_that_comes_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(module.FileIO):
        def readinto(self, memory: Any) -> int:
            return super().readinto(memory[:1000])

    data = np.random.default_rng(0).bytes(30_001)
    (tmp_path / "a.jpg").write_bytes(data)
    monkeypatch.setattr(module, "FileIO", Slow)
    assert ImageFolder(tmp_path).read_into(0, Arena().allocator()) == data


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to(tmp_path / "gone.jpg")
    source = ImageFolder(tmp_path)
    for read in (source.read, lambda i: source.read_into(i, Arena().allocator())):
        with pytest.raises(DecodeError, match=r"a\.jpg: cannot be decoded: it cannot be read \(No such file"):
            read(0)


def test_who_replaces_read_is_asked(tmp_path: Path) -> None:
    class Turned(ImageFolder):
        def read(self, i: int) -> bytes:
            return super().read(i)[::-1]

    (tmp_path / "a.jpg").write_bytes(b"abc")
    (tmp_path / "b.jpg").write_bytes(b"abc")
    part, _ = Turned(tmp_path).split(0.5)
    assert part.read_into(0, Arena().allocator()) == b"cba"
    assert type(ImageFolder(tmp_path).read_into(0, Arena().allocator())) is memoryview
