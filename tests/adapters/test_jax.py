"""The JAX adapter, on JAX: the plain loader's bytes on one device, over four, and from two processes."""

from __future__ import annotations

import gc
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import variegate as vg
from variegate.adapters.jax import Loader, keyed
from variegate.errors import FieldError, InputError

AUGMENT = vg.Compose([vg.Rotate((-30, 30)), vg.RandomResizedCrop(8), vg.HorizontalFlip(p=0.5), vg.Normalize()])
PICTURES = np.random.default_rng(0).integers(0, 256, (19, 12, 10, 3), np.uint8)
LABELS = np.arange(19) % 3
BATCHES = 5


def plain(**options: Any) -> vg.Loader:
    return vg.Loader(vg.Arrays(PICTURES, LABELS), AUGMENT, **{"batch_size": 4, "seed": 3, "workers": 2, **options})


def content(batch: dict[str, Any]) -> list[tuple[Any, bytes]]:
    """What a batch holds, but for the width of its integers."""
    arrays = [np.asarray(batch[name]) for name in ("image", "label", "index", "id")]
    return [
        (array.shape, array.tobytes() if array.dtype.kind == "f" else array.astype(np.uint64).tobytes())
        for array in arrays
    ]


def contents(*epochs: int) -> list[list[tuple[Any, bytes]]]:
    return [content(batch) for epoch in epochs for batch in plain(workers=0).epoch(epoch)]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("variegate-")]


@pytest.mark.parametrize("ahead", [0, 1, 3, 9])
def test_a_pass_is_the_next_epoch_of_the_plain_loader(ahead: int) -> None:
    loader = Loader(plain(), ahead=ahead)
    assert (len(loader), loader.epoch) == (BATCHES, 0)
    assert [content(batch) for _ in range(2) for batch in loader] == contents(0, 1)
    loader.set_epoch(7)
    assert [content(batch) for batch in loader] == contents(7)
    assert loader.epoch == 8


def test_numbers_are_arrays_of_jax_and_ids_stay_whole() -> None:
    batch = next(iter(Loader(plain())))
    assert all(isinstance(batch[name], jax.Array) for name in ("image", "label", "index"))
    assert [str(batch[name].dtype) for name in ("image", "label", "index")] == ["float32", "int32", "int32"]
    assert isinstance(batch["id"], np.ndarray) and batch["id"].dtype == np.uint64
    with jax.enable_x64(True):
        wide = next(iter(Loader(plain())))
    assert isinstance(wide["id"], jax.Array) and str(wide["id"].dtype) == "uint64"
    assert str(wide["label"].dtype) == str(wide["index"].dtype) == "int64"
    assert content(wide) == content(batch) == contents(0)[0]


def test_what_is_no_number_stays_as_it_is(labelled: Any) -> None:
    options = {"labels": [f"n{i}" for i in range(19)]}
    for made, want in zip(Loader(labelled.loader(**options)), labelled.loader(**options).epoch(0), strict=True):
        assert made["label"] == want["label"] and made["names"] == want["names"]
        assert isinstance(made["mask"], jax.Array) and isinstance(made["image"], jax.Array)
        for name in ("mask", "depth", "view", "image"):
            assert np.array_equal(np.asarray(made[name]), want[name])
        assert all(np.array_equal(a, b) for a, b in zip(made["boxes"], want["boxes"], strict=True))


def test_padded_fields_are_arrays_too(labelled: Any) -> None:
    def loader() -> vg.Loader:
        return labelled.loader("boxes", "labels", collate=vg.Padded(most=4))

    for made, want in zip(Loader(loader()), loader().epoch(0), strict=True):
        for name in ("boxes", "labels", "instances"):
            assert isinstance(made[name], jax.Array) and np.array_equal(np.asarray(made[name]), want[name])


def test_an_integer_that_jax_would_cut_is_refused() -> None:
    source = vg.Arrays(PICTURES, LABELS + 2**31)
    with pytest.raises(InputError, match=r"label holds 2147483648 to .* cut it to int32; call jax\.config\.update"):
        next(iter(Loader(vg.Loader(source, workers=0))))
    with jax.enable_x64(True):
        batch = next(iter(Loader(vg.Loader(source, workers=0, shuffle=False))))
    assert np.asarray(batch["label"]).tolist() == (LABELS + 2**31).tolist()


