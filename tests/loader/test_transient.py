"""What the machine or the network lacks is waited for and raised under every policy; it is no sample's fault."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate.errors import DecodeError, ResourceError, SourceError
from variegate.loader import Arrays, ImageFolder, Loader, Manifest, WebDataset, transient
from variegate.loader.policy import OnError
from variegate.loader.source.location import contents
from variegate.loader.transient import is_transient
from variegate.ops.flip import HorizontalFlip
from variegate.pipeline import Compose

from .conftest import TAKE_HANDLES

Maker = Callable[..., np.ndarray]
POLICIES = ["raise", "skip", "replace"]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transient, "PAUSES", (0.01,) * 8)


@pytest.fixture
def photos(tmp_path: Path, picture: Maker) -> Path:
    for i in range(12):
        Image.fromarray(picture(20, 24, seed=i)).save(tmp_path / f"{i:02}.jpg")
    return tmp_path


def seen(batches: Any) -> list[int]:
    return sorted(i for batch in batches for i in batch["index"].tolist())


def run(script: str, *arguments: str) -> str:
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=dict(os.environ))
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


HANDLES = (
    TAKE_HANDLES
    + """
import os, resource, sys, threading
import variegate as vg
from variegate.loader import ImageFolder, Loader, transient
from variegate.loader.policy import OnError

folder, bad, policy, comes_back, deadline = sys.argv[1:]
source = vg.Parquet(folder, keep="3kB") if folder.endswith("parquet") else ImageFolder(folder)
rule = OnError(policy, quarantine=bad if policy != "raise" else None, deadline=float(deadline) or None)
loader = Loader(source, batch_size=4, workers=2, on_error=rule)
assert sum(len(batch["index"]) for batch in loader) == 12  # and all that is imported is
free = take_handles()
if comes_back == "yes":
    threading.Timer(0.3, free).start()
else:
    transient.PAUSES = (0.01,) * 8
try:
    print(sum(len(batch["index"]) for batch in loader), end=" ")
except vg.ResourceError as error:
    free()
    print(error, end=" ")
print(loader.stats()["errors"], os.path.exists(bad) and os.path.getsize(bad))
"""
)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are Unix's")
@pytest.mark.parametrize("deadline", ["0", "5"])
@pytest.mark.parametrize("policy", POLICIES)
def test_handles_that_come_back_cost_no_sample(photos: Path, tmp_path: Path, policy: str, deadline: str) -> None:
    out = run(HANDLES, str(photos), str(tmp_path / "bad.jsonl"), policy, "yes", deadline)
    assert out.split() == ["12", "0", "False" if policy == "raise" else "0"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are Unix's")
@pytest.mark.parametrize("policy", POLICIES)
def test_handles_that_do_not_come_back_end_the_run(photos: Path, tmp_path: Path, policy: str) -> None:
    out = run(HANDLES, str(photos), str(tmp_path / "bad.jsonl"), policy, "no", "0")
    assert "jpg: it cannot be read (Too many open files): this process has too many files open" in out
    assert out.split()[-2:] == ["0", "False" if policy == "raise" else "0"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are Unix's")
@pytest.mark.parametrize("comes_back", ["yes", "no"])
def test_a_library_that_opens_files_by_itself_may_lack_handles(photos: Path, tmp_path: Path, comes_back: str) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rows = pa.table({"image": [path.read_bytes() for path in sorted(photos.glob("*.jpg"))]})
    pq.write_table(rows, tmp_path / "a.parquet", row_group_size=1)
    out = run(HANDLES, str(tmp_path / "a.parquet"), str(tmp_path / "bad.jsonl"), "skip", comes_back, "0")
    if comes_back == "yes":
        assert out.split() == ["12", "0", "0"]
    else:
        assert "Too many open files" in out and "not the file's fault" in out and out.split()[-2:] == ["0", "0"]


MEMORY = """
import resource, sys
import variegate as vg
from variegate.loader import ImageFolder, Loader, transient

small, folder = sys.argv[1:]
for _ in Loader(ImageFolder(small), batch_size=2, workers=0):  # all that is imported is
    pass
