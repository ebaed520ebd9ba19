"""A table on a run of bytes: the same as one byte after the other, on any processor."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import numpy as np
import pytest

from variegate.kernels.lookup import MANY, look_up

EVERY = """
import ctypes
import numpy as np
from numba.core.registry import cpu_target
from variegate.kernels.lookup import look_up

_, name, features = cpu_target.target_context.codegen().magic_tuple()
assert name == "generic" and "+avx2" not in features, (name, features)
run = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)(look_up.address)
bytes_ = np.random.default_rng(1).permutation(np.arange(1000) % 256).astype(np.uint8)
table, out = np.random.default_rng(2).permutation(256).astype(np.uint8), np.empty(1000, np.uint8)
run(bytes_.ctypes.data, table.ctypes.data, 1000, out.ctypes.data)
assert (out == table[bytes_]).all()
print("done")
"""


def looked_up(source, table, out):
    run = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)(look_up.address)
    run(source.ctypes.data, table.ctypes.data, source.size, out.ctypes.data)


@pytest.mark.parametrize("count", [0, 1, MANY - 1, MANY, MANY + 1, 2 * MANY, 1000])
@pytest.mark.parametrize("start", [0, 1, 13])
def test_any_run_at_any_address(count, start):
    rng = np.random.default_rng(count)
    source, out = rng.integers(0, 256, start + count, np.uint8)[start:], np.full(start + count + 1, 77, np.uint8)
    for table in (rng.permutation(256).astype(np.uint8), rng.integers(0, 256, 256, np.uint8)):
        looked_up(source, table, out[start:])
        np.testing.assert_array_equal(out[start:-1], table[source])
        assert (out[:start] == 77).all() and out[-1] == 77, "nothing beside the run is written"


def test_every_level_in_every_place_of_a_vector():
    table = np.arange(256, dtype=np.uint8)[::-1].copy()
    source = (np.arange(256)[:, None] + np.arange(MANY)).astype(np.uint8).ravel()
    looked_up(source, table, source)  # in place
    np.testing.assert_array_equal(source.reshape(256, MANY), 255 - (np.arange(256)[:, None] + np.arange(MANY)) % 256)


def test_a_processor_without_such_shuffles_finds_the_same(tmp_path):
    given = {"NUMBA_CPU_NAME": "generic", "VARIEGATE_CACHE_DIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", EVERY], env=os.environ | given, capture_output=True, text=True)
    assert run.stdout == "done\n", run.stderr
