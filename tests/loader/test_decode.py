"""Every file that people have decodes to what Pillow sees; every damaged one is an error with its path."""

from __future__ import annotations

import io
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile, ImageOps

from variegate.errors import DecodeError, FieldError
from variegate.loader import decode
from variegate.loader.decode import open_image

Maker = Callable[..., np.ndarray]


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pillow(data: bytes, mode: str = "RGB") -> np.ndarray:
    """What Pillow makes of a file."""
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert(mode))


def check(data: bytes, expected: np.ndarray, mode: Any = "RGB") -> None:
    """Size and channels as the header told, pixels as expected, with and without memory to decode into."""
    expected = expected.reshape(*expected.shape[:2], -1)
    for out in (None, np.full(expected.size + 100, 7, np.uint8)):
        opened = open_image(data, mode=mode)
        assert (*opened.size, opened.channels) == expected.shape and opened.nbytes == expected.size
        pixels = opened.decode(out)
        assert pixels.dtype == np.uint8 and pixels.flags.c_contiguous and pixels.flags.writeable
        assert np.array_equal(pixels, expected)


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (33, 65), (8, 3000), (2, 30_000)])
@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0", "4:1:1"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg(
    monkeypatch: pytest.MonkeyPatch, picture: Maker, size: tuple[int, int], sampling: str, progressive: bool
) -> None:
    image = Image.fromarray(picture(*size))
    monkeypatch.setattr(ImageFile, "MAXBLOCK", 1 << 20)  # or Pillow cannot write a long progressive one
    data = encoded(image, "JPEG", subsampling=sampling, progressive=progressive, quality=90)
    assert isinstance(open_image(data), decode._Jpeg)
    check(data, pillow(data))


def test_odd_jpegs(picture: Maker) -> None:
    image = Image.fromarray(picture(20, 30))
    grey, rgb = encoded(image.convert("L"), "JPEG"), encoded(image, "JPEG", keep_rgb=True)
    cmyk = encoded(image.convert("CMYK"), "JPEG")
    for data, reader in ((grey, decode._Jpeg), (rgb, decode._Jpeg), (cmyk, decode._Other)):
        assert type(open_image(data)) is reader
        check(data, pillow(data))
    assert np.abs(open_image(cmyk).decode().astype(int) - picture(20, 30)).mean() < 12  # not inverted


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM"])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_other_formats(picture: Maker, kind: str, mode: Any) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(Image.fromarray(picture(13, 17)), kind, **options)
    check(data, pillow(data, mode), mode)
    if kind != "GIF" and mode == "RGB":
        check(data, picture(13, 17))


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA", "CMYK", "PA"])
@pytest.mark.parametrize("wanted", ["RGB", "L", "RGBA"])
def test_every_mode_of_pixels(picture: Maker, mode: str, wanted: Any) -> None:
    kind = "TIFF" if mode in ("CMYK", "PA") else "PNG"
    data = encoded(Image.fromarray(picture(13, 17)).convert(mode), kind)
    check(data, pillow(data, wanted), wanted)


def test_alpha_is_dropped_unless_asked_for(picture: Maker) -> None:
    rgba = picture(13, 17, 4)
    rgba[:4, :, 3] = 0
    data = encoded(Image.fromarray(rgba), "PNG")
    check(data, rgba[..., :3])
    check(data, rgba, "RGBA")


def test_a_transparent_colour_of_a_palette(picture: Maker) -> None:
    for transparency in (3, bytes(range(16))):  # one colour, or an alpha for each
        data = encoded(Image.fromarray(picture(13, 17)).quantize(16), "PNG", transparency=transparency)
        rgba = pillow(data, "RGBA")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check(data, rgba[..., :3])
            check(data, rgba, "RGBA")


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM", "JPEG2000"])
def test_sixteen_bits_are_scaled_not_clipped(kind: str) -> None:
    wide = np.linspace(0, 65535, 40 * 50).round().astype(np.uint16).reshape(40, 50)
    data = encoded(Image.fromarray(wide), kind)
    grey = np.rint(wide / 257).astype(np.uint8)
    check(data, grey, "L")
    check(data, np.stack([grey] * 3, -1))


