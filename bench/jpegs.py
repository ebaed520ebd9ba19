"""Odd JPEGs: sound ones that are rare, of real encoders and of segments put in by hand; and some that are not whole."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import broken
import numpy as np
from odd import EITHER, REFUSED, Odd, exif, large_profile, pixels, profile, shown, xmp

EXIF, XMP, ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
APP_0, APP_1, APP_2, ADOBE, COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
SIDES = (1, 1), (1, 7), (9, 1), (8, 8), (7, 9), (15, 17), (16, 16), (33, 31), (1, 3000), (3000, 1), (65500, 1), (17, 65)
SPLIT = 50_000  # bytes of a profile in one segment


def jpeg(mode: str = "RGB", size: tuple[int, int] = (60, 44), **options: object) -> bytes:
    """A file that Pillow writes."""
    return broken.encoded(shown(size=size, mode=mode), "JPEG", **options)


def segment(marker: int, body: bytes) -> bytes:
    """A segment of a JPEG."""
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def first(data: bytes) -> int:
    """Where the segment behind JFIF's begins."""
    return 4 + int(struct.unpack_from(">H", data, 4)[0]) if data[2:4] == b"\xff\xe0" else 2


def put(data: bytes, *parts: bytes) -> bytes:
    """With parts behind the segment of JFIF."""
    at = first(data)
    return data[:at] + b"".join(parts) + data[at:]


def told(*blocks: bytes) -> bytes:
    """Segments of Exif."""
    return b"".join(segment(APP_1, EXIF + block) for block in blocks)


def parts_of(whole: bytes, order: list[int], count: int | None = None) -> bytes:
    """Segments of a profile: which of its parts, in which order, of how many as they say."""
    pieces = [whole[at : at + SPLIT] for at in range(0, len(whole), SPLIT)]
    count = len(pieces) if count is None else count
    return b"".join(segment(APP_2, ICC + bytes([n + 1, count]) + pieces[n]) for n in order)


def coded() -> Iterator[tuple[str, Odd]]:
    """Colours, sampling, scans, tables, sizes."""
    import simplejpeg

    for progressive in (False, True):
        scans = "progressive" if progressive else "baseline"
        for sampling in ("4:4:4", "4:2:2", "4:2:0", "4:1:1", "4:4:0"):
            for size in ((60, 44), (61, 43)):
                with_it = {"subsampling": sampling} if sampling != "4:4:0" else {}
                with_it = {} if sampling == "4:1:1" else with_it
                if not with_it and progressive:
                    continue  # Pillow has them not
                data = (
                    jpeg(size=size, progressive=progressive, **with_it)
                    if with_it
                    else simplejpeg.encode_jpeg(pixels(size=size), 90, colorsubsampling=sampling.replace(":", ""))
                )
                yield f"{scans} {sampling} {size[0]} x {size[1]}", Odd("jpg", data)
        yield f"{scans} grey", Odd("jpeg", jpeg("L", progressive=progressive))
        yield f"{scans} stored as RGB", Odd("jpg", jpeg(keep_rgb=True, progressive=progressive))
        yield f"{scans} CMYK", Odd("jpg", jpeg("CMYK", progressive=progressive))
        yield f"{scans} YCCK", Odd("jpg", jpeg("CMYK", progressive=progressive).replace(*ADOBES))
        yield f"{scans} restarts", Odd("JPG", jpeg(restart_marker_blocks=2, progressive=progressive))
        yield f"{scans} restarts a row", Odd("jpg", jpeg(restart_marker_rows=1, progressive=progressive))
        yield f"{scans} optimised", Odd("jpg", jpeg(optimize=True, progressive=progressive))
    yield "grey restarts", Odd("jpe", jpeg("L", restart_marker_blocks=1))
    for quality in (1, 100):
        yield f"quality {quality}", Odd("jfif", jpeg(quality=quality))
    yield "tables of 16 bits", Odd("jpg", jpeg(qtables=[[300] * 64, [400] * 64]))
    yield "one table", Odd("jpg", jpeg(qtables=[[7] * 64]))
    plain = Odd("jpg", jpeg())
    at = broken.frame_of(plain.data)
    yield "extended", plain.but(plain.data[: at + 1] + b"\xc1" + plain.data[at + 2 :])
    for size in SIDES:
        yield f"{size[0]} x {size[1]}", Odd("jpg", jpeg(size=size))
        if max(size) < 100:
            yield f"grey {size[0]} x {size[1]}", Odd("jpg", jpeg("L", size=size, progressive=True))
    two = io.BytesIO()
    shown().save(two, "MPO", save_all=True, append_images=[shown(1, (30, 22))])
    yield "MPO of two", Odd("jpg", two.getvalue())
    yield "12 bits", Odd("jpg", plain.data[: at + 4] + b"\x0c" + plain.data[at + 5 :], REFUSED)
    yield "JPEG-LS", Odd("jpg", plain.data[: at + 1] + b"\xf7" + plain.data[at + 2 :], REFUSED)


