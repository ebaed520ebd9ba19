"""The torch Loader as a DataLoader: its epochs, its state, and batches on their way to a device."""

from __future__ import annotations

import json
import pickle
import threading
import warnings
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import SequentialSampler
from torchdata.stateful_dataloader import Stateful

import variegate as vg
from variegate.adapters.torch import Loader
from variegate.errors import InputError

AUGMENT = vg.Compose(
    [vg.Rotate((-30, 30)), vg.RandomResizedCrop(8), vg.HorizontalFlip(p=0.5), vg.Normalize(layout="CHW")]
)
PICTURES = np.random.default_rng(0).integers(0, 256, (19, 12, 10, 3), np.uint8)
LABELS = np.arange(19) % 3
Sample = tuple[int, int, bytes]  # id, variation, bytes
FORMS: list[dict[str, Any]] = [{}, {"device": "cpu"}]


def plain(**options: Any) -> vg.Loader:
    return vg.Loader(vg.Arrays(PICTURES, LABELS), AUGMENT, **{"batch_size": 4, "seed": 3, "workers": 2, **options})


def samples(batches: Any) -> list[Sample]:
    found = []
    for batch in batches:
        again = batch.get("variation", [0] * len(batch["id"]))
        for sample, time, image in zip(batch["id"], again, batch["image"], strict=True):
            found.append((int(sample), int(time), np.asarray(image).tobytes()))
    return found


