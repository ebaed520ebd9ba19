"""Threads end with their epoch, however it ends; back-pressure holds; what a worker raises reaches the consumer."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from variegate.errors import ResourceError
from variegate.key import Keys
from variegate.loader import Arrays, Loader, Source
from variegate.loader.identity import Identity

IMAGES = np.random.default_rng(0).integers(0, 256, (64, 6, 6, 3), dtype=np.uint8)


class Watched(Arrays):
    """Arrays that note what is read, may wait, and may fail."""

    def __init__(self, delay: float = 0, fails_at: int | None = None, error: BaseException | None = None) -> None:
        super().__init__(IMAGES)
        self.seen: list[int] = []
        self.delay, self.fails_at, self.error = delay, fails_at, error

    def read(self, i: int) -> np.ndarray:
        self.seen.append(i)
        time.sleep(self.delay)
        if i == self.fails_at and self.error is not None:
            raise self.error
        return super().read(i)


def ours() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("variegate-")]


def until(true: Callable[[], bool]) -> None:
    """Wait for something that other threads bring about, or give up after ten seconds."""
    end = time.perf_counter() + 10
    while not true() and time.perf_counter() < end:
        time.sleep(0.001)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    gc.collect()
    assert not ours()


def epoch(source: Source, **options: Any) -> Iterator[dict[str, Any]]:
    return Loader(source, batch_size=4, shuffle=False, **{"workers": 2, **options}).epoch(0)


def test_two_hundred_early_breaks() -> None:
    loader = Loader(Watched(), batch_size=4, workers=3)
    for turn in range(200):
        for number, _ in enumerate(loader):
            if number == turn % 5:
                break
        assert not ours()
    assert loader.next_epoch == 200


def test_an_iterator_that_is_never_begun_has_no_threads() -> None:
    batches = epoch(Watched())
    assert not ours()
    del batches


def test_threads_are_there_while_the_epoch_is() -> None:
    batches = epoch(Watched())
    next(batches)
    assert len(ours()) == 2
    batches.close()  # type: ignore[attr-defined]
    assert not ours()
    with pytest.raises(StopIteration):
        next(batches)


def test_threads_end_with_the_last_batch() -> None:
    batches = epoch(Watched())
    assert sum(1 for _ in batches) == 16
    assert not ours()


class SlowKernel(Identity):
    """A copy that takes its time over samples 32 and up."""

    def plan(self, keys: Keys, *args: Any) -> Identity:
        plan = super().plan(keys, *args)
        plan.run = lambda i, image, out, checked: time.sleep(0.05 * (int(keys.id[i]) >= 32))  # type: ignore[method-assign]
        return plan


class SlowFile(Watched):
    """Arrays that take their time over samples 32 and up."""

    def read(self, i: int) -> np.ndarray:
        time.sleep(0.05 * (i >= 32))
        return super().read(i)


@pytest.mark.parametrize(("source", "augment"), [(SlowFile(), None), (Watched(), SlowKernel())])
def test_a_stop_waits_for_samples_and_not_for_batches(source: Watched, augment: Any) -> None:
    batches = Loader(source, augment, batch_size=32, shuffle=False, workers=2).epoch(0)
    next(batches)
    until(lambda: len(source.seen) > 32)
    begun = time.perf_counter()
    batches.close()  # type: ignore[attr-defined]
    assert time.perf_counter() - begun < 0.5  # where a batch takes 1.6 or 0.8


def test_an_exception_in_the_consumer_ends_the_threads() -> None:
    for _ in range(20):
        with pytest.raises(ZeroDivisionError):
            for _batch in epoch(Watched()):
                raise ZeroDivisionError
        assert not ours()


def test_an_iterator_in_a_circle_of_references_ends_with_the_collector() -> None:
    holder: dict[str, Any] = {"batches": epoch(Watched())}
    holder["self"] = holder
    next(holder["batches"])
    assert ours()
    del holder
    gc.collect()
    assert not ours()


def test_a_worker_may_be_the_one_that_closes() -> None:
    """The collector runs in any thread, so it may close an iterator in one of that iterator's own workers."""
    source, wrong, has_one = Watched(), [], threading.Event()

    def read(i: int) -> np.ndarray:
        if i == 9:
            has_one.wait()
            try:
                batches.close()  # type: ignore[attr-defined]
            except BaseException as error:
                wrong.append(error)
        return IMAGES[i]

    source.read = read  # type: ignore[method-assign]
    batches = epoch(source)
    next(batches)
    has_one.set()
    until(lambda: not ours())
    assert not wrong and not ours() and list(batches) == []


@pytest.mark.parametrize("error", [KeyError("worker"), SystemExit(3), MemoryError()])
@pytest.mark.parametrize("workers", [0, 1, 4])
def test_what_a_worker_raises_reaches_the_consumer_at_its_batch(error: BaseException, workers: int) -> None:
    error = type(error)(*error.args)
    count = 0
    lacks = isinstance(error, MemoryError)
    with pytest.raises(ResourceError if lacks else type(error)) as caught:
        for _ in epoch(Watched(fails_at=21, error=error), workers=workers):
            count += 1
    assert count == 5 and (caught.value.__cause__ if lacks else caught.value) is error
    assert lacks or error.__notes__ == ["variegate: this was in making sample 21, images[21]"]


