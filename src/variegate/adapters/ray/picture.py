"""RayPicture: what a row has of one, with its size known before it is decoded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.errors import InputError
from variegate.loader.decode import Encoded, Origin, WindowReader, open_image
from variegate.picture import PLANES, as_picture

ONCE = Origin(0, 0)  # of files that nobody asks for again


class DecodedCell:
    """A picture that is an array already, with the face of an encoded one."""

    nbytes = 0  # of scratch

    def __init__(self, image: NDArray[Any]) -> None:
        self.image = as_picture(image)[0]
        self.size, self.channels, self.dtype = self.image.shape[:2], self.image.shape[2], self.image.dtype

    def decode(self, out: NDArray[np.uint8] | None = None) -> NDArray[Any]:
        """The picture, (height, width, channels)."""
        return self.image


RayPicture = Encoded | DecodedCell


def picture(value: Any, name: str, mode: str, dtype: DTypeLike = "uint8") -> RayPicture:
    """A picture of an array, the bytes of a file, its path, or a dict of `bytes` and `path` as data sets have them.

    name  what errors call it
    mode  "RGB", "L", "RGBA" or "bands": into what a file is decoded; dtype: of what that is

    >>> picture(np.zeros((4, 6), np.uint8), "row 0", "RGB").size
    (4, 6)

    Raises  InputError if it is none of these; DecodeError if it is no picture file.
    """
    if isinstance(value, Mapping):
        value = value.get("bytes") or value.get("path")
    if isinstance(value, str):
        return open_image(value, None, mode, dtype=dtype)
    if isinstance(value, bytes | bytearray | memoryview):
        return open_image(bytes(value), name, mode, dtype=dtype)
    if isinstance(value, np.ndarray):
        check_unpadded(value, name)
        return DecodedCell(value)
    raise InputError(
        f"a picture is an array (H, W, C), the bytes of a file or its path; got {type(value).__name__}. "
        'Are the rows given with batch_format="numpy"?'
    )


def pixels(given: RayPicture, plan: Any, n: int, out: NDArray[np.uint8], reader: WindowReader | None) -> NDArray[Any]:
    """The picture of sample n of a plan; of a JPEG, if there is a reader, no more of it than the plan looks at.

    out  memory to decode into
    """
    if reader is not None and isinstance(given, Encoded):
        window = 0, given.size[0], 0, given.size[1]
        if hasattr(plan, "window") and not plan.inspects:
            window = plan.window(n)
        found = given.decode_window(out, window, reader, ONCE)
        if found is not None:
            return found
    return given.decode(out)


def check_unpadded(array: Any, name: str) -> None:
    """Refuse an array that was a grey picture (H, W): Ray makes it (1, H, W) where its block has coloured ones too.

    Raises  InputError.
    """
    shape = np.shape(array)
    if len(shape) == 3 and shape[0] == 1 and shape[2] > max(PLANES):
        raise InputError(
            f"{name} is an array {shape}, one row of {shape[2]} channels: as Ray gives a grey picture (H, W) "
            'that is in one block with coloured ones. Read all as colour, by ray.data.read_images(..., mode="RGB")'
        )


def check_block(values: NDArray[Any], name: str) -> None:
    """Refuse a column in which some pictures are one row of pixels, and others are not.

    A grey one (H, W) whose W is 4 or less, padded to (1, H, W), looks like a coloured one of one row and H columns; a
    wider one `check_unpadded` tells by itself.

    Raises  InputError.
    """
    shapes = {value.shape for value in values if isinstance(value, np.ndarray)} if values.dtype == object else set()
    flat = next((shape for shape in shapes if len(shape) == 3 and shape[0] == 1 and shape[2] <= max(PLANES)), None)
    if flat is not None and any(len(shape) == 3 and shape[0] > 1 for shape in shapes):
        raise InputError(
            f"{name} has an array {flat} beside others of more than one row: as Ray gives a grey picture "
            f"({flat[1]}, {flat[2]}) that is in one block with coloured ones, and as it gives one that is a single row "
            'of pixels. Read all as colour, by ray.data.read_images(..., mode="RGB"), or leave such pictures out; '
            "or give `bytes` or `path` of the files, as rows(source) does"
        )
