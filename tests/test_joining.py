"""What a repository has for those who join: true to the version, to the Makefile and to its own files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from variegate.version import VERSION

ROOT = Path(__file__).parents[1]
PAGES = ("ROADMAP.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md")


def test_the_citation_is_of_this_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == VERSION and cited["license"] == "MIT" and cited["cff-version"] == "1.2.0"


def test_hooks_are_what_make_lint_runs() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    tools = {hook["entry"].split()[0].removeprefix(".venv/bin/") for hook in repository["hooks"]}
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert recipe is not None
    assert tools == set(re.findall(r"\$\(BIN\)/([\w-]+)", recipe[1]))


@pytest.mark.parametrize("name", ["bug", "wish"])
def test_an_issue_template_asks_something(name: str) -> None:
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml").read_text(encoding="utf-8"))
    assert form["name"] and form["description"]
    assert all(each["type"] == "textarea" and each["attributes"]["label"] for each in form["body"])


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / name).read_text(encoding="utf-8")):
        assert (ROOT / link).exists(), link