ADOBES = b"Adobe\0\x64\0\0\0\0\0", b"Adobe\0\x64\0\0\0\0\2"  # CMYK's segment, and the same of YCCK


def turned() -> Iterator[tuple[str, Odd]]:
    """How it stands: Exif of all sorts and XMP."""
    plain = Odd("jpg", jpeg())
    for way in range(1, 9):
        for order in "<>":
            told_so = put(plain.data, told(exif(way, order=order)))
            yield f"Exif {way} {'little' if order == '<' else 'big'}-endian", plain.but(told_so, turn=way)
    for kind, name in {1: "BYTE", 4: "LONG", 6: "SBYTE", 8: "SSHORT", 9: "SLONG"}.items():
        yield f"Exif of {name}", plain.but(put(plain.data, told(exif(6, kind, ">"))), turn=6)
    yield "Exif of RATIONAL", plain.but(put(plain.data, told(exif(6, 5))), turn=1)
    for value in (0, 9, 65535):
        yield f"Exif {value}", plain.but(put(plain.data, told(exif(value))), turn=1)
    two = {
        "6 then 3": (exif(6), exif(3)),
        "none then 6": (exif(1, tag=271), exif(6)),
        "broken then 6": (b"II", exif(6)),
    }
    for name, blocks in two.items():
        yield f"two Exifs, {name}", plain.but(put(plain.data, told(*blocks)), turn=6)
    before = plain.data[:2] + told(exif(8)) + plain.data[2:]
    yield "Exif before JFIF", plain.but(before, turn=8)
    yield "Exif without JFIF", plain.but(plain.data[:2] + told(exif(5)) + plain.data[first(plain.data) :], turn=5)
    for element in (False, True):
        body = segment(APP_1, XMP + xmp(6, element))
        yield f"XMP 6, {'an element' if element else 'an attribute'}", plain.but(put(plain.data, body), turn=6)
    both = put(plain.data, segment(APP_1, XMP + xmp(6)), told(exif(3)))
    yield "XMP 6 and Exif 3", plain.but(both, turn=3)
    yield "XMP 9", plain.but(put(plain.data, segment(APP_1, XMP + xmp(9))), turn=1)
    wrong = {"cut": exif(6)[:20], "empty": b"", "of another order": b"XX*\0" + exif(6)[4:], "noise": broken.LOREM,
             "a place beyond it": exif(6)[:4] + struct.pack("<I", 1 << 30) + exif(6)[8:],
             "a place in it again": exif(1, tag=34665)[:18] + struct.pack("<I", 8) + bytes(4),
             "65535 tags": exif(1, tag=271)[:8] + b"\xff\xff" + exif(1, tag=271)[10:]}  # fmt: skip
    for name, block in wrong.items():
        yield f"broken Exif, {name}", plain.but(put(plain.data, told(block)), turn=1)


