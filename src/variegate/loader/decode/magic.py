"""Magic: what a file is that no reader here takes, by its first bytes, and who reads it; for the error alone."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import PurePath
from typing import Any, NamedTuple

import numpy as np

from variegate.errors import DecodeError

ALLOW = "variegate.allow_formats"
MOST = 4096  # bytes that are looked at

RAW = "a camera's raw file", "rawpy develops it: rawpy.imread(path).postprocess(); save that as PNG or TIFF"
FLOATS = "save it as TIFF of float32"
FILM = "a video", "take its pictures out of it first, with ffmpeg or PyAV"
PAGE = "an HTML page, such as servers send in place of a file", "download the file again"
ANSWER = "a text of XML or JSON, such as servers send of an error", "download the file again"
DRAWN = "a drawing, not pixels", "render it as PNG"


class Known(NamedTuple):
    """A sort of file; how its first bytes are, what it is called and what to do with it."""

    start: re.Pattern[bytes]
    what: str
    instead: str


def _known(start: bytes, what: str, instead: str) -> Known:
    return Known(re.compile(start, re.DOTALL), what, instead)


def _plugin(name: str, package: str, module: str, format: str) -> tuple[str, str]:
    return name, f'{package} reads it: pip install {package}, then {ALLOW}("{format}", plugin="{module}")'


HEIF = _plugin("a HEIF picture (HEIC)", "pillow-heif", "pillow_heif.HeifImagePlugin", "HEIF")
JPEG_XL = _plugin("a JPEG XL", "pillow-jxl-plugin", "pillow_jxl", "JXL")
KNOWN = (
    _known(rb".{4}ftyp(?:.{4}){,16}?(?:hei[cmsx]|hev[cmsx])", *HEIF),
    _known(rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n", *JPEG_XL),
    _known(rb".{4}ftypcrx |II(?:\*\0\x10\0\0\0CR|R[OS]|U\0)|MMOR|FUJIFILMCCD-RAW|FOVb", *RAW),
    _known(rb".{4}ftyp(?:iso[2-9m]|mp4\d|avc1|qt  |M4|3g|dash|MSNV|XAVC)", *FILM),
    _known(rb"\x1aE\xdf\xa3|RIFF.{4}AVI |\0\0\x01\xba", *FILM),
    _known(rb"v/1\x01", "an OpenEXR picture", f"the package OpenEXR reads it; {FLOATS}"),
    _known(rb"#\?(?:RADIANCE|RGBE)", "a Radiance HDR picture", f"OpenCV reads it; {FLOATS}"),
    _known(rb"II\xbc", "a JPEG XR", "imagecodecs reads it; save it as PNG or TIFF"),
    _known(rb".{128}DICM", "a DICOM file", "pydicom reads it; save its pixels as TIFF, or use Arrays"),
    _known(rb".{344}n[i+]1\0", "a NIfTI volume", "nibabel reads it; use Arrays"),
    _known(rb"P7\n", "a PAM", "save it as PNG or TIFF"),
    _known(rb"\x93NUMPY", "an array of NumPy", "use Arrays of numpy.load(path)"),
    _known(rb"\x89HDF\r\n\x1a\n", "an HDF5 file", "h5py reads it; use Arrays"),
    _known(rb"PAR1", "a Parquet file", "use the source Parquet"),
    _known(rb".{257}ustar", "a tar", "use the source WebDataset, or unpack it"),
    _known(rb"PK(?:\x03\x04|\x05\x06)", "a zip archive", "unpack it; of NumPy's .npz use Arrays"),
    _known(rb"\x1f\x8b", "packed by gzip", "unpack it"),
    _known(rb"BZh\d|\xfd7zXZ\0|\x28\xb5\x2f\xfd|7z\xbc\xaf|Rar!", "packed", "unpack it"),
    _known(rb"%PDF", "a PDF", "render its pages as PNG"),
    _known(rb"%!PS|\xc5\xd0\xd3\xc6|\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF", *DRAWN),
    _known(rb"(?:\xef\xbb\xbf)?\s*<(?:svg\b|(?:\?xml|!--|!(?i:doctype) svg).*?<svg\b)", *DRAWN),
    _known(rb"version https://(?:git-lfs|hawser)", "what Git LFS leaves in place of a file", "run git lfs pull"),
    _known(rb"(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)?<(?i:!doctype html|html|head|body)\b", *PAGE),
    _known(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml|\{\s*\")", *ANSWER),
)


def unreadable(data: bytes | memoryview, name: str, allowed: Collection[str]) -> DecodeError:
    """The error on a file that Pillow has opened as none of the formats that it is allowed to open.

    allowed  as Pillow calls them
    """
    start = bytes(data[:MOST])
    for sort in KNOWN:
        if sort.start.match(start):
            return DecodeError(name, f"it is {sort.what}; {sort.instead}", sound=True)
    if not np.frombuffer(data, np.uint8).any():
        return DecodeError(name, f"all of its {len(data)} bytes are zero: nothing was written to its place")
    format, reason = _of_pillow(start[:16])
    if format in allowed:
        why = "its header is damaged, cut off or of a rare kind"
        return DecodeError(name, f"it begins as {format} does, but Pillow cannot open its {len(data)} bytes: {why}")
    named = _by_name(name)
    if named not in ("", *allowed):  # first, as a TGA begins as CUR does
        told = f'nothing in its bytes tells; if it is one, Pillow reads it after {ALLOW}("{named}")'
        return DecodeError(name, f"its name is that of a {named}, which {told}", sound=True)
    if format:
        told = reason or f'Pillow reads it after {ALLOW}("{format}")'
        return DecodeError(name, f"it begins as {format} does; {told}", sound=True)
    head = start[:12]
    kind = "text" if head.isascii() and head.decode("ascii").isprintable() else "bytes"
    return DecodeError(name, f"no picture format begins with the {kind} {head!r}")


def _of_pillow(prefix: bytes) -> tuple[str, str]:
    """The format that Pillow takes a file for by its first 16 bytes, and what it lacks to read it, if it says that."""
    from PIL import Image

    Image.init()
    for format in Image.ID:
        accept: Any = Image.OPEN[format][1] or (lambda prefix: False)  # without one, nothing tells before it is read
        with suppress(Exception):  # of a file that is shorter
            answer = accept(prefix)
            if answer:
                return format, answer if isinstance(answer, str) else ""
    return "", ""


def _by_name(name: str) -> str:
    """The format that a file's name ends with, of those that Pillow knows by the name alone; else empty."""
    from PIL import Image

    format = Image.registered_extensions().get(PurePath(name).suffix.lower(), "")
    return format if format in Image.OPEN and not Image.OPEN[format][1] else ""
