"""The study: every recipe on every set and budget, from the same pictures, weights and number of steps in a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

import variegate as vg
import variegate.adapters.torch as vt
from learning import nets, recipes, sets
from learning.outcome import BUDGETS, SETS, TURNED

SEEDS = (0, 1, 2, 3, 4)
BATCH = {"mnist": 25, "digits": 25, "collage": 10}  # the least budget is two batches
STEPS = {"mnist": 400, "digits": 300, "collage": 300}
RATES, TRIALS = (0.001, 0.003, 0.01), (100, 101)  # Adam's step, chosen with seeds that are not reported
Confusion = NDArray[np.int64]  # (classes, classes): which they are, and which they were taken for


@dataclass(frozen=True)
class Run:
    """One training."""

    name: str
    budget: int
    recipe: str
    seed: int


def runs(seeds: tuple[int, ...] = SEEDS) -> Iterator[Run]:
    """All that are reported: the comparison, and the turned digits."""
    for seed in seeds:
        for name, budget, recipe in product(SETS, BUDGETS, recipes.RECIPES):
            yield Run(name, budget, recipe, seed)
        for recipe in recipes.TURNS:
            yield Run("mnist", TURNED, recipe, seed)


def loader(labelled: sets.Part, run: Run, classes: int) -> vt.Loader:
    """Batches of varied pictures, as tensors."""
    fields = {}
    if labelled.masks is not None:
        shares = np.eye(classes + 1, dtype=np.float32)
        fields["mask"] = shares[labelled.masks] if run.recipe == "MixUp" else labelled.masks
    augment = recipes.pipeline(run.recipe, labelled.images.shape[1], classes, bool(fields))
    source = vg.Arrays(labelled.images, None if fields else labelled.labels, fields=fields, targets=augment.targets)
    own = vg.Loader(source, augment, batch_size=BATCH[run.name], seed=run.seed, workers=0)  # there is one core
    return vt.Loader(own)


def train(data: sets.Set, labelled: sets.Part, run: Run, rate: float, steps: int) -> torch.nn.Module:
    """A net after so many steps of Adam, whose size falls evenly to nothing."""
    torch.manual_seed(run.seed)  # the weights at first are those of the seed, whatever the recipe
    masks = labelled.masks is not None
    net = nets.net(run.name, labelled.images.shape[1:], data.classes + masks).train()
    adam = torch.optim.Adam(net.parameters(), rate)
    fall = torch.optim.lr_scheduler.LinearLR(adam, 1, 0, steps)
    for _, batch in zip(range(steps), loader(labelled, run, data.classes).stream(), strict=False):
        adam.zero_grad()
        loss(net(batch["image"]), batch).backward()
        adam.step()
        fall.step()
    return net.eval()


def loss(found: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Cross-entropy with classes or with shares of them, of pictures or of pixels."""
    if "mask" not in batch:
        return cross_entropy(found, batch["label"])
    if batch["mask"].is_floating_point():
        return cross_entropy(found, batch["mask"].movedim(3, 1))
    return cross_entropy(found, batch["mask"].long(), ignore_index=255)


@torch.no_grad()
def taken(net: torch.nn.Module, part: sets.Part) -> NDArray[np.int64]:
    """The classes for which a net takes pictures, or their pixels."""
    pixels = torch.from_numpy(part.images).movedim(3, 1).float() / 255
    return torch.cat([net(some).argmax(1) for some in pixels.split(200)]).numpy()


def confusion(found: NDArray[np.int64], part: sets.Part, classes: int) -> Confusion:
    """Pictures, or pixels, counted by what they are and what they were taken for."""
    truth, count = (part.labels, classes) if part.masks is None else (part.masks, classes + 1)
    pairs = truth.astype(np.int64).ravel() * count + found.ravel()
    return np.bincount(pairs, minlength=count * count).reshape(count, count)


def score(counted: Confusion, masks: bool) -> float:
    """In per cent: the accuracy, or of masks the mean over classes of intersection over union."""
    right = np.diag(counted)
    if not masks:
        return float(100 * right.sum() / counted.sum())
    return float(100 * np.mean(right / (counted.sum(0) + counted.sum(1) - right)))


def chosen(data: sets.Set, steps: int, trials: tuple[int, ...] = TRIALS) -> dict[float, float]:
    """The mean score of each rate, of training without augmentation: on what remains of the pool, never on the test."""
    found = {}
    for rate in RATES:
        scores = []
        for seed in trials:
            labelled, rest = data.draw(20, seed)
            net = train(data, labelled, Run(data.name, 20, "none", seed), rate, steps)
            scores.append(score(confusion(taken(net, rest), rest, data.classes), rest.masks is not None))
        found[rate] = float(np.mean(scores))
    return found
