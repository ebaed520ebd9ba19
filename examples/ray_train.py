"""Digits, augmented by Ray Data and learnt by two workers of Ray Train: python examples/ray_train.py

With --quick fewer epochs, learnt in this process alone, without Ray Train.

Needs PyTorch, Ray Train and scikit-learn: pip install "variegate[ray,torch]" "ray[train]" scikit-learn
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits

import variegate as vg

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray tells its makers of its use unless it is told not to

import ray

import variegate.adapters.ray as vr

WORKERS, BATCH = 2, 32
WHITE = vg.Normalize((0.3,), (0.35,), layout="CHW")
AUGMENT = vg.Compose([vg.Affine(rotate=(-12, 12), scale=(0.9, 1.1)), vg.Translate((-0.08, 0.08)), WHITE])


def network() -> torch.nn.Module:
    """A small one, the same in every worker."""
    torch.manual_seed(0)
    layers = [torch.nn.Conv2d(1, 32, 3), torch.nn.ReLU(), torch.nn.Conv2d(32, 64, 3), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(64 * 16, 10))


def learn(model: torch.nn.Module, rows: Any, check: dict[str, torch.Tensor]) -> tuple[float, float]:
    """One pass over the rows: how many a second, and which share of the others is right then."""
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    samples, begun = 0, time.perf_counter()
    for batch in rows.iter_torch_batches(batch_size=BATCH):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(batch["image"]), batch["label"]).backward()
        optimizer.step()
        samples += len(batch["label"])
    rate = samples / (time.perf_counter() - begun)
    with torch.no_grad():
        right = model(check["image"]).argmax(1) == check["label"]
    return rate, right.float().mean().item()


def worker(check: dict[str, torch.Tensor]) -> tuple[float, float]:
    """What each worker of Ray Train does, with its share of the rows."""
    from ray.train import get_dataset_shard
    from ray.train.torch import prepare_model

    rate, right = learn(prepare_model(network()), get_dataset_shard("train"), check)
    return rate * WORKERS, right


def trained(rows: Any, check: dict[str, torch.Tensor]) -> tuple[float, float]:
    """The result of all workers."""
    from ray.train import RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    with tempfile.TemporaryDirectory() as folder:
        trainer = TorchTrainer(
            worker,
            train_loop_config=check,
            scaling_config=ScalingConfig(num_workers=WORKERS, use_gpu=False),
            run_config=RunConfig(storage_path=folder),
            datasets={"train": rows},
        )
        return trainer.fit().return_value


def main(epochs: int, quick: bool) -> None:
    """Train, and say how fast and how well."""
    found = load_digits()
    digits = vg.Arrays((found.images * 15.9375).astype(np.uint8), found.target)
    train, others = digits.split(0.8, seed=0)
    batch = next(iter(vg.Loader(others, vg.Compose([WHITE]), batch_size=len(others), shuffle=False, workers=0)))
    check = {name: torch.from_numpy(batch[name].copy()) for name in ("image", "label")}
    ray.init(
        address="local",
        num_cpus=1 if quick else WORKERS + 1,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
    )
    ray.data.DataContext.get_current().enable_progress_bars = False
    # Ray runs a data set anew for every pass over it, and so would draw the same numbers: all epochs are one pass.
    rows = vr.rows(train, seed=0, epoch=range(epochs)).map_batches(vr.Augment(AUGMENT, seed=0), batch_format="numpy")
    rows = rows.select_columns(["image", "label"])  # what tensors can hold
    rate, right = learn(network(), rows, check) if quick else trained(rows, check)
    ray.shutdown()
    print(f"{epochs} epochs of {len(train)} digits: {rate:.0f} a second; {right:.1%} of {len(others)} others are right")


if __name__ == "__main__":
    quick = "--quick" in sys.argv[1:]
    main(2 if quick else 12, quick)
