"""A file that nothing here reads is told what it is and who reads it; only a broken one is to be repaired."""

from __future__ import annotations

import gzip
import io
import re
import struct
import tarfile
import zipfile
from typing import Any

import numpy as np
import pytest
from PIL import Image, features

from variegate.errors import DecodeError
from variegate.loader import Arrays, Parquet, WebDataset  # noqa: F401 - errors name them
from variegate.loader.decode.image import open_image
from variegate.loader.decode.magic import ALLOW, unreadable


def saved(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((40, 30), 60).convert(mode).save(file, kind, **options)
    return file.getvalue()


def array() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros((4, 5, 3)))
    return file.getvalue()


def packed(tar: bool) -> bytes:
    file = io.BytesIO()
    if tar:
        with tarfile.open(fileobj=file, mode="w") as shard:
            shard.addfile(tarfile.TarInfo("a.jpg"), io.BytesIO())
    else:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a.jpg", b"")
    return file.getvalue()


def brands(*names: str) -> bytes:
    """The box that begins a file of MPEG's formats (ISO/IEC 14496-12, 4.3)."""
    body = names[0].encode() + bytes(4) + "".join(names).encode()
    return struct.pack(">I", len(body) + 8) + b"ftyp" + body + bytes(64)


def frame(kind: int, depth: int) -> bytes:
    """A JPEG of Pillow's whose frame says another coding."""
    data = saved("JPEG")
    at = data.index(b"\xff\xc0")
    return data[: at + 1] + bytes([kind]) + data[at + 2 : at + 4] + bytes([depth]) + data[at + 5 :]


SOUND = {
    "HEIC": (
        brands("heic", "mif1"),
        r'HEIF.*pip install pillow-heif.*\("HEIF", plugin="pillow_heif.Heif.*"\)',
    ),
    "HEIC by its second name": (brands("mif1", "heic"), "HEIF"),
    "HEIF of several": (brands("msf1", "hevc"), "HEIF"),
    "JPEG XL": (b"\xff\x0a" + bytes(20), r'JPEG XL.*pip install pillow-jxl-plugin.*\("JXL", plugin="pillow_jxl"\)'),
    "JPEG XL in boxes": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(20), "JPEG XL"),
    "JPEG of 12 bits": (frame(0xC1, 12), "a JPEG of 12 bits, which imagecodecs reads"),
    "JPEG of 12 bits, progressive": (frame(0xC2, 12), "a JPEG of 12 bits, which imagecodecs reads"),
    "lossless JPEG": (frame(0xC3, 16), "a lossless JPEG of 16 bits, which imagecodecs reads"),
    "hierarchical JPEG": (frame(0xC5, 8), r"a JPEG of a rare coding \(SOF5\)"),
    "JPEG-LS": (frame(0xF7, 8), "a JPEG-LS, which imagecodecs reads"),
    "JPEG XR": (b"II\xbc\x01" + bytes(30), "a JPEG XR"),
    "CR2": (b"II*\0\x10\0\0\0CR\2\0" + bytes(30), "camera's raw.*rawpy"),
    "CR3": (brands("crx ", "isom"), "camera's raw.*rawpy"),
    "ORF": (b"IIRO\x08\0\0\0" + bytes(30), "camera's raw"),
    "RAF": (b"FUJIFILMCCD-RAW 0201", "camera's raw"),
    "OpenEXR": (b"v/1\x01\2\0\0\0", "OpenEXR.*TIFF of float32"),
    "Radiance": (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n", "Radiance HDR"),
    "DICOM": (bytes(128) + b"DICM" + bytes(30), "pydicom"),
    "NIfTI": (b"\x5c\1\0\0" + bytes(340) + b"n+1\0", "nibabel"),
    "PAM": (b"P7\nWIDTH 4\n", "a PAM"),
    "NumPy": (array(), "array of NumPy.*Arrays"),
    "HDF5": (b"\x89HDF\r\n\x1a\n", "h5py"),
    "Parquet": (b"PAR1" + bytes(30), "source Parquet"),
    "tar": (packed(tar=True), "WebDataset"),
    "zip": (packed(tar=False), "zip archive"),
    "gzip": (gzip.compress(saved("JPEG")), "packed by gzip; unpack it"),
    "xz": (b"\xfd7zXZ\0" + bytes(30), "packed; unpack it"),
    "PDF": (saved("PDF"), "render its pages"),
    "MP4": (brands("isom", "mp42"), "a video"),
    "QuickTime": (brands("qt  "), "a video"),
    "Matroska": (b"\x1aE\xdf\xa3" + bytes(30), "a video"),
    "AVI": (b"RIFF\0\0\0\0AVI LIST", "a video"),
    "SVG": (b'\n<?xml version="1.0"?>\n<!-- a -->\n<svg xmlns="x">', "a drawing"),
    "SVG alone": (b"<svg>", "a drawing"),
    "EMF": (b"\1\0\0\0" + bytes(36) + b" EMF", "a drawing"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "Git LFS.*git lfs pull"),
    "HTML": (b"\n<!DOCTYPE html>\n<title>404", "HTML page.*download the file again"),
    "HTML at once": (b"<HTML><HEAD>", "HTML page"),
    "XML": (b'\xef\xbb\xbf<?xml version="1.0"?><Error><Code>AccessDenied', "XML or JSON, such as servers send"),
    "JSON": (b'{"message": "not found"}', "XML or JSON, such as servers send"),
}
OPENED = "HDF5", "EMF"  # by Pillow, where it may


