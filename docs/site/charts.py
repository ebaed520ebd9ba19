"""Charts: figures of bench/results as bars, in pages that name them by a comment.

    <!-- chart chain -->    the chart of that name
    <!-- not reached -->    a table of the rows whose aim was not reached

A chart is a table whose cells have a bar beside the number: it is read aloud as one, wraps on a phone, and has the
colours of its page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[2] / "bench" / "results"
PLACE = re.compile(r"<!-- (?:chart ([\w-]+)|(not reached)) -->\n")


@dataclass(frozen=True)
class Chart:
    """Some figures of one claim.

    claim  the file in bench/results
    title  with what is measured, and whether more or less is better
    bars   the names of figures or rows: in words; ours: those that are Variegate's
    """

    claim: str
    title: str
    bars: dict[str, str]
    ours: tuple[str, ...]


def peers(recipe: str) -> dict[str, str]:
    """The contenders that read files."""
    return {
        f"{recipe}: ours": "Variegate",
        f"{recipe}: tf.data + Keras": "tf.data and Keras",
        f"{recipe}: DALI": "DALI (CPU)",
        f"{recipe}: albumentationsx, simplejpeg": "albumentationsx",
        f"{recipe}: torchvision, tensors": "torchvision v2, tensors",
        f"{recipe}: torchvision, PIL": "torchvision v2, PIL",
        f"{recipe}: decoder": "the decoder alone",
    }


CHARTS = {
    "files": Chart(
        "files",
        "Crop and resize, flip, normalise, from JPEG files: images a second, two workers; more is better",
        peers("standard"),
        ("standard: ours",),
    ),
    "files-maps": Chart(
        "files",
        "Rotate, shift, zoom and shear before it, and contrast: images a second, two workers; more is better",
        peers("seed"),
        ("seed: ours",),
    ),
    "windows": Chart(
        "windows",
        "From the second epoch on, JPEGs decoded no further than the crop shows: times the rate; more is better",
        {
            "standard, second epoch on: ours / the bare decoder": "crop, flip: of the bare decoder",
            "standard, second epoch on: ours / ours by simplejpeg": "crop, flip: of whole pictures decoded",
            "seed, second epoch on: ours / the bare decoder": "maps before it: of the bare decoder",
            "seed, second epoch on: ours / ours by simplejpeg": "maps before it: of whole pictures decoded",
        },
        (
            "standard, second epoch on: ours / the bare decoder",
            "standard, second epoch on: ours / ours by simplejpeg",
            "seed, second epoch on: ours / the bare decoder",
            "seed, second epoch on: ours / ours by simplejpeg",
        ),
    ),
    "arrays": Chart(
        "arrays",
        "Four maps in a row on decoded pictures, one thread: milliseconds an image; less is better",
        {
            "ours, four ops, no antialias": "Variegate, without antialias",
            "ours, four ops": "Variegate",
            "albumentationsx, four ops": "albumentationsx",
            "torchvision on PIL, four ops": "torchvision v2, PIL",
            "torchvision, four ops": "torchvision v2, tensors",
        },
        ("ours, four ops, no antialias", "ours, four ops"),
    ),
    "chain": Chart(
        "chain",
        "A chain of five to nine maps: milliseconds an image; less is better",
        {str(n): f"{n} ops" for n in range(5, 10)},
        tuple(map(str, range(5, 10))),
    ),
    "quality": Chart(
        "quality",
        "Four maps in a row against an exact resampling: decibels; more is better",
        {
            "four-op chain against an order-5 spline, bicubic": "one pass, bicubic",
            "four-op chain against an order-5 spline, bilinear": "one pass, bilinear",
            "four-op chain against an order-5 spline, four bilinear passes": "four passes, bilinear",
        },
        (
            "four-op chain against an order-5 spline, bicubic",
            "four-op chain against an order-5 spline, bilinear",
        ),
    ),
    "labels": Chart(
        "recipes",
        "Pictures with their labels, in batches: milliseconds a sample; less is better",
        {
            "detection, ours, affine first": "detection: Variegate",
            "detection, albumentationsx, affine first": "detection: albumentationsx",
            "segmentation, ours": "segmentation: Variegate",
            "segmentation, albumentationsx, one Affine": "segmentation: albumentationsx",
        },
        ("detection, ours, affine first", "segmentation, ours"),
    ),
    "policies": Chart(
        "policies",
        "Policies: how many times as long another library takes; more is better",
        {
            "RandAugment(2, 9): torchvision, tensors / ours": "RandAugment: torchvision, tensors",
            "RandAugment(2, 9): torchvision, PIL / ours": "RandAugment: torchvision, PIL",
            "TrivialAugmentWide: torchvision, tensors / ours": "TrivialAugmentWide: torchvision, tensors",
            "AugMix: torchvision, tensors / ours": "AugMix: torchvision, tensors",
            "rand-m9-mstd0.5-inc1: timm, PIL / ours": "rand-m9-mstd0.5-inc1: timm",
        },
        (),
    ),
    "mixing": Chart(
        "partners",
        "Mixing on every sample of the standard recipe: per cent more time; less is better",
        {
            "standard recipe with MixUp on every sample: time added": "MixUp",
            "standard recipe with CutMix on every sample: time added": "CutMix",
        },
        (
            "standard recipe with MixUp on every sample: time added",
            "standard recipe with CutMix on every sample: time added",
        ),
    ),
    "cache": Chart(
        "cache",
        "The standard recipe by where pictures come from: images a second, two workers; more is better",
        {"JPEGs": "JPEG files", "cache on disk": "cache on disk", "cache in memory": "cache in memory"},
        ("JPEGs", "cache on disk", "cache in memory"),
    ),
}


def results(claim: str) -> dict[str, Any]:
    """What was measured of a claim."""
    found: dict[str, Any] = json.loads((RESULTS / f"{claim}.json").read_text(encoding="utf-8"))
    return found


def number(value: float) -> str:
    """As one reads it: three digits, or all before the point."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def drawn(chart: Chart) -> str:
    """A chart as HTML.

    Raises  KeyError if the results have no such row.
    """
    found = results(chart.claim)
    values = {row["name"]: float(row["value"]) for row in [*found["figures"], *found["rows"]]}
    most = max(values[name] for name in chart.bars)
    machine = f"{found['machine']['cpu']}, {found['machine']['date'][:10]}"
    lines = [f'<table class="chart"><caption>{escape(chart.title)} <span>({escape(machine)})</span></caption><tbody>']
    for name, words in chart.bars.items():
        kind = "bar ours" if name in chart.ours else "bar"
        bar = f'<span class="{kind}" style="width:{values[name] / most * 100:.1f}%"></span>'
        lines.append(
            f'<tr><th scope="row">{escape(words)}</th><td><div>{bar}</div></td><td>{number(values[name])}</td></tr>'
        )
    return "\n".join([*lines, "</tbody></table>"])


