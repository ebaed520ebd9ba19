"""What wraps a Loader gives its mixed samples, byte for byte; what knows no other sample refuses to mix, by name."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from typing import Any

import jax
import keras
import numpy as np
import pytest
import tensorflow as tf
import torch

import variegate as vg
from variegate.adapters import jax as vj
from variegate.adapters import keras as vk
from variegate.adapters import tensorflow as vtf
from variegate.adapters import torch as vt
from variegate.errors import InputError

COUNT = 70
PICTURES = np.random.default_rng(0).integers(0, 256, (COUNT, 12, 10, 3), np.uint8)
LABELS = np.arange(COUNT) % 3
AUGMENT = vg.Compose(
    [vg.RandomResizedCrop(8), vg.OneOf([vg.MixUp(1.0), vg.CutMix()], p=0.9), vg.Normalize()],
    targets={"label": vg.Classes(3, smoothing=0.1)},
)
REFUSED = r"MixUp, CutMix mixes samples, and there is no other here\. A vg\.Loader draws partners by itself"


def plain(**options: Any) -> vg.Loader:
    source = vg.Arrays(PICTURES, LABELS)
    return vg.Loader(source, AUGMENT, **{"batch_size": 16, "seed": 3, "workers": 2, **options})


def pairs(epoch: int = 0) -> list[tuple[bytes, bytes]]:
    return [(batch["image"].tobytes(), batch["label"].tobytes()) for batch in plain(workers=0).epoch(epoch)]


def test_torch_has_the_bytes_and_its_loss_takes_the_labels() -> None:
    batches = list(vt.Loader(plain()))
    assert [(b["image"].numpy().tobytes(), b["label"].numpy().tobytes()) for b in batches] == pairs()
    logits = torch.zeros(len(batches[0]["label"]), 3)
    assert torch.nn.functional.cross_entropy(logits, batches[0]["label"]).item() == pytest.approx(np.log(3), abs=1e-5)


def test_tensorflow_has_the_bytes() -> None:
    data = vtf.dataset(plain())
    assert data.element_spec[1].shape.as_list() == [None, 3] and data.element_spec[1].dtype == tf.float32
    assert [(x.numpy().tobytes(), y.numpy().tobytes()) for x, y in data] == pairs()


def test_keras_has_the_bytes_and_its_loss_takes_the_labels() -> None:
    data = vk.Dataset(plain())
    found = [data[n] for n in range(len(data))]
    assert [(np.asarray(x).tobytes(), np.asarray(y).tobytes()) for x, y in found] == pairs()
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")])
    model.compile(loss="categorical_crossentropy")
    assert np.isfinite(model.fit(vk.Dataset(plain()), verbose=0).history["loss"]).all()


def test_jax_has_the_bytes() -> None:
    batches = list(vj.Loader(plain()))
    assert isinstance(batches[0]["image"], jax.Array)
    assert [(np.asarray(b["image"]).tobytes(), np.asarray(b["label"]).tobytes()) for b in batches] == pairs()


def test_a_torch_loader_goes_on_where_it_was() -> None:
    one = vt.Loader(plain())
    passing = iter(one)
    next(passing)
    state = one.state_dict()
    left = [batch["image"].numpy().tobytes() for batch in passing]
    other = vt.Loader(plain(batch_size=16))
    other.load_state_dict(state)
    assert [batch["image"].numpy().tobytes() for batch in other] == left == [image for image, _ in pairs()[1:]]


def test_what_augments_samples_of_others_refuses() -> None:
    data = [(picture, 0) for picture in PICTURES[:3]]
    with pytest.raises(InputError, match=REFUSED):
        vt.KeyedDataset(data, AUGMENT)[0]
    with pytest.raises(InputError, match=REFUSED):
        vt.Transform(AUGMENT)(PICTURES[0])
    with pytest.raises((InputError, tf.errors.InvalidArgumentError, tf.errors.UnknownError), match=REFUSED):
        list(tf.data.Dataset.from_tensor_slices(PICTURES[:2]).map(vtf.mapper(AUGMENT)))
