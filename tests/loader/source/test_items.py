"""Any object with items gives the very batches of the folder of its files; what cannot be a sample is named."""

from __future__ import annotations

import copy
import io
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Dataset

from variegate.errors import DecodeError, InputError, SourceError
from variegate.loader import ImageFolder, Loader, Manifest
from variegate.loader.decode import open_image
from variegate.loader.source.folder import path_id
from variegate.loader.source.items import Items
from variegate.ops.flip import HorizontalFlip
from variegate.ops.rotate import Rotate
from variegate.pipeline import Compose
from variegate.targets import Boxes, Mask, PerInstance, PerSample, Targets
from variegate.targets import Image as View

Epoch = Callable[..., dict[int, tuple[bytes, dict[str, Any]]]]


class Photos(Dataset):  # type: ignore[type-arg]
    """A map-style Dataset for PyTorch, whose pictures come in one of many forms."""

    def __init__(self, folder: ImageFolder, form: str, sample: str = "tuple") -> None:
        self.folder, self.form, self.sample, self.asked = folder, form, sample, [0] * len(folder)

    def __len__(self) -> int:
        return len(self.folder)

    def __getitem__(self, i: int) -> Any:
        assert type(i) is int
        self.asked[i] += 1
        image, label = self._picture(self.folder.where(i)), int(self.folder.labels[i])  # type: ignore[index]
        if self.sample == "dict":
            return {"image": image, "label": label, "name": str(i)}
        if self.sample == "fields":
            return image, {"label": label, "name": str(i)}
        return (image, label) if self.sample == "tuple" else image

    def _picture(self, path: str) -> Any:
        if self.form in ("path", "Path"):
            return path if self.form == "path" else Path(path)
        if self.form == "bytes":
            return Path(path).read_bytes()
        pixels = open_image(path).decode()
        if self.form == "PIL":
            return Image.fromarray(pixels)
        if self.form == "tensor":
            return torch.from_numpy(pixels).permute(2, 0, 1)
        return pixels


@pytest.mark.parametrize("form", ["array", "PIL", "tensor", "bytes", "path", "Path"])
@pytest.mark.parametrize("sample", ["tuple", "dict", "fields"])
def test_every_form_of_a_sample_gives_the_batches_of_the_folder(
    folder: Path, epoch: Epoch, form: str, sample: str
) -> None:
    files = ImageFolder(folder)
    expected = epoch(files)
    found = epoch(Items(Photos(files, form, sample), files.ids, {"name": PerSample()}))
    assert found.keys() == expected.keys()
    for id, (image, fields) in found.items():
        assert image == expected[id][0] and fields["label"] == expected[id][1]["label"]
        assert "name" not in fields or files.ids[int(fields["name"])] == id


def test_pictures_alone_have_no_fields(folder: Path, epoch: Epoch) -> None:
    files = ImageFolder(folder, labelled=False)
    labelled = ImageFolder(folder)
    assert epoch(Items(Photos(labelled, "array", "alone"), ids=files.ids)) == epoch(files)


def test_a_loader_takes_a_dataset_as_it_is(folder: Path) -> None:
    files = ImageFolder(folder)
    data = Photos(files, "tensor")
    loader = Loader(data, Compose([Rotate((-9, 9))]), batch_size=5, workers=2)  # type: ignore[arg-type]
    met = {}
    for batch in loader:
        assert batch["id"].tolist() == batch["index"].tolist()
        met |= dict(zip(batch["index"].tolist(), map(int, batch["label"]), strict=True))
    assert met == dict(enumerate(files.labels.tolist()))  # type: ignore[union-attr]


def test_a_sample_is_one_access(folder: Path) -> None:
    data = Photos(ImageFolder(folder), "array", "dict")
    source = Items(data, targets={"name": PerSample()})
    loader = Loader(source, batch_size=6, workers=2)
    first = copy.copy(data.asked)
    assert sum(first) == first[0] <= 1  # to see what fields there are
    for _ in loader:
        pass
    once = [now - then for now, then in zip(data.asked, first, strict=True)]
    assert once[1:] == [1] * (len(data) - 1) and once[0] in (1, 2)  # the first tells what form they all have
    for _ in loader:
        pass
    assert [now - then for now, then in zip(data.asked, first, strict=True)] == [count + 1 for count in once]


