"""Fill the table of headline figures in the project's README from bench/results, and draw its chart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import chart

HERE = Path(__file__).resolve().parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- figures: begin", "<!-- figures: end"
ALBUMENTATIONS = "time of albumentationsx / ours"
HEADLINES = {  # by result file and row: in words
    ("arrays", "albumentationsx, four ops / ours, four ops"): "four maps in a row on decoded pictures, one thread: "
    + ALBUMENTATIONS,
    ("arrays", "torchvision on PIL images, four ops / ours (defaults)"): "the same: time of torchvision on PIL / ours",
    ("recipes", "detection: albumentationsx / ours"): f"a detection recipe with its boxes: {ALBUMENTATIONS}",
    ("recipes", "segmentation: albumentationsx / ours"): f"a segmentation recipe with its mask: {ALBUMENTATIONS}",
    ("files", "standard: ours / decoder"): "crop, flip and normalise from JPEGs, 2 workers: rate of ours / of the "
    "bare decoder",
    ("files", "standard: ours / the best peer, tf.data + Keras"): "the same: rate of ours / of tf.data and Keras, the "
    "best peer",
    ("cache", "standard: cache on disk / JPEGs"): "the same: rate from a cache on disk / from JPEGs",
    ("quality", "four-op chain against an order-5 spline, bilinear"): "four maps in a row against an exact resampling "
    "(by four passes 31.8 dB)",
    ("memory", "peak PSS"): "peak memory of a loader with 2 workers",
    ("startup", "the same with an empty kernel cache"): "start of Python to the first batch, nothing compiled yet",
}
MARKS = {"pass": "reached", "STRETCH": "reached", "FAIL": "**not reached**", "reported": ""}
HEAD = """![Images a second, of ours and of its peers](docs/images/rates.svg)

Ten of them, by `make bench` on two cores of an AMD EPYC, November 2026, medians; the aim is what was to be
reached. All others: [bench/results](bench/results/README.md). [What augmentation gains](docs/guide/evidence.md).

| what | measured | aim | |
|---|---|---|---|
"""


def line(words: str, row: dict[str, Any]) -> str:
    """A row of the table."""
    value, reach = row["value"], row.get("reach")
    told = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    sign = {"more": ">=", "less": "<="}.get(row.get("better", ""), "")
    aim = "" if reach is None else f"{sign} {reach:g}"
    return f"| {words} | {told} {row['unit']} | {aim} | {MARKS[row['mark']]} |"


def filled(text: str) -> str:
    """The README with its table between the two marks."""
    lines = []
    for (claim, name), words in HEADLINES.items():
        rows = json.loads((HERE / "results" / f"{claim}.json").read_text(encoding="utf-8"))["rows"]
        (found,) = [row for row in rows if row["name"] == name]
        lines.append(line(words, found))
    start = text.index("-->", text.index(BEGIN)) + 3
    return text[:start] + "\n" + HEAD + "\n".join(lines) + "\n" + text[text.index(END) :]


def main() -> None:
    """Write the table, and draw the chart."""
    chart.main()
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
