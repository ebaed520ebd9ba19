"""The child gives the plain loader's bytes; what is kept stays; however an epoch ends, nothing of it stays."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any
from weakref import ref

import numpy as np
import psutil
import pytest

from variegate.errors import DecodeError, FieldError, VariegateError
from variegate.loader import Arrays, ImageFolder, ImageMaskFolder, Loader
from variegate.ops.brightness import Brightness
from variegate.ops.flip import HorizontalFlip
from variegate.ops.function import Opaque
from variegate.ops.resized_crop import RandomResizedCrop
from variegate.ops.rotate import Rotate
from variegate.pipeline import Compose

from .conftest import descriptors, resident, segments, until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")

PIPELINE = Compose([Rotate((-30, 30)), RandomResizedCrop(48), HorizontalFlip(p=0.5), Brightness((0.8, 1.2))])


def same(a: Any, b: Any) -> None:
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for name in a:
            same(a[name], b[name])
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            same(one, other)
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b)
    else:
        assert a == b


def pair(source: Any, augment: Any = PIPELINE, **options: Any) -> tuple[Loader, Loader]:
    options = {"batch_size": 16, "seed": 5, **options}
    return Loader(source, augment, **options), Loader(source, augment, isolate=True, **options)


@pytest.fixture(scope="module")
def loader(images: np.ndarray) -> Iterator[Loader]:
    """One child for the tests that need no special one."""
    made = Loader(Arrays(images, labels=range(64)), PIPELINE, batch_size=16, seed=5, workers=2, isolate=True)
    yield made
    made.close()


def child(loader: Loader) -> psutil.Process:
    assert loader._child is not None and loader._child._process is not None
    return psutil.Process(loader._child._process.pid)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_files_give_the_bytes_of_the_plain_loader(folder: Path, workers: int) -> None:
    plain, isolated = pair(ImageFolder(folder), workers=workers)
    for epoch in range(2):
        for a, b in zip(plain, isolated, strict=True):
            same(a, b)
        assert plain.next_epoch == isolated.next_epoch == epoch + 1
    isolated.close()


def test_epochs_from_a_position_and_without_end(images: np.ndarray, loader: Loader) -> None:
    plain = Loader(Arrays(images, labels=range(64)), PIPELINE, batch_size=16, seed=5, workers=2)
    for a, b in zip(plain.epoch(3, position=16), loader.epoch(3, position=16), strict=True):
        same(a, b)
    for a, b in zip(islice(plain.stream(), 9), islice(loader.stream(), 9), strict=True):
        same(a, b)


def test_epochs_at_once(images: np.ndarray, loader: Loader) -> None:
    plain = Loader(Arrays(images, labels=range(64)), PIPELINE, batch_size=16, seed=5)
    for a, b, want in zip(loader.epoch(1), loader.epoch(1), plain.epoch(1), strict=True):
        same(a, want)
        same(b, want)
        assert not np.shares_memory(a["image"], b["image"])


def test_consumers_in_several_threads(images: np.ndarray) -> None:
    plain, isolated = pair(Arrays(images, labels=range(64)), workers=1)
    found: dict[int, list[Any]] = {}
    threads = [Thread(target=lambda k=k: found.update({k: list(isolated.epoch(k))})) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for epoch, batches in found.items():
        same(list(plain.epoch(epoch)), batches)
    assert len(found) == 3
    isolated.close()


def test_masks_lists_and_fields(tmp_path: Path, folder: Path, picture: Any) -> None:
    from PIL import Image

    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    for i in range(20):
        Image.fromarray(picture(90, 90, seed=i)).save(tmp_path / "images" / f"{i}.png")
        Image.fromarray(picture(90, 90, 1, seed=i)[..., 0]).save(tmp_path / "masks" / f"{i}.png")
    source = ImageMaskFolder(tmp_path / "images", tmp_path / "masks")
    plain, isolated = pair(source, Compose([Rotate((-30, 30))]), workers=2)
    kept = list(zip(plain.epoch(0), isolated.epoch(0), strict=True))
    assert kept[0][1]["mask"].nbytes >= 1 << 16
    for a, b in kept:
        same(a, b)
    isolated.close()


def test_pictures_of_many_shapes(picture: Any) -> None:
    source = Arrays([picture(150 + i, 160, seed=i) for i in range(24)], labels=list("abcdefghijklmnopqrstuvwx"))
    plain, isolated = pair(source, None, batch_size=6, workers=2)
    kept = list(zip(plain.epoch(0), isolated.epoch(0), strict=True))
    assert all(isinstance(b["image"], list) for _, b in kept)
    for a, b in kept:
        same(a, b)
        b["image"][0][...] = 1  # one's own to write to
    one = kept[0][1]["image"][2]
    copied = one.copy()
    del kept, a, b
    for batch in isolated.epoch(1):
        assert not any(np.shares_memory(one, each) for each in batch["image"])
    assert np.array_equal(one, copied)  # and one of them keeps what it lies in
    isolated.close()


def test_a_batch_that_is_kept_is_never_overwritten(loader: Loader) -> None:
    before = loader.stats()["lent"] if loader.stats() else 0
    kept = [batch for epoch in range(10) for batch in loader.epoch(epoch)]
    copies = [batch["image"].copy() for batch in kept]
    held = [
        kept[0]["image"][3:5, 1],
        memoryview(kept[1]["image"]),
        pytest.importorskip("torch").from_numpy(kept[2]["image"])[1:],
    ]
    addresses = {batch["image"].__array_interface__["data"][0] for batch in kept}
    assert len(addresses) == len(kept) and all(address % 64 == 0 for address in addresses)
    for _ in loader.epoch(11):
        pass
    del _
    assert all(np.array_equal(batch["image"], copy) for batch, copy in zip(kept, copies, strict=True))
    assert loader.stats()["lent"] - before == 40 and loader.stats()["lent_bytes"] >= 40 * kept[0]["image"].nbytes
    del kept
    assert loader.stats()["lent"] - before == 3
    for _ in loader.epoch(12):
        pass
    assert np.array_equal(held[0], copies[0][3:5, 1]) and np.array_equal(held[1], copies[1])
    assert np.array_equal(held[2], copies[2][1:])
    del held, _
    assert loader.stats()["lent"] == before


def test_memory_comes_back_though_nothing_is_asked(loader: Loader) -> None:
    kept = [batch for epoch in range(10) for batch in loader.epoch(epoch)]
    size, pid = kept[0]["image"].nbytes, child(loader).pid
    assert sum(float(batch["image"].sum()) for batch in kept) and min(resident(), resident(pid)) >= 40 * size
    del kept
    idle = 8 * (size + 4096)
    assert until(lambda: segments(pid) <= 8 and resident() <= idle and resident(pid) <= idle)


def test_memory_is_used_again(loader: Loader) -> None:
    for epoch in range(3):
        for _ in loader.epoch(epoch):
            pass
    del _
    made, mapped = loader.stats()["made"], segments()
    for epoch in range(10):
        for _ in loader.epoch(epoch):
            pass
    assert loader.stats()["made"] - made <= 1 and segments() <= mapped + 1
    assert not [name for name in descriptors().values() if "memfd" in name]
    assert not [name for name in descriptors(child(loader).pid).values() if "memfd" in name]


def test_an_epoch_holds_no_batch_of_the_consumers(images: np.ndarray) -> None:
    loader = Loader(Arrays(images), PIPELINE, batch_size=16, workers=1, prefetch=0, isolate=True)
    batches = loader.epoch(0)
    for _ in range(3):
        batch = next(batches)
        assert loader.stats()["lent"] == 1 and loader.stats()["made"] <= 2
        del batch
        assert loader.stats()["lent"] == 0
    loader.close()


@pytest.mark.parametrize("prefetch", [0, 1, 3])
def test_the_child_runs_no_further_ahead_than_prefetch(
    sources: ModuleType, images: np.ndarray, tmp_path: Path, prefetch: int
) -> None:
    source = sources.Noting(images, tmp_path)
    loader = Loader(source, batch_size=4, shuffle=False, workers=2, prefetch=prefetch, isolate=True)
    batches = loader.epoch(0)
    for number in range(16):
        next(batches)
        ahead = 4 * min(16, number + 1 + prefetch)
        assert until(lambda ahead=ahead: len(list(tmp_path.iterdir())) >= ahead)  # type: ignore[misc]
        loader.stats()  # one more turn of the child's
        assert len(list(tmp_path.iterdir())) == ahead
    loader.close()


def held(pid: int | str = "self") -> int:
    """Descriptors, without those of idle slots, of which there may be a few."""
    files = list(descriptors(pid).values())
    idle = [name for name in files if "memfd" in name]
    assert len(idle) <= 4
    return len(files) - len(idle)


def test_two_hundred_early_ends(images: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("OPENBLAS", "OMP", "MKL"):
        monkeypatch.setenv(f"{library}_NUM_THREADS", "1")  # NumPy has threads of its own
    loader = Loader(Arrays(images), PIPELINE, batch_size=16, workers=2, isolate=True)
    for _ in loader.epoch(0):
        pass
    del _
    process = child(loader)
    assert until(lambda: process.num_threads() == 1)
    before = held(), held(process.pid), psutil.Process().num_threads()
    for turn in range(200):
        if turn % 4 == 0:  # an exception in the consumer
            with pytest.raises(ZeroDivisionError):
                for _batch in loader.epoch(turn):
                    raise ZeroDivisionError
        elif turn % 4 == 1:  # a circle of references
            holder: dict[str, Any] = {"batches": loader.epoch(turn)}
            holder["self"] = holder
            next(holder["batches"])
            del holder
        else:
            for _number, _batch in zip(range(turn % 3), loader.epoch(turn)):  # noqa: B905
                pass
    del _batch
    gc.collect()
    assert until(lambda: process.num_threads() == 1)
    assert (held(), held(process.pid), psutil.Process().num_threads()) == before
    assert loader.stats()["lent"] == 0 and loader.stats()["made"] < 200
    loader.close()


def test_an_iterator_that_is_never_begun_starts_nothing(images: np.ndarray) -> None:
    before = psutil.Process().children()
    batches = Loader(Arrays(images), isolate=True).epoch(0)
    assert psutil.Process().children() == before
    del batches


def test_the_child_ends_with_loader_and_iterators(images: np.ndarray) -> None:
    before = descriptors(), segments()
    loader = Loader(Arrays(images), batch_size=16, isolate=True)
    batches = loader.epoch(0)
    batch = next(batches)
    process, gone = child(loader), ref(loader)
    del loader
    gc.collect()
    assert gone() is None and process.is_running() and next(batches)["image"].shape == batch["image"].shape
    del batches
    gc.collect()
    assert not process.is_running()
    values = batch["image"].copy()
    assert np.array_equal(batch["image"], values)  # a batch outlives it alone
    del batch
    assert (descriptors(), segments()) == before


def test_no_memory_has_a_name(loader: Loader) -> None:
    """So nothing can be left in /dev/shm, whoever is killed, and no container's bound on it holds."""
    kept = next(loader.epoch(0))
    pid = child(loader).pid
    assert segments() and segments(pid)
    assert not [line for line in Path(f"/proc/{pid}/maps").read_text().splitlines() if "/dev/shm/" in line]
    assert not [name for name in descriptors(pid).values() if "/dev/shm/" in name]
    del kept