def ours() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("variegate-")}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("options", [{}, {"weights": "balanced", "samples_per_epoch": 30}, {"repeats": 2}])
def test_resume_at_every_step_of_two_epochs(form: dict[str, Any], options: dict[str, Any]) -> None:
    expected = [samples(plain(**options).epoch(epoch)) for epoch in (0, 1)]
    length = len(plain(**options))
    for step in range(2 * length + 1):
        one = Loader(plain(**options), **form)
        passes = iter(one)
        seen: list[Sample] = []
        for _ in range(step):
            batch = next(passes, None)
            if batch is None:
                passes, seen = iter(one), []
                batch = next(passes)
            seen += samples([batch])
        state = json.loads(json.dumps(one.state_dict()))
        other = Loader(plain(**{**options, "batch_size": 6, "workers": 0}), **form)
        other.load_state_dict(state)
        if step % length == 0:
            seen = []
        if step < 2 * length:
            assert other.epoch == step // length
            assert seen + samples(other) == expected[step // length]
            if step < length:
                assert samples(other) == expected[1]
        else:
            assert other.epoch == 2


@pytest.mark.parametrize("form", FORMS)
def test_the_state_is_that_of_the_plain_loader_after_each_batch(form: dict[str, Any]) -> None:
    one, other = Loader(plain(), **form), plain()
    assert isinstance(one, Stateful)
    assert one.state_dict() == other.state()
    for _ in range(2):
        for _ in zip(one, other, strict=True):
            assert one.state_dict() == other.state()
        assert one.state_dict() == other.state()
    assert one.epoch == 2


@pytest.mark.parametrize("form", FORMS)
def test_the_state_outlives_a_break_and_a_copy(form: dict[str, Any]) -> None:
    one = Loader(plain(), **form)
    for _ in islice(one, 2):
        pass
    assert (one.state_dict()["epoch"], one.state_dict()["position"]) == (0, 8)
    assert pickle.loads(pickle.dumps(one)).state_dict() == one.state_dict()
    one.loader.resume({**one.state_dict(), "position": 4})  # behind the adapter's back
    assert one.state_dict()["position"] == 4
    one.load_state_dict({**one.state_dict(), "position": 16})
    assert len(samples(one)) == 3
    assert samples(one) == samples(plain().epoch(1))


@pytest.mark.parametrize("form", FORMS)
def test_an_iterator_that_is_never_used_takes_no_epoch(form: dict[str, Any]) -> None:
    loader = Loader(plain(), **form)
    iter(loader)
    started = iter(loader)
    loader.set_epoch(4)  # as Lightning does, between the making of an iterator and its first batch
    assert not ours()
    assert samples(started) == samples(plain().epoch(4))
    assert loader.epoch == 5


def test_set_epoch_keeps_a_state_of_that_epoch_and_no_other() -> None:
    state = {**Loader(plain()).state_dict(), "epoch": 2, "position": 12}
    loader = Loader(plain())
    for epoch, left in ((2, 7), (3, 19), (1, 19)):
        loader.load_state_dict(state)
        loader.set_epoch(epoch)
        got = samples(loader)
        assert got == samples(plain().epoch(epoch))[-left:]
    loader.set_epoch(9)
    assert (loader.state_dict()["epoch"], loader.state_dict()["position"]) == (9, 0)
    with pytest.raises(InputError, match="an epoch is 0 to"):
        loader.set_epoch(-1)


def test_a_state_of_another_run_is_refused() -> None:
    with pytest.raises(InputError, match="seed was 4 and is 3"):
        Loader(plain()).load_state_dict(plain(seed=4).state())


def test_it_goes_on_all_the_same_where_strict_is_false() -> None:
    loader = Loader(plain())
    loader.load_state_dict({**plain(seed=4).state(), "epoch": 1, "position": 12}, strict=False)
    assert samples(loader) == samples(plain().epoch(1))[12:]


@pytest.mark.parametrize("form", FORMS)
def test_a_stream_goes_over_epochs(form: dict[str, Any]) -> None:
    loader = Loader(plain(), **form)
    got = samples(islice(loader.stream(), 8))
    assert got == samples(plain().epoch(0)) + samples(plain().epoch(1))[:12]
    assert (loader.state_dict()["epoch"], loader.state_dict()["position"]) == (1, 12)


@pytest.mark.parametrize("form", FORMS)
def test_an_early_end_leaves_no_thread(form: dict[str, Any]) -> None:
    before = ours()
    loader = Loader(plain(), **form)
    for _ in range(3):
        for _ in loader:
            assert ours() - before
            break
        assert ours() == before
    with pytest.raises(KeyError):
        for batch in loader:
            batch["nothing"]
    assert ours() == before


def test_it_has_the_attributes_of_a_data_loader() -> None:
    loader = Loader(plain(drop_last=True))
    assert (len(loader), loader.batch_size, loader.drop_last, loader.num_workers) == (4, 4, True, 0)
    assert len(loader.dataset) == 19 and loader.dataset.labels is not None


def test_the_sampler_sets_epochs_and_says_whether_they_are_shuffled() -> None:
    loader = Loader(plain(rank=1, world_size=2, weights="balanced"))
    loader.sampler.set_epoch(3)
    positions = list(loader.sampler)
    assert loader.epoch == 3 and len(loader.sampler) == 9
    assert positions == np.concatenate([batch["index"] for batch in loader]).tolist()
    assert not isinstance(loader.sampler, SequentialSampler)
    assert list(loader.batch_sampler) == [batch["index"].tolist() for batch in loader]
    batches = iter(loader)
    next(batches)
    loader.load_state_dict(loader.state_dict())
    assert list(loader.sampler) == [index for batch in batches for index in batch["index"].tolist()]
    in_order = Loader(plain(shuffle=False))
    assert isinstance(in_order.sampler, SequentialSampler) and list(in_order.sampler) == list(range(19))


class Bad(vg.Arrays):
    """Pictures of which one cannot be read."""

    bad: int
    error: BaseException

    def read(self, i: int) -> Any:
        if i == self.bad:
            raise self.error
        return super().read(i)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("bad", [1, 5, 9])
@pytest.mark.parametrize("error", [ValueError("bad"), KeyboardInterrupt()])
def test_an_error_comes_when_what_was_before_it_is_handed_out(form: Any, error: BaseException, bad: int) -> None:
    source = Bad(PICTURES)
    source.bad, source.error = bad, error
    loader = Loader(vg.Loader(source, AUGMENT, batch_size=4, shuffle=False, workers=0), **form)
    seen = 0
    with pytest.raises(type(error)):
        for _ in loader:
            seen += 1
    # Who interrupts does not wait for what is under way.
    under_way = bool(form) and isinstance(error, KeyboardInterrupt)
    assert seen == max(0, bad // 4 - under_way)
    assert loader.state_dict()["position"] == 4 * seen


def rank(number: int, world_size: int, store: str, results: Any) -> None:
    """One of the processes of a distributed run."""
    torch.distributed.init_process_group("gloo", init_method=f"file://{store}", rank=number, world_size=2)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        got = samples(Loader(plain(workers=0, rank=number % world_size, world_size=world_size)))
    results.put((number, got, [str(warning.message) for warning in said]))
    torch.distributed.destroy_process_group()


@pytest.mark.parametrize("world_size", [1, 2])
def test_ranks_share_an_epoch_or_are_warned_that_they_do_not(world_size: int, tmp_path: Path) -> None:
    context = torch.multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    ranks = [context.Process(target=rank, args=(n, world_size, str(tmp_path / "store"), results)) for n in range(2)]
    for process in ranks:
        process.start()
    found = sorted(results.get() for _ in ranks)
    for process in ranks:
        process.join()
    whole = samples(plain())
    for number, got, said in found:
        assert got == whole[number % world_size :: world_size]
        assert ["torch.distributed has 2 ranks, and each gets every sample" in text for text in said] == [True] * (
            2 - world_size
        )


def test_every_tensor_goes_to_the_device_but_what_says_which_samples_they_are(labelled: Any) -> None:
    loader = Loader(labelled.loader("boxes", "masks", "polygons", "names"), device="meta")  # which has no memory
    for batch, want in zip(loader, labelled.loader("boxes", "masks", "polygons", "names"), strict=True):
        assert {batch["image"].device.type} == {each.device.type for each in batch["boxes"]} == {"meta"}
        assert {each.device.type for each in batch["masks"]} == {"meta"}
        assert all(ring.device.type == "meta" for one in batch["polygons"] for rings in one for ring in rings)
        assert batch["names"] == want["names"]
        assert batch["index"].tolist() == want["index"].tolist() and batch["id"].device.type == "cpu"


def test_batches_on_a_device_are_what_they_are_without_one() -> None:
    assert samples(Loader(plain(), device="cpu")) == samples(plain())
    empty = Loader(plain(rank=18, world_size=19, batch_size=1), device="cpu")
    assert len(samples(empty)) == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU, so memory is pinned")
def test_memory_is_pinned_only_where_there_is_a_gpu() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not next(iter(Loader(plain())))["image"].is_pinned()
    with pytest.warns(UserWarning, match="there is no GPU by CUDA"):
        next(iter(Loader(plain(), pin_memory=True)))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU by CUDA")
@pytest.mark.parametrize("pin", [None, False])
def test_batches_on_a_gpu_have_the_bytes_of_the_plain_loader(pin: bool | None) -> None:
    big = vg.Loader(vg.Arrays(np.tile(PICTURES, (20, 8, 8, 1))), batch_size=16, seed=3)
    for epoch in range(3):
        for batch, want in zip(Loader(big, device="cuda", pin_memory=pin), big.epoch(epoch), strict=True):
            assert batch["image"].is_cuda and not batch["id"].is_cuda
            noise = torch.empty_like(batch["image"]).fill_(7)  # what may take memory that was let go of too early
            assert (batch["image"].cpu().numpy() == want["image"]).all() and int(noise.min()) == 7
    assert next(iter(Loader(plain())))["image"].is_pinned()
