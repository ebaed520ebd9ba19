"""Shards cut off, flipped and overwritten anywhere: no crash, no wrong pixel, and what is whole is found."""

from __future__ import annotations

import random
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from variegate.loader.cache import Cache, buffer, open_store

from .conftest import Stamped, fill, held

COUNT = 60
TRIALS = 120


def written(place: Path, block: int) -> list[Path]:
    """A folder with some shards of all pictures."""
    before, buffer.BLOCK = buffer.BLOCK, block
    try:
        source = Stamped(COUNT)
        store = open_store(Cache(place), source)
        for _ in range(9):
            fill(store, source)
    finally:
        buffer.BLOCK = before
    assert len(held(open_store(Cache(place), source), source)) == COUNT
    return sorted(place.rglob("*.arrow"))


def cut(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


def flip(data: bytearray, rng: random.Random) -> None:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def flip_the_columns(data: bytearray, rng: random.Random) -> None:
    data[rng.randrange(min(len(data), 6000))] ^= 1 << rng.randrange(8)


def flip_the_footer(data: bytearray, rng: random.Random) -> None:
    data[-rng.randrange(1, 1500)] ^= 1 << rng.randrange(8)


def wipe_a_page(data: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(data)) // 512 * 512
    data[start : start + 4096] = bytes(len(data[start : start + 4096]))


def swap_two_sectors(data: bytearray, rng: random.Random) -> None:
    one, two = (rng.randrange(len(data) // 512) * 512 for _ in range(2))
    data[one : one + 512], data[two : two + 512] = data[two : two + 512], data[one : one + 512]


HARM = [cut, flip, flip_the_columns, flip_the_footer, wipe_a_page, swap_two_sectors]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("harm", HARM)
def test_damage_is_a_miss_or_nothing(tmp_path: Path, harm) -> None:  # type: ignore[no-untyped-def]
    path = written(tmp_path, 50_000)[0]
    sound, source = path.read_bytes(), Stamped(COUNT)
    rng, lost, counted = random.Random(0), [], 0
    for _ in range(TRIALS):
        data = bytearray(sound)
        harm(data, rng)
        path.write_bytes(data)
        store = open_store(Cache(tmp_path, max_bytes=0), source)
        there = held(store, source)  # compares every byte
        lost.append(COUNT - len(there))
        counted += store.stats()["damaged"] > 0
        assert len(there) < COUNT or not store.stats()["damaged"]
    # An id or a stamp that was hit is that of a picture nobody asks for, and not counted.
    assert counted > 0.4 * TRIALS and (harm is cut) <= (min(lost) > 0)
    path.write_bytes(sound)
    assert len(held(open_store(Cache(tmp_path, max_bytes=0), source), source)) == COUNT


def test_one_flipped_pixel_is_one_miss_and_is_mended(tmp_path: Path) -> None:
    path = written(tmp_path, 1 << 20)[0]
    data, source = bytearray(path.read_bytes()), Stamped(COUNT)
    at = data.index(source.images[17].tobytes()[:60])
    data[at + 20] ^= 4
    path.write_bytes(data)
    store = open_store(Cache(tmp_path), source)
    with pytest.warns(RuntimeWarning, match=rf"{path.name}: row \d+ is not as it was written"):
        assert held(store, source) == [i for i in range(COUNT) if i != 17]
    fill(store, source)
    assert held(store, source) == list(range(COUNT))
    assert store.stats()["damaged"] == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        later = open_store(Cache(tmp_path), source)
        assert held(later, source) == list(range(COUNT))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("contents", [b"", b"ARROW1", b"ARROW1" * 2, b"\0" * 5000, b"ARROW1\0\0" + b"\xff" * 8000])
def test_files_that_were_never_shards(tmp_path: Path, contents: bytes) -> None:
    home = written(tmp_path, 1 << 20)[0].parent
    (home / "0.arrow").write_bytes(contents)
    (home / "1.arrow").write_bytes(contents + (len(contents) or 1).to_bytes(4, "little") + b"ARROW1")
    (home / "2.arrow").symlink_to(home / "nowhere")
    source = Stamped(COUNT)
    store = open_store(Cache(tmp_path), source)
    assert held(store, source) == list(range(COUNT))
    store.flush()
    assert store.stats()["damaged"] == 2  # each once


DELETED = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from conftest import Stamped
from variegate.loader.cache import Cache, open_store
store = open_store(Cache({place!r}), Stamped(60))
kept = [store.get(i) for i in range(60)]
for path in Path({place!r}).rglob("*.arrow"):
    path.unlink()
assert all((pixels == Stamped(60).images[i]).all() for i, pixels in enumerate(kept))
assert all((store.get(i) == pixels).all() for i, pixels in enumerate(kept))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
def test_a_folder_deleted_under_a_run_serves_it_to_its_end(tmp_path: Path) -> None:
    written(tmp_path, 50_000)
    code = DELETED.format(tests=str(Path(__file__).parent), place=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