def test_closing_ends_epochs_under_way(images: np.ndarray) -> None:
    loader = Loader(Arrays(images), batch_size=16, isolate=True)
    batches = loader.epoch(0)
    next(batches)
    process = child(loader)
    assert until(lambda: loader.stats()["batches"] == 2) and loader.stats()  # the next is on its way, or here
    loader.close()
    assert not process.is_running()
    with pytest.raises(VariegateError, match="the loader was closed, and with it the epochs under way; begin another"):
        next(batches)
    assert len(list(loader.epoch(0))) == 4  # by another
    loader.close()


@pytest.mark.parametrize("workers", [0, 2])
def test_a_bad_file_is_named(folder: Path, tmp_path: Path, workers: int) -> None:
    for i, path in enumerate(sorted(folder.rglob("*.jpg"))[:6]):
        (tmp_path / f"{i}.jpg").write_bytes(path.read_bytes() if i != 4 else b"\xff\xd8\xff nothing more")
    loader = Loader(ImageFolder(tmp_path), PIPELINE, 2, shuffle=False, workers=workers, isolate=True)
    batches = loader.epoch(0)
    assert [next(batches)["index"].tolist() for _ in range(2)] == [[0, 1], [2, 3]]
    with pytest.raises(DecodeError, match=r"4\.jpg") as caught:
        next(batches)
    assert caught.value.path == str(tmp_path / "4.jpg") and caught.value.reason
    assert "Traceback" in caught.value.__notes__[-1] and "image.py" in caught.value.__notes__[-1]
    assert list(batches) == []
    loader.close()


