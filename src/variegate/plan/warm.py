"""Compile ahead what pipelines may need, so that no run has to wait."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from variegate.key import Keys


def warm() -> Iterator[tuple[str, float]]:
    """Compile or load every kernel, one at a time: (name, seconds it took)."""
    from variegate.compiled import Unit
    from variegate.kernels import colour, prefilter, prefilter_words, resize, sample

    for module in (sample, resize, prefilter, prefilter_words, colour):
        for name, unit in vars(module).items():
            if isinstance(unit, Unit) and unit.function.__module__ == module.__name__:
                begun = time.perf_counter()
                assert unit.address
                yield name, time.perf_counter() - begun
    begun = time.perf_counter()
    _run_once()
    yield "draw, survey and render", time.perf_counter() - begun


def _run_once() -> None:
    """One tiny picture through a pipeline: the functions that Python calls compile by being called."""
    from variegate.pipeline import Compose

    picture = np.zeros((8, 8, 3), np.uint8)
    Compose([]).batch([picture], keys=Keys.at(0, 0, [0]))
