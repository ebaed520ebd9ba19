"""sin, cos, atan2, exp and log from + - * / sqrt alone: the same bits on every CPU.

NumPy's own differ between CPUs, since they choose other code for AVX-512, AVX2 and NEON. Everything here is an IEEE
operation on one element, or exact (rint, frexp, ldexp). Each function reduces its argument to a small remainder by a
table, so that a short Taylor polynomial is enough: the relative error stays within 4e-16. What every batch's plan asks
for is compiled, in `formulas`; what is asked when ops are made and labels are moved is NumPy, and needs no Numba.
The tables are computed on import in integers, and rounded once.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_ONE = 1 << 120  # the fixed point of the tables
_PI = 0x3243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89  # pi * 2**256
_LN2 = 0xB17217F7D1CF79ABC9E3B39803F2F6AF40F343267298B62D8A0D175B8BAAFA2B  # the natural logarithm of 2, * 2**256


def _series(terms: int, x: int, alternate: bool) -> tuple[int, int]:
    """The odd and the even half of exp(x) (of exp(ix) if they alternate), x in fixed point and small."""
    halves, term = [0, 0], _ONE
    for n in range(terms):
        halves[n % 2] += -term if alternate and n % 4 > 1 else term
        term = term * x // (_ONE * (n + 1))
    return halves[1], halves[0]


def _circle() -> NDArray[np.float64]:
    """(2, 256): sine and cosine of k / 256 of a turn, exactly odd, even and mirrored."""
    step_sin, step_cos = _series(20, _PI >> (256 - 120 + 7), True)
    sines, sin, cos = [0.0], 0, _ONE
    for _ in range(63):
        sin, cos = (sin * step_cos + cos * step_sin) // _ONE, (cos * step_cos - sin * step_sin) // _ONE
        sines.append(sin / _ONE)
    quarter = np.array([*sines, 1.0])
    half = np.concatenate([quarter, quarter[-2:0:-1]])
    turn = np.concatenate([half, -half])
    return np.stack([turn, np.roll(turn, -64)]) + 0.0  # no negative zero


def _powers() -> Floats:
    """(256,): 2 ** (j / 256)."""
    odd, even = _series(20, (_LN2 >> (256 - 120)) // 256, False)
    power, out = _ONE, []
    for _ in range(256):
        out.append(power / _ONE)
        power = power * (odd + even) // _ONE
    return np.array(out)


def _logs() -> Floats:
    """(192,): log(j / 128) for j from 88; log(a / b) = 2 artanh((a - b) / (a + b))."""
    out = np.zeros(192)
    for j in range(88, 192):
        s, total = _ONE * (j - 128) // (j + 128), 0
        term = s
        for n in range(1, 80, 2):
            total += term // n
            term = term * s // _ONE * s // _ONE
        out[j] = 2 * total / _ONE
    return out


def _arcs() -> Floats:
    """(65,): atan(j / 64) in degrees; each from the one before, by atan((x - y) / (1 + x y)) of their difference."""
    out, angle, half_turn = [0.0], 0, _PI >> (256 - 120)
    for j in range(1, 65):
        s = _ONE * 64 // (64 * 64 + j * (j - 1))
        term, step = s, 0
        for n in range(1, 40, 2):
            step += (-term if n % 4 == 3 else term) // n
            term = term * s // _ONE * s // _ONE
        angle += step
        out.append(angle * 180 / half_turn)
    return np.array([*out[:-1], 45.0])


CIRCLE, POWERS, _LOGS, _ARCS = _circle(), _powers(), _logs(), _arcs()
RADIAN = (_PI / 2**256) / 180
_DEGREE = 180 / (_PI / 2**256)
STEP = 360 / 256  # 1.40625: exact in binary
LN2_HIGH = (_LN2 >> 224) / 2**32  # 32 bits, so that its product with an exponent is exact
LN2_LOW = (_LN2 % 2**224) / 2**256
_SQRT_HALF = 0.7071067811865476


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
    angle = _ARCS[nearest.astype(np.int64)] + (s + tail) * _DEGREE
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
    below = part < _SQRT_HALF  # keep the part around 1, where the logarithm must not cancel
    part = part + part * below
    exponent = exponent - below
    nearest = np.rint(part * 128)
    known = nearest * (1 / 128)
    s = (part - known) / (part + known)
    z = s * s
    tail = s * ((z * (2 / 5) + 2 / 3) * z)
    coarse = exponent * LN2_HIGH + _LOGS[nearest.astype(np.int64)]
    return np.asarray(coarse + (2 * s + (tail + exponent * LN2_LOW)))


def power(x: ArrayLike, y: ArrayLike) -> Floats:
    """x to the power of y, for x >= 0 and y > 0; 0 to any such power is 0.

    >>> power(np.array([0.0, 4.0]), 0.5)
    array([0., 2.])
    """
    base = np.asarray(x, np.float64)
    positive = base > 0
    return np.asarray(exp(log(np.where(positive, base, 1.0)) * np.asarray(y, np.float64)) * positive)
