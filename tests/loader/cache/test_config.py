"""What a cache is made of, and what it cannot be."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from variegate.errors import FieldError
from variegate.loader.cache import Cache


def test_by_default_two_gigabytes_of_memory() -> None:
    assert Cache() == Cache("memory", "2GB") == Cache("memory", 2 * 10**9, None)
    assert Cache("x").max_bytes == 50 * 10**9


def test_a_folder_is_absolute_so_that_it_is_the_same_for_a_process_that_stands_elsewhere() -> None:
    assert Cache("some/folder").path == os.path.abspath("some/folder")
    assert not Cache(Path("memory")).in_memory and Cache("memory").in_memory
    assert Cache("./memory").path == os.path.abspath("memory")


@pytest.mark.parametrize("config", [Cache(), Cache("x", "1GB", 256)])
def test_it_is_small_and_travels(config: Cache) -> None:
    assert pickle.loads(pickle.dumps(config)) == config
    assert hash(config) == hash(pickle.loads(pickle.dumps(config)))


def test_of_takes_a_place_or_a_cache() -> None:
    config = Cache("x", max_side=9)
    assert Cache.of(config) is config
    assert Cache.of("memory") == Cache()
    assert Cache.of(Path("x")) == Cache("x")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": 3}, 'Cache.path is "memory" or the path of a folder, got 3'),
        ({"path": b"x"}, "Cache.path is \"memory\" or the path of a folder, got b'x'"),
        ({"path": ""}, "Cache.path is \"memory\" or the path of a folder, got ''"),
        (
            {"max_bytes": "a lot"},
            'Cache.max_bytes is a number of bytes such as "256MB", "1.5GiB" or 4096, got \'a lot\'',
        ),
        ({"max_side": 0}, "Cache.max_side is a number of pixels, 1 or more, or None, got 0"),
        ({"max_side": 1.5}, "Cache.max_side is a number of pixels, 1 or more, or None, got 1.5"),
        ({"max_side": True}, "Cache.max_side is a number of pixels, 1 or more, or None, got True"),
    ],
)
def test_what_cannot_be(options: dict[str, object], message: str) -> None:
    with pytest.raises(FieldError) as error:
        Cache(**options)  # type: ignore[arg-type]
    assert str(error.value) == message
