"""A segment of colour steps, folded into one affine map, with its means taken from sums over the raw canvas."""

from __future__ import annotations

import numpy as np

from variegate.compiled import kernel
from variegate.kernels.codes import AFFINE, STEP_AFTER, STEP_SITE, STEP_SORT
from variegate.kernels.colour import FIXED, step_through, through
from variegate.kernels.row_layout import leans


@kernel
def segment_end(kinds, start):
    """The first step from `start` on that is not affine."""
    stop = start
    while stop < kinds.shape[0] and kinds[stop, STEP_SORT] == AFFINE:
        stop += 1
    return stop


@kernel
def leaning(steps, kinds, start, stop, site):
    """Whether one of these steps needs the mean of a site's canvas."""
    found = False
    for s in range(start, stop):
        lean = kinds[s, STEP_SORT] == AFFINE and leans(steps[s])
        found = found or (lean and kinds[s, STEP_SITE] == site)
    return found


@kernel
def identity(channels):
    """The affine map of colour that changes nothing: (C, C) for three channels, a gain a channel otherwise."""
    weights = np.zeros((channels, channels if channels == 3 else 1))
    for c in range(channels):
        weights[c, c if channels == 3 else 0] = 1.0
    return weights, np.zeros(channels)


@kernel
def is_plain(weights, offset):
    """Whether an affine map of colour changes nothing."""
    found = True
    for c in range(offset.size):
        found = found and offset[c] == 0.0
        for j in range(weights.shape[1]):
            found = found and weights[c, j] == (1.0 if j == c or weights.shape[1] == 1 else 0.0)
    return found


@kernel
def mean_of(sums, counts, top, fills, weights, offset, mean):
    """Each channel's mean over canvas `top`, in units of white, after the affine map so far, fills included."""
    raw, total = np.empty(mean.size), counts[0]
    for k in range(top):
        total += counts[k + 1]
    for c in range(mean.size):
        raw[c] = sums[c] / (FIXED * max(counts[0], 1))
    through(weights, offset, mean.size, raw, mean)
    for c in range(mean.size):
        mean[c] *= counts[0]
        for k in range(top):
            mean[c] += fills[k, c] * counts[k + 1]
        mean[c] /= max(total, 1)


@kernel
def step_fills(step, mean, fills, count):
    """The first `count` fills, in place, through one step."""
    channels = mean.size
    weights, offset = identity(channels)
    step_through(step, channels, mean, weights, offset)
    moved = np.empty(channels)
    for k in range(count):
        through(weights, offset, channels, fills[k], moved)
        for c in range(channels):
            fills[k, c] = moved[c]


@kernel
def fold(begin, stop, steps, kinds, sums, counts, tops, fills):
    """Steps begin..stop-1 as one affine map (weights, offset) in units of white; carries the fills along, in place.

    sums (K, C) float64 and counts (K, G + 1): over the canvas tops[k] of each site that a step leans on
    """
    channels = sums.shape[1]
    weights, offset = identity(channels)
    mean = np.zeros(channels)
    for s in range(begin, stop):
        site = kinds[s, STEP_SITE]
        if leans(steps[s]):
            mean_of(sums[site], counts[site], tops[site], fills, weights, offset, mean)
        step_through(steps[s], channels, mean, weights, offset)
        step_fills(steps[s], mean, fills, kinds[s, STEP_AFTER])
    return weights, offset
