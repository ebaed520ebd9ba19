"""The tables that `exact` and `formulas` look into, computed on import in integers, and rounded once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ONE = 1 << 120  # the fixed point of the tables
PI = 0x3243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89  # pi * 2**256
LN2 = 0xB17217F7D1CF79ABC9E3B39803F2F6AF40F343267298B62D8A0D175B8BAAFA2B  # the natural logarithm of 2, * 2**256


def _series(terms: int, x: int, alternate: bool) -> tuple[int, int]:
    """The odd and the even half of exp(x) (of exp(ix) if they alternate), x in fixed point and small."""
    halves, term = [0, 0], ONE
    for n in range(terms):
        halves[n % 2] += -term if alternate and n % 4 > 1 else term
        term = term * x // (ONE * (n + 1))
    return halves[1], halves[0]


def _circle() -> NDArray[np.float64]:
    """(2, 256): sine and cosine of k / 256 of a turn, exactly odd, even and mirrored."""
    step_sin, step_cos = _series(20, PI >> (256 - 120 + 7), True)
    sines, sin, cos = [0.0], 0, ONE
    for _ in range(63):
        sin, cos = (sin * step_cos + cos * step_sin) // ONE, (cos * step_cos - sin * step_sin) // ONE
        sines.append(sin / ONE)
    quarter = np.array([*sines, 1.0])
    half = np.concatenate([quarter, quarter[-2:0:-1]])
    turn = np.concatenate([half, -half])
    return np.stack([turn, np.roll(turn, -64)]) + 0.0  # no negative zero


def _powers() -> NDArray[np.float64]:
    """(256,): 2 ** (j / 256)."""
    odd, even = _series(20, (LN2 >> (256 - 120)) // 256, False)
    power, out = ONE, []
    for _ in range(256):
        out.append(power / ONE)
        power = power * (odd + even) // ONE
    return np.array(out)


def _logs() -> NDArray[np.float64]:
    """(192,): log(j / 128) for j from 88; log(a / b) = 2 artanh((a - b) / (a + b))."""
    out = np.zeros(192)
    for j in range(88, 192):
        s, total = ONE * (j - 128) // (j + 128), 0
        term = s
        for n in range(1, 80, 2):
            total += term // n
            term = term * s // ONE * s // ONE
        out[j] = 2 * total / ONE
    return out


def _arcs() -> NDArray[np.float64]:
    """(65,): atan(j / 64) in degrees; each from the one before, by atan((x - y) / (1 + x y)) of their difference."""
    out, angle, half_turn = [0.0], 0, PI >> (256 - 120)
    for j in range(1, 65):
        s = ONE * 64 // (64 * 64 + j * (j - 1))
        term, step = s, 0
        for n in range(1, 40, 2):
            step += (-term if n % 4 == 3 else term) // n
            term = term * s // ONE * s // ONE
        angle += step
        out.append(angle * 180 / half_turn)
    return np.array([*out[:-1], 45.0])


CIRCLE, POWERS, LOGS, ARCS = _circle(), _powers(), _logs(), _arcs()
RADIAN = (PI / 2**256) / 180
DEGREE = 180 / (PI / 2**256)
STEP = 360 / 256  # 1.40625: exact in binary
LN2_HIGH = (LN2 >> 224) / 2**32  # 32 bits, so that its product with an exponent is exact
LN2_LOW = (LN2 % 2**224) / 2**256
SQRT_HALF = 0.7071067811865476
