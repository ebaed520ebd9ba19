"""Records written by TensorFlow come back as they were, in any order; what is damaged is an error with its place."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import io
import pickle
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from variegate.errors import DecodeError, InputError, SourceError
from variegate.loader import Loader
from variegate.loader.source.folder import path_id
from variegate.loader.source.shards.index import INDEX
from variegate.loader.source.tfrecord.source import TFRecord
from variegate.targets import Boxes, PerInstance, PerSample

CORNERS = tuple(f"image/object/bbox/{side}" for side in ("xmin", "ymin", "xmax", "ymax"))


def jpeg(i: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(i).integers(0, 256, (40, 60 + 20 * i, 3), np.uint8)).save(file, "JPEG")
    return file.getvalue()


def floats(*values: float) -> tf.train.Feature:
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))


def feature(*values: Any) -> tf.train.Feature:
    if values and isinstance(values[0], bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def example(i: int) -> dict[str, tf.train.Feature]:
    """As the TensorFlow models' scripts write ImageNet and detection sets."""
    boxes = {name: floats(*(0.1 * k + 0.2 * (n % 2) for k in range(i % 3))) for n, name in enumerate(CORNERS)}
    return {
        "image/encoded": feature(jpeg(i)), "image/class/label": feature(i - 3), "image/format": feature(b"JPEG"),
        "image/class/text": feature(f"Nr. {i}".encode()), "image/object/class": feature(*range(i % 3)), **boxes,
    }  # fmt: skip


