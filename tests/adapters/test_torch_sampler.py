"""The loader's order in torch's DataLoader: the very batches of the plain loader, from worker processes too."""

from __future__ import annotations

import json
import pickle
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchdata.stateful_dataloader import Stateful, StatefulDataLoader

import variegate as vg
from variegate.adapters.torch import KeyedDataset, KeyedIndex, Sampler
from variegate.errors import FieldError, InputError, SourceError

AUGMENT = vg.Compose(
    [vg.Rotate((-30, 30)), vg.RandomResizedCrop(8), vg.HorizontalFlip(p=0.5), vg.Normalize(layout="CHW")]
)
PICTURES = np.random.default_rng(0).integers(0, 256, (19, 12, 10, 3), np.uint8)
SOURCE = vg.Arrays(PICTURES, np.arange(19) % 3)
ORDERS: list[dict[str, Any]] = [
    {},
    {"shuffle": False},
    {"weights": "balanced", "samples_per_epoch": 26},
    {"repeats": 2},
    {"weights": np.arange(19.0), "repeats": 4, "rank": 1, "world_size": 2},
    {"rank": 2, "world_size": 3},
    {"rank": 2, "world_size": 3, "pad": True},
    {"rank": 0, "world_size": 2, "drop_last": True},
]


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


def plain(source: Any = SOURCE, **options: Any) -> vg.Loader:
    return vg.Loader(source, AUGMENT, **{"batch_size": 4, "seed": 3, "workers": 0, **options})


def pairs(batches: Any) -> list[list[tuple[int, bytes]]]:
    """The label and the pixels of each sample, batch by batch."""
    return [
        [(int(label), np.asarray(image).tobytes()) for image, label in zip(b["image"], b["label"], strict=True)]
        for b in batches
    ]


def keyed(sampler: Sampler, source: Any = SOURCE, kind: Any = DataLoader, **options: Any) -> Any:
    return kind(KeyedDataset(source, AUGMENT, seed=3), **{"batch_size": 4, "sampler": sampler, **options})


@pytest.mark.parametrize("order", ORDERS)
def test_the_order_and_the_bytes_are_the_loader_s(order: dict[str, Any]) -> None:
    sampler = Sampler(SOURCE, seed=3, **order)
    batches = keyed(sampler, drop_last=order.get("drop_last", False))
    for epoch in (0, 1):
        assert pairs(batches) == pairs(plain(**order).epoch(epoch))
    assert len(batches) == len(plain(**order))
    sampler.set_epoch(7)
    want = plain(**order).epoch(7)
    got = [(int(place), place.epoch, place.variation) for place in sampler]
    told = [
        (int(i), 7, int(v))
        for b in want
        for i, v in zip(b["index"], b.get("variation", np.zeros(len(b["index"]))), strict=True)
    ]
    assert got[: len(told)] == told and len(got) == len(sampler)


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_worker_processes_give_the_loader_s_batches(photos: vg.ImageFolder, context: str) -> None:
    options: dict[str, Any] = {"weights": "balanced", "samples_per_epoch": 14, "repeats": 2}
    sampler = Sampler(photos, seed=3, **options)
    batches = keyed(
        sampler, photos, num_workers=2, multiprocessing_context=context, persistent_workers=True, prefetch_factor=1
    )
    for epoch in (0, 1):
        assert pairs(batches) == pairs(plain(photos, **options).epoch(epoch))
    sampler.set_epoch(5)
    assert pairs(batches) == pairs(plain(photos, **options).epoch(5))


def test_labels_of_a_source_follow_as_in_the_loader(labelled: Any) -> None:
    names = ("boxes", "labels", "mask", "view", "stars")
    data = KeyedDataset(labelled.source(*names), vg.Compose(labelled.augment.ops), seed=3)
    for want, got in zip(labelled.want(0, *names), (data[i] for i in range(len(data))), strict=True):
        assert set(got) == {"image", *names}
        assert all(np.array_equal(np.asarray(got[name]), want[name]) for name in ("image", *names))


def test_an_index_is_one_for_any_data_set() -> None:
    data = torch.utils.data.TensorDataset(torch.arange(19))
    assert [int(x) for (x,) in DataLoader(data, sampler=Sampler(19, seed=3), batch_size=None)] == [
        int(i) for batch in plain() for i in batch["index"]
    ]
    place = pickle.loads(pickle.dumps(KeyedIndex(5, 2, 1)))
    assert (place, place.epoch, place.variation) == (5, 2, 1) and isinstance(place, KeyedIndex)


def test_an_index_without_an_epoch_has_the_one_that_was_set() -> None:
    data = KeyedDataset(SOURCE, AUGMENT, seed=3)
    data.set_epoch(4)
    (want,) = plain(shuffle=False, batch_size=19).epoch(4)
    assert data[3]["image"].numpy().tobytes() == want["image"][3].tobytes()
    assert data[KeyedIndex(3, 4)]["image"].equal(data[3]["image"])
    assert not data[KeyedIndex(3, 4, 1)]["image"].equal(data[3]["image"])


