"""Every number of a file becomes the nearest of the dtype to its exact part of white, and none is lost in silence."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from variegate.errors import DecodeError
from variegate.loader.decode.pixel_format import AS_STORED, WHITES
from variegate.loader.decode.stored import Stored, picture_of_numbers

SHORT = np.dtype(np.uint16)


def kind(colours: str = "L", white: int | None = 65535, dtype: str = "uint16", inverted: bool = False) -> Stored:
    return Stored("TIFF", len(colours), 8 * np.dtype(dtype).itemsize, np.dtype(dtype), colours, white, inverted)


def nearest(part: Fraction, dtype: str) -> float:
    """What of a dtype is nearest to a part of white; half to even."""
    if dtype == "float32":
        found = np.float32(float(part))
        sides = [np.nextafter(found, np.float32(side)) for side in (-1, 2)]
        return float(min((found, *sides), key=lambda each: abs(Fraction(float(each)) - part)))
    return round(part * WHITES[dtype])


@pytest.mark.parametrize("white", [1, 3, 100, 255, 1023, 4095, 32767, 65534, 65535])
@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_white_becomes_white_and_all_between_its_part(white: int, dtype: str) -> None:
    numbers = np.unique(np.linspace(0, white, 300).astype(np.uint16))
    shown = picture_of_numbers(numbers.reshape(1, -1, 1), kind(white=white), "L", dtype, "x")
    assert shown.dtype == dtype and shown.max() == WHITES[dtype]
    assert shown[0, :, 0].tolist() == [nearest(Fraction(int(n), white), dtype) for n in numbers]


@pytest.mark.parametrize("white", [255, 4095, 65535])
@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_the_luminance_is_rounded_once(white: int, dtype: str) -> None:
    """At the depth asked for, and not by way of 8 bits."""
    numbers = np.random.default_rng(0).integers(0, white, (20, 30, 3), endpoint=True).astype(np.uint16)
    shown = picture_of_numbers(numbers, kind("RGB", white), "L", dtype, "x")
    exact = [Fraction(299 * r + 587 * g + 114 * b, 1000 * white) for r, g, b in numbers.reshape(-1, 3).tolist()]
    assert shown.shape == (20, 30, 1) and shown.reshape(-1).tolist() == [nearest(part, dtype) for part in exact]


@pytest.mark.parametrize("colours", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_modes(colours: str, dtype: str) -> None:
    numbers = np.random.default_rng(0).integers(0, 65536, (5, 7, len(colours))).astype(np.uint16)

    def of(mode: str) -> np.ndarray:
        return picture_of_numbers(numbers, kind(colours), mode, dtype, "x")

    own = numbers if dtype == "uint16" else (numbers / 65535).astype(np.float32)
    assert np.array_equal(of("bands"), own)
    colour = own[..., :3] if colours.startswith("RGB") else np.repeat(own[..., :1], 3, axis=2)
    assert np.array_equal(of("RGB"), colour) and np.array_equal(of("RGBA")[..., :3], colour)
    alpha = own[..., -1] if colours.endswith("A") else np.full((5, 7), WHITES[dtype])
    assert np.array_equal(of("RGBA")[..., 3], alpha)
    if colours.startswith("L"):
        assert np.array_equal(of("L"), own[..., :1])


def test_white_that_is_zero() -> None:
    numbers = np.array([[[0], [1], [4095]]], np.uint16)
    shown = picture_of_numbers(numbers, kind(white=4095, inverted=True), "L", "float32", "x")
    assert shown[0, :, 0].tolist() == [1.0, float(np.float32(4094 / 4095)), 0.0]


def test_white_that_is_zero_leaves_alpha_and_other_bands_as_they_are() -> None:
    numbers = np.array([[[0, 7], [4095, 4095]]], np.uint16)
    for mode in ("bands", "RGBA"):
        shown = picture_of_numbers(numbers, kind("LA", 4095, inverted=True), mode, "float32", "x")
        assert shown[0, :, 0].tolist() == [1, 0] and shown[0, :, -1].tolist() == [float(np.float32(7 / 4095)), 1]
    assert numbers.tolist() == [[[0, 7], [4095, 4095]]]  # which may be the file's own memory


def test_a_number_below_zero_is_damage() -> None:
    with pytest.raises(DecodeError, match=r"x: .* from 0 to 255, and has the number -5. Repair or remove the file"):
        picture_of_numbers(np.array([[[-5], [300]]]), kind(white=255, dtype="int64"), "L", "uint8", "x")


def test_a_number_above_white_is_damage() -> None:
    with pytest.raises(DecodeError, match=r"x: .* from 0 to 4095, and has the number 4096. Repair or remove the file"):
        picture_of_numbers(np.array([[[4096]]], np.uint16), kind(white=4095), "L", "uint16", "x")


@pytest.mark.parametrize(
    ("dtype", "numbers", "lost"),
    [
        ("int16", [-32768, 32767], None),
        ("int32", [-(2**24), 2**24], None),
        ("int32", [0, 2**24 + 1], "16777217"),
        ("uint32", [2**32 - 1], "4294967295"),
        ("float64", [0.5, np.inf, -np.inf, np.nan, 2.0**100], None),
        ("float64", [0.5, 0.1], "0.1"),
        ("float64", [1e300], "1e.300"),
        ("float16", [65504.0, 2.0**-24, np.nan], None),
        ("float32", [0.1, -1e38, np.nan], None),
    ],
)
def test_numbers_without_white_stay_or_are_refused(dtype: str, numbers: list[float], lost: str | None) -> None:
    given = np.array(numbers, dtype).reshape(1, -1, 1)
    bare = kind("L", None, dtype)
    if lost is None:
        shown = picture_of_numbers(given, bare, "bands", "float32", "x")
        assert shown.dtype == np.float32 and np.array_equal(shown.astype(given.dtype), given, equal_nan=True)
    else:
        with pytest.raises(DecodeError, match=f"float32 has no {lost}; save it as float32 .* or load it yourself"):
            picture_of_numbers(given, bare, "bands", "float32", "x")


def test_floats_are_bit_for_bit() -> None:
    bits = np.array([0x7FC01234, 0x80000000, 1, 0x7F800000], np.uint32)
    shown = picture_of_numbers(bits.view(np.float32).reshape(1, -1, 1), kind("L", None, "float32"), "L", "float32", "x")
    assert np.array_equal(shown.reshape(-1).view(np.uint32), bits)


def test_grey_of_colours_that_have_no_white() -> None:
    numbers = np.array([[[-1000.0, 500.0, 2.0]]], np.float32)
    shown = picture_of_numbers(numbers, kind("RGB", None, "float32"), "L", "float32", "x")
    assert shown.tolist() == [[[float(np.float32((-299000 + 293500 + 228) / 1000))]]]


@pytest.mark.parametrize(
    ("asked", "of", "said"),
    [
        (
            ("RGB", "uint8"),
            kind(),
            'x: .* 1 band of 16 bits, which uint8 has no room for; dtype="uint16" keeps',
        ),
        (("RGB", "uint8"), kind(white=4095), "which uint8 has no room for"),
        (("RGB", "uint8"), kind(white=None, dtype="int16"), "16 bits with a sign, none of which is known to be white"),
        (("L", "uint16"), kind(white=None, dtype="float32"), r'of 32 bits, floats, .*; dtype="float32" takes'),
        (
            ("RGB", "uint16"),
            kind("")._replace(bands=5),
            'of 5 bands of 16 bits, and which .*; mode="bands" takes',
        ),
    ],
)
def test_what_cannot_be_made_without_loss(asked: tuple[str, str], of: Stored, said: str) -> None:
    with pytest.raises(DecodeError, match=said) as caught:
        of.as_asked(*asked, "x")
    assert caught.value.sound and "Repair" not in str(caught.value)


@pytest.mark.parametrize(("white", "dtype"), [(255, "uint16"), (65535, "uint16"), (None, "float32")])
def test_as_stored(white: int | None, dtype: str) -> None:
    assert kind("", white).as_asked("RGB", AS_STORED, "x") == ("bands", dtype)
