"""Cache: where decoded pictures are kept, how many bytes of them, and in what size."""

from __future__ import annotations

import operator
import os
from dataclasses import dataclass

from variegate.arguments import renamed
from variegate.errors import FieldError
from variegate.loader.bytes import parse_bytes

MEMORY = "memory"
DEFAULTS = {MEMORY: "2GB", "disk": "50GB"}


@renamed(where="path", bytes="max_bytes", side="max_side")
@dataclass(frozen=True)
class Cache:
    """Keep decoded pictures, so that later epochs neither read nor decode them.

    path       "memory": in this process, for as long as the loader lives; or a folder, made where there is none, for
               later runs and for several processes at once: Arrow files, read by memory map. A folder may be shared by
               sources. What one process has written the others read, and do not write again
    max_bytes  how much is kept, by all processes together, as "8GB" or an integer: by default 2 GB in memory, 50 GB in
               each subfolder on a disk. What does not fit is read and decoded as ever, and nothing is ever put out for
               it: as each epoch asks for every sample once, in a new order, whatever stays serves as well as what would
               take its place. 0 with a folder: read, never write
    max_side   pixels; None: pictures are kept as they are, and a cached run has the bytes of one without. A number: a
               picture with a longer side is kept reduced to it, antialiased, and the ops are as declared on the picture
               in its own size; other pixels, so another folder and another fingerprint

    A picture is kept under its sample's id, for the file as it is: its size and date are looked at each time, so a
    file that changes is read again. Other versions of the decoders, another `mode`, `dtype` or `max_side` have a
    subfolder of their own. Every picture has a checksum, looked at when it is first read in a process; what is damaged
    is decoded anew.

    A source that cannot say whether its samples have changed (Source.stamp gives None) has a subfolder for itself,
    found by its class, ids, and the contents of three samples: delete it when other samples change.

    >>> Cache("memory", "512MB")
    Cache(path='memory', max_bytes=512000000, max_side=None)

    Raises  FieldError if a value cannot be; SourceError, from the loader, if the folder cannot be written to.
    """

    path: str | os.PathLike[str] = MEMORY
    max_bytes: int | str | None = None
    max_side: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", _place(self.path))
        wanted = DEFAULTS[MEMORY if self.in_memory else "disk"] if self.max_bytes is None else self.max_bytes
        object.__setattr__(self, "max_bytes", parse_bytes(wanted, "Cache.max_bytes"))
        if self.max_side is not None:
            object.__setattr__(self, "max_side", _side(self.max_side))

    @classmethod
    def of(cls, value: str | os.PathLike[str] | Cache) -> Cache:
        """A cache by where it is, or as it is."""
        return value if isinstance(value, cls) else cls(value)  # type: ignore[arg-type]

    @property
    def in_memory(self) -> bool:
        """Whether it lives in this process."""
        return self.path == MEMORY


def _place(path: object) -> str:
    """ "memory", or the absolute path of a folder, as another process may stand elsewhere."""
    if isinstance(path, str) and path == MEMORY:
        return path
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str) or not os.fspath(path):
        raise FieldError(f'Cache.path is "memory" or the path of a folder, got {path!r}')
    return os.path.abspath(os.fspath(path))


def _side(side: object) -> int:
    try:
        number = operator.index(side)  # type: ignore[arg-type]
    except TypeError:
        number = 0
    if isinstance(side, bool) or number < 1:
        raise FieldError(f"Cache.max_side is a number of pixels, 1 or more, or None, got {side!r}")
    return number
