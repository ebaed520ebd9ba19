"""Ready: the machine code of the JPEG decoder, compiled once and kept in its folder, and how that is known."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress

from llvmlite import binding

from variegate import parts
from variegate.jpeg.warm import warm
from variegate.kernel_cache import JPEG, folder, trouble


def kept() -> bool:
    """Whether all of it was compiled and kept, for this machine; to load it then takes no time to speak of."""
    path = _mark()
    return bool(path) and os.path.exists(path)


def made() -> Iterator[tuple[str, float]]:
    """What `warm` does; and leave word if all of it is kept."""
    yield from warm()
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