def test_ids_are_the_index_or_those_given(folder: Path) -> None:
    data = [np.zeros((2, 2, 3), np.uint8)] * 4
    assert Items(data).ids.tolist() == [0, 1, 2, 3] and Items(data).ids.dtype == np.uint64
    assert Items(data, ids=[7, 2**64 - 1, 0, 3]).ids.tolist() == [7, 2**64 - 1, 0, 3]
    assert Items(data, ids=["a", "b", "c", "x/d"]).ids.tolist() == [path_id(name) for name in ("a", "b", "c", "x/d")]
    part = Items(data, ids=[7, 8, 9, 5]).split(0.5)[0]
    places = {7: "list[0]", 8: "list[1]", 9: "list[2]", 5: "list[3]"}
    assert [part.where(i) for i in range(2)] == [places[part.id(i)] for i in range(2)]
    for ids, said in [
        ([1, 2, 3], "4 samples and 3 ids"),
        ([1, 2, 1, 3], r"ids\[2\]: 1 is also in ids\[0\]"),
        ([1, 2, -1, 3], r"ids\[2\]: an id is an integer of 0 to .*got -1"),
        (["a", "b", "c", 4], r"ids\[3\]: .*all are of a kind; got 4"),
        ([1.0, 2.0, 3.0, 4.0], r"ids\[0\]: an id is an integer"),
    ]:
        with pytest.raises(SourceError, match=said):
            Items(data, ids=ids)


def test_fields_follow_their_targets(epoch: Epoch) -> None:
    boxes, picture = torch.tensor([[1.0, 1, 5, 6], [2, 2, 4, 4]]), np.zeros((8, 10, 3), np.uint8)
    numbers = np.arange(80, dtype=np.uint8).reshape(8, 10)
    data = [
        (
            picture,
            {
                "boxes": boxes,
                "labels": torch.tensor([4, 7]),
                "mask": Image.fromarray(numbers),
                "other": torch.from_numpy(numbers)[None].expand(3, -1, -1),
                "depth": torch.from_numpy(numbers / np.float32(80))[None],
                "weight": torch.tensor(0.5),
                "label": torch.tensor(3),
            },
        )
    ] * 3
    targets = Targets(boxes=Boxes(), labels=PerInstance(), other=View(), depth=Mask())
    source = Items(data, targets=targets)
    read = source.fields(1)
    assert np.array_equal(read["boxes"], boxes.numpy()) and read["labels"].tolist() == [4, 7]
    assert np.array_equal(read["mask"], numbers) and read["other"].shape == (8, 10, 3)
    assert read["depth"].shape == (8, 10, 1) and read["weight"] == 0.5 and type(read["label"]) is int
    augment = Compose([Rotate(180)], targets={**dict(targets.fields), "weight": dict(targets.fields)["label"]})
    for _, fields in epoch(source, augment).values():
        assert np.array_equal(fields["mask"], numbers[::-1, ::-1]) and fields["label"] == 3
        assert fields["boxes"].tolist() == [[5, 2, 9, 7], [6, 4, 8, 6]] and fields["weight"] == 0.5
        assert np.array_equal(fields["other"], numbers[::-1, ::-1, None].repeat(3, 2))


def test_names_say_what_a_tuple_has(epoch: Epoch) -> None:
    mask = Image.fromarray(np.eye(8, dtype=np.uint8) * 3, "L")
    mask.putpalette(bytes(range(256)) * 3)
    assert mask.mode == "P"
    data = [(5, mask, np.zeros((8, 8, 3), np.uint8))] * 2
    found = epoch(Items(data, names=("label", "mask", "image")), Compose([Rotate(90)]))
    for _, fields in found.values():
        assert fields["label"] == 5 and np.array_equal(fields["mask"], np.eye(8)[::-1] * 3)


