"""Every file that people have decodes to what Pillow sees; every damaged one is an error with its path."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageFile, ImageOps

from variegate.errors import DecodeError, FieldError
from variegate.loader.decode.image import _Jpeg, _Other, open_image, open_view
from variegate.loader.decode.orientation import UPRIGHT

from ..conftest import wide_png

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
    assert isinstance(open_image(data), _Jpeg)
    check(data, pillow(data))


def test_odd_jpegs(picture: Maker) -> None:
    image = Image.fromarray(picture(20, 30))
    grey, rgb = encoded(image.convert("L"), "JPEG"), encoded(image, "JPEG", keep_rgb=True)
    cmyk = encoded(image.convert("CMYK"), "JPEG")
    for data, reader in ((grey, _Jpeg), (rgb, _Jpeg), (cmyk, _Other)):
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


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM"])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "bands"])
def test_levels_of_8_bits_in_a_wider_dtype(picture: Maker, kind: str, mode: str) -> None:
    """White is white: v * 257 of uint16, and the float32 nearest to v / 255."""
    exif = Image.Exif()
    exif[274] = 6
    data = encoded(Image.fromarray(picture(33, 47)), kind, **({"exif": exif} if kind in ("JPEG", "PNG") else {}))
    levels = open_image(data, mode=mode).decode()
    exact = {"uint16": levels.astype(np.uint16) * 257, "float32": (levels / 255).astype(np.float32)}
    for dtype, expected in exact.items():
        for room in (None, np.full(expected.nbytes + 100, 7, np.uint8)):
            opened = open_image(data, mode=mode, dtype=dtype)
            pixels = opened.decode(room)
            assert opened.nbytes == expected.nbytes and opened.dtype == pixels.dtype == dtype
            assert pixels.flags.c_contiguous and np.array_equal(pixels, expected)
            assert room is None or (np.shares_memory(pixels, room) and np.all(room[-100:] == 7))
    if kind == "JPEG":
        reduced = open_image(data, mode=mode).decode(None, 4)
        opened = open_image(data, mode=mode, dtype=np.uint16)
        wide = opened.decode(None, 4)
        assert opened.nbytes_at(4) == wide.nbytes and np.array_equal(wide, reduced.astype(np.uint16) * 257)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM", "JPEG2000"])
def test_sixteen_bits_of_grey(kind: str) -> None:
    wide = np.linspace(0, 65535, 40 * 50).round().astype(np.uint16).reshape(40, 50, 1)
    data = encoded(Image.fromarray(wide[..., 0]), kind)
    for dtype, exact in (("uint16", wide), ("float32", (wide / 65535).astype(np.float32))):
        opened = open_image(data, mode="L", dtype=dtype)
        assert (opened.dtype, opened.channels, opened.nbytes) == (dtype, 1, exact.nbytes)
        assert np.array_equal(opened.decode(), exact)
        assert np.array_equal(open_image(data, dtype=dtype).decode(), np.repeat(exact, 3, axis=2))
        with_alpha = open_image(data, mode="RGBA", dtype=dtype).decode()
        assert np.array_equal(with_alpha[..., :1], exact) and np.all(with_alpha[..., 3] == exact.max())
    said = 'which uint8 has no room for; dtype="uint16" keeps them, dtype="float32" makes them 0 to 1'
    with pytest.raises(DecodeError, match=rf"d: cannot be decoded: it is a .* of 1 band of 16 bits, {said}\.$"):
        open_image(data, "d")


@pytest.mark.parametrize("mode", ["I", "F"])
def test_numbers_without_a_white_are_taken_as_they_are_or_refused(mode: str) -> None:
    dtype = {"I": np.int32, "F": np.float32}[mode]
    numbers = np.array([[-(2**24), 0, 5, 2**24]], dtype)
    data = encoded(Image.fromarray(numbers), "TIFF")
    for dtype in ("uint8", "uint16"):
        with pytest.raises(
            DecodeError, match=r"map.tif: .* of 32 bits.*, none of which is known to be white; dtype=.f"
        ):
            open_image(data, "map.tif", "L", dtype=dtype)
    assert open_image(data, mode="L", dtype="float32").decode()[0, :, 0].tolist() == numbers[0].tolist()


def test_a_view_has_the_dtype_of_its_file(picture: Maker) -> None:
    """Depth in 16 bits, heat in floats; what has 8 bits is decoded as ever."""
    depth = np.arange(0, 60000, 100, np.uint16).reshape(20, 30)
    assert np.array_equal(open_view(encoded(Image.fromarray(depth), "PNG")).decode()[..., 0], depth)
    heat = depth.astype(np.float32) - 3.25
    assert np.array_equal(open_view(encoded(Image.fromarray(heat), "TIFF")).decode()[..., 0], heat)
    plain = encoded(Image.fromarray(picture(20, 30)), "PNG")
    assert np.array_equal(open_view(plain).decode(), picture(20, 30))


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
    assert UPRIGHT[6](stored).tolist() == [[3, 0], [4, 1], [5, 2]]
    assert UPRIGHT[8](stored).tolist() == [[2, 5], [1, 4], [0, 3]]


def test_modes_of_a_jpeg(picture: Maker) -> None:
    data = encoded(Image.fromarray(picture(20, 30)), "JPEG")
    grey = open_image(data, mode="L").decode()
    assert grey.shape == (20, 30, 1) and np.abs(grey[..., 0].astype(int) - pillow(data, "L")).max() <= 2
    rgba = open_image(data, mode="RGBA").decode()
    assert np.array_equal(rgba[..., :3], pillow(data)) and np.all(rgba[..., 3] == 255)
    with pytest.raises(FieldError, match='mode is "RGB", "L", "RGBA" or "bands", got \'HSV\''):
        open_image(data, mode="HSV")


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
    with pytest.raises(DecodeError, match=r"cannot be decoded: it cannot be read \((No such file|Is a directory)"):
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


@pytest.mark.parametrize("size", [(160, 240), (161, 243), (8, 9), (300, 7), (1, 8), (7, 7), (1, 1)])
@pytest.mark.parametrize("reduction", [1, 2, 4, 8])
def test_a_jpeg_at_a_part_of_its_size(picture: Maker, size: tuple[int, int], reduction: int) -> None:
    """The size is exact, also where two scales are near; the pixels are those of Pillow's libjpeg at this scale."""
    for options in ({"subsampling": 0}, {"subsampling": 2}, {"progressive": True}):
        data = encoded(Image.fromarray(picture(*size)), "JPEG", quality=90, **options)
        step = reduction if max(size) >= 8 else 1
        opened, rows, columns = open_image(data), -(-size[0] // step), -(-size[1] // step)
        assert opened.nbytes_at(reduction) == rows * columns * 3 and opened.nbytes == size[0] * size[1] * 3
        room = np.full(opened.nbytes_at(reduction) + 5, 9, np.uint8)
        pixels = opened.decode(room, reduction)
        assert pixels.shape == (rows, columns, 3) and np.shares_memory(pixels, room) and room[-5:].tolist() == [9] * 5
        assert np.array_equal(pixels, opened.decode(None, reduction))
        draft = Image.open(io.BytesIO(data))
        draft.draft("RGB", (columns, rows))
        if draft.size == (columns, rows):
            assert np.array_equal(pixels, np.asarray(draft))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("reduction", [2, 4, 8])
def test_a_smaller_picture_covers_what_it_says(orientation: int, reduction: int) -> None:
    """A ramp whose value is its own coordinate: each pixel, at the place that `covers` gives it, has that value."""
    y, x = np.mgrid[:101, :203] + 0.5
    exif = Image.Exif()
    exif[274] = orientation
    ramp = Image.fromarray(np.rint(np.stack([x, y * 2, 128 + 0 * x], -1)).clip(0, 255).astype(np.uint8))
    opened = open_image(encoded(ramp, "JPEG", exif=exif, quality=98, subsampling=0))
    whole, small = opened.decode().astype(float), opened.decode(None, reduction).astype(float)
    covers = opened.covers(reduction)
    assert covers is not None and opened.covers(1) is None
    assert (covers[2] - covers[0], covers[3] - covers[1]) == (small.shape[1] * reduction, small.shape[0] * reduction)
    left, top = int(covers[0]) + reduction, int(covers[1]) + reduction  # the pixels within: the outer may lack some
    rows, columns = small.shape[0] - 2, small.shape[1] - 2
    within = whole[top : top + rows * reduction, left : left + columns * reduction]
    means = within.reshape(rows, reduction, columns, reduction, 3).mean(axis=(1, 3))
    off = means - small[1:-1, 1:-1]
    assert np.abs(off).max() < 3 and np.abs(off.mean(axis=(0, 1))).max() < 0.4  # a pixel further would be 1, or 2


def test_other_formats_stay_whole(picture: Maker) -> None:
    image = Image.fromarray(picture(21, 30))
    for data in (encoded(image, "PNG"), encoded(image.convert("CMYK"), "JPEG")):
        opened = open_image(data)
        assert opened.nbytes_at(8) == opened.nbytes and opened.covers(8) is None
        assert np.array_equal(opened.decode(None, 8), open_image(data).decode())


def test_no_other_reduction(picture: Maker) -> None:
    opened = open_image(encoded(Image.fromarray(picture(21, 30)), "JPEG"))
    for ask in (opened.nbytes_at, opened.covers, lambda d: opened.decode(None, d)):
        with pytest.raises(FieldError, match="reduction is 1, 2, 4 or 8, got 3"):
            ask(3)


PEAK = """
import sys
from variegate.loader.decode.image import open_image

def status(name):
    return next(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith(name))

for path in sys.argv[2:]:
    for mode in ("bands",) if path.endswith("apart") else ("RGB", "L", "bands"):
        open_image(path + ".small", mode=mode, dtype=sys.argv[1]).decode()
        opened = open_image(path, mode=mode, dtype=sys.argv[1])
        open("/proc/self/clear_refs", "w").write("5")  # the high-water mark begins anew
        before = status("VmRSS")
        opened.decode()
        print(path.split("/")[-1], mode, (status("VmHWM") - before) / opened.peak)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells a process its own peak")
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_the_peak_that_is_told_bounds_the_one_that_is_measured(tmp_path: Path, dtype: str) -> None:
    ramp = np.tile(np.arange(1600, dtype=np.uint16)[:, None], (1, 1500))
    plain, wide, exif = (
        Image.fromarray((ramp % 256).astype(np.uint8)).convert("RGB"),
        Image.fromarray(ramp),
        Image.Exif(),
    )
    exif[274] = 6
    kinds: dict[str, tuple[Image.Image, str, dict[str, Any]]] = {
        "progressive": (plain, "JPEG", {"progressive": True}),
        "turned": (plain, "JPEG", {"exif": exif}),
        "palette": (plain.convert("P"), "PNG", {}),
        **({} if dtype == "uint8" else {"sixteen": (wide, "PNG", {}), "sixteen.tif": (wide, "TIFF", {})}),
        **{kind: (plain, kind, {}) for kind in ("JPEG", "PNG", "GIF", "WEBP", "TIFF")},
    }
    for name, (image, kind, options) in kinds.items():
        (tmp_path / name).write_bytes(encoded(image, kind, **options))
        (tmp_path / f"{name}.small").write_bytes(encoded(image.resize((8, 8)), kind, **options))
    names = [*kinds]
    if dtype != "uint8":
        for name, rows, columns in (("colour", 1600, 1500), ("colour.small", 8, 8)):
            numbers = np.resize(ramp, (rows, columns, 3))
            (tmp_path / name).write_bytes(wide_png(numbers))
            options = {"photometric": "minisblack", "planarconfig": "separate"}
            tifffile.imwrite(tmp_path / name.replace("colour", "apart"), np.moveaxis(numbers, 2, 0), **options)
        names += ["colour", "apart"]
    command = [sys.executable, "-c", PEAK, dtype, *(str(tmp_path / name) for name in names)]
    alone = os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536"}  # or a heap that another picture left would hide some
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=alone)
    for line in done.stdout.splitlines():
        assert 0.2 < float(line.split()[-1]) < 1.1, line
