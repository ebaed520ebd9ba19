"""The pixel format: into what the pictures of a source are decoded, said once for all that take files."""

from __future__ import annotations

from typing import Any

import numpy as np

from variegate.errors import FieldError, VariegateError
from variegate.white import DTYPES, NOMINAL

MODES = ("RGB", "L", "RGBA", "bands")
AS_STORED = ""  # the dtype that a file has; with no name, as nobody is to ask for it of a whole source
WHITES = {name: int(NOMINAL[name]) for name in DTYPES}  # what of a file is white becomes this


def check_pixel_format(
    mode: Any, dtype: Any, owner: str = "", error: type[VariegateError] = FieldError
) -> tuple[str, str]:
    """A mode and the name of a dtype that pictures can be decoded into.

    mode   "RGB", "L" (grey), "RGBA", or "bands": all bands of a file as they are
    dtype  "uint8", "uint16", "float32", or NumPy's own
    owner  who was given them, for the error

    >>> check_pixel_format("RGB", np.uint16)
    ('RGB', 'uint16')

    Raises  `error` for others.
    """
    of = f" of {owner}" if owner else ""
    if isinstance(dtype, str) and dtype in DTYPES and mode in MODES:
        return mode, dtype  # this is asked for every picture
    if not isinstance(mode, str) or mode not in MODES:
        raise error(f'mode{of} is "RGB", "L", "RGBA" or "bands", got {mode!r}')
    try:
        name = np.dtype(dtype).name if dtype is not None else ""
    except TypeError:
        name = ""
    if name not in DTYPES:
        raise error(f'dtype{of} is "uint8", "uint16" or "float32", got {dtype!r}')
    return mode, name
