"""What a picture says that decoding takes is what it takes, and its header takes nothing."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

CHILD = """
import ctypes, gc, json, sys
from pathlib import Path
from variegate.loader.decode.image import open_image

def status(key):
    return next(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith(key))

found = {}
for path in sorted(Path(sys.argv[1]).glob("*.large")):
    kind, mode, dtype, _ = path.name.split(".")
    open_image(path.with_suffix(".small").read_bytes(), path.name, mode, dtype=dtype).decode()  # imports what it takes
    data = path.read_bytes()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what was freed goes back to the system
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    base = status("VmRSS")
    picture = open_image(data, path.name, mode, dtype=dtype)
    opened, said = status("VmRSS") - base, picture.peak
    pixels = picture.decode()
    found[path.name] = opened, status("VmHWM") - base, said
    del picture, pixels, data
print(json.dumps(found))
"""
TEXT = PngInfo()
TEXT.add_text("Comment", "a scan")
TURNED = Image.Exif()
TURNED[274] = 6
KINDS: list[tuple[str, str, str, str, str, dict[str, Any]]] = [  # name, mode wanted, dtype, Pillow's mode, format, ...
    ("png", "RGB", "uint8", "RGB", "PNG", {}),
    ("png-text", "RGB", "uint8", "RGB", "PNG", {"pnginfo": TEXT}),
    ("png-turned", "RGB", "uint8", "RGB", "PNG", {"exif": TURNED}),
    ("png-floats", "RGB", "float32", "RGB", "PNG", {}),
    ("png-alpha", "RGB", "uint8", "RGBA", "PNG", {}),
    ("png-grey", "L", "uint8", "L", "PNG", {}),
    ("png-palette", "RGB", "uint8", "P", "PNG", {}),
    ("png-16", "L", "uint16", "I;16", "PNG", {}),
    ("png-16-colour", "RGB", "float32", "I;16", "PNG", {}),
    ("tiff", "RGB", "uint8", "RGB", "TIFF", {}),
    ("tiff-lzw", "RGB", "uint8", "RGB", "TIFF", {"compression": "tiff_lzw"}),
    ("tiff-floats", "L", "float32", "F", "TIFF", {}),
    ("bmp", "RGB", "uint8", "RGB", "BMP", {}),
    ("ppm", "RGB", "uint8", "RGB", "PPM", {}),
    ("gif", "RGB", "uint8", "P", "GIF", {}),
    ("webp", "RGB", "uint8", "RGB", "WEBP", {"method": 0}),
    ("webp-lossless", "RGBA", "uint8", "RGBA", "WEBP", {"method": 0, "lossless": True, "quality": 0}),
    ("jp2", "RGB", "uint8", "RGB", "JPEG2000", {}),
    ("avif", "RGB", "uint8", "RGB", "AVIF", {"speed": 10, "subsampling": "4:4:4"}),
    ("cmyk", "RGB", "uint8", "CMYK", "JPEG", {"progressive": True}),
]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="peaks are told apart in this way on Linux with glibc")
def test_the_peak_is_what_it_takes(tmp_path: Path, picture: Any) -> None:
    for name, mode, dtype, stored, kind, more in KINDS:
        for size, scale in (("small", 1), ("large", 24)):
            pixels = np.tile(picture(60, 80), (scale, scale, 1))
            if stored in ("I;16", "F"):
                image = Image.fromarray(pixels[..., 0].astype(np.uint16 if stored != "F" else np.float32))
            else:
                image = Image.fromarray(pixels).convert(stored)
            image.save(tmp_path / f"{name}.{mode}.{dtype}.{size}", kind, **more)
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    env = os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536"}  # or what is freed may stay with the process
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300, env=env)
    found = json.loads(done.stdout)
    assert len(found) == len(KINDS)
    for name, (opened, took, said) in found.items():
        assert opened < 1 << 20 or name.startswith("webp"), f"{name}: its header takes {opened}"
        assert took < said + (1 << 20), f"{name}: said {said}, took {took}"
        assert took > said / 3, f"{name}: said {said}, took {took}"
