"""docs/guide/evidence.md says what bench/results/evidence.json holds."""

from __future__ import annotations

import importlib
import json
import re
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[1]
BODY: dict[str, Any] = json.loads((ROOT / "bench/results/evidence.json").read_text(encoding="utf-8"))
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def learning(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """What draws the page: standard library only, so no framework is needed."""
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    return importlib.import_module("learning.page")


def test_the_page_and_its_plots_are_those_of_the_results(learning: ModuleType) -> None:
    told = "python -m learning.page, in bench/, writes it"
    page = learning.PAGE.read_text(encoding="utf-8")
    assert learning.filled(page, BODY) == page, told
    for name, drawn in learning.PLOTS.items():
        assert drawn(BODY) == (learning.IMAGES / name).read_text(encoding="utf-8"), told


def test_every_recipe_was_trained_with_every_budget_and_seed() -> None:
    assert not BODY["quick"] and {len(scores) for scores in BODY["scores"].values()} == {5}
    counts = Counter(key.rpartition("/")[0] for key in BODY["scores"])
    assert counts.pop("mnist/20") == 10 and set(counts.values()) == {6} and len(counts) == 8


def test_scores_are_those_of_what_was_counted() -> None:
    for key, rows in BODY["confusions"].items():  # all test sets of a seed are of one size, so means are of all
        counts = [[int(count) for count in row.split()] for row in rows]
        right = sum(counts[k][k] for k in range(10))
        assert sum(map(sum, counts)) == 5 * BODY["tested"]["mnist"]
        mean = sum(BODY["scores"][key]) / 5
        assert mean == pytest.approx(100 * right / sum(map(sum, counts)), abs=1e-3)


def test_rows_are_those_of_the_scores(learning: ModuleType) -> None:
    outcome = importlib.import_module("learning.outcome")
    for kind, made in (("rows", outcome.differences), ("figures", outcome.levels)):
        kept = [(row["name"], row["value"], row["low"], row["high"]) for row in BODY[kind]]
        assert kept == [(row.name, row.value, row.low, row.high) for row in made(BODY["scores"])]


def test_an_interval_is_students(learning: ModuleType) -> None:
    stats = pytest.importorskip("scipy.stats")
    for values in ([1.0, 2.0, 4.0, 8.0, 9.0], [0.5, 0.7]):
        middle, low, high = learning.interval(values)
        ends = stats.t.interval(0.95, len(values) - 1, middle, stats.sem(values))
        assert (low, high) == pytest.approx(ends, abs=2e-3)


def test_a_bar_is_as_long_as_its_number(learning: ModuleType) -> None:
    root = ElementTree.fromstring(learning.PLOTS["evidence-turned.svg"](BODY))
    told = [each.text or "" for each in root.iter(f"{SVG}text")]
    shares = [float(text.split()[0]) for text in told if re.fullmatch(r"[\d.]+ %", text)]
    long = [float(bar.attrib["width"]) for bar in root.iter(f"{SVG}rect")]
    assert len(long) == len(shares) == 10
    for length, share in zip(long, shares, strict=True):
        assert length == pytest.approx(max(long) * share / max(shares), abs=max(long) * 0.06 / max(shares) + 0.1)


BUDGETS = (5, 20, 100)
RECIPES = ("flips", "seed", "moves", "RandAugment", "MixUp")
SAID = [  # the words of the page, what they are about, and where its interval lies: 1 above zero, -1 below, 0 about it
    ("small moves and RandAugment gain most", [("mnist", b, r) for b in (5, 20) for r in ("moves", "RandAugment")], 1),
    ("moves gain nothing in so few steps", [("mnist", 100, "moves")], 0),
    ("RandAugment and moves gain with 5 labels a class", [("digits", 5, "RandAugment"), ("digits", 5, "moves")], 1),
    ("With 100, RandAugment gains a little", [("mnist", 100, "RandAugment")], 1),
    ("and RandAugment with 100", [("digits", 100, "RandAugment")], -1),
    ("MixUp with 20", [("digits", 20, "MixUp")], 1),
    ("moves lose from 20 on", [("digits", 20, "moves"), ("digits", 100, "moves")], -1),
    ("Flips lose on both", [(s, b, r) for s in ("mnist", "digits") for b in BUDGETS for r in ("flips", "seed")], -1),
    ("for no recipe a gain is sure", [("collage", b, r) for b in (5, 20) for r in RECIPES], 0),
    ("for no recipe a gain is sure", [("collage", 100, r) for r in ("flips", "RandAugment", "MixUp")], 0),
    ("with 100 labels a class the seed's recipe loses", [("collage", 100, r) for r in ("seed", "moves")], -1),
    ("left and right exchanged lose too", [("mnist", 20, "mirror")], -1),
    ("a six a six, gains", [("mnist", 20, "small turn")], 1),
]


@pytest.mark.parametrize(("words", "about", "wanted"), SAID)
def test_what_the_page_says_in_words_is_so(
    learning: ModuleType, words: str, about: list[tuple[str, int, str]], wanted: int
) -> None:
    assert words in " ".join(learning.PAGE.read_text(encoding="utf-8").split())
    for name, budget, recipe in about:
        _, low, high = learning.interval(learning.gains(BODY["scores"], name, budget, recipe))
        assert (low > 0) - (high < 0) == wanted, (name, budget, recipe)


def test_what_the_page_says_of_single_numbers_is_so(learning: ModuleType) -> None:
    page = " ".join(learning.PAGE.read_text(encoding="utf-8").split())
    chance = {key for key, scores in BODY["scores"].items() if min(scores) == 10}
    assert "one of its trainings on MNIST ended at chance" in page and chance == {"mnist/20/seed"}
    rates = {name: max(found, key=found.get) for name, found in BODY["rates"].items()}
    largest = {name for name, rate in rates.items() if float(rate) == max(map(float, BODY["rates"][name]))}
    assert "for digits it is the largest of the three" in page and largest == {"mnist", "digits"}
