"""Netpbm's numbers come as they stand in the file, white at white; those of 8 bits as Pillow reads them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from variegate.errors import DecodeError
from variegate.loader.decode.image import open_image
from variegate.loader.decode.pnm import pnm


def file_of(numbers: np.ndarray, white: int, plain: bool = False, comment: bytes = b"") -> bytes:
    bands = numbers.shape[2]
    magic = {(1, False): b"P5", (3, False): b"P6", (1, True): b"P2", (3, True): b"P3"}[bands, plain]
    head = magic + b"\n" + comment + b"%d %d\n%d\n" % (numbers.shape[1], numbers.shape[0], white)
    if plain:
        return head + b"\n".join(b" ".join(b"%d" % n for n in row) for row in numbers.reshape(len(numbers), -1))
    return head + numbers.astype(">u2" if white > 255 else "u1").tobytes()


@pytest.mark.parametrize("white", [100, 254, 255, 256, 300, 1023, 4095, 65535])
@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("comment", [b"", b"# of a camera 7\n"])
def test_white_is_what_the_header_says(white: int, bands: int, plain: bool, comment: bytes) -> None:
    numbers = np.random.default_rng(0).integers(0, white, (6, 5, bands), endpoint=True)
    data = file_of(numbers, white, plain, comment)
    opened = open_image(data, "x", "bands", dtype="uint16")
    assert (opened.size, opened.channels) == ((6, 5), bands)
    assert np.array_equal(opened.decode(), np.rint(numbers * 65535 / white))
    floats = open_image(data, "x", "bands", dtype="float32").decode()
    assert np.array_equal(floats, (numbers / white).astype(np.float32))
    if white <= 255:
        theirs = np.asarray(Image.open(io.BytesIO(data))).reshape(numbers.shape)
        assert np.array_equal(open_image(data, "x", "bands").decode(), theirs)
    else:
        with pytest.raises(DecodeError, match=r"x: .* a P[GP]M of [13] bands? of .* bits, which uint8 has no room for"):
            open_image(data, "x")


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize(("order", "scale"), [("<f4", b"-1.0"), (">f4", b"1.0"), (">f4", b"0.5")])
def test_pfm(bands: int, order: str, scale: bytes) -> None:
    """Its rows stand from below, its numbers are taken as they are."""
    numbers = np.random.default_rng(0).normal(0, 1000, (6, 5, bands)).astype(np.float32)
    numbers[0, 0] = np.inf
    data = (b"Pf" if bands == 1 else b"PF") + b"\n5 6\n" + scale + b"\n" + numbers[::-1].astype(order).tobytes()
    shown = open_image(data, mode="bands", dtype="float32").decode()
    assert shown.dtype == np.float32 and shown.flags.c_contiguous and np.array_equal(shown, numbers)
    with pytest.raises(DecodeError, match=r'a PFM of .* 32 bits, floats, none of which is known to be white; dtype="'):
        open_image(data, "x")


@pytest.mark.parametrize("cut", [1, 2, 30])
@pytest.mark.parametrize("plain", [False, True])
def test_fewer_numbers_than_the_header_says(cut: int, plain: bool) -> None:
    data = file_of(np.full((6, 5, 3), 1000), 4095, plain)
    with pytest.raises(DecodeError, match=r"x: .* its header says 90 numbers, and it has \d+\. Repair"):
        open_image(data[: -cut * (5 if plain else 1)], "x", dtype="uint16").decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"-5", "has the number -5"),
        (b"4096", "has the number 4096"),
        (b"1e3", "1e3"),
        (b"x", "x"),
        (b"9" * 40, "too large"),
    ],
)
def test_a_text_that_is_no_number_up_to_white(text: bytes, said: str) -> None:
    with pytest.raises(DecodeError, match=rf"^x: .*{said}"):
        open_image(b"P2 2 1 4095 7 " + text, "x", dtype="uint16").decode()


@pytest.mark.parametrize(
    "data", [b"P5 3 2 70000\n", b"P5 3 2 0\n", b"P5 3 2 x\n", b"P5 3", b"P4 3 2\n", b"", b"P5 3 2 255\n"]
)
def test_what_is_left_to_pillow(data: bytes) -> None:
    assert pnm(data, "uint16") is None


def test_a_header_of_billions_of_pixels() -> None:
    for magic in (b"P5 60000 60000 65535\n", b"PF 60000 60000 -1\n"):
        with pytest.raises(DecodeError, match="60000 x 60000 pixels"):
            open_image(magic, "x", dtype="float32")
