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
from variegate.errors import FieldError, InputError
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


def test_a_mask_alone_is_the_target(labelled: Any) -> None:
    image, mask = Dataset(labelled.loader("mask"))[0]
    assert mask.shape == (4, 24, 24) == image.shape[:3]
    assert np.array_equal(mask, labelled.loader("mask").batch(0, 0)["mask"])


@pytest.fixture
def weighed() -> vg.Loader:
    """Pictures with a mask, a label and a weight, of which the last is a half for every other sample."""
    rng, targets = np.random.default_rng(0), {"mask": vg.Mask(), "weight": vg.PerSample()}
    fields = {"mask": rng.integers(0, 2, (8, 6, 6), np.uint8), "weight": [1.0, 0.5] * 4}
    pictures = rng.integers(0, 256, (8, 6, 6, 3), np.uint8)
    source = vg.Arrays(pictures, labels=[0, 1] * 4, fields=fields, targets=targets)
    return vg.Loader(source, vg.Compose([vg.ToDtype("float32")]), batch_size=4, shuffle=False, workers=0)


def test_what_is_the_target_and_what_weighs_can_be_said(weighed: vg.Loader) -> None:
    batch = weighed.batch(0, 0)
    image, target, weight = Dataset(weighed, target="mask", sample_weight="weight")[0]
    assert np.array_equal(target, batch["mask"]) and weight.tolist() == [1, 0.5, 1, 0.5]
    image, target = next(iter(Dataset(weighed, target="image")))
    assert target is image and image.dtype == np.float32
    _, target = Dataset(weighed, target=["mask"])[0]
    assert list(target) == ["mask"]
    _, target, _ = Dataset(weighed, sample_weight="weight")[0]
    assert list(target) == ["mask", "label"]
    for wrong in (3, [], ["mask", 3]):
        with pytest.raises(FieldError, match=r"^Dataset\.target is the name of a field, a list of names, or None, got"):
            Dataset(weighed, target=wrong)  # type: ignore[arg-type]
    with pytest.raises(FieldError, match=r"^Dataset\.sample_weight is the name of a field, or None"):
        Dataset(weighed, sample_weight=np.ones(8))  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^target='masks', and a batch has 'image', "):
        Dataset(weighed, target="masks")[0]
    with pytest.raises(InputError, match=r"^sample_weight='mass', and a batch has 'image', "):
        Dataset(weighed, sample_weight="mass")[0]


def test_keras_weighs_by_the_field(weighed: vg.Loader) -> None:
    nought = keras.layers.Dense(1, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((6, 6, 3)), keras.layers.Flatten(), nought])
    model.compile("sgd", "mse")
    assert model.evaluate(Dataset(weighed, target="label"), verbose=0) == pytest.approx(1 / 2)
    weighs = Dataset(weighed, target="label", sample_weight="weight")  # every other label is 1, and counts half
    assert model.evaluate(weighs, verbose=0) == pytest.approx(1 / 4)


def test_an_autoencoder_fits(weighed: vg.Loader) -> None:
    model = keras.Sequential([keras.Input((6, 6, 3)), keras.layers.Conv2D(3, 1)])
    model.compile("sgd", "mse")
    assert np.isfinite(model.fit(Dataset(weighed, target="image"), epochs=2, verbose=0).history["loss"]).all()


def test_a_plain_segmenter_fits(labelled: Any) -> None:
    model = keras.Sequential([keras.Input((24, 24, 3)), keras.layers.Conv2D(10, 1, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert np.isfinite(model.fit(Dataset(scaled(labelled, "mask")), epochs=2, verbose=0).history["loss"]).all()


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
    model.fit(Dataset(plain, target=["mask"]), epochs=2, verbose=0)
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
