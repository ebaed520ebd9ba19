"""What wraps a Loader gives its mixed samples, byte for byte; what knows no other sample refuses to mix, by name."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from typing import Any

import datasets
import jax
import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from PIL import Image

import variegate as vg
from variegate.adapters import huggingface as vh
from variegate.adapters import jax as vj
from variegate.adapters import keras as vk
from variegate.adapters import ray as vr
from variegate.adapters import tensorflow as vtf
from variegate.adapters import torch as vt
from variegate.errors import FieldError

COUNT = 70
PICTURES = np.random.default_rng(0).integers(0, 256, (COUNT, 12, 10, 3), np.uint8)
LABELS = np.arange(COUNT) % 3
AUGMENT = vg.Compose(
    [vg.RandomResizedCrop(8), vg.OneOf([vg.MixUp(1.0), vg.CutMix()], p=0.9), vg.Normalize()],
    targets={"label": vg.Classes(3, smoothing=0.1)},
)
WITHIN = vg.Compose(
    [
        vg.RandomResizedCrop(8),
        vg.OneOf([vg.MixUp(1.0, partners="flip", per="pair"), vg.CutMix(partners="flip", per="pair")]),
        vg.Normalize(),
    ],
    targets={"label": vg.Classes(3)},
)
LOADER = "vg.Loader({}, augment, batch_size=64)"


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


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize(
    ("make", "who", "instead"),
    [
        (lambda a: vt.KeyedDataset([(PICTURES[0], 0)], a), "KeyedDataset", f"vt.Loader({LOADER.format('dataset')})"),
        (vt.Transform, "Transform", f"vt.Loader({LOADER.format('source')})"),
        (vtf.mapper, "mapper", f"vtf.dataset({LOADER.format('source')})"),
        (vtf.keyed_mapper, "keyed_mapper", f"vtf.dataset({LOADER.format('source')})"),
        (vj.keyed, "keyed", f"vj.Loader({LOADER.format('source')})"),
        (vh.transform, "transform", LOADER.format("vg.HuggingFace(dataset)")),
        (vh.keyed, "keyed", LOADER.format("vg.HuggingFace(dataset)")),
        (vr.Augment, "Augment", "vr.rows(source, augment=augment)"),
    ],
    ids=["KeyedDataset", "Transform", "mapper", "keyed_mapper", "vj.keyed", "vh.transform", "vh.keyed", "vr.Augment"],
)
def test_what_augments_samples_of_others_refuses_when_it_is_made(make, who, instead, batched) -> None:
    """By name, with the line that mixes; also where partners are of a batch: what DataLoader asks for is none."""
    with pytest.raises(FieldError) as problem:
        make(WITHIN if batched else AUGMENT)
    assert str(problem.value) == (
        f"{who} knows no other sample, and MixUp, CutMix mixes samples. Write {instead}; or leave out what mixes: "
        "augment.without()"
    )
    made: Any = make(AUGMENT.without())
    assert made is not None


def test_the_lines_told_mix() -> None:
    """Those of another's data set, which is a list of dicts here, and of Hugging Face's."""
    dataset = datasets.Dataset.from_dict(
        {"image": [Image.fromarray(each) for each in PICTURES], "label": LABELS.tolist()},
        datasets.Features({"image": datasets.Image(), "label": datasets.Value("int64")}),
    )
    rows = vg.Loader(vg.HuggingFace(dataset, label="label"), AUGMENT, batch_size=16, seed=3, workers=0)
    assert [(b["image"].tobytes(), b["label"].tobytes()) for b in rows] == pairs()
    listed = [{"image": image, "label": int(label)} for image, label in zip(PICTURES, LABELS, strict=True)]
    items = list(vt.Loader(vg.Loader(listed, AUGMENT, batch_size=16, seed=3, workers=0)))
    assert [b["image"].numpy().tobytes() for b in items] == [image for image, _ in pairs()]
    for batch, (_, label) in zip(items, pairs(), strict=True):  # which came with the sample, and was smoothed there
        np.testing.assert_allclose(batch["label"].numpy().ravel(), np.frombuffer(label, np.float32), atol=1e-6)


def test_rows_of_ray_know_no_batch() -> None:
    with pytest.raises(
        FieldError, match=r"^rows knows blocks of 64 places and no batch, and MixUp mixes within a batch"
    ):
        vr.rows(vg.Arrays(PICTURES), augment=WITHIN)


def test_batches_that_mix_within_are_the_same_in_all_frameworks() -> None:
    def loader() -> vg.Loader:
        return vg.Loader(vg.Arrays(PICTURES, LABELS), WITHIN, batch_size=16, seed=3, workers=2)

    wanted = [(b["image"].tobytes(), b["label"].tobytes()) for b in loader()]
    found = {
        "torch": [(b["image"].numpy(), b["label"].numpy()) for b in vt.Loader(loader())],
        "tensorflow": [(x.numpy(), y.numpy()) for x, y in vtf.dataset(loader())],
        "keras": [(np.asarray(x), np.asarray(y)) for x, y in (vk.Dataset(loader())[n] for n in range(5))],
        "jax": [(np.asarray(b["image"]), np.asarray(b["label"])) for b in vj.Loader(loader())],
    }
    for name, made in found.items():
        assert [(image.tobytes(), label.tobytes()) for image, label in made] == wanted, name
