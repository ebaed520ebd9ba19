"""Labels in Keras: what fit sees are the plain loader's, by the names of the model's outputs."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from typing import Any

import keras
import numpy as np
import pytest

import variegate as vg
from variegate.adapters.keras import Dataset
from variegate.errors import InputError
from variegate.loader import Padded

NAMES = ("boxes", "labels", "masks", "mask")


def scaled(labelled: Any, *names: str, **options: Any) -> vg.Loader:
    """A loader whose pictures a model takes."""
    augment = vg.Compose([*labelled.augment.ops, vg.Normalize()], targets={"mask": labelled.targets["mask"]})
    return vg.Loader(labelled.source(*names), augment, **{"batch_size": 4, "seed": 3, "workers": 2, **options})


def test_a_batch_is_the_picture_and_its_fields(labelled: Any) -> None:
    plain = labelled.loader(*NAMES, labels=np.arange(19), collate=Padded(5))
    dataset = Dataset(plain, epoch=2)
    for i in range(len(dataset)):
        image, fields = dataset[i]
        want = plain.batch(2, i)
        assert set(fields) == {*NAMES, "instances", "label"} and np.array_equal(image, want["image"])
        assert all(fields[name].dtype == want[name].dtype for name in fields)
        assert all(np.array_equal(fields[name], want[name]) for name in fields)
    assert [fields["boxes"].shape for _, fields in dataset] == [(4, 5, 4)] * 4 + [(3, 5, 4)]


def test_a_mask_alone_needs_no_padding(labelled: Any) -> None:
    image, fields = Dataset(labelled.loader("mask"))[0]
    assert list(fields) == ["mask"] and fields["mask"].shape == (4, 24, 24) == image.shape[:3]


def test_lists_are_refused_with_advice(labelled: Any) -> None:
    said = r"boxes is a list, and Keras takes arrays: give vg.Loader collate=Padded\(\.\.\.\)"
    with pytest.raises(InputError, match=said):
        Dataset(labelled.loader("boxes"))[0]
    with pytest.raises(InputError, match=r"polygons is a list, .* leave out polygons"):
        Dataset(labelled.loader("boxes", "polygons", collate=Padded(5)))[0]


def test_fit_trains_a_segmenter_and_sees_the_masks_of_the_loader(labelled: Any) -> None:
    seen: list[bytes] = []

    class Spy(keras.Model):
        def train_step(self, data: Any) -> Any:
            seen.append(data[1]["mask"].numpy().tobytes())
            return super().train_step(data)

    keras.utils.set_random_seed(5)
    picture = keras.Input((24, 24, 3))
    scores = keras.layers.Conv2D(10, 1, activation="softmax")(picture)
    model = Spy(picture, {"mask": scores})
    model.compile("sgd", {"mask": "sparse_categorical_crossentropy"}, run_eagerly=True)
    plain = scaled(labelled, "mask")
    model.fit(Dataset(plain), epochs=2, verbose=0)
    assert seen == [batch["mask"].tobytes() for epoch in (0, 1) for batch in plain.epoch(epoch)]


def test_fit_trains_on_padded_boxes_by_a_loss_of_ones_own(labelled: Any) -> None:
    class Detector(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.head = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(20), keras.layers.Reshape((5, 4))])

        def call(self, image: Any) -> Any:
            return self.head(image)

        def compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None, training: bool = True) -> Any:
            there = keras.ops.cast(y["instances"], "float32")[..., None]
            return keras.ops.sum(keras.ops.abs(y_pred - y["boxes"]) * there) / (4 * keras.ops.sum(there) + 1)

    keras.utils.set_random_seed(5)
    model = Detector()
    model.compile(keras.optimizers.SGD(0.001))
    plain = scaled(labelled, "boxes", "labels", collate=Padded(5))
    losses = model.fit(Dataset(plain), epochs=6, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
