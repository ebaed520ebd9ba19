"""Ready: the decoder's machine code, compiled once and kept in its folder, and how that is known."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress

import numpy as np
from llvmlite import binding

from variegate import parts
from variegate.kernel_cache import JPEG, folder, trouble

# A grey picture of 8 x 8 pixels, all 128, by the standard tables: a DC number of no bits, and the end of the block.
TINY = b"".join(
    (
        b"\xff\xd8\xff\xdb\x00\x43\x00" + bytes([1] * 64),
        b"\xff\xc0\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00",
        b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x2b\xff\xd9",
    )
)


def kept() -> bool:
    """Whether all of it was compiled and kept, for this machine; to load it then takes no time to speak of."""
    path = _mark()
    return bool(path) and os.path.exists(path)


def warm() -> None:
    """Compile or load all of it, and leave word if it is kept."""
    from variegate.jpeg import parse, read, verify
    from variegate.jpeg.index import Index

    header, out = parse(TINY), np.empty((8, 8, 1), np.uint8)
    assert not isinstance(header, str), header
    index = verify(TINY, header, (0, 8, 0, 8), out)
    assert isinstance(index, Index), index
    assert read(TINY, header, index, (0, 8, 0, 8), out)
    path = _mark()
    if path and not trouble and not os.path.exists(path):
        with suppress(OSError):  # in a folder that others fill
            parts.publish(path, lambda file: file.write(b""))


def lock_path() -> str:
    """The file that who compiles has locked; "" if nothing can be kept."""
    place = folder(JPEG)
    return os.path.join(place, "lock") if place else ""


def _mark() -> str:
    """The file that says so."""
    place = folder(JPEG)
    if not place:
        return ""
    machine = f"{binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"
    return os.path.join(place, f"ready-{hashlib.blake2b(machine.encode(), digest_size=8).hexdigest()}")
