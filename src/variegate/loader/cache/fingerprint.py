"""Fingerprint: all that decides the pixels of a picture beside its file."""

from __future__ import annotations

import sys
from functools import partial
from hashlib import blake2b
from importlib.metadata import version
from typing import Any

import numpy as np

from variegate.loader.source.base import Source
from variegate.loader.transient import is_transient, retried

FORMAT = 3  # of the files; raise it when they change, or when loader/decode/ gives other pixels


def facts(source: Source, side: int | None, stamped: bool) -> dict[str, Any]:
    """What a folder of pictures says of itself: pictures under other facts are other pictures.

    stamped  whether the source has a stamp for each sample; else the source itself is among the facts
    """
    found = {
        "format": FORMAT,
        "simplejpeg": version("simplejpeg"),
        "pillow": version("pillow"),
        "byteorder": sys.byteorder,
        "mode": source.mode,
        "dtype": source.dtype,
        "side": side,
    }
    return found if stamped else {**found, "source": f"{source.fingerprint}-{contents(source)}"}


def contents(source: Source) -> str:
    """A digest of the first, the middle and the last sample as they are read.

    Ids alone do not tell one array from another; a sample that differs each time it is read gives no second use.
    """
    digest = blake2b(digest_size=8)
    for i in sorted({0, len(source) // 2, len(source) - 1}):
        try:
            data = retried(partial(source.read, i))
        except Exception as error:  # its time to be told is when a batch has it
            if is_transient(error):
                raise
            digest.update(repr(error).encode())
            continue
        if isinstance(data, np.ndarray):
            digest.update(f"{data.dtype} {data.shape}".encode())
            data = data.tobytes()
        digest.update(data)
    return digest.hexdigest()
