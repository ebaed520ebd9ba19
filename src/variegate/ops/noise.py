"""Noise: GaussianNoise, UniformNoise, SpeckleNoise, ShotNoise, ISONoise, SaltAndPepper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from variegate.dist import Bits
from variegate.ops.base import Drawn, Draws, LoweringContext, Op, one_or_three
from variegate.ops.effect import Effect, Ints, Noise
from variegate.ops.fields import bits, declare, drawn, flag

LEAST_SCALE = 1e-12  # of white: noise below 1e-6 of white


@declare
class GaussianNoise(Op):
    """Add normal noise to every pixel: v' = v + std n + mean.

    std          standard deviation, in units of white: 0.1 is 25.5 levels of uint8; one draw a sample
    mean         what is added to all pixels alike, in units of white; one draw a sample
    per_channel  whether each channel has its own noise; False: one noise, which is grey, for all
    targets      image, any number of channels (labels stay)    effect  noise (fuses; what a map filled has noise, too)

    No n is beyond 5.2. Laws: numbers by key and a pixel's place, so rows, threads and batches change nothing; std 0
    and mean 0 are the identity. Source: torchvision's v2.GaussianNoise (mean, sigma), per channel, which clips at once:
    here clamping and rounding happen at the end of the run. Albumentations' GaussNoise (std_range, mean_range) has one
    noise for all channels unless it is told otherwise, and rounds that of uint8 towards 0, so it is weaker.

    >>> GaussianNoise((0.01, 0.05))
    GaussianNoise(std=Uniform(0.01, 0.05))

    Raises  FieldError if std can be negative, or numbers have no range (`white=None`).
    """

    std: Drawn = drawn(default=(0, 0.1), least=0)
    mean: Drawn = drawn(default=0)
    per_channel: bool = flag(default=True)
    bits: Bits = bits()

    gives: ClassVar[type[Effect]] = Noise
    needs_white: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Noise:
        numbers = np.stack([draws["std"], draws["mean"]], axis=1)
        return Noise("gaussian", numbers, draws["bits"], self.per_channel)


@declare
class UniformNoise(Op):
    """Add even noise to every pixel: v' = v + amplitude n, n evenly in (-1, 1).

    amplitude    the most that is added or taken, in units of white; one draw a sample
    per_channel  whether each channel has its own noise; False: one noise, which is grey, for all
    targets      image, any number of channels (labels stay)    effect  noise (fuses; what a map filled has noise, too)

    n is one of 65,536 numbers. Laws: the mean stays, the standard deviation is amplitude / sqrt(3); amplitude 0 is the
    identity. Albumentations' AdditiveNoise is even too by default, but one number for a whole channel.

    >>> UniformNoise(0.05)
    UniformNoise(amplitude=Constant(0.05))

    Raises  FieldError if the amplitude can be negative, or numbers have no range (`white=None`).
    """

    amplitude: Drawn = drawn(default=(0, 0.15), least=0)
    per_channel: bool = flag(default=True)
    bits: Bits = bits()

    gives: ClassVar[type[Effect]] = Noise
    needs_white: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Noise:
        return Noise("uniform", draws["amplitude"][:, None], draws["bits"], self.per_channel)


@declare
class SpeckleNoise(Op):
    """Multiply every pixel by normal noise about 1, as of radar and ultrasound: v' = v (1 + std n).

    std          standard deviation, in parts of the pixel's own value; one draw a sample
    per_channel  whether each channel has its own noise; False: one noise for all, which keeps hues
    targets      image, any number of channels (labels stay)    effect  noise (fuses; what a map filled has noise, too)

    No n is beyond 5.2. Laws: the mean stays, black stays black; std 0 is the identity. Source: `speckle_noise` of
    ImageNet-C (Hendrycks and Dietterich, 2019). MATLAB's imnoise "speckle" takes the variance, and its n is even;
    Albumentations' MultiplicativeNoise is even too, and by default one factor for the whole picture.

    >>> SpeckleNoise((0.1, 0.3), per_channel=False)
    SpeckleNoise(std=Uniform(0.1, 0.3), per_channel=False)

    Raises  FieldError if std can be negative, or numbers have no range (`white=None`).
    """

    std: Drawn = drawn(default=(0, 0.3), least=0)
    per_channel: bool = flag(default=True)
    bits: Bits = bits()

    gives: ClassVar[type[Effect]] = Noise
    needs_white: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Noise:
        return Noise("speckle", draws["std"][:, None], draws["bits"], self.per_channel)


@declare
class ShotNoise(Op):
    """Count photons: v' = scale k, where k is of Poisson's law of the mean v / scale.

    scale    how bright one photon is, in units of white: white is 1 / scale photons on average; one draw a sample
    targets  image, any number of channels, each by itself (labels stay)
    effect   noise (fuses; what a map filled has noise, too)

    Below a mean of 20 the law is exact, each P(k <= n) within 1e-5; from there on k is a normal number's by Cornish and
    Fisher's expansion up to 1 / sqrt(mean), rounded down: each P(k <= n) within 1e-3. Laws: the mean stays, the
    variance is scale v, black stays black, and what is below counts as black; scale 0 is the identity, and so is one
    below 1e-12, whose noise nobody sees. Source: `shot_noise` of ImageNet-C (Hendrycks and Dietterich, 2019), whose 60,
    25, 12, 5 and 3 photons are 1 / scale. Albumentations' ShotNoise takes the power 2.2 of the values before it counts,
    and its root after: that darkens the picture, 128 of 255 to 116 at scale 0.1.

    >>> ShotNoise((0.02, 0.2))
    ShotNoise(scale=Uniform(0.02, 0.2))

    Raises  FieldError if the scale can be negative, or numbers have no range (`white=None`).
    """

    scale: Drawn = drawn(default=(0, 0.1), least=0)
    bits: Bits = bits()

    gives: ClassVar[type[Effect]] = Noise
    needs_white: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Noise:
        seen = draws["scale"] >= LEAST_SCALE
        return Noise("shot", (draws["scale"] * seen)[:, None], draws["bits"])


@declare
class ISONoise(Op):
    """Add the noise of a sensor at a high ISO, in brightness and in colour: v' = v + sqrt(L) (intensity n + color m).

    intensity  standard deviation of the noise of brightness n, the same in all channels, on white; one draw a sample
    color      that of the normal number of each channel, of which m is what is left without their luminance; one draw
               a sample
    targets    image of 3 channels; of 1, brightness alone (labels stay)
    effect     noise (fuses; what a map filled has noise, too)

    L is the pixel's luminance (0.299 R + 0.587 G + 0.114 B), 0 below black: the variance of light grows with its
    amount. Laws: the mean stays, black stays black; color alone keeps the luminance; 0 and 0 are the identity.
    Albumentations' ISONoise has the names: its intensity is in units of the picture's own standard deviation, adds
    nothing to a constant picture and brightens all others, and its color_shift, in degrees of hue, cannot be seen.

    >>> ISONoise(intensity=0.1)
    ISONoise(intensity=Constant(0.1))

    Raises  FieldError if one can be negative, or numbers have no range (`white=None`); InputError on 2 or more than 3
            channels.
    """

    intensity: Drawn = drawn(default=(0.02, 0.1), least=0)
    color: Drawn = drawn(default=(0.02, 0.1), least=0)
    bits: Bits = bits()

    gives: ClassVar[type[Effect]] = Noise
    needs_white: ClassVar[bool] = True

    def takes(self) -> Sequence[int]:
        return (1, 3)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Noise:
        one_or_three(self, context)
        return Noise("iso", np.stack([draws["intensity"], draws["color"]], axis=1), draws["bits"])


@declare
class SaltAndPepper(Op):
    """Make pixels white or black.

    amount       the probability of each pixel to become one of the two, 0 to 1; one draw a sample
    salt         the share of white among these, 0 to 1; one draw a sample
    per_channel  whether each channel of a pixel is hit by itself; False: whole pixels
    targets      image, any number of channels (labels stay)    effect  noise (fuses; a map's fill is hit, too)

    Probabilities are in steps of 2**-16. Laws: every other pixel stays to the bit; amount 0 is the identity. Source:
    as in Albumentations' SaltAndPepper (amount_range, salt_vs_pepper_range), which hits whole pixels, and of each
    picture exactly that share.

    >>> SaltAndPepper(0.05, salt=0.5)
    SaltAndPepper(amount=Constant(0.05), salt=Constant(0.5))

    Raises  FieldError if a number can leave 0 to 1, or numbers have no range (`white=None`).
    """

    amount: Drawn = drawn(default=(0.01, 0.06), least=0, most=1)
    salt: Drawn = drawn(default=(0.4, 0.6), least=0, most=1)
    per_channel: bool = flag(default=False)
    bits: Bits = bits()

    gives: ClassVar[type[Effect]] = Noise
    needs_white: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Noise:
        white = draws["amount"] * draws["salt"]
        numbers = np.stack([draws["amount"] - white, white], axis=1)
        return Noise("salt_and_pepper", numbers, draws["bits"], self.per_channel)
