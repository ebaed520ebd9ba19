"""Check: that a built site stands by itself. Links and anchors lead somewhere, and no page fetches from elsewhere.

python docs/site/check.py build/site
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHES = {("img", "src"), ("script", "src"), ("source", "srcset"), ("img", "srcset"), ("iframe", "src")}
FETCHES |= {("audio", "src"), ("video", "src"), ("object", "data"), ("embed", "src"), ("link", "href")}
NO_FETCH = {
    "canonical",
    "next",
    "prev",
    "search",
    "index",
    "author",
    "license",
}  # what a link may be that loads nothing
ELSEWHERE = re.compile(r"(?:@import\s+|url\(\s*)['\"]?((?:https?:)?//[^'\")\s]+)")


class Reader(HTMLParser):
    """A page: its anchors, what it links to and what it fetches."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.anchors |= {value for name in ("id", "name") if (value := known.get(name))}
        if tag == "a" and known.get("href") is not None:
            self.links.append(known["href"] or "")
        loads = tag != "link" or not NO_FETCH & set((known.get("rel") or "").split())
        self.fetched += [v for name, value in attrs if (tag, name) in FETCHES and loads and (v := value)]


def problems(site: Path) -> Iterator[str]:
    """What is wrong with a site, a line each."""
    found = [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]  # there lie templates
    pages = {path: Reader(path.read_text(encoding="utf-8")) for path in found}
    for path, page in pages.items():
        where = path.relative_to(site)
        for link in {*page.links, *page.fetched}:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if link in page.fetched and parts.scheme != "data":
                    yield f"{where}: fetches {link}"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield f"{where}: {link} leads nowhere"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                yield f"{where}: {link} has no such anchor"
    for path in sorted(site.rglob("*.css")):
        for found in ELSEWHERE.findall(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(site)}: fetches {found}"


if __name__ == "__main__":
    found = list(problems(Path(sys.argv[1]).resolve()))
    sys.exit("\n".join([*found, f"{len(found)} problems"]) if found else 0)
