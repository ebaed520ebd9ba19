"""The kinds of noise by name: a compiled unit, and its reference in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from variegate.compiled import Unit
from variegate.kernels import noise, poisson
from variegate.kernels import reference_noise as reference

NOISES: dict[str, tuple[Unit, Callable[..., Any]]] = {
    "gaussian": (noise.gaussian, reference.gaussian),
    "uniform": (noise.uniform, reference.uniform),
    "speckle": (noise.speckle, reference.speckle),
    "shot": (poisson.shot, reference.shot),
    "iso": (noise.iso, reference.iso),
    "salt_and_pepper": (noise.salt_and_pepper, reference.salt_and_pepper),
}
