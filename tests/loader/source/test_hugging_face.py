"""A datasets.Dataset gives the very batches of the folder of its pictures, also filtered, from memory or from disk."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value, load_from_disk
from datasets import Image as Feature
from PIL import Image

from variegate.errors import DecodeError, InputError, SourceError
from variegate.loader import ImageFolder, Loader, Subset
from variegate.loader.decode import open_image
from variegate.loader.source.folder import path_id
from variegate.loader.source.hugging_face import HuggingFace
from variegate.loader.source.items import Items
from variegate.ops.flip import HorizontalFlip
from variegate.pipeline import Compose
from variegate.targets import Boxes, Mask, PerSample, Targets

Epoch = Callable[..., dict[int, tuple[bytes, dict[str, Any]]]]
FEATURES = Features(image=Feature(), label=ClassLabel(names=["ash", "birch", "cedar"]), path=Value("string"))


def dataset_of(files: ImageFolder, embedded: bool = True) -> Dataset:
    images: list[Any] = [files.where(i) for i in range(len(files))]
    if embedded:
        images = [{"bytes": files.read(i), "path": None} for i in range(len(files))]
    rows = {"image": images, "label": files.labels, "path": files.paths}
    return Dataset.from_dict(rows, features=FEATURES)


@pytest.mark.parametrize("embedded", [True, False])
@pytest.mark.parametrize("saved", [True, False])
def test_a_dataset_gives_the_batches_of_the_folder(
    folder: Path, tmp_path: Path, epoch: Epoch, embedded: bool, saved: bool
) -> None:
    files = ImageFolder(folder)
    dataset = dataset_of(files, embedded)
    if saved:
        dataset.save_to_disk(str(tmp_path / "d"), num_shards=3)
        dataset = load_from_disk(str(tmp_path / "d"))
    source, expected = HuggingFace(dataset, id="path"), epoch(files)
    assert source.classes == files.classes and np.array_equal(source.ids, files.ids) and source.mode == "RGB"
    assert epoch(source) == expected and epoch(pickle.loads(pickle.dumps(source))) == expected
    part = source.split(0.3)[1]
    assert epoch(part) == {id: expected[id] for id in part.ids.tolist()}
    assert [source.read(i) for i in range(37)] == [files.read(i) for i in range(37)]


def test_rows_are_those_of_the_dataset_as_it_is_given(folder: Path, epoch: Epoch) -> None:
    files = ImageFolder(folder)
    whole, expected = dataset_of(files), epoch(files)
    for dataset in (
        whole.filter(lambda label: label != 1, input_columns=["label"]),
        whole.shuffle(seed=4).select(range(3, 20)),
        whole.sort("path", reverse=True),
        whole.with_format("torch"),
        whole.select_columns(["image", "path", "label"]),
        whole.cast_column("image", Feature(decode=False)),
    ):
        source = HuggingFace(dataset, id="path")
        found = epoch(source)
        assert len(found) == len(dataset) and found == {id: expected[id] for id in found}
        assert HuggingFace(dataset).ids.tolist() == list(range(len(dataset)))


def test_cells_do_not_lead_to_the_network_by_themselves(folder: Path) -> None:
    import fsspec

    files = ImageFolder(folder)
    fsspec.filesystem("memory").pipe("/bucket/a.jpg", files.read(0))
    dataset = dataset_of(files, embedded=False).select(range(1))
    cell = {"bytes": None, "path": "memory://bucket/a.jpg"}
    remote = Dataset.from_dict({"image": [cell], "label": [0], "path": ["x"]}, features=FEATURES)
    assert HuggingFace(dataset).read(0) == HuggingFace(remote, root="memory://").read(0) == files.read(0)
    with pytest.raises(
        InputError, match=r"row 0, column 'image': 'memory://bucket/a.jpg' is read over the network.*root="
    ):
        HuggingFace(remote).read(0)


def test_gaps_in_labels_are_an_error(folder: Path) -> None:
    dataset = dataset_of(ImageFolder(folder)).remove_columns("label").select(range(3))
    features = Features(image=Feature(), path=Value("string"), label=ClassLabel(names=["ash", "birch"]))
    for labels, row in (([0, None, 1], 1), ([None] * 3, 0)):
        gaps = Dataset.from_dict({**dataset.to_dict(), "label": labels}, features=features)
        with pytest.raises(SourceError, match=f"row {row}, column 'label': there is no label.*label=False"):
            HuggingFace(gaps)
        assert HuggingFace(gaps, label=False).labels is None


def test_pictures_are_never_decoded_by_datasets(folder: Path, monkeypatch: pytest.MonkeyPatch, epoch: Epoch) -> None:
    dataset = dataset_of(ImageFolder(folder))

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("decoded by datasets")

    monkeypatch.setattr(Feature, "decode_example", refuse)
    with pytest.raises(AssertionError):
        dataset[0]
    assert len(epoch(HuggingFace(dataset))) == 37


def test_fields_follow_their_targets(folder: Path, epoch: Epoch) -> None:
    files = ImageFolder(folder)

    def png(i: int) -> bytes:
        height, width = open_image(files.where(i)).size
        buffer = io.BytesIO()
        Image.fromarray(np.full((height, width), i, np.uint8)).save(buffer, "PNG")
        return buffer.getvalue()

    features = Features(image=Feature(), seg=Feature(), boxes=List(List(Value("float32"))), n=Value("int32"))
    rows = {
        "image": [files.where(i) for i in range(37)],
        "seg": [{"bytes": png(i), "path": None} for i in range(37)],
        "boxes": [[[1, 1, 5, 6]] * (i % 3) for i in range(37)],
        "n": range(37),
    }
    dataset = Dataset.from_dict(rows, features=features)
    targets = Targets(boxes=Boxes(), mask=Mask(), n=PerSample())
    fields = {"mask": "seg", "boxes": "boxes", "n": "n"}
    with pytest.raises(SourceError, match="the dataset has several, image, seg: say which, image='image'"):
        HuggingFace(dataset, fields=fields, targets=targets)
    source = HuggingFace(dataset, "image", fields=fields, targets=targets)
    found = epoch(source, Compose([HorizontalFlip()]))
    assert source.labels is None and len(found) == 37
    for id, (_, values) in found.items():
        assert values["n"] == id and (values["mask"] == id).all() and len(values["boxes"]) == id % 3
        assert source.fields(id)["n"] == id
    part = Subset(source, [3, 30])
    assert part.sample(1, lambda size: memoryview(bytearray(size)))[1]["n"] == 30 and part.fields(0)["n"] == 3


def test_the_column_of_labels() -> None:
    kinds, rows = ClassLabel(names=["a", "b"]), {"image": [{"bytes": b"x", "path": None}] * 2}

    def source(wanted: Any = None, /, **columns: Any) -> HuggingFace:
        features = Features(image=Feature(), **columns)
        values = {name: [int(name != "label"), -1 if kind is kinds else 5] for name, kind in columns.items()}
        return HuggingFace(Dataset.from_dict({**rows, **values}, features=features), label=wanted)

    only = source(kind=kinds, number=Value("int64"))
    assert only.labels.tolist() == [1, -1] and only.classes == ["a", "b"]  # type: ignore[union-attr]
    assert source(fine=kinds, label=kinds).labels.tolist() == [0, -1]  # type: ignore[union-attr]
    assert source("number", fine=kinds, number=Value("int8")).labels.dtype == np.int64  # type: ignore[union-attr]
    assert source("number", fine=kinds, number=Value("int8")).classes == []
    assert source(False, fine=kinds).labels is None and source(number=Value("int64")).labels is None
    with pytest.raises(SourceError, match="several columns of classes, coarse, fine: say which, label='coarse'"):
        source(coarse=kinds, fine=kinds)
    with pytest.raises(
        SourceError, match=r"HuggingFace.label: there is no column 'x'; the dataset has 'image' \(Image\)"
    ):
        source("x", fine=kinds)


def test_ids_and_modes(folder: Path) -> None:
    dataset = dataset_of(ImageFolder(folder)).cast_column("image", Feature(mode="L"))
    assert HuggingFace(dataset).mode == "L" and HuggingFace(dataset, mode="RGBA").mode == "RGBA"
    assert HuggingFace(dataset, id="path").ids[0] == path_id(dataset[0]["path"])
    for options, said in [
        ({"mode": "CMYK"}, 'mode of HuggingFace is "RGB", "L", "RGBA" or "bands", got \'CMYK\''),
        ({"id": "label"}, "Dataset, row 1, column 'label': 0 is also in Dataset, row 0"),
        ({"id": "key"}, "HuggingFace.id: there is no column 'key'"),
        (
            {"image": "path"},
            r"the column 'path' is Value\('string'\); pictures are an Image feature: dataset.cast_column",
        ),
        ({"image": "photo"}, "HuggingFace.image: there is no column 'photo'"),
        ({"fields": ["boxes"]}, "HuggingFace.fields: there is no column 'boxes'"),
        ({"fields": ["path"], "targets": {"n": PerSample()}}, "the field 'path' of HuggingFace has no target"),
    ]:
        with pytest.raises(SourceError, match=said):
            HuggingFace(dataset, **options)


def test_what_is_no_dataset(folder: Path, epoch: Epoch) -> None:
    files = ImageFolder(folder)
    dataset = dataset_of(files)
    moved = dataset.with_transform(lambda rows: rows)
    for wrong, said in [
        (DatasetDict(train=dataset), r"takes one split, such as dataset\['train'\]"),
        (dataset.to_iterable_dataset(), "an IterableDataset has no rows by position: load it without streaming=True"),
        ([1, 2], "takes a datasets.Dataset, got list; others are for Items"),
        (dataset.select([]), "the dataset has no rows"),
        (moved, r"has a transform \(set_transform\).*Items\(dataset\)"),
        (dataset.remove_columns("image"), "looks for a column that is an Image feature, and the dataset has none"),
    ]:
        with pytest.raises(SourceError, match=said):
            HuggingFace(wrong)
    found = epoch(Items(moved, targets={"path": PerSample()}))  # pictures that datasets decoded by Pillow
    assert {id: fields["label"] for id, (_, fields) in found.items()} == dict(enumerate(files.labels))  # type: ignore[arg-type]


def test_errors_name_the_row_or_the_path(tmp_path: Path) -> None:
    rows = [{"bytes": b"text", "path": None}, {"bytes": None, "path": f"{tmp_path}/none.jpg"}, None]
    source = HuggingFace(Dataset.from_dict({"image": rows}, features=Features(image=Feature())))
    loader = Loader(source, shuffle=False, batch_size=1, workers=2)
    for i, error, said in [
        (0, DecodeError, "Dataset, row 0: cannot be decoded: no picture format begins"),
        (1, DecodeError, f"{tmp_path}/none.jpg: cannot be decoded"),
        (2, InputError, "Dataset, row 2, column 'image': there is no picture"),
    ]:
        with pytest.raises(error, match=said):
            loader.batch(0, i)


def test_a_stamp_is_of_the_contents(folder: Path) -> None:
    dataset = dataset_of(ImageFolder(folder))
    assert HuggingFace(dataset).stamp(0) == HuggingFace(dataset).stamp(5)
    assert HuggingFace(dataset).stamp(0) != HuggingFace(dataset.select(range(5, 9))).stamp(0)


def test_masks_of_instances_are_a_list_of_pictures() -> None:
    picture, one = Image.fromarray(np.zeros((4, 5, 3), np.uint8)), Image.fromarray(np.eye(4, 5, dtype=np.uint8))
    features = Features(image=Feature(), masks=List(Feature()))
    data = Dataset.from_dict({"image": [picture] * 2, "masks": [[one, one], []]}, features=features)
    source = HuggingFace(data, fields=["masks"], targets={"masks": Mask(stack=True)})
    given = source.fields(0)["masks"]
    assert len(given) == 2 and np.array_equal(given[1], np.eye(4, 5)) and source.fields(1)["masks"] == []
    made = [batch["masks"][0].shape for batch in Loader(source, batch_size=1, shuffle=False, workers=0)]
    assert made == [(2, 4, 5), (0, 4, 5)]
