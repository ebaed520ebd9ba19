"""What all sources of files have in common: into what they decode is said, checked, kept and told in one way."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset, Features
from datasets import Image as Feature
from PIL import Image

from variegate.errors import DecodeError, InputError, SourceError
from variegate.loader import (
    Arrays,
    CocoJson,
    HuggingFace,
    ImageFolder,
    ImageMaskFolder,
    Items,
    Loader,
    Manifest,
    Parquet,
    Source,
    Subset,
    VocFolder,
    WebDataset,
    YoloFolder,
)
from variegate.loader.source.folder import path_id
from variegate.targets import Boxes, Targets

GREY = np.arange(0, 60000, 200, np.uint16).reshape(15, 20)
XML = "<annotation><filename>a.png</filename><size><width>{}</width><height>{}</height></size></annotation>"


def in_every_form(root: Path, data: bytes, size: tuple[int, int] = (15, 20)) -> Path:
    """A picture file of this (height, width), in the form of every source, and called a PNG."""
    for folder in ("photos", "masks", "yolo", "voc/JPEGImages", "voc/Annotations"):
        (root / folder).mkdir(parents=True)
    for folder in ("photos", "voc/JPEGImages"):
        (root / folder / "a.png").write_bytes(data)
    height, width = size
    Image.fromarray(np.zeros(size, np.uint8)).save(root / "masks/a.png")
    (root / "yolo/a.txt").write_text("0 .5 .5 .2 .2\n")
    (root / "voc/Annotations/a.xml").write_text(XML.format(width, height))
    images = [{"id": 1, "file_name": "a.png", "height": height, "width": width}]
    (root / "coco.json").write_text(json.dumps({"images": images, "annotations": [], "categories": []}))
    pq.write_table(pa.table({"image": [data]}), root / "a.parquet")
    with tarfile.open(root / "a.tar", "w") as tar:
        member = tarfile.TarInfo("a.png")
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One picture of 16 bits, in the form of every source."""
    file = io.BytesIO()
    Image.fromarray(GREY).save(file, "PNG")
    return in_every_form(tmp_path_factory.mktemp("scans"), file.getvalue())


def hugging_face(root: Path, **options: Any) -> HuggingFace:
    rows = {"image": [{"bytes": (root / "photos/a.png").read_bytes(), "path": None}]}
    return HuggingFace(Dataset.from_dict(rows, Features(image=Feature())), **options)


SOURCES: dict[str, Callable[..., Source]] = {
    "ImageFolder": lambda root, **options: ImageFolder(root / "photos", **options),
    "ImageMaskFolder": lambda root, **options: ImageMaskFolder(root / "photos", root / "masks", **options),
    "YoloFolder": lambda root, **options: YoloFolder(root / "photos", root / "yolo", **options),
    "CocoJson": lambda root, **options: CocoJson(root / "photos", root / "coco.json", **options),
    "VocFolder": lambda root, **options: VocFolder(root / "voc", **options),
    "Manifest": lambda root, **options: Manifest([{"path": "photos/a.png"}], root=root, **options),
    "Parquet": lambda root, **options: Parquet(root / "a.parquet", **options),
    "WebDataset": lambda root, **options: WebDataset(root / "a.tar", label=False, **options),
    "HuggingFace": hugging_face,
    "Items": lambda root, **options: Items([str(root / "photos/a.png")], **options),
    "Items of PIL": lambda root, **options: Items([Image.open(root / "photos/a.png")], **options),
}


@pytest.fixture(params=SOURCES)
def make(request: pytest.FixtureRequest, root: Path) -> Callable[..., Source]:
    return lambda **options: SOURCES[request.param](root, **options)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "bands"])
def test_a_picture_of_16_bits_in_the_dtype_that_is_asked_for(make: Callable[..., Source], mode: str) -> None:
    for dtype, exact in (("uint16", GREY), ("float32", (GREY / 65535).astype(np.float32))):
        source = make(mode=mode, dtype=dtype)
        for some in (source, pickle.loads(pickle.dumps(source))) if type(source) is not Items else (source,):
            (batch,) = Loader(some, batch_size=1, workers=0)
            image = batch["image"][0]
            channels = {"RGB": 3, "L": 1, "RGBA": 4, "bands": 1}[mode]
            assert image.dtype == dtype and image.shape == (15, 20, channels)
            assert all(np.array_equal(image[..., band], exact) for band in range(min(channels, 3)))


def test_a_source_of_8_bits_refuses_it_by_name(make: Callable[..., Source]) -> None:
    assert make().dtype == "uint8"
    with pytest.raises((DecodeError, ValueError), match=r'16 bits, which uint8 has no room for; dtype="uint16" keeps'):
        Loader(make(), batch_size=1, workers=0).batch(0, 0)


