"""The tools of the documentation site, docs/site: what they make of docstrings, pages and what was built."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

import pytest

import variegate as vg
from variegate import extend, testing

SITE = Path(__file__).parents[1] / "docs" / "site"
sys.path.insert(0, str(SITE))

import charts  # noqa: E402
import check  # noqa: E402
import docstrings  # noqa: E402
import examples  # noqa: E402
import reference  # noqa: E402


def test_every_public_name_stands_in_the_reference_once() -> None:
    names = [name for _, names in reference.groups().values() for name in names]
    assert sorted(names) == sorted(set(vg.__all__) - {"__version__"})


@pytest.mark.parametrize("name", [n for n in vg.__all__ if inspect.isclass(getattr(vg, n))])
def test_every_argument_is_explained(name: str) -> None:
    kind = getattr(vg, name)
    if issubclass(kind, BaseException):
        return
    told = "\n".join(reference.described(name, kind))
    missing = [item for item in inspect.signature(kind).parameters if f"`{item}`" not in told]
    assert not missing


def test_no_public_name_lacks_an_example_that_runs() -> None:
    """Its own docstring has one; or, of names beside `vg`, it stands in one of its module's. All run as doctests."""
    own = {f"vg.{name}": getattr(vg, name).__doc__ for name in vg.__all__ if name != "__version__"}
    for module in (extend, testing):
        told = " ".join(docstrings.examples(module.__doc__))
        for name in set(module.__all__) - set(vg.__all__):
            given = getattr(module, name).__doc__
            own[f"{module.__name__}.{name}"] = f">>> {name}" if re.search(rf"\b{name}\b", told) else given
    own |= {
        f"{framework}.{name}": doc for framework in reference.ADAPTERS for name, doc in reference.docs_of(framework)
    }
    assert len(own) > 200
    assert [name for name, doc in own.items() if not docstrings.examples(doc)] == []


def test_examples_are_the_lines_that_run() -> None:
    assert docstrings.examples("Words.\n\n    >>> a = 1\n    ... # b\n    2\n\nMore >>> words") == ["a = 1", "# b"]
    assert docstrings.examples(None) == []


def test_aligned_lists_become_definitions() -> None:
    doc = """One sentence.

    angle    degrees, *counter*-clockwise;
             one draw
    fields   what a sample has:
        a    of one
        b    of [another],
             longer
    targets  image, mask        effect  geometric

    >>> 1 + 1
    2

    Raises  FieldError if not.
    """
    made = list(docstrings.markdown(doc))
    assert made[:2] == ["One sentence.", ""]
    assert ": degrees, \\*counter\\*-clockwise; one draw" in made
    assert made[made.index("  `b`") + 1] == "  : of \\[another\\], longer"
    assert made[made.index("`effect`") + 1] == ": geometric" and made[made.index("`targets`") + 1] == ": image, mask"
    assert made[made.index("```pycon") :][:4] == ["```pycon", ">>> 1 + 1", "2", "```"]
    assert made[made.index("**Raises**") + 1] == ": FieldError if not."


def test_code_within_prose_is_shown_as_it_is() -> None:
    made = list(docstrings.markdown("As *this*:\n\n    a = 1\n        b\n\nEnd"))
    assert made == ["As \\*this\\*:", "", "```text", "a = 1", "    b", "```", "", "End", ""]


def test_what_ops_of_ones_own_are_made_of_is_shown_as_a_list() -> None:
    assert {"Op", "fields", "lower", "words", "normals", "move"} <= set(docstrings.listed(extend.__doc__))


def test_prose_is_no_list() -> None:
    assert docstrings.entries(["A line of words", "and another"]) is None
    assert docstrings.entries(["name  a list", "then prose at the margin"]) is None


def test_a_page_shows_what_its_examples_print_and_draw(tmp_path: Path) -> None:
    text = (
        "<!-- run\nhidden = 20\n-->\n```python\nprint(hidden + 1)\nopen('a.png', 'w').close()\n```\n"
        "<!-- prints -->\n<!-- shows a.png: a picture -->\n\n```console\n$ echo said\n```\n<!-- prints -->\n"
    )
    page = examples.Page("guide/a", tmp_path, (tmp_path / "made", "/made"))
    made = page.run(text)
    assert "```text\n21\n```" in made and "hidden = 20" not in made and "```text\nsaid\n```" in made
    assert "![a picture](/made/guide-a-a.png)" in made and (tmp_path / "made/guide-a-a.png").exists()
    assert page.ran == 3


