"""The tool of `make dist`: what it takes for the README's first example, and which Pythons it finds."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

TOOL = runpy.run_path(str(Path(__file__).parents[1] / "tools" / "dist.py"))


def test_the_first_example_is_the_readmes() -> None:
    text = TOOL["first_example"]()
    assert "import variegate as vg" in text and "augment(image" in text
    compile(text, "README.md", "exec")


def test_this_python_is_found_and_older_ones_are_not() -> None:
    found = TOOL["pythons"]((3, 11))
    assert found[sys.version_info[:2]].exists() and min(found) >= (3, 11)
    assert not TOOL["pythons"]((99, 0))
