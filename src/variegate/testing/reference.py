"""The fused kernels give what the slow reference gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from variegate.key import Key, Keys
from variegate.ops.base import Op
from variegate.pipeline import Compose
from variegate.testing.scene import noise, pipeline_of


def assert_fused_equals_reference(
    subject: Compose | Op | Sequence[Op],
    size: tuple[int, int] = (24, 30),
    channels: int = 3,
    tries: int = 8,
    levels: float = 1.0,
) -> None:
    """The compiled pass gives the pixels of the definitions, in plain float64 NumPy, pixel by pixel.

    levels  how far a value may be off, in levels of 255: one where the exact value lies between two

    Pixels of which no arithmetic can be sure (a centre on a hard edge) are left out.

    >>> from variegate import Rotate, Scale
    >>> assert_fused_equals_reference([Rotate((-30, 30)), Scale((0.5, 2))])
    """
    from variegate.kernels.reference import reference_run

    augment, image = pipeline_of(subject), noise(size, channels)
    for n in range(tries):
        keys = Keys.of([Key(seed=5, id=n)])
        plan = augment.plan(keys, [size], channels)
        out = np.empty(plan.shapes[0], plan.dtype)
        plan.run(0, image, out)
        truth = reference_run(plan, 0, image)
        unit = 1.0 if plan.dtype == np.uint8 else 1 / 255
        off = np.where(truth.doubt, 0, np.abs(out.astype(np.float64) - truth.values)) / unit
        if off.max(initial=0) > levels:
            place = tuple(map(int, np.unravel_index(int(off.argmax()), off.shape)))
            raise AssertionError(
                f"key {n}: the value at {place} is {float(out[place]):.6g}, the reference says "
                f"{float(truth.values[place]):.6g}: {off.max():.3g} levels off. Draws: {augment.params(keys[0])}"
            )
