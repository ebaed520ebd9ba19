"""Batches of pictures decoded by window are those of whole ones, whatever lies outside of the windows."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
import simplejpeg
from PIL import Image
from tests.loader.conftest import noise
from tests.loader.source.test_base import SOURCES, in_every_form

import variegate as vg
from variegate.errors import DecodeError, InputError
from variegate.loader import Arrays, Cache, ImageFolder, Loader, OnError
from variegate.loader.decode import Indexes, Origin, Window, area
from variegate.loader.decode.window import part


class Noisy:
    """A reader that gives a window's pixels, and noise around them: another each time."""

    def __init__(self, takes: Callable[[bytes | memoryview], bool] = lambda data: True) -> None:
        self.takes = takes
        self.windows: list[tuple[Window, tuple[int, ...]]] = []
        self.origins: set[Origin] = set()
        self.indexes: Indexes[Any] = Indexes()
        self._seeds = count()

    def read(self, data: bytes | memoryview, mode: str, window: Window, out: np.ndarray, origin: Origin) -> bool:
        rng = np.random.default_rng(next(self._seeds))
        out[...] = rng.integers(0, 256, out.shape, np.uint8)
        if not self.takes(data):
            return False
        try:
            space = "GRAY" if mode == "L" else mode
            whole = simplejpeg.decode_jpeg(data, space, False, False, 0, 0, 1, None, True)
        except ValueError:
            return False
        out[part(window)] = whole[part(window)]
        self.windows.append((window, out.shape))
        self.origins.add(origin)
        return True

    def tend(self) -> None:
        """Nothing waits to be done."""

    def flush(self) -> None:
        """Nothing is kept."""

    def stats(self) -> dict[str, int]:
        return {}

    @property
    def share(self) -> float:
        """Of the pictures, how much was asked for, on average."""
        return float(np.mean([area(window) / (shape[0] * shape[1]) for window, shape in self.windows]))


RECIPES: dict[str, Any] = {
    "a crop": [vg.RandomResizedCrop(16), vg.HorizontalFlip(p=0.5), vg.ColorJitter((0.5, 1.5), (0.5, 1.5), (0.5, 1.5))],
    "contrast first": [vg.Contrast((0.5, 1.5), p=0.5), vg.RandomResizedCrop(16)],
    "turned and blurred": [vg.Rotate((-30, 30)), vg.GaussianBlur((0, 2), p=0.7), vg.RandomCrop(9)],
    "no crop": [vg.Brightness((0.5, 1.5)), vg.Resize(16)],
}


def recipe(name: str) -> vg.Compose:
    return vg.Compose(RECIPES[name])


def loaders(source: Any, *args: Any, reader: Noisy | None = None, **options: Any) -> tuple[Loader, Loader, Noisy]:
    """Two loaders of the same batches, of which the second one reads by window."""
    reader = reader or Noisy()
    one, other = (
        Loader(source, *args, **{"workers": 2, "batch_size": 4, "jpeg_decoder": "turbo", **options}) for _ in range(2)
    )
    other._context = dataclasses.replace(other._context, reader=reader)
    return one, other, reader


def assert_same(one: Loader, other: Loader, epochs: int = 2) -> None:
    for k in range(epochs):
        for a, b in zip(one.epoch(k), other.epoch(k), strict=True):
            assert a.keys() == b.keys() and np.array_equal(a["id"], b["id"])
            assert len(a["image"]) == len(b["image"])
            for x, y in zip(a["image"], b["image"], strict=True):
                np.testing.assert_array_equal(x, y)


def jpeg(height: int, width: int, seed: int = 0, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(noise(height, width, seed=seed)).save(file, "JPEG", **options)
    return file.getvalue()


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x112] = orientation
    return exif


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return in_every_form(tmp_path_factory.mktemp("sources"), jpeg(45, 60), (45, 60))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """JPEGs of all orientations, grey ones and a PNG among them."""
    root = tmp_path_factory.mktemp("photos")
    for n in range(20):
        (root / f"{n:02}.jpg").write_bytes(jpeg(40 + 3 * n, 90 - 2 * n, n, exif=turned(n % 8 + 1)))
    Image.fromarray(noise(50, 60)[..., 0]).save(root / "grey.jpg")
    Image.fromarray(noise(50, 60)).save(root / "other.png")
    return root


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("form", SOURCES)
def test_of_every_source(form: str, name: str, root: Path) -> None:
    one, other, reader = loaders(SOURCES[form](root), recipe(name), batch_size=6, repeats=3)
    assert_same(one, other, 4)
    if form != "Items of PIL":
        assert reader.origins == {Origin(0, one.source.stamp(0))} and len(reader.windows) == 4


@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize("name", RECIPES)
def test_of_files_that_stand_in_every_way(name: str, photos: Path, workers: int) -> None:
    one, other, reader = loaders(ImageFolder(photos), recipe(name), workers=workers)
    assert_same(one, other)
    assert len(reader.windows) == 42  # the PNG is read by another, twice
    assert reader.share < 0.75 if name != "no crop" else reader.share == 1


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "bands"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_of_every_mode_and_dtype(photos: Path, mode: Any, dtype: str, tmp_path: Path) -> None:
    for file in sorted(photos.glob("*.jpg"))[:20]:  # all of one number of bands
        (tmp_path / file.name).write_bytes(file.read_bytes())
    ops = [vg.RandomResizedCrop(16), vg.HorizontalFlip(p=0.5), vg.Invert(p=0.5)]
    one, other, reader = loaders(ImageFolder(tmp_path, mode=mode, dtype=dtype), vg.Compose(ops))
    assert_same(one, other)
    # Of RGBA nothing is read by window; and of floats all is looked at, whether it lies between black and white.
    assert bool(reader.windows) == (mode != "RGBA")
    assert not reader.windows or (reader.share == 1) == (dtype == "float32")


