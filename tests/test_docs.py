"""What the pages of docs/ show is what runs: the examples of a page, one after the other."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from variegate.loader.decode import formats

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS / "site"))

from examples import Page, languages  # noqa: E402

ALONE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from examples import Page
page = Path(sys.argv[2])
Page(page.stem, Path(sys.argv[3])).run(page.read_text(encoding="utf-8"))
"""
PAGES = sorted([*DOCS.glob("*.md"), *DOCS.glob("guide/*.md"), *DOCS.glob("about/*.md")])


@pytest.mark.parametrize(
    "page", [page for page in PAGES if "```python" in page.read_text()], ids=lambda page: page.name
)
def test_the_examples_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "_further", {})
    text = page.read_text(encoding="utf-8")
    assert list(languages(text)).count("python") == text.count("```python")  # none is passed over
    if "ray.init" in text:  # of which a process has one, and this one may have that of another test
        subprocess.run([sys.executable, "-c", ALONE, str(DOCS / "site"), str(page), str(tmp_path)], check=True)
        return
    Page(page.stem, tmp_path).run(text)


@pytest.mark.parametrize("page", [*PAGES, *DOCS.glob("decisions/*.md")], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        made = re.match(r"(\.\./)?(reference|gallery)/", link)  # by `make docs`, which checks them
        assert made or (page.parent / link).exists(), link
