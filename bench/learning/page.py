"""Fill the tables of docs/guide/evidence.md from bench/results/evidence.json, and draw its plots.

bench/evidence.py does it, and so does `python -m learning.page` in bench/. Standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from report import RESULTS

from learning.outcome import BUDGETS, SETS, TURNED, gains, interval, one_way
from learning.plots import AS_THEY_ARE, PLOTS, TURNS

DOCS = RESULTS.parents[1] / "docs"
PAGE, IMAGES, RESULT = DOCS / "guide" / "evidence.md", DOCS / "images", RESULTS / "evidence.json"
PLAIN = "none"
PAIRS = ((6, 9), (9, 6), (2, 5), (5, 2))


def spread(values: Sequence[float], signed: bool = False) -> str:
    """A mean and half of its interval; bold where it is a gain, or a loss, whose interval does not hold zero."""
    middle, low, high = interval(values)
    told = f"{middle:{'+' if signed else ''}.1f} ± {high - middle:.1f}"
    return f"**{told}**" if signed and (low > 0 or high < 0) else told


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """As Markdown."""
    return "\n".join("| " + " | ".join(each) + " |" for each in (head, ["---"] * len(head), *rows))


def gained(body: dict[str, Any]) -> str:
    """Scores without augmentation, and points gained."""
    scores, wanted = body["scores"], [key.split("/")[2] for key in body["scores"] if key.startswith("digits/5/")][1:]
    rows = []
    for name, words in SETS.items():
        for budget in BUDGETS:
            plain = f"{spread(scores[f'{name}/{budget}/{PLAIN}'])} %"
            rows.append([words, str(budget), plain, *(spread(gains(scores, name, budget, r), True) for r in wanted)])
    return table(["", "labels a class", PLAIN, *(body["recipes"][r] for r in wanted)], rows)


def turned(body: dict[str, Any]) -> str:
    """What MNIST's accuracy gains, and who is taken for whom."""
    told = {PLAIN: AS_THEY_ARE, **{r: body["recipes"][r] for r in TURNS}, "flips": "flipped by either"}
    rows = []
    for recipe, words in told.items():
        gain = "" if recipe == PLAIN else spread(gains(body["scores"], "mnist", TURNED, recipe), True)
        rows.append([words, gain, *(f"{one_way(body['confusions'], recipe, *pair):.1f} %" for pair in PAIRS)])
    return table(["in training", "points gained", *(f"{a} taken for {b}" for a, b in PAIRS)], rows)


def counted(body: dict[str, Any]) -> str:
    """How many gains are sure, on which side, of those of the first table."""
    keys = [key.split("/") for key in body["scores"]]
    found = [
        interval(gains(body["scores"], name, int(budget), recipe))
        for name, budget, recipe in keys
        if recipe not in (PLAIN, *TURNS)
    ]
    above, below = sum(low > 0 for _, low, _ in found), sum(high < 0 for _, _, high in found)
    return (
        f"Of {len(found)} differences {above} are above zero with the whole of their interval, and {below} are below; "
        f"had augmentation no effect at all, about {len(found) / 20:.0f} would lie off zero by chance."
    )


def settings(body: dict[str, Any]) -> str:
    """How long, and how large."""
    rows = []
    for name, words in SETS.items():
        rate = max(body["rates"][name], key=lambda each: body["rates"][name][each])
        rows.append([words, str(body["tested"][name]), str(body["steps"][name]), str(body["batch"][name]), rate])
    return table(["", "pictures in the test", "steps", "pictures a step", "Adam's first step"], rows)


def cost(body: dict[str, Any]) -> str:
    """Where, when and how long."""
    where = body["machine"]
    trainings = sum(len(each) for each in body["scores"].values())
    return (
        f"{trainings} trainings, and {len(body['rates']) * 6} to choose the steps of Adam, took {body['minutes']:.0f} "
        f"minutes of one core of an {where['cpu']}, {where['date'][:10]}."
    )


BLOCKS: dict[str, Callable[[dict[str, Any]], str]] = {
    "gains": gained,
    "turned": turned,
    "counted": counted,
    "settings": settings,
    "cost": cost,
}


def filled(text: str, body: dict[str, Any]) -> str:
    """The page with its tables between their marks."""
    for name, made in BLOCKS.items():
        begin, end = f"<!-- {name}: begin (filled by bench/evidence.py) -->\n", f"<!-- {name}: end -->"
        assert text.count(begin) == text.count(end) == 1, f"{PAGE} has no place for {name}"
        text = text[: text.index(begin) + len(begin)] + made(body) + "\n" + text[text.index(end) :]
    return text


def main() -> None:
    """Write the tables and the plots."""
    body = json.loads(RESULT.read_text(encoding="utf-8"))
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), body), encoding="utf-8")
    for name, drawn in PLOTS.items():
        (IMAGES / name).write_text(drawn(body), encoding="utf-8")


if __name__ == "__main__":
    main()
