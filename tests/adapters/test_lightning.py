"""Lightning's Trainer over the torch Loader: epochs, checkpoints in the middle of one, and no complaints."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader

import variegate as vg
import variegate.adapters.torch as vt

AUGMENT = vg.Compose([vg.Rotate((-30, 30)), vg.RandomResizedCrop(8), vg.Normalize(layout="CHW")])
PICTURES = np.random.default_rng(0).integers(0, 256, (19, 12, 10, 3), np.uint8)
Step = tuple[int, int, list[int], bytes]  # epoch and step as Lightning counts them; ids and pixels

pytestmark = [
    pytest.mark.filterwarnings("error::lightning.fabric.utilities.warnings.PossibleUserWarning"),
    pytest.mark.filterwarnings("error:.*resum.*"),
]


class Model(lightning.LightningModule):
    """A linear model that notes what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3 * 8 * 8, 3)
        self.steps: list[Step] = []

    def training_step(self, batch: Any, number: int) -> torch.Tensor:
        ids = batch["id"].tolist() if isinstance(batch, dict) else []
        image = batch["image"] if isinstance(batch, dict) else batch
        self.steps.append((self.current_epoch, number, ids, image.numpy().tobytes()))
        return self.layer(image.flatten(1)).square().mean()

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.01)


class Checked(Model):
    """One that is checked on other pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.checks: list[bytes] = []

    def validation_step(self, batch: Any, number: int) -> None:
        self.checks.append(batch["image"].numpy().tobytes())

    def predict_step(self, batch: Any, number: int) -> torch.Tensor:
        return batch["index"]


def plain(**options: Any) -> vg.Loader:
    return vg.Loader(vg.Arrays(PICTURES), AUGMENT, **{"batch_size": 4, "seed": 3, "workers": 2, **options})


def trainer(folder: Path, **options: Any) -> lightning.Trainer:
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False}
    few = {"max_epochs": 2, "accelerator": "cpu", "default_root_dir": folder, "enable_checkpointing": False}
    return lightning.Trainer(**{**quiet, **few, **options})


def wanted(epochs: int = 2) -> list[Step]:
    return [
        (epoch, number, batch["id"].tolist(), batch["image"].tobytes())
        for epoch in range(epochs)
        for number, batch in enumerate(plain().epoch(epoch))
    ]


@pytest.mark.parametrize("form", [{}, {"device": "cpu"}])
def test_the_trainer_runs_epoch_after_epoch(tmp_path: Path, form: dict[str, Any]) -> None:
    model = Checked()
    checks = vt.Loader(plain(shuffle=False), **form)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        trainer(tmp_path).fit(model, vt.Loader(plain(), **form), checks)
    assert model.steps == wanted()
    assert not [warning for warning in said if "loader" in str(warning.message).lower()]
    whole = [[b["image"].tobytes() for b in plain(shuffle=False).epoch(epoch)] for epoch in (0, 1)]
    assert model.checks == whole[0][:2] + whole[0] + whole[1]  # two batches first, to see whether all is well


def test_the_epoch_is_the_trainer_s_and_not_a_count_of_passes(tmp_path: Path) -> None:
    loader = vt.Loader(plain())
    list(loader)
    for _ in range(2):  # a second fit begins at epoch 0 again
        model = Model()
        trainer(tmp_path).fit(model, loader)
        assert model.steps == wanted()


def test_validate_and_predict_and_overfit(tmp_path: Path) -> None:
    model, loader = Checked(), vt.Loader(plain(shuffle=False))
    trainer(tmp_path).validate(model, loader)
    assert model.checks == [batch["image"].tobytes() for batch in plain(shuffle=False)]
    shown = trainer(tmp_path).predict(model, loader)
    assert shown is not None and torch.cat(shown).tolist() == list(range(19))
    few = Model()
    trainer(tmp_path, overfit_batches=2).fit(few, loader)
    assert [step[2] for step in few.steps] == [[0, 1, 2, 3], [4, 5, 6, 7]] * 2


def test_a_part_of_each_epoch(tmp_path: Path) -> None:
    model = Model()
    trainer(tmp_path, limit_train_batches=3).fit(model, vt.Loader(plain()))
    assert model.steps == [step for step in wanted() if step[1] < 3]


def saved(folder: Path, loader: vt.Loader) -> list[Path]:
    """Checkpoints of a run, one after each step and one after each epoch."""
    each = ModelCheckpoint(folder, "step{step}", save_top_k=-1, every_n_train_steps=1, auto_insert_metric_name=False)
    epochs = ModelCheckpoint(folder, "epoch{epoch}", save_top_k=-1, auto_insert_metric_name=False)
    trainer(folder, enable_checkpointing=True, callbacks=[each, epochs]).fit(Model(), loader)
    steps = sorted(folder.glob("step*.ckpt"), key=lambda path: int(path.stem[4:]))
    return [*steps, *sorted(folder.glob("epoch*.ckpt"))]


@pytest.mark.filterwarnings("ignore:Be aware that when using `ckpt_path`")
@pytest.mark.parametrize("form", [{}, {"device": "cpu"}])  # the second fetches one batch ahead
def test_resume_from_a_checkpoint_of_every_step(tmp_path: Path, form: dict[str, Any]) -> None:
    want = wanted(3)
    paths = saved(tmp_path, vt.Loader(plain(), **form))
    assert [path.stem for path in paths] == [*(f"step{step}" for step in range(1, 11)), "epoch0", "epoch1"]
    for path in paths:
        model = Model()
        loader = vt.Loader(plain(workers=1), **form)
        trainer(tmp_path, max_epochs=3).fit(model, loader, ckpt_path=path, weights_only=True)
        done = int(path.stem[4:]) if path.stem.startswith("step") else 5 * (int(path.stem[5:]) + 1)
        assert model.steps == want[done:], path.stem


def test_worker_processes_with_our_sampler_get_the_trainer_s_epoch(tmp_path: Path) -> None:
    data = vt.KeyedDataset(list(PICTURES), AUGMENT, seed=3)
    loader = DataLoader(
        data, batch_size=4, sampler=vt.Sampler(data, seed=3), num_workers=1, multiprocessing_context="fork"
    )
    model = Model()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one worker is few
        trainer(tmp_path).fit(model, loader)
    assert [(epoch, n, image) for epoch, n, _, image in model.steps] == [(e, n, image) for e, n, _, image in wanted()]
