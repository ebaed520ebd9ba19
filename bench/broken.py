"""Damaged picture files, of every kind that people meet: made from good ones by a seed, each kind as many times.

A kind is a function of a good file's bytes and a generator, which gives the damaged bytes. None of them is sure to be
seen: a bit that flips inside of a JPEG's data is another picture, as a rule.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import photos
from PIL import Image

Rng = np.random.Generator
Damage = Callable[[bytes, Rng], bytes]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
BURST = 256 << 20  # bytes that the data of some PNGs inflate to
LOREM = b"The quick brown fox jumps over the lazy dog. " * 40


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of a picture file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def good(seed: int, kind: str) -> bytes:
    """A good file of "JPEG" or "PNG", of one of the forms that are common."""
    rng = np.random.default_rng([seed, kind == "PNG"])
    size = int(rng.integers(96, 260)), int(rng.integers(96, 260))
    picture = Image.fromarray(np.clip(np.rint(photos.picture(rng, size)), 0, 255).astype(np.uint8))
    form = seed % 5
    if kind == "PNG":
        mode = ("RGB", "L", "RGBA", "P", "RGB")[form]
        return encoded(picture.convert(mode), kind, compress_level=int(rng.integers(1, 9)))
    exif = Image.Exif()
    exif[274] = 6 if form == 3 else 1
    options = {"quality": int(rng.integers(60, 97)), "subsampling": int(rng.choice([0, 2])), "progressive": form == 1}
    return encoded(picture.convert("L" if form == 2 else "RGB"), kind, exif=exif, **options)


def flipped(data: bytes, places: np.ndarray) -> bytes:
    """With one bit of each of these bytes turned over; which one hangs on the place."""
    out = bytearray(data)
    for at in places.tolist():
        out[at] ^= 1 << (at * 7 + at // 8) % 8
    return bytes(out)


def scan_of(data: bytes) -> int:
    """Where the pixels of a JPEG begin: after the header of its first scan."""
    at = 2
    while data[at + 1] != 0xDA:
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return at + 2 + int(struct.unpack_from(">H", data, at + 2)[0])


def frame_of(data: bytes) -> int:
    """Where the frame header of a JPEG begins."""
    at = 2
    while data[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return at


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG."""
    at = 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += length + 12


