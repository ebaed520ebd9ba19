"""How a shrinking map is kept from aliasing: the footprint of an output pixel, as three one-dimensional filters.

An output pixel should gather the source under a triangle (tent) as wide as two steps of the output. Reading bilinearly
already is a tent one source pixel wide, so a prefilter has to supply the difference in covariance,
(J J' - I) / 6, where J is the Jacobian of the map from output to source. That matrix is split into a part along x, one
along y and one along the diagonal (1, 1) or (1, -1), as in Selling's decomposition of a quadratic form; each is a short
symmetric filter. Between whole scales the filter is the mix of the two neighbouring discrete tents that has the right
variance; at a whole scale s, tent(s) followed by a bilinear read is exactly the continuous tent of width s.
"""

from __future__ import annotations

import numpy as np

from variegate.compiled import kernel
from variegate.kernels.sample import cubic


@kernel
def footprint(a, b, c, d, spent_x, spent_y):
    """Scales (along x, along y, along the diagonal, sign of the diagonal) for the Jacobian ((a, b), (c, d)).

    spent_x, spent_y  the share of the covariance, in units of 1/6, that other steps supply: 1 for the bilinear read
                      alone, 2 if the source was first reduced along that axis. A scale of 1 means no filter.
    """
    xx, xy, yy = a * a + b * b - spent_x, a * c + b * d, c * c + d * d - spent_y
    mean, half = 0.5 * (xx + yy), 0.5 * (xx - yy)
    root = np.sqrt(half * half + xy * xy)
    large, small = mean + root, mean - root
    if not large > 0.0:
        return 1.0, 1.0, 1.0, 1.0
    if small < 0.0:  # enlarged along one axis of the ellipse: nothing to filter there
        keep = large / (large - small)
        xx, xy, yy = keep * (xx - small), keep * xy, keep * (yy - small)
    cross = min(abs(xy), min(xx, yy))
    sign = 1.0 if xy >= 0.0 else -1.0
    return np.sqrt(1.0 + (xx - cross)), np.sqrt(1.0 + (yy - cross)), np.sqrt(1.0 + cross), sign


@kernel
def reduction(scale):
    """The whole factor by which the source is reduced along an axis before anything else: 1 below a shrinking of 4."""
    return max(1, int(min(scale, 1e6) * 0.5))


@kernel
def tent_taps(scale, taps):
    """Weights taps[0..radius] of the symmetric filter (taps[k] stands for +k and -k); returns the radius."""
    scale = min(scale, float(taps.size - 1))
    if not scale > 1.0:
        taps[0] = 1.0
        return 0
    n = int(scale)
    share = (scale * scale - n * n) / (2.0 * n + 1.0)
    for k in range(n + 1):
        narrow = max(n - k, 0) / (float(n) * n)
        wide = (n + 1.0 - k) / ((n + 1.0) * (n + 1.0))
        taps[k] = (1.0 - share) * narrow + share * wide
    return n


@kernel
def cubic_taps(scale, taps):
    """The same for a bicubic read: the cubic stretched by `scale`, sampled at whole steps and normalised."""
    scale = min(scale, 0.5 * (taps.size - 1))
    if not scale > 1.0:
        taps[0] = 1.0
        return 0
    radius, total = int(2.0 * scale), 0.0
    for k in range(radius + 1):
        taps[k] = cubic(k / scale)
        total += taps[k] if k == 0 else 2.0 * taps[k]
    for k in range(radius + 1):
        taps[k] /= total
    return radius