def test_an_error_ahead_waits_for_its_turn() -> None:
    batches = epoch(Watched(fails_at=5, error=KeyError()), prefetch=4)
    assert next(batches)["index"].tolist() == [0, 1, 2, 3]
    time.sleep(0.05)  # the threads meet the error meanwhile
    with pytest.raises(KeyError):
        next(batches)


@pytest.mark.parametrize("prefetch", [0, 1, 2, 5])
def test_threads_run_no_further_ahead_than_prefetch(prefetch: int) -> None:
    source = Watched()
    batches = epoch(source, prefetch=prefetch, workers=4)
    for number in range(16):
        next(batches)
        ahead = 4 * min(16, number + 1 + prefetch)
        until(lambda seen=source.seen, ahead=ahead: len(seen) >= ahead)
        time.sleep(0.01)
        assert len(source.seen) == ahead
    del batches


def test_order_does_not_hang_on_who_is_quick() -> None:
    rng = np.random.default_rng(0)
    source = Watched()
    source.read = lambda i: (time.sleep(rng.random() / 500), IMAGES[i])[1]  # type: ignore[method-assign]
    batches = list(epoch(source, workers=8, prefetch=6))
    assert np.array_equal(np.concatenate([batch["index"] for batch in batches]), np.arange(64))
    assert np.array_equal(np.concatenate([batch["image"] for batch in batches]), IMAGES)


def test_threads_hold_neither_the_loader_nor_its_batches() -> None:
    loader = Loader(Watched(), batch_size=4, workers=2, prefetch=1)
    pool = loader._pool
    batches = loader.epoch(0)
    for _ in range(8):
        batch = next(batches)
    queue = batches.gi_frame.f_locals["self"]._queue  # type: ignore[attr-defined]
    until(lambda: bool(queue) and queue[-1].ready)
    assert pool.out == 2  # the consumer's, and the one ahead
    del batch
    assert pool.out == 1
    del loader
    assert next(batches)["image"].shape == (4, 6, 6, 3)


def test_two_epochs_at_once_do_not_disturb_each_other() -> None:
    loader = Loader(Watched(), batch_size=4, workers=2)
    for a, b in zip(loader.epoch(3), loader.epoch(3), strict=True):
        assert np.array_equal(a["image"], b["image"]) and not np.shares_memory(a["image"], b["image"])


def run(code: str, **options: Any) -> subprocess.CompletedProcess[str]:
    head = (
        "import os, signal, sys, threading, time; import numpy as np; from variegate.loader import Arrays, Loader\n"
        "class Slow(Arrays):\n"
        "    def read(self, i):\n"
        "        time.sleep(0.01)\n"
        "        return super().read(i)\n"
        "loader = Loader(Slow(np.zeros((640, 6, 6, 3), np.uint8)), batch_size=4, workers=2)\n"
    )
    command = [sys.executable, "-c", head + code]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


def test_an_interpreter_ends_at_once_with_an_epoch_under_way() -> None:
    begun = time.perf_counter()
    done = run("batches = loader.epoch(0); next(batches)")
    assert (done.returncode, done.stderr) == (0, "") and time.perf_counter() - begun < 8


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("where", ["for batch in loader: pass", "for batch in loader: time.sleep(1)"])
def test_ctrl_c(where: str) -> None:
    code = (
        "main = threading.main_thread().ident\n"
        "threading.Timer(0.3, lambda: signal.pthread_kill(main, signal.SIGINT)).start()\n"
        f"try:\n    {where}\n"
        "except KeyboardInterrupt:\n    pass\n"
        "print([t.name for t in threading.enumerate() if t.name.startswith('variegate')], 'stopped')\n"
    )
    done = run(code)
    assert done.stdout == "[] stopped\n" and done.stderr == ""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
def test_a_fork_can_begin_an_epoch_but_not_go_on_with_one() -> None:
    code = (
        "batches = loader.epoch(0); next(batches)\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    try:\n        next(batches)\n"
        "    except Exception as error:\n        print(type(error).__name__, error, flush=True)\n"
        "    print(next(loader.epoch(0))['image'].shape, flush=True)\n"
        "    del batches\n"
        "    os._exit(0)\n"
        "print('child', os.waitpid(pid, 0)[1], next(batches)['index'].shape)\n"
    )
    done = run(code)
    assert done.stdout.splitlines() == [
        "VariegateError this epoch was begun before a fork, which copies no threads; begin one afterwards",
        "(4, 6, 6, 3)",
        "child 0 (4,)",
    ], done.stderr


def test_a_failure_of_the_stream_itself_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    loader = Loader(Watched(), batch_size=4, workers=2)
    batches = loader.epoch(0)
    next(batches)
    monkeypatch.setattr("variegate.loader.prefetcher.task_of", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        list(batches)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_batch_handed_out_is_the_consumers_alone(workers: int) -> None:
    loader = Loader(Watched(), batch_size=4, workers=workers, prefetch=0)
    for batches in (iter(loader), loader.stream(), loader.epoch(5)):
        batch = next(batches)
        assert loader.stats()["lent"] == 1
        del batch
        assert loader.stats()["lent"] == 0


def test_stats_say_how_many_batches_waited() -> None:
    loader = Loader(Watched(), batch_size=4, workers=2, prefetch=3)
    for _ in range(2):
        for _batch in loader:
            time.sleep(0.01)
    assert 1 < loader.stats()["queue"] <= 3 and loader.stats()["batches"] == 32 and loader.stats()["samples"] == 128