@pytest.mark.parametrize("wrong", ["int16", "float64", None, 16])
def test_no_other_dtype(make: Callable[..., Source], wrong: Any) -> None:
    with pytest.raises(SourceError, match=r'^dtype of \w+ is "uint8", "uint16" or "float32", got '):
        make(dtype=wrong)
    with pytest.raises(SourceError, match=r'^mode of \w+ is "RGB", "L", "RGBA" or "bands", got \'HSV\''):
        make(mode="HSV")


def test_the_dtype_is_part_of_what_a_source_is(make: Callable[..., Source]) -> None:
    usual, wide = make(), make(dtype=np.uint16)
    assert usual.fingerprint != wide.fingerprint != make(dtype="float32").fingerprint
    assert wide.fingerprint == make(dtype="uint16").fingerprint
    assert repr(wide).endswith(", dtype='uint16')") and "dtype" not in repr(usual)


def test_a_part_has_the_dtype_of_its_whole(tmp_path: Path) -> None:
    for i in range(4):
        Image.fromarray(GREY).save(tmp_path / f"{i}.png")
    for part in ImageFolder(tmp_path, dtype="uint16").split(0.5):
        assert part.dtype == "uint16"
        assert next(iter(Loader(part, batch_size=2, workers=0)))["image"].dtype == np.uint16


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", ">u2", ">f4"])
def test_arrays_have_their_own(dtype: str) -> None:
    images = np.arange(3 * 4 * 5 * 2).reshape(3, 4, 5, 2).astype(dtype)
    name = np.dtype(dtype).name
    for source in (Arrays(images), Items(list(images))):
        (batch,) = Loader(source, batch_size=3, workers=0, shuffle=False)
        assert batch["image"].dtype == name and batch["image"].dtype.isnative
        assert np.array_equal(batch["image"], images)
    assert Arrays(images).dtype == name


class Sized(Arrays):
    """Labels for a size, which must be known to be the picture's before they are made."""

    wrong = False

    def size_of_labels(self, i: int) -> tuple[int, int] | None:
        return (50_000, 50_000) if i == 1 and self.wrong else (4, 6) if i == 2 else None

    def fields(self, i: int) -> dict[str, Any]:
        assert i != 1 or not self.wrong, "fields of a size that is not the picture's were made"
        return {"boxes": [[0, 0, 2, 2]]}


@pytest.mark.parametrize("subset", [False, True])
@pytest.mark.parametrize("cache", [None, "memory", "disk"])
def test_fields_are_made_when_their_size_has_been_checked(tmp_path: Path, cache: str | None, subset: bool) -> None:
    sized = Sized(np.zeros((3, 4, 6, 3), np.uint8))
    sized.targets = Targets(boxes=Boxes())
    sized.held = False  # so that there is something to cache
    source: Source = Subset(sized, [0, 1, 2]) if subset else sized
    said = r"images\[1\]: the picture is 4 x 6 .* for 50000 x 50000: they belong to another picture"
    options: dict[str, Any] = {"batch_size": 3, "cache": tmp_path / "cache" if cache == "disk" else cache}
    one = Loader(source, **options, on_error="skip")
    assert len(one.batch(0, 0)["index"]) == 3
    one.close()
    sized.wrong = True
    for epoch in range(2):
        assert sorted(one.batch(epoch, 0)["index"].tolist()) == [0, 2]
        assert cache is None or one.stats()["cache"]["hits"] >= 3 * epoch + 3
    with pytest.raises(InputError, match=said):
        Loader(source, **options).batch(0, 0)
    with pytest.raises(InputError, match=said):
        source.sample(1, lambda size: memoryview(bytearray(size)))


def test_paths_stay_where_they_were_when_a_source_was_made(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the process does later; ids, which hang on the paths as written, do not change."""
    folder = tmp_path / "data"
    shutil.copytree(root, folder)
    (tmp_path / "list.csv").write_text("path\ndata/photos/a.png\n")
    monkeypatch.chdir(tmp_path)
    for place in ("data", "./data/", "data/../data"):
        made = [source(Path(place), dtype="uint16") for source in SOURCES.values()]
        monkeypatch.chdir(folder)
        for name, source in zip(SOURCES, made, strict=True):
            batch = Loader(source, batch_size=1, workers=0).batch(0, 0)
            assert batch["image"].shape == (1, 15, 20, 3)
            assert batch["id"].tolist() == SOURCES[name](folder, dtype="uint16").ids.tolist()
            if name not in ("HuggingFace", "Items of PIL"):
                assert Path(source.where(0)).is_absolute()
        monkeypatch.chdir(tmp_path)
    listed = Manifest("list.csv", dtype="uint16")
    monkeypatch.chdir(folder)
    assert listed.where(0) == f"{tmp_path}/data/photos/a.png" and listed.read(0)
    assert listed.ids.tolist() == [path_id("data/photos/a.png")]


def test_the_ids_of_shards_are_those_of_their_paths_as_given(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of shards of one name, which are told apart by their folders."""
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        shutil.copy(root / "a.tar", tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    source = WebDataset(["one/a.tar", "./two/a.tar"], label=False)
    assert source.ids.tolist() == [path_id("one/a.tar/a"), path_id("./two/a.tar/a")]
