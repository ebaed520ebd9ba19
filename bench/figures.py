"""Fill the table of figures in the project's README from bench/results: python bench/figures.py"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- figures: begin", "<!-- figures: end"
CLAIMS = {  # by result file, what its rows begin with
    "arrays": "decoded arrays, one thread, *seed*: ",
    "recipes": "decoded arrays, one thread, ",
    "labels": "",
    "files": "files, 2 workers, ",
    "chain": "",
    "contrast": "",
    "whites": "",
    "memory": "files, 2 workers, *seed*: ",
    "startup": "",
    "quality": "",
    "gil": "files, 2 workers, *seed*, ",
    "stream": "files: ",
    "cache": "files, 2 workers, *standard*: ",
    "scaled": '12 megapixels, *standard*, decode="scaled": ',
    "survive": "",
    "damage": "",
    "budget": "",
    "planning": "decoded arrays, one thread, ",
    "before": "",
}
MARKS = {"pass": "reached", "STRETCH": "stretch reached", "FAIL": "**not reached**", "reported": ""}
HEAD = """Measured by `make bench` on two cores with AVX-512, Python 3.11, November 2026; medians: of an AMD EPYC, but
contrast and the looks at numbers of a slower, shared Intel Xeon. The spread is in
[bench/results](bench/results/README.md), with dates, versions, stage times and the rows that are only
reported. A ratio of times above 1 says how many times faster we are. Rerun: `make bench` (about half an
hour after its set-up), `make bench ARGS="--quick"` (a smoke test). The objects turned by 30 degrees are of
COCO (`--data`), without which they are made ones.

| what | measured | reach | |
|---|---|---|---|
"""


def line(claim: str, row: dict[str, Any]) -> str:
    """A row of the table."""
    value, reach = row["value"], row.get("reach")
    told = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    sign = {"more": ">=", "less": "<="}.get(row.get("better", ""), "")
    aim = "" if reach is None else f"{sign} {reach:g}"
    return f"| {CLAIMS[claim]}{row['name']} | {told} {row['unit']} | {aim} | {MARKS[row['mark']]} |"


def main() -> None:
    """Write the table between its two marks."""
    rows = []
    for claim in CLAIMS:
        path = HERE / "results" / f"{claim}.json"
        found = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
        rows += [
            line(claim, row)
            for row in found
            if not (claim in ("chain", "contrast", "whites", "planning") and row["mark"] == "reported")
        ]
    text = README.read_text(encoding="utf-8")
    start = text.index("-->", text.index(BEGIN)) + 3
    README.write_text(text[:start] + "\n" + HEAD + "\n".join(rows) + "\n" + text[text.index(END) :], encoding="utf-8")


if __name__ == "__main__":
    main()
