"""A PNG whose header lies about its size is an error, never a crash, and never black rows."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngImageFile, PngInfo

from variegate.errors import DecodeError
from variegate.loader.decode.image import open_image
from variegate.loader.decode.png import PASSES, expected, pixels_alone

ROWS = (b"\0" + bytes(range(1, 21))) * 10


def png(width: int, height: int, body: bytes, interlaced: int = 0, parts: int = 1) -> bytes:
    """A grey PNG whose header says what it likes, its data in so many chunks."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header, packed = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, interlaced), zlib.compress(body)
    step = -(-len(packed) // parts)
    data = [chunk(b"IDAT", packed[at : at + step]) for at in range(0, len(packed), step)]
    return b"".join((b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), *data, chunk(b"IEND", b"")))


def test_the_truth_is_no_error() -> None:
    assert open_image(png(20, 10, ROWS, parts=3)).decode()[:, :, 0].tolist() == [list(range(1, 21))] * 10
    black = bytes(21) * 10
    assert not open_image(png(20, 10, black, parts=3)).decode().any()
    assert open_image(png(20, 10, ROWS[:-21] + black[:21])).decode()[-2:, 0, 0].tolist() == [1, 0]


def test_a_black_picture_of_more_than_a_block_is_whole() -> None:
    assert not open_image(png(2000, 1000, bytes(2001) * 1000)).decode().any()
    with pytest.raises(DecodeError, match=r"its data end after 99\.9%"):
        open_image(png(2000, 1000, bytes(2001) * 999)).decode()


@pytest.mark.parametrize("size", [(20, 11), (20, 12), (20, 40), (21, 10), (10, 10), (5, 5), (300, 200), (3000, 2000)])
@pytest.mark.parametrize("parts", [1, 4])
def test_more_than_there_is(size: tuple[int, int], parts: int) -> None:
    with pytest.raises(DecodeError, match="x: cannot be decoded"):
        open_image(png(*size, ROWS, parts=parts), "x").decode()


def test_what_is_said_of_missing_rows() -> None:
    said = r"its header says 11 x 20 pixels \(height x width\), its data end after 90.9%"
    with pytest.raises(DecodeError, match=said):
        open_image(png(20, 11, ROWS)).decode()


@pytest.mark.parametrize("size", [(2**31 - 1, 2**31 - 1), (2**31 - 1, 1), (0, 5), (5, 0), (2**32 - 1, 2**32 - 1)])
def test_sizes_that_cannot_be(size: tuple[int, int]) -> None:
    with pytest.raises(DecodeError, match="x: cannot be decoded"):
        open_image(png(*size, ROWS), "x").decode()


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (8, 8), (9, 17), (5, 1), (1, 5)])
def test_interlaced(size: tuple[int, int]) -> None:
    """Each pass is a picture of its own; without its last byte, the file is an error."""
    width, height = size
    pixels = np.arange(1, width * height + 1, dtype=np.uint8).reshape(height, width)
    passes = [pixels[y::down, x::across] for x, y, across, down in PASSES]
    body = b"".join(b"\0" + row.tobytes() for part in passes if part.size for row in part)
    assert len(body) == expected(width, height, 8, interlaced=True)
    whole = png(width, height, body, interlaced=1)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(whole))), pixels)
    assert np.array_equal(open_image(whole, mode="L").decode()[:, :, 0], pixels)
    with pytest.raises(DecodeError):
        open_image(png(width, height, body[:-1], interlaced=1)).decode()


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_black_pictures_of_every_mode_are_whole(mode: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (37, 23)).save(file, "PNG")
    assert not open_image(file.getvalue(), dtype="uint16").decode().any()