@pytest.mark.parametrize("order", ORDERS)
def test_resume_at_every_step(order: dict[str, Any]) -> None:
    want = list(Sampler(SOURCE, seed=3, **order))
    repeats = order.get("repeats", 1)
    for step in range(0, len(want) + 1, repeats):
        one = Sampler(SOURCE, seed=3, **order)
        assert isinstance(one, Stateful)
        seen = list(islice(one, step))
        other = Sampler(SOURCE, seed=3, **order)
        other.load_state_dict(json.loads(json.dumps(one.state_dict())))
        assert seen + list(other) == want
        assert [place.epoch for place in islice(other, 1)] == [1]


def test_a_state_of_the_plain_loader_and_of_other_ranks(photos: vg.ImageFolder) -> None:
    options: dict[str, Any] = {"weights": "balanced", "samples_per_epoch": 24}
    whole = plain(photos, **options)
    batches = iter(whole)
    seen = [int(i) for batch in islice(batches, 3) for i in batch["index"]]
    left = [0] * 12
    for rank in range(3):
        sampler = Sampler(photos, seed=3, rank=rank, world_size=3, **options)
        sampler.load_state_dict(whole.state())
        left[rank::3] = map(int, sampler)
    assert seen + left == [int(i) for batch in plain(photos, **options) for i in batch["index"]]


def test_a_state_of_another_run_is_refused_but_where_strict_is_false() -> None:
    sampler, state = Sampler(SOURCE, seed=3), {**Sampler(SOURCE, seed=4).state_dict(), "epoch": 2, "position": 12}
    with pytest.raises(vg.InputError, match=r"seed was 4 and is 3.* or pass strict=False"):
        sampler.load_state_dict(state)
    sampler.load_state_dict(state, strict=False)
    wanted = Sampler(SOURCE, seed=3)
    wanted.load_state_dict({**wanted.state_dict(), "epoch": 2, "position": 12})
    assert list(sampler) == list(wanted)


def test_set_epoch_keeps_a_state_of_that_epoch_and_no_other() -> None:
    for epoch, left in ((2, 7), (3, 19), (0, 19)):
        sampler = Sampler(SOURCE, seed=3)
        sampler.load_state_dict({**sampler.state_dict(), "epoch": 2, "position": 12})
        sampler.set_epoch(epoch)
        got = list(sampler)
        assert len(got) == left and {place.epoch for place in got} == {epoch}


@pytest.mark.parametrize("workers", [0, 2])
def test_torchdata_resumes_at_every_step(workers: int) -> None:
    options: dict[str, Any] = {"num_workers": workers}
    if workers:
        options |= {"multiprocessing_context": "fork", "prefetch_factor": 2}
    want = [pairs(plain().epoch(epoch)) for epoch in range(3)]
    for step in range(6):
        one = keyed(Sampler(SOURCE, seed=3), kind=StatefulDataLoader, **options)
        batches = iter(one)
        seen = pairs(islice(batches, step))
        if step == 5:
            assert next(batches, None) is None  # the end was seen
        state = one.state_dict()
        del batches
        other = keyed(Sampler(SOURCE, seed=3), kind=StatefulDataLoader, **options)
        other.load_state_dict(state)
        assert pairs(other) == (want[0][step:] if step < 5 else want[1])
        assert seen == want[0][:step]
        if step == 3:
            assert pairs(other) == want[1]


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(SourceError, match="make no batch"):
        Sampler([], seed=3)
    for loader in (
        vg.Loader(vg.Arrays(np.zeros((5, 4, 4, 3), np.uint8))),
        DataLoader(range(5)),
    ):  # whose length is that in batches
        with pytest.raises(FieldError, match="takes a source, a data set, or the number"):
            Sampler(loader)
    with pytest.raises(FieldError, match="takes a source, a data set, or the number"):
        Sampler(iter(PICTURES))
    with pytest.raises(FieldError, match="give weights too"):
        Sampler(19, samples_per_epoch=4)
    with pytest.raises(FieldError, match="one a sample"):
        Sampler(19, weights=[1, 2])
    with pytest.raises(FieldError, match="rank is 0 to world_size - 1"):
        Sampler(19, rank=2, world_size=2)
    with pytest.raises(InputError, match="lies in 0 to"):
        Sampler(19).set_epoch(-1)
    with pytest.raises(InputError, match="shuffle was True and is False"):
        Sampler(19, shuffle=False).load_state_dict(Sampler(19).state_dict())
    with pytest.raises(InputError, match="the source's samples was 19 and is 18"):
        Sampler(vg.Arrays(PICTURES[:18]), seed=3).load_state_dict(plain().state())
