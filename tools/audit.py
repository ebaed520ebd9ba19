"""Audit the built site in a real browser: python tools/audit.py build/site

On each of PAGES, light and dark, at the width of a phone and of a desk: what axe-core finds, and by how much it
hinders; whatever a page asks of another host, which it is refused; what its scripts complain of; and whether
it is wider than its window. Screenshots lie in build/audit. The result is written to docs/about/audit.md.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    *("index", "search", "decisions/041-the-site", "about/measured"),
    *(
        f"guide/{name}"
        for name in ("start", "tasks", "batch", "mixing", "resampling", "notebook-look", "troubleshooting")
    ),
    *("gallery/index", "gallery/geometry", "gallery/several-pictures-as-one", "gallery/magnitudes"),
    *("reference/index", "reference/table", "reference/loading"),
)
SIZES = {"phone": (390, 844), "desk": (1280, 900)}
SERIOUS = ("serious", "critical")
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Visit:
    """One page in one form, and what is wrong with it."""

    page: str
    colours: str
    size: str
    findings: list[tuple[str, str, str]] = field(default_factory=list)  # how serious, the rule, where
    elsewhere: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    wider: int = 0

    @property
    def wrong(self) -> list[str]:
        """What must not be, a line each."""
        found = [f"{rule} ({impact}): {where}" for impact, rule, where in self.findings if impact in SERIOUS]
        found += [f"asks {address}" for address in sorted(self.elsewhere)]
        found += [f"complains: {text}" for text in self.complaints]
        found += [f"is {self.wider} pixels wider than its window"] if self.wider > 0 else []
        return [f"{self.page}, {self.colours}, {self.size}: {each}" for each in found]


class Quiet(SimpleHTTPRequestHandler):
    """Files, without a line for each."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


def visits(site: Path, pictures: Path) -> Iterator[Visit]:
    """Each page in each form, and the version of axe-core by the first."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = f"http://127.0.0.1:{server.server_address[1]}"
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        for size, (width, height) in SIZES.items():
            for colours in ("light", "dark"):
                view = {"width": width, "height": height}
                context = browser.new_context(viewport=view, color_scheme=colours)  # type: ignore[arg-type]
                for page in PAGES:
                    visit = Visit(page, colours, size)
                    look(context.new_page(), f"{home}/{page}.html", home, visit, Axe(), pictures)
                    yield visit
                context.close()
        browser.close()
    server.shutdown()


def look(tab: Any, address: str, home: str, visit: Visit, axe: Any, pictures: Path) -> None:
    """One page in one form."""

    def asked(route: Any) -> None:
        if route.request.url.startswith((home, "data:", "blob:")):
            route.continue_()
        else:
            visit.elsewhere.add(route.request.url)
            route.abort()

    tab.route("**/*", asked)
    tab.on("console", lambda told: visit.complaints.append(said(told)) if told.type == "error" else None)
    tab.on("pageerror", lambda problem: visit.complaints.append(str(problem)))
    tab.goto(address, wait_until="networkidle")
    tab.evaluate("document.querySelectorAll('img[loading=lazy]').forEach(each => each.loading = 'eager')")
    tab.wait_for_load_state("networkidle")
    visit.wider = tab.evaluate(WIDER)
    complaints, visit.complaints = visit.complaints, []  # axe-core asks for sheets at places where none is
    for rule in axe.run(tab, options=AXE).response["violations"]:
        for node in rule["nodes"]:
            visit.findings.append((rule["impact"], rule["id"], " ".join(map(str, node["target"]))))
    visit.complaints = complaints
    name = f"{visit.page.replace('/', '-')}-{visit.size}-{visit.colours}.png"
    tab.screenshot(path=pictures / name, full_page=True)
    tab.close()


def said(message: Any) -> str:
    """An error of a page, and where it is."""
    return f"{message.text} {message.location.get('url', '')}".strip()


def told(found: list[Visit], browser: str) -> str:
    """The result as a page."""
    impacts = Counter(impact for visit in found for impact, _, _ in visit.findings)
    rules = Counter((impact, rule) for visit in found for impact, rule, _ in visit.findings)
    lines = ["# Accessibility", ""]
    lines += [
        f"Made by `make audit` on {date.today()}: axe-core in {browser}, on {len(PAGES)} pages, light and dark, at"
    ]
    lines += [f"{' and '.join(f'{w} pixels ({name})' for name, (w, _) in SIZES.items())}: {len(found)} visits.", ""]
    lines += ["| | found |", "|---|---|"]
    lines += [f"| {name} findings | {impacts[name]} |" for name in ("critical", "serious", "moderate", "minor")]
    lines += [f"| requests to other hosts | {sum(len(visit.elsewhere) for visit in found)} |"]
    lines += [f"| errors of scripts | {sum(len(visit.complaints) for visit in found)} |"]
    lines += [f"| pages wider than their window | {sum(visit.wider > 0 for visit in found)} |", ""]
    lines += [f"- {rule} ({impact}), {count} times" for (impact, rule), count in sorted(rules.items())]
    lines += [""] * bool(rules) + [
        "Rules: WCAG 2.0, 2.1 and 2.2, A and AA, and axe-core's best practices. Pages: " + ", ".join(PAGES) + "."
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Look at all pages, write the result, and fail if anything must not be."""
    site, pictures = Path(sys.argv[1]).resolve(), ROOT / "build" / "audit"
    pictures.mkdir(parents=True, exist_ok=True)
    found = list(visits(site, pictures))
    wrong = [line for visit in found for line in visit.wrong]
    (ROOT / "docs" / "about" / "audit.md").write_text(told(found, "Chromium"), encoding="utf-8")
    sys.exit("\n".join([*wrong, f"{len(wrong)} problems"]) if wrong else 0)


if __name__ == "__main__":
    main()
