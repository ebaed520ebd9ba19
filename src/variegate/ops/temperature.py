"""Temperature: the colour of the light."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from variegate import exact
from variegate.ops.base import Drawn, Draws, LoweringContext, Op, three
from variegate.ops.colour import IDENTITY, LUMA, nothing
from variegate.ops.effect import Effect, Floats, Ints, Matrix
from variegate.ops.fields import declare, drawn

NEUTRAL = 6500.0
_ENCODED = 1 / 2.2  # the power by which light becomes the numbers of a picture

# CIE XYZ to linear sRGB (IEC 61966-2-1).
_TO_RGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])


def planckian(kelvins: Floats) -> tuple[Floats, Floats]:
    """The chromaticity (x, y) in CIE 1931 of a black body of 1667 to 25000 kelvins.

    Source: the cubic splines of Kim et al., US patent 7024034 (2006).

    >>> x, y = planckian(np.array([6500.0]))
    >>> round(float(x[0]), 3), round(float(y[0]), 3)
    (0.313, 0.324)
    """
    t = 1000 / kelvins
    x = np.where(
        kelvins <= 4000,
        ((-0.2661239 * t - 0.2343589) * t + 0.8776956) * t + 0.179910,
        ((-3.0258469 * t + 2.1070379) * t + 0.2226347) * t + 0.240390,
    )
    y = np.where(
        kelvins <= 2222,
        ((-1.1063814 * x - 1.34811020) * x + 2.18555832) * x - 0.20219683,
        np.where(
            kelvins <= 4000,
            ((-0.9549476 * x - 1.37418593) * x + 2.09137015) * x - 0.16748867,
            ((3.0817580 * x - 5.87338670) * x + 3.75112997) * x - 0.37001483,
        ),
    )
    return x, y


def light(kelvins: Floats) -> Floats:
    """(B, 3): the linear sRGB of a black body, of luminance 1; below about 1900 kelvins it has no blue."""
    x, y = planckian(kelvins)
    white = x / y, np.ones(len(kelvins)), (1 - x - y) / y
    rgb = [(row[0] * white[0] + row[1] * white[1]) + row[2] * white[2] for row in _TO_RGB.tolist()]
    return np.asarray(np.maximum(np.stack(rgb, axis=1), 0.0))


_NEUTRAL_LIGHT = light(np.array([NEUTRAL]))


@declare
class Temperature(Op):
    """Light a picture as if by a black body: a factor on each of red, green and blue.

    kelvins  1667 to 25000; below 6500 the light is warmer, above it bluer; 6500 changes nothing; one draw a sample.
             Eyes take equal steps in 1 / kelvins, so `LogUniform(3000, 14000)` is about even, and a pair is not
    targets  image of 3 channels (labels stay)        effect  matrix (fuses)

    The factors are those of linear light, to the power of 1 / 2.2, for pictures encoded as sRGB's are. Laws: the
    luminance of every grey stays, 6500 is the identity. Source: the Planckian locus as cubic splines (Kim et al., US
    patent 7024034), and sRGB's primaries. kornia's and Albumentations' `PlanckianJitter` (Zini et al. 2022) have tables
    from 3000 to 15000 kelvins, keep green instead of the luminance, and take the factors of linear light as they are,
    which is stronger.

    >>> Temperature((3500, 12000))
    Temperature(kelvins=Uniform(3500, 12000))

    Raises  FieldError if the kelvins can leave 1667 to 25000; InputError on other than 3 channels.
    """

    kelvins: Drawn = drawn(default=(4000, 12000), least=1667, most=25000)

    gives: ClassVar[type[Effect]] = Matrix

    def takes(self) -> Sequence[int]:
        return (3,)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Matrix:
        three(self, context)
        factors = exact.power(light(draws["kelvins"]) / _NEUTRAL_LIGHT, _ENCODED)
        luminance = (factors[:, 0] * LUMA[0] + factors[:, 1] * LUMA[1]) + factors[:, 2] * LUMA[2]
        factors *= (((LUMA[0] + LUMA[1]) + LUMA[2]) / luminance)[:, None]
        return Matrix(factors[:, :, None] * IDENTITY, nothing(len(sizes)))
