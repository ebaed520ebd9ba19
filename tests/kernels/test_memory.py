"""No kernel touches a byte outside of its arrays: pictures and results lie against memory that may not be touched."""

from __future__ import annotations

import subprocess
import sys

import pytest

GUARDED = '''
import ctypes, faulthandler, itertools, mmap, sys
import numpy as np
import variegate as vg

faulthandler.enable()
libc, PAGE = ctypes.CDLL(None, use_errno=True), mmap.PAGESIZE
libc.mprotect.argtypes = ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int
kept = []


def guarded(shape, dtype, at_end):
    """An array whose last (or first) byte lies against a page that may not be touched."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    inner = -(-size // PAGE) * PAGE
    memory = mmap.mmap(-1, inner + 2 * PAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for page in (start, start + PAGE + inner):
        assert libc.mprotect(page, PAGE, 0) == 0
    kept.append(memory)
    whole = np.frombuffer(memory, np.uint8)
    first = PAGE + (inner - size if at_end else 0)
    return whole[first : first + size].view(dtype).reshape(shape)


def warm(pixel):
    return pixel


rng = np.random.default_rng(0)
pipelines = {
    "nothing": [],
    "turn": [vg.Rotate(30)],
    "flip": [vg.HorizontalFlip(), vg.VerticalFlip()],
    "edge": [vg.Rotate(30, border="edge"), vg.Pad(3, border="edge")],
    "reflect": [vg.Rotate(30, border="reflect"), vg.Scale(0.3, border="wrap")],
    "shrink": [vg.Rotate(45), vg.Scale(0.4)],
    "shrink much": [vg.Rotate(10, border="symmetric"), vg.Scale(0.11, border="symmetric")],
    "shear": [vg.Shear(60, 20, border="wrap"), vg.Scale(0.2, border="wrap")],
    "resize": [vg.Resize((3, 5))],
    "grow": [vg.Resize((61, 47))],
    "aslant": [vg.Perspective(0.6, border="edge"), vg.Scale(0.7)],
    "transpose": [vg.Transpose(), vg.Rotate90(1), vg.Resize((4, 4))],
    "means": [vg.Contrast(1.2, about="channel"), vg.Rotate(9), vg.Contrast(0.7, about="channel"), vg.Invert()],
    "coarse": [vg.Downscale(0.3), vg.Downscale(0.4, "nearest"), vg.Downscale(0.7, "box")],
    "medians": [vg.MedianBlur(7), vg.MedianBlur(3)],
    "sharp": [vg.UnsharpMask(1, 1, 0.1)],
    "tables": [vg.Rotate(9), vg.Posterize(3), vg.Contrast(0.7, about="channel"), vg.Gamma(2)],
}
writes = ([], [vg.ToDtype("float16", "CHW")], [vg.Normalize(0.5, 0.5, "CHW")], [vg.ToDtype("uint8", "CHW")])
shapes = [(1, 1), (1, 2), (2, 1), (1, 5), (5, 1), (2, 2), (3, 3), (7, 13), (31, 17), (40, 64), (170, 333)]
ways = itertools.product(("nearest", "bilinear", "bicubic"), pipelines.items(), ("uint8", "float32"))
for interpolation, (name, ops), dtype in ways:
    for (h, w), channels in itertools.product(shapes, (1, 2, 3, 4, 5)):
        if h * w > 9999 and channels in (2, 5):
            continue
        augment = vg.Compose([*ops, *writes[(h + w + channels) % 4]], interpolation=interpolation)
        print(interpolation, name, dtype, h, w, channels, flush=True)
        pixels = rng.integers(0, 256, (h, w, channels), np.uint8)
        plan = augment.plan(vg.Keys.of([vg.Key()]), [(h, w)], channels, dtype)
        results = []
        for at_end in (True, False):
            image, out = guarded((h, w, channels), dtype, at_end), guarded(plan.shapes[0], plan.dtype, at_end)
            image[:] = pixels if dtype == "uint8" else pixels / 255
            image.flags.writeable = False
            plan.run(0, image, out)
            results.append(out.tobytes())
        assert results[0] == results[1]
        kept.clear()
print("done")
'''


@pytest.mark.skipif(sys.platform != "linux", reason="guards memory with Linux's mprotect")
def test_no_kernel_touches_a_byte_beside_its_arrays(tmp_path):
    script = tmp_path / "guarded.py"
    script.write_text(GUARDED)
    run = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=300)
    lines = run.stdout.splitlines()
    assert run.returncode == 0 and lines[-1] == "done", f"died in {lines[-1:]}: {run.stderr[-2000:]}"
