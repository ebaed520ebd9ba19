"""A folder of damaged picture files among good ones; the same for the same numbers and versions of Pillow and NumPy."""

from __future__ import annotations

import shutil
import zlib
from pathlib import Path

import broken
import numpy as np
import photos


def damaged(number: int) -> tuple[str, str, bytes]:
    """File `number`: its kind, its extension and its bytes; the same every time."""
    name = list(broken.KINDS)[number % len(broken.KINDS)]
    kind, damage = broken.KINDS[name]
    rng = np.random.default_rng([7, number])
    extension = "png" if kind == "PNG" or (name.startswith("no") and number % 2) else "jpg"
    return name, extension, damage(broken.good(number, kind), rng)


def folder(bad: int, fine: int) -> Path:
    """A folder of so many damaged files among good ones, in no order; a name says which: 00017-3.png is of kind 3."""
    made_by = zlib.crc32(Path(__file__).read_bytes() + Path(broken.__file__).read_bytes())
    target = photos.DATA / f"damage-{bad}-{fine}-{made_by:08x}"
    if target.exists():
        return target
    part = target.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for place, number in enumerate(np.random.default_rng(0).permutation(bad + fine).tolist()):
        if number < bad:
            name, extension, data = damaged(number)
            kind = str(list(broken.KINDS).index(name))
        else:
            extension, kind = ("jpg", "png")[number % 2], "good"
            data = broken.good(10_000 + number, "PNG" if extension == "png" else "JPEG")
        (part / f"{place:05}-{kind}.{extension}").write_bytes(data)
    part.rename(target)
    return target


def kind_of(path: str) -> str | None:
    """The kind of damage of a file by its name; None of a good one."""
    word = Path(path).stem.partition("-")[2]
    return None if word == "good" else list(broken.KINDS)[int(word)]