def write(path: Path, examples: Iterable[dict[str, tf.train.Feature]], packing: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path), packing) as writer:
        for each in examples:
            writer.write(tf.train.Example(features=tf.train.Features(feature=each)).SerializeToString())
    return path


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three files of 5, 0 and 8 records."""
    root = tmp_path_factory.mktemp("records")
    for shard, numbers in enumerate((range(5), (), range(5, 13))):
        write(root / f"train-{shard:05}-of-00003", map(example, numbers))
    return root


def room(size: int) -> memoryview:
    return memoryview(bytearray(size))


def test_every_record_is_what_was_written(records: Path) -> None:
    for _ in range(2):  # by a pass over the files, then by the index
        source = TFRecord(records)
        assert len(source) == 13 and source.labels.tolist() == list(range(-3, 10)) and source.labels.dtype == np.int64
        assert source.targets is None and source.fields(3) == {}
        for i in np.random.default_rng(0).permutation(13).tolist():
            assert source.read(i) == bytes(source.read_into(i, room)) == bytes(source.sample(i, room)[0]) == jpeg(i)
            name = f"train-0000{0 if i < 5 else 2}-of-00003"
            assert source.id(i) == path_id(f"{name}/{i if i < 5 else i - 5}")
            assert source.where(i) == f"{records}/{name}:{i if i < 5 else i - 5}"
        assert len(list(records.glob(f"*{INDEX}"))) == 3


def test_the_pictures_are_those_of_tensorflow(records: Path) -> None:
    source = TFRecord(f"{records}/train-*-of-00003")
    paths = sorted(str(path) for path in records.glob("train-*-of-00003"))
    described = {
        "image/encoded": tf.io.FixedLenFeature([], tf.string),
        "image/class/label": tf.io.FixedLenFeature([], tf.int64),
    }
    for i, raw in enumerate(tf.data.TFRecordDataset(paths)):
        parsed = tf.io.parse_single_example(raw, described)
        assert parsed["image/encoded"].numpy() == source.read(i) and int(parsed["image/class/label"]) == source.label(i)


def test_fields_and_labels_of_every_kind(records: Path) -> None:
    fields = {"text": "image/class/text", "boxes": CORNERS, "labels": "image/object/class"}
    source = TFRecord(
        records, fields=fields, targets={"text": PerSample(), "boxes": Boxes(normalised=True), "labels": PerInstance()}
    )
    for i in (0, 5, 12):
        picture, found = source.sample(i, room)
        assert bytes(picture) == jpeg(i) and found["text"] == [f"Nr. {i}".encode()]
        assert found["boxes"].shape == (i % 3, 4) and found["boxes"].dtype == np.float32
        assert found["labels"].tolist() == list(range(i % 3)) and found["labels"].dtype == np.int64
        assert {name: np.asarray(value).tolist() for name, value in source.fields(i).items()} == {
            name: np.asarray(value).tolist() for name, value in found.items()
        }
    for batch in Loader(source, batch_size=4, workers=2):
        for n, i in enumerate(batch["index"].tolist()):
            assert (
                batch["text"][n] == [f"Nr. {i}".encode()] and len(batch["boxes"][n]) == len(batch["labels"][n]) == i % 3
            )
            assert batch["label"][n] == i - 3
    with pytest.raises(InputError, match="unknown field"):
        next(iter(Loader(TFRecord(records, fields={"thing": "image/class/text"}), workers=0)))


def test_a_label_that_is_no_integer_is_a_field(records: Path) -> None:
    source = TFRecord(records, label="image/class/text")
    assert source.labels is None and source.fields(4) == {"label": [b"Nr. 4"]}
    source = TFRecord(records, label="image/object/class")  # one integer in some records alone
    assert source.labels is None and [len(source.fields(i)["label"]) for i in (3, 4, 5)] == [0, 1, 2]
    assert TFRecord(records, label=None).labels is None


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path, records: Path) -> None:
    for folder in "ab":
        write(tmp_path / folder / "x.tfrecord", [example(0), example(1)])
    assert TFRecord(tmp_path / "a").ids.tolist() == [path_id(f"x.tfrecord/{i}") for i in (0, 1)]
    both = TFRecord(f"{tmp_path}/*/x.tfrecord").ids.tolist()
    assert both == [path_id(f"{folder}/x.tfrecord/{i}") for folder in "ab" for i in (0, 1)]


def test_what_is_lacking_is_an_error(tmp_path: Path) -> None:
    other = {"image": feature(b"x"), "two": feature(b"x", b"y"), "n": feature(1)}
    path, alone = write(tmp_path / "a.tfrecord", [example(0), other]), write(tmp_path / "d.tfrecord", [other])
    for arguments, said in (
        (
            {},
            r"a.tfrecord: record 1, at byte \d+: it has no feature 'image/encoded', but image, n, two; .* image=",
        ),
        ({"label": "lab"}, r"record 0, at byte 0: it has no feature 'lab', but .*; name yours by label= \(label=None"),
        (
            {"image": "image/class/label"},
            "record 0.*'image/class/label' is the bytes of one picture file, got a list of numbers",
        ),
        ({"image": "image/object/class"}, "got a list of numbers"),
        ({"mode": "BGR"}, "mode of TFRecord"),
        (
            {"label": None, "fields": "n", "paths": alone, "image": "image"},
            r"TFRecord.fields is a list such as \['n'\]",
        ),
    ):
        with pytest.raises(SourceError, match=said):
            TFRecord(**{"paths": path, **arguments})  # type: ignore[arg-type]
    pair = write(tmp_path / "b.tfrecord", [{"image": feature(b"x", b"y"), "n": feature(1, 2), "m": feature(1)}])
    with pytest.raises(SourceError, match="got 2 of them"):
        TFRecord(pair, image="image", label=None)
    write(pair, [{"image": feature(b"x"), "n": feature(1, 2), "m": feature(1)}])
    for fields, said in (
        (["x"], "b.tfrecord:0: .*no feature 'x', but image, m, n"),
        ({"b": ("n", "m")}, "1, 2. elements"),
    ):
        with pytest.raises(DecodeError, match=said):
            TFRecord(pair, image="image", label=None, fields=fields).fields(0)
    with pytest.raises(SourceError, match="found no samples in 1 files"):
        TFRecord(write(tmp_path / "c.tfrecord", []))


def test_a_file_cut_anywhere_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tfrecord", [{"image": feature(b"x" * 50)}, {"image": feature(b"y" * 5000)}])
    data = path.read_bytes()
    first = 12 + int.from_bytes(data[:8], "little") + 4
    for length in [*range(1, first + 100), first + 4000, len(data) - 5, len(data) - 1]:
        path.write_bytes(data[:length])
        if length == first:
            assert len(TFRecord(path, "image", None)) == 1  # a whole file of one record
            continue
        at = 0 if length < first else first
        with pytest.raises(
            SourceError, match=rf"a.tfrecord: record {int(at > 0)}, at byte {at} of {length}: .*cut short"
        ):
            TFRecord(path, "image", None)


def test_damage_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tfrecord", [{"image": feature(b"x" * 50)}] * 2)
    data = bytearray(path.read_bytes())
    places = {
        3: "record 0, at byte 0 .*checksum.*compression",
        12: "record 0, at byte 0: (no tf.train.Example|it has no)",
    }
    for at, said in {**places, len(data) // 2: "record 1, .*checksum of its length"}.items():
        damaged = bytearray(data)
        damaged[at] ^= 0x41
        path.write_bytes(damaged)
        with pytest.raises(SourceError, match=said):
            TFRecord(path, "image", None)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("image/encoded", b"\x07"),  # no such wire type
        ("image/encoded", b"\x0a\x09\x0a\x01"),  # a list longer than its feature
        ("image/encoded", b"\x0a\x02\x0a\x7f"),  # an element longer than its list
        ("image/class/label", b"\x1a\x03\x0a\x01\x80"),  # a number that does not end
        ("image/class/label", b"\x1a\x80"),
    ],
)
def test_a_damaged_feature_whose_sums_are_right_is_told_with_its_record(
    tmp_path: Path, name: str, damage: bytes
) -> None:
    """As a writer with a fault leaves it."""

    def entry(name: str, content: bytes) -> bytes:
        both = bytes([0x0A, len(name)]) + name.encode() + bytes([0x12, len(content)]) + content
        return bytes([0x0A, len(both)]) + both

    def whole(**features: bytes) -> bytes:
        told = {"image/encoded": b"\x0a\x03\x0a\x01x", "image/class/label": b"\x1a\x03\x0a\x01\x05"} | features
        inner = b"".join(entry(*each) for each in told.items())
        return bytes([0x0A, len(inner)]) + inner

    with tf.io.TFRecordWriter(str(tmp_path / "a.tfrecord")) as writer:
        writer.write(whole())
    assert TFRecord(tmp_path / "a.tfrecord").labels.tolist() == [5]
    with tf.io.TFRecordWriter(str(tmp_path / "b.tfrecord")) as writer:
        writer.write(whole())
        writer.write(whole(**{name: damage}))
    with pytest.raises(SourceError, match=r"b.tfrecord: record 1, at byte \d+: no tf.train.Example \("):
        TFRecord(tmp_path / "b.tfrecord")


def test_a_flipped_bit_is_told_by_the_sum_of_its_record(tmp_path: Path) -> None:
    pytest.importorskip("google_crc32c")
    names = {"image": feature(jpeg(0)), "label": feature(5)}
    path = write(tmp_path / "a.tfrecord", [{**names, "text": feature(b"word%d" % i)} for i in range(3)])
    data, options = bytearray(path.read_bytes()), {"image": "image", "label": "label"}
    label = data.rindex(b"label\x12\x05\x1a\x03\x0a\x01\x05") + 11
    for at in (data.index(b"word1"), data.index(jpeg(0)) + 200, label):
        data[at] ^= 1
        path.write_bytes(data)
        with_fields = {**options, "fields": {"t": "text"}, "targets": {"t": PerSample()}}
        for source in (TFRecord(path, **options), TFRecord(path, **with_fields)):  # type: ignore[arg-type]
            good, wrong = 0, []
            for i in range(3):
                try:
                    good += bytes(source.sample(i, room)[0]) == jpeg(0) and source.read(i) == jpeg(0)
                except DecodeError as error:
                    wrong.append(str(error))
            assert good == 2 and len(wrong) == 1 and f"{path}:" in wrong[0] and "checksum" in wrong[0]
        data[at] ^= 1
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))  # in the last sum itself
    with pytest.raises(DecodeError, match=r"a.tfrecord:2: .*its checksum"):
        TFRecord(path, **options).read(2)


def test_without_the_library_records_are_read_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tfrecord", [{"image": feature(jpeg(0))}])
    script = (
        "import sys; sys.modules['google_crc32c'] = None\n"
        "from variegate.loader.source.tfrecord import TFRecord\n"
        f"print(len(TFRecord({str(path)!r}, 'image', None).read(0)))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout == f"{len(jpeg(0))}\n" and found.stderr == ""


@pytest.mark.parametrize(
    ("packing", "said"), [("GZIP", "compressed .gzip.*gunzip < .*a-unpacked.tfrecord"), ("ZLIB", "with compression")]
)
def test_a_compressed_file_is_refused(tmp_path: Path, packing: str, said: str) -> None:
    with pytest.raises(SourceError, match=f"a.tfrecord: .*{said}"):
        TFRecord(write(tmp_path / "a.tfrecord", [example(0)], packing))


def test_threads_pickles_subsets_and_handles(records: Path) -> None:
    source = pickle.loads(pickle.dumps(TFRecord(records)))
    handles = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    with ThreadPoolExecutor(8) as pool:
        for i, data in zip([*range(13)] * 20, pool.map(source.read, [*range(13)] * 20), strict=True):
            assert data == jpeg(i)
    assert not handles or len(os.listdir("/proc/self/fd")) == handles
    first, second = TFRecord(records, fields={"text": "image/class/text"}).split(0.5)
    assert sorted([*first.ids, *second.ids]) == sorted(source.ids)
    for n, i in enumerate(first.positions.tolist()):
        picture, found = first.sample(n, room)
        assert bytes(picture) == jpeg(i) and found == {"text": [f"Nr. {i}".encode()]} and first.label(n) == i - 3


def test_through_a_loader_with_any_number_of_workers(records: Path, augment: Any) -> None:
    made = []
    for workers, size in ((0, 4), (1, 1), (3, 7)):
        rows = {}
        for batch in Loader(TFRecord(records), augment, size, workers=workers):
            rows |= {k: (batch["image"][n].tobytes(), batch["label"][n]) for n, k in enumerate(batch["id"].tolist())}
        made.append(rows)
    assert len(made[0]) == 13 and made[0] == made[1] == made[2]


HARM: list[tuple[str, Any]] = [
    ("records", lambda a: a + np.array([1 << 40, 0])),
    ("records", lambda a: a + np.array([0, 1 << 40])),
    ("records", lambda a: a[::-1]),
    ("records", lambda a: a[:2]),
    ("records", lambda a: a.astype(np.int32)),
    ("image", lambda a: a - np.array([1 << 20, 0])),
    ("image", lambda a: a + np.array([0, 5000])),
    ("image", lambda a: a[:, ::-1]),
    ("image", lambda a: a.ravel()),
    ("label", lambda a: a[:2]),
    ("label", lambda a: a * 1.5),
    ("ids", lambda a: a[:1]),
    ("ids", lambda a: np.full_like(a, 7)),
]


@pytest.mark.parametrize("harm", range(len(HARM)))
def test_an_index_that_leads_elsewhere_is_made_again(records: Path, tmp_path: Path, harm: int) -> None:
    path = tmp_path / "a.tfrecord"
    path.write_bytes((records / "train-00000-of-00003").read_bytes())
    expected = TFRecord(path)
    (saved,) = tmp_path.glob(f"*{INDEX}")
    right, (name, change) = saved.read_bytes(), HARM[harm]
    with np.load(saved) as columns:
        found = {key: columns[key] for key in columns.files}
    name = next(key for key in found if key.startswith(name))
    with open(saved, "wb") as file:
        np.savez(file, **{**found, name: change(found[name])})
    source = TFRecord(path)
    assert [source.read(i) for i in range(5)] == [expected.read(i) for i in range(5)]
    assert source.ids.tolist() == expected.ids.tolist() and source.labels.tolist() == expected.labels.tolist()
    assert saved.read_bytes() == right


def test_a_url(records: Path, tmp_path: Path) -> None:
    memory = pytest.importorskip("fsspec").filesystem("memory")
    for path in records.glob("*-of-00003"):
        memory.pipe(f"/records/{path.name}", path.read_bytes())
    fields = {"text": "image/class/text"}
    here, there = TFRecord(records, fields=fields), TFRecord("memory://records/*", fields=fields, index=tmp_path)
    assert there.ids.tolist() == here.ids.tolist() and there.labels.tolist() == here.labels.tolist()
    assert [there.read(i) for i in range(13)] == [here.read(i) for i in range(13)]
    assert [there.fields(i) for i in range(13)] == [here.fields(i) for i in range(13)]
    assert len(list(tmp_path.iterdir())) == 3
