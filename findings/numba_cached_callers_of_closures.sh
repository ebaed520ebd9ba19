#!/usr/bin/env bash
# Two functions compiled with cache=True, each of which calls what one maker made, for another number. Numba 0.68.1 gives
# all that a maker makes one name and a count, which begins anew in every process; of equal names in two cached files the
# first loaded counts. Each was compiled in a process of its own; in a third, the second one called gives what the first
# gives, without a word. A function that LLVM inlines into its caller has no name left, and shows nothing of it.
# Seen: "each alone: f 36.0, g 147.0; f first: f 36.0, g 36.0; g first: g 147.0, f 147.0"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check numba==0.68.1 numpy==2.4.6
cat >"$work/sums.py" <<'PY'
import sys

import numba
import numpy as np


def weighted(power):
    @numba.njit
    def total(values):
        found = 0.0
        for i in range(len(values)):
            if values[i] > 3:
                found += values[i] ** power
            elif values[i] > 2:
                found -= values[i] ** (power + 1)
            elif values[i] > 1:
                found += values[i] ** (power + 2)
            else:
                found += power
            for j in range(i):
                if values[j] > values[i]:
                    found += values[j] ** power - values[i]
                else:
                    found -= values[j] * values[i] * 0.0
        return found

    return total


once, twice = weighted(1), weighted(2)


@numba.njit(cache=True)
def f(values):
    return once(values) + once(values[1:]) + once(values[2:])


@numba.njit(cache=True)
def g(values):
    return twice(values) + twice(values[1:]) + twice(values[2:])


numbers = np.array([4.0, 4.0, 1.0, 4.0])
print(", ".join(f"{name} {globals()[name](numbers)}" for name in sys.argv[1:]))
PY
run() { NUMBA_CACHE_DIR="$work/cache" "$work/env/bin/python" "$work/sums.py" "$@"; }
alone="each alone: $(run f), $(run g)"
seen="$alone; f first: $(run f g); g first: $(run g f)"
echo "$seen"
[ "$seen" = "each alone: f 36.0, g 147.0; f first: f 36.0, g 36.0; g first: g 147.0, f 147.0" ]
