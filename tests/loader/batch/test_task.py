"""A batch is made the same by one thread or many, and its first error is the one that is raised."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate import Compose, RandomResizedCrop
from variegate.errors import DecodeError, InputError
from variegate.loader import ImageFolder, Loader
from variegate.loader.batch.context import LoaderContext
from variegate.loader.batch.making import make_batch
from variegate.loader.batch.plan import planned
from variegate.loader.batch.reader import SampleReader, SampleRequest
from variegate.loader.batch.task import BatchTask
from variegate.loader.decode import Encoded
from variegate.loader.identity import Identity
from variegate.loader.memory import Arena, DecodeScratch, SlotPool
from variegate.loader.policy import Faults, OnError
from variegate.loader.sampling import Schedule
from variegate.loader.source import Arrays, Source
from variegate.loader.stats import Stats


class Listed(Source):
    """What a list holds; an exception in it is raised."""

    def __init__(self, items: Sequence[Any]) -> None:
        self.items, self.ids = items, np.arange(len(items), dtype=np.uint64)

    def read(self, i: int) -> Any:
        if isinstance(self.items[i], Exception):
            raise self.items[i]
        return self.items[i]

    def where(self, i: int) -> str:
        return f"item {i}"


def shared(source: Source, augment: Any = None, size: int = 64) -> LoaderContext:
    schedule, faults = Schedule(len(source), size), Faults(OnError(), source)
    return LoaderContext(source, augment or Identity(), 0, schedule, faults, SlotPool(3), shuffle=False)


def begun(context: LoaderContext) -> BatchTask:
    """The first batch, prepared."""
    task = BatchTask(context, context.schedule.span(0, 0), context.epoch_samples(0))
    assert task.prepare(context.stats.counters())
    return task


def whole(source: Source, augment: Any = None) -> dict[str, Any]:
    context = shared(source, augment)
    return make_batch(context, context.schedule.span(0, 0), context.epoch_samples(0), context.stats.counters())


def test_unchanged_pictures() -> None:
    images = np.arange(5 * 4 * 3 * 2, dtype=np.float32).reshape(5, 4, 3, 2)
    batch = whole(Arrays(images, ["a", "b", "c", "d", "e"]))
    assert batch["image"].dtype == np.float32 and np.array_equal(batch["image"], images)
    assert batch["label"] == ["a", "b", "c", "d", "e"] and batch["index"].tolist() == [0, 1, 2, 3, 4]
    assert batch["id"].dtype == np.uint64 and batch["index"].dtype == np.int64


def test_pictures_of_many_sizes_come_as_a_list() -> None:
    images = [np.full((3 + i, 4, 3), i, np.uint8) for i in range(4)]
    batch = whole(Arrays(images))
    assert isinstance(batch["image"], list) and "label" not in batch
    assert all(np.array_equal(a, b) for a, b in zip(batch["image"], images, strict=True))


def test_a_source_of_ones_own_may_give_grey_planes() -> None:
    assert whole(Listed([np.zeros((4, 5), np.uint8)] * 3))["image"].shape == (3, 4, 5, 1)


def test_one_batch_has_one_kind_of_picture() -> None:
    with pytest.raises(InputError, match="one number of channels and one dtype"):
        whole(Listed([np.zeros((4, 5, 3), np.uint8), np.zeros((4, 5, 1), np.uint8)]))


def test_files_and_arrays_of_other_kinds_make_no_batch() -> None:
    """Neither beside the first sample nor beside one before it that was not compared with that."""
    file = io.BytesIO()
    Image.fromarray(np.zeros((4, 5, 3), np.uint8)).save(file, "PNG")
    grey = np.zeros((4, 5), np.uint8)
    for items in ([grey, file.getvalue()], [file.getvalue(), grey]):
        with pytest.raises(
            InputError, match=r"^item 1: the pictures of a source .* this one has \d uint8, item 0 \d uint"
        ):
            whole(Listed(items))
    context = shared(Listed([grey, file.getvalue()]))
    samples = [SampleReader(context).read(SampleRequest(place, place, 0), Arena().allocator()) for place in (1, 0)]
    said = r"^the pictures of a batch have one .* one dtype: item 1 has 3 uint8, item 0 has 1 uint8$"
    with pytest.raises(InputError, match=said):
        planned(context, 0, samples)


def test_many_threads_make_each_sample_once() -> None:
    runs: list[int] = []

    class Counting(Identity):
        def plan(self, *args: Any, **names: Any) -> Identity:
            plan = super().plan(*args, **names)
            plan.run = lambda i, image, out, checked: (runs.append(i), Identity.run(plan, i, image, out))  # type: ignore
            return plan

    images = np.random.default_rng(0).integers(0, 256, (200, 6, 6, 3), dtype=np.uint8)
    for _ in range(20):
        runs.clear()
        task = begun(shared(Arrays(images), Counting(), 200))
        barrier, last = Barrier(8), []

        def work(task: BatchTask = task, barrier: Barrier = barrier, last: list[bool] = last) -> None:
            barrier.wait()
            last.append(task.work(DecodeScratch(), Stats().counters()))

        threads = [Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(runs) == list(range(200)) and sum(last) == 1
        assert np.array_equal(task.batch(Stats().counters())["image"], images)


def test_the_first_error_by_place_is_raised() -> None:
    class Failing(Identity):
        def plan(self, *args: Any, **names: Any) -> Identity:
            plan = super().plan(*args, **names)
            plan.run = self.fail  # type: ignore[method-assign]
            return plan

        def fail(self, i: int, image: Any, out: Any, *, checked: bool) -> None:
            if i in (5, 2, 7):
                raise ZeroDivisionError(i)

    task = begun(shared(Arrays(np.zeros((9, 2, 2), np.uint8)), Failing()))
    assert task.work(DecodeScratch(), Stats().counters())
    with pytest.raises(ZeroDivisionError, match="2") as caught:
        task.batch(Stats().counters())
    assert caught.value.__notes__ == ["variegate: this was in making sample 2, images[2]"]


def test_an_error_in_reading_names_the_sample() -> None:
    good = np.zeros((2, 2, 3), np.uint8)
    with pytest.raises(KeyError) as caught:
        whole(Listed([good, KeyError("x"), good]))
    assert caught.value.__notes__ == ["variegate: this was in making sample 1, item 1"]
    with pytest.raises(DecodeError, match="item 1: cannot be decoded") as said:
        whole(Listed([good, b"words"]))
    assert not hasattr(said.value, "__notes__")


@pytest.mark.parametrize("stage", ["read", "run"])
def test_ctrl_c_in_the_consumers_thread_is_no_samples_error(stage: str) -> None:
    calls = []

    class Interrupted(Identity):
        def plan(self, *args: Any, **names: Any) -> Identity:
            plan = super().plan(*args, **names)
            plan.run = self.interrupt  # type: ignore[method-assign]
            return plan

        def interrupt(self, *args: Any, **options: Any) -> None:
            calls.append(args)
            raise KeyboardInterrupt

    source = Listed([np.zeros((2, 2), np.uint8)] * 9)
    if stage == "read":
        source.read = Interrupted().interrupt  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        whole(source, Interrupted())
    assert len(calls) == 1


class Twice(Encoded):
    """A picture whose second decoding takes long, if it is to."""

    def __init__(self, of: Encoded, long: Event | None) -> None:
        super().__init__(of.name, of.size, 1, of.channels, of.dtype.name)
        self.of, self.long, self.calls = of, long, 0

    @property
    def peak(self) -> int:
        return self.of.peak

    def nbytes_at(self, reduction: int) -> int:
        return self.of.nbytes_at(reduction)

    def covers(self, reduction: int) -> Any:
        return self.of.covers(reduction)

    def decode(self, out: Any = None, reduction: int = 1) -> Any:
        self.calls += 1
        if self.calls == 2 and self.long is not None:
            self.long.wait(20)
        return self.of.decode(out, reduction)


@pytest.mark.parametrize("policy", ["skip", "replace", "raise"])
def test_what_is_decoded_again_has_its_deadline_too(tmp_path: Path, policy: Any) -> None:
    """Variations of one picture may want it at several sizes."""
    for n in range(4):
        noise = np.random.default_rng(n).integers(0, 255, (320, 400, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / f"{n}.jpg")

    class Folder(ImageFolder):
        long: Event | None = None

        def header(self, i: int, data: Any, max_pixels: int = 1 << 30) -> Encoded:
            return Twice(super().header(i, data, max_pixels), self.long if i == 1 else None)

    def images(source: Folder, rule: OnError) -> tuple[dict[tuple[int, int], bytes], int]:
        crop = Compose([RandomResizedCrop(40, scale=(0.05, 1))])
        one = Loader(source, crop, decode="scaled", repeats=4, batch_size=8, shuffle=False, seed=7, on_error=rule)
        found = {}
        for batch in one:
            for i, variation, image in zip(batch["index"], batch["variation"], batch["image"], strict=True):
                found[int(i), int(variation)] = image.tobytes()
        return found, one.stats()["errors"]

    source = Folder(tmp_path)
    expected, _ = images(source, OnError("raise"))
    source.long = Event()
    try:
        if policy == "raise":
            with pytest.raises(DecodeError, match=r"1\.jpg: .* decoding it took longer than the deadline"):
                images(source, OnError(policy, deadline=2))
            return
        found, errors = images(source, OnError(policy, deadline=2))
    finally:
        source.long.set()
    assert errors == 1 and not [i for i, _ in found if i == 1]
    assert all(found[key] == expected[key] for key in expected if key[0] != 1)


def test_a_finished_batch_is_let_go_of() -> None:
    context = shared(Arrays(np.zeros((9, 2, 2), np.uint8)))
    task = begun(context)
    task.work(DecodeScratch(), Stats().counters())
    batch = task.batch(Stats().counters())
    assert context.pool.out == 1
    del batch
    assert context.pool.out == 0  # though `task` lives: a thread may hold it a while
