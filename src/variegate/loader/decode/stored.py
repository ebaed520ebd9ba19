"""Stored: what the numbers of a picture file mean, and the picture that they make.

A file says how many bits its numbers have, and so which of them is white; the white of the file becomes that of the
dtype asked for: 255 of uint8, 65535 of uint16, 1 of float32. Signed integers, integers of 32 bits and floats have no
white: they are taken as they are, as float32.
"""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from variegate.errors import DecodeError
from variegate.loader.decode.pixel_format import AS_STORED, WHITES

SORTS = {"u": "bits", "i": "bits with a sign", "f": "bits, floats"}
BLOCK = 1 << 17  # numbers that are worked at together
LUMINANCE = 299.0, 587.0, 114.0  # thousandths


class Stored(NamedTuple):
    """What a file says of its numbers.

    format    of the file, as Pillow calls it
    bands     how many numbers a pixel has
    bits      of a number, as stored
    dtype     that of the numbers as they are read
    colours   what the bands are: "L", "LA", "RGB", "RGBA"; "" where nothing tells
    white     the number that is white; None where there is none
    inverted  whether black and white of the grey, the first band, are exchanged
    """

    format: str
    bands: int
    bits: int
    dtype: np.dtype[Any]
    colours: str
    white: int | None
    inverted: bool = False

    @property
    def description(self) -> str:
        """In words, for errors."""
        bands = "1 band" if self.bands == 1 else f"{self.bands} bands"
        return f"a {self.format} of {bands} of {self.bits} {SORTS[self.dtype.kind]}"

    def as_asked(self, mode: str, dtype: str, name: str) -> tuple[str, str]:
        """The mode and the dtype of the picture that is asked for; AS_STORED: all bands, as they are.

        Raises  DecodeError, which says what can be, if it cannot be made of these numbers without loss.
        """
        if dtype == AS_STORED:
            return "bands", "float32" if self.white is None else "uint16"
        refused = self._refused(mode, dtype)
        if refused:
            raise DecodeError(name, f"it is {self.description}, {refused}", sound=True)
        return mode, dtype

    def _refused(self, mode: str, dtype: str) -> str:
        if mode != "bands" and not self.colours:
            return 'and which of them are plain red, green and blue is not known; mode="bands" takes all of them'
        if self.white is None and dtype != "float32":
            return (
                'none of which is known to be white; dtype="float32" takes its numbers as they are, '
                "where float32 has them"
            )
        if self.white is not None and dtype == "uint8" and self.white > WHITES[dtype]:
            return 'which uint8 has no room for; dtype="uint16" keeps them, dtype="float32" makes them 0 to 1'
        return ""


def picture_of_numbers(numbers: NDArray[Any], kind: Stored, mode: str, dtype: str, name: str) -> NDArray[Any]:
    """The picture, (height, width, channels), that the numbers of a file make.

    numbers  (height, width, bands)

    Raises  DecodeError if numbers without a white are none of float32's.
    """
    height, width, count = numbers.shape
    rows = max(1, BLOCK // (width * count))
    if rows >= height:
        return _made(numbers, kind, mode, dtype, name)
    whole = None
    for top in range(0, height, rows):
        part = _made(numbers[top : top + rows], kind, mode, dtype, name)
        if whole is None:
            whole = np.empty((height, *part.shape[1:]), part.dtype)
        whole[top : top + rows] = part
    assert whole is not None
    return whole


def _made(numbers: NDArray[Any], kind: Stored, mode: str, dtype: str, name: str) -> NDArray[Any]:
    """The same, of as many rows as may be in memory several times over."""
    white = kind.white
    if white is None:
        numbers, least = _as_float32(numbers, kind, name), 1
    else:
        _check_range(numbers, white, kind, name)
        numbers = _exchanged(numbers, white) if kind.inverted else numbers
        least = white
    if mode == "L" and kind.colours.startswith("RGB"):
        numbers = (numbers[..., :3].astype(np.float64) * LUMINANCE).sum(axis=2, keepdims=True)
        if white is None:
            return (numbers / 1000).astype(np.float32)
        white *= 1000
    elif mode != "bands":
        numbers = _in_mode(numbers, kind.colours, mode, least)
    return numbers if white is None else _scaled(numbers, white, dtype)


def _exchanged(numbers: NDArray[Any], white: int) -> NDArray[Any]:
    """Numbers with black for white: the grey alone, as alpha and bands of other things have neither."""
    numbers = numbers.copy()
    numbers[..., 0] = numbers.dtype.type(white) - numbers[..., 0]
    return numbers


def _check_range(numbers: NDArray[Any], white: int, kind: Stored, name: str) -> None:
    """Refuse a number below 0 or above white, where the dtype has such."""
    if white == np.iinfo(numbers.dtype).max:
        return
    least, most = numbers.min(), numbers.max()
    if least < 0 or most > white:
        raise DecodeError(
            name, f"it is {kind.description} from 0 to {white}, and has the number {min(least, 0) or most}"
        )


def _in_mode(numbers: NDArray[Any], colours: str, mode: str, white: int) -> NDArray[Any]:
    """Grey or colour as colour or grey, with or without alpha; never colour as grey."""
    alpha = numbers[..., -1:] if colours.endswith("A") else None
    shown = numbers[..., : 1 if colours[0] == "L" else 3]
    if mode != "L" and colours[0] == "L":
        shown = np.repeat(shown, 3, axis=2)
    if mode != "RGBA":
        return shown
    full = np.full((*numbers.shape[:2], 1), white, numbers.dtype) if alpha is None else alpha
    return np.concatenate([shown, full], axis=2)


def _scaled(numbers: NDArray[Any], white: int, dtype: str) -> NDArray[Any]:
    """Numbers whose white becomes that of the dtype; each is the nearest to the exact quotient."""
    if dtype == "float32":  # one rounding of whole numbers below 2**24; of more, the second one changes nothing
        exact = np.dtype(np.float32 if numbers.dtype.kind == "u" else np.float64)
        quotients: NDArray[Any] = np.divide(numbers, white, dtype=exact)
        return quotients.astype(np.float32, copy=False)
    top = WHITES[dtype]
    if white == top:
        return numbers.astype(dtype)
    return np.rint(numbers.astype(np.float64) * top / white).astype(dtype)


def _as_float32(numbers: NDArray[Any], kind: Stored, name: str) -> NDArray[np.float32]:
    """The same numbers, where float32 has them."""
    with np.errstate(over="ignore"):
        found = numbers.astype(np.float32)
    if numbers.dtype.itemsize > 2 and numbers.dtype != np.float32:
        lost = (found.astype(np.float64) != numbers) & (numbers == numbers)
        if lost.any():
            _refuse(numbers[lost][0], kind, name)
    return found


def _refuse(number: Any, kind: Stored, name: str) -> NoReturn:
    raise DecodeError(
        name,
        f"it is {kind.description}, and float32 has no {number}; save it as float32 where that is near enough, or load "
        "it yourself and use Arrays",
        sound=True,
    )
