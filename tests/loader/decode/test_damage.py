"""Damaged files of every kind: a DecodeError or a picture of the size that the header says, and nothing else, ever."""

from __future__ import annotations

import gzip
import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate.errors import DecodeError
from variegate.loader import ImageFolder, Loader, Subset
from variegate.loader.decode.image import open_image
from variegate.loader.policy import OnError
from variegate.ops.flip import HorizontalFlip
from variegate.ops.resized_crop import RandomResizedCrop
from variegate.pipeline import Compose

Rng = np.random.Generator
Damage = Callable[[bytes, Rng], bytes]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
EACH = 4  # files of a kind


def good(picture: Callable[..., np.ndarray], kind: str, seed: int) -> bytes:
    image = Image.fromarray(picture(40 + 7 * seed, 61, seed=seed))
    image = image.convert(
        ("RGB", "L", "RGB", "RGB")[seed % 4] if kind == "JPEG" else ("RGB", "L", "RGBA", "P")[seed % 4]
    )
    file = io.BytesIO()
    image.save(file, kind, **({"progressive": seed % 2 == 0, "quality": 90} if kind == "JPEG" else {}))
    return file.getvalue()


def pixels_of(data: bytes) -> int:
    """Where the pixels begin."""
    return data.index(b"IDAT") + 4 if data.startswith(SIGNATURE) else data.index(b"\xff\xda") + 12


def flipped(data: bytes, start: int, stop: int, count: int, rng: Rng) -> bytes:
    out = bytearray(data)
    for at in rng.integers(start, stop, count):
        out[at] ^= 1 << int(rng.integers(8))
    return bytes(out)


