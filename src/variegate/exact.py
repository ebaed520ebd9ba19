"""sin, cos, atan2, exp and log from + - * / sqrt alone: the same bits on every CPU.

NumPy's own differ between CPUs, since they choose other code for AVX-512, AVX2 and NEON. Everything here is an IEEE
operation on one element, or exact (rint, frexp, ldexp). Each function reduces its argument to a small remainder by a
table, so that a short Taylor polynomial is enough: the relative error stays within 4e-16. What every batch's plan asks
for is compiled, in `formulas`; what is asked when ops are made and labels are moved is NumPy, and needs no Numba.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from variegate.exact_tables import ARCS, DEGREE, LN2_HIGH, LN2_LOW, LOGS, SQRT_HALF

Floats = NDArray[np.float64]


@functools.cache
def compiled() -> Any:
    """The module `formulas`, imported, and Numba with it, when it is first used.

    By a call, because an import statement takes as long as two of its functions.
    """
    from variegate import formulas

    return formulas


def sincos(degrees: ArrayLike) -> tuple[Floats, Floats]:
    """Sine and cosine of an angle in degrees; exact at every multiple of 90.

    >>> sincos(np.array([0.0, 90.0, 180.0]))
    (array([0., 1., 0.]), array([ 1.,  0., -1.]))
    """
    sin, cos = compiled().sincos(np.asarray(degrees, np.float64))
    return sin, cos


def atan2(y: ArrayLike, x: ArrayLike) -> Floats:
    """The angle of the direction (x, y) in degrees, -180 to 180; exact at every multiple of 45, and 0 for (0, 0).

    >>> atan2(np.array([0.0, 1.0, -1.0]), np.array([-1.0, 0.0, 1.0]))
    array([180.,  90., -45.])
    """
    x, y = np.asarray(x, np.float64) + 0.0, np.asarray(y, np.float64) + 0.0
    along, across = np.maximum(np.abs(x), np.abs(y)), np.minimum(np.abs(x), np.abs(y))
    t = across / np.where(along > 0, along, 1.0)
    nearest = np.rint(t * 64)
    known = nearest * (1 / 64)
    s = (t - known) / (1 + t * known)
    z = s * s
    tail = s * ((z * (-1 / 7) + 1 / 5) * z - 1 / 3) * z
    angle = ARCS[nearest.astype(np.int64)] + (s + tail) * DEGREE
    angle = np.where(np.abs(y) > np.abs(x), 90 - angle, angle)
    angle = np.where(x < 0, 180 - angle, angle)
    return np.asarray(np.where(y < 0, -angle, angle))


def exp(x: ArrayLike) -> Floats:
    """e to the power of x; 0 and infinity beyond the range of a float.

    >>> exp(np.array([0.0, 1.0]))
    array([1.        , 2.71828183])
    """
    return np.asarray(compiled().exp(np.asarray(x, np.float64)))


def log(x: ArrayLike) -> Floats:
    """The natural logarithm of positive, finite numbers.

    >>> log(np.array([1.0, 2.0]))
    array([0.        , 0.69314718])
    """
    part, exponent = np.frexp(np.asarray(x, np.float64))
    below = part < SQRT_HALF  # keep the part around 1, where the logarithm must not cancel
    part = part + part * below
    exponent = exponent - below
    nearest = np.rint(part * 128)
    known = nearest * (1 / 128)
    s = (part - known) / (part + known)
    z = s * s
    tail = s * ((z * (2 / 5) + 2 / 3) * z)
    coarse = exponent * LN2_HIGH + LOGS[nearest.astype(np.int64)]
    return np.asarray(coarse + (2 * s + (tail + exponent * LN2_LOW)))


def power(x: ArrayLike, y: ArrayLike) -> Floats:
    """x to the power of y, for x >= 0 and y > 0; 0 to any such power is 0.

    >>> power(np.array([0.0, 4.0]), 0.5)
    array([0., 2.])
    """
    base = np.asarray(x, np.float64)
    positive = base > 0
    return np.asarray(exp(log(np.where(positive, base, 1.0)) * np.asarray(y, np.float64)) * positive)
