"""Npy: an array out of the bytes of an .npy file, whose header is held against them before anything is allocated."""

from __future__ import annotations

import math
from io import BytesIO
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray


def npy_array(data: bytes) -> NDArray[Any]:
    """The array in these bytes; no copy, read-only.

    >>> file = BytesIO()
    >>> np.save(file, np.arange(3.0))
    >>> npy_array(file.getvalue())
    array([0., 1., 2.])

    Raises  ValueError if they are no .npy of plain numbers, or not as many bytes as its header says.
    """
    file = BytesIO(data)
    version = npy.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"an .npy of version {version[0]}.{version[1]}; versions 1.0 and 2.0 are read")
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    try:
        shape, fortran, dtype = read(file)
    except Exception as error:  # NumPy reads it by Python's parser, which raises of its own
        raise ValueError(f"an .npy whose header cannot be read ({error})") from error
    if dtype.hasobject:
        raise ValueError("an .npy of Python's objects, which are pickled: save plain numbers")
    count, left = math.prod(shape), len(data) - file.tell()
    if min(shape, default=0) < 0 or count * dtype.itemsize != left:
        raise ValueError(f"an .npy whose header says {shape} of {dtype}, and {left} bytes follow")
    return np.frombuffer(data, dtype, count, file.tell()).reshape(shape, order="F" if fortran else "C")
