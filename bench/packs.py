"""Odd shards: tars, TFRecord and Parquet, sound and spoiled."""

from __future__ import annotations

import io
import struct
import tarfile
from collections.abc import Iterator
from typing import Any

import broken
import numpy as np
from annotations import DEEP, Contents, Labelled, picture
from odd import EITHER, READ, REFUSED


def tar(members: Contents, form: int = tarfile.USTAR_FORMAT, packing: str = "") -> bytes:
    """A tar of these."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{packing}", format=form) as file:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tars() -> Iterator[tuple[str, Labelled]]:
    """Tars of samples."""
    from variegate.loader import WebDataset

    two = {"a.jpg": picture(1), "a.cls": b"3", "b.jpg": picture(2), "b.cls": b"4"}
    whole, array = tar(two), io.BytesIO()
    np.save(array, np.array([{}], object), allow_pickle=True)
    cases = {
        "sound": (whole, READ),
        "of POSIX": (tar(two, tarfile.PAX_FORMAT), READ),
        "of GNU": (tar(two, tarfile.GNU_FORMAT), READ),
        "long names": (tar({"d" * 180 + "/" + k: v for k, v in two.items()}, tarfile.PAX_FORMAT), READ),
        "names that climb": (tar({"../" + k: v for k, v in two.items()}), READ),
        "notes": (tar({"__meta__.json": b"{}", **two}), READ),
        "zeros behind it": (whole + bytes(50_000), READ),
        "two put together": (whole + tar({"c.jpg": picture(), "c.cls": b"1"}), REFUSED),
        "cut": (whole[:2000], REFUSED),
        "cut in a header": (whole[:700], REFUSED),
        "packed": (tar(two, packing="gz"), REFUSED),
        "empty": (b"", REFUSED),
        "zeros": (bytes(10240), REFUSED),
        "text": (broken.LOREM, REFUSED),
        "a picture": (picture(), REFUSED),
        "a class of NA": (tar({**two, "b.cls": b"NA"}), REFUSED),
        "a class of 5000 digits": (tar({**two, "b.cls": b"9" * 5000}), REFUSED),
        "a class missing": (tar({k: v for k, v in two.items() if k != "b.cls"}), REFUSED),
        "a picture missing": (tar({k: v for k, v in two.items() if k != "b.jpg"}), REFUSED),
        "a picture twice": (tar(two)[:-10240] + tar(two), EITHER),
        "an empty picture": (tar({**two, "b.jpg": b""}), REFUSED),
        "a header spoiled": (whole[:600] + b"\xff" * 40 + whole[640:], EITHER),
        "a wrong sum": (whole[:148] + b"7" * 6 + whole[154:], REFUSED),
    }
    for name, (data, expect) in cases.items():
        yield name, Labelled({"t.tar": data}, lambda place: WebDataset(place / "t.tar"), expect)
    for name, text in {
        "deep": b"[" * DEEP + b"]" * DEEP,
        "cut": b'{"class": ',
        "without the key": b"{}",
        "a number of 5000 digits": b'{"class": ' + b"9" * 5000 + b"}",
        "a list": b"[1]",
    }.items():
        members = {"a.jpg": picture(), "a.json": text}
        yield (
            f"JSON {name}",
            Labelled({"t.tar": tar(members)}, lambda p: WebDataset(p / "t.tar", label="json:class"), REFUSED),
        )
    members = {"a.jpg": picture(), "a.npy": array.getvalue()}
    yield (
        "an array of objects",
        Labelled({"t.tar": tar(members)}, lambda p: WebDataset(p / "t.tar", label=False, fields=["npy"]), REFUSED),
    )
    for name, index in {"noise": b"\x93noise" * 100, "empty": b"", "of another": broken.LOREM}.items():
        files = {"t.tar": whole, "t.tar.variegate": index}
        yield f"an index, {name}", Labelled(files, lambda p: WebDataset(p / "t.tar"), READ)


def crc32c(data: bytes) -> int:
    """Castagnoli's sum, masked as TFRecord has it."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    value ^= 0xFFFFFFFF
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(data: bytes) -> bytes:
    """A record of TFRecord."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", crc32c(length)) + data + struct.pack("<I", crc32c(data))


def message(number: int, body: bytes) -> bytes:
    """A field of a message of Protocol Buffers."""
    size, length = b"", len(body)
    while length >= 128:
        size, length = size + bytes([length & 127 | 128]), length >> 7
    return bytes([number << 3 | 2]) + size + bytes([length]) + body


def example(**features: bytes) -> bytes:
    """A tf.train.Example; each feature as the message of its list."""
    entries = (message(1, message(1, name.encode()) + message(2, body)) for name, body in features.items())
    return message(1, b"".join(entries))


def records() -> Iterator[tuple[str, Labelled]]:
    """Files of TFRecord."""
    from variegate.loader import TFRecord

    def of(label: bytes = b"\x1a\3\x0a\1\5") -> bytes:  # an Int64List of 5
        return example(image=message(1, message(1, picture())), label=label)

    whole = record(of()) + record(of())
    cases = {
        "sound": (whole, READ),
        "cut": (whole[:-9], REFUSED),
        "empty": (b"", REFUSED),
        "text": (broken.LOREM, REFUSED),
        "zeros": (bytes(100), REFUSED),
        "no label": (record(of(b"")), EITHER),
        "a float": (record(of(b"\x12\6\x0a\4\0\0\x80\x3f")), EITHER),
        "two labels": (record(of(b"\x1a\4\x0a\2\5\6")), EITHER),
        "labels and none": (record(of()) + record(of(b"")), REFUSED),
        "no message": (record(broken.LOREM), REFUSED),
        "a length spoiled": (b"\xff" * 8 + whole[8:], REFUSED),
        "no picture": (record(example(label=b"\x1a\3\x0a\1\5")), REFUSED),
        "a cut message": (record(of()[:-4]), REFUSED),
        "a bit of the label": (whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:], EITHER),
        "an empty record": (record(b""), REFUSED),
        "bytes behind": (whole + b"a", REFUSED),
    }
    for name, (data, expect) in cases.items():
        files = {"t.tfrecord": data}
        yield name, Labelled(files, lambda place: TFRecord(place / "t.tfrecord", "image", "label"), expect)


def parquet() -> Iterator[tuple[str, Labelled]]:
    """Files of Parquet."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    from variegate.loader import Parquet

    def of(**columns: Any) -> bytes:
        out = io.BytesIO()
        pq.write_table(pa.table(columns), out, write_page_checksum=True)
        return out.getvalue()

    shots = [picture(1), picture(2)]
    whole = of(image=shots, label=[3, 4])
    cases = {
        "sound": (whole, READ),
        "texts": (of(image=shots, label=["a", "b"]), READ),
        "no rows": (of(image=pa.array([], pa.binary()), label=pa.array([], pa.int64())), REFUSED),
        "Hugging Face's": (of(image=[{"bytes": b, "path": None} for b in shots], label=[3, 4]), READ),
        "a dictionary": (of(image=pa.array(shots, pa.binary()).dictionary_encode(), label=[3, 4]), READ),
        "lists of one": (of(image=[[b] for b in shots], label=[3, 4]), READ),
        "lists of two": (of(image=[shots, shots], label=[3, 4]), REFUSED),
        "no such column": (of(picture=shots, label=[3, 4]), REFUSED),
        "a label of null": (of(image=shots, label=[3, None]), REFUSED),
        "a picture of null": (of(image=[shots[0], None], label=[3, 4]), REFUSED),
        "beyond int64": (of(image=shots, label=pa.array([2**64 - 1, 1], pa.uint64())), REFUSED),
        "labels of NaN": (of(image=shots, label=[1.0, float("nan")]), EITHER),
        "pictures that are numbers": (of(image=[1, 2], label=[3, 4]), REFUSED),
        "an address": (of(image=[{"bytes": None, "path": "http://127.0.0.1:9/1.jpg"}], label=[3]), REFUSED),
        "a path that climbs": (of(image=[{"bytes": None, "path": "../../1.jpg"}], label=[3]), REFUSED),
        "an absolute path": (of(image=[{"bytes": None, "path": "/etc/passwd"}], label=[3]), REFUSED),
        "empty": (b"", REFUSED),
        "text": (broken.LOREM, REFUSED),
        "cut": (whole[:-100], REFUSED),
        "its marks alone": (b"PAR1PAR1", REFUSED),
        "a page spoiled": (whole[:200] + bytes(40) + whole[240:], REFUSED),
        "its table spoiled": (whole[:-300] + b"\xff" * 50 + whole[-250:], REFUSED),
    }
    for name, (data, expect) in cases.items():
        yield name, Labelled({"t.parquet": data}, lambda place: Parquet(place / "t.parquet", label="label"), expect)
