"""Notebooks: those of examples/ as pages, whose cells run as the examples of other pages do.

    <!-- notebook look.ipynb -->    the notebook, with what its cells print and display

A cell's value is shown as a notebook shows it. Of a picture the words for those who cannot see it stand in the cell's
metadata, as `alt`. A cell that installs is shown, and not run.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PLACE = re.compile(r"<!-- notebook ([\w.-]+) -->\n")
COLAB = "https://colab.research.google.com/github/"


def cells(path: Path) -> list[dict[str, Any]]:
    """Those of a notebook."""
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


def as_page(path: Path) -> str:
    """A notebook as a page whose examples can be run."""
    parts = (part for cell in cells(path) for part in _parts(cell))
    return "\n".join([*parts, *_links(path)]) + "\n"


def _parts(cell: dict[str, Any]) -> Iterator[str]:
    text = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield f"{text}\n"
    elif text.startswith("%pip"):
        yield f"```text\n{text}\n```\n"
    else:
        words = cell["metadata"].get("alt")
        shown = "<!-- prints -->" if _prints(text) else f"<!-- displays{f': {words}' if words else ''} -->"
        yield f"```python\n{text}\n```\n{shown}\n"


def _prints(text: str) -> bool:
    """Whether the last line of a cell prints."""
    return text.splitlines()[-1].startswith("print(")


def _links(path: Path) -> Iterator[str]:
    """Where the notebook is to be had; in Colab, once the project has an address."""
    yield f"\n{{download}}`This notebook <../../examples/{path.name}>`, to run it yourself."
    if address := colab(path.name):
        yield f"[Open it in Colab]({address})."


def colab(name: str) -> str:
    """A notebook's address in Colab; "" while pyproject.toml names no repository on GitHub."""
    known = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"].get("urls", {})
    place = re.match(r"https://github\.com/([\w.-]+/[\w.-]+)", known.get("Repository", ""))
    return f"{COLAB}{place[1]}/blob/main/examples/{name}" if place else ""


def filled(text: str) -> str:
    """A page with the notebooks that it names."""
    return PLACE.sub(lambda found: as_page(EXAMPLES / found[1]), text)
