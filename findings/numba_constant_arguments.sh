#!/usr/bin/env bash
# A compiled function that another calls with constants. Numba 0.68.1 compiles the callee anew for each constant, also
# within a tuple: True and False, 1 and 2 are types of their own there. And once more than needed for a variable that
# begins as a constant and is counted up in a loop. numpy.int64(1) in place of 1 makes all of these one.
# Seen: "truths: 3, tuples: 3, numbers: 3, of int64: 1, counted from 0: 2, from int64(0): 1"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check numba==0.68.1 numpy==2.4.6
"$work/env/bin/python" - <<'PY'
import numba
import numpy as np


@numba.njit
def by_arguments(one, other):
    return 1 if one else 2 if other else 3


@numba.njit
def by_tuple(how):
    one, other = how
    return 1 if one else 2 if other else 3


@numba.njit
def by_bits(how):
    return 1 if how & 1 else 2 if how & 2 else 3


@numba.njit
def by_int64(how):
    return 1 if how & 1 else 2 if how & 2 else 3


@numba.njit
def next_of(number):
    return number + 1


@numba.njit
def next_again(number):
    return number + 1


@numba.njit
def calls():
    total = by_arguments(True, False) + by_arguments(False, True) + by_arguments(False, False)
    total += by_tuple((True, False)) + by_tuple((False, True)) + by_tuple((False, False))
    total += by_bits(1) + by_bits(2) + by_bits(0)
    return total + by_int64(np.int64(1)) + by_int64(np.int64(2)) + by_int64(np.int64(0))


@numba.njit
def counts(most):
    count, again = 0, np.int64(0)
    for _ in range(most):
        count = next_of(count)
        again = next_again(again)
    return count + again


assert calls() == 24 and counts(3) == 6
kinds = {
    "truths": by_arguments,
    "tuples": by_tuple,
    "numbers": by_bits,
    "of int64": by_int64,
    "counted from 0": next_of,
    "from int64(0)": next_again,
}
told = ", ".join(f"{name}: {len(function.signatures)}" for name, function in kinds.items())
print(told)
assert told == "truths: 3, tuples: 3, numbers: 3, of int64: 1, counted from 0: 2, from int64(0): 1"
PY
