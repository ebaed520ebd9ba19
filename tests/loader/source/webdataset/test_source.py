"""Samples out of tars are those that were written, in any order, from any thread; what lacks a part is refused."""

from __future__ import annotations

import io
import json
import os
import pickle
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate.errors import DecodeError, InputError, SourceError
from variegate.loader import Loader, Subset
from variegate.loader.source.folder import path_id
from variegate.loader.source.shards.index import INDEX
from variegate.loader.source.webdataset.source import WebDataset
from variegate.targets import Boxes, Mask, PerSample, Targets
from variegate.targets import Image as View

Members = dict[str, bytes]


def saved(array: np.ndarray, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    np.save(file, array) if kind == "NPY" else Image.fromarray(array).save(file, kind)
    return file.getvalue()


def sample(i: int) -> Members:
    """A picture, and a member of every kind that can be read."""
    rng = np.random.default_rng(i)
    return {
        "jpg": saved(rng.integers(0, 256, (12, 20, 3), np.uint8), "JPEG"),
        "cls": str(i % 3).encode(),
        "txt": f"Nr. {i}".encode(),
        "json": json.dumps({"class": 100 + i, "name": f"n{i}", "boxes": [[0, 0, i + 1, 2]]}).encode(),
        "seg.png": saved(np.full((12, 20), i, np.uint8)),
        "view.png": saved(rng.integers(0, 256, (12, 20, 3), np.uint8)),
        "npy": saved(np.arange(i, dtype=np.float32), "NPY"),
        "bin": bytes([i]),
    }


def write(path: Path, samples: dict[str, Members]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, members in samples.items():
            for suffix, data in members.items():
                member = tarfile.TarInfo(f"{name}.{suffix}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return path


@pytest.fixture(scope="module")
def tars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four shards of 5, 6, 0 and 4 samples."""
    root, i = tmp_path_factory.mktemp("tars"), 0
    for shard, count in enumerate((5, 6, 0, 4)):
        write(root / f"train-{shard:03}.tar", {f"c{k % 2}/{k:04}": sample(k) for k in range(i, i + count)})
        i += count
    return root


def room(size: int) -> memoryview:
    return memoryview(bytearray(size))


def test_every_sample_is_what_was_written(tars: Path) -> None:
    for _ in range(2):  # by a pass over the tars, then by the index
        source = WebDataset(f"{tars}/train-{{000..003}}.tar")
        assert len(source) == 15 and source.labels.tolist() == [i % 3 for i in range(15)]
        assert source.labels.dtype == np.int64 and source.targets is None and source.fields(3) == {}
        for i in np.random.default_rng(0).permutation(15).tolist():
            assert source.read(i) == bytes(source.read_into(i, room)) == sample(i)["jpg"]
            assert source.id(i) == path_id(f"c{i % 2}/{i:04}")
            shard = 0 if i < 5 else 1 if i < 11 else 3
            assert source.where(i) == f"{tars}/train-00{shard}.tar/c{i % 2}/{i:04}.jpg"
        assert len(list(tars.glob(f"*{INDEX}"))) == 4


def test_every_kind_of_field(tars: Path) -> None:
    fields = {"mask": "seg.png", "view": "view.png", "boxes": "json:boxes", "k": "npy", "raw": "bin", "caption": "txt"}
    targets = Targets(view=View(), boxes=Boxes("coco"), k=PerSample(), raw=PerSample())
    source = WebDataset(tars, fields={**fields, "all": "json"}, targets={**dict(targets.fields), "all": PerSample()})
    assert source.targets is not None and source.targets["caption"] == PerSample()
    for i in (0, 7, 14):
        found = source.fields(i)
        assert list(found) == [*fields, "all"] and found["mask"].shape == (12, 20) and (found["mask"] == i).all()
        assert np.array_equal(found["view"], np.asarray(Image.open(io.BytesIO(sample(i)["view.png"]))))
        assert found["boxes"] == [[0, 0, i + 1, 2]] and found["all"] == json.loads(sample(i)["json"])
        assert found["k"].tolist() == list(range(i)) and found["raw"] == bytes([i]) and found["caption"] == f"Nr. {i}"


def test_every_kind_of_label(tars: Path) -> None:
    assert WebDataset(tars, label="json:class").labels.tolist() == list(range(100, 115))
    assert WebDataset(tars, label=".CLS").labels.tolist() == [i % 3 for i in range(15)]
    for label, want in (("json:name", "n4"), ("txt", "Nr. 4"), ("json", json.loads(sample(4)["json"])), ("bin", b"\4")):
        source = WebDataset(tars, label=label)
        assert source.labels is None and source.fields(4) == {"label": want}
    assert WebDataset(tars, label=False).labels is None and WebDataset(tars, label=False).fields(4) == {}


@pytest.mark.parametrize("kind", [{"c": "x"}, {"c": None}])
def test_labels_of_two_kinds_in_two_tars_are_refused(tmp_path: Path, kind: Any) -> None:
    for tar, value in (("a", {"c": 1}), ("b", {"c": 2.5}), ("c", {"c": [1]}), ("d", kind)):
        samples = {f"{tar}{n}": {"jpg": b"x", "json": json.dumps(value).encode()} for n in range(2)}
        write(tmp_path / f"{tar}.tar", samples)
    assert WebDataset([tmp_path / "a.tar", tmp_path / "b.tar"], label="json:c").fields(3) == {"label": 2.5}
    WebDataset([tmp_path / "c.tar", tmp_path / "d.tar"], label="json:c")
    for number in "ab":  # by a pass over the tars, and by the index
        both = [tmp_path / f"{number}.tar", tmp_path / "c.tar", tmp_path / "d.tar"]
        said = rf"d.tar/d0.json: labels are of one kind, and that of .*{number}.tar/{number}0.json is a number"
        with pytest.raises(SourceError, match=said):
            WebDataset(both, label="json:c")
        with pytest.raises(SourceError, match=said):
            WebDataset(both, label="json:c")
        assert WebDataset(both, label=False).labels is None


def test_the_picture_is_the_first_that_there_is(tmp_path: Path) -> None:
    write(
        tmp_path / "a.tar", {"0": {"png": b"p", "jpg": b"j"}, "1": {"PNG": b"p"}, "2": {"left.jpg": b"l", "webp": b"w"}}
    )
    source = WebDataset(tmp_path)
    assert [source.read(i) for i in range(3)] == [b"j", b"p", b"w"] and source.labels is None
    source = WebDataset(tmp_path, image=("left.jpg", "png"))
    assert [source.read(i) for i in range(3)] == [b"p", b"p", b"l"] and source.where(2).endswith("a.tar/2.left.jpg")


def test_tars_need_not_have_their_members_in_one_order(tmp_path: Path) -> None:
    write(
        tmp_path / "a.tar",
        {"0": {"cls": b"4", "txt": b"t0", "jpg": b"j0"}, "1": {"jpg": b"j1", "txt": b"t1", "cls": b"5"}},
    )
    write(tmp_path / "b.tar", {"2": {"webp": b"w2", "json": b"{}", "txt": b"t2", "cls": b"6"}})
    source = WebDataset(tmp_path, fields=["txt"])
    assert [source.read(i) for i in range(3)] == [b"j0", b"j1", b"w2"] and source.labels.tolist() == [4, 5, 6]
    assert [source.fields(i) for i in range(3)] == [{"txt": f"t{i}"} for i in range(3)]


def test_members_of_a_sample_need_not_be_neighbours(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", {"0": {"jpg": b"a"}, "1": {"jpg": b"b"}})
    with tarfile.open(path, "a") as tar:
        for i in (1, 0):
            member = tarfile.TarInfo(f"{i}.cls")
            member.size = 1
            tar.addfile(member, io.BytesIO(b"%d" % (i + 5)))
    assert WebDataset(path).labels.tolist() == [5, 6]


def test_names_that_repeat_are_told_apart_by_their_tars(tmp_path: Path) -> None:
    for name in ("x/a.tar", "x/b.tar", "y/b.tar"):
        write(tmp_path / name, {"0": {"jpg": name.encode()}, "1": {"jpg": b""}})
    alone, two = WebDataset(tmp_path / "x/a.tar"), WebDataset(tmp_path / "x")
    assert alone.ids.tolist() == [path_id("0"), path_id("1")]
    assert two.ids.tolist() == [path_id(f"{tar}.tar/{i}") for tar in "ab" for i in (0, 1)]
    four = WebDataset(f"{tmp_path}/*/b.tar")
    assert four.ids.tolist() == [path_id(f"{folder}/b.tar/{i}") for folder in "xy" for i in (0, 1)]


def test_what_is_lacking_is_an_error(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.tar", {"0": {"jpg": b"a", "cls": b"1", "txt": b"t"}, "n/1": {"jpg": b"b", "left.png": b"x"}}
    )
    write(tmp_path / "b.tar", {"2": {"txt": b"a", "cls": b"1"}})
    write(tmp_path / "c.tar", {})
    for arguments, said in (
        ({"paths": path}, r"a.tar/n/1 has no .cls: its members are .*.jpg .*.left.png; 1 of 2 samples have none"),
        ({"paths": path, "label": False, "fields": ["txt"]}, r"a.tar/n/1 has no .txt.*the same fields"),
        ({"paths": path, "label": "json:a"}, r"a.tar/0 has no .json.*2 of 2"),
        ({"paths": path, "image": "left.png"}, r"a.tar/0 has no picture: its members are.*\. Image='left.png'"),
        ({"paths": tmp_path / "b.tar"}, r"b.tar/2 has no picture: its members are .txt .cls.*Name its suffix"),
        ({"paths": tmp_path / "c.tar"}, r"c.tar: WebDataset found no samples in 1 files"),
        ({"paths": path, "label": False, "fields": "txt"}, r"fields is a list such as \['txt'\]"),
        ({"paths": path, "label": False, "fields": ["image"]}, r"WebDataset: the name 'image' is taken"),
        ({"paths": path, "mode": "BGR"}, 'mode of WebDataset is "RGB", "L", "RGBA" or "bands"'),
    ):
        with pytest.raises(SourceError, match=said):
            WebDataset(**arguments)  # type: ignore[arg-type]


def test_targets_and_fields_belong_together(tars: Path) -> None:
    with pytest.raises(
        SourceError, match=r"'npy' of WebDataset has no target: .*\{\"npy\": \.\.\.\}, with \.\.\. one of Image"
    ):
        WebDataset(tars, fields=["npy", "txt"], targets={"boxes": Boxes()})
    with pytest.raises(SourceError, match=r"boxes=Boxes\(\) is the target of no field; the fields are \['txt'\]"):
        WebDataset(tars, fields=["txt"], targets={"boxes": Boxes()})


def test_damaged_fields_name_their_member(tmp_path: Path) -> None:
    harm = io.BytesIO()
    np.save(harm, np.array([{}], object), allow_pickle=True)
    members = {"jpg": b"a", "json": b"{", "npy": harm.getvalue(), "txt": b"\xff", "seg.png": b"no", "view.png": b"no"}
    write(tmp_path / "a.tar", {"0": members})
    targets = {"json": PerSample(), "npy": PerSample(), "seg.png": Mask(), "view.png": View()}
    for field, said in (("json", "0.json.*no JSON"), ("npy", "0.npy.*objects, which are pickled"), ("txt", "0.txt"),
                        ("seg.png", "0.seg.png.*no PNG"), ("view.png", "0.view.png.*no picture format")):  # fmt: skip
        known = {field: targets[field]} if field in targets else None
        with pytest.raises(DecodeError, match=f"a.tar/{said}"):
            WebDataset(tmp_path, fields=[field], targets=known).fields(0)


def test_a_tar_that_changes_under_the_source_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", {"0": {"jpg": b"a" * 3000}})
    source = WebDataset(path)
    stamp = source.stamp(0)
    write(path, {"1": {"jpg": b"b" * 3000}})
    os.utime(path, ns=(5, 5))
    with pytest.raises(DecodeError, match="has changed since the source was made; make it again"):
        source.read(0)
    again = WebDataset(path)
    assert again.read(0) == b"b" * 3000 and again.stamp(0) != stamp


def test_threads_pickles_and_handles(tars: Path) -> None:
    source = pickle.loads(pickle.dumps(WebDataset(tars)))
    handles = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    with ThreadPoolExecutor(8) as pool:
        for i, data in zip([*range(15)] * 20, pool.map(source.read, [*range(15)] * 20), strict=True):
            assert data == sample(i)["jpg"]
    assert not handles or len(os.listdir("/proc/self/fd")) == handles


def collected(loader: Loader) -> dict[int, tuple[Any, ...]]:
    """Of every id, all that the batches have of it."""
    rows = {}
    for batch in loader:
        for n, number in enumerate(batch["id"].tolist()):
            rows[number] = tuple(np.asarray(batch[name][n]).tobytes() for name in sorted(batch) if name != "index")
    return rows


def test_through_a_loader_with_any_number_of_workers(tars: Path, augment: Any) -> None:
    source = WebDataset(tars)
    whole = collected(Loader(source, augment, batch_size=4, workers=0))
    assert len(whole) == 15
    for workers, size in ((1, 1), (3, 7)):
        assert collected(Loader(pickle.loads(pickle.dumps(source)), augment, size, workers=workers)) == whole
    first, second = source.split(0.4)
    assert isinstance(first, Subset) and first.labels.tolist() == source.labels[first.positions].tolist()
    parts = [collected(Loader(part, augment, batch_size=4, workers=2)) for part in (first, second)]
    assert parts[0] | parts[1] == whole and len(parts[0]) == 6


def test_fields_through_a_loader(tars: Path) -> None:
    source = WebDataset(tars, label="json:name", fields={"mask": "seg.png", "boxes": "json:boxes", "txt": "txt"},
                        targets={"mask": Mask(), "boxes": Boxes("coco")})  # fmt: skip
    for batch in Loader(source, batch_size=5, workers=2):
        for n, i in enumerate(batch["index"].tolist()):
            assert batch["label"][n] == f"n{i}" and batch["txt"][n] == f"Nr. {i}" and (batch["mask"][n] == i).all()
            assert np.asarray(batch["boxes"][n]).tolist() == [[0, 0, i + 1, 2]]
    undeclared = WebDataset(tars, fields={"boxes": "json:boxes"})
    with pytest.raises(InputError, match=r"unknown field boxes.*Boxes"):
        next(iter(Loader(undeclared, workers=0)))


HARM: list[tuple[str, Any]] = [
    ("members", lambda a: a + np.array([0, 0, 1 << 40, 0])),
    ("members", lambda a: a + np.array([0, 0, 0, 1 << 40])),
    ("members", lambda a: a - np.array([0, 0, 1 << 20, 0])),
    ("members", lambda a: np.where(a > 1000, np.iinfo(np.int64).max, a)),
    ("members", lambda a: a + np.array([1, 0, 0, 0])),
    ("members", lambda a: a + np.array([0, 8, 0, 0])),
    ("members", lambda a: a[::-1]),
    ("members", lambda a: np.concatenate([a, a])),
    ("members", lambda a: a.astype(np.float64)),
    ("members", lambda a: a[:, :3]),
    ("members", lambda a: a.ravel()),
    ("names", lambda a: a[:-1]),
    ("names", lambda a: a.astype(np.uint16)),
    ("ends", lambda a: a[::-1]),
    ("ends", lambda a: a[:-1]),
    ("ends", lambda a: np.array(3)),
    ("suffixes", lambda a: a[:3]),
    ("stops", lambda a: -a),
    ("ids", lambda a: a[:1]),
    ("ids", lambda a: np.full_like(a, 7)),
    ("ids", lambda a: a.astype(np.int64)),
    ("label", lambda a: a[:2]),
    ("label", lambda a: a * 1.5),
    ("kinds", lambda a: a + 5),
    ("kinds", lambda a: a - 1),
    ("kinds", lambda a: a[:2]),
    ("kinds", lambda a: a.astype(np.int32)),
]


@pytest.mark.parametrize("harm", range(len(HARM)))
def test_an_index_that_leads_elsewhere_is_made_again(tars: Path, tmp_path: Path, harm: int) -> None:
    (tmp_path / "a.tar").write_bytes((tars / "train-000.tar").read_bytes())
    expected = WebDataset(tmp_path / "a.tar")
    (saved,) = tmp_path.glob(f"*{INDEX}")
    right, (name, change) = saved.read_bytes(), HARM[harm]
    with np.load(saved) as columns:
        found = {key: columns[key] for key in columns.files}
    name = next(key for key in found if key.startswith(name))
    with open(saved, "wb") as file:
        np.savez(file, **{**found, name: change(found[name])})
    source = WebDataset(tmp_path / "a.tar")
    assert [source.read(i) for i in range(5)] == [expected.read(i) for i in range(5)]
    assert source.ids.tolist() == expected.ids.tolist() and source.labels.tolist() == expected.labels.tolist()
    assert saved.read_bytes() == right


def test_long_numbers_and_arrays_are_not_read(tmp_path: Path) -> None:
    claim = io.BytesIO()
    np.lib.format.write_array_header_1_0(claim, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    claimed = claim.getvalue() + bytes(80)
    members = {"jpg": b"a", "npy": claimed, "y.npy": claimed.replace(b"(10", b"({{"), "x.cls": b"1" * 2000}
    write(tmp_path / "a.tar", {"0": members})
    for field, said in (
        ("npy", r"0.npy.*says \(1000000000000,\) of float64, and 80 bytes follow"),
        ("y.npy", r"0.y.npy.*whose header cannot be read"),
        ("x.cls", r"0.x.cls.*it has 2000 bytes"),
    ):
        with pytest.raises(DecodeError, match=f"a.tar/{said}"):
            WebDataset(tmp_path / "a.tar", fields={"f": field}).fields(0)
    upright = saved(np.asfortranarray(np.arange(6.0).reshape(2, 3)), "NPY")
    write(tmp_path / "b.tar", {"0": {"jpg": b"a", "npy": upright}})
    found = WebDataset(tmp_path / "b.tar", fields=["npy"]).fields(0)["npy"]
    found[0, 0] = 7  # the user's own
    assert found.tolist() == [[7, 1, 2], [3, 4, 5]]


def test_notes_on_the_tar_are_passed_over(tars: Path, tmp_path: Path) -> None:
    members = {"__meta__": {"json": b"{}"}, "0": sample(0), "dataset": {"json": b"[]"}, "1": sample(1)}
    source = WebDataset(write(tmp_path / "a.tar", members), label="json:class")
    assert source.labels.tolist() == [100, 101] and [source.read(i) for i in (0, 1)] == [
        sample(0)["jpg"],
        sample(1)["jpg"],
    ]
    members["2"] = {"json": b'{"class": 1}'}
    with pytest.raises(SourceError, match=r"a.tar/2 has no picture: its members are .json"):
        WebDataset(write(tmp_path / "a.tar", members))


def test_a_url(tars: Path, tmp_path: Path) -> None:
    memory = pytest.importorskip("fsspec").filesystem("memory")
    for path in tars.glob("*.tar"):
        memory.pipe(f"/tars/{path.name}", path.read_bytes())
    here = WebDataset(tars)
    for index in (None, tmp_path, tmp_path):
        there = WebDataset("memory://tars/train-*.tar", index=index)
        assert there.ids.tolist() == here.ids.tolist() and there.labels.tolist() == here.labels.tolist()
        assert [there.read(i) for i in range(15)] == [here.read(i) for i in range(15)]
    assert len(list(tmp_path.iterdir())) == 4 and there.where(0) == "memory:///tars/train-000.tar/c0/0000.jpg"
    memory.pipe("/tars/train-000.tar", bytes(700))
    with pytest.raises(DecodeError, match=r"train-000.tar: .*the file has changed since the source was made"):
        there.read(4)


def test_a_key_with_a_dot_is_told_of(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", {"22": {"05.jpg": saved(np.zeros((4, 5, 3), np.uint8), "JPEG"), "05.cls": b"1"}})
    said = (
        r"a\.tar/22 has no picture: its members are \.05\.jpg \.05\.cls; 1 of 1 samples have none\. "
        r"The first dot of a name ends its key, so 22\.05\.jpg is of the sample 22, with the suffix \.05\.jpg: "
        r"write the members without dots in their keys, as 22_05\.jpg$"
    )
    with pytest.raises(SourceError, match=said):
        WebDataset(path)
    with pytest.raises(SourceError, match=r"has no \.cls: .*so 22\.05\.cls is of the sample 22"):
        WebDataset(path, image="05.jpg", label="cls")