@pytest.mark.parametrize(
    "text",
    [
        "```python\n1 / 0\n```\n",
        "```python\n1\n```\n<!-- prints -->\n",
        "```python\n1\n```\n<!-- shows b.png: nothing -->\n",
        "```yaml\nvariegate: 1\nops: [Rotat]\n```\n",
        "```console\n$ variegate explain\n```\n",
    ],
    ids=["raises", "prints nothing", "draws nothing", "no pipeline", "a command that fails"],
)
def test_an_example_that_does_not_do_what_it_says_is_an_error(text: str, tmp_path: Path) -> None:
    with pytest.raises(examples.ExampleError, match="guide/a"):
        examples.Page("guide/a", tmp_path).run(text)


def test_a_built_site_stands_by_itself(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<h1 id="top">A</h1><a href="b.html#there">b</a><a href="https://example.org">c</a><a href="#top">d</a>'
        '<link rel="canonical" href="https://example.org"><img src="data:image/png;base64,">'
    )
    (tmp_path / "b.html").write_text('<p id="there"></p>')
    assert list(check.problems(tmp_path)) == []
    (tmp_path / "c.html").write_text(
        '<script src="https://cdn.example.org/x.js"></script><link rel="stylesheet" href="//fonts.example.org/f.css">'
        '<a href="b.html#gone">b</a><img src="no.png">'
    )
    (tmp_path / "s.css").write_text('@font-face { src: url("https://fonts.example.org/f.woff2") } a { color: red }')
    found = sorted(check.problems(tmp_path))
    assert found == [
        "c.html: b.html#gone has no such anchor",
        "c.html: fetches //fonts.example.org/f.css",
        "c.html: fetches https://cdn.example.org/x.js",
        "c.html: no.png leads nowhere",
        "s.css: fetches https://fonts.example.org/f.woff2",
    ]


@pytest.mark.parametrize("name", charts.CHARTS)
def test_a_bar_is_as_long_as_its_number(name: str) -> None:
    chart = charts.CHARTS[name]
    drawn = charts.drawn(chart)
    found = charts.results(chart.claim)
    values = {row["name"]: row["value"] for row in [*found["figures"], *found["rows"]]}
    widths = [float(width) for width in re.findall(r"width:([\d.]+)%", drawn)]
    most = max(values[bar] for bar in chart.bars)
    assert widths == pytest.approx([values[bar] / most * 100 for bar in chart.bars], abs=0.06)
    assert re.findall(r"<td>([\d.,]+)</td>", drawn) == [charts.number(values[bar]) for bar in chart.bars]
    assert set(chart.ours) <= set(chart.bars)


def test_every_chart_is_on_a_page_and_every_row_that_missed_its_aim_is_told() -> None:
    page = (SITE.parent / "about" / "measured.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"<!-- chart ([\w-]+) -->", page)) == sorted(charts.CHARTS)
    made = charts.filled(page)
    assert "<!-- chart" not in made and "<!-- not reached" not in made
    missed = [row["name"] for _, found in charts.claims() for row in found["rows"] if row["mark"] == "FAIL"]
    assert missed and all(name.replace("|", "\\|") in made for name in missed)


def test_a_block_displays_its_last_value_as_a_notebook_does(tmp_path: Path) -> None:
    text = (
        "```python\nimport variegate as vg\nvg.Compose([vg.Rotate(9)])\n```\n<!-- displays -->\n"
        "```python\nfrom PIL import Image\nImage.new('RGB', (8, 6))\n```\n<!-- displays: black -->\n"
    )
    made = examples.Page("guide/a", tmp_path, (tmp_path / "made", "/made")).run(text)
    assert "<code>Rotate(angle=Constant(9))</code>" in made and "![black](/made/guide-a-display-2.png)" in made
    for none in ("```python\n1\n```\n<!-- displays: one -->\n", text.replace(": black", "")):
        with pytest.raises(examples.ExampleError, match="shows nothing"):
            examples.Page("guide/a", tmp_path).run(none)
