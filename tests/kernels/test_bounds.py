"""No kernel writes beyond the scratch that it is given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from variegate import Affine, Compose, Contrast, Gamma, Normalize, Opaque, Pad, Perspective, RandomResizedCrop, Resize
from variegate.kernels import render
from variegate.key import Keys

GUARD = 1 << 16  # bytes
PATTERN = 0xA5

CHAINS: dict[str, list[Any]] = {
    "a mean of a canvas larger than picture and result": [
        Resize(900),
        Contrast((0.5, 1.5), about="channel"),
        Resize(7),
    ],
    "two means": [Contrast(0.7, about="channel"), Pad(250), Contrast(1.4, about="channel"), Resize((5, 9))],
    "a mean, then turned": [Resize((40, 800)), Contrast(1.3, about="channel"), Affine(rotate=(-90, 90)), Resize(8)],
    "turned, a mean, a table": [Affine(rotate=(-90, 90), scale=(0.1, 4)), Contrast(1.3, about="channel"), Gamma(0.8)],
    "under perspective": [Perspective((0.1, 0.3)), Contrast(1.2, about="channel"), Resize(11)],
    "enlarged": [Resize(500), Normalize(layout="CHW")],
    "shrunk by much": [RandomResizedCrop(3, scale=(0.5, 1)), Contrast(1.5, about="channel")],
    "a function first": [Opaque(lambda image: image), Contrast(1.2, about="channel"), Resize(30)],
}


class Guarded:
    """Scratch with a pattern on both sides of what was asked for."""

    def __init__(self) -> None:
        self.given: list[tuple[str, np.ndarray]] = []

    def address(self, purpose: str, floats: int) -> tuple[int, object]:
        memory = np.full(2 * GUARD + 4 * floats, PATTERN, np.uint8)
        self.given.append((purpose, memory))
        return int(memory.ctypes.data) + GUARD, memory

    def array(self, purpose: str, shape: tuple[int, ...]) -> np.ndarray:
        size = 4 * int(np.prod(shape))
        _, memory = self.address(purpose, size // 4)
        assert isinstance(memory, np.ndarray)
        return memory[GUARD : GUARD + size].view(np.float32).reshape(shape)

    def check(self) -> None:
        for purpose, memory in self.given:
            assert (memory[:GUARD] == PATTERN).all() and (memory[-GUARD:] == PATTERN).all(), purpose
        self.given.clear()


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("name", CHAINS)
def test_scratch_is_enough(name: str, channels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch, rng = Guarded(), np.random.default_rng(0)
    monkeypatch.setattr(render, "SCRATCH", scratch)
    size, ops = (60, 47), [op for op in CHAINS[name] if channels == 3 or not isinstance(op, Normalize)]
    picture = rng.integers(0, 256, (*size, channels), dtype=np.uint8)
    plan = Compose(ops).plan(Keys.at(0, 0, np.arange(6)), [size] * 6, channels)
    for i in range(6):
        for image in (picture, picture[::4, ::4], picture[:1, :1]):  # as planned, and smaller ones in its place
            memory = np.full(GUARD + plan.dtype.itemsize * int(np.prod(plan.shapes[i])), PATTERN, np.uint8)
            out = memory[:-GUARD].view(plan.dtype).reshape(plan.shapes[i])
            plan.run(i, np.ascontiguousarray(image), out)
            assert scratch.given and (memory[-GUARD:] == PATTERN).all()
            scratch.check()
