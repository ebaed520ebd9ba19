"""Compile ahead what pipelines may need, so that no run has to wait."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from variegate.key import Keys


def warm() -> Iterator[tuple[str, float]]:
    """Compile or load every kernel, one at a time: (name, seconds it took)."""
    from variegate.compiled import Unit
    from variegate.kernels import (
        bits,
        bytes,
        colour,
        curve,
        levels,
        lookup,
        median,
        pick,
        prefilter,
        prefilter_words,
        resize,
        sample,
        stencil,
        tally,
        vote,
        walk,
    )
    from variegate.pipeline.ready import made

    sampling, colours = (sample, resize, prefilter, prefilter_words, walk), (colour, curve, levels, tally, stencil)
    for module in (*sampling, *colours, median, pick, vote, bits, bytes, lookup):
        for name, unit in vars(module).items():
            if isinstance(unit, Unit) and unit.function.__module__ == module.__name__:
                begun = time.perf_counter()
                assert unit.address
                yield name, time.perf_counter() - begun
    once = ("draw, survey and render", _render_once), ("gather and elect", _gather_once), ("histogram", _count_once)
    alone = ("stencil", _filter_once), ("median", _median_once), ("downscale", _downscale_once), ("mix", _mix_once)
    for name, run in (*once, *alone):
        begun = time.perf_counter()
        run()
        yield name, time.perf_counter() - begun
    yield from made()


def _render_once() -> None:
    """One tiny picture by floats and by bytes: the functions that Python calls compile by being called."""
    from variegate.pipeline.compose import Compose
    from variegate.rng import block

    block((0, 0, 0, 0), (0, 0))  # as bits are drawn
    for dtype in (np.float32, np.uint8):
        Compose([]).batch([np.zeros((8, 8, 3), dtype)], keys=Keys.at(0, 0, [0]))


def _mix_once() -> None:
    """Two tiny pictures, each averaged with what a branch makes of it."""
    from variegate.ops.invert import Invert
    from variegate.ops.mix import Mix
    from variegate.pipeline.compose import Compose

    for dtype in (np.float32, np.uint8):
        Compose([Mix([Invert()])]).batch([np.zeros((8, 8, 3), dtype)], keys=Keys.at(0, 0, [0]))


def _gather_once() -> None:
    """One tiny mask through no map, by nearest and by vote."""
    from variegate.kernels.chain import MapChain
    from variegate.kernels.elect import Vote, elect

    nowhere = MapChain(np.zeros((0, 3, 3)), np.array([[8, 8]], np.int64), np.zeros(0, np.int64))
    elect(nowhere, np.zeros((1, 8, 8), np.uint8), 0, Vote())


def _count_once() -> None:
    """One pixel of each dtype."""
    from variegate.kernels.histogram import histogram

    for dtype in (np.uint8, np.uint16, np.float32):
        histogram(np.zeros((1, 1, 1), dtype), 1.0)


def _filter_once() -> None:
    """One pixel through a filter that weighs nothing else."""
    from variegate.kernels.stencil import nest, settle, stencil, weigh, widen_floats
    from variegate.kernels.taps import taps

    source, scratch, out = np.zeros(1, np.float32), np.zeros(8, np.float32), np.zeros(1, np.float32)
    units = *(each.address for each in (widen_floats, weigh, nest, settle)), 0
    places = [each.ctypes.data for each in (source, scratch, out)]
    weights, last = (taps(np.ones((1, 1))), np.empty(0), 0.0, 0.0), (1.0, np.ones(1), np.zeros(1), 4)
    stencil(units, places[0], (1, 1, 1, 4), 0, 1.0, *weights, last, *places[1:])  # type: ignore[no-untyped-call]


def _median_once() -> None:
    """The median of a picture of one pixel."""
    from variegate.kernels.median import median, medians, room, sort_columns
    from variegate.kernels.stencil import widen_floats

    source, scratch, out = np.zeros(1, np.float32), np.zeros(room(3, 1, 1), np.float32), np.zeros(1, np.float32)
    units = widen_floats.address, sort_columns.address, medians.address, 0
    places = [each.ctypes.data for each in (source, scratch, out)]
    median(units, places[0], (1, 1, 1, 4), 1.0, 3, (1.0, np.ones(1), np.zeros(1), 4), *places[1:])  # type: ignore[no-untyped-call]


def _downscale_once() -> None:
    """A picture of one pixel at no fewer."""
    from variegate.kernels.downscale import downscale, room
    from variegate.kernels.resize import axis_taps, upright_floats

    source, low, out = np.zeros(1, np.float32), np.zeros(1, np.float32), np.zeros(1, np.float32)
    scratch, units = np.zeros(room(1, 1, 1), np.float32), (axis_taps, upright_floats, upright_floats)
    addresses, places = (*(each.address for each in units), 0), [e.ctypes.data for e in (source, low, scratch, out)]
    downscale(
        addresses, places[0], (1, 1, 1, 4), np.float32(1), (1, 1), 2, (1.0, np.ones(1), np.zeros(1), 4), *places[1:]
    )  # type: ignore[no-untyped-call]
