"""Strange files: formats that are to be allowed first, other things under a picture's name, damage, and no files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import broken
import numpy as np
from odd import EITHER, READ, REFUSED, Odd, pixels, shown
from others import saved

BY_NAME = "TGA", "IM"  # which Pillow knows by their names alone
PLUGINS = {"HEIF": ("heic", "pillow_heif.HeifImagePlugin"), "JXL": ("jxl", "pillow_jxl")}


def allowed() -> Iterator[tuple[str, Odd]]:
    """Formats that are read when they are allowed; each under a name that is listed."""
    for kind, mode in (("TGA", "RGB"), ("ICO", "RGBA"), ("PCX", "RGB"), ("SGI", "RGB"), ("QOI", "RGB"), ("DDS", "RGB"),
                       ("IM", "RGB"), ("MSP", "1"), ("XBM", "1")):  # fmt: skip
        with contextlib.suppress(KeyError, OSError):  # what this Pillow does not write
            yield kind, saved(mode, kind, kind.lower() if kind in BY_NAME else "png", kind)
    for kind, (ending, module) in PLUGINS.items():
        with contextlib.suppress(ImportError):
            import_module(module)
            if kind == "HEIF":
                import_module("pillow_heif").register_heif_opener()
            yield kind, Odd("jpg", broken.encoded(shown(), kind), kind, plugin=module)
            yield f"{kind} of its own name", Odd(ending, broken.encoded(shown(), kind), kind, plugin=module)


def no_pictures() -> Iterator[tuple[str, Odd]]:
    """Other things under the name of a picture."""
    starts = {
        "PDF": b"%PDF-1.7\n",
        "video": b"\0\0\0\x18ftypisom" + bytes(500),
        "SVG": b"<svg xmlns='a'></svg>",
        "XML": b"<?xml version='1.0'?><a/>",
        "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n",
        "tar": bytes(257) + b"ustar\0" + bytes(500),
        "Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        "NumPy": b"\x93NUMPY\1\0" + bytes(90),
        "DICOM": bytes(128) + b"DICM" + bytes(90),
        "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(90),
        "a letter": b"a",
        "a line of JSON": b'{"a": 1}',
        "UTF-16": "\ufefftext".encode("utf-16"),
        "0xff": b"\xff" * 3000,
        "start of a JPEG": b"\xff\xd8",
        "start of a JPEG, ff": b"\xff\xd8" + b"\xff" * 5000,
        "start of a PNG": b"\x89PNG",
        "RIFF": b"RIFF\4\0\0\0WAVE",
        "II": b"II*\0",
        "BM": b"BM",
        "P": b"P6",
        "OpenEXR": b"v/1\1" + bytes(90),
    }
    for name, data in starts.items():
        yield name, Odd("jpg", data, REFUSED)
    rng = np.random.default_rng(5)
    for name, damage in broken.OTHER.items():
        yield name, Odd("jpeg", damage(pixels().tobytes()[:500], rng), REFUSED)


SPOILED: dict[str, broken.Damage] = {
    "cut anywhere": broken.cut,
    "cut near the end": broken.cut_late,
    "a block of zeros": broken.hole,
    "a bit of its start": lambda data, rng: broken.flipped(data, rng.integers(0, min(len(data), 100), 1)),
    "three bits of its start": lambda data, rng: broken.flipped(data, rng.integers(0, min(len(data), 100), 3)),
    "a bit": lambda data, rng: broken.flipped(data, rng.integers(0, len(data), 1)),
    "40 bits": lambda data, rng: broken.flipped(data, rng.integers(0, len(data), 40)),
}


def damaged(times: int) -> Iterator[tuple[str, Odd]]:
    """Each kind of damage, so many times: of JPEGs and PNGs, and of the other formats."""
    for number in range(times * len(broken.KINDS)):
        name = list(broken.KINDS)[number % len(broken.KINDS)]
        kind, damage = broken.KINDS[name]
        data = damage(broken.good(number, kind), np.random.default_rng([11, number]))
        yield f"{name} {number // len(broken.KINDS)}", Odd("png" if kind == "PNG" else "jpg", data, EITHER)
    sound = {
        **{
            f"TIFF {packing}": saved("RGB", "TIFF", "tif", compression=packing)
            for packing in ("raw", "tiff_lzw", "jpeg")
        },
        **{
            "WebP": saved("RGB", "WebP"),
            "GIF": saved("P", "GIF"),
            "BMP": saved("RGB", "BMP"),
            "PPM": saved("RGB", "PPM"),
        },
        **{"JPEG 2000": saved("RGB", "JPEG2000", "jp2"), "AVIF": saved("RGB", "AVIF", speed=10)},
    }
    for number, (format, file) in enumerate(sound.items()):
        for at, (name, damage) in enumerate(SPOILED.items()):
            for time in range(times):
                data = damage(file.data, np.random.default_rng([12, number, at, time]))
                yield f"{format}, {name} {time}", Odd(file.ending, data, EITHER)


def kinds(times: int) -> Iterator[tuple[str, Odd]]:
    """All of them; each damage so many times."""
    for group, each in {"allowed": allowed(), "no picture": no_pictures(), "damaged": damaged(times)}.items():
        yield from ((f"{group} {name}", found) for name, found in each)


def no_files(folder: Path) -> dict[str, str]:
    """Names that are no regular files, or hard to say, in a folder; name -> what should become of it."""
    good = broken.encoded(shown(), "JPEG")
    found = {}
    for name in (
        "a b.jpg",
        "ä€.jpg",
        "%00.jpg",
        "'\".jpg",
        "-.jpg",
        "a\nb.jpg",
        "a\x1b[31m.jpg",
        "[b].jpg",
        "x" * 250 + ".jpg",
        "a.tar.jpg",
        os.fsdecode(b"\xff\xfe.jpg"),
    ):
        (folder / name).write_bytes(good)
        found[name] = READ
    (folder / "a folder.jpg").mkdir()
    (folder / "a folder.jpg" / "in it.jpg").write_bytes(good)
    found["a folder.jpg/in it.jpg"] = READ
    (folder / "a link.jpg").symlink_to(folder / "a b.jpg")
    found["a link.jpg"] = READ
    (folder / "a circle.jpg").symlink_to(folder)
    for name, target in {"a link to nothing.jpg": "nothing", "a link to itself.jpg": "a link to itself.jpg"}.items():
        (folder / name).symlink_to(target)
        found[name] = REFUSED
    os.mkfifo(folder / "a FIFO.jpg")
    found["a FIFO.jpg"] = REFUSED
    if os.geteuid():
        (folder / "no rights.jpg").write_bytes(good)
        (folder / "no rights.jpg").chmod(0)
        found["no rights.jpg"] = REFUSED
    return found