def test_sixteen_bits_of_colour() -> None:
    """Written by hand, as Pillow writes no such PNG; within a level of the exact scale."""
    import struct
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    wide = np.random.default_rng(0).integers(0, 65536, (5, 7, 3)).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in wide)
    header = struct.pack(">IIBBBBB", 7, 5, 16, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    pixels = open_image(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode()
    assert np.abs(pixels.astype(float) - wide.astype(float) / 257).max() <= 1


@pytest.mark.parametrize("mode", ["I", "F"])
def test_numbers_without_a_white_are_refused(mode: str) -> None:
    data = encoded(Image.fromarray(np.zeros((4, 4), {"I": np.int32, "F": np.float32}[mode])), "TIFF")
    with pytest.raises(DecodeError, match=f'map.tif.*32-bit.*"{mode}".*use Arrays'):
        open_image(data, "map.tif").decode()


def test_a_header_of_billions_of_pixels_is_refused(picture: Maker) -> None:
    data = encoded(Image.fromarray(picture(9, 9)), "JPEG")
    frame = data.index(b"\xff\xc0")
    with pytest.raises(DecodeError, match=r"65500 x 65500 pixels \(height x width\); the limit is 178956970"):
        open_image(data[: frame + 5] + b"\xff\xdc\xff\xdc" + data[frame + 9 :])


def test_want_of_memory_is_no_damage(picture: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise MemoryError

    opened = open_image(encoded(Image.fromarray(picture(9, 9)), "PNG"))
    monkeypatch.setattr(Image.Image, "load", full)
    with pytest.raises(MemoryError):
        opened.decode()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "cmyk"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(picture: Maker, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    image = Image.fromarray(picture(13, 18)).convert("CMYK" if kind == "cmyk" else "RGB")
    data = encoded(image, "JPEG" if kind == "cmyk" else kind, exif=exif)
    check(data, pillow(data))


def test_orientation_turns_as_its_number_says() -> None:
    """Against Exif itself: 6 means that the stored rows run from right to left when upright."""
    stored = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert decode.UPRIGHT[6](stored).tolist() == [[3, 0], [4, 1], [5, 2]]
    assert decode.UPRIGHT[8](stored).tolist() == [[2, 5], [1, 4], [0, 3]]


def test_modes_of_a_jpeg(picture: Maker) -> None:
    data = encoded(Image.fromarray(picture(20, 30)), "JPEG")
    grey = open_image(data, mode="L").decode()
    assert grey.shape == (20, 30, 1) and np.abs(grey[..., 0].astype(int) - pillow(data, "L")).max() <= 2
    rgba = open_image(data, mode="RGBA").decode()
    assert np.array_equal(rgba[..., :3], pillow(data)) and np.all(rgba[..., 3] == 255)
    with pytest.raises(FieldError, match='"RGB", "L" or "RGBA", got \'HSV\''):
        open_image(data, mode="HSV")  # type: ignore[arg-type]


def test_an_animation_gives_its_first_frame(picture: Maker) -> None:
    frames = [Image.fromarray(picture(9, 9, seed=i)).quantize(8) for i in range(3)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    check(data, np.asarray(frames[0].convert("RGB")))


def damaged(picture: Maker) -> dict[str, tuple[bytes, str]]:
    photo = Image.fromarray(picture(60, 80))
    jpeg, png, gif = encoded(photo, "JPEG"), encoded(photo, "PNG"), encoded(photo, "GIF")
    late = encoded(photo, "JPEG", progressive=True)
    return {
        "empty": (b"", "the file is empty"),
        "text": (b"this is no picture\n", "no picture format begins with the text b'this is no p'"),
        "noise": (bytes(range(128, 200)), "no picture format begins with the bytes"),
        "two bytes": (jpeg[:2], "ends within its header"),
        "half the header": (jpeg[:100], "ends within its header"),
        "header alone": (jpeg[: jpeg.index(b"\xff\xda")], ""),
        "half": (jpeg[: len(jpeg) // 2], "Premature end"),
        "the end missing": (jpeg[:-2], "Premature end"),
        "half of a progressive one": (late[: len(late) // 2], "Premature end"),
        "an end within": (jpeg[: len(jpeg) // 2] + b"\xff\xd9" + jpeg[len(jpeg) // 2 :], "premature end"),
        "half a png": (png[: len(png) // 2], ""),
        "a png's signature": (png[:8], ""),
        "a png with a flipped bit": (png[:100] + bytes([png[100] ^ 4]) + png[101:], ""),
        "half a gif": (gif[: len(gif) // 2], ""),
    }


@pytest.mark.parametrize("case", range(14))
def test_damage_is_an_error_with_the_path(picture: Maker, tmp_path: Path, case: int) -> None:
    name, (data, said) = list(damaged(picture).items())[case]
    path = tmp_path / f"{name}.jpg"
    path.write_bytes(data)
    with pytest.raises(DecodeError) as caught:
        open_image(path).decode()
    assert caught.value.path == str(path) and said in caught.value.reason and caught.value.reason


@pytest.mark.parametrize("name", ["absent.jpg", "."])
def test_a_path_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(DecodeError, match=r"cannot be decoded: (No such file|Is a directory)"):
        open_image(tmp_path / name)


@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # Pillow's, of a header that it mends
def test_noise_never_gets_past_decode_error(picture: Maker) -> None:
    rng = np.random.default_rng(0)
    photo = Image.fromarray(picture(24, 24))
    for kind in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM"):
        good = encoded(photo, kind)
        for _ in range(60):
            data = bytearray(good[: rng.integers(1, len(good) + 1)])
            for at in rng.integers(0, len(data), 3):
                data[at] = rng.integers(256)
            if len(data) > 8 and kind in ("BMP", "TIFF") and max(data[4:30]) > 200:
                continue  # may declare a size of gigabytes: the limit on pixels is a later issue's
            try:
                pixels = open_image(bytes(data), "noise").decode()
            except DecodeError as error:
                assert error.path == "noise"
            else:
                assert pixels.ndim == 3 and pixels.dtype == np.uint8


def test_importing_the_loader_imports_no_decoder_and_no_numba() -> None:
    code = "import sys, variegate.loader; print([m for m in ('numba', 'PIL', 'simplejpeg') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
