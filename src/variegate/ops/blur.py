"""GaussianBlur, BoxBlur, MotionBlur, Defocus, MedianBlur: each pixel a mean of those around it, or their median."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np

from variegate import exact
from variegate.ops.base import Drawn, Draws, LoweringContext, Op
from variegate.ops.bell import WIDEST, bell, reach_of
from variegate.ops.effect import Effect, Floats, Ints, Median, Stencil
from variegate.ops.fields import declare, drawn, odd, option
from variegate.sampling import Border

KERNEL_SIZES = tuple(range(3, 32, 2))  # as they are written elsewhere


@declare
class GaussianBlur(Op):
    """Blur by a Gaussian.

    sigma        standard deviation in pixels, the same down and across; 0 changes nothing; one draw a sample
    border       what lies beyond the edge: "reflect" (OpenCV's, torchvision's), "edge" (Pillow's), ...
    kernel_size  how many pixels down and across weigh anything, an odd number; None: by each sigma, as far as 3 sigma
    targets      image, any number of channels (labels stay)        effect  stencil, separable (a pass of its own)

    Laws: flat pictures stay; weights have the sum 1, so colours keep their range. With a kernel_size this is
    torchvision's `gaussian_blur`, and OpenCV's to a level. Without, OpenCV takes round(6 sigma + 1) pixels for bytes
    and round(8 sigma + 1) for floats, made odd; here it is 2 ceil(3 sigma) + 1 for both. Pillow's, and albumentations'
    by default, is another filter: three means over boxes, up to 3 levels from a Gaussian within a picture.

    >>> GaussianBlur((0.1, 2))
    GaussianBlur()
    >>> GaussianBlur(1.5, kernel_size=5)
    GaussianBlur(sigma=Constant(1.5), kernel_size=5)

    Raises  FieldError if sigma can be negative, or above 128 (shrink the picture first), or the kernel size is even.
    """

    sigma: Drawn = drawn(default=(0.1, 2.0), least=0, most=WIDEST)
    border: Border = option(default="reflect")
    kernel_size: int | None = odd(default=None, kw_only=True)

    gives: ClassVar[type[Effect]] = Stencil

    def doubt(self, *args: Any) -> None:
        """Warn of a sigma without its name that is rather the size of a kernel, which comes first elsewhere."""
        if args[0] in KERNEL_SIZES and len(args) == 1 and self.kernel_size is None:
            size = args[0]
            warnings.warn(
                f"{self.label}: {size} is sigma, the same for every picture. torchvision's GaussianBlur({size}) is "
                f"GaussianBlur((0.1, 2), kernel_size={size}); if sigma is meant, write sigma={size}",
                stacklevel=3,
            )

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Stencil:
        sigma = draws["sigma"]
        size = self.kernel_size
        weights = bell(sigma, reach_of(sigma) if size is None else np.full(len(sigma), size // 2))
        return Stencil(weights[:, :, None], weights, border=self.border)


@declare
class BoxBlur(Op):
    """Blur by a mean over a square.

    radius   how many pixels it reaches to each side, so that its side is 2 radius + 1; of a fraction, the outermost
             pixels weigh as much as lies of them within; 0 changes nothing; one draw a sample
    border   what lies beyond the edge: "reflect" (OpenCV's), "edge" (Pillow's), ...
    targets  image, any number of channels (labels stay)        effect  stencil, separable (a pass of its own)

    Laws: flat pictures stay; weights have the sum 1. It is Pillow's `BoxBlur` but for the border and its rounding in
    between, and OpenCV's `blur` and albumentations' Blur of the size 2 radius + 1.

    >>> BoxBlur((0, 2))
    BoxBlur(radius=Uniform(0, 2))

    Raises  FieldError if the radius can be negative, or above 128.
    """

    radius: Drawn = drawn(default=(0, 3), least=0, most=WIDEST)
    border: Border = option(default="reflect")

    gives: ClassVar[type[Effect]] = Stencil

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Stencil:
        radius = draws["radius"][:, None]
        reach = int(np.ceil(radius.max(initial=0)))
        within = np.clip(radius + 1 - np.abs(np.arange(-reach, reach + 1)), 0, 1)
        weights = within / (2 * radius + 1)
        return Stencil(weights[:, :, None], weights, border=self.border)


@declare
class MotionBlur(Op):
    """Blur along a line, as a camera does that is moved.

    length     of the line in pixels; 1 changes nothing; one draw a sample
    angle      of the line in degrees, counter-clockwise, 0 to the right; one draw a sample
    direction  -1 to 1: 0 has a pixel in the middle of its line, 1 at its beginning, -1 at its end
    border     what lies beyond the edge, as numpy.pad has it
    targets    image, any number of channels (labels stay)        effect  stencil (a pass of its own)

    Where a pixel lies partly on the line, it weighs partly: along the line by how much of it is covered, across it by
    the distance, as in a bilinear read. Laws: flat pictures stay; an odd length along a side is the mean of so many
    pixels. albumentations' MotionBlur draws a jagged line, its angles clockwise, and leaves half of the line out where
    the direction is 1. Labels stay there as here, so with a direction they are up to half a length off.

    >>> MotionBlur((3, 9), angle=(-20, 20))
    MotionBlur(angle=Uniform(-20, 20))

    Raises  FieldError if the length can be below 1 or above 128, or the direction leaves -1 to 1.
    """

    length: Drawn = drawn(default=(3, 9), least=1, most=WIDEST)
    angle: Drawn = drawn(default=(0, 360))
    direction: Drawn = drawn(default=0, least=-1, most=1)
    border: Border = option(default="reflect", kw_only=True)

    gives: ClassVar[type[Effect]] = Stencil

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Stencil:
        sin, cos = exact.sincos(draws["angle"])
        steep = np.abs(sin) > np.abs(cos)
        along, across = np.where(steep, -sin, cos), np.where(steep, cos, -sin)  # by its longer side; y points down
        length, shift = draws["length"], draws["direction"] * (draws["length"] - 1) / 2
        ends = along * (shift - length / 2), along * (shift + length / 2)
        weights = _line(np.minimum(*ends), np.maximum(*ends), across / along)
        return Stencil(np.where(steep[:, None, None], weights.transpose(0, 2, 1), weights), border=self.border)


def _line(left: Floats, right: Floats, slope: Floats) -> Floats:
    """(B, n, n): how much each pixel is on a line y = slope x, of a slope from -1 to 1, from x = left to right."""
    reach = int(np.ceil(np.maximum(-left, right).max(initial=0) + 0.5))
    at = np.arange(-reach, reach + 1)
    begin, end = np.maximum(left[:, None], at - 0.5), np.minimum(right[:, None], at + 0.5)
    y = slope[:, None] * ((begin + end) / 2)
    covered = np.maximum(end - begin, 0) / (right - left)[:, None]
    near = np.maximum(1 - np.abs(y[:, None, :] - at[:, None]), 0)
    return np.asarray(covered[:, None, :] * near)


@declare
class Defocus(Op):
    """Blur by a disc, as a lens does that is out of focus.

    radius   of the disc in pixels; up to 0.5 nothing changes; one draw a sample
    border   what lies beyond the edge, as numpy.pad has it
    targets  image, any number of channels (labels stay)        effect  stencil (a pass of its own)

    A pixel at the distance d from the middle weighs radius + 0.5 - d, clamped to 0 and 1: a disc with an edge one
    pixel wide. Laws: flat pictures stay; turned by 90 degrees and blurred is blurred and turned. albumentations'
    Defocus takes whole radii, 3 to 10, and softens the disc by a small Gaussian that is drawn besides.

    >>> Defocus((1, 3))
    Defocus(radius=Uniform(1, 3))

    Raises  FieldError if the radius can be negative, or above 64.
    """

    radius: Drawn = drawn(default=(1, 5), least=0, most=64)
    border: Border = option(default="reflect")

    gives: ClassVar[type[Effect]] = Stencil

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Stencil:
        radius = np.maximum(draws["radius"], 0.5)[:, None, None]
        reach = int(np.ceil(radius.max(initial=0.5) - 0.5))
        at = np.arange(-reach, reach + 1)
        disc = np.clip(radius + 0.5 - np.sqrt(at[:, None] ** 2 + at**2), 0, 1)
        return Stencil(disc / _total(disc), border=self.border)


def _total(weights: Floats) -> Floats:
    """(B, 1, 1): the sum of weights (B, n, n), from the middle out: zeros around them change no bit."""
    middle = weights.shape[1] // 2
    rows, total = weights[:, :, middle].copy(), weights[:, middle, middle].copy()
    for n in range(1, middle + 1):
        rows += weights[:, :, middle - n] + weights[:, :, middle + n]
    total = rows[:, middle]
    for n in range(1, middle + 1):
        total = total + (rows[:, middle - n] + rows[:, middle + n])
    return np.asarray(total[:, None, None])


@declare
class MedianBlur(Op):
    """Take the median of the pixels around each, which smooths and keeps edges.

    size     3, 5 or 7: of the square, in pixels; 1 changes nothing
    targets  image, any number of channels, each by itself (labels stay)        effect  median (a pass of its own)

    Beyond the edge its pixels go on. Laws: no number comes out that did not go in; commutes with whatever keeps the
    order of numbers. It is Pillow's MedianFilter and OpenCV's `medianBlur`, to the bit; OpenCV has no 7 for uint16 and
    floats, which albumentations' MedianBlur takes through 8 bits. kornia's pads by zeros or mirrors.

    >>> MedianBlur(3)
    MedianBlur()

    Raises  FieldError if the size is none of 1, 3, 5 and 7.
    """

    size: int = odd(default=3, least=1, most=7)

    gives: ClassVar[type[Effect]] = Median

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Median:
        return Median(np.full(len(sizes), self.size))
