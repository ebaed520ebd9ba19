"""The outcome: what the scores of the seeds say, and how surely. Standard library only, so that tests may read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from statistics import mean, stdev

from report import Row

Scores = Mapping[str, Sequence[float]]  # "mnist/5/none": per cent, one a seed
T = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}  # Student's, two-sided, 95 %, by degrees of freedom
SETS = {
    "mnist": "MNIST, accuracy",
    "digits": "digits, accuracy",
    "collage": "collages, mean IoU",
}
BUDGETS = (5, 20, 100)  # labelled pictures a class
TURNED = 20  # the budget of the digits that are turned


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean, and the ends of its 95 % interval by Student's t."""
    half = T[len(values) - 1] * stdev(values) / sqrt(len(values))
    return mean(values), mean(values) - half, mean(values) + half


def gains(scores: Scores, name: str, budget: int, recipe: str) -> list[float]:
    """Points over training with no augmentation, seed by seed."""
    pairs = zip(scores[f"{name}/{budget}/{recipe}"], scores[f"{name}/{budget}/none"], strict=True)
    return [one - plain for one, plain in pairs]


def differences(scores: Scores) -> Iterator[Row]:
    """A row for each set, budget and recipe: the gain over none, in points."""
    for key in scores:
        name, budget, recipe = key.split("/")
        if recipe != "none":
            middle, low, high = interval(gains(scores, name, int(budget), recipe))
            title = f"{SETS[name]}, {budget} a class: {recipe} - none"
            yield Row(title, middle, "points", low, high, note="mean, 95 % interval of the paired difference")


def levels(scores: Scores) -> Iterator[Row]:
    """A figure for each set, budget and recipe: its score in per cent."""
    for key, values in scores.items():
        name, budget, recipe = key.split("/")
        middle, low, high = interval(values)
        yield Row(f"{SETS[name]}, {budget} a class: {recipe}", middle, "%", low, high, note="mean, 95 % interval")


def taken_for(confusions: Mapping[str, Sequence[str]], recipe: str, pair: tuple[int, int]) -> float:
    """How many in a hundred of MNIST's test pictures of two digits were taken for the other of the two, all seeds."""
    return (one_way(confusions, recipe, *pair) + one_way(confusions, recipe, *pair[::-1])) / 2


def one_way(confusions: Mapping[str, Sequence[str]], recipe: str, is_: int, as_: int) -> float:
    """How many in a hundred of one digit were taken for another."""
    row = [int(count) for count in confusions[f"mnist/{TURNED}/{recipe}"][is_].split()]
    return 100 * row[as_] / sum(row)
