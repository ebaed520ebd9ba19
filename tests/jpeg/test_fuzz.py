"""What is accepted is what simplejpeg accepts, and with its bytes; whatever somebody did to a file.

Longer, outside the tests: python -m tests.jpeg.test_fuzz SEED COUNT
"""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np
import pytest
from tests.jpeg.files import any_window, turbo
from tests.jpeg.mutants import mutants

import variegate.jpeg as jpeg

MOST = 1 << 20  # pixels: of a header that was changed, no larger picture


def outcome(data: bytes, rng: np.random.Generator) -> str:
    """What became of a file."""
    found = jpeg.parse(data)
    if isinstance(found, str):
        return "refused"
    height, width = found.size
    if height * width > MOST:
        return "large"
    out = np.zeros((height, width, 3), np.uint8)
    index = jpeg.verify(data, found, (0, height, 0, width), out)
    if isinstance(index, str):
        return f"doubt: {index}"
    try:
        truth = turbo(data)
    except ValueError as error:
        return f"WRONG: accepted, where libjpeg says {error}"
    if truth.shape != out.shape or not np.array_equal(truth, out):
        return "WRONG: other pixels"
    window = y0, y1, x0, x1 = any_window(rng, height, width)
    part, wanted = np.zeros_like(out), np.zeros_like(out)
    wanted[y0:y1, x0:x1] = truth[y0:y1, x0:x1]
    if not jpeg.read(data, found, index, window, part) or not np.array_equal(part, wanted):
        return "WRONG: another window"
    return "same"


def outcomes(seed: int, count: int) -> Counter[str]:
    """Of the mutants of a seed."""
    rng = np.random.default_rng(seed)
    return Counter(outcome(data, rng) for data in mutants(seed, count))


@pytest.mark.parametrize("seed", range(4))
def test_mutants(seed: int) -> None:
    """20,000 in all."""
    found = outcomes(seed, 5000)
    assert not [what for what in found if what.startswith("WRONG")], found
    assert found["same"] > 1000 and found["refused"] > 1000
    assert {what.partition(":")[0] for what in found} >= {"same", "refused", "doubt"}


if __name__ == "__main__":
    print(sys.argv[1:], dict(outcomes(int(sys.argv[1]), int(sys.argv[2]))))