transient.PAUSES = (0.01,)
taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
for more in range(2, 150, 6):
    loader = Loader(ImageFolder(folder), batch_size=1, workers=0, on_error="skip")
    resource.setrlimit(resource.RLIMIT_AS, (taken + (more << 20), resource.RLIM_INFINITY))
    try:
        said = f"read {len(loader.batch(0, 0)['index'])}"
    except vg.ResourceError as error:
        said = str(error)
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(loader.stats()["errors"], said)
"""
FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "progressive": ("RGB", {"format": "JPEG", "progressive": True}),
    "cmyk": ("CMYK", {"format": "JPEG", "progressive": True}),
    "png": ("RGB", {"format": "PNG", "compress_level": 1}),
    "tiff": ("RGB", {"format": "TIFF", "compression": "tiff_lzw"}),
    "webp": ("RGB", {"format": "WEBP", "quality": 10, "method": 0}),
    "jpeg2000": ("RGB", {"format": "JPEG2000"}),
}


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Linux tells what a process has mapped")
@pytest.mark.parametrize("kind", FORMATS)
def test_too_little_memory_is_not_the_files_fault(tmp_path: Path, picture: Maker, kind: str) -> None:
    """Wherever it ends, for the batch's memory too: decoders say so in words of their own, or call the file damaged."""
    mode, options = FORMATS[kind]
    for name, side in (("small", 16), ("large", 2000)):
        pixels = np.tile(picture(16, 16), (side // 16, side // 16, 1))
        (tmp_path / name).mkdir()
        Image.fromarray(pixels).convert(mode).save(tmp_path / name / "one.img.jpg", **options)
    lines = run(MEMORY, str(tmp_path / "small"), str(tmp_path / "large")).splitlines()
    short = [line for line in lines if "one.img.jpg: there is not enough memory" in line]
    assert len(short) > 2 and all("max_pixels=" in line and "batch_size or workers" in line for line in short)
    assert {line for line in lines if line not in short} <= {"0 read 1"}
    assert all(line.startswith("0 ") for line in lines)


KERNEL = """
import resource, sys
import numpy as np
import variegate as vg
from variegate.loader import transient

source, shrink = vg.Arrays(np.zeros((2, 3000, 4000, 3), np.uint8)), vg.Compose([vg.Resize(16)])
for _ in vg.Loader(vg.Arrays(np.zeros((2, 40, 40, 3), np.uint8)), shrink, batch_size=2, workers=0):
    pass
transient.PAUSES = (0.01,)
loader = vg.Loader(source, shrink, batch_size=2, workers=0, shuffle=False, on_error=sys.argv[1])
taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + (60 << 20), resource.RLIM_INFINITY))
try:
    loader.batch(0, 0)
except vg.ResourceError as error:
    print(loader.stats()["errors"], error)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Linux tells what a process has mapped")
@pytest.mark.parametrize("policy", POLICIES)
def test_want_of_memory_for_the_pixels_names_the_sample_too(policy: str) -> None:
    out = run(KERNEL, policy)
    assert out.startswith("0 ") and "images[0]: there is not enough memory" in out and "max_pixels=" in out


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("policy", POLICIES)
def test_want_of_memory_names_the_sample_and_what_to_do(workers: int, policy: Any, quick: None) -> None:
    class Large(Arrays):
        def read(self, i: int) -> np.ndarray:
            return np.empty(1 << 60, np.uint8) if i == 5 else super().read(i)

    one = Loader(Large(np.zeros((8, 4, 4, 3), np.uint8)), batch_size=4, workers=workers, on_error=policy)
    with pytest.raises(ResourceError, match=r"images\[5\]: there is not enough memory .* max_pixels") as caught:
        list(one)
    assert isinstance(caught.value.__cause__, MemoryError) and one.stats()["errors"] == 0


def test_a_picture_beyond_the_loaders_memory_is_named(tmp_path: Path, picture: Maker) -> None:
    for i, side in enumerate((40, 900, 50)):
        Image.fromarray(picture(side, side)).save(tmp_path / f"{i}.jpg")
    one = Loader(ImageFolder(tmp_path), Compose([HorizontalFlip()]), 3, memory="1MB", on_error="skip")
    with pytest.raises(ResourceError, match=r"Loader\.memory is 1\.0 MB.*largest .* of .*1\.jpg; .*max_pixels"):
        list(one)
    assert one.stats()["errors"] == 0


class Failing(Arrays):
    """Arrays of which one cannot be read for some time."""

    def __init__(self, error: Exception, times: int) -> None:
        super().__init__(np.zeros((8, 4, 4, 3), np.uint8))
        self.error, self.left = error, times

    def read(self, i: int) -> np.ndarray:
        if i == 5 and self.left:
            self.left -= 1
            raise self.error
        return super().read(i)


LACKING = [
    OSError(errno.EMFILE, "handles"),
    OSError(errno.ENFILE, "handles"),
    OSError(errno.ENOMEM, "memory"),
    OSError(errno.ESTALE, "stale"),
    ConnectionResetError(errno.ECONNRESET, "reset"),
    TimeoutError(),
    MemoryError(),
]


@pytest.mark.parametrize("deadline", [None, 5.0])
@pytest.mark.parametrize("error", LACKING)
def test_a_source_of_ones_own_is_tried_again(error: Exception, deadline: float | None, quick: None) -> None:
    source = Failing(error, 3)
    one = Loader(source, batch_size=4, on_error=OnError("skip", deadline=deadline))
    assert seen(one) == list(range(8)) and source.left == 0 and one.stats()["errors"] == 0


@pytest.mark.parametrize("error", [OSError(errno.EIO, "disk"), OSError(errno.ENOENT, "gone"), ValueError("bad")])
def test_what_a_file_lacks_is_its_own_fault(error: Exception, quick: None) -> None:
    source = Failing(error, 100)
    one = Loader(source, batch_size=4, on_error="skip")
    assert 5 not in seen(one) and one.stats()["errors"] == 1 and source.left == 99


@pytest.mark.parametrize("policy", POLICIES)
def test_a_library_that_is_missing_is_no_samples_fault(policy: Any) -> None:
    source = Failing(ModuleNotFoundError("No module named 'x'"), 100)
    one = Loader(source, batch_size=4, on_error=policy)
    with pytest.raises(ModuleNotFoundError):
        list(one)
    assert one.stats()["errors"] == 0 and source.left == 99


def test_it_is_found_below_another_error() -> None:
    def made() -> None:
        try:
            raise OSError(errno.EMFILE, "handles")
        except OSError as error:
            raise DecodeError("a.jpg", "it cannot be read") from error

    def hidden() -> None:
        try:
            raise MemoryError
        except MemoryError:
            raise ValueError from None

    found = []
    for raises in (made, hidden):
        try:
            raises()
        except ValueError as error:
            found.append(is_transient(error))
    assert found == [True, False]


class Answers(BaseHTTPRequestHandler):
    """Files of a folder; each name is answered with an error as often as `fails` says."""

    ranges = True  # whether parts are given

    def __init__(self, root: Path, fails: Counter[str], status: int, *rest: Any) -> None:
        self.root, self.fails, self.status = root, fails, status
        super().__init__(*rest)

    def do_GET(self) -> None:
        path = self.root / self.path.strip("/")
        if self.fails[path.name] > 0:
            self.fails[path.name] -= 1
            self.send_error(self.status)
        elif not path.exists():
            self.send_error(404)
        else:
            data = path.read_bytes()
            asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            if asked and self.ranges:
                data = data[int(asked[1]) : int(asked[2]) + 1]
                self.send_response(206)
            else:
                self.send_response(200)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *told: Any) -> None:
        pass


@pytest.fixture
def served(photos: Path, request: pytest.FixtureRequest) -> Iterator[tuple[str, Counter[str]]]:
    """A real server on this machine: its address, and how often it is to fail, by the file's name."""
    pytest.importorskip("aiohttp")
    fails: Counter[str] = Counter()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Answers, photos, fails, getattr(request, "param", 503)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", fails
    server.shutdown()
    server.server_close()
    thread.join()


def listed(root: str, *names: str) -> Manifest:
    return Manifest([{"path": name} for name in names], root=root)


@pytest.mark.parametrize("served", [503, 500, 429], indirect=True)
@pytest.mark.parametrize("policy", POLICIES)
def test_a_server_that_fails_for_a_while_costs_no_sample(served: Any, policy: Any, quick: None) -> None:
    root, fails = served
    fails["03.jpg"] = 3
    one = Loader(listed(root, "02.jpg", "03.jpg", "04.jpg"), batch_size=2, on_error=policy)
    assert seen(one) == [0, 1, 2] and one.stats()["errors"] == 0 and fails["03.jpg"] == 0


@pytest.mark.parametrize("policy", POLICIES)
def test_a_server_that_goes_on_failing_ends_the_run(served: Any, policy: Any, quick: None) -> None:
    root, fails = served
    fails["03.jpg"] = 1000
    one = Loader(listed(root, "02.jpg", "03.jpg", "04.jpg"), batch_size=2, on_error=policy)
    with pytest.raises(ResourceError, match=r"/03\.jpg: it cannot be fetched .*503.*not the file's fault"):
        list(one)
    assert one.stats()["errors"] == 0 and fails["03.jpg"] == 1000 - 1 - len(transient.PAUSES)


def test_a_file_that_a_server_has_not_is_a_bad_sample(served: Any) -> None:
    one = Loader(listed(served[0], "02.jpg", "none.jpg", "04.jpg"), batch_size=2, on_error="skip")
    assert seen(one) == [0, 2] and one.stats()["errors"] == 1
    with pytest.raises(DecodeError, match=r"/none\.jpg: cannot be decoded: it cannot be read"):
        contents(f"{served[0]}/none.jpg")


def test_no_server_is_no_bad_sample(served: Any, quick: None) -> None:
    pytest.importorskip("aiohttp")
    one = Loader(listed("http://127.0.0.1:9", "02.jpg", "03.jpg"), on_error="skip")  # the port that discards
    with pytest.raises(ResourceError, match=r"http://127\.0\.0\.1:9/0\d\.jpg: it cannot be fetched"):
        list(one)


def test_a_shard_behind_a_server(served: Any, photos: Path, quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import tarfile

    with tarfile.open(photos / "a.tar", "w") as file:
        for path in sorted(photos.glob("0[0-3].jpg")):
            info = tarfile.TarInfo(path.name)
            info.size = path.stat().st_size
            file.addfile(info, io.BytesIO(path.read_bytes()))
    root, fails = served
    fails["a.tar"] = 2
    source = WebDataset(f"{root}/a.tar")
    fails["a.tar"] = 3
    assert seen(Loader(source, batch_size=2, on_error="skip")) == [0, 1, 2, 3] and not fails["a.tar"]
    monkeypatch.setattr(Answers, "ranges", False)
    with pytest.raises(ResourceError, match=r"a\.tar: its server gives no parts of files"):
        list(Loader(source, batch_size=2, on_error="skip"))
    with pytest.raises(SourceError, match=r"b\.tar: .*cannot be read"):
        WebDataset(f"{root}/b.tar")
