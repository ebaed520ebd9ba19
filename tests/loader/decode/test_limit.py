"""The limit on pixels: ours in our calls, Pillow's in everyone else's."""

from __future__ import annotations

import io
import struct
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import PIL
import pytest
from PIL import Image

from variegate.errors import DecodeError
from variegate.loader.decode import limit
from variegate.loader.decode.image import open_image

Maker = Callable[..., np.ndarray]
KINDS = ["JPEG", "CMYK", "PNG", "GIF", "WEBP", "TIFF", "BMP", "PPM", "JPEG2000", "AVIF"]


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    if kind == "CMYK":
        image, kind = image.convert("CMYK"), "JPEG"
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_a_header_above_the_limit_is_refused_and_one_at_it_is_not(picture: Maker, kind: str) -> None:
    data = encoded(Image.fromarray(picture(40, 50)), kind)
    assert open_image(data, "x", "RGB", 2000).decode().shape == (40, 50, 3)
    told = r"^x: .*says 40 x 50 pixels \(height x width\); the limit is 1999 pixels.*vg\.OnError\(max_pixels=\.\.\.\)"
    with pytest.raises(DecodeError, match=told):
        open_image(data, "x", "RGB", 1999)


def test_pillow_still_asks_where_ours_is_put_in() -> None:
    """Its function is a private one: where it is gone, or nobody calls it, another way is to be found."""
    assert callable(getattr(Image, limit.CHECK, None)), f"Pillow {PIL.__version__} has no Image.{limit.CHECK}"
    file = io.BytesIO()
    Image.new("L", (10, 10)).save(file, "PNG")
    with limit.limited(99), pytest.raises(limit.TooLargeError):
        Image.open(file)


def test_the_limit_holds_even_where_pillow_does_not_ask(picture: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(Image.fromarray(picture(40, 50)), "PNG")
    open_image(data)
    monkeypatch.setattr(Image, limit.CHECK, lambda *args, **options: None)
    with pytest.raises(DecodeError, match="the limit is 1999 pixels"):
        open_image(data, "x", "RGB", 1999)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("least", [1500, 50])  # where Pillow would warn, and where it would refuse
def test_pillows_own_limit_never_gets_in_the_way(
    picture: Maker, monkeypatch: pytest.MonkeyPatch, kind: str, least: int
) -> None:
    image = Image.fromarray(picture(40, 50))
    data = encoded(image, kind, **({"tiffinfo": {278: 8}} if kind == "TIFF" else {}))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", least)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_image(data).decode().shape == (40, 50, 3)


def test_the_users_own_pillow_keeps_its_limit(picture: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the same thread before and after, and in another while ours decodes."""
    data, done, failed = encoded(Image.fromarray(picture(40, 50)), "PNG"), threading.Event(), []
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50)

    def user() -> None:
        while not done.is_set():
            try:
                Image.open(io.BytesIO(data))
                failed.append("not refused")
            except Image.DecompressionBombError:
                pass

    thread = threading.Thread(target=user)
    thread.start()
    try:
        for _ in range(200):
            open_image(data).decode()
            with pytest.raises(Image.DecompressionBombError):
                Image.open(io.BytesIO(data))
            with pytest.raises(DecodeError, match="the limit is 9 pixels"):
                open_image(data, max_pixels=9)
    finally:
        done.set()
        thread.join()
    assert not failed
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1500)
    with pytest.warns(Image.DecompressionBombWarning):
        Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF", "PNG"])
def test_of_an_animation_only_the_first_frame_is_read(picture: Maker, kind: str) -> None:
    """It ends within its second frame, and nobody notices."""
    frames = [Image.fromarray(picture(24, 32, seed=seed)) for seed in range(2)]
    one = encoded(frames[0], kind, **({"lossless": True} if kind == "WEBP" else {}))
    options = {"save_all": True, "append_images": [frames[1]] * 40}
    data = encoded(frames[0], kind, **options, **({"lossless": True} if kind == "WEBP" else {}))
    if kind != "WEBP":  # whose reader asks that the whole file is there
        data = data[: len(one) + (len(data) - len(one)) // 2]
    assert np.array_equal(open_image(data).decode(), open_image(one).decode())


def test_a_frame_larger_than_its_picture_is_held_to_the_limit(picture: Maker) -> None:
    data = bytearray(encoded(Image.fromarray(picture(24, 32)), "GIF"))
    frame = data.index(b"\x2c\0\0\0\0") + 5
    data[frame : frame + 4] = struct.pack("<HH", 60_000, 60_000)
    with pytest.raises(DecodeError, match="says 60000 x 60000 pixels"):
        open_image(bytes(data))


def test_a_webp_is_refused_before_its_canvas_is_made() -> None:
    """Its reader makes the canvas, 4 bytes a pixel, as it opens the file."""
    flags = b"\x02\0\0\0" + (16382).to_bytes(3, "little") * 2  # animated, 16383 x 16383
    body = b"WEBPVP8X" + struct.pack("<I", 10) + flags
    with pytest.raises(DecodeError, match="says 16383 x 16383 pixels"):
        open_image(b"RIFF" + struct.pack("<I", len(body)) + body)
