"""What the pages of docs/ show is what runs: the examples of a page, one after the other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from variegate.loader.decode import formats

PAGES = sorted((Path(__file__).parents[1] / "docs").glob("*.md"))
EXAMPLES = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if "```python" in page.read_text()], ids=lambda page: page.name
)
def test_the_examples_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(formats, "_further", {})
    names: dict[str, Any] = {}
    text = page.read_text(encoding="utf-8")
    blocks = EXAMPLES.findall(text)
    assert len(blocks) == text.count("```python")  # none is passed over
    for block in blocks:
        exec(compile(block, page.name, "exec"), names)


@pytest.mark.parametrize(
    "page", [*PAGES, *(p for p in PAGES[0].parent.glob("decisions/*.md"))], ids=lambda page: page.name
)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link