def test_what_is_no_sample() -> None:
    picture = np.zeros((4, 6, 3), np.uint8)
    pil = Image.fromarray(picture)
    for sample, names, said in [
        ({"img": picture, "label": 1}, None, r"its picture under \"image\", got \['img', 'label'\]"),
        ((picture, 1, 2), None, "got 3 elements: pass names="),
        ((picture, pil), None, r"has a Image \(6, 4\) beside its picture.*pass names="),
        ((picture, picture), None, r"has a ndarray \(4, 6, 3\) beside"),
        ((picture, {"image": 3}), None, "rename it"),
        ((picture, 1), ("image",), "2 elements, and names are of 1"),
        (picture + 0.1, None, r"a picture is uint8, uint16 or float32, got float64 \(4, 6, 3\)"),
        (
            torch.zeros(3, 4, 6).double() + 0.1,
            None,
            r"of a tensor \(3, 4, 6\), is uint8, .* got float64",
        ),
        (torch.zeros(3, 4, 6).bfloat16(), None, "no numbers of torch.bfloat16"),
        (torch.zeros(1, 3, 4, 6), None, r"\(C, H, W\), got \(1, 3, 4, 6\)"),
        (picture[0, 0], None, r"\(height, width, channels\), none of them 0; got \(3,\)"),
        (pil.convert("CMYK"), None, 'got "CMYK"; write image.convert'),
        (7, None, "got int"),
        ({"image": picture, "mask": pil}, None, 'mask: a mask as a PIL image has one number a pixel.*got "RGB"'),
        ({"image": picture, "map": pil.convert("P")}, None, r"what it is was not said: targets={\"map\": Mask\(\)}"),
    ]:
        with pytest.raises(InputError, match=said):
            Items([sample], names=names).sample(0)


def test_what_is_no_data(folder: Path) -> None:
    for wrong, said in [
        (iter([1]), "got list_iterator. What can only be iterated"),
        ("photos", r"got str.*ImageFolder\(path\)"),
        ({"a": 1}, "got dict"),
        ([], "the list is empty"),
        (torch.utils.data.DataLoader(Photos(ImageFolder(folder), "PIL")), "got DataLoader"),
    ]:
        with pytest.raises(SourceError, match=said):
            Items(wrong)
    for options, said in [
        ({"mode": "CMYK"}, 'mode of Items is "RGB"'),
        ({"names": ("picture", "label")}, "names are those of a sample's elements"),
        ({"labels": [1, 2]}, "1 pictures and 2 labels"),
    ]:
        with pytest.raises(SourceError, match=said):
            Items([np.zeros((2, 2), np.uint8)], **options)


def test_pil_images_become_the_mode(folder: Path) -> None:
    grey = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8))
    assert Items([grey]).read(0).shape == (6, 8, 3) and Items([grey], mode="L").read(0).shape == (6, 8, 1)
    assert Items([np.asarray(grey)]).read(0).shape == (6, 8, 1)
    file = io.BytesIO()
    grey.save(file, "PNG")
    batch = next(iter(Loader(Items([file.getvalue()] * 2, mode="L"), batch_size=2, workers=2)))
    assert np.array_equal(batch["image"][0][..., 0], np.asarray(grey))


