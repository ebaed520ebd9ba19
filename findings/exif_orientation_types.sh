#!/usr/bin/env bash
# A JPEG whose Exif says orientation 6, as a number of another type than SHORT. Pillow 13.0.0 (exif_transpose) takes LONG
# as well, in both byte orders, and passes over BYTE. OpenCV 5.0.0 reads two bytes whatever the type says: so
# little-endian LONG and BYTE turn the picture, big-endian ones do not. Only SHORT is the same to both.
# Seen: "II SHORT: both, II LONG: both, II BYTE: OpenCV, MM SHORT: both, MM LONG: Pillow, MM BYTE: neither"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check \
    pillow==13.0.0 opencv-python-headless==5.0.0.93 numpy==2.2.6
"$work/env/bin/python" - <<'PY'
import io
import struct
import warnings

import cv2
import numpy as np
from PIL import Image, ImageOps

warnings.simplefilter("ignore")
STORED, TURNED = (24, 40), (40, 24)
VALUES = {"SHORT": (3, "H2x"), "LONG": (4, "I"), "BYTE": (1, "B3x")}


def jpeg(order, kind):
    """Of 24 x 40 pixels, with one tag, 274, of one number."""
    mark, sign = {"II": (b"II*\0", "<"), "MM": (b"MM\0*", ">")}[order]
    code, form = VALUES[kind]
    entry = struct.pack(sign + "HHI", 274, code, 1) + struct.pack(sign + form, 6)
    exif = b"Exif\0\0" + mark + struct.pack(sign + "IH", 8, 1) + entry + bytes(4)
    file = io.BytesIO()
    Image.new("RGB", STORED[::-1]).save(file, "JPEG", exif=exif)
    return file.getvalue()


seen = []
for order in ("II", "MM"):
    for kind in VALUES:
        data = jpeg(order, kind)
        theirs = {
            "OpenCV": cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape[:2],
            "Pillow": ImageOps.exif_transpose(Image.open(io.BytesIO(data))).size[::-1],
        }
        assert set(theirs.values()) <= {STORED, TURNED}
        turned = [name for name, size in theirs.items() if size == TURNED]
        seen.append(f"{order} {kind}: {'both' if len(turned) == 2 else turned[0] if turned else 'neither'}")
told = ", ".join(seen)
print(told)
assert told == (
    "II SHORT: both, II LONG: both, II BYTE: OpenCV, MM SHORT: both, MM LONG: Pillow, MM BYTE: neither"
), "it has changed"
PY
