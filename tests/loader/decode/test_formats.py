"""Of Pillow's readers a file reaches those that are named, and those that the user asks for."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import variegate as vg
from variegate.errors import DecodeError, FieldError
from variegate.loader.decode import formats
from variegate.loader.decode.formats import as_file
from variegate.loader.decode.image import open_image

Maker = Callable[..., np.ndarray]


def encoded(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def test_other_readers_are_reached_by_choice_alone(picture: Maker, tmp_path: Path) -> None:
    image = Image.fromarray(picture(20, 30))
    for kind in ("TGA", "ICO", "PCX", "SGI", "QOI"):
        (tmp_path / f"a.{kind.lower()}").write_bytes(encoded(image, kind))
    Image.init()  # as the user's own code may
    for path in tmp_path.iterdir():
        with pytest.raises(DecodeError):
            open_image(path)
    vg.allow_formats("tga", "ICO")
    assert np.array_equal(open_image(tmp_path / "a.tga").decode(), np.asarray(image))
    assert vg.ImageFolder(tmp_path).paths == ["a.ico", "a.tga"]
    with pytest.raises(DecodeError):
        open_image(tmp_path / "a.pcx")


def test_every_format_that_is_listed_is_read(picture: Maker) -> None:
    image = Image.fromarray(picture(20, 30))
    for kind in formats.READ:
        assert open_image(encoded(image, kind)).decode().shape == (20, 30, 3)


@pytest.mark.parametrize(
    ("names", "plugin", "told"),
    [
        (["BLA"], "", "Pillow reads no format 'BLA', but .*PNG"),
        (["JXL"], "no_such_plugin", "plugin='no_such_plugin' cannot be imported"),
        (["JXL"], "colorsys", "Pillow reads no format 'JXL'"),
        (["EPS"], "", "EPS is a program that draws, not a picture; convert it to PNG"),
        ([], "", "takes the names of formats"),
    ],
)
def test_what_cannot_be_allowed(names: list[str], plugin: str, told: str) -> None:
    with pytest.raises(FieldError, match=told):
        vg.allow_formats(*names, plugin=plugin)
    assert not formats.further()


@pytest.fixture
def jpeg_xl(tmp_path: Path, picture: Maker) -> Iterator[Path]:
    """A folder of two JPEG XLs, one of them stored on its side; Pillow forgets their format afterwards."""
    import pillow_jxl  # noqa: F401

    exif = Image.Exif()
    exif[274] = 6
    for name, more in (("a", {}), ("b", {"exif": exif.tobytes()})):
        Image.fromarray(picture(20, 30, seed=len(more))).save(tmp_path / f"{name}.jxl", lossless=True, **more)
    yield tmp_path


@pytest.mark.parametrize("isolate", [False, True])
def test_a_plugins_format(jpeg_xl: Path, picture: Maker, isolate: bool) -> None:
    with pytest.raises(DecodeError):
        open_image(jpeg_xl / "a.jxl")
    vg.allow_formats("JXL", plugin="pillow_jxl")
    loader = vg.Loader(vg.ImageFolder(jpeg_xl), batch_size=2, shuffle=False, isolate=isolate, workers=1)
    (batch,) = loader
    loader.close()
    upright, turned = batch["image"]
    assert np.array_equal(upright, picture(20, 30))
    assert np.array_equal(turned, np.rot90(picture(20, 30, seed=1), -1))


@pytest.mark.parametrize("cuts", [(), (1,), (0, 0, 255, 255, 256, 600), range(0, 768, 7), (768,)])
@pytest.mark.parametrize("few", [0, formats.FEW])
def test_a_file_in_memory_is_read_as_any(
    tmp_path: Path, cuts: Sequence[int], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is asked of it, it gives what a file on disk does; also where it lies in parts, copied or not."""
    monkeypatch.setattr(formats, "FEW", few)
    data = bytes(range(256)) * 3
    parts = [memoryview(data)[start:end] for start, end in pairwise((0, *cuts, len(data)))]
    path = tmp_path / "file"
    path.write_bytes(data)
    with path.open("rb") as disk:
        memory = as_file(*parts)
        for place, whence, size in [(0, 0, 5), (3, 1, -1), (-7, 2, 4), (9999, 0, 3), (700, 0, 200), (0, 2, 1)]:
            assert memory.seek(place, whence) == disk.seek(place, whence)
            assert memory.read(size) == disk.read(size) and memory.tell() == disk.tell()
        for file in (memory, disk):
            file.seek(250)
        rooms = bytearray(20), bytearray(20)
        assert memory.readinto(rooms[0]) == disk.readinto(rooms[1]) and rooms[0] == rooms[1]
        assert memory.readline() == disk.readline()
        with pytest.raises(ValueError, match="-1"):
            memory.seek(-1, os.SEEK_SET)
