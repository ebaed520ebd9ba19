"""The fused kernels give what the slow reference gives."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.key import Key
from variegate.ops.effect import PixelFunction
from variegate.pipeline import Compose
from variegate.plan.plan import Plan
from variegate.testing.scene import Floats, noise
from variegate.testing.trial import (
    Subject,
    attempt,
    keys_of,
    labels_for,
    middle,
    nodes_of,
    params_text,
    pipeline_of,
    planned,
)

ROUNDED = 1e-4  # levels: what is a whole level off is told from what is a hair more
HAIR = 0.3 / 255  # of white: what kernels may lose on the way from the picture


def assert_fused_equals_reference(
    subject: Subject,
    size: tuple[int, int] = (24, 30),
    channels: int = 3,
    tries: int = 8,
    levels: float = 1.0,
) -> None:
    """The compiled pass gives the pixels of the definitions, in plain float64 NumPy, pixel by pixel.

    size      (height, width) of the picture
    channels  how many it has
    tries     how many keys; every second picture is uint8, the others float32
    levels    how far a value may be off, in levels of 255

    A function of a pixel runs as Python in the reference, and compiled in the pass: so this finds whole numbers that
    leave 64 bits, and globals that changed after the first call. Left out are pixels of which no arithmetic can be sure
    (a centre on a hard edge), and a value may be further off by as much as it changes when the picture changes by less
    than a third of a level.

    >>> from variegate import Pointwise, Rotate, Scale
    >>> assert_fused_equals_reference([Rotate((-30, 30)), Scale((0.5, 2))])
    >>> assert_fused_equals_reference(Pointwise(lambda pixel: (int(pixel[0] * 1e18) ** 2 / 1e36, pixel[1], pixel[2])))
    Traceback (most recent call last):
        ...
    AssertionError: Pointwise: the value at (21, 8, 0) is 0, the reference says 135.671: 136 levels apart, on uint8; ...

    Raises  AssertionError that names the op, the key, the place and both values; also if no pixel could be compared.
    """
    attempt(partial(_check, size=size, channels=channels, tries=tries, levels=levels), pipeline_of(subject))


def _check(pipeline: Compose, size: tuple[int, int], channels: int, tries: int, levels: float) -> None:
    compared = 0
    for n, key in enumerate(keys_of(tries)):
        image: NDArray[Any] = noise(size, channels, seed=n)
        image = (image / np.float32(255)).astype(np.float32) if n % 2 else image
        plan = planned(pipeline, image, key, labels_for(pipeline, size, middle(size)))
        out = plan.result(0, image)
        truth, room, sure = _truth(pipeline, plan, image, key)
        if out.shape != truth.shape:
            raise AssertionError(
                f"the result is {out.shape}, the reference's {truth.shape}; {params_text(pipeline, key)}"
            )
        level = plan.bound.read.tables.gain.max() / 255
        with np.errstate(invalid="ignore"):
            off = np.where(sure & (out != truth), np.abs(out - truth) / level - room / level, -np.inf)
        compared += int(sure.sum())
        if not off.max(initial=-np.inf) <= levels + ROUNDED:
            place = tuple(map(int, np.unravel_index(int(np.nan_to_num(off, nan=np.inf).argmax()), off.shape)))
            raise AssertionError(
                f"the value at {place} is {float(out[place]):.6g}, the reference says {truth[place]:.6g}: "
                f"{abs(float(out[place]) - truth[place]) / level:.3g} levels apart, on {image.dtype}; "
                f"{params_text(pipeline, key)}"
            )
    if not compared:
        raise AssertionError(
            f"in {tries} tries there was no pixel of which the reference is sure, so nothing was tried; give more "
            "tries=, or another size="
        )


def _truth(pipeline: Compose, plan: Plan, image: NDArray[Any], key: Key) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """What the reference gives, how far it moves for a hair's change of the picture, and where it is sure."""
    from variegate.kernels.reference import reference_run

    signs = np.random.default_rng(key.id).choice([-1.0, 1.0], image.shape)
    change = signs * HAIR * (255 if image.dtype == np.uint8 else 1)
    try:
        given = image, image + change, image - change, image
        truth, more, less, again = (reference_run(plan, 0, each) for each in given)
    except Exception as error:
        pointwise = [node.path for node in nodes_of(pipeline) if issubclass(node.op.gives, PixelFunction)]
        if not pointwise:
            raise
        raise AssertionError(
            f"what runs when compiled stops as Python, where {', '.join(pointwise)} is called a pixel at a time: "
            f"{type(error).__name__}: {error}; {params_text(pipeline, key)}"
        ) from error
    if not np.array_equal(truth.values, again.values, equal_nan=True):
        raise AssertionError(
            "the reference gave other values the second time, so the result is no function of the picture and the key; "
            f"assert_draws_are_keyed tells more; {params_text(pipeline, key)}"
        )
    room = 2 * (np.abs(more.values - truth.values) + np.abs(less.values - truth.values))
    return truth.values, room, ~truth.doubt