def png(parts: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG of these chunks."""
    body = (struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in parts)
    return SIGNATURE + b"".join(body)


def resized(data: bytes, width: int, height: int) -> bytes:
    """A PNG whose header says another size, under a checksum that holds."""
    (kind, header), *rest = chunks(data)
    return png([(kind, struct.pack(">II", width, height) + header[8:]), *rest])


def framed(data: bytes, width: int, height: int) -> bytes:
    """A JPEG whose header says another size."""
    at = frame_of(data)
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def cut(data: bytes, rng: Rng) -> bytes:
    """The start of a file."""
    return data[: rng.integers(1, len(data) - 1)]


def cut_late(data: bytes, rng: Rng) -> bytes:
    """All but the last few bytes."""
    return data[: -rng.integers(1, 60)]


def hole(data: bytes, rng: Rng) -> bytes:
    """A block of a file lost to zeros."""
    at, size = int(rng.integers(0, len(data) // 2)), int(rng.integers(200, 2000))
    return data[:at] + bytes(min(size, len(data) - at)) + data[at + size :]


def spliced(data: bytes, rng: Rng) -> bytes:
    """The start of one file and the end of another."""
    other, at = good(int(rng.integers(1 << 30)), "PNG" if data[:4] == SIGNATURE[:4] else "JPEG"), rng.uniform(0.2, 0.8)
    return data[: int(at * len(data))] + other[int(at * len(other)) :]


def header_bit(data: bytes, rng: Rng) -> bytes:
    """A bit before the pixels turned over."""
    end = 33 if data.startswith(SIGNATURE) else scan_of(data)
    return flipped(data, rng.integers(0, end, 1))


def data_bit(data: bytes, rng: Rng) -> bytes:
    """A bit of the pixels turned over."""
    return flipped(data, rng.integers(60 if data.startswith(SIGNATURE) else scan_of(data), len(data) - 14, 1))


def data_bits(data: bytes, rng: Rng) -> bytes:
    """Forty bits of the pixels turned over."""
    return flipped(data, rng.integers(60 if data.startswith(SIGNATURE) else scan_of(data), len(data) - 14, 40))


def segment_lies(data: bytes, rng: Rng) -> bytes:
    """A JPEG one of whose segments says another length."""
    starts, at = [], 2
    while data[at + 1] != 0xDA:
        starts.append(at + 2)
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    at = int(rng.choice(starts))
    return data[:at] + struct.pack(">H", int(rng.integers(0, 65536))) + data[at + 2 :]


def chunk_lies(data: bytes, rng: Rng) -> bytes:
    """A PNG one of whose chunks says another length, up to 4 GB."""
    starts, at = [8], 8
    while at < len(data):
        at += struct.unpack_from(">I", data, at)[0] + 12
        starts.append(at)
    at = int(rng.choice(starts[:-1]))
    return (
        data[:at]
        + struct.pack(">I", int(rng.choice([0, 1, 13, 1000, 1 << 20, (1 << 31) - 1, (1 << 32) - 1])))
        + data[at + 4 :]
    )


def bad_sum(data: bytes, rng: Rng) -> bytes:
    """A PNG with a wrong checksum of its pixels."""
    at = data.index(b"IDAT")
    end = at + 4 + int(struct.unpack_from(">I", data, at - 4)[0])
    return data[:end] + bytes([data[end] ^ 255]) + data[end + 1 :]


@cache
def burst() -> bytes:
    """A few hundred KB that inflate to many times as much."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(BURST >> 20)) + packer.flush()


def long_data(data: bytes, rng: Rng) -> bytes:
    """A PNG whose pixels inflate to far more than its header says."""
    (kind, header), *_ = chunks(data)
    return png([(kind, header), (b"IDAT", burst()), (b"IEND", b"")])


def long_text(data: bytes, rng: Rng) -> bytes:
    """A PNG with a text that inflates to far more than any text."""
    first, *rest = chunks(data)
    return png([first, (b"zTXt", b"Comment\0\0" + burst()), *rest])


def archive(data: bytes, rng: Rng) -> bytes:
    """A zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("picture.jpg", data)
    return out.getvalue()


def page(data: bytes, rng: Rng) -> bytes:
    """What a server sends in place of a picture."""
    return b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>" + LOREM + b"</body></html>\n"


JPEG: dict[str, Damage] = {
    "cut anywhere": cut,
    "cut near the end": cut_late,
    "a block of zeros": hole,
    "half of another": spliced,
    "a bit of the header": header_bit,
    "a bit of the data": data_bit,
    "40 bits of the data": data_bits,
    "a segment's length": segment_lies,
    "bomb: 65500 x 65500": lambda data, rng: framed(data, 65500, 65500),
    "header says twice the height": lambda data, rng: framed(data, Image.open(io.BytesIO(data)).width, 600),
    "a header and no more": lambda data, rng: data[: scan_of(data)],
    "begins as one, then text": lambda data, rng: b"\xff\xd8\xff\xe0" + LOREM,
}
PNG: dict[str, Damage] = {
    "cut anywhere": cut,
    "cut near the end": cut_late,
    "a block of zeros": hole,
    "half of another": spliced,
    "a bit of the header": header_bit,
    "a bit of the data": data_bit,
    "40 bits of the data": data_bits,
    "a chunk's length": chunk_lies,
    "a wrong checksum": bad_sum,
    "bomb: 60000 x 60000": lambda data, rng: resized(data, 60000, 60000),
    "bomb: data that inflates to 256 MB": long_data,
    "bomb: text that inflates to 256 MB": long_text,
    "header says 600 rows": lambda data, rng: resized(data, Image.open(io.BytesIO(data)).width, 600),
    "a signature and no more": lambda data, rng: data[:8],
}
OTHER: dict[str, Damage] = {
    "empty": lambda data, rng: b"",
    "zeros": lambda data, rng: bytes(int(rng.integers(1, 5000))),
    "noise": lambda data, rng: rng.bytes(int(rng.integers(1, 5000))),
    "text": lambda data, rng: LOREM,
    "a page of HTML": page,
    "a zip": archive,
    "gzipped": lambda data, rng: gzip.compress(data, mtime=0),
    "JSON": lambda data, rng: b'{"error": "rate limit exceeded", "status": 429}',
}
KINDS: dict[str, tuple[str, Damage]] = {
    **{f"JPEG, {name}": ("JPEG", damage) for name, damage in JPEG.items()},
    **{f"PNG, {name}": ("PNG", damage) for name, damage in PNG.items()},
    **{f"no picture, {name}": ("JPEG", damage) for name, damage in OTHER.items()},
}
