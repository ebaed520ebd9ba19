"""What a user is told of his files; and a decoder that is compiled ahead."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from tests.jpeg.files import encoded, pixels, turbo, whole

import variegate.jpeg as jpeg
from variegate.jpeg.warm import SMALLEST


def test_the_share_and_the_reasons() -> None:
    picture = pixels(np.random.default_rng(0), 40, 50)
    plain, progressive = encoded(picture), encoded(picture, progressive=True)
    found = jpeg.share([progressive, plain, plain[:-40], progressive, memoryview(plain)])
    reasons = {"it is progressive": 2, "the pixels end too early": 1}
    assert found == jpeg.Share(5, 2, reasons) and list(found.refused) == list(reasons)
    assert jpeg.refusal(plain) == ""


def test_the_smallest_picture_is_one() -> None:
    assert np.array_equal(whole(SMALLEST), turbo(SMALLEST))


def test_after_warming_nothing_is_compiled(tmp_path: Path) -> None:
    code = """
import numpy as np
import variegate.jpeg as jpeg
from variegate import announcer
names = [name for name, seconds in jpeg.warm() if seconds > 0]
from tests.jpeg.files import any_file, whole
before = announcer.announcer.count
whole(any_file(np.random.default_rng(0), 40))
print(len(names), announcer.announcer.count - before)
"""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(Path.cwd())])}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout == "3 0\n", done.stderr