def beside() -> Iterator[tuple[str, Odd]]:
    """What stands beside the pixels: profiles, JFIF, comments, applications' own, bytes that belong nowhere."""
    plain, whole = Odd("jpg", jpeg()), large_profile()
    some = {"whole": parts_of(profile(), [0]), "in parts": parts_of(whole, [0, 1, 2, 3]),
            "in parts, shuffled": parts_of(whole, [2, 0, 3, 1]), "a part missing": parts_of(whole, [0, 2, 3]),
            "a part twice": parts_of(whole, [0, 1, 1, 2, 3]), "of none": parts_of(profile(), [0], 0),
            "of one too many": parts_of(profile(), [0], 2), "empty": segment(APP_2, ICC + b"\1\1"),
            "cut": segment(APP_2, ICC[:-3]), "noise": segment(APP_2, ICC + b"\1\1" + broken.LOREM)}  # fmt: skip
    for name, part in some.items():
        yield f"profile {name}", plain.but(put(plain.data, part))
    rest = plain.data[first(plain.data) :]
    jfif = {"version 9.9": b"JFIF\0\x09\x09\0\0\1\0\1\0\0", "no resolution": b"JFIF\0\1\1\0\0\0\0\0\0\0",
            "with a thumbnail": b"JFIF\0\1\1\0\0\1\0\1\2\2" + bytes(12), "short": b"JFIF\0\1",
            "a thumbnail that is not there": b"JFIF\0\1\1\0\0\1\0\1\x40\x40", "JFXX": b"JFXX\0\x13" + bytes(9),
            "unit 77": b"JFIF\0\1\1\x4d\0\1\0\1\0\0"}  # fmt: skip
    for name, body in jfif.items():
        yield f"JFIF {name}", plain.but(plain.data[:2] + segment(APP_0, body) + rest)
    yield "JFIF twice", plain.but(put(plain.data, plain.data[2 : first(plain.data)]))
    yield "no JFIF", plain.but(plain.data[:2] + rest)
    for name, body in {"empty": b"", "long": b"x" * 65533, "of bytes": bytes(range(256))}.items():
        yield f"comment {name}", plain.but(put(plain.data, segment(COMMENT, body)))
    for number in range(1, 16):
        if number != 14:
            yield f"APP{number} of noise", plain.but(put(plain.data, segment(APP_0 + number, broken.LOREM)))
    yield "ten long APPs", plain.but(put(plain.data, *[segment(0xE4 + n % 9, bytes(65533)) for n in range(10)]))
    for name, body in {
        "short": b"Adobe",
        "of another": b"Adobx" + bytes(7),
        "transform 1": ADOBES[1][:-1] + b"\1",
    }.items():
        yield f"Adobe {name}", plain.but(put(plain.data, segment(ADOBE, body)))
    yield "Adobe transform 0, so RGB", Odd("jpg", put(jpeg(subsampling="4:4:4"), segment(ADOBE, ADOBES[0])))
    yield "Photoshop", plain.but(put(plain.data, segment(0xED, b"Photoshop 3.0\0008BIM" + b"\x04\x04" + bytes(9))))
    for name, part in {"zeros": bytes(9), "text": broken.LOREM[:30], "fill": b"\xff" * 20}.items():
        yield f"between segments: {name}", plain.but(put(plain.data, segment(COMMENT, b"a"), part))
    behind = {
        "a zero": b"\0",
        "zeros": bytes(5000),
        "text": broken.LOREM,
        "a JPEG": jpeg(size=(20, 20)),
        "EOI": b"\xff\xd9",
        "a megabyte": np.random.default_rng(1).bytes(1_000_000),
    }
    for name, part in behind.items():
        yield f"behind the end: {name}", plain.but(plain.data + part)
    yield "without its end", Odd("jpg", plain.data[:-2], REFUSED)
    yield "without its last byte", Odd("jpg", plain.data[:-1], EITHER)
    yield "a JPEG behind text", Odd("jpg", b"\n" + plain.data, REFUSED)
    yield "two starts", plain.but(plain.data[:2] + plain.data, expect=EITHER)


def kinds() -> Iterator[tuple[str, Odd]]:
    """All of them."""
    for each in (coded, turned, beside):
        yield from ((f"JPEG {name}", found) for name, found in each())
