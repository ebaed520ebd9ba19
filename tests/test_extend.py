"""What ops of one's own are made of: every name is there, and only bits ask for Numba."""

from __future__ import annotations

import subprocess
import sys

import pytest

from variegate import extend


@pytest.mark.parametrize("name", extend.__all__)
def test_every_name_is_there(name):
    assert getattr(extend, name) is not None
    assert name in (extend.__doc__ or "")


def test_no_other_name_is():
    with pytest.raises(AttributeError, match=r"module 'variegate\.extend' has no attribute 'normal'"):
        _ = extend.normal


def test_numba_is_imported_by_bits_alone():
    code = "import sys, variegate.extend as e; a = 'numba' in sys.modules; e.normals; print(a, 'numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