WANTED = {
    "decode": (DecodeError, "a/13.jpg: cannot be decoded: no such thing. Repair or remove the file."),
    "own": (None, "('of mine', 7)"),
    "odd": (VariegateError, "Odd: strange"),
    "connection": (ConnectionResetError, "the store is away"),
    "eof": (EOFError, "of the source"),
    "system exit": (SystemExit, "5"),
}


@pytest.mark.parametrize("how", WANTED)
def test_what_the_child_raises_is_raised_here(sources: ModuleType, images: np.ndarray, how: str) -> None:
    kind, said = WANTED[how]
    loader = Loader(sources.Failing(images, how), batch_size=4, shuffle=False, isolate=True, workers=1)
    count = 0
    with pytest.raises(kind or sources.Own) as caught:
        for _ in loader.epoch(0):
            count += 1
    assert count == 3 and str(caught.value) == said
    if how != "decode":
        assert caught.value.__notes__[0] == "variegate: this was in making sample 13, images[13]"
    if how == "own":
        assert "KeyError: 'cause'" in caught.value.__notes__[-1]
    assert len(list(islice(loader.epoch(0), 3))) == 3  # the child lives
    loader.close()


def test_a_child_that_dies_is_an_error_and_not_a_hang(sources: ModuleType, images: np.ndarray) -> None:
    loader = Loader(sources.Slow(images), batch_size=4, isolate=True, workers=2)
    batches, others = loader.epoch(0), loader.epoch(1)
    kept = next(batches), next(others)
    copies = [batch["image"].copy() for batch in kept]
    process = child(loader)
    process.kill()
    for each in (batches, others):
        with pytest.raises(
            VariegateError, match=rf"pid {process.pid}\) was killed by SIGKILL.*memory may have run out"
        ):
            list(each)
    assert all(np.array_equal(batch["image"], copy) for batch, copy in zip(kept, copies, strict=True))
    assert len(list(loader.epoch(0))) == 16 and child(loader).pid != process.pid
    process = child(loader)
    process.kill()
    assert until(lambda: process.status() == psutil.STATUS_ZOMBIE and len(os.listdir(f"/proc/{process.pid}/task")) == 1)
    assert len(list(loader.epoch(0))) == 16  # between two epochs nothing is lost
    loader.close()


