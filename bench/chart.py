"""Draw the chart of the project's README from bench/results/files.json: python bench/chart.py

Bars of images a second, one a contender, for the two recipes that are measured from files. The colours lie between
light and dark, so that they are read on a page of either; a picture is not told which its page is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS, CHART = HERE / "results" / "files.json", HERE.parent / "docs" / "images" / "rates.svg"
PANELS = {"standard": "crop and resize, flip, normalise", "seed": "rotate, shift, zoom and shear before; contrast"}
CONTENDERS = {  # as results name them: in words
    "decoder": "the decoder alone",
    "ours": "Variegate",
    "tf.data + Keras": "tf.data and Keras",
    "DALI": "DALI (CPU)",
    "albumentationsx, simplejpeg": "albumentationsx",
    "torchvision, tensors": "torchvision v2",
}
WIDTH, LABELS, PANEL, GAP, ROW, BAR, TOP = 820, 130, 300, 30, 24, 15, 46
STYLE = """
    text { font: 12px system-ui, sans-serif; fill: #6e7781 }
    .head { font-weight: 600 }
    .bar { fill: #8c959f } .ours { fill: #2f81f7 } .bound { fill: none; stroke: #8c959f; stroke-dasharray: 3 2 }
  """


def rates(results: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Images a second, by recipe and contender."""
    measured = {row["name"]: float(row["value"]) for row in results["figures"]}
    return {recipe: {name: measured[f"{recipe}: {name}"] for name in CONTENDERS} for recipe in PANELS}


def bar(name: str, rate: float, most: float, x: int, y: int) -> str:
    """One bar, and its number behind it."""
    kind = {"ours": "ours", "decoder": "bound"}.get(name, "bar")
    wide = rate / most * (PANEL - 50)
    box = f'<rect class="{kind}" x="{x}" y="{y}" width="{wide:.1f}" height="{BAR}" rx="2"/>'
    return f'{box}<text x="{x + wide + 6:.1f}" y="{y + 12}">{rate:,.0f}</text>'


def drawn(results: dict[str, Any]) -> str:
    """The chart as SVG."""
    found = rates(results)
    most = max(max(each.values()) for each in found.values())
    height = TOP + ROW * len(CONTENDERS) + 6
    title = "Images a second from JPEG files, two workers, 224 x 224; more is better"
    parts = [f'<text class="head" x="0" y="16">{title}</text>']
    for row, words in enumerate(CONTENDERS.values()):
        parts.append(f'<text x="{LABELS - 10}" y="{TOP + ROW * row + 12}" text-anchor="end">{words}</text>')
    for column, (recipe, words) in enumerate(PANELS.items()):
        x = LABELS + column * (PANEL + GAP)
        parts.append(f'<text x="{x}" y="{TOP - 10}">{words}</text>')
        parts += [bar(name, rate, most, x, TOP + ROW * row) for row, (name, rate) in enumerate(found[recipe].items())]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
    body = "\n  ".join(parts)
    return f'{head}role="img">\n  <title>{title}</title>\n  <style>{STYLE}</style>\n  {body}\n</svg>\n'


def main() -> None:
    """Write the chart beside the documentation's pictures."""
    CHART.write_text(drawn(json.loads(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