def hole(data: bytes, rng: Rng) -> bytes:
    at = int(rng.integers(len(data) // 2))
    return data[:at] + bytes(min(300, len(data) - at)) + data[at + 300 :]


def png(header: bytes, *others: tuple[bytes, bytes]) -> bytes:
    parts = ((b"IHDR", header), *others, (b"IEND", b""))
    body = (struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in parts)
    return SIGNATURE + b"".join(body)


def grey(height: int, width: int) -> bytes:
    return struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)


def framed(data: bytes, height: int, width: int) -> bytes:
    """A JPEG whose header says another size."""
    at = next(data.index(mark) for mark in (b"\xff\xc0", b"\xff\xc2") if mark in data)
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def length_lies(data: bytes, rng: Rng) -> bytes:
    """A chunk or a segment says another length."""
    if not data.startswith(SIGNATURE):
        return data[:4] + struct.pack(">H", int(rng.integers(65536))) + data[6:]
    at = data.index(b"IDAT") - 4
    return data[:at] + struct.pack(">I", int(rng.choice([1, 1 << 20, (1 << 32) - 1]))) + data[at + 4 :]


def bad_sum(data: bytes, rng: Rng) -> bytes:
    return data[:29] + bytes([data[29] ^ 255]) + data[30:]  # of IHDR


def zipped(data: bytes, rng: Rng) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a.jpg", data)
    return out.getvalue()


ZEROS = zlib.compress(bytes(64 << 20), 9)
BOTH: dict[str, Damage] = {
    "cut": lambda data, rng: data[: rng.integers(1, len(data) * 9 // 10)],
    "last bytes": lambda data, rng: data[: -rng.integers(1, 30)],
    "hole": hole,
    "header bit": lambda data, rng: flipped(data, 0, pixels_of(data), 1, rng),
    "data bit": lambda data, rng: flipped(data, pixels_of(data), len(data) - 14, 1, rng),
    "data bits": lambda data, rng: flipped(data, pixels_of(data), len(data) - 14, 40, rng),
    "noise": lambda data, rng: data[: pixels_of(data)] + rng.bytes(500),
    "length": length_lies,
    "start alone": lambda data, rng: data[: 8 if data.startswith(SIGNATURE) else 2],
}
JPEG: dict[str, Damage] = {
    "bomb": lambda data, rng: framed(data, 65500, 65500),
    "taller": lambda data, rng: framed(data, 900, 61),
    "wider": lambda data, rng: framed(data, 40, 5000),
    "no size": lambda data, rng: framed(data, 0, 61),
    "text behind": lambda data, rng: b"\xff\xd8\xff\xe0" + b"not a picture " * 50,
    "header alone": lambda data, rng: data[: pixels_of(data)],
}
PNG: dict[str, Damage] = {
    "bomb": lambda data, rng: png(grey(60000, 60000), (b"IDAT", ZEROS)),
    "bomb of data": lambda data, rng: png(grey(9, 9), (b"IDAT", ZEROS)),
    "bomb of text": lambda data, rng: png(
        grey(9, 9), (b"zTXt", b"Comment\0\0" + ZEROS), (b"IDAT", zlib.compress(bytes(90)))
    ),
    "no size": lambda data, rng: png(grey(0, 9), (b"IDAT", zlib.compress(bytes(90)))),
    "bad sum": bad_sum,
    "no pixels": lambda data, rng: png(grey(9, 9)),
}
OTHER: dict[str, Damage] = {
    "empty": lambda data, rng: b"",
    "zeros": lambda data, rng: bytes(int(rng.integers(1, 3000))),
    "noise": lambda data, rng: b"\x01" + rng.bytes(int(rng.integers(1, 3000))),
    "text": lambda data, rng: b"just some words " * 20,
    "page": lambda data, rng: b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
    "zip": zipped,
    "gzip": lambda data, rng: gzip.compress(data),
    "one byte": lambda data, rng: data[:1],
}
KINDS = [
    *(("JPEG", name) for name in (*BOTH, *JPEG)),
    *(("PNG", name) for name in (*BOTH, *PNG)),
    *(("other", name) for name in OTHER),
]
UNSEEN = {  # some of these decode: their picture is another one, but nothing says so; or it is whole, beside its text
    ("PNG", "bomb of text"),
    *(("JPEG", name) for name in ("header bit", "data bit", "hole", "length")),
    *(("PNG", name) for name in ("last bytes", "header bit", "data bit", "hole", "length", "bomb of data")),
}


@pytest.fixture(scope="module")
def damaged(picture: Callable[..., np.ndarray]) -> Callable[[str, str, int], bytes]:
    def make(kind: str, name: str, seed: int) -> bytes:
        table = {"JPEG": {**BOTH, **JPEG}, "PNG": {**BOTH, **PNG}, "other": OTHER}[kind]
        base = good(picture, "PNG" if kind == "PNG" else "JPEG", seed)
        return table[name](base, np.random.default_rng([seed, *name.encode()]))

    return make


def decoded(data: Any, name: str | None = None, mode: Any = "RGB") -> np.ndarray | str:
    """The picture, or why there is none; the memory behind its place stays as it was."""
    try:
        opened = open_image(data, name, mode)
        out = np.full(opened.nbytes + 4096, 7, np.uint8)
        try:
            pixels = opened.decode(out)
        finally:
            assert (out[opened.nbytes :] == 7).all()
    except DecodeError as error:
        assert name is None or error.path == name
        assert error.reason and str(error).startswith(error.path)
        return error.reason
    assert pixels.shape == (*opened.size, opened.channels) and pixels.dtype == np.uint8
    return pixels.copy()


@pytest.mark.parametrize(("kind", "name"), KINDS, ids=[f"{kind}-{name}" for kind, name in KINDS])
def test_an_error_or_a_picture(tmp_path: Path, damaged: Callable[..., bytes], kind: str, name: str) -> None:
    for seed in range(EACH):
        data = damaged(kind, name, seed)
        (tmp_path / "a.jpg").write_bytes(data)
        for mode in ("RGB", "L", "RGBA"):
            first = decoded(data, "a.jpg", mode)
            assert isinstance(first, str) or (kind, name) in UNSEEN, f"seed {seed} decodes to {first.shape}"
            for other in (memoryview(data), tmp_path / "a.jpg"):
                again = decoded(other, "a.jpg" if isinstance(other, memoryview) else None, mode)
                assert np.array_equal(first, again) if isinstance(first, np.ndarray) else first == again


def test_good_ones_are_no_error(picture: Callable[..., np.ndarray]) -> None:
    for seed in range(8):
        for kind in ("JPEG", "PNG"):
            assert isinstance(decoded(good(picture, kind, seed)), np.ndarray)


def test_a_bomb_takes_no_memory(tmp_path: Path, damaged: Callable[..., bytes]) -> None:
    resource = pytest.importorskip("resource")
    bombs = [("JPEG", "bomb"), ("PNG", "bomb"), ("PNG", "bomb of data"), ("PNG", "bomb of text"), ("PNG", "length")]
    for i, bomb in enumerate(bombs):
        (tmp_path / f"{i}.bin").write_bytes(damaged(*bomb, 0))
    code = """if True:
        import resource, sys
        from pathlib import Path
        import numpy, simplejpeg
        from PIL import Image, PngImagePlugin
        from variegate.errors import DecodeError
        from variegate.loader.decode.image import open_image
        pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 1 << 20
        limit = pages * resource.getpagesize() + (48 << 20)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        for path in sorted(Path(sys.argv[1]).glob("*.bin")):
            try:
                open_image(path).decode()
            except DecodeError:
                pass
        print("done")
    """
    assert resource
    ran = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert ran.stdout == "done\n", ran.stderr


@pytest.mark.parametrize("policy", ["skip", "replace"])
def test_among_good_ones(
    tmp_path: Path, picture: Callable[..., np.ndarray], damaged: Callable[..., bytes], policy: Any
) -> None:
    """Each that the decoder refuses is listed once; the others have the bytes that they have alone."""
    files = [damaged(kind, name, seed) for kind, name in KINDS for seed in range(2)]
    files += [good(picture, ("JPEG", "PNG")[seed % 2], seed) for seed in range(len(files))]
    (tmp_path / "x").mkdir()
    for place, number in enumerate(np.random.default_rng(1).permutation(len(files)).tolist()):
        (tmp_path / "x" / f"{place:03}.jpg").write_bytes(files[number])
    source, listed = ImageFolder(tmp_path / "x"), tmp_path / "bad.jsonl"
    bad = {source.where(i) for i in range(len(source)) if isinstance(decoded(source.where(i)), str)}
    fine = Subset(source, [i for i in range(len(source)) if source.where(i) not in bad])
    assert len(bad) > 60 and len(fine) > 60

    def rows(loader: Loader) -> dict[tuple[int, int], bytes]:
        found = {}
        for epoch in range(2):
            for batch in loader.epoch(epoch):
                own = batch["variation"] if "variation" in batch else np.zeros(len(batch["id"]))
                for image, number in zip(batch["image"][own == 0], batch["id"][own == 0].tolist(), strict=True):
                    found[epoch, number] = image.tobytes()
        return found

    augment = Compose([RandomResizedCrop(16), HorizontalFlip(p=0.5)])
    rule = OnError(policy, max_errors=None, quarantine=listed)
    assert rows(Loader(source, augment, 16, workers=2, on_error=rule)) == rows(Loader(fine, augment, 16, workers=0))
    paths = [json.loads(line)["path"] for line in listed.read_text().splitlines()]
    assert sorted(paths) == sorted(bad)