def claims() -> Iterator[tuple[str, dict[str, Any]]]:
    """What was measured, by claim."""
    for path in sorted(RESULTS.glob("*.json")):
        found = results(path.stem)
        if "rows" in found:
            yield path.stem, found


def not_reached() -> Iterator[str]:
    """How many rows have an aim, and those whose aim was not reached, as a Markdown table."""
    rows = [(claim, row) for claim, found in claims() for row in found["rows"] if row.get("reach") is not None]
    missed = [(claim, row) for claim, row in rows if row["mark"] == "FAIL"]
    yield from (f"Of {len(rows)} rows with an aim, {len(rows) - len(missed)} reach it. These do not:", "")
    yield from ("| claim and row | measured | aim |", "|---|---|---|")
    for claim, row in missed:
        sign = {"more": "at least", "less": "at most"}[row["better"]]
        name = row["name"].replace("|", "\\|")
        yield f"| {claim}: {name} | {number(row['value'])} {row['unit']} | {sign} {number(row['reach'])} |"


def filled(text: str) -> str:
    """A page with its charts."""

    def made(found: re.Match[str]) -> str:
        if found[2]:
            return "\n".join([*not_reached(), ""])
        return f"```{{raw}} html\n{drawn(CHARTS[found[1]])}\n```\n"

    return PLACE.sub(made, text)
