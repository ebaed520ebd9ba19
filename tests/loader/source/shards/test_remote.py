"""Files behind a server that fails, breaks off or gives too little: what the network does is no file's fault."""

from __future__ import annotations

import io
import re
import tarfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from variegate.errors import DecodeError, ResourceError, SourceError
from variegate.loader import Loader, Parquet, Source, TFRecord, WebDataset, transient

COUNT = 6
Make = Callable[[str], Source]


class Faults(NamedTuple):
    """How often, by kind, a request for contents is not answered as it should be."""

    left: Counter[str]

    def take(self, kind: str) -> bool:
        self.left[kind] -= 1
        return self.left[kind] >= 0


class Answers(BaseHTTPRequestHandler):
    """Files of a folder, by parts."""

    def __init__(self, root: Path, faults: Faults, *rest: Any) -> None:
        self.root, self.faults = root, faults
        super().__init__(*rest)

    def do_GET(self) -> None:
        self.answer(True)

    def do_HEAD(self) -> None:
        self.answer(False)

    def answer(self, body: bool) -> None:
        data = (self.root / self.path.strip("/")).read_bytes()
        if body and self.faults.take("busy"):
            self.send_error(503)
            return
        if body and self.faults.take("reset"):
            self.close_connection = True
            return
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        self.send_response(206 if asked else 200)
        if asked:
            start, end = int(asked[1]), min(int(asked[2]), len(data) - 1)
            self.send_header("Content-Range", f"bytes {start}-{end}/{len(data)}")
            data = data[start : end + 1]
        if body and self.faults.take("short"):
            data = data[: max(0, len(data) - 3)]
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data[: len(data) // 2] if self.faults.take("broken") else data)

    def log_message(self, *told: Any) -> None:
        pass


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transient, "PAUSES", (0.01,) * 8)


@pytest.fixture
def served(tmp_path: Path, quick: None) -> Iterator[tuple[str, Counter[str]]]:
    """A real server on this machine: its address, and how often each fault is to happen."""
    pytest.importorskip("aiohttp")
    left: Counter[str] = Counter()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Answers, tmp_path, Faults(left)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", left
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def pictures() -> list[bytes]:
    made = []
    for n in range(COUNT):
        file = io.BytesIO()
        Image.fromarray(np.random.default_rng(n).integers(0, 255, (20, 24, 3), np.uint8)).save(file, "PNG")
        made.append(file.getvalue())
    return made


@pytest.fixture(params=["tar", "parquet", "tfrecord"])
def shard(request: pytest.FixtureRequest, tmp_path: Path, pictures: list[bytes]) -> tuple[str, Make]:
    """A file of pictures, and the source that it is of."""
    name = f"a.{request.param}"
    if request.param == "tar":
        with tarfile.open(tmp_path / name, "w") as file:
            for n, data in enumerate(pictures):
                info = tarfile.TarInfo(f"{n}.png")
                info.size = len(data)
                file.addfile(info, io.BytesIO(data))
        return name, WebDataset
    if request.param == "parquet":
        pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        pq.write_table(pa.table({"image": pictures}), tmp_path / name, row_group_size=2)
        return name, Parquet
    from struct import pack

    from variegate.loader.source.tfrecord.records import masked_crc

    def field(number: int, data: bytes) -> bytes:
        def varint(value: int) -> bytes:
            return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)

        return varint(number << 3 | 2) + varint(len(data)) + data

    with open(tmp_path / name, "wb") as out:
        for data in pictures:
            feature = field(1, b"image/encoded") + field(2, field(1, field(1, data)))
            record = field(1, field(1, feature))
            length = pack("<Q", len(record))
            out.write(length + pack("<I", masked_crc(length)) + record + pack("<I", masked_crc(record)))
    return name, partial(TFRecord, label=None)


def seen(source: Source) -> list[int]:
    one = Loader(source, batch_size=2, on_error="skip", shuffle=False)
    found = [i for batch in one for i in batch["index"].tolist()]
    assert one.stats()["errors"] == 0
    return found


@pytest.mark.parametrize("fault", ["busy", "reset", "broken", "short"])
def test_faults_that_pass_cost_nothing(shard: tuple[str, Make], served: Any, pictures: list[bytes], fault: str) -> None:
    (name, make), (root, left) = shard, served
    left[fault] = 3  # while the source is made
    source = make(f"{root}/{name}")
    assert len(source) == COUNT and left[fault] < 3
    left[fault] = 3  # while it is read
    assert seen(source) == list(range(COUNT)) and left[fault] <= 0
    assert [source.read(i) for i in range(COUNT)] == pictures


@pytest.mark.parametrize("fault", ["busy", "reset", "broken"])
def test_faults_that_stay_end_the_run(shard: tuple[str, Make], served: Any, fault: str) -> None:
    (name, make), (root, left) = shard, served
    source = make(f"{root}/{name}")
    left[fault] = 10_000
    with pytest.raises(ResourceError, match=r"a\.\w+: it.* not the file's fault"):
        seen(source)
    assert 10_000 - left[fault] >= 9  # the last of which came after all the pauses
    with pytest.raises(ResourceError, match=r"a\.\w+: it.* not the file's fault"):
        make(f"{root}/{name}")


def test_a_part_that_is_always_short(served: Any, pictures: list[bytes], tmp_path: Path) -> None:
    root, left = served
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        info = tarfile.TarInfo("0.png")
        info.size = len(pictures[0])
        file.addfile(info, io.BytesIO(pictures[0]))
    source = WebDataset(f"{root}/a.tar")
    left["short"] = 10_000
    with pytest.raises(ResourceError, match=r"a\.tar: its server gave \d+ bytes where \d+ were asked for"):
        seen(source)
    (tmp_path / "a.tar").write_bytes(bytes(700))  # which is the file's, and not waited for
    with pytest.raises(DecodeError, match=r"a\.tar: .*the file has changed since the source was made"):
        source.read(0)


def test_what_is_wrong_with_the_file_is_said_of_it(served: Any, tmp_path: Path) -> None:
    root, _ = served
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    with pytest.raises(SourceError, match=r"a\.parquet: it cannot be read"):
        Parquet(f"{root}/a.parquet")
    (tmp_path / "a.tar").write_bytes(b"nothing" * 1000)
    with pytest.raises(SourceError, match=r"a\.tar"):
        WebDataset(f"{root}/a.tar")