def test_batches_that_are_kept_keep_their_bytes() -> None:
    """On CPU their arrays lie in the loader's own memory, which must not be used again while JAX has it."""
    epochs, loader, donated = range(8), Loader(plain(prefetch=1)), jax.jit(more, donate_argnums=0)
    kept: dict[int, Any] = {}
    for number, batch in enumerate(itertools.chain.from_iterable(loader for _ in epochs)):
        image = batch["image"]
        # Whole; as a view of NumPy's; as one shard; as the result of a donation; or not at all.
        views = image, np.asarray(image), image.addressable_shards[0].data, donated
        if number % 5 < 3:
            kept[number] = views[number % 5]
        elif number % 5 == 3:
            kept[number] = views[3](image)
        del batch, image, views
        if number % 3 == 0:
            gc.collect()
    want = [batch["image"] for epoch in epochs for batch in plain(workers=0).epoch(epoch)]
    assert len(kept) == 32
    for number, made in kept.items():
        plus = number % 5 == 3
        assert np.array_equal(np.asarray(made), want[number] + np.float32(1) if plus else want[number])


def more(image: Any) -> Any:
    return image + 1


def test_on_cpu_nothing_is_copied_and_memory_comes_back() -> None:
    if jax.default_backend() != "cpu":
        pytest.skip("elsewhere there is a copy on the device")
    loader = plain(prefetch=1, drop_last=True)
    made = Loader(loader)
    batch = next(iter(made))
    place = np.asarray(batch["image"]).__array_interface__["data"][0]
    assert batch["image"].unsafe_buffer_pointer() == place and place % 64 == 0
    jax.device_put(0)
    gc.collect()
    assert loader.stats()["lent"] == 1  # the batch alone: its memory is the loader's
    del batch
    for _ in range(6):
        for batch in made:
            jax.block_until_ready(batch)
            del batch
    gc.collect()
    assert loader.stats()["lent"] == 0 and loader.stats()["made"] <= 5


@pytest.mark.parametrize("ahead", [0, 1, 2])
def test_transfers_are_begun_ahead_of_the_batch_in_use(ahead: int) -> None:
    source = vg.Arrays(PICTURES)
    seen, read = [], source.read
    source.read_into = lambda i, room: (seen.append(i), read(i))[1]  # type: ignore[method-assign]
    batches = iter(Loader(vg.Loader(source, batch_size=2, workers=0), ahead=ahead))
    for number in range(3):
        next(batches)
        assert len(seen) == 2 * (number + 1 + ahead)


