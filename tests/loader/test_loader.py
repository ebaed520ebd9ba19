"""The bytes of a sample hang on (seed, epoch, id) alone; every sample comes once an epoch; a batch is its user's."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate.errors import DecodeError, FieldError, InputError, SourceError
from variegate.loader import Arrays, ImageFolder, Loader
from variegate.loader.options import available_cores
from variegate.ops import HorizontalFlip, RandomResizedCrop, Rotate
from variegate.pipeline import Compose

Bytes = dict[int, bytes]


def by_id(batches: Any) -> Bytes:
    """The bytes of every sample, by its id; a second time would be an error."""
    found: Bytes = {}
    for batch in batches:
        for sample, image in zip(batch["id"].tolist(), batch["image"], strict=True):
            assert sample not in found
            found[sample] = image.tobytes()
    return found


def order_of(batches: Any) -> list[int]:
    return [i for batch in batches for i in batch["index"].tolist()]


@pytest.mark.parametrize("batch_size", [1, 7, 64])
@pytest.mark.parametrize("workers", [0, 1, 2, 8])
def test_bytes_hang_on_neither_workers_nor_batch_size(
    folder: Path, augment: Any, workers: int, batch_size: int
) -> None:
    source = ImageFolder(folder)
    expected = by_id(Loader(source, augment, seed=5, workers=0, batch_size=5).epoch(3))
    loader = Loader(source, augment, seed=5, workers=workers, batch_size=batch_size)
    assert by_id(loader.epoch(3)) == expected and set(expected) == set(source.ids.tolist())
    assert by_id(loader.batch(3, number) for number in range(len(loader))) == expected


def test_a_batch_is_the_pipeline_on_decoded_pictures(folder: Path, augment: Any) -> None:
    from variegate.key import Keys
    from variegate.loader.decode import open_image

    source = ImageFolder(folder)
    batch = Loader(source, augment, seed=5, batch_size=9).batch(2, 1)
    images = [open_image(source.where(i)).decode() for i in batch["index"]]
    plan = augment.plan(Keys.at(5, 2, batch["id"]), np.array([image.shape[:2] for image in images]), 3, np.uint8)
    for i, image in enumerate(images):
        out = np.empty(plan.shapes[i], plan.dtype)
        plan.run(i, image, out)
        assert np.array_equal(out, batch["image"][i])


def test_labels_and_ids_are_those_of_the_source(folder: Path, augment: Any) -> None:
    source = ImageFolder(folder)
    for batch in Loader(source, augment, batch_size=8, workers=2):
        assert np.array_equal(batch["label"], source.labels[batch["index"]]) and batch["label"].dtype == np.int64
        assert np.array_equal(batch["id"], source.ids[batch["index"]])
        assert len(batch["image"]) == len(batch["index"])


def test_each_pass_is_the_next_epoch(folder: Path, augment: Any) -> None:
    source = ImageFolder(folder)
    loader = Loader(source, augment, seed=1, workers=2, batch_size=8)
    passes = [by_id(loader) for _ in range(3)]
    assert passes == [by_id(loader.epoch(k)) for k in range(3)]
    assert all(passes[0][sample] != passes[1][sample] for sample in passes[0])
    orders = [order_of(loader.epoch(k)) for k in (0, 1, 0)]
    assert orders[0] == orders[2] != orders[1]
    assert order_of(loader) == order_of(loader.epoch(3))  # epoch() moves no pass on


def test_batches_can_be_asked_for_in_any_order(folder: Path, augment: Any) -> None:
    loader = Loader(ImageFolder(folder), augment, workers=2, batch_size=8)
    epochs = [list(loader.epoch(k)) for k in (4, 5)]
    for number in (3, 0, 4, 1, 2):
        for k in (5, 4):
            found, expected = loader.batch(k, number), epochs[k - 4][number]
            assert all(np.array_equal(found[name], expected[name]) for name in ("image", "label", "index", "id"))


def test_seeds_differ(folder: Path, augment: Any) -> None:
    one, other = (Loader(ImageFolder(folder), augment, seed=seed, workers=1) for seed in (1, 2))
    assert order_of(one.epoch(0)) != order_of(other.epoch(0))
    assert by_id(one.epoch(0)) != by_id(other.epoch(0))


def test_without_shuffle_the_order_is_the_sources(folder: Path, augment: Any) -> None:
    loader = Loader(ImageFolder(folder), augment, shuffle=False, batch_size=10, workers=2)
    assert order_of(loader) == order_of(loader) == list(range(37))


def test_a_file_more_changes_no_other_sample(folder: Path, augment: Any, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(folder, tmp_path / "more")
    Image.new("RGB", (30, 30)).save(tmp_path / "more" / "ash" / "000.jpg")
    before = by_id(Loader(ImageFolder(folder), augment, workers=2))
    after = by_id(Loader(ImageFolder(tmp_path / "more"), augment, workers=2))
    assert len(after) == 38 and before.items() <= after.items()


def test_a_subset_keeps_its_samples_bytes(folder: Path, augment: Any) -> None:
    source = ImageFolder(folder)
    whole = by_id(Loader(source, augment))
    parts = [by_id(Loader(part, augment)) for part in source.split(0.7)]
    assert parts[0] | parts[1] == whole


def test_length_and_drop_last() -> None:
    source = Arrays(np.zeros((10, 4, 4, 3), np.uint8))
    for drop_last, sizes in ((False, [4, 4, 2]), (True, [4, 4])):
        loader = Loader(source, batch_size=4, drop_last=drop_last, workers=1)
        assert len(loader) == len(sizes) and [len(batch["index"]) for batch in loader] == sizes
    with pytest.raises(SourceError, match="10 samples make no batch of 11"):
        Loader(source, batch_size=11, drop_last=True)


@pytest.mark.parametrize("workers", [0, 2])
def test_kept_batches_are_never_overwritten(workers: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (90, 8, 8, 3), dtype=np.uint8)
    loader = Loader(Arrays(images), batch_size=4, workers=workers)
    kept = [batch for k in range(4) for batch in loader.epoch(k)]
    for batch in kept:
        assert np.array_equal(batch["image"], images[batch["index"]])
    assert loader.stats()["lent"] == len(kept)
    views = [batch["image"][1:, 2] for batch in kept]
    del kept, batch
    for k in range(4):
        for batch in loader.epoch(k):
            batch["image"][...] = 0
    assert sum(int(view.any()) for view in views) == len(views)
    del views, batch
    assert loader.stats()["lent"] == 0


def test_few_slots_serve_many_batches() -> None:
    loader = Loader(Arrays(np.zeros((400, 8, 8, 3), np.uint8)), batch_size=4, workers=2, prefetch=2)
    for _ in range(3):
        for _batch in loader:
            pass
    assert loader.stats()["made"] <= 4


def test_pictures_that_stay_ragged_come_as_a_list(folder: Path, ragged: Any) -> None:
    loader = Loader(ImageFolder(folder), ragged, batch_size=8, workers=2)
    batch = next(iter(loader))
    assert isinstance(batch["image"], list) and len({image.shape for image in batch["image"]}) > 1
    assert by_id(loader.epoch(0)) == by_id(Loader(ImageFolder(folder), ragged, batch_size=3, workers=0).epoch(0))


def test_no_pipeline_gives_the_pictures(folder: Path) -> None:
    from variegate.loader.decode import open_image

    source = ImageFolder(folder)
    for batch in Loader(source, batch_size=8, workers=2):
        for i, image in zip(batch["index"], batch["image"], strict=True):
            assert np.array_equal(image, open_image(source.where(i)).decode())


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("damage", ["text", "half", "empty", "gone"])
def test_a_damaged_file_is_raised_at_its_batch_with_its_path(
    tmp_path: Path, augment: Any, picture: Any, workers: int, damage: str
) -> None:
    for i in range(20):
        Image.fromarray(picture(24, 24, seed=i)).save(tmp_path / f"{i:02}.jpg")
    source = ImageFolder(tmp_path)
    bad = tmp_path / "13.jpg"
    data = bad.read_bytes()
    bad.write_bytes({"text": b"words", "half": data[: len(data) // 2], "empty": b"", "gone": b""}[damage])
    if damage == "gone":
        bad.unlink()
    count = 0
    with pytest.raises(DecodeError) as caught:
        for _ in Loader(source, augment, batch_size=4, shuffle=False, workers=workers):
            count += 1
    assert count == 3 and caught.value.path == str(bad) and str(bad) in str(caught.value)


def test_a_folder_of_every_kind_of_file(tmp_path: Path, augment: Any, picture: Any) -> None:
    photo = Image.fromarray(picture(40, 50))
    for name, mode in [
        ("a.jpg", "CMYK"),
        ("b.png", "L"),
        ("c.png", "LA"),
        ("d.png", "P"),
        ("e.png", "RGBA"),
        ("f.gif", "P"),
    ]:
        photo.convert(mode).save(tmp_path / name)
    photo.convert("1").save(tmp_path / "g.png")
    Image.fromarray(picture(20, 30_000)).save(tmp_path / "h.jpg")
    photo.save(tmp_path / "i.webp")
    loader = Loader(ImageFolder(tmp_path), augment, batch_size=4, workers=2)
    assert len(by_id(loader.epoch(0))) == 9
    assert by_id(loader.epoch(0)) == by_id(Loader(ImageFolder(tmp_path), augment, workers=0).epoch(0))


def test_grey_and_alpha_when_asked_for(tmp_path: Path, augment: Any, picture: Any) -> None:
    Image.fromarray(picture(40, 50)).save(tmp_path / "a.jpg")
    for mode, channels in (("L", 1), ("RGBA", 4)):
        batch = Loader(ImageFolder(tmp_path, mode=mode), augment, workers=1).batch(0, 0)
        assert batch["image"].shape[-1] == channels


def test_a_pickled_loader_goes_on_where_it_was(folder: Path, augment: Any) -> None:
    loader = Loader(ImageFolder(folder), augment, batch_size=8, workers=2, seed=3)
    for _ in loader:
        break
    copy = pickle.loads(pickle.dumps(loader))
    assert copy.next_epoch == 1 and by_id(copy) == by_id(loader)
    assert by_id(copy.epoch(0)) == by_id(loader.epoch(0))
    assert len(pickle.dumps(loader)) < len(pickle.dumps(copy.source)) + 1500  # and takes no memory of batches along


def test_a_spawned_process_makes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    loader = Loader(ImageFolder(folder), batch_size=8, workers=2, seed=3)
    (tmp_path / "loader").write_bytes(pickle.dumps(loader))
    code = (
        "import hashlib, pickle, sys; loader = pickle.load(open(sys.argv[1], 'rb'))\n"
        "print(hashlib.sha256(b''.join(i.tobytes() for b in loader.epoch(2) for i in b['image'])).hexdigest())"
    )
    out = subprocess.run([sys.executable, "-c", code, tmp_path / "loader"], capture_output=True, text=True, check=True)
    import hashlib

    here = hashlib.sha256(b"".join(image.tobytes() for batch in loader.epoch(2) for image in batch["image"]))
    assert out.stdout.strip() == here.hexdigest()


def test_stats_say_where_the_time_went(folder: Path, augment: Any) -> None:
    loader = Loader(ImageFolder(folder), augment, batch_size=8, workers=2)
    assert set(loader.stats()) == {
        *("read", "decode", "plan", "kernel", "wait", "carry", "dropped"),
        *(
            "lent",
            "lent_bytes",
            "idle",
            "made",
            "batches",
            "samples",
            "queue",
            "errors",
            "abandoned",
            "unmixed",
            "again",
        ),
        *("bytes_read", "bytes_decoded", "bytes_made", "windows"),
    }
    for _ in loader:
        pass
    after = loader.stats()
    assert all(after[stage] > 0 for stage in ("read", "decode", "plan", "kernel", "wait"))
    assert loader.stats()["read"] == after["read"]


def test_an_argument_that_cannot_be() -> None:
    source = Arrays(np.zeros((4, 2, 2), np.uint8))
    for names, said in [
        ({"batch_size": 0}, "batch_size is an integer of 1 or more, got 0"),
        ({"batch_size": 2.5}, r"batch_size is an integer of 1 or more, got 2\.5"),
        ({"workers": -1}, "workers is an integer of 0 or more, got -1"),
        ({"workers": True}, "workers is an integer of 0 or more, got True"),
        ({"prefetch": 1.0}, r"prefetch is an integer of 0 or more, got 1\.0"),
        ({"seed": "x"}, "seed is an integer, got 'x'"),
        ({"augment": abs}, "a Compose or None, got <built-in function abs>"),
    ]:
        with pytest.raises(FieldError, match=f"Loader.*{said}"):
            Loader(source, **names)  # type: ignore[arg-type]
    with pytest.raises(SourceError, match="takes a source first, such as ImageFolder"):
        Loader("photos/")  # type: ignore[arg-type]
    loader = Loader(source, batch_size=2, seed=-(2**70))
    for epoch in (-1, 2**32):
        with pytest.raises(InputError, match=f"an epoch is 0 to 4294967295, got {epoch}"):
            loader.epoch(epoch)
    for number in (-1, 2):
        with pytest.raises(InputError, match=f"an epoch has batches 0 to 1, got {number}"):
            loader.batch(0, number)


def test_workers_are_by_default_the_cores_of_this_process() -> None:
    assert available_cores() >= 1
    loader = Loader(Arrays(np.zeros((4, 2, 2), np.uint8)))
    assert loader.workers is None and len(list(loader)) == 1


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, picture: Any) -> Path:
    root = tmp_path_factory.mktemp("large")
    for i in range(6):
        Image.fromarray(picture(301 + 8 * i, 403, seed=i)).save(root / f"{i}.jpg", quality=92)
    return root


SMALL = Compose([Rotate((-20, 20)), RandomResizedCrop(24), HorizontalFlip(p=0.5)])


def test_scaled_decoding_looks_alike_and_hangs_on_nothing_else(large: Path) -> None:
    exact = by_id(Loader(ImageFolder(large), SMALL).epoch(0))
    found = [
        by_id(Loader(ImageFolder(large), SMALL, decode="scaled", workers=workers, batch_size=size).epoch(0))
        for workers, size in ((0, 6), (2, 4), (1, 1))
    ]
    assert found[0] == found[1] == found[2] != exact
    far = [abs(int(a) - int(b)) for name in exact for a, b in zip(exact[name], found[0][name], strict=True)]
    assert np.mean(far) < 5 and max(far) < 90  # noise, which leaves less to be alike than photographs do


def test_scaled_decoding_is_by_variation(large: Path) -> None:
    """Variations of a sample in a batch are what they are, whatever the others need of the picture."""
    from variegate.key import Keys
    from variegate.loader.decode import open_image

    source, crop, seen = ImageFolder(large), Compose([RandomResizedCrop(40, scale=(0.05, 1))]), set()
    for batch in Loader(source, crop, decode="scaled", repeats=4, batch_size=4, seed=2).epoch(1):
        picture = open_image(source.where(int(batch["index"][0])))
        plan = crop.plan(Keys.at(2, 1, batch["id"], batch["variation"]), [picture.size] * 4)
        for n in range(4):
            less, out = plan.reduction(n), np.empty(plan.shapes[n], plan.dtype)
            plan.run(n, picture.decode(None, less), out, picture.covers(less))
            assert np.array_equal(out, batch["image"][n])
            seen.add(less)
    assert len(seen) > 1


def test_scaled_decoding_needs_a_pipeline_to_shrink(large: Path) -> None:
    assert by_id(Loader(ImageFolder(large), decode="scaled").epoch(0)) == by_id(Loader(ImageFolder(large)).epoch(0))
    with pytest.raises(FieldError, match=r"decode is .exact. or .scaled., got .half."):
        Loader(ImageFolder(large), SMALL, decode="half")  # type: ignore[arg-type]
    with pytest.raises(FieldError, match="leaves nothing whole to cache"):
        Loader(ImageFolder(large), SMALL, decode="scaled", cache="memory")
