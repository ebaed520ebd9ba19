"""Timed: what each stage of a plan costs, measured on this machine."""

from __future__ import annotations

import time
from statistics import median

import numpy as np

from variegate.picture import ImageArray
from variegate.plan.bound import BoundBatch

TURNS, LONG = 25, 0.5  # how often at most, and after how many seconds no further turn is begun
FEWEST = 3


def stage_times(bound: BoundBatch, image: ImageArray) -> list[float]:
    """Seconds that each row of sample 0 takes on one thread, the median of some turns.

    The first turn, in which kernels may be compiled, is not counted. Rows that a row before does too take 0. Where a
    function of a user's own changes the size of a picture, what follows is planned anew, and is not measured.
    """
    rows = bound.rows(0)
    out = np.empty(bound.shape(0), bound.output.dtype)
    turns = list[list[float]]()
    begun = time.perf_counter()
    while len(turns) <= FEWEST or (len(turns) <= TURNS and time.perf_counter() - begun < LONG):
        turns.append(_turn(bound, rows, image, out))
    return [median(spent) for spent in zip(*turns[1:], strict=True)]


def _turn(bound: BoundBatch, rows: range, image: ImageArray, out: ImageArray) -> list[float]:
    spent = [0.0] * len(rows)
    for n, row in enumerate(rows):
        stage = bound.stage(row)
        last = row == rows[-1] or stage.ends(row)
        before = time.perf_counter()
        image = stage.run(row, (image,), out if last else None)
        spent[n] = time.perf_counter() - before
        if last or image.shape[:2] != bound.planned(row + 1):
            break
    return spent
