#!/usr/bin/env bash
# Pillow 13.0.0 opens an uncompressed 16-bit RGB TIFF whose colours are stored apart (PlanarConfiguration 2), says
# nothing, and gives wrong pixels: each one twice, and half of the picture. The same file compressed by zlib, which goes
# through libtiff, comes right (to Pillow's 8 bits), and so does the uncompressed file of 8 bits.
# Seen: "uint16 none: wrong, uint16 zlib: right, uint8 none: right, uint8 zlib: right"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 tifffile==2026.3.3 numpy==2.2.6
"$work/env/bin/python" - <<'PY'
import io

import numpy as np
import tifffile
from PIL import Image

seen = []
for dtype in (np.uint16, np.uint8):
    high = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    picture = high.astype(np.uint16) * 257 if dtype == np.uint16 else high
    for compression in (None, "zlib"):
        file = io.BytesIO()
        tifffile.imwrite(
            file, np.moveaxis(picture, 2, 0), photometric="rgb", planarconfig="separate", compression=compression
        )
        assert np.array_equal(np.moveaxis(tifffile.imread(io.BytesIO(file.getvalue())), 0, 2), picture)
        opened = np.asarray(Image.open(io.BytesIO(file.getvalue())))
        verdict = "right" if np.array_equal(opened, high) else "wrong"
        if verdict == "wrong":
            assert opened.shape == high.shape and np.array_equal(opened[0, ::2], opened[0, 1::2])
        seen.append(f"{np.dtype(dtype)} {compression or 'none'}: {verdict}")
told = ", ".join(seen)
print(told)
assert told == "uint16 none: wrong, uint16 zlib: right, uint8 none: right, uint8 zlib: right", "it has changed"
PY