def test_what_the_reader_refuses_is_read_whole(photos: Path) -> None:
    one, other, reader = loaders(ImageFolder(photos), recipe("a crop"), reader=Noisy(lambda data: crc32(data) % 2 == 0))
    assert_same(one, other)
    assert 0 < len(reader.windows) < 42


@pytest.mark.parametrize("policy", ["skip", "replace", "raise"])
def test_a_damaged_file_is_refused_as_ever(policy: Any, tmp_path: Path) -> None:
    for n in range(9):
        data = jpeg(40 + n, 50, n)
        (tmp_path / f"{n}.jpg").write_bytes(data[: len(data) // 2] if n == 4 else data)
    one, other, _ = loaders(ImageFolder(tmp_path), recipe("a crop"), on_error=policy, repeats=2)
    if policy == "raise":
        told = []
        for loader in (one, other):
            with pytest.raises(DecodeError) as caught:
                list(loader.epoch(0))
            told.append(str(caught.value))
        assert told[0] == told[1] and "4.jpg" in told[0]
    else:
        assert_same(one, other)
        assert one.stats()["errors"] == other.stats()["errors"] == 1


def test_beside_a_deadline(photos: Path) -> None:
    one, other, reader = loaders(ImageFolder(photos), recipe("a crop"), on_error=OnError("raise", deadline=60))
    assert_same(one, other)
    assert len(reader.windows) == 42


def test_numbers_beyond_white_are_refused_wherever_they_are(tmp_path: Path) -> None:
    """A crop that happens to miss them must not take what another one refuses."""
    dark = np.full((60, 60, 3), 90, np.uint8)
    for n in range(4):
        dark[:8, :8] = 250 if n == 2 else 90
        Image.fromarray(dark).save(tmp_path / f"{n}.jpg", quality=95)
    crop = vg.Compose([vg.Crop(30, 30, 16, 16), vg.Invert()], white=200)
    _, other, reader = loaders(ImageFolder(tmp_path), crop, shuffle=False, workers=0)
    with pytest.raises(InputError, match=r"2\.jpg"):
        list(other.epoch(0))
    assert reader.share == 1


def test_the_bytes_of_windows_are_counted(photos: Path) -> None:
    one, other, reader = loaders(ImageFolder(photos), recipe("a crop"), workers=0)
    assert_same(one, other, 1)
    whole, windows = (loader.stats()["bytes_decoded"] for loader in (one, other))
    assert windows == sum(3 * area(window) for window, _ in reader.windows) + 50 * 60 * 3  # and the PNG
    assert windows < 0.75 * whole


def test_repeats_share_the_union_of_their_windows(root: Path) -> None:
    one, other, reader = loaders(ImageFolder(root / "photos"), recipe("a crop"), batch_size=3, repeats=3, workers=0)
    assert_same(one, other, 1)
    ((window, _),) = reader.windows
    plan = recipe("a crop").plan(
        vg.Keys.of([vg.Key(0, 0, int(one.source.ids[0]), v) for v in range(3)]), [(45, 60)] * 3
    )
    each = np.array([plan.window(v) for v in range(3)])
    assert window == (each[:, 0].min(), each[:, 1].max(), each[:, 2].min(), each[:, 3].max())
    assert len({tuple(row) for row in each}) == 3


@pytest.mark.parametrize("place", ["memory", "disk"])
def test_what_a_cache_will_keep_is_decoded_whole(photos: Path, place: str, tmp_path: Path) -> None:
    cache = Cache(
        "memory" if place == "memory" else tmp_path / "cache", max_bytes="150kB" if place == "memory" else "1MB"
    )
    one, other, reader = loaders(ImageFolder(photos), recipe("a crop"), cache=cache, workers=0)
    assert_same(one, other, 3)
    kept = [shape for window, shape in reader.windows if area(window) == shape[0] * shape[1]]
    assert kept and other.stats()["cache"]["hits"] == one.stats()["cache"]["hits"] > 0
    if place == "memory":
        assert len(kept) < len(reader.windows)  # it is full before the first epoch ends: what comes later is cut
        assert sum(np.prod(shape) for shape in kept) < 150_000


def test_a_cache_of_smaller_pictures_is_given_whole_ones(photos: Path) -> None:
    cache = Cache("memory", max_bytes="20kB", max_side=32)
    one, other, reader = loaders(ImageFolder(photos), recipe("a crop"), cache=cache, workers=0)
    assert_same(one, other, 2)
    assert reader.windows and reader.share == 1


def test_a_pipeline_that_tells_no_window_is_given_whole_pictures(photos: Path) -> None:
    one, other, reader = loaders(ImageFolder(photos), None)
    assert_same(one, other, 1)
    assert reader.windows and reader.share == 1


def test_arrays_are_decoded_by_nobody() -> None:
    one, other, reader = loaders(Arrays(np.stack([noise(30, 30, seed=n) for n in range(5)])), recipe("a crop"))
    assert_same(one, other, 1)
    assert not reader.windows