def test_pil_images_of_more_bits_become_the_dtype() -> None:
    """As files do; Pillow's own conversions would make them white, or black."""
    short = np.arange(0, 65000, 500, np.uint16).reshape(10, 13)
    wide, heat = Image.fromarray(short), Image.fromarray(short - np.float32(9))
    assert np.array_equal(Items([wide], mode="L", dtype="uint16").read(0)[..., 0], short)
    assert np.array_equal(
        Items([wide], dtype="float32").read(0), np.stack([(short / 65535).astype(np.float32)] * 3, -1)
    )
    assert np.array_equal(Items([heat], mode="L", dtype="float32").read(0)[..., 0], short - np.float32(9))
    grey = Image.fromarray((short // 257).astype(np.uint8))
    assert np.array_equal(Items([grey], mode="L", dtype="uint16").read(0)[..., 0], short // 257 * 257)
    for image, dtype, said in [
        (wide, "uint8", 'a PIL image of 1 band of 16 bits, which uint8 has no room for; dtype="uint16" keeps them'),
        (heat, "uint16", 'of 32 bits, floats, none of which is known to be white; dtype="float32" takes its numbers'),
        (Image.fromarray(short.astype(np.int32)), "uint16", r"32-bit integers; write np\.asarray\(image\)\.astype"),
    ]:
        with pytest.raises(InputError, match=said):
            Items([image], dtype=dtype).read(0)


def test_a_view_keeps_the_numbers_of_its_file(tmp_path: Path) -> None:
    """Depth in a table of paths, and as PIL images beside the picture."""
    depth = np.arange(0, 65000, 500, np.uint16).reshape(10, 13)
    colour = np.zeros((10, 13, 3), np.uint8)
    Image.fromarray(depth).save(tmp_path / "depth.png")
    Image.fromarray(colour).save(tmp_path / "a.png")
    table = Manifest(
        [{"path": "a.png", "depth": "depth.png"}], root=tmp_path, fields=["depth"], targets={"depth": View()}
    )
    items = Items([{"image": Image.fromarray(colour), "depth": Image.fromarray(depth)}], targets={"depth": View()})
    for source in (table, items):
        (batch,) = Loader(source, Compose([HorizontalFlip()]), batch_size=1, workers=0)
        assert batch["image"].dtype == np.uint8 and batch["depth"].dtype == np.uint16
        assert np.array_equal(np.asarray(batch["depth"])[0].reshape(10, 13), depth[:, ::-1])


def test_labels_that_are_told_are_a_column_and_must_be_those_of_the_samples(folder: Path, epoch: Epoch) -> None:
    files = ImageFolder(folder)
    source = Items(Photos(files, "array"), ids=files.ids, labels=files.labels)
    assert epoch(source) == epoch(files) and source.labels.dtype == np.int64  # type: ignore[union-attr]
    wrong = Items(Photos(files, "array"), labels=[*files.labels[:-1], 9])  # type: ignore[index]
    assert wrong.sample(0)[1] == {}
    with pytest.raises(InputError, match=r"Photos\[36\]: its label is 2, and labels\[36\] is 9;"):
        wrong.sample(36)


class BreaksError(Exception):
    pass


class Broken:
    def __len__(self) -> int:
        return 8

    def __getitem__(self, i: int) -> Any:
        if i == 5:
            raise BreaksError("disk on fire")
        return np.zeros((4, 4, 3), np.uint8)


def test_what_the_data_raise_keeps_its_kind_and_names_the_sample() -> None:
    with pytest.raises(BreaksError, match="disk on fire") as caught:
        list(Loader(Items(Broken()), batch_size=2, workers=2))
    assert any("Broken[5] raised this" in note for note in caught.value.__notes__)


def test_errors_of_files_name_the_path(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8 no picture")
    source = Items([str(tmp_path / "bad.jpg"), tmp_path / "none.jpg"])
    for i, said in [(0, "bad.jpg: cannot be decoded"), (1, "none.jpg.*No such file")]:
        with pytest.raises(DecodeError, match=said):
            loader = Loader(source, shuffle=False, batch_size=1, workers=2)
            loader.batch(0, i)
    assert source.where(0) == f"{tmp_path}/bad.jpg" and Items([1, 2]).where(1) == "list[1]"
    assert source.fields(0) == source.fields(1) == {}  # which need no picture


class Alone:
    """Data whose first sample waits a moment for another thread to come in."""

    def __init__(self) -> None:
        self.inside, self.other = threading.Event(), threading.Event()

    def __len__(self) -> int:
        return 2

    def __getitem__(self, i: int) -> Any:
        if i == 0:
            self.inside.set()
            self.met = self.other.wait(0.5)
        self.other.set()
        return np.zeros((4, 4, 3), np.uint8)


@pytest.mark.parametrize("serial", [True, False])
def test_serial_is_one_access_at_a_time(serial: bool) -> None:
    source = pickle.loads(pickle.dumps(Items([0, 0], serial=serial)))
    source.data = Alone()
    first = threading.Thread(target=source.read, args=(0,))
    first.start()
    assert source.data.inside.wait(20)
    source.read(1)
    first.join()
    assert source.data.met is not serial


def test_pickled_items_are_the_same(folder: Path, epoch: Epoch) -> None:
    source = Items(Photos(ImageFolder(folder), "tensor", "fields"), targets={"name": PerSample()})
    assert epoch(pickle.loads(pickle.dumps(source))) == epoch(source)


def test_masks_of_instances_may_be_pil_images() -> None:
    one = Image.fromarray(np.eye(4, dtype=np.uint8))
    data = [{"image": np.zeros((4, 4, 3), np.uint8), "masks": masks} for masks in ([one, one], [], (one,))]
    source = Items(data, targets={"masks": Mask(stack=True)})
    assert [batch["masks"][0].shape[0] for batch in Loader(source, batch_size=1, shuffle=False, workers=0)] == [2, 0, 1]
    assert np.array_equal(Loader(source, batch_size=1, shuffle=False).batch(0, 0)["masks"][0][1], np.eye(4))
