"""Odd PNGs: every colour type and depth, of chunks put together by hand; and what stands beside their pixels."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

import broken
import numpy as np
from broken import SIGNATURE
from odd import EITHER, READ, REFUSED, Odd, chunk, exif, profile, shown, xmp

TYPES = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # colour type -> depths
NAMES = {0: "grey", 2: "RGB", 3: "palette", 4: "grey and alpha", 6: "RGBA"}
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PASSES = (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)
SIDES = (1, 1), (2, 1), (1, 5), (3, 3), (7, 9), (17, 16), (2000, 1), (1, 2000)
END = chunk(b"IEND", b"")


def numbers(colour: int, depth: int, size: tuple[int, int] = (37, 29)) -> np.ndarray:
    """Values of a picture, (H, W, channels)."""
    rng = np.random.default_rng([colour, depth])
    return rng.integers(0, 1 << depth, (size[1], size[0], CHANNELS[colour]))


def packed(part: np.ndarray, depth: int) -> bytes:
    """Rows without a filter, each with its number."""
    height = len(part)
    flat = part.reshape(height, -1)
    if depth == 16:
        rows = flat.astype(">u2").view(np.uint8)
    else:
        bits = np.unpackbits(flat.astype(np.uint8)[..., np.newaxis], axis=2)[..., 8 - depth :]
        rows = np.packbits(bits.reshape(height, -1), axis=1)
    return np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1).tobytes()


def png(
    values: np.ndarray, colour: int, depth: int, interlaced: bool = False, before: bytes = b"", pieces: int = 1,
    behind: bytes = b"",
) -> bytes:  # fmt: skip
    """A file; chunks before and behind its pixels, which are in so many chunks."""
    parts = [values[y::down, x::across] for x, y, across, down in PASSES] if interlaced else [values]
    data = zlib.compress(b"".join(packed(part, depth) for part in parts if part.size))
    step = -(-len(data) // pieces)
    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], depth, colour, 0, 0, interlaced)
    colours = chunk(b"PLTE", np.random.default_rng(3).bytes(3 << depth)) if colour == 3 else b""
    body = b"".join(chunk(b"IDAT", data[at : at + step]) for at in range(0, len(data), step))
    return SIGNATURE + chunk(b"IHDR", header) + colours + before + body + behind + END


def forms() -> Iterator[tuple[str, Odd]]:
    """Colour types, depths, transparency, interlacing, sizes."""
    clear = {0: b"\0\1", 2: b"\0\1\0\2\0\3", 3: b"\0\x80"}
    for colour, depths in TYPES.items():
        for depth in depths:
            expect = "uint16" if depth == 16 else READ
            name = f"{NAMES[colour]} of {depth} bits"
            for interlaced in (False, True):
                also = " interlaced" if interlaced else ""
                data = png(numbers(colour, depth), colour, depth, interlaced)
                yield name + also, Odd("png", data, expect)
                if colour in clear:
                    tone = chunk(b"tRNS", clear[colour])
                    yield (
                        f"{name}{also} transparent",
                        Odd("png", png(numbers(colour, depth), colour, depth, interlaced, tone), expect),
                    )
    for size in SIDES:
        for interlaced in (False, True):
            also = " interlaced" if interlaced else ""
            yield f"{size[0]} x {size[1]}{also}", Odd("png", png(numbers(2, 8, size), 2, 8, interlaced))
    black = np.zeros((29, 37, 3), np.uint8)
    yield "black", Odd("png", png(black, 2, 8))
    yield "black interlaced", Odd("png", png(black, 2, 8, True))
    yield "palette that is short", Odd("png", png(numbers(3, 8) % 4, 3, 8).replace(*_short_palette()))


def _short_palette() -> tuple[bytes, bytes]:
    """The palette of 256 colours, and one of four."""
    whole = np.random.default_rng(3).bytes(3 << 8)
    return chunk(b"PLTE", whole), chunk(b"PLTE", whole[:12])


def text(keyword: bytes, words: bytes, kind: bytes = b"tEXt") -> bytes:
    """A chunk of text."""
    between = {b"tEXt": b"\0", b"zTXt": b"\0\0", b"iTXt": b"\0\0\0\0\0"}[kind]
    return chunk(kind, keyword + between + (zlib.compress(words) if kind == b"zTXt" else words))


def raw_profile(block: bytes) -> bytes:
    """A block of Exif as ImageMagick writes it."""
    return text(b"Raw profile type exif", b"\nexif\n%8d\n%s\n" % (len(block), block.hex().encode()), b"zTXt")


def beside() -> Iterator[tuple[str, Odd]]:
    """Chunks beside the pixels, sound and broken ones."""
    values = numbers(2, 8)
    plain = Odd("png", png(values, 2, 8))

    def of(before: bytes = b"", behind: bytes = b"", turn: int | None = None, expect: str = READ) -> Odd:
        return plain.but(png(values, 2, 8, before=before, behind=behind), turn=turn, expect=expect)

    for way in range(1, 9):
        yield f"eXIf {way}", of(chunk(b"eXIf", exif(way)), turn=way)
    yield "eXIf behind the pixels", of(behind=chunk(b"eXIf", exif(6, order=">")), turn=6)
    yield "eXIf with Exif before it", of(chunk(b"eXIf", b"Exif\0\0" + exif(6)), turn=6)
    yield "eXIf empty", of(chunk(b"eXIf", b""), turn=1)
    yield "eXIf cut", of(chunk(b"eXIf", exif(6)[:12]), turn=1)
    yield "eXIf and a text of it", of(chunk(b"eXIf", exif(6)) + raw_profile(exif(3)), turn=6)
    yield "a text of Exif", of(raw_profile(exif(6)), turn=6)
    yield "a text of Exif behind the pixels", of(behind=raw_profile(exif(8)), turn=8)
    yield "a text of Exif, no digits", of(text(b"Raw profile type exif", b"\nexif\n 4\nzzzz\n", b"zTXt"), turn=1)
    yield "XMP", of(text(b"XML:com.adobe.xmp", xmp(6), b"iTXt"), turn=6)
    yield "XMP behind the pixels", of(behind=text(b"XML:com.adobe.xmp", xmp(5, True), b"iTXt"), turn=5)
    for kind in (b"tEXt", b"zTXt", b"iTXt"):
        name = kind.decode()
        yield f"{name} of a megabyte", of(text(b"Comment", b"word " * 200_000, kind))
        yield f"{name} empty", of(chunk(kind, b""))
        yield f"{name} without an end of its keyword", of(chunk(kind, b"Comment"))
        yield f"{name} behind the pixels", of(behind=text(b"Comment", "ü".encode(), kind))
        yield f"{name} of 300", of(text(b"Comment", b"a word", kind) * 300)
    yield "zTXt that does not inflate", of(chunk(b"zTXt", b"Comment\0\0" + b"noise"))
    yield "zTXt of another packing", of(chunk(b"zTXt", b"Comment\0\7" + zlib.compress(b"a")))
    yield "a profile", of(chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(profile())))
    yield "a profile that does not inflate", of(chunk(b"iCCP", b"sRGB\0\0noise"))
    yield "a profile without a name", of(chunk(b"iCCP", b"\0\0" + zlib.compress(profile())))
    yield "a profile, empty", of(chunk(b"iCCP", b""))
    sound = {b"gAMA": struct.pack(">I", 45455), b"sRGB": b"\0", b"pHYs": struct.pack(">IIB", 1, 2, 1),
             b"tIME": b"\7\xd0\1\1\0\0\0", b"bKGD": bytes(6), b"sBIT": b"\5\6\5", b"cHRM": bytes(32),
             b"hIST": bytes(4), b"sPLT": b"a\0\x08" + bytes(6), b"cICP": b"\1\x0d\0\1", b"oFFs": bytes(9),
             b"prVt": b"anything", b"vpAg": bytes(9)}  # fmt: skip
    for kind, body in sound.items():
        yield kind.decode(), of(chunk(kind, body))
        yield f"{kind.decode()} empty", of(chunk(kind, b""))
    yield "gAMA twice", of(chunk(b"gAMA", bytes(4)) * 2)
    spoiled = chunk(b"tEXt", b"Comment\0word")
    yield "a wrong checksum of a text", of(spoiled[:-1] + bytes([spoiled[-1] ^ 1]))
    yield "a chunk that matters and nobody knows", of(chunk(b"PRVT", b"anything"), expect=EITHER)
    yield "colours proposed", of(chunk(b"PLTE", bytes(30)))
    yield "behind its end", plain.but(plain.data + broken.LOREM)
    yield "without its end", Odd("png", plain.data[: -len(END)], REFUSED)
    for pieces in (2, 50, 2000):
        yield f"pixels in {pieces} chunks", plain.but(png(values, 2, 8, pieces=pieces))
    yield "an empty chunk of pixels", of(chunk(b"IDAT", b""))
    yield "an empty chunk of pixels behind", of(behind=chunk(b"IDAT", b""))
    film = io.BytesIO()
    shown().save(film, "PNG", save_all=True, append_images=[shown(1), shown(2)], duration=50)
    yield "an animation", Odd("png", film.getvalue())
    still = shown()
    film = io.BytesIO()
    still.save(film, "PNG", save_all=True, append_images=[shown(1)], default_image=True)
    yield "an animation without its first", Odd("png", film.getvalue(), plain=broken.encoded(still, "PNG"))
    yield "acTL of nothing", of(chunk(b"acTL", struct.pack(">II", 2, 0)))
    yield "acTL cut", of(chunk(b"acTL", b"\0"))
    yield "by Pillow, as small as can be", Odd("PNG", broken.encoded(shown(), "PNG", optimize=True))
    yield "named .jpg", Odd("jpg", plain.data)


def kinds() -> Iterator[tuple[str, Odd]]:
    """All of them."""
    for each in (forms, beside):
        yield from ((f"PNG {name}", found) for name, found in each())
