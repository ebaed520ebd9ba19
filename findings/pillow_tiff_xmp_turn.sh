#!/usr/bin/env bash
# Pillow 13.0.0 turns a TIFF upright while it loads it. Where the tag 274 says 6, Image.size is that of the turned picture
# from the beginning. Where only the XMP in tag 700 says so, the picture is turned as well, but Image.size changes under
# the reader's hands: (6, 4) when the file is opened, (4, 6) once its pixels are there. Memory or a plan made by the first
# size then has rows of the wrong length.
# Seen: "tag: (4, 6) then (4, 6), XMP: (6, 4) then (4, 6)"
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

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
)
picture = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
seen = []
for name, tag in (("tag", (274, 3, 1, 6, True)), ("XMP", (700, 1, len(XMP), XMP, True))):
    file = io.BytesIO()
    tifffile.imwrite(file, picture, photometric="rgb", extratags=[tag])
    opened = Image.open(io.BytesIO(file.getvalue()))
    before = opened.size
    assert np.array_equal(np.asarray(opened), np.rot90(picture, -1))
    seen.append(f"{name}: {before} then {opened.size}")
told = ", ".join(seen)
print(told)
assert told == "tag: (4, 6) then (4, 6), XMP: (6, 4) then (4, 6)", "it has changed"
PY
