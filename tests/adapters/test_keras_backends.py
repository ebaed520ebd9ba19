"""The Keras adapter on its other backends, each in a process of its own: the same batches, and no thread stays."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """
import gc, json, sys, threading
sys.modules["tensorflow"] = None  # as where the backend is all that is installed
sys.path.insert(0, sys.argv[1])
gc.disable()  # what ends, ends without the collector
import keras
import numpy as np
import test_keras as t
import variegate as vg

def told(batch):
    return batch["image"].tobytes(), np.asarray(batch["label"]).tolist()

def want(*epochs, batches=t.BATCHES):
    return [told(batch) for epoch in epochs for batch in t.loader(batches, workers=0).epoch(epoch)]

class Spy(keras.Sequential):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        try:
            self.seen.append((keras.ops.convert_to_numpy(x).tobytes(), keras.ops.convert_to_numpy(y).tolist()))
        except Exception:  # while Keras builds the model, without numbers
            pass
        return super().compute_loss(x, y, y_pred, sample_weight, training)

def model(built=True, kind=Spy, **options):
    keras.utils.set_random_seed(5)
    layers = [keras.Input((8, 8, 3))] * built + [keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")]
    made = kind(layers)
    made.seen = []
    made.compile(keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy", **options)
    return made

def seen(dataset, built=True, **options):
    made = model(built, run_eagerly=True)
    made.fit(dataset, verbose=0, **options)
    return made.seen

def threads():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("variegate-")]

found = {"backend": keras.backend.backend()}

for built in (True, False):
    data = t.Dataset(t.loader())
    found[f"fit, built={built}"] = seen(data, built, epochs=2) == want(0, 1) and seen(data, built, epochs=1) == want(2)
    data = t.Dataset(t.loader())
    found[f"initial_epoch, built={built}"] = seen(data, built, epochs=4, initial_epoch=2) == want(2, 3)

compiled, by_hand = model(kind=keras.Sequential), model(kind=keras.Sequential)
compiled.fit(t.Dataset(t.loader()), epochs=2, verbose=0)
for epoch in range(2):
    for batch in t.loader().epoch(epoch):
        by_hand.train_on_batch(batch["image"].copy(), batch["label"])
found["a compiled fit learns from the same bytes"] = t.weights(compiled) == t.weights(by_hand)

row, data = want(0, 1, batches=6), t.Dataset(t.loader(6))
found["steps_per_epoch"] = seen(data, epochs=6, steps_per_epoch=2) == row
data = t.Dataset(t.loader(6))
found["steps_per_epoch, initial_epoch"] = seen(data, epochs=6, steps_per_epoch=2, initial_epoch=2) == row[4:]

data, row = t.Dataset(t.loader(), endless=True), want(*range(6))
found["endless"] = [
    seen(data, epochs=2, steps_per_epoch=8) == row[:16],
    seen(data, built=False, epochs=1, steps_per_epoch=7) == row[20:27],
    seen(t.Dataset(t.loader(), endless=True), epochs=3, steps_per_epoch=8, initial_epoch=1) == row[8:24],
    threads(),
]

data, spy = t.Dataset(t.loader(), epoch=9), model(run_eagerly=True)
spy.evaluate(data, verbose=0)
spy.evaluate(data, verbose=0)
found["evaluate"] = (spy.seen == want(9) * 2, data.epoch) == (True, 9)
made = compiled.predict(data, verbose=0)
by_batch = [compiled.predict_on_batch(batch["image"].copy()) for batch in t.loader(workers=0).epoch(9)]
found["predict"] = made.tobytes() == np.concatenate(by_batch).tobytes()
spy = model(run_eagerly=True)
spy.fit(t.Dataset(t.loader()), validation_data=data, epochs=2, verbose=0)
found["validation"] = spy.seen == want(0) + want(9) + want(1) + want(9)

ways = {}
for name, options in t.WAYS_TO_STOP.items():
    data = t.Dataset(t.loader())
    ways[name] = t.stopped(model(kind=keras.Sequential), data, **options()), threads()
found["ways to stop"] = ways
data = t.Dataset(t.loader())
compiled.evaluate(data, steps=2, verbose=0)
compiled.predict(data, steps=2, verbose=0)
found["threads after evaluate and predict"] = threads()

try:
    model(built=False).fit(t.Dataset(t.loader(), workers=2), epochs=1, verbose=0)
except vg.VariegateError as error:
    found["own workers"] = str(error)
print(json.dumps(found))
"""


@functools.cache
def ran(backend: str) -> subprocess.CompletedProcess[str]:
    """The script under a backend, once."""
    env = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", SCRIPT, str(Path(__file__).parent)]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


def found(backend: str) -> dict[str, Any]:
    """What the script finds under a backend."""
    assert ran(backend).returncode == 0, ran(backend).stderr
    told: dict[str, Any] = json.loads(ran(backend).stdout.splitlines()[-1])
    assert told["backend"] == backend
    return told


BACKENDS = pytest.mark.parametrize("backend", ["jax", "torch"])


@BACKENDS
@pytest.mark.parametrize("built", [True, False])
def test_fit_sees_the_bytes_and_labels_of_the_plain_loader(backend: str, built: bool) -> None:
    assert found(backend)[f"fit, built={built}"]
    assert found(backend)[f"initial_epoch, built={built}"]


@BACKENDS
def test_a_compiled_fit_learns_from_the_same_bytes(backend: str) -> None:
    assert found(backend)["a compiled fit learns from the same bytes"]


@BACKENDS
def test_an_endless_pass_goes_over_epoch_after_epoch(backend: str) -> None:
    assert found(backend)["endless"] == [True, True, True, []]


@BACKENDS
def test_steps_per_epoch_spread_a_pass_over_epochs(backend: str) -> None:
    assert found(backend)["steps_per_epoch"]
    assert found(backend)["steps_per_epoch, initial_epoch"]


@BACKENDS
@pytest.mark.parametrize("what", ["evaluate", "predict", "validation"])
def test_evaluation_and_prediction_stay_at_their_epoch(backend: str, what: str) -> None:
    assert found(backend)[what]


@BACKENDS
def test_no_thread_is_left_however_fit_ends(backend: str) -> None:
    ways = found(backend)["ways to stop"]
    assert [raised for raised, _ in ways.values()] == [None, None, None, None, "ZeroDivisionError", "KeyboardInterrupt"]
    assert {name: left for name, (_, left) in ways.items() if left} == {}
    assert found(backend)["threads after evaluate and predict"] == []


@BACKENDS
def test_keras_own_workers_are_refused_where_they_would_mix_batches(backend: str) -> None:
    assert "batches out again, in the wrong order. Leave workers=1" in found(backend)["own workers"]
