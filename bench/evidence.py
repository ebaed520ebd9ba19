"""Better models with few labels: small nets trained with 5, 20 and 100 labels a class, without and with augmentation.

python -m bench evidence     (or: make bench ARGS=evidence)

One thread. Five seeds, each of which draws the labelled pictures and the first weights for all recipes alike.
"""

from __future__ import annotations

import time

import numpy as np
import report
import timing
import torch
from learning import outcome, page, picture, recipes, sets, study
from tqdm import tqdm

SIX, NINE = 6, 9
MISREAD = study.Run("mnist", outcome.TURNED, "half turn", 0)  # the run of which the guide shows mistakes


def main() -> None:
    """Choose a rate for each set, train all, and save."""
    args = timing.arguments(__doc__)
    torch.set_num_threads(1)
    data = {name: sets.read(name) for name in outcome.SETS}
    steps = {name: 4 if args.quick else count for name, count in study.STEPS.items()}
    tried = {name: study.chosen(data[name], steps[name]) for name in tqdm(data, "choosing rates")}
    rates = {name: max(found, key=lambda rate: found[rate]) for name, found in tried.items()}
    scores: dict[str, list[float]] = {}
    confusions: dict[str, study.Confusion] = {}
    misread: list[int] = []
    for run in tqdm(list(study.runs(study.SEEDS[:2] if args.quick else study.SEEDS)), "training"):
        whole = data[run.name]
        labelled, _ = whole.draw(run.budget, run.seed)
        found = study.taken(study.train(whole, labelled, run, rates[run.name], steps[run.name]), whole.test)
        counted = study.confusion(found, whole.test, whole.classes)
        key = f"{run.name}/{run.budget}/{run.recipe}"
        scores.setdefault(key, []).append(round(study.score(counted, whole.test.masks is not None), 3))
        if run.name == "mnist":
            confusions[key] = confusions.get(key, 0) + counted
        if run == MISREAD:
            misread = np.flatnonzero((whole.test.labels == SIX) & (found == NINE)).tolist()
    report.save(
        "evidence",
        args.out,
        list(outcome.differences(scores)),
        args.quick,
        list(outcome.levels(scores)),
        rates=tried,
        scores=scores,
        confusions={key: [" ".join(map(str, row)) for row in counted] for key, counted in confusions.items()},
        misread=misread,
        steps=steps,
        batch=study.BATCH,
        tested={name: len(each.test.labels) for name, each in data.items()},
        minutes=round(time.process_time() / 60, 1),
        recipes=recipes.RECIPES | recipes.TURNS,
    )
    if args.out.resolve() == report.RESULTS:
        page.main()
        picture.draw(data["mnist"], misread, page.IMAGES / "evidence-sixes.png")


if __name__ == "__main__":
    main()
