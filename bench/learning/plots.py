"""The plots of docs/guide/evidence.md as SVG, from bench/results/evidence.json. Standard library only.

As in bench/chart.py the colours lie between light and dark, so that they are read on a page of either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from learning.outcome import BUDGETS, SETS, gains, interval, taken_for

COLOURS = {
    "none": "#8c959f",
    "flips": "#d9821b",
    "seed": "#cf3f5b",
    "moves": "#2f81f7",
    "RandAugment": "#1f9d6b",
    "MixUp": "#8a63d2",
}
SHAPES = {  # by recipe, about the origin, so that no line is told by its colour alone
    "none": '<circle r="4"/>',
    "flips": '<rect x="-4" y="-4" width="8" height="8"/>',
    "seed": '<path d="M0-5 5 4H-5Z"/>',
    "moves": '<path d="M0-5 5 0 0 5-5 0Z"/>',
    "RandAugment": '<path d="M0 5 5-4H-5Z"/>',
    "MixUp": '<path d="M-5-1.5H-1.5V-5H1.5V-1.5H5V1.5H1.5V5H-1.5V1.5H-5Z"/>',
}
TURNS, AS_THEY_ARE = ("small turn", "mirror", "half turn", "any turn"), "as they are"
STYLE = """
    text { font: 12px system-ui, sans-serif; fill: #6e7781 }
    .head { font-weight: 600 } .end { text-anchor: end } .mid { text-anchor: middle }
    .grid { stroke: #8c959f; stroke-opacity: .3 } .zero { stroke: #8c959f }
    .band { fill-opacity: .14; stroke: none } .line { fill: none; stroke-width: 1.8 } .reach { stroke-width: 2 }
  """
WIDTH, PANEL, GAP, LEFT, TOP = 820, 226, 46, 36, 64


def svg(title: str, height: float, parts: Iterable[str]) -> str:
    """A picture of the width of a page."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
    body = "\n  ".join([f'<text class="head" x="0" y="14">{title}</text>', *parts])
    return f'{head}role="img">\n  <title>{title}</title>\n  <style>{STYLE}</style>\n  {body}\n</svg>\n'


def mark(recipe: str, x: float, y: float) -> str:
    """A recipe's sign at a place."""
    return f'<g fill="{COLOURS[recipe]}" transform="translate({x:.1f} {y:.1f})">{SHAPES[recipe]}</g>'


def legend(words: Mapping[str, str], wanted: Iterable[str]) -> list[str]:
    """The signs and what they are, in one row."""
    parts, x = list[str](), 6.0
    for recipe in wanted:
        parts.append(f'{mark(recipe, x, 32)}<text x="{x + 9:.0f}" y="36">{words[recipe]}</text>')
        x += 30 + 6.6 * len(words[recipe])
    return parts


def lines(body: dict[str, Any]) -> str:
    """Scores by budget, one line a recipe in its band."""
    height, parts = 220, legend(body["recipes"], COLOURS)
    for column, (name, words) in enumerate(SETS.items()):
        left = LEFT + column * (PANEL + GAP)
        found = {r: [interval(body["scores"][f"{name}/{b}/{r}"]) for b in BUDGETS] for r in COLOURS}
        low = 20 * int(min(each[1] for row in found.values() for each in row) // 20)
        places = [left + 16 + i * (PANEL - 32) / 2 for i in range(3)]

        def y(value: float, low: float = low) -> float:
            return TOP + height * (100 - min(value, 100)) / (100 - low)

        parts.append(f'<text class="head" x="{left}" y="{TOP - 8}">{words}, %</text>')
        for value in range(low, 101, 20):
            parts.append(f'<path class="grid" d="M{left} {y(value):.1f}h{PANEL}"/>')
            parts.append(f'<text class="end" x="{left - 5}" y="{y(value) + 4:.1f}">{value}</text>')
        for x, budget in zip(places, BUDGETS, strict=True):
            told = f"{budget} a class" if budget == BUDGETS[0] else str(budget)
            parts.append(f'<text class="mid" x="{x:.0f}" y="{TOP + height + 18}">{told}</text>')
        for recipe, row in found.items():
            parts += line(recipe, places, [tuple(y(v) for v in each) for each in row])
    return svg("Test scores of five seeds: means, and their 95 % intervals", TOP + height + 30, parts)


def line(recipe: str, places: Sequence[float], row: Sequence[tuple[float, ...]]) -> list[str]:
    """A band, a line through the means, and signs."""
    upper = [f"{x:.1f} {each[2]:.1f}" for x, each in zip(places, row, strict=True)]
    lower = [f"{x:.1f} {each[1]:.1f}" for x, each in zip(places, row, strict=True)]
    through = "L".join(f"{x:.1f} {each[0]:.1f}" for x, each in zip(places, row, strict=True))
    return [
        f'<path class="band" fill="{COLOURS[recipe]}" d="M{"L".join([*upper, *reversed(lower)])}Z"/>',
        f'<path class="line" stroke="{COLOURS[recipe]}" d="M{through}"/>',
        *(mark(recipe, x, each[0]) for x, each in zip(places, row, strict=True)),
    ]


def forest(body: dict[str, Any]) -> str:
    """Gains over none in points: one row a recipe and budget, one panel a set."""
    wanted = [recipe for recipe in COLOURS if recipe != "none"]
    step, block = 17, 17 * len(wanted) + 12
    height, parts = block * len(BUDGETS), legend(body["recipes"], wanted)
    for column, (name, words) in enumerate(SETS.items()):
        left = LEFT + column * (PANEL + GAP)
        found = {(b, r): interval(gains(body["scores"], name, b, r)) for b in BUDGETS for r in wanted}
        low, high = min(each[1] for each in found.values()), max(each[2] for each in found.values())
        tick = 5 if high - low < 25 else 10 if high - low < 60 else 20
        low, high = tick * (min(low, 0) // tick), tick * -(-max(high, 0) // tick)

        def x(value: float, low: float = low, high: float = high, left: int = left) -> float:
            return left + PANEL * (value - low) / (high - low)

        parts.append(f'<text class="head" x="{left}" y="{TOP - 8}">{words}</text>')
        for value in range(int(low), int(high) + 1, tick):
            kind = "zero" if value == 0 else "grid"
            parts.append(f'<path class="{kind}" d="M{x(value):.1f} {TOP}v{height}"/>')
            parts.append(f'<text class="mid" x="{x(value):.1f}" y="{TOP + height + 16}">{value:+d}</text>')
        for i, (budget, recipe) in enumerate(found):
            middle, least, most = found[budget, recipe]
            y = TOP + block * BUDGETS.index(budget) + 14 + step * (i % len(wanted))
            reach = f'<path class="reach" stroke="{COLOURS[recipe]}" d="M{x(least):.1f} {y}H{x(most):.1f}"/>'
            parts.append(reach + mark(recipe, x(middle), y))
    for row, budget in enumerate(BUDGETS):
        y = TOP + block * row + block / 2
        parts.append(f'<text class="mid" transform="translate(14 {y:.0f}) rotate(-90)">{budget} a class</text>')
    title = "Points gained over training without augmentation, paired by seed: means, and their 95 % intervals"
    return svg(title, TOP + height + 26, parts)


def turned(body: dict[str, Any]) -> str:
    """How often one digit is taken for the other of a pair, by how pictures were turned in training."""
    wanted = {"none": AS_THEY_ARE, **{recipe: body["recipes"][recipe] for recipe in TURNS}}
    pairs, left, wide, step, top = ((6, 9), (2, 5)), 300, 210, 24, 46
    found = {(r, pair): taken_for(body["confusions"], r, pair) for r in wanted for pair in pairs}
    most, parts = max(found.values()), list[str]()
    for row, words in enumerate(wanted.values()):
        parts.append(f'<text class="end" x="{left - 10}" y="{top + step * row + 12}">{words}</text>')
    for column, pair in enumerate(pairs):
        x = left + column * (wide + 50)
        parts.append(f'<text x="{x}" y="{top - 10}">{pair[0]} and {pair[1]} taken for each other</text>')
        for row, recipe in enumerate(wanted):
            share, y = found[recipe, pair], top + step * row
            long = share / most * (wide - 50)
            fill = COLOURS["moves" if column else "seed"]
            box = f'<rect fill="{fill}" x="{x}" y="{y}" width="{long:.1f}" height="15"/>'
            parts.append(f'{box}<text x="{x + long + 6:.1f}" y="{y + 12}">{share:.1f} %</text>')
    title = "MNIST, 20 a class: what turning and mirroring pictures in training does to pairs of digits"
    return svg(title, top + step * len(wanted) + 6, parts)


PLOTS = {"evidence.svg": lines, "evidence-gains.svg": forest, "evidence-turned.svg": turned}