@pytest.mark.parametrize("ahead", [0, 1, 3])
def test_a_state_counts_what_was_handed_out_and_resumes_at_every_step(ahead: int) -> None:
    whole, states = contents(0, 1), []
    loader = Loader(plain(), ahead=ahead)
    states.append(loader.state())
    for _ in range(2):
        for _batch in loader:
            states.append(loader.state())
    places = [(state["epoch"], state["position"]) for state in states]
    assert places == [(number // BATCHES, number % BATCHES * 4) for number in range(11)]
    for number, state in enumerate(json.loads(json.dumps(states[:-1]))):
        resumed = Loader(plain(workers=1), ahead=1)
        resumed.resume(state)
        assert resumed.state() == state and resumed.epoch == number // BATCHES
        resumed.set_epoch(number // BATCHES)  # as a loop over epochs does
        rest = [content(batch) for batch in resumed]
        rest += [content(batch) for batch in resumed] if number < BATCHES else []
        assert rest == whole[number:]


def test_a_state_of_another_run_is_refused_but_where_strict_is_false() -> None:
    loader, state = Loader(plain()), {**plain(seed=9).state(), "epoch": 1, "position": 8}
    with pytest.raises(vg.InputError, match=r"seed was 9 and is .* or pass strict=False"):
        loader.resume(state)
    loader.resume(state, strict=False)
    assert [content(batch) for batch in loader] == contents(1)[2:]


def test_another_epoch_after_resume_begins_at_its_start() -> None:
    loader = Loader(plain())
    next(iter(loader))
    state = loader.state()
    resumed = Loader(plain())
    resumed.resume(state)
    resumed.set_epoch(4)
    assert resumed.state()["epoch"] == 4 and resumed.state()["position"] == 0
    assert [content(batch) for batch in resumed] == contents(4)
    with pytest.raises(InputError, match="seed was 3 and is 4"):
        Loader(plain(seed=4)).resume(state)
    with pytest.raises(InputError, match=r"Key\.epoch lies in 0 to"):
        resumed.set_epoch(-1)


def test_an_iterator_that_is_left_takes_along_what_it_handed_out_and_no_more() -> None:
    loader = Loader(plain(), ahead=2)
    iter(loader)
    batches = iter(loader)
    next(batches)
    del batches
    assert (loader.state()["epoch"], loader.state()["position"]) == (0, 4)
    iter(loader)
    loader.resume(loader.state())
    assert [content(batch) for batch in loader] == contents(0)[1:]


def test_a_stream_goes_on_over_epochs_and_resumes() -> None:
    loader = Loader(plain())
    stream = loader.stream()
    assert [content(next(stream)) for _ in range(7)] == contents(0, 1)[:7]
    state = loader.state()
    del stream
    resumed = Loader(plain())
    resumed.resume(state)
    rest = resumed.stream()
    assert [content(next(rest)) for _ in range(8)] == contents(1, 2)[2:]
    rest.close()  # type: ignore[attr-defined]


def test_threads_end_with_a_pass_that_is_left() -> None:
    loader = Loader(plain())
    for _ in range(20):
        for _batch in loader:
            break
    with pytest.raises(ZeroDivisionError):
        for _batch in loader:
            raise ZeroDivisionError


def test_arguments_that_cannot_be_are_refused() -> None:
    with pytest.raises(FieldError, match=r"Loader\.sharding is a jax\.sharding\.Sharding.* got 'cpu'"):
        Loader(plain(), sharding="cpu")  # type: ignore[arg-type]
    for ahead in (-1, True, 1.5):
        with pytest.raises(FieldError, match=r"Loader\.ahead is an integer of 0 or more"):
            Loader(plain(), ahead=ahead)  # type: ignore[arg-type]


def test_a_device_may_be_named() -> None:
    device = jax.devices()[-1]
    batch = next(iter(Loader(plain(), device)))
    assert batch["image"].devices() == batch["label"].devices() == {device}


def test_a_keyed_pipeline_gives_the_bytes_of_the_loader() -> None:
    augmented = keyed(AUGMENT, seed=3)
    for batch in plain(weights="balanced").epoch(5):
        given = PICTURES[batch["index"]]
        made = augmented(given, 5, batch["id"], batch["variation"])
        assert isinstance(made, np.ndarray) and made.tobytes() == batch["image"].tobytes()
        on_device = augmented(jax.device_put(given), np.int64(5), batch["id"], batch["variation"])
        assert on_device.tobytes() == batch["image"].tobytes()
        for n, id in enumerate(batch["id"]):
            one = augmented(given[n], 5, id, int(batch["variation"][n]))
            assert one.tobytes() == batch["image"][n].tobytes()
        assert augmented(list(given), 5, batch["id"].tolist(), batch["variation"]).tobytes() == made.tobytes()


def test_a_keyed_pipeline_takes_fields_along(labelled: Any) -> None:
    augmented = keyed(labelled.augment, seed=3)
    want = labelled.want(2, "boxes", "labels", "mask")
    for i, sample in enumerate(want):
        given = {"image": labelled.images[i], **labelled.fields(i, "boxes", "labels", "mask")}
        made = augmented(given, 2, i)
        assert all(np.array_equal(made[name], sample[name]) for name in given)


def test_a_keyed_pipeline_refuses_to_run_within_jit() -> None:
    augmented = keyed(AUGMENT)
    with pytest.raises(InputError, match=r"runs on the host.*call it before jax\.jit"):
        jax.jit(lambda images: augmented(images, 0, np.arange(19)))(PICTURES)
    with pytest.raises(InputError, match=r"2 keys for 3 pictures"):
        augmented(PICTURES[:3], 0, [1, 2])
    with pytest.raises(InputError, match=r'under "image", got \[\'mask\'\]'):
        augmented({"mask": PICTURES[0]}, 0, 1)


HEAD = """
import sys
sys.path.insert(0, sys.argv[1])
import gc
import jax
import numpy as np
import test_jax as t
import variegate as vg
from jax.sharding import NamedSharding, PartitionSpec as P
from variegate.adapters.jax import Loader
def refused(make):
    try:
        make()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
"""

FOUR = """
assert jax.device_count() == 4
mesh = jax.make_mesh((2, 2), ("data", "model"))
over = NamedSharding(jax.make_mesh((4,), ("data",)), P("data"))
kept, want = [], [t.content(batch) for epoch in range(6) for batch in t.plain(workers=0, drop_last=True).epoch(epoch)]
for sharding in (over, NamedSharding(mesh, P("data")), NamedSharding(mesh, P("data", None, "model", None))):
    loader = Loader(t.plain(drop_last=True, prefetch=1), sharding)
    for epoch in range(6):
        for batch in loader:
            assert batch["image"].sharding.is_equivalent_to(sharding, 4)
            assert batch["label"].sharding.shard_shape((4,)) == ((1,) if sharding is over else (2,))
            kept.append(batch if len(kept) % 3 else {**batch, "image": np.asarray(batch["image"])})
            part = batch["image"].addressable_shards[1]
            assert np.array_equal(np.asarray(part.data), np.asarray(batch["image"])[part.index])
            del part, batch
        gc.collect()
print([t.content(batch) for batch in kept] == want * 3)
state = loader.state()
print(state["epoch"], state["position"])
print(refused(lambda: Loader(t.plain(batch_size=6, drop_last=True), over)))
print(refused(lambda: Loader(t.plain(), over)))
print([batch["image"].shape[0] for batch in Loader(t.plain(), NamedSharding(mesh, P()))])
loader = Loader(vg.Loader(vg.Arrays(t.PICTURES[:16]), batch_size=4), over)
loader.resume({**loader.state(), "position": 2})
print(refused(lambda: list(loader)))
"""


def run(code: str, *args: str, devices: int = 1) -> subprocess.Popen[str]:
    flags = {"XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", HEAD + code, str(Path(__file__).parent), *args]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env={**os.environ, **flags})


def test_samples_are_laid_over_four_devices() -> None:
    out, errors = run(FOUR, devices=4).communicate(timeout=120)
    lines = out.splitlines()
    assert lines[:2] == ["True", "6 0"], errors
    assert lines[2].startswith("FieldError: batches of 6 samples cannot be laid over NamedSharding(")
    assert lines[3].startswith("FieldError: the last batch of an epoch has 3 samples here, and cannot be laid over")
    assert lines[3].endswith("give vg.Loader drop_last=True")
    assert lines[4] == "[4, 4, 4, 4, 3]"
    assert lines[5].startswith("InputError: a batch of 2 samples cannot be laid over") and "drop_last=True" in lines[5]


TWO = """
number, port = int(sys.argv[2]), sys.argv[3]
jax.distributed.initialize(f"localhost:{port}", 2, number)
mesh = jax.make_mesh((4,), ("data",))
over = NamedSharding(mesh, P("data"))
part = {"rank": jax.process_index(), "world_size": jax.process_count(), "drop_last": True}
loader = Loader(t.plain(**part), over)
same = []
for epoch in range(2):
    for batch, own in zip(loader, t.plain(**part).epoch(epoch), strict=True):
        assert batch["image"].shape == (8, 8, 8, 3)
        for name in ("image", "label", "index"):
            for shard in batch[name].addressable_shards:
                first, last = shard.index[0].start - 4 * number, shard.index[0].stop - 4 * number
                same.append(np.array_equal(np.asarray(shard.data), own[name][first:last]))
        total = jax.jit(lambda index: index.sum(), out_shardings=NamedSharding(mesh, P()))(batch["index"])
print(all(same), len(same), int(total))
print(loader.state()["epoch"], loader.state()["position"])
print(refused(lambda: Loader(t.plain(), over)))
print(refused(lambda: Loader(t.plain(world_size=2), over)))
print(refused(lambda: Loader(t.plain(**part), NamedSharding(mesh, P()))))
"""


def test_two_processes_make_one_array() -> None:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = str(free.getsockname()[1])
    ran = [run(TWO, str(number), port, devices=2) for number in range(2)]
    told = [one.communicate(timeout=120) for one in ran]
    plain_index = [
        [batch["index"] for batch in plain(rank=r, world_size=2, drop_last=True).epoch(1)][-1] for r in range(2)
    ]
    for out, errors in told:
        lines = [line for line in out.splitlines() if not line.startswith("[Gloo]")]
        assert lines[:2] == [f"True 24 {np.concatenate(plain_index).sum()}", "2 0"], errors
        assert "the sharding puts 2 of a batch's 4 samples on this process, and its loader makes 4" in lines[2]
        assert "drop_last=True, or pad=True" in lines[3]
        assert "the sharding puts 8 of a batch's 8 samples on this process, and its loader makes 4" in lines[4]


def test_without_jax_the_error_says_what_to_install() -> None:
    code = "import sys; sys.modules['jax'] = None; import variegate.adapters.jax"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 'ImportError: variegate.adapters.jax needs JAX: pip install "variegate[jax]"' in ran.stderr