@pytest.mark.parametrize("name", SOUND)
def test_what_it_is_and_who_reads_it(name: str) -> None:
    data, said = SOUND[name]
    for each in (data, memoryview(data)):
        with pytest.raises(DecodeError, match=said) as caught:
            if name in OPENED:
                raise unreadable(each, "a.jpg", ("PNG",))
            open_image(each, "a.jpg")
        assert caught.value.sound and "epair" not in str(caught.value)


BROKEN = {
    "PNG": (saved("PNG")[:20], "begins as PNG does, but Pillow cannot open its 20 bytes: its header is damaged"),
    "PNG of a signature": (saved("PNG")[:8], "begins as PNG does"),
    "PNG without pixels": (saved("PNG")[:33], "begins as PNG does"),
    "WebP": (saved("WEBP")[:16], "begins as WEBP does"),
    "GIF": (saved("GIF")[:8], "begins as GIF does"),
    "TIFF": (saved("TIFF")[:12], "begins as TIFF does"),
    "JPEG 2000": (saved("JPEG2000")[:16], "begins as JPEG2000 does"),
    "AVIF": (brands("avif")[:20], "begins as AVIF does"),
    "zeros": (bytes(5000), "all of its 5000 bytes are zero"),
    "text": (b"this is no picture\n", "no picture format begins with the text b'this is no p'"),
    "bytes": (bytes(range(128, 200)), r"no picture format begins with the bytes b'\\x80"),
    "one byte": (b"\x89", "no picture format begins with"),
}


@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # Pillow's, of a TIFF
@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_to_be_repaired(name: str) -> None:
    data, said = BROKEN[name]
    if name == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    for each in (data, memoryview(data)):
        with pytest.raises(DecodeError, match="Repair or remove the file") as caught:
            open_image(each, "a.jpg")
        error = unreadable(each, "a.jpg", Image.OPEN)
        assert not caught.value.sound and not error.sound and re.search(said, error.reason)


def test_a_format_that_pillow_may_not_open_is_no_damage() -> None:
    """But the call that allows it is named; nothing of the file is read to tell that."""
    for kind in ("ICO", "PCX", "SGI", "QOI", "DDS", "ICNS"):
        data = saved(kind)
        error = unreadable(data, "a.x", ("PNG", "JPEG"))
        assert error.sound and f'it begins as {kind} does; Pillow reads it after {ALLOW}("{kind}")' in error.reason
        assert "damaged" in unreadable(data, "a.x", ("PNG", kind)).reason
    assert "damaged" in unreadable(saved("PNG")[:20], "a.png", ("PNG", "JPEG")).reason


def test_a_format_that_only_its_name_tells_is_no_damage() -> None:
    """TGA has no mark at its start, and may begin as CUR does. The name of any other format tells nothing."""
    data = saved("TGA")
    error = unreadable(data, "s3://a/b.TGA", ("PNG",))
    assert error.sound and "its name is that of a TGA" in error.reason and f'{ALLOW}("TGA")' in error.reason
    for name, allowed in (("a.tga", ("PNG", "TGA")), ("a.png", ("PNG",)), ("a.ico", ("PNG",)), ("a", ())):
        assert "name" not in unreadable(data, name, allowed).reason
    assert "damaged" in unreadable(saved("PNG")[:20], "a.tga", ("PNG",)).reason
    assert "HTML" in unreadable(b"<html>", "a.tga", ("PNG",)).reason


def test_what_pillow_has_no_reader_for_is_no_damage() -> None:
    """A BMP whose pixels are a JPEG, and a program that Pillow would have another program draw."""
    bmp = bytearray(saved("BMP"))
    bmp[30] = 4
    for data, said in ((bytes(bmp), "Unsupported BMP compression"), (saved("EPS"), "draws|drawing")):
        with pytest.raises(DecodeError, match=said) as caught:
            open_image(data).decode()
        assert caught.value.sound and "epair" not in str(caught.value)


def test_a_start_made_to_be_slow_is_not() -> None:
    for part in (b"<!---->", b"<?xml>", b"<!doctype svg>", b" ", b"....ftyp"):
        assert unreadable(part * 1000, "a", ())


def test_no_picture_that_is_read_is_taken_for_another_file() -> None:
    """What Pillow writes by default would be told by Pillow's name, so nothing of ours shadows it."""
    for kind in ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM", "JPEG2000"):
        assert f"begins as {kind} does" in unreadable(saved(kind), "a", (kind,)).reason
