"""How `make docs` builds the site: docs/ is its source, where GitHub shows it too; reference and gallery are made."""

from __future__ import annotations

import functools
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
DOCS, ROOT = HERE.parent, HERE.parents[1]
sys.path.insert(0, str(HERE))
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray tells its makers of its use unless it is told not to
os.environ.setdefault("PYTHONPATH", str(ROOT / "src"))

import charts  # noqa: E402
import exhibition  # noqa: E402
import notebooks  # noqa: E402
import reference  # noqa: E402
from docutils import nodes  # noqa: E402
from examples import ExampleError, Page  # noqa: E402
from sphinx.application import Sphinx  # noqa: E402
from sphinx.errors import ExtensionError  # noqa: E402
from sphinx.util import logging  # noqa: E402

import variegate  # noqa: E402

project, author, release = "Variegate", "The Variegate authors", variegate.__version__
project_copyright = "The Variegate authors, MIT licence"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns = ["site", "reference/_made"]
myst_enable_extensions = ["deflist", "colon_fence"]
myst_heading_anchors = 4
html_theme = "pydata_sphinx_theme"
html_title = f"Variegate {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_favicon = "static/favicon.svg"
EXTRA = ROOT / "build" / "site-pictures"
EXTRA.mkdir(parents=True, exist_ok=True)
html_extra_path = [str(EXTRA)]
html_copy_source = html_show_sourcelink = False
html_show_sphinx = False
html_sidebars = {"index": [], "search": [], "gallery/**": []}
html_context = {"default_mode": "auto"}  # light or dark as the reader's system is; the theme complains without
html_theme_options = {
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "show_nav_level": 1,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "back_to_top_button": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
nitpicky = True

# Files of the repository that are pages of the site too; what else lies outside of docs/ is not linked.
ELSEWHERE = {
    "CONTRIBUTING.md": "about/contributing",
    "CHANGELOG.md": "about/changelog",
    "ROADMAP.md": "about/roadmap",
    "SECURITY.md": "about/security",
    "CODE_OF_CONDUCT.md": "about/conduct",
    "bench/results/README.md": "about/figures",
    "README.md": "index",
}
LINK = re.compile(r"(?<!\!)\[([^\]]*)\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]*)?\)")
NAME = re.compile(r"(vg\.)?([A-Za-z_]\w*)(?:\.(\w+))?(\(.*\))?$", re.DOTALL)
log = logging.getLogger("site")


def page_read(app: Sphinx, docname: str, source: list[str]) -> None:
    """A page's examples run, and its links lead to pages of the site."""
    made = docname.split("/")[0] in ("reference", "gallery")
    if not made:
        with tempfile.TemporaryDirectory() as folder:
            page = Page(docname, Path(folder), (DOCS / "made", "/made"))
            try:
                source[0] = page.run(notebooks.filled(source[0]))
            except ExampleError as problem:
                log.warning(str(problem))
        source[0] = charts.filled(source[0])
    if docname == "decisions/README":
        source[0] += "\n```{toctree}\n:hidden:\n:glob:\n0*\n```\n"
    source[0] = LINK.sub(functools.partial(linked, (DOCS / docname).parent), source[0])


def include_read(app: Sphinx, relative: Path, parent: str, content: list[str]) -> None:
    """The links of a file of the repository that is shown as a page."""
    content[0] = LINK.sub(functools.partial(linked, ((DOCS / parent).parent / relative).resolve().parent), content[0])


def linked(folder: Path, found: re.Match[str]) -> str:
    """A link of a file in this folder as the site has it; its words alone, where the site has no such page."""
    text, path, fragment = found[1], found[2], found[3] or ""
    target = (folder / path).resolve()
    if not path or not target.exists() or not target.is_relative_to(ROOT):
        return found[0]
    page = ELSEWHERE.get(target.relative_to(ROOT).as_posix())
    if target.is_relative_to(DOCS):
        page = target.relative_to(DOCS).as_posix().removesuffix(".md") if target.suffix == ".md" else page
    elif page is None:
        return text
    return f"[{text}](/{page}.md{fragment})" if page else found[0]


def names_linked(app: Sphinx, tree: nodes.document, docname: str) -> None:
    """`vg.Rotate` and `Rotate` become links to the reference."""
    known = app.env.site_places  # type: ignore[attr-defined]
    for literal in list(tree.findall(nodes.literal)):
        found = NAME.match(literal.astext())
        if found is None or found[2] not in known or inside(literal, nodes.reference, nodes.title):
            continue
        if not (found[1] or found[2][0].isupper()) or (found[2][0].islower() and not found[1]):
            continue
        page, anchor = known[found[2]].split("#")
        if page == docname and inside(literal, nodes.term):
            continue
        address = app.builder.get_relative_uri(docname, page) + f"#{anchor}"
        link = nodes.reference("", "", internal=True, refuri=address, classes=["name"])
        literal.replace_self(link)
        link += literal


def heads_filled(app: Sphinx, tree: nodes.document) -> None:
    """A table whose head is empty, which Markdown cannot leave out, has none: screen readers would announce it."""
    for head in list(tree.findall(nodes.thead)):
        if not head.astext().strip():
            head.parent.remove(head)


# What the theme leaves without a name for screen readers, and its name: (as it writes it, as it is to be).
NAMED = (
    ('<summary><span class="toctree-toggle"', '<summary aria-label="Pages below"><span class="toctree-toggle"'),
    (
        'search-button-field search-button__button pst-js-only" title="Search" aria-label="Search"',
        'search-button-field search-button__button pst-js-only" aria-label="Search Ctrl+K"',  # what is to be read on it
    ),
)


def named(app: Sphinx, problem: Exception | None) -> None:
    """Pages with NAMED; it is an error if the theme does not write so any more."""
    pages = [path for path in Path(app.outdir).rglob("*.html") if "_static" not in path.parts]
    seen = dict.fromkeys(NAMED, 0)
    for path in pages if problem is None else ():
        text = path.read_text(encoding="utf-8")
        for pair in NAMED:
            seen[pair] += text.count(pair[0])
            text = text.replace(*pair)
        path.write_text(text, encoding="utf-8")
    for (old, _), count in seen.items():
        if problem is None and not count:
            raise ExtensionError(f"the theme has no {old} any more: see NAMED in docs/site/conf.py")


def inside(node: nodes.Node, *kinds: type[nodes.Node]) -> bool:
    """Whether it lies in a node of one of these kinds."""
    above = node.parent
    while above is not None:
        if isinstance(above, kinds):
            return True
        above = above.parent
    return False


def made(app: Sphinx) -> None:
    """The pages that are made of the library."""
    shutil.rmtree(DOCS / "made", ignore_errors=True)
    for folder in ("reference", "gallery"):
        shutil.rmtree(DOCS / folder, ignore_errors=True)
    reference.write(DOCS / "reference")
    exhibition.write(DOCS / "gallery", EXTRA)


def begun(app: Sphinx, env: object, docnames: object) -> None:
    app.env.site_places = reference.places()  # type: ignore[attr-defined]


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", made)
    app.connect("env-before-read-docs", begun)
    app.connect("source-read", page_read)
    app.connect("include-read", include_read)
    app.connect("doctree-read", heads_filled)
    app.connect("doctree-resolved", names_linked)
    app.connect("build-finished", named)
