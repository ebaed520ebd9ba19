"""Bad samples are raised, skipped or stood in for; the good ones keep their bytes, and each bad one is listed once."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate import (
    Boxes,
    Brightness,
    Compose,
    HorizontalFlip,
    Mask,
    Opaque,
    Padded,
    PerInstance,
    PerSample,
    Polygons,
    RandomResizedCrop,
    Rotate,
    Targets,
)
from variegate.errors import DecodeError, FieldError, InputError, ResourceError, SourceError, VariegateError
from variegate.loader import Arrays, ImageFolder, Items, Loader, Manifest, Source, Subset, prefetcher
from variegate.loader.batch import STAND_INS, deadline
from variegate.loader.batch.deadline import within_deadline
from variegate.loader.decode import Encoded
from variegate.loader.policy import Faults, OnError
from variegate.targets import Image as View

AUGMENT = Compose([Rotate((-30, 30)), RandomResizedCrop(12), HorizontalFlip(p=0.5), Brightness((0.8, 1.2))])
BAD = {3: b"", 7: b"words, no picture", 11: None, 20: "half", 21: "half", 30: "flipped"}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory, picture: Any) -> Path:
    root = tmp_path_factory.mktemp("good")
    for i in range(32):
        Image.fromarray(picture(30 + i, 50 - i % 7, seed=i)).save(root / f"{i:02}{'.png' if i % 5 == 0 else '.jpg'}")
    return root


@pytest.fixture(scope="module")
def damaged(good: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same files, of which some are bad: empty, text, gone (a link to nowhere), cut off, with a bad checksum."""
    root = tmp_path_factory.mktemp("damaged")
    for i, path in enumerate(sorted(good.iterdir())):
        data = path.read_bytes()
        bad = BAD.get(i, data)
        if bad is None:
            (root / path.name).symlink_to(root / "nowhere")
        elif bad == "flipped":
            (root / path.name).write_bytes(data[:60] + bytes([data[60] ^ 255]) + data[61:])
        else:
            (root / path.name).write_bytes(data[: len(data) // 2] if bad == "half" else bad)
    return root


def indices(batches: Iterable[dict[str, Any]]) -> list[int]:
    return [i for batch in batches for i in batch["index"].tolist()]


def samples(batches: Iterator[dict[str, Any]]) -> dict[tuple[int, int], bytes]:
    found: dict[tuple[int, int], bytes] = {}
    for batch in batches:
        names = zip(batch["id"].tolist(), batch.get("variation", np.zeros(len(batch["id"]), int)).tolist(), strict=True)
        for name, image in zip(names, batch["image"], strict=True):
            assert name not in found
            found[name] = image.tobytes()
    return found


def loader(folder: Path, **options: Any) -> Loader:
    return Loader(ImageFolder(folder), AUGMENT, **{"batch_size": 4, "seed": 3, "workers": 2, **options})


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("repeats", [1, 2])
@pytest.mark.parametrize("deadline", [None, 5.0])
def test_skip_leaves_the_good_ones_as_they_are(
    good: Path, damaged: Path, workers: int, repeats: int, deadline: float | None, tmp_path: Path
) -> None:
    rule = OnError("skip", quarantine=tmp_path / "bad.jsonl", deadline=deadline)
    one = loader(damaged, on_error=rule, workers=workers, repeats=repeats)
    found = [samples(one.epoch(k)) for k in range(2)]
    ids = ImageFolder(good).ids
    for k in range(2):
        expected = samples(loader(good, repeats=repeats).epoch(k))
        bad = {int(ids[i]) for i in BAD}
        assert found[k] == {name: data for name, data in expected.items() if name[0] not in bad}
    lines = [json.loads(line) for line in (tmp_path / "bad.jsonl").read_text().splitlines()]
    assert sorted(line["index"] for line in lines) == sorted(BAD) and one.stats()["errors"] == len(BAD)
    assert {line["id"] for line in lines} == bad
    assert all(
        set(line) == {"path", "id", "index", "reason"} and Path(line["path"]).parent == damaged for line in lines
    )


@pytest.mark.parametrize("cache", [None, "memory"])
def test_what_is_left_of_a_batch_is_in_its_own_slot(damaged: Path, cache: str | None) -> None:
    """No second one is made, which `memory=` would not know of."""
    one = loader(damaged, on_error="skip", batch_size=32, shuffle=False, cache=cache)
    for batch in one:
        assert len(batch["image"]) < 32 and one.stats()["made"] == 1
        assert one.stats()["lent_bytes"] > batch["image"].nbytes


def test_skip_changes_no_number_of_batches(good: Path, damaged: Path) -> None:
    one, other = loader(damaged, on_error="skip"), loader(good)
    sizes = [len(batch["index"]) for batch in one]
    assert len(sizes) == len(other) and sum(sizes) == 32 - len(BAD)
    assert all(len(batch["image"]) == len(batch["index"]) == len(batch["id"]) for batch in one)


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("fault", ["read", "decode"])
def test_a_batch_may_lose_all_its_samples(tmp_path: Path, picture: Any, padded: bool, fault: str) -> None:
    """It is there all the same, with what a batch has, of no samples."""
    for i in range(6):
        Image.fromarray(picture(20, 24, seed=i)).save(tmp_path / f"{i}.jpg")
        if i < 4:
            data = (tmp_path / f"{i}.jpg").read_bytes()
            (tmp_path / f"{i}.jpg").write_bytes(b"x" if fault == "read" else data[:-30])

    class Labelled(ImageFolder):
        targets = Targets(boxes=Boxes(), mask=Mask())

        def fields(self, i: int) -> dict[str, Any]:
            return {"boxes": [[1, 2, 9, 8]], "mask": np.zeros((20, 24), np.uint8), "label": i}

    batches = list(
        Loader(
            Labelled(tmp_path), AUGMENT, 2, shuffle=False, on_error=OnError("skip", max_errors=None),
            collate=Padded(most=3) if padded else "list",
        )
    )  # fmt: skip
    assert [len(batch["index"]) for batch in batches] == [0, 0, 2]
    for batch in batches[:2]:
        assert batch.keys() == batches[2].keys()
        for name, value in batches[2].items():
            if isinstance(value, np.ndarray):
                assert batch[name].shape == (0, *value.shape[1:]) and batch[name].dtype == value.dtype
            else:
                assert batch[name] == []


@pytest.mark.parametrize("policy", ["skip", "replace"])
def test_a_source_without_a_good_sample(tmp_path: Path, policy: str) -> None:
    for i in range(4):
        (tmp_path / f"{i}.jpg").write_bytes(b"x")
    with pytest.raises(VariegateError) as caught:
        list(loader(tmp_path, on_error=OnError(policy, max_errors=None), batch_size=2))  # type: ignore[arg-type]
    if policy == "skip":
        assert "no sample of ImageFolder" in str(caught.value)
    else:
        assert "100 samples drawn to stand in" in caught.value.__notes__[0]


@pytest.mark.parametrize("repeats", [1, 2])
def test_who_stands_in_is_the_same_everywhere(good: Path, damaged: Path, repeats: int) -> None:
    expected = samples(loader(good, repeats=repeats).epoch(1))
    bad = {int(i) for i in ImageFolder(good).ids[list(BAD)]}
    found = [
        samples(loader(damaged, on_error="replace", repeats=repeats, batch_size=size, workers=workers).epoch(1))
        for size, workers in ((4, 2), (16, 0), (6, 1))
    ]
    assert found[0] == found[1] == found[2] and len(found[0]) == 32 * repeats
    assert {n: b for n, b in found[0].items() if n[1] < STAND_INS} == {
        n: b for n, b in expected.items() if n[0] not in bad
    }
    instead = [name for name in found[0] if name[1] >= STAND_INS]
    assert len(instead) == len(BAD) * repeats and not {name[0] for name in instead} & bad


def test_a_stand_in_has_the_bytes_of_its_key(damaged: Path) -> None:
    from variegate import Key
    from variegate.loader.decode import open_image

    source, count = ImageFolder(damaged), 0
    for batch in loader(damaged, on_error="replace").epoch(4):
        for i, sample, again, image in zip(
            batch["index"], batch["id"], batch["variation"], batch["image"], strict=True
        ):
            if again >= STAND_INS:
                count += 1
                pixels = open_image(source.where(int(i))).decode()
                assert np.array_equal(AUGMENT(pixels, key=Key(3, 4, int(sample), int(again))), image)
    assert count == len(BAD)


def test_stand_ins_of_other_shapes_make_a_list(tmp_path: Path, picture: Any) -> None:
    """Pictures all of one size but for one: it stands in for a bad one, where no op makes sizes equal."""
    for i in range(8):
        Image.fromarray(picture(20, 20 if i else 30, seed=i)).save(tmp_path / f"{i}.jpg")
    data = (tmp_path / "5.jpg").read_bytes()
    (tmp_path / "5.jpg").write_bytes(data[:-40])
    seen = set()
    for seed in range(40):
        batch = Loader(ImageFolder(tmp_path), batch_size=8, seed=seed, on_error="replace").batch(0, 0)
        sizes = {image.shape for image in batch["image"]}
        seen.add((batch["index"].tolist().count(0), isinstance(batch["image"], list)))
        assert (20, 30, 3) in sizes and len(batch["image"]) == 8
    assert (2, True) in seen


def test_raise_is_the_usual(damaged: Path) -> None:
    with pytest.raises(DecodeError):
        list(loader(damaged))


@pytest.mark.parametrize(
    ("most", "stops"), [(5, True), (6, False), (0.18, True), (0.19, False), (0, True), (None, False)]
)
def test_a_budget_of_errors(damaged: Path, most: float | None, stops: bool) -> None:
    one = loader(damaged, on_error=OnError("skip", max_errors=most))
    if not stops:
        assert len(samples(one.epoch(0))) == 26 and len(samples(one.epoch(1))) == 26  # each counts once
        return
    with pytest.raises(
        VariegateError, match=rf"samples could not be taken; OnError.max_errors allows {most}.*last were\n"
    ) as e:
        list(one)
    assert str(damaged) in str(e.value)


def test_the_list_goes_on_where_it_was(damaged: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    assert bad.parent.exists() and not bad.exists()
    samples(loader(damaged, on_error=OnError("skip", quarantine=bad)).epoch(0))
    lines = bad.read_bytes().splitlines(keepends=True)
    bad.write_bytes(b"".join(lines[:3]) + lines[3][:20])  # a kill in the middle of a line
    samples(loader(damaged, on_error=OnError("skip", quarantine=bad)).epoch(0))
    ids = []
    for line in bad.read_text().splitlines():
        try:
            ids.append(json.loads(line)["id"])
        except ValueError:
            continue
    assert len(ids) == len(set(ids)) == len(BAD)


class Hanging(Arrays):
    """Arrays of which some take for ever, until they are let go."""

    def __init__(self, stuck: set[int]) -> None:
        super().__init__(np.random.default_rng(0).integers(0, 256, (24, 6, 6, 3), dtype=np.uint8))
        self.stuck, self.free = stuck, threading.Event()
        self.seen: Counter[int] = Counter()

    def read(self, i: int) -> np.ndarray:
        self.seen[i] += 1
        if i in self.stuck:
            self.free.wait()
        return super().read(i)


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "variegate-reader"]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_file_that_hangs_meets_its_deadline(workers: int) -> None:
    source = Hanging({5, 17})
    one = Loader(source, batch_size=4, workers=workers, shuffle=False, on_error=OnError("skip", deadline=0.6))
    for _ in range(3):  # a file that hangs costs a thread, and the wait for it, once
        index = [i for batch in one for i in batch["index"].tolist()]
        assert index == [i for i in range(24) if i not in source.stuck]
    assert one.stats()["abandoned"] == one.stats()["errors"] == 2 == len(readers())
    source.free.set()
    end = time.perf_counter() + 10
    while readers() and time.perf_counter() < end:
        time.sleep(0.001)
    assert not readers()
    assert {i: source.seen[i] for i in range(24)} == {i: 1 if i in source.stuck else 3 for i in range(24)}
    assert [i for batch in one for i in batch["index"].tolist()] == list(range(24))  # once it reads, it is read again


def test_a_deadline_is_an_error_like_any_other() -> None:
    source = Hanging({5})
    rule = OnError("raise", deadline=0.4)
    with pytest.raises(DecodeError, match=r"images\[5\]: .* longer than the deadline of 0\.4 s"):
        list(Loader(source, batch_size=4, shuffle=False, on_error=rule))
    source.free.set()


class Slow(Encoded):
    """A picture that says into which memory it is decoded, and may hang there."""

    def __init__(self, of: Encoded, places: list[tuple[int, bool]], free: threading.Event | None) -> None:
        super().__init__(of.name, of.size, 1, of.channels, of.dtype.name)
        self.of, self.places, self.free = of, places, free

    @property
    def peak(self) -> int:
        return self.nbytes

    def decode(self, out: Any = None, reduction: int = 1) -> Any:
        self.places.append((out.ctypes.data, self.free is not None))
        if self.free is not None:
            self.free.wait()
        return self.of.decode(out, reduction)


class Stuck(ImageFolder):
    """A folder of which one picture hangs in its decoder."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.free = threading.Event()
        self.places: list[tuple[int, bool]] = []

    def header(self, i: int, data: Any, max_pixels: int = 1 << 30) -> Encoded:
        return Slow(super().header(i, data, max_pixels), self.places, self.free if i == 6 else None)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("policy", ["skip", "replace", "raise"])
def test_decoding_meets_the_deadline_too(good: Path, workers: int, policy: Any) -> None:
    """And the memory that the thread was given is never used again, as it may yet write there."""
    source = Stuck(good)
    options: dict[str, Any] = {"batch_size": 4, "workers": workers, "shuffle": False}
    one = Loader(source, **options, on_error=OnError(policy, deadline=0.6))
    if policy == "raise":
        with pytest.raises(DecodeError, match=r"06\.jpg: .* decoding it took longer than the deadline of 0\.6 s"):
            list(one)
        source.free.set()
        return
    expected = [image.copy() for batch in Loader(ImageFolder(good), **options) for image in batch["image"]]
    found: dict[int, np.ndarray] = {}
    for batch in one:
        found |= {int(i): image.copy() for i, image in zip(batch["index"], batch["image"], strict=True)}
    source.free.set()
    at, hung = next((n, place) for n, (place, hangs) in enumerate(source.places) if hangs)
    assert len(source.places) - at > 16 and hung not in [place for place, _ in source.places[at + 1 :]]
    assert one.stats()["errors"] == one.stats()["abandoned"] == 1
    end = time.perf_counter() + 10
    while any(each.name == "variegate-decoder" for each in threading.enumerate()) and time.perf_counter() < end:
        time.sleep(0.001)
    assert not [each for each in threading.enumerate() if each.name == "variegate-decoder"]
    assert sorted(found) == [i for i in range(32) if i != 6]
    assert all(np.array_equal(image, expected[i]) for i, image in found.items())


def test_leaving_does_not_wait_for_each_thread_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefetcher, "PATIENCE", 2.0)
    source = Hanging(set(range(1, 24)))
    batches = Loader(source, batch_size=1, workers=8, prefetch=8, shuffle=False).epoch(0)
    next(batches)
    end = time.perf_counter() + 20
    while len(source.seen) < 9 and time.perf_counter() < end:
        time.sleep(0.01)
    begun = time.perf_counter()
    batches.close()  # type: ignore[attr-defined]
    spent = time.perf_counter() - begun
    source.free.set()
    assert spent < 9  # one after the other they take 16


def test_who_leaves_early_gives_up_no_sample_before_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "PATIENCE", 0.2)
    source = Hanging({1})
    one = Loader(source, batch_size=4, workers=0, shuffle=False, on_error=OnError("skip", deadline=60))
    batches = within_deadline(source.read, 4, 60, None, lambda n, thread: pytest.fail("it is not late yet"))
    assert next(batches)[1] is None
    while not source.seen[1]:
        time.sleep(0.001)
    batches.close()
    source.free.set()
    assert len(list(one)) == 6 and one.stats()["errors"] == one.stats()["abandoned"] == 0


def test_an_early_break_leaves_no_reader() -> None:
    source = Hanging({9})
    one = Loader(source, batch_size=4, workers=2, shuffle=False, on_error=OnError("skip", deadline=0.9))
    for _ in one:
        break
    source.free.set()
    end = time.perf_counter() + 10
    while readers() and time.perf_counter() < end:
        time.sleep(0.001)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("variegate-")]


@pytest.mark.parametrize("policy", ["skip", "replace"])
def test_what_the_pipeline_raises_is_no_bad_sample(policy: str) -> None:
    def fails(image: np.ndarray) -> np.ndarray:
        raise ZeroDivisionError

    one = Loader(Arrays(np.zeros((8, 4, 4, 3), np.uint8)), Compose([Opaque(fails)]), 4, on_error=policy)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        list(one)
    assert one.stats()["errors"] == 0


def test_a_bomb_is_refused_by_its_header(tmp_path: Path, picture: Any) -> None:
    Image.fromarray(picture(40, 60)).save(tmp_path / "a.jpg")
    Image.fromarray(picture(40, 61)).save(tmp_path / "b.png")
    Image.fromarray(picture(40, 59)).save(tmp_path / "c.png")
    one = Loader(ImageFolder(tmp_path), on_error=OnError("skip", max_pixels=40 * 60))
    assert sorted(one.batch(0, 0)["index"].tolist()) == [0, 2]
    with pytest.raises(DecodeError, match=r"b\.png.*40 x 61.*2400"):
        Loader(ImageFolder(tmp_path), on_error=OnError(max_pixels=40 * 60)).batch(0, 0)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("deadline", [None, 20.0])
def test_a_bomb_beside_a_picture_is_refused_too(tmp_path: Path, picture: Any, workers: int, deadline: Any) -> None:
    for i in range(6):
        Image.fromarray(picture(20, 20, seed=i)).save(tmp_path / f"{i}.jpg")
        Image.fromarray(picture(*((20, 20), (21, 20))[i == 2])).save(tmp_path / f"view{i}.png")
        Image.fromarray(picture(*((20, 20), (20, 21))[i == 4], 1)[..., 0]).save(tmp_path / f"mask{i}.png")
    rows = [{"path": f"{i}.jpg", "mask": f"mask{i}.png", "view": f"view{i}.png"} for i in range(6)]
    targets = Targets(mask=Mask(stride=1), view=View())
    source = Manifest(rows, root=tmp_path, fields=["mask", "view"], targets=targets)
    options: dict[str, Any] = {"batch_size": 6, "workers": workers, "shuffle": False}
    one = Loader(source, **options, on_error=OnError("skip", max_pixels=400, deadline=deadline))
    assert one.batch(0, 0)["index"].tolist() == [0, 1, 3, 5]
    for at, name in ((2, "view2"), (4, "mask4")):
        rule = OnError(max_pixels=400, deadline=deadline)
        with pytest.raises(DecodeError, match=rf"{name}\.png.*2[01] x 2[01].*the limit is 400"):
            Loader(Subset(source, [at]), **options, on_error=rule).batch(0, 0)


def test_the_limit_of_pixels_is_part_of_the_state() -> None:
    source = Arrays(np.zeros((4, 4, 4, 3), np.uint8))
    state = Loader(source, on_error=OnError("skip", max_pixels=400)).state()
    Loader(source, on_error=OnError("skip", max_pixels=400)).resume(state)
    with pytest.raises(InputError, match="max_pixels was 400 and is 178956970"):
        Loader(source, on_error="skip").resume(state)


def test_labels_go_with_the_samples_that_stay(tmp_path: Path, picture: Any) -> None:
    files = []
    for i in range(9):
        path = tmp_path / f"{i}.jpg"
        Image.fromarray(picture(20, 24, seed=i)).save(path)
        files.append(path)
    data = files[4].read_bytes()
    files[4].write_bytes(data[:-30])
    boxes = [[[1, 1, 5 + i, 9]] for i in range(9)]
    boxes[6] = [["no", "numbers", "at", "all"]]  # type: ignore[list-item]

    class Boxed(ImageFolder):
        targets = Targets(boxes=Boxes())

        def fields(self, i: int) -> dict[str, Any]:
            return {"boxes": boxes[i]}

    for policy in ("skip", "replace"):
        batch = Loader(Boxed(tmp_path), batch_size=9, shuffle=False, on_error=policy).batch(0, 0)  # type: ignore[arg-type]
        index = batch["index"].tolist()
        assert (index == [0, 1, 2, 3, 5, 7, 8]) if policy == "skip" else (len(index) == 9 and not {4, 6} & set(index))
        assert [box.tolist() for box in batch["boxes"]] == [boxes[i] for i in index]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"policy": "ignore"}, '"raise", "skip", "replace" or OnError\\(...\\), got \'ignore\''),
        ({"max_errors": -1}, "max_errors is a number of 0 or more, got -1"),
        ({"max_errors": 1.5}, "a fraction up to 1.0, got 1.5"),
        ({"deadline": "1s"}, "deadline is a number above 0, got '1s'"),
        ({"max_pixels": None}, "max_pixels is a number"),
        ({"deadline": 0}, "deadline is a number above 0, got 0"),
        ({"quarantine": "bad.jsonl"}, 'quarantine is a path, with "skip" or "replace"'),
        ({"policy": "skip", "quarantine": 5}, "quarantine is a path"),
    ],
)
def test_what_is_no_policy(options: dict[str, Any], said: str) -> None:
    with pytest.raises(FieldError, match=said):
        OnError(**options)


def test_faults_of_several_threads_count_once() -> None:
    source = Arrays(np.zeros((50, 2, 2), np.uint8))
    faults = Faults(OnError("skip", max_errors=None), source)

    def meet() -> None:
        for i in range(50):
            faults.add(i, ValueError("bad"))

    threads = [threading.Thread(target=meet) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(faults) == 50


@pytest.mark.parametrize("error", [MemoryError(), SystemExit(3)])
def test_what_is_no_samples_fault_is_raised(error: BaseException) -> None:
    source = Arrays(np.zeros((8, 4, 4, 3), np.uint8))

    def read(i: int) -> np.ndarray:
        if i == 5:
            raise error
        return source.images[i]

    source.read = read  # type: ignore[method-assign,assignment]
    with pytest.raises(ResourceError if isinstance(error, MemoryError) else SystemExit):
        list(Loader(source, batch_size=4, on_error="skip"))


def test_a_reader_ends_where_an_error_is_raised() -> None:
    source = Hanging(set())
    source.images[:] = 0
    seen = source.seen

    def read(i: int) -> np.ndarray:
        seen[i] += 1
        if i == 0:
            raise KeyError(i)
        time.sleep(0.05)
        return source.images[i]

    source.read = read  # type: ignore[method-assign]
    with pytest.raises(KeyError):
        Loader(source, batch_size=24, workers=0, shuffle=False, on_error=OnError(deadline=10)).batch(0, 0)
    assert not readers() and len(seen) < 5


@pytest.mark.parametrize("place", ["nowhere/bad.jsonl", ""])
def test_a_quarantine_that_cannot_be_written_is_told_at_once(tmp_path: Path, place: str) -> None:
    with pytest.raises(FieldError, match=r"quarantine=.* cannot be written .*a folder that is there"):
        Loader(Arrays(np.zeros((4, 2, 2), np.uint8)), on_error=OnError("skip", quarantine=tmp_path / place))


def test_a_quarantine_may_be_shared(tmp_path: Path) -> None:
    """By two sources whose samples have the same ids, and by ranks that meet the same samples."""
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"path": "other", "id": Infinity}\n[]\n')
    for folder in ("train", "val"):
        (tmp_path / folder).mkdir()
        for i in range(4):
            (tmp_path / folder / f"{i}.jpg").write_bytes(b"x" if i else b"")
    rule = OnError("skip", max_errors=None, quarantine=bad)
    sources = [ImageFolder(tmp_path / folder) for folder in ("train", "val")]
    faults = [Faults(rule, source) for source in sources for _ in range(2)]
    for i in range(4):
        for each in faults:
            each.add(i, ValueError("bad"))
    paths = [json.loads(line)["path"] for line in bad.read_text().splitlines()[2:]]
    assert sorted(paths) == sorted(source.where(i) for source in sources for i in range(4))


def test_a_write_that_fails_forgets_nothing(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    bad = tmp_path / "there" / "bad.jsonl"
    faults = Faults(OnError("skip", quarantine=bad, max_errors=None), Arrays(np.zeros((4, 2, 2), np.uint8)))
    bad.unlink()
    (tmp_path / "there").rmdir()
    with pytest.warns(RuntimeWarning, match=r"bad\.jsonl: the quarantine cannot be written now \(No such file") as told:
        faults.add(1, ValueError("bad"))
        faults.add(2, ValueError("bad"))
    assert len(faults) == 2 and len(told) == 1
    (tmp_path / "there").mkdir()
    faults.add(3, ValueError("bad"))
    assert len(faults) == 3 and [json.loads(line)["index"] for line in bad.read_text().splitlines()] == [1, 2, 3]


@pytest.mark.parametrize("how", ["moved", "cut", "removed"])
def test_a_quarantine_may_be_put_away(tmp_path: Path, how: str) -> None:
    """The new file, which other ranks may have begun, is read from its start, and goes on where they are."""
    bad, source = tmp_path / "bad.jsonl", Arrays(np.zeros((8, 2, 2), np.uint8))
    one, other = (Faults(OnError("skip", quarantine=bad, max_errors=None), source) for _ in range(2))
    for i in (0, 1, 2):
        one.add(i, ValueError("bad" * 40))
    if how == "moved":
        bad.rename(tmp_path / "old.jsonl")
    elif how == "cut":
        bad.write_bytes(b"")
    else:
        bad.unlink()
    other.add(3, ValueError("bad"))
    for i in (3, 4, 0):
        one.add(i, ValueError("bad"))
    assert [json.loads(line)["index"] for line in bad.read_text().splitlines()] == [3, 4]
    assert len(one) == 5


def test_a_full_disk_loses_no_line(tmp_path: Path) -> None:
    """A limit on the size of files stands for it: of a line that does not fit nothing stays, until there is room."""
    resource = pytest.importorskip("resource")
    bad, source = tmp_path / "bad.jsonl", Arrays(np.zeros((8, 2, 2), np.uint8))
    faults = Faults(OnError("skip", quarantine=bad, max_errors=None), source)
    faults.add(0, ValueError("bad"))
    limits, before = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (bad.stat().st_size + 9, limits[1]))
        with pytest.warns(RuntimeWarning, match="the quarantine cannot be written now"):
            faults.add(1, ValueError("bad"))
        faults.add(2, ValueError("bad"))
        assert [json.loads(line)["index"] for line in bad.read_text().splitlines()] == [0]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    faults.add(3, ValueError("bad"))
    assert len(faults) == 4 and [json.loads(line)["index"] for line in bad.read_text().splitlines()] == [0, 1, 2, 3]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="FIFOs are Unix's")
def test_a_quarantine_is_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for place in ("/dev/full", "/dev/zero", tmp_path / "fifo"):
        with pytest.raises(FieldError, match=r"OnError\.quarantine is a file, which is made if it is not there; got"):
            OnError("skip", quarantine=place)
    faults = Faults(OnError("skip", quarantine=tmp_path / "bad.jsonl"), Arrays(np.zeros((8, 2, 2), np.uint8)))
    (tmp_path / "bad.jsonl").unlink()
    (tmp_path / "bad.jsonl").symlink_to("/dev/zero")  # put there since, and without an end
    with pytest.warns(RuntimeWarning, match="the quarantine cannot be written now"):
        faults.add(1, ValueError("bad"))


def test_a_line_of_a_quarantine_may_be_anything(tmp_path: Path) -> None:
    bad, source = tmp_path / "bad.jsonl", Arrays(np.zeros((8, 2, 2), np.uint8))
    there = [*(mark * 100_000 for mark in ("[", '{"a":')), "9" * 9000, '{"path": 1}', "null", "\0"]
    bad.write_text("\n".join(there) + "\n")
    faults = Faults(OnError("skip", quarantine=bad), source)
    faults.add(1, ValueError("bad"))
    lines = bad.read_text().split("\n")
    assert lines[: len(there)] == there and json.loads(lines[-2])["index"] == 1


def test_a_loader_goes_on_without_its_quarantine(damaged: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    rule = OnError("skip", quarantine=tmp_path / "there" / "bad.jsonl")
    one = loader(damaged, on_error=rule)
    (tmp_path / "there" / "bad.jsonl").unlink()
    (tmp_path / "there").rmdir()
    with pytest.warns(RuntimeWarning, match="quarantine"):
        assert len(samples(one.epoch(0))) == 26
    assert one.stats()["errors"] == len(BAD)


def test_a_quarantine_stays_where_it_was_said(damaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path)
    rule = OnError("skip", quarantine="bad.jsonl")
    monkeypatch.chdir("a")
    samples(loader(damaged, on_error=rule).epoch(0))
    assert len((tmp_path / "bad.jsonl").read_text().splitlines()) == len(BAD) and not list((tmp_path / "a").iterdir())


class Odd(Source):
    """Gives what it is told to."""

    ids = np.arange(2, dtype=np.uint64)

    def __init__(self, value: Any) -> None:
        self.value = value

    def read(self, i: int) -> Any:
        return self.value

    def where(self, i: int) -> str:
        return f"item {i}"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, r": Odd\.read gives the bytes .* got NoneType"),
        ("a path", r": Odd\.read gives the bytes .* got str"),
        (np.full((4, 4, 3), 0.1), r" is uint8, uint16 or float32, got float64 \(4, 4, 3\)"),
        (np.zeros((4, 4, 3), "i4"), " is uint8, uint16 or float32, got int32"),
        (np.zeros((0, 4, 3), np.uint8), r" .*, none of them 0; got \(0, 4, 3\)"),
        (np.zeros(4, np.uint8), r" is \(height, width\) .* got \(4,\)"),
    ],
)
def test_what_a_source_of_ones_own_cannot_give(value: Any, said: str) -> None:
    with pytest.raises(InputError, match=f"item 0{said}"):
        Loader(Odd(value), shuffle=False).batch(0, 0)


@pytest.mark.parametrize("deadline", [None, 20.0])
@pytest.mark.parametrize("size", [1, 3, 8])
def test_a_sample_of_another_form_is_a_bad_one_whatever_its_batch(deadline: float | None, size: int) -> None:
    """The form is that of the first sample that can be read, here 1."""
    picture, grey = np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8, 1), np.uint8)
    data: list[Any] = [{"image": picture, "boxes": [[0, 0, 4, 4]]} for _ in range(8)]
    data[0], data[3], data[5] = {"image": 5}, {"image": picture}, {"image": grey, "boxes": []}
    source = Items(data, targets=Targets(boxes=Boxes()))
    one = Loader(source, batch_size=size, on_error=OnError("skip", deadline=deadline))
    assert sorted(i for batch in one for i in batch["index"].tolist()) == [1, 2, 4, 6, 7]
    for bad, said in (
        (3, r"the same fields: this one has \[\], .*1.* \['boxes'\]"),
        (5, "this one has 1 uint8, .* 3 uint8"),
    ):
        other = Loader(Subset(source, [1, bad]), batch_size=size, shuffle=False, on_error=OnError(deadline=deadline))
        with pytest.raises(InputError, match=said) as caught:
            list(other)
        assert f"making sample 1, {source.where(bad)}" in caught.value.__notes__[0]


def test_who_stands_in_is_drawn_by_the_weights() -> None:
    class Bad(Arrays):
        def read(self, i: int) -> np.ndarray:
            if i == 0:
                raise OSError("bad")
            return super().read(i)

    source = Bad(np.zeros((9, 4, 4, 3), np.uint8))
    one = Loader(source, batch_size=4, weights=[1, 1, 4, *[0] * 6], samples_per_epoch=400, on_error="replace")
    counts = np.bincount(np.concatenate([batch["index"] for batch in one]), minlength=9)
    assert counts[0] == 0 and not counts[3:].any() and abs(counts[1] / 400 - 1 / 6 - 1 / 30) < 0.06


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ([0, 1], "list"),
        (np.arange(2), r"int64 \(2,\)"),
        (np.zeros((2, 1), np.uint64), r"uint64 \(2, 1\)"),
        (np.full(2, 7, np.uint64), "item 0 and item 1 have one id, 7"),
    ],
)
def test_ids_are_one_a_sample(ids: Any, said: str) -> None:
    source = Odd(np.zeros((4, 4, 3), np.uint8))
    source.ids = ids
    with pytest.raises(SourceError, match=rf"Odd.*{said}"):
        Loader(source)


@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("cache", [None, "memory"])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_a_file_of_other_bands_is_bad_whatever_the_batch(tmp_path: Path, labelled: bool, cache: Any, size: int) -> None:
    """It was an error where both fell into one batch, and of no file."""
    for n, bands in enumerate(("L", "L", "RGB", "L")):
        Image.new(bands, (9, 8), n if bands == "L" else (n, n, n)).save(tmp_path / f"{n}.png")

    class Numbered(ImageFolder):
        targets = Targets(number=PerSample())

        def fields(self, i: int) -> dict[str, Any]:
            return {"number": i}

    source = (Numbered if labelled else ImageFolder)(tmp_path, mode="bands")
    said = rf'^{tmp_path}/2\.png: the pictures of a source .* has 3 uint8, {tmp_path}/0\.png 1 uint8; mode="RGB" or "L"'
    with pytest.raises(InputError, match=said):
        list(Loader(source, batch_size=size, shuffle=False, cache=cache))
    one = Loader(source, batch_size=size, shuffle=False, cache=cache, on_error=OnError("skip", max_errors=None))
    for epoch in (0, 1):
        assert indices(one.epoch(epoch)) == [0, 1, 3]
    stood = [batch["image"][..., 0].max(axis=(1, 2)) for batch in Loader(source, batch_size=size, on_error="replace")]
    assert sum(map(len, stood)) == 4 and 2 not in np.concatenate(stood)


BIG = 2**63
SAID = {
    "text": r"label is no number, and in list\[0\] int64 \(\)",
    "float": r"label is float64 \(\), and in list\[0\] int64 \(\)",
    "row": r"label is float64 \(3,\), and in list\[0\] int64 \(\)",
    "class": r"the label is 7, and there are 3 classes, 0 to 2",
    "big": r"the label is 9223372036854775808|label is uint64",
}


@pytest.mark.parametrize("size", [1, 2, 6])
@pytest.mark.parametrize(
    ("label", "one_hot", "said"),
    [
        ("dog", False, "text"),
        (0.5, False, "float"),
        (np.eye(3)[0], False, "row"),
        (BIG, False, "big"),
        (7, 3, "class"),
    ],
)
def test_a_bad_label_is_its_samples_fault_whatever_the_batch(label: Any, one_hot: int, said: str, size: int) -> None:
    """It ended the run where its batch was put together."""
    picture = np.zeros((8, 8, 3), np.uint8)
    source = Items([(picture, label if n == 3 else n % 3) for n in range(6)])
    with pytest.raises((InputError, SourceError), match=rf"^sample 3, list\[3\].*({SAID[said]})"):
        list(Loader(source, batch_size=size, shuffle=False, one_hot=one_hot))
    one = Loader(source, batch_size=size, shuffle=False, one_hot=one_hot, on_error="skip")
    assert indices(one) == [0, 1, 2, 4, 5]
    stood = Loader(source, batch_size=size, one_hot=one_hot, on_error="replace")
    assert 3 not in indices(stood)


@pytest.mark.parametrize(("label", "one_hot"), [(BIG, False), (7, 3), ("dog", 3)])
def test_a_first_sample_whose_label_is_bad_by_itself_tells_nothing_of_the_others(label: Any, one_hot: int) -> None:
    source = Items([(np.zeros((8, 8, 3), np.uint8), label if n == 0 else n % 3) for n in range(6)])
    one = Loader(source, batch_size=2, one_hot=one_hot, on_error="skip")
    assert sorted(indices(one)) == [1, 2, 3, 4, 5]


def test_where_the_first_sample_is_the_odd_one_it_is_named() -> None:
    source = Items([(np.zeros((8, 8, 3), np.uint8), np.eye(3)[0] if n == 0 else n) for n in range(6)])
    said = r"^sample 1, list\[1\]: label is int64 \(\), and in list\[0\] float64 \(3,\); a field has one type"
    with pytest.raises(InputError, match=said):
        list(Loader(source, batch_size=2, shuffle=False))


@pytest.mark.parametrize("collate", ["list", Padded()])
def test_a_mask_and_a_row_of_another_type_are_skipped(collate: Any) -> None:
    rows = [
        {"image": np.zeros((8, 8, 3), np.uint8), "mask": np.zeros((8, 8), np.uint8), "names": [1]} for _ in range(6)
    ]
    rows[2] = {**rows[2], "mask": np.zeros((8, 8), np.int32)}
    rows[4] = {**rows[4], "names": ["a"]}
    source = Items(rows, targets={"mask": Mask(), "names": PerInstance()})
    one = Loader(source, batch_size=6, shuffle=False, on_error="skip", collate=collate)
    bad = {2} if collate == "list" else {2, 4}  # a list may hold anything
    assert one.batch(0, 0)["index"].tolist() == [n for n in range(6) if n not in bad]


def test_a_polygon_that_is_a_tangle_is_a_bad_sample() -> None:
    tangle = np.random.default_rng(0).uniform(0, 40, (1000, 2))
    triangle = [[1, 1], [30, 1], [30, 30]]
    items = [{"image": np.zeros((40, 40, 3), np.uint8), "rings": [[tangle if i == 3 else triangle]]} for i in range(8)]
    source = Items(items, targets=Targets(rings=Polygons()))
    batches = Loader(source, AUGMENT, 4, shuffle=False, workers=0, on_error=OnError("skip", max_errors=None))
    assert [batch["index"].tolist() for batch in batches] == [[0, 1, 2], [4, 5, 6, 7]]
