"""What is no regular file is refused and not opened: to open a FIFO waits for ever."""

from __future__ import annotations

import os
import socket
import tarfile
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate.errors import DecodeError, SourceError
from variegate.loader import CocoJson, ImageFolder, Loader, Manifest, TFRecord, VocFolder, WebDataset, YoloFolder
from variegate.loader.decode import open_image
from variegate.loader.file import opened
from variegate.loader.source.location import contents

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="FIFOs are Unix's")


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "a.jpg")
    return tmp_path / "a.jpg"


def raised(action: Callable[[], Any]) -> BaseException | None:
    """What an action raises, in a thread that may hang."""
    found: list[BaseException | None] = []

    def run() -> None:
        try:
            action()
        except BaseException as error:
            found.append(error)
        else:
            found.append(None)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive(), "it hangs"
    return found[0]


def read(path: Path) -> bytes:
    with opened(path) as file:
        return file.readall()


@pytest.mark.parametrize(
    "way", [read, open_image, lambda path: contents(str(path))], ids=["opened", "image", "contents"]
)
def test_a_fifo_is_refused(fifo: Path, way: Callable[[Path], Any]) -> None:
    error = raised(lambda: way(fifo))
    assert isinstance(error, DecodeError) and "a.jpg: cannot be decoded: it cannot be read (it is a FIFO" in str(error)


def test_so_are_devices_sockets_folders_and_what_is_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s.jpg")
        for place, said in (
            ("s.jpg", "it cannot be read"),
            (os.devnull, "it is a device"),
            (str(tmp_path), "Is a directory"),
            ("a\0.jpg", "embedded null byte"),
        ):
            with pytest.raises(DecodeError, match=said):
                read(Path(place))


def test_a_link_to_a_file_is_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert read(tmp_path / "b") == b"abc"


@pytest.mark.parametrize("workers", [0, 2])
def test_among_pictures_it_is_a_bad_sample(fifo: Path, workers: int) -> None:
    for name in ("b.jpg", "c.jpg"):
        Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(fifo.parent / name)
    one = Loader(ImageFolder(fifo.parent), batch_size=3, workers=workers, shuffle=False, on_error="skip")
    indices: list[int] = []
    assert raised(lambda: indices.extend(one.batch(0, 0)["index"].tolist())) is None
    assert indices == [1, 2] and one.stats()["errors"] == 1


def test_neither_an_index_nor_a_cache_waits_for_one(tmp_path: Path) -> None:
    images, cache = tmp_path / "images", tmp_path / "cache"
    images.mkdir()
    for n in range(3):
        Image.fromarray(np.full((8, 8, 3), n, np.uint8)).save(images / f"{n}.png")
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        file.add(images / "0.png", "0.png")
    os.mkfifo(tmp_path / "a.tar.variegate")
    assert raised(lambda: WebDataset(tmp_path / "a.tar")) is None
    assert (tmp_path / "a.tar.variegate").is_file()  # made anew
    pytest.importorskip("pyarrow")

    def epoch() -> None:
        found = [
            batch["image"][:, 0, 0, 0].tolist() for batch in Loader(ImageFolder(images), batch_size=3, cache=cache)
        ]
        assert sorted(found[0]) == [0, 1, 2]

    assert raised(epoch) is None
    for path in [path for path in cache.rglob("*") if path.is_file()]:
        kept = path.read_bytes()
        path.unlink()
        os.mkfifo(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # which say that it is passed over
            assert raised(epoch) is None, path.name
        path.unlink()
        path.write_bytes(kept)


def test_no_source_waits_for_one(tmp_path: Path) -> None:
    for folder in ("JPEGImages", "Annotations", "ImageSets/Main", "images", "labels"):
        (tmp_path / folder).mkdir(parents=True)
    for folder in ("JPEGImages", "images"):
        Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / folder / "a.jpg")
    names = (
        "x.tar",
        "x.parquet",
        "x.tfrecord",
        "x.json",
        "x.csv",
        "x.yaml",
        "Annotations/a.xml",
        "labels/a.txt",
        "ImageSets/Main/val.txt",
    )
    for name in names:
        os.mkfifo(tmp_path / name)
    ways: list[Callable[[], Any]] = [
        lambda: WebDataset(tmp_path / "x.tar"),
        lambda: TFRecord(tmp_path / "x.tfrecord"),
        lambda: CocoJson(tmp_path / "images", tmp_path / "x.json"),
        lambda: Manifest(tmp_path / "x.csv"),
        lambda: Manifest(tmp_path / "x.parquet"),
        lambda: VocFolder(tmp_path),
        lambda: VocFolder(tmp_path, "val"),
        lambda: YoloFolder(tmp_path / "images", tmp_path / "labels", ["a"]),
        lambda: YoloFolder(tmp_path / "images", tmp_path / "labels", tmp_path / "x.yaml"),
    ]
    for number, way in enumerate(ways):
        error = raised(way)
        assert isinstance(error, SourceError) and ("FIFO" in str(error) or "no regular file" in str(error)), number
