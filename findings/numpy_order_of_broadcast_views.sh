#!/usr/bin/env bash
# A new array that NumPy 2.4.6 makes of a view by broadcast_to is not always laid out as one reads it: by concatenate,
# stack, array and astype the axis that was repeated lies innermost in memory; by copy and by arithmetic rows lie one
# after the other. (The first keep the order of strides, in which one of 0 is the smallest.) Shapes and values are right;
# but whoever hands the address to compiled code reads other numbers. So a table of ours, for all channels alike, was
# read in the wrong order; what is joined is made contiguous now.
# Seen: "concatenate 96 8 24, stack 192 96 8 24, array 96 8 24, astype 48 4 12, copy 96 32 8, sum 96 32 8"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$work/env/bin/python" - <<'PY'
import numpy as np

rows = np.arange(8.0).reshape(2, 1, 4)
view = np.broadcast_to(rows, (2, 3, 4))
made = {
    "concatenate": np.concatenate([view, view]),
    "stack": np.stack([view, view]),
    "array": np.array(view),
    "astype": view.astype(np.float32),
    "copy": view.copy(),
    "sum": view + 0,
}
for array in made.values():
    assert np.array_equal(array.reshape(-1)[:24], view.reshape(-1))
told = ", ".join(f"{name} {' '.join(map(str, array.strides))}" for name, array in made.items())
print(told)
assert told == "concatenate 96 8 24, stack 192 96 8 24, array 96 8 24, astype 48 4 12, copy 96 32 8, sum 96 32 8"
PY
