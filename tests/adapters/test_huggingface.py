"""The Hugging Face adapter, on datasets: columns of pictures and labels, with fresh numbers and with keys."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
import warnings
from typing import Any

import datasets
import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

import variegate as vg
import variegate.adapters.huggingface as vh
from variegate.errors import DecodeError, FieldError, InputError

AUGMENT = vg.Compose(
    [vg.Rotate((-30, 30)), vg.RandomResizedCrop(8), vg.HorizontalFlip(p=0.5), vg.Normalize(layout="CHW")]
)
PICTURES = np.random.default_rng(0).integers(0, 256, (19, 12, 10, 3), np.uint8)
LABELS = np.arange(19) % 3


def rows(**columns: Any) -> datasets.Dataset:
    """The pictures as a data set, kept as PNG files."""
    given = {"image": [Image.fromarray(image) for image in PICTURES], "label": LABELS.tolist(), **columns}
    kinds = {"image": datasets.Image(), "label": datasets.ClassLabel(names=["a", "b", "c"])}
    made = datasets.Dataset.from_dict(given)
    for name, kind in kinds.items():
        made = made.cast_column(name, kind)
    return made


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> vg.ImageFolder:
    """Files of many sizes, formats and modes, one of them to be turned upright."""
    root = tmp_path_factory.mktemp("photos")
    for i in range(12):
        small = np.random.default_rng(i).integers(0, 256, (5, 6, 3), np.uint8)
        picture = Image.fromarray(small).resize((40 + i, 33 - i))
        exif = Image.Exif()
        exif[274] = 6 if i == 4 else 1
        picture.convert("L" if i == 5 else "RGB").save(root / f"{i:02}{('.png', '.jpg')[i % 2]}", exif=exif)
    return vg.ImageFolder(root)


def in_order(source: Any, epoch: int, seed: int = 3) -> list[bytes]:
    """The pictures of an epoch as the plain loader gives them, in the order of the source."""
    loader = vg.Loader(source, AUGMENT, batch_size=4, seed=seed, shuffle=False, workers=2)
    return [image.tobytes() for batch in loader.epoch(epoch) for image in batch["image"]]


def made(batch: Any) -> list[bytes]:
    return [np.asarray(image).tobytes() for image in batch["image"]]


def test_every_access_draws_afresh_and_other_columns_are_carried() -> None:
    data = rows(text=[f"no. {i}" for i in range(19)]).with_transform(vh.transform(AUGMENT))
    batch = data[2:6]
    assert batch["image"].shape == (4, 3, 8, 8) and batch["image"].dtype == np.float32
    assert batch["label"] == [2, 0, 1, 2] and batch["text"] == ["no. 2", "no. 3", "no. 4", "no. 5"]
    assert data[2]["image"].shape == (3, 8, 8) and data[2]["label"] == 2
    seen = [image for _ in range(3) for image in made(data[[0] * 4])]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("decode", [True, False])
@pytest.mark.parametrize("ids", ["numbers", "texts"])
def test_keyed_rows_have_the_bytes_of_the_loader(photos: vg.ImageFolder, decode: bool, ids: str) -> None:
    column = photos.ids if ids == "numbers" else list(photos.paths)
    paths = [photos.where(i) for i in range(len(photos))]
    data = datasets.Dataset.from_dict({"image": paths, "key": column}).cast_column(
        "image", datasets.Image(decode=decode)
    )
    keyed = vh.keyed(AUGMENT, seed=3, ids_column="key")
    data = data.with_transform(keyed)
    for epoch in (0, 5, 1):
        keyed.set_epoch(epoch)
        want = in_order(photos, epoch)
        assert made(data[:]) == want
        shuffled = [4, 10, 0, 7, 7]
        assert made(data[shuffled]) == [want[i] for i in shuffled]
        assert data[3]["image"].tobytes() == want[3]
    assert made(data.shuffle(seed=1)[:]) != want
    assert sorted(made(data.shuffle(seed=1)[:])) == sorted(want)


@pytest.mark.parametrize(("context", "count"), [("fork", 2), ("spawn", 1)])
def test_worker_processes_see_the_epoch(context: str, count: int) -> None:
    keyed = vh.keyed(AUGMENT, seed=3)
    data = rows(id=range(19)).with_transform(keyed)
    workers = DataLoader(
        data, batch_size=4, num_workers=count, multiprocessing_context=context, persistent_workers=True
    )
    for epoch in (0, 5, 1):  # to the same workers
        keyed.set_epoch(epoch)
        batches = list(workers)
        assert [one for batch in batches for one in made(batch)] == in_order(vg.Arrays(PICTURES), epoch)
        assert torch.cat([batch["label"] for batch in batches]).tolist() == LABELS.tolist()


def test_worker_processes_never_draw_alike() -> None:
    data = rows(image=[Image.fromarray(PICTURES[0])] * 19).with_transform(vh.transform(AUGMENT, tensors=True))
    data[0]  # the parent has drawn already; a fork must not go on from its count
    workers = DataLoader(data, batch_size=4, num_workers=2, multiprocessing_context="fork")
    seen = [one for _ in range(2) for batch in workers for one in made(batch)]
    assert len(set(seen)) == len(seen) == 38


@pytest.mark.parametrize("form", ["dict of lists", "list of dicts", "columns"])
def test_labels_follow_as_in_the_loader(labelled: Any, form: str) -> None:
    names = ("boxes", "labels", "mask")
    values = [labelled.fields(i, *names) for i in range(len(labelled))]
    given: dict[str, Any] = {"image": list(map(Image.fromarray, labelled.images)), "id": range(len(labelled))}
    given["mask"] = [Image.fromarray(value["mask"]) for value in values]
    fields = {"boxes": "objects.bbox", "labels": "objects.category"}
    if form == "columns":
        given |= {name: [value[name].tolist() for value in values] for name in ("boxes", "labels")}
        fields = {}
    else:
        pairs = [(value["boxes"].tolist(), value["labels"].tolist()) for value in values]
        given["objects"] = [{"bbox": boxes, "category": labels, "source": "hand"} for boxes, labels in pairs]
    if form == "list of dicts":
        given["objects"] = [
            [{"bbox": box, "category": label} for box, label in zip(*pair, strict=True)] for pair in pairs
        ]
    data = datasets.Dataset.from_dict(given).cast_column("image", datasets.Image())
    targets = {name: labelled.targets[name] for name in names}
    keyed = vh.keyed(vg.Compose(labelled.augment.ops, targets=targets), seed=3, epoch=2, fields=fields)
    got = data.with_transform(keyed)[:]
    columns = {name: [value[name] for value in values] for name in names}
    source = vg.Arrays(labelled.images, fields=columns, targets=targets)
    (wanted,) = vg.Loader(source, keyed.augment, batch_size=len(source), seed=3, shuffle=False).epoch(2)
    lost = 0
    for n in range(len(source)):
        want = {name: wanted[name][n] for name in ("image", *names)}
        if form == "columns":
            boxes, labels = got["boxes"][n], got["labels"][n]
        elif form == "dict of lists":
            boxes, labels = got["objects"][n]["bbox"], got["objects"][n]["category"]
            assert got["objects"][n]["source"] == "hand"
        else:
            boxes = np.array([row["bbox"] for row in got["objects"][n]]).reshape(-1, 4)
            labels = np.array([row["category"] for row in got["objects"][n]], np.int64)
        assert got["image"][n].tobytes() == want["image"].tobytes()
        assert got["mask"][n].tobytes() == want["mask"].tobytes()
        assert boxes.dtype == np.float32 or not len(boxes)
        assert boxes.astype(np.float32).tobytes() == want["boxes"].tobytes()
        assert np.array_equal(labels, want["labels"])
        lost += len(values[n]["labels"]) - len(labels)
    assert lost > 0


def test_pictures_of_several_kinds_go_one_by_one() -> None:
    flat = vg.Compose([vg.Rotate((-30, 30))])
    keyed = vh.keyed(flat, seed=3)
    mixed = keyed({"image": [PICTURES[0], np.float32(PICTURES[1] / 255)], "id": [0, 1], "label": [0, 1]})
    assert [image.dtype for image in mixed["image"]] == [np.uint8, np.float32]
    assert mixed["image"][0].tobytes() == keyed({"image": [PICTURES[0]], "id": [0]})["image"].tobytes()
    assert len(vh.transform(flat)({"image": [PICTURES[0], PICTURES[1][..., :1]]})["image"]) == 2


def test_arrays_come_as_lists_and_are_pictures_all_the_same() -> None:
    kind = datasets.Features({"image": datasets.Array3D((12, 10, 3), "uint8"), "id": datasets.Value("uint64")})
    data = datasets.Dataset.from_dict({"image": list(PICTURES), "id": range(19)}, features=kind)
    assert made(data.with_transform(vh.keyed(AUGMENT, seed=3))[:]) == in_order(vg.Arrays(PICTURES), 0)


def test_a_map_writes_augmented_pictures() -> None:
    keyed = vh.keyed(vg.Compose([vg.Rotate((-30, 30))]), seed=3)
    data = rows(id=range(19)).map(keyed, batched=True, batch_size=4, keep_in_memory=True)
    want = vg.Loader(vg.Arrays(PICTURES), keyed.augment, seed=3, shuffle=False).batch(0, 0)["image"]
    assert [np.asarray(image).tobytes() for image in data["image"]] == [image.tobytes() for image in want]


def test_tensors_are_an_option() -> None:
    batch = rows().with_transform(vh.transform(AUGMENT, tensors=True))[:4]
    assert isinstance(batch["image"], torch.Tensor) and batch["image"].shape == (4, 3, 8, 8)


def test_a_column_by_itself() -> None:
    data = rows(id=range(19)).with_transform(vh.keyed(AUGMENT))
    assert list(data["label"]) == LABELS.tolist()
    assert data["image"][3].tobytes() == data[3]["image"].tobytes()
    assert data.select_columns("label")[:]["label"] == LABELS.tolist()
    with pytest.raises(InputError, match=r"no column 'id', but \['image'\]. Add one before anything shuffles"):
        data.select_columns("image")[0]


def test_the_epoch_is_one_in_every_copy_and_none_but_a_number_when_pickled() -> None:
    keyed = vh.keyed(AUGMENT, seed=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of a transform that cannot be hashed
        data = rows(id=range(19)).with_transform(keyed)
        other = data.select(range(4))
    keyed.set_epoch(4)
    assert made(other[:]) == in_order(vg.Arrays(PICTURES), 4)[:4]
    copy = pickle.loads(pickle.dumps(keyed))
    keyed.set_epoch(5)
    assert (copy.epoch, keyed.epoch) == (4, 5)


def test_pictures_of_16_bits_and_of_floats() -> None:
    """As PIL images, which Pillow would make white, and as the files that they are of."""
    short = np.arange(0, 65000, 200, np.uint16).reshape(13, 25)
    flip = vg.Compose([vg.HorizontalFlip()])
    file = io.BytesIO()
    Image.fromarray(short).save(file, "PNG")
    for given in (Image.fromarray(short), {"bytes": file.getvalue(), "path": None}):
        for dtype, exact in (("uint16", short), ("float32", (short / 65535).astype(np.float32))):
            (row,) = vh.keyed(flip, dtype=dtype)({"image": [given], "id": [0]})["image"]
            assert row.dtype == dtype and np.array_equal(row, np.stack([exact[:, ::-1]] * 3, -1))
    heat = short.astype(np.float32) - 1000
    (row,) = vh.keyed(flip, mode="L", dtype="float32")({"image": [Image.fromarray(heat)], "id": [0]})["image"]
    assert np.array_equal(row[..., 0], heat[:, ::-1])
    scene = vg.Compose([vg.HorizontalFlip()], targets={"depth": vg.Image()})
    colour = np.zeros((13, 25, 3), np.uint8)
    made = vh.keyed(scene)({"image": [Image.fromarray(colour)], "depth": [Image.fromarray(short)], "id": [0]})
    assert made["image"][0].dtype == np.uint8 and np.array_equal(made["depth"][0][..., 0], short[:, ::-1])


def test_pictures_and_masks_of_every_mode() -> None:
    flat = vh.keyed(vg.Compose([vg.HorizontalFlip()]), mode="RGB")
    grey = PICTURES[0][..., 0]
    for mode in ("L", "1", "P", "LA", "RGBA", "CMYK", "YCbCr"):
        image = Image.fromarray(PICTURES[0]).convert(mode)
        want = np.asarray(image.convert("RGB"))[:, ::-1]
        mask = Image.fromarray((grey >= 128) * np.uint8(255)).convert("1") if mode == "1" else Image.fromarray(grey)
        (row,) = zip(*flat({"image": [image], "id": [0], "mask": [mask]}).values(), strict=True)
        assert np.array_equal(row[0], want), mode
        said = grey >= 128 if mode == "1" else grey  # true is the byte 1, though Pillow may have 255
        assert row[2].tobytes() == np.ascontiguousarray(said[:, ::-1]).tobytes(), mode
    (row,) = vh.keyed(vg.Compose([]), mode="L")({"image": [Image.fromarray(grey)], "id": [0]})["image"]
    assert np.array_equal(row, grey[..., np.newaxis])


BOXES = vg.Compose([vg.Rotate(10)], targets={"boxes": vg.Boxes("coco")})
STRUCT = [{"bbox": [[0.0, 0.0, 4.0, 4.0]], "area": [16.0]}]


@pytest.mark.parametrize(
    ("transform", "batch", "said"),
    [
        (vh.transform(AUGMENT), {"image": 3}, "a list of pictures in 'image', got int"),
        (vh.transform(AUGMENT), {"image": Image.new("RGB", (4, 4))}, "a list of pictures in 'image', got Image"),
        (vh.transform(AUGMENT), {"img": [Image.new("RGB", (4, 4))]}, "pass image='img' if these are to be augmented"),
        (vh.transform(AUGMENT), {"image": [None]}, "'image' of row 0 of a batch is a PIL image, an array"),
        (vh.transform(AUGMENT), {"image": [Image.new("I;16", (4, 4))]}, "16 bits, which uint8 has no room for"),
        (vh.transform(AUGMENT), {"image": [Image.new("F", (4, 4))]}, 'of 32 bits, floats, .* dtype="float32" takes'),
        (vh.transform(AUGMENT), {"image": [{"bytes": None, "path": None}]}, "neither bytes nor a path"),
        (vh.transform(AUGMENT), {"image": [[[[300, 0, 0]]]]}, "integers from 0 to 255"),
        (
            vh.transform(AUGMENT),
            {"image": list(PICTURES[:1]), "depth": [PICTURES[0]]},
            r'declare it in the .* targets=\{"depth": Mask\(\)\}',
        ),
        *(
            (vh.transform(AUGMENT), {"image": list(PICTURES[:1]), name: [value]}, f"the column '{name}' has a {said}")
            for name, value, said in [
                ("objects", {"bbox": [[0.0, 0.0, 4.0, 4.0]], "category": [1]}, "dict"),
                ("objects", [{"bbox": [0.0, 0.0, 4.0, 4.0]}], "list"),
                ("label", [[0.0, 0.0, 4.0, 4.0]], "list"),
                ("box", [0.0, 0.0, 4.0, 4.0], "list"),
                ("photo", {"bytes": b"...", "path": None}, "dict"),
            ]
        ),
        (vh.transform(AUGMENT), {"mask": [PICTURES[0][..., 0]]}, r"\['mask'\] move with the picture"),
        (vh.transform(BOXES), {"image": list(PICTURES[:1])}, "declares 'boxes', and there is no column 'boxes'"),
        (
            vh.transform(BOXES, fields={"boxes": "objects.bbox"}),
            {"image": list(PICTURES[:1]), "objects": STRUCT},
            r"has \['area'\] beside \['bbox'\]",
        ),
        (
            vh.transform(BOXES, fields={"boxes": "objects.box"}),
            {"image": list(PICTURES[:1]), "objects": [{"bbox": 1}]},
            "no 'box' in its rows",
        ),
        (vh.keyed(AUGMENT), {"image": list(PICTURES[:1]), "id": [-1]}, "are 0 or more, got -1"),
        (vh.keyed(AUGMENT), {"image": list(PICTURES[:1]), "id": [1.5]}, "holds ids: integers, or texts; got 1.5"),
    ],
)
def test_what_cannot_be_taken_is_said(transform: Any, batch: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        transform(batch)


def test_what_cannot_lie_on_the_picture_is_passed_on() -> None:
    rest = {"label": [3], "tags": [["sea", "sun"]], "hot": [[0, 1, 0]], "meta": [{"source": "web", "n": 4}], "id": [0]}
    made = vh.transform(AUGMENT)({"image": list(PICTURES[:1]), **rest})
    assert {name: made[name] for name in rest} == rest
    told = vg.Compose([], targets={"label": vg.PerSample(), "box": vg.PerSample()})
    kept = {"label": [[1.5, 2.5]], "box": [{"x": 3, "y": 4}]}
    assert {name: vh.transform(told)({"image": list(PICTURES[:1]), **kept})[name] for name in kept} == kept


def test_a_second_row_may_be_the_one_that_would_stay_behind() -> None:
    batch = {
        "image": list(PICTURES[:2]),
        "objects": [{"bbox": [], "more": None}, {"bbox": [], "more": {"box": [3, 4]}}],
    }
    with pytest.raises(InputError, match=r"has \['more'\] beside \['bbox'\]"):
        vh.transform(BOXES, fields={"boxes": "objects.bbox"})(batch)
    with pytest.raises(InputError, match="the column 'points' has a list"):
        vh.transform(AUGMENT)({"image": list(PICTURES[:2]), "points": [[], [3, 4]]})


def test_a_damaged_file_is_named() -> None:
    data = rows().cast_column("image", datasets.Image(decode=False)).with_format(None)[:1]["image"][0]
    broken = {"bytes": data["bytes"][:60], "path": "cats/1.png"}
    with pytest.raises(DecodeError, match=r"cats/1\.png"):
        vh.transform(AUGMENT)({"image": [broken]})


def test_what_cannot_be_declared_is_said() -> None:
    with pytest.raises(FieldError, match="'boxes' is none of them"):
        vh.transform(AUGMENT, fields={"boxes": "objects.bbox"})
    with pytest.raises(FieldError, match="mode is"):
        vh.transform(AUGMENT, mode="BGR")
    with pytest.raises(InputError, match="lies in 0 to"):
        vh.keyed(AUGMENT).set_epoch(-1)


def test_without_datasets_the_error_says_what_to_install() -> None:
    code = "import sys; sys.modules['datasets'] = None; import variegate.adapters.huggingface"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 'needs datasets: pip install "variegate[huggingface]"' in ran.stderr


@pytest.mark.parametrize("top", [90, 60_000])
def test_a_column_of_uint16_is_of_the_dtype_asked_for_dark_or_bright(top: int) -> None:
    """datasets gives its arrays as lists, which no longer tell of which dtype they were."""
    numbers = np.random.default_rng(0).integers(0, top, (1, 6, 9, 3), endpoint=True).astype(np.uint16)
    numbers[0, 0, 0] = top
    features = datasets.Features(image=datasets.Array3D((6, 9, 3), "uint16"))
    data = datasets.Dataset.from_dict({"image": numbers}, features=features)
    flip = vg.Compose([vg.HorizontalFlip()])
    made = data.with_transform(vh.transform(flip, dtype="uint16"))[:1]["image"]
    assert made[0].dtype == np.uint16 and np.array_equal(made[0], numbers[0][:, ::-1])
    if top > 255:
        said = r"integers from 0 to 255 .*, got \d+ to 60000; dtype=\"uint16\" takes those up to 65535"
        with pytest.raises(vg.InputError, match=said):
            vh.transform(flip)({"image": numbers.tolist()})
    with pytest.raises(vg.InputError, match=r"from 0 to 65535 .*, got 65536 to 65536"):
        vh.transform(flip, dtype="uint16")({"image": [[[[65536] * 3] * 9] * 6]})


def test_floats_in_lists_are_narrowed_where_nothing_is_lost() -> None:
    flip = vh.transform(vg.Compose([vg.HorizontalFlip()]))
    single = np.random.default_rng(0).random((6, 9, 3)).astype(np.float32)
    assert np.array_equal(flip({"image": [single.tolist()]})["image"][0], single[:, ::-1])
    with pytest.raises(vg.InputError, match=r"'image' of row 0 of a batch is uint8, uint16 or float32, got float64"):
        flip({"image": [(single / np.float64(3)).tolist()]})


def test_no_masks_of_instances_are_none() -> None:
    flip = vh.transform(vg.Compose([vg.HorizontalFlip()], targets={"masks": vg.Mask(stack=True)}))
    one = Image.fromarray(np.eye(8, 9, dtype=np.uint8))
    made = flip({"image": [np.zeros((8, 9, 3), np.uint8)] * 2, "masks": [[], [one, one]]})["masks"]
    assert [each.shape for each in made] == [(0, 8, 9), (2, 8, 9)] and np.array_equal(made[1][0], np.eye(8, 9)[:, ::-1])


def test_the_augmented_pictures_may_have_a_column_of_another_name() -> None:
    data = rows().with_transform(vh.transform(AUGMENT, output="pixel_values"))
    assert sorted(data[2]) == ["label", "pixel_values"] and data[2]["pixel_values"].shape == (3, 8, 8)
    keyed = vh.keyed(AUGMENT, seed=3, output="pixel_values")
    batch = {"image": list(PICTURES[:2]), "id": [0, 1]}
    assert made({"image": keyed(batch)["pixel_values"]}) == made(vh.keyed(AUGMENT, seed=3)(batch))
    mapped = rows().map(vh.transform(AUGMENT, output="pixel_values"), batched=True, remove_columns="image")
    assert sorted(mapped.column_names) == ["label", "pixel_values"]
    assert "image" in vh.transform(AUGMENT, output="image")(batch)
    with pytest.raises(InputError, match=r"^output='id', and there is a column of that name: \['id', 'image'\]$"):
        vh.transform(AUGMENT, output="id")(batch)
    with pytest.raises(FieldError, match=r"^output is the name of a column, or None, got 3$"):
        vh.transform(AUGMENT, output=3)  # type: ignore[arg-type]
