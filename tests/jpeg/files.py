"""JPEGs for the tests of the decoder, and what simplejpeg makes of them."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import numpy as np
import simplejpeg
from PIL import Image, ImageFile

import variegate.jpeg as jpeg

ImageFile.MAXBLOCK = 1 << 24  # Pillow's buffer for files with optimised tables
SAMPLINGS = "4:4:4", "4:2:2", "4:2:0", "4:4:0"
Picture = np.ndarray


def pixels(rng: np.random.Generator, height: int, width: int, channels: int = 3) -> Picture:
    """Noise, patches, waves, or a walk along rows."""
    kind = rng.integers(4)
    if kind == 0:
        found = rng.integers(0, 256, (height, width, channels))
    elif kind == 1:
        side = int(rng.integers(2, 40))
        few = rng.integers(0, 256, (height // side + 1, width // side + 1, channels))
        found = np.kron(few, np.ones((side, side, 1)))[:height, :width]
    elif kind == 2:
        y, x = np.mgrid[:height, :width]
        waves = [np.sin(x * rng.uniform(0, 0.4) + y * rng.uniform(0, 0.4)) for _ in range(channels)]
        found = 127 + 120 * np.stack(waves, -1) + rng.normal(0, rng.uniform(0, 20), (height, width, channels))
    else:
        found = 128 + np.cumsum(rng.normal(0, 4, (height, width, channels)), 1)
    return np.clip(found, 0, 255).astype(np.uint8)


def encoded(picture: Picture, quality: int = 80, sampling: str = "4:2:0", **options: object) -> bytes:
    """A file that Pillow writes; of 4:4:0, simplejpeg, without options."""
    if sampling == "4:4:0":
        return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(picture), quality, colorsubsampling="440"))
    grey = picture.shape[2] == 1
    file = io.BytesIO()
    more = {} if grey else {"subsampling": sampling}
    Image.fromarray(picture[..., 0] if grey else picture).save(file, "JPEG", quality=quality, **more, **options)
    return file.getvalue()


def any_file(rng: np.random.Generator, most: int) -> bytes:
    """A file of any kind that is read, of up to `most` pixels a side."""
    height, width = (int(n) for n in rng.integers(1, most + 1, 2))
    picture = pixels(rng, height, width, 1 if rng.random() < 0.15 else 3)
    options: dict[str, object] = {"optimize": True} if rng.random() < 0.4 else {}
    restarts = rng.random()
    if restarts < 0.2:
        options["restart_marker_blocks"] = int(rng.integers(1, 40))
    elif restarts < 0.4:
        options["restart_marker_rows"] = int(rng.integers(1, 4))
    sampling = str(rng.choice(SAMPLINGS[:3] if options or picture.shape[2] == 1 else SAMPLINGS))
    return encoded(picture, int(rng.integers(1, 101)), sampling, **options)


def any_window(rng: np.random.Generator, height: int, width: int) -> jpeg.Window:
    """Of one pixel or more."""
    y0, x0 = int(rng.integers(height)), int(rng.integers(width))
    return y0, int(rng.integers(y0 + 1, height + 1)), x0, int(rng.integers(x0 + 1, width + 1))


def header(data: bytes) -> jpeg.Header:
    """The header of a file that is read."""
    found = jpeg.parse(data)
    assert isinstance(found, jpeg.Header), found
    return found


def whole(data: bytes, channels: int = 3) -> Picture | str:
    """All of a picture, or why not."""
    found = jpeg.parse(data)
    if isinstance(found, str):
        return found
    out = np.zeros((*found.size, channels), np.uint8)
    index = jpeg.verify(data, found, (0, found.size[0], 0, found.size[1]), out)
    return index if isinstance(index, str) else out


def index_of(data: bytes) -> jpeg.Index:
    """The index of a file that is sound."""
    found = header(data)
    index = jpeg.verify(data, found, (0, 0, 0, 0), np.zeros((*found.size, 3), np.uint8))
    assert isinstance(index, jpeg.Index), index
    return index


def turbo(data: bytes, channels: int = 3) -> Picture:
    """What simplejpeg makes of it. Raises  ValueError for what libjpeg warns of."""
    return np.asarray(simplejpeg.decode_jpeg(data, "RGB" if channels == 3 else "GRAY", strict=True))


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, where its lead byte is, end) of each segment up to the scan's, that included."""
    at = 2
    while True:
        end = at + 2 + int(struct.unpack_from(">H", data, at + 2)[0])
        yield data[at + 1], at, end
        if data[at + 1] == 0xDA:
            return
        at = end


def place(data: bytes, marker: int) -> tuple[int, int]:
    """Where the first segment of a kind is."""
    return next((at, end) for found, at, end in segments(data) if found == marker)


def without(data: bytes, *markers: int) -> bytes:
    """The same file without segments of these kinds."""
    kept = [data[at:end] for marker, at, end in segments(data) if marker not in markers]
    return data[:2] + b"".join(kept) + data[place(data, 0xDA)[1] :]


def put(data: bytes, *parts: bytes) -> bytes:
    """With parts before the first segment."""
    return data[:2] + b"".join(parts) + data[2:]


def segment(marker: int, body: bytes) -> bytes:
    """A segment."""
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def changed(data: bytes, at: int, *values: int) -> bytes:
    """With other bytes from a place on."""
    return data[:at] + bytes(values) + data[at + len(values) :]