def test_the_child_says_how_it_ended(sources: ModuleType, images: np.ndarray) -> None:
    loader = Loader(sources.Failing(images, "exit"), batch_size=4, shuffle=False, isolate=True, workers=1, prefetch=0)
    with pytest.raises(VariegateError, match=r"ended with exit code 3\..*The next epoch starts another"):
        list(loader.epoch(0))
    loader.close()


def test_a_stopped_child_is_waited_for(loader: Loader) -> None:
    batches = loader.epoch(0)
    next(batches)
    process = child(loader)
    process.send_signal(signal.SIGSTOP)
    signal.signal(signal.SIGALRM, lambda *_: process.send_signal(signal.SIGCONT))
    signal.setitimer(signal.ITIMER_REAL, 1.3)  # longer than the pulse of the channel
    assert len(list(batches)) == 3


def test_what_cannot_be_pickled_is_named(images: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    augment = Compose([Rotate(10), Opaque(lambda image: image)])
    with pytest.raises(FieldError) as caught:
        next(Loader(Arrays(images), augment, isolate=True).epoch(0))
    assert "Loader.augment" in str(caught.value) and "at the top of a module" in str(caught.value)


def test_a_lambda_and_a_class_inside_of_a_function(images: np.ndarray) -> None:
    class Local(Arrays):
        def read(self, i: int) -> np.ndarray:
            return super().read(i) // 2

    loader = Loader(Local(images), Compose([Opaque(lambda image: image[::-1])]), 16, isolate=True)
    for batch in loader.epoch(0):
        assert np.array_equal(batch["image"], images[batch["index"], ::-1] // 2)
    loader.close()


def test_a_source_that_the_child_cannot_import(images: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    class Local(Arrays):
        pass

    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(FieldError, match=r"Loader\.source cannot be pickled.*Local.*at the top of a module"):
        next(Loader(Local(images), isolate=True).epoch(0))
    before = psutil.Process().children()
    Local.__qualname__, Local.__module__ = "Absent", "absent"
    sys.modules["absent"] = type(sys)("absent")
    sys.modules["absent"].Absent = Local  # type: ignore[attr-defined]
    with pytest.raises(FieldError, match=r"cannot load it: No module named 'absent'.*in a module that can be imported"):
        next(Loader(Local(images), isolate=True).epoch(0))
    del sys.modules["absent"]
    assert psutil.Process().children() == before


def test_the_child_imports_what_it_needs_alone(sources: ModuleType, images: np.ndarray) -> None:
    pytest.importorskip("torch")
    assert "torch" in sys.modules
    loader = Loader(sources.Telling(images), batch_size=64, isolate=True)
    assert not next(loader.epoch(0))["image"].any()
    loader.close()
