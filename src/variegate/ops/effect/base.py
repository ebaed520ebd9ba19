"""Effect: what an op does, once its numbers are known."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Effect:
    """What `Op.lower` returns; every array has one row a sample.

    cuts  why a map of the plane cannot join the pass that does this before it; empty: it can
    """

    cuts: ClassVar[str] = ""