@pytest.mark.parametrize("orientation", [None, 1, 3, 6])
@pytest.mark.parametrize("place", ["exif", "text", "xmp"])
def test_the_header_alone_is_read_until_the_picture_is_asked_for(
    place: str, orientation: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And how it stands is found wherever it is said."""
    stored = np.arange(6 * 4, dtype=np.uint8).reshape(6, 4)
    file, exif, texts = io.BytesIO(), Image.Exif(), PngInfo()
    exif[274] = orientation or 1
    if place == "text":
        texts.add_text("Raw profile type exif", "\nexif\n      0\n" + exif.tobytes().hex())
    elif place == "xmp":
        said = f'<x><rdf:Description tiff:Orientation="{orientation}"/></x>'
        texts.add_itxt("XML:com.adobe.xmp", said)
    more = {} if orientation is None else {"exif": exif} if place == "exif" else {"pnginfo": texts}
    Image.fromarray(stored).save(file, "PNG", **more)
    theirs = np.asarray(ImageOps.exif_transpose(Image.open(file)))
    loaded = []
    load = PngImageFile.load
    monkeypatch.setattr(PngImageFile, "load", lambda self: (loaded.append(1), load(self))[1])
    opened = open_image(file.getvalue(), mode="L")
    assert opened.size == theirs.shape and not loaded
    assert np.array_equal(opened.decode()[..., 0], theirs)


def test_a_png_that_is_cut_has_no_end() -> None:
    whole = png(20, 10, ROWS, parts=3)
    for end in range(40, len(whole)):
        with pytest.raises(DecodeError):
            open_image(whole[:end]).decode()
    with pytest.raises(DecodeError, match="the PNG has no end: the file ends after"):
        open_image(whole[:-12]).decode()
    assert open_image(whole + b"what comes after the end").decode().shape == (10, 20, 3)


def test_a_checksum_that_is_wrong_is_an_error() -> None:
    whole = bytearray(png(20, 10, ROWS))
    whole[whole.index(b"IDAT") - 4 + 12 + struct.unpack_from(">I", whole, whole.index(b"IDAT") - 4)[0] - 1] ^= 1
    with pytest.raises(DecodeError, match=r"the checksum of its b'IDAT' chunk at byte 33 is wrong"):
        open_image(bytes(whole)).decode()


def with_chunks(data: bytes, *chunks: tuple[bytes, bytes], at_the_end: bool = False) -> bytes:
    parts = [struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in chunks]
    place = len(data) - 12 if at_the_end else 33
    return data[:place] + b"".join(parts) + data[place:]


LONG = zlib.compress(bytes(3 << 20))
BESIDE = {
    "profile without a name": [(b"iCCP", b"")],
    "profile that is none": [(b"iCCP", b"x\0\0abc")],
    "long profile": [(b"iCCP", b"x\0\0" + LONG)],
    "long text": [(b"zTXt", b"a\0\0" + LONG)],
    "long XMP": [(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + LONG)],
    "seventy texts": [(b"zTXt", b"a%d\0\0" % i + zlib.compress(bytes(1 << 20))) for i in range(70)],
    "short gamma": [(b"gAMA", b"")],
    "short primaries": [(b"cHRM", b"abc")],
    "short resolution": [(b"pHYs", b"a")],
    "short intent": [(b"sRGB", b"")],
    "broken Exif": [(b"eXIf", b"zz")],
    "broken raw Exif": [(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n 4\nzzzz\n"))],
    "broken animation": [(b"acTL", b"x"), (b"fcTL", b"y"), (b"fdAT", b"")],
}


@pytest.mark.parametrize("name", BESIDE)
@pytest.mark.parametrize("mode", ["RGB", "P", "I;16"])
def test_what_stands_beside_the_pixels_refuses_none(name: str, mode: str) -> None:
    file = io.BytesIO()
    image = Image.effect_noise((60, 40), 60)
    (Image.fromarray(np.asarray(image).astype(np.uint16) * 256) if mode == "I;16" else image.convert(mode)).save(
        file, "PNG"
    )
    data, dtype = file.getvalue(), "uint16" if mode == "I;16" else "uint8"
    shown = "L" if mode == "I;16" else "RGB"
    want = open_image(data, mode=shown, dtype=dtype).decode()
    for at_the_end in (False, True):
        odd = with_chunks(data, *BESIDE[name], at_the_end=at_the_end)
        assert np.array_equal(open_image(odd, mode=shown, dtype=dtype).decode(), want)
    with pytest.raises(DecodeError):
        open_image(odd[:-20], mode=shown, dtype=dtype).decode()


def test_the_palette_and_what_is_transparent_are_the_pixels_own() -> None:
    data = with_chunks(png(20, 10, ROWS), (b"tEXt", b"a\0b"), (b"tRNS", b"\0\0"), (b"abCd", b""))
    parts = [part.tobytes() for part in pixels_alone(data)]
    assert b"tEXt" not in b"".join(parts) and b"tRNS" in b"".join(parts) and b"abCd" in b"".join(parts)
    assert parts[0] + parts[-1] == b"".join(parts)


def test_nothing_behind_the_end_counts() -> None:
    """Neither an orientation, nor data in place of rows that are not there."""
    whole, exif = png(20, 10, ROWS), Image.Exif()
    exif[274] = 6
    beside = io.BytesIO()
    Image.new("L", (1, 1)).save(beside, "PNG", exif=exif)
    at = beside.getvalue().index(b"eXIf") - 4
    (length,) = struct.unpack_from(">I", beside.getvalue(), at)
    chunk = beside.getvalue()[at : at + 12 + length]
    assert open_image(whole[:-12] + chunk + whole[-12:]).orientation == 6
    assert open_image(whole + chunk).orientation == 1
    lacking = png(20, 11, ROWS)
    more = lacking[33:-12]  # its data once more
    with pytest.raises(DecodeError):
        open_image(lacking + more).decode()
