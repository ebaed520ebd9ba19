"""The PyTorch adapter, on PyTorch: batches without a copy, and transforms in real worker processes."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

import variegate as vg
from variegate.adapters.torch import KeyedDataset, Loader, Transform
from variegate.errors import InputError

AUGMENT = vg.Compose(
    [vg.Rotate((-30, 30)), vg.RandomResizedCrop(8), vg.HorizontalFlip(p=0.5), vg.Normalize(layout="CHW")]
)
PICTURES = np.random.default_rng(0).integers(0, 256, (19, 12, 10, 3), np.uint8)
LABELS = np.arange(19) % 3


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> vg.ImageFolder:
    """Files of many sizes, PNG and JPEG, in two classes."""
    root = tmp_path_factory.mktemp("photos")
    for i in range(11):
        path = root / "ab"[i % 2] / f"{i:02}{('.png', '.jpg')[i // 2 % 2]}"
        path.parent.mkdir(exist_ok=True)
        small = np.random.default_rng(i).integers(0, 256, (5, 6, 3), np.uint8)
        Image.fromarray(small).resize((40 + i, 33 - i)).save(path)
    return vg.ImageFolder(root)


class Pairs(torch.utils.data.Dataset):
    """A map-style data set over arrays, as a user would write it."""

    def __init__(self, images: Any = PICTURES, transform: Any = None) -> None:
        self.images, self.transform = images, transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> Any:
        image = self.images[i]
        return (self.transform(image) if self.transform else image), int(LABELS[i])


class Opened(torch.utils.data.Dataset):
    """The files of a source, opened by Pillow."""

    def __init__(self, source: vg.ImageFolder) -> None:
        self.source = source

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, i: int) -> Any:
        return Image.open(self.source.where(i)).convert("RGB"), self.source.label(i)


def plain(source: Any = None, **options: Any) -> vg.Loader:
    source = vg.Arrays(PICTURES, LABELS) if source is None else source
    return vg.Loader(source, AUGMENT, **{"batch_size": 4, "seed": 3, "workers": 2, **options})


def in_order(source: Any, epoch: int) -> list[bytes]:
    """The pictures of an epoch in the order of the source."""
    return [image.tobytes() for batch in plain(source, shuffle=False).epoch(epoch) for image in batch["image"]]


def test_a_loader_gives_tensors_epoch_after_epoch() -> None:
    loader = Loader(plain())
    assert len(loader) == 5
    for epoch in (0, 1):
        for got, want in zip(loader, plain().epoch(epoch), strict=True):
            assert set(got) == {"image", "label", "index", "id"}
            assert all(value.numpy().tobytes() == want[name].tobytes() for name, value in got.items())
            assert got["image"].shape[1:] == (3, 8, 8)
            assert (got["image"].dtype, got["label"].dtype) == (torch.float32, torch.int64)
            assert (got["index"].dtype, got["id"].dtype) == (torch.int64, torch.uint64)


def test_set_epoch_says_which_pass_is_next() -> None:
    loader = Loader(plain())
    loader.set_epoch(7)
    for epoch in (7, 8):
        assert next(iter(loader))["image"].numpy().tobytes() == plain().batch(epoch, 0)["image"].tobytes()


def test_tensors_share_the_batch_and_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    loader = plain()
    begin = loader.__iter__

    def noted() -> Any:
        for batch in begin():
            given.append(batch["image"].__array_interface__["data"][0])
            yield batch
            del batch

    monkeypatch.setattr(loader, "__iter__", noted)
    kept = [batch["image"] for batch in Loader(loader)]
    assert [image.data_ptr() for image in kept] == given
    copies = [image.clone() for image in kept]
    for _ in loader.epoch(1):
        pass
    assert all(torch.equal(image, copy) for image, copy in zip(kept, copies, strict=True))


def test_pictures_of_several_sizes_come_as_a_list() -> None:
    source = vg.Arrays([np.zeros((8, 8 + i, 3), np.uint8) for i in range(3)], labels=["a", "b", "c"])
    (batch,) = Loader(vg.Loader(source, shuffle=False, workers=0))
    assert [tuple(image.shape) for image in batch["image"]] == [(8, 8, 3), (8, 9, 3), (8, 10, 3)]
    assert batch["label"] == ["a", "b", "c"]


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32"])
def test_the_dtype_is_what_the_pipeline_writes(dtype: str) -> None:
    loader = vg.Loader(vg.Arrays(PICTURES), vg.Compose([vg.ToDtype(dtype)]), workers=0)
    assert next(iter(Loader(loader)))["image"].dtype == getattr(torch, dtype)
    assert Transform(vg.Compose([vg.ToDtype(dtype)]))(PICTURES[0]).dtype == getattr(torch, dtype)


def test_a_training_loop() -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 8 * 8, 3))
    before = model[1].weight.detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    loader = Loader(plain())
    for epoch in range(2):
        loader.set_epoch(epoch)
        for batch in loader:
            loss = torch.nn.functional.cross_entropy(model(batch["image"]), batch["label"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert len(losses) == 10 and np.isfinite(losses).all()
    assert not torch.equal(before, model[1].weight)


def test_a_transform_takes_every_form_of_a_picture() -> None:
    same = Transform(vg.Compose([vg.Normalize(0.0, 1.0, layout="CHW")]))
    image = PICTURES[0]
    want = torch.from_numpy(image.transpose(2, 0, 1) / np.float32(255))
    forms = [image, Image.fromarray(image), torch.from_numpy(image).permute(2, 0, 1), image[:, ::-1][:, ::-1]]
    forms += [image / np.float32(255), (torch.from_numpy(image) / 255).permute(2, 0, 1)]
    for form in forms:
        assert torch.allclose(same(form), want, atol=1e-6)
    grey = vg.Compose([])
    assert Transform(grey)(Image.fromarray(image[..., 0])).shape == (12, 10)
    assert Transform(grey)(torch.from_numpy(image[..., 0])).shape == (12, 10)
    assert Transform(grey)(Image.fromarray(image).convert("RGBA")).shape == (12, 10, 4)


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (Image.new("P", (4, 4)), r'mode RGB, L, RGBA, I;16 or F, got "P"; write image\.convert\("RGB"\)'),
        (torch.zeros(1, 3, 4, 4), r"\(H, W\) or \(C, H, W\), got \(1, 3, 4, 4\)"),
        (torch.full((3, 4, 4), 0.1, dtype=torch.float64), r"float64 .*convert it, as by image\.astype\(np\.float32\)"),
        ("a.png", r"PIL image, an array \(H, W, C\) or a tensor \(C, H, W\), got str"),
    ],
)
def test_a_transform_refuses_what_is_no_picture(image: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Transform(AUGMENT)(image)


class Both(torch.utils.data.Dataset):
    """The same picture at every index, drawn afresh, and the keyed picture of the index."""

    def __init__(self) -> None:
        self.fresh, self.keyed = Transform(AUGMENT), KeyedDataset(Pairs(), AUGMENT, seed=3)

    def __len__(self) -> int:
        return len(self.keyed)

    def __getitem__(self, i: int) -> Any:
        return self.fresh(PICTURES[0]), self.keyed[i][0]


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_workers_never_draw_alike_but_by_key(context: str) -> None:
    data, fresh = Both(), []
    data[0]  # the parent has drawn already; a fork must not go on from its count
    workers = DataLoader(data, batch_size=4, num_workers=2, multiprocessing_context=context, persistent_workers=True)
    for epoch in (0, 5, 1):  # to the same workers
        data.keyed.set_epoch(epoch)
        keyed = []
        for new, same in workers:
            fresh += [image.numpy().tobytes() for image in new]
            keyed += [image.numpy().tobytes() for image in same]
        assert keyed == in_order(vg.Arrays(PICTURES), epoch)
    assert len(set(fresh)) == len(fresh) == 3 * len(data)


def test_a_keyed_data_set_gives_the_bytes_of_the_loader() -> None:
    data = KeyedDataset(Pairs(), AUGMENT, seed=3)
    workers = DataLoader(data, batch_size=4, num_workers=2, multiprocessing_context="fork", persistent_workers=True)
    for epoch in (0, 5, 1):
        data.set_epoch(epoch)
        got = [image.numpy().tobytes() for images, _ in workers for image in images]
        assert got == in_order(vg.Arrays(PICTURES), epoch)


def test_a_keyed_data_set_of_files_gives_the_bytes_of_the_loader(photos: vg.ImageFolder) -> None:
    data = KeyedDataset(Opened(photos), AUGMENT, seed=3, ids=photos.ids)
    data.set_epoch(2)
    assert [data[i][0].numpy().tobytes() for i in range(len(data))] == in_order(photos, 2)
    shuffled = [4, 10, 0, 7]
    together = [sample[0].numpy().tobytes() for sample in data.__getitems__(shuffled)]
    assert together == [in_order(photos, 2)[i] for i in shuffled]


def test_the_numbers_of_a_keyed_data_set_hang_on_seed_and_epoch() -> None:
    def first(seed: int, epoch: int) -> bytes:
        data = KeyedDataset(Pairs(), AUGMENT, seed)
        data.set_epoch(epoch)
        assert data.epoch == epoch
        return bytes(data[0][0].numpy().tobytes())

    assert len({first(0, 0), first(0, 1), first(1, 0), first(1, 1)}) == 4
    assert first(1, 1) == first(1, 1)


def test_a_keyed_data_set_takes_samples_of_any_form() -> None:
    flat = vg.Compose([vg.Rotate((-30, 30))])
    grey = [image[..., 0] for image in PICTURES[:3]]
    alone = KeyedDataset(grey, flat)
    named = KeyedDataset([{"image": image, "label": i} for i, image in enumerate(grey)], flat)
    listed = KeyedDataset([[image, i] for i, image in enumerate(grey)], flat)
    for i in (0, 2, -1):
        assert alone[i].shape == (12, 10)
        assert torch.equal(named[i]["image"], alone[i]) and named[i]["label"] == i % 3
        assert torch.equal(listed[i][0], alone[i])
        assert torch.equal(alone.__getitems__([i, 1])[0], alone[i])
    assert torch.equal(alone[-1], alone[2])
    mixed = KeyedDataset([PICTURES[0], grey[1]], flat)
    assert [image.shape for image in mixed.__getitems__([0, 1])] == [mixed[0].shape, mixed[1].shape]


def test_a_keyed_data_set_refuses_what_cannot_be() -> None:
    with pytest.raises(InputError, match="2 ids for 19 samples"):
        KeyedDataset(Pairs(), AUGMENT, ids=[1, 2])
    with pytest.raises(InputError, match=r"Key\.epoch lies in 0 to"):
        KeyedDataset(Pairs(), AUGMENT).set_epoch(-1)


def test_adapters_pickle() -> None:
    data = KeyedDataset(Pairs(), AUGMENT, seed=3)
    data.set_epoch(4)
    copy = pickle.loads(pickle.dumps(data))
    assert copy.epoch == 4 and torch.equal(copy[1][0], data[1][0])
    assert pickle.loads(pickle.dumps(Transform(AUGMENT)))(PICTURES[0]).shape == (3, 8, 8)
    loader = pickle.loads(pickle.dumps(Loader(plain())))
    assert next(iter(loader))["image"].shape == (4, 3, 8, 8)


def test_without_torch_the_error_says_what_to_install() -> None:
    code = "import sys; sys.modules['torch'] = None; import variegate.adapters.torch"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 'ImportError: variegate.adapters.torch needs PyTorch: pip install "variegate[torch]"' in ran.stderr


def test_the_recipe_of_a_plain_data_set(tmp_path: Path) -> None:
    Image.fromarray(PICTURES[0]).save(tmp_path / "a.png")
    images = [Image.open(tmp_path / "a.png")] * 4
    batches = DataLoader(Pairs(images, Transform(AUGMENT)), batch_size=2, shuffle=True)
    assert [tuple(images.shape) for images, _ in batches] == [(2, 3, 8, 8)] * 2
