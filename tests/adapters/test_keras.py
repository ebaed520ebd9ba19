"""The Keras adapter, on Keras: what fit sees is the plain loader's, epoch by epoch."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import gc
import pickle
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

import variegate as vg
from variegate.adapters.keras import Dataset, call
from variegate.errors import InputError

BATCHES = 5
AUGMENT = vg.Compose([vg.Rotate((-30, 30)), vg.RandomResizedCrop(8), vg.HorizontalFlip(p=0.5), vg.Normalize()])


def loader(batches: int = BATCHES, workers: int = 2, **options: Any) -> vg.Loader:
    rng = np.random.default_rng(0)
    count = 4 * batches - 1  # so that the last batch is smaller
    source = vg.Arrays(rng.integers(0, 256, (count, 12, 10, 3), np.uint8), labels=np.arange(count) % 2)
    return vg.Loader(source, AUGMENT, batch_size=4, seed=3, workers=workers, **options)


def model(spy: list[bytes] | None = None, built: bool = True) -> Any:
    """A tiny classifier, of the same weights each time, that notes the bytes of each batch it is trained on."""
    keras.utils.set_random_seed(5)
    layers = [keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")]
    if built:
        layers.insert(0, keras.Input((8, 8, 3)))

    class Spy(keras.Sequential):
        def train_step(self, data: Any) -> Any:
            assert spy is not None
            spy.append(data[0].numpy().tobytes())
            return super().train_step(data)

    made = (keras.Sequential if spy is None else Spy)(layers)
    made.compile(keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy", run_eagerly=spy is not None)
    return made


def weights(made: Any) -> bytes:
    return b"".join(np.asarray(weight).tobytes() for weight in made.get_weights())


def epochs(*numbers: int, batches: int = BATCHES) -> list[bytes]:
    plain = loader(batches, workers=0)
    return [batch["image"].tobytes() for number in numbers for batch in plain.epoch(number)]


def seen(dataset: Dataset, built: bool = True, **options: Any) -> list[bytes]:
    """The batches that a fit trains on."""
    spy: list[bytes] = []
    model(spy, built).fit(dataset, verbose=0, **options)
    return spy


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("variegate-")]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert not threads()


def test_it_gives_the_batches_of_the_loader_by_position() -> None:
    dataset = Dataset(loader(), epoch=2)
    assert len(dataset) == BATCHES
    for i in (3, 0, 4, 1, 2):
        image, label = dataset[i]
        batch = loader().batch(2, i)
        assert image.tobytes() == batch["image"].tobytes()
        assert label.tolist() == batch["label"].tolist()
    with pytest.raises(IndexError, match="5 batches has no batch 5"):
        dataset[5]


def test_files_come_as_from_the_plain_loader(tmp_path: Path) -> None:
    for i in range(6):
        path = tmp_path / "ab"[i % 2] / f"{i}{('.png', '.jpg')[i % 2]}"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.random.default_rng(i).integers(0, 256, (9 + i, 14, 3), np.uint8)).save(path)
    plain = vg.Loader(vg.ImageFolder(tmp_path), AUGMENT, batch_size=4, workers=2)
    got = [image.tobytes() for image, _ in Dataset(plain, epoch=1)]
    assert got == [batch["image"].tobytes() for batch in plain.epoch(1)]


@pytest.mark.parametrize("built", [True, False])
def test_fit_sees_epoch_after_epoch(built: bool) -> None:
    dataset = Dataset(loader())
    assert seen(dataset, built, epochs=3) == epochs(0, 1, 2)
    assert dataset.epoch == 3
    assert seen(dataset, built, epochs=2) == epochs(3, 4)


@pytest.mark.parametrize("built", [True, False])
def test_fit_goes_on_at_initial_epoch(built: bool) -> None:
    dataset = Dataset(loader())
    assert seen(dataset, built, epochs=4, initial_epoch=2) == epochs(2, 3)
    assert seen(dataset, built, epochs=8, initial_epoch=7) == epochs(7)
    assert seen(dataset, built, epochs=1) == epochs(8)


def test_one_batch_an_epoch_is_an_epoch_too() -> None:
    assert seen(Dataset(loader(1)), built=False, epochs=3) == epochs(0, 1, 2, batches=1)


def test_a_resumed_fit_ends_with_the_same_weights() -> None:
    whole, resumed = model(), model()
    whole.fit(Dataset(loader()), epochs=4, verbose=0)
    resumed.fit(Dataset(loader()), epochs=2, verbose=0)
    resumed.fit(Dataset(loader(workers=0)), epochs=4, initial_epoch=2, verbose=0)
    assert weights(whole) == weights(resumed)


def test_a_loader_that_was_resumed_goes_on_with_its_epoch() -> None:
    origin, resumed = loader(), loader()
    batches = origin.stream()
    for _ in range(2 * BATCHES):
        next(batches)
    resumed.resume(origin.state())
    assert seen(Dataset(resumed), epochs=2) == epochs(2, 3)
    next(batches)
    del batches
    resumed.resume(origin.state())
    with pytest.raises(InputError, match=r"goes on at position 4 of epoch 2, .* pass epoch=2 .* or epoch=3 to leave"):
        Dataset(resumed)
    assert seen(Dataset(resumed, epoch=3), epochs=1) == epochs(3)


def test_what_backup_and_restore_brings_back_goes_on_too(tmp_path: Path) -> None:
    class Break(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch == 2:
                raise KeyboardInterrupt

    def backup() -> Any:
        return keras.callbacks.BackupAndRestore(str(tmp_path / "backup"))

    with pytest.raises(KeyboardInterrupt):
        model().fit(Dataset(loader()), epochs=4, callbacks=[backup(), Break()], verbose=0)
    with pytest.raises(vg.VariegateError, match=r"fit goes on at epoch 2, but Keras' workers began at 0"):
        seen(Dataset(loader(), workers=2), epochs=4, callbacks=[backup()])
    assert seen(Dataset(loader(), epoch=6), epochs=4, callbacks=[backup()]) == epochs(2, 3)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_steps_per_epoch_spread_a_pass_over_epochs(steps: int) -> None:
    row = epochs(0, 1, batches=6)
    assert seen(Dataset(loader(6)), epochs=12 // steps, steps_per_epoch=steps) == row
    tail = seen(Dataset(loader(6)), epochs=12 // steps, steps_per_epoch=steps, initial_epoch=4 // steps)
    assert tail == row[4 // steps * steps :]


def test_a_fit_after_steps_that_stopped_within_a_pass_begins_a_fresh_one() -> None:
    dataset = Dataset(loader(6))
    seen(dataset, epochs=2, steps_per_epoch=4)
    assert seen(dataset, epochs=1) == epochs(1, batches=6)
    row = epochs(0, 1, 2, batches=6)
    dataset = Dataset(loader(6))
    assert seen(dataset, epochs=4, initial_epoch=1, steps_per_epoch=2) == row[2:8]
    assert seen(dataset, epochs=1) == row[12:]


def test_an_endless_pass_goes_over_epoch_after_epoch() -> None:
    row = epochs(*range(6))  # of 5 batches each
    dataset = Dataset(loader(), endless=True)
    assert seen(dataset, epochs=2, steps_per_epoch=8) == row[:16]
    assert seen(dataset, epochs=1, steps_per_epoch=7) == row[20:27]  # with the first epoch that none has begun
    assert seen(Dataset(loader(), endless=True), epochs=3, steps_per_epoch=8, initial_epoch=1) == row[8:24]
    assert seen(Dataset(loader(), endless=True), epochs=4, steps_per_epoch=2) == row[:8]
    assert seen(Dataset(loader(), endless=True, epoch=1), epochs=1, steps_per_epoch=11) == row[5:16]
    dataset = Dataset(loader(), endless=True)
    assert dataset.num_batches is None and len(dataset) == 5 and dataset[13][0].tobytes() == row[13]
    assert [image.tobytes() for image, _ in dataset] == row[:5]  # a loop of one's own ends epochs itself


def test_an_endless_pass_is_evaluated_by_steps() -> None:
    dataset, made = Dataset(loader(), endless=True), model()
    twice = np.array([0, 0], float)
    for n in range(2):
        twice[n] = made.evaluate(dataset, steps=10, verbose=0)
    assert twice[0] == twice[1] and threads() == []
    assert made.predict(dataset, steps=7, verbose=0).shape == (4 * 7 - 1, 2)


def test_steps_that_a_pass_has_not_are_refused() -> None:
    with pytest.raises(InputError) as problem:
        model().fit(Dataset(loader()), epochs=2, steps_per_epoch=6, verbose=0)
    assert str(problem.value) == (
        "steps_per_epoch=6 is more than the 5 batches of a pass: write Dataset(loader, endless=True), which goes on "
        "with the loader's next epoch"
    )
    with pytest.raises(InputError, match=r"^steps=6 is more than the 5 batches"):
        model().evaluate(Dataset(loader()), steps=6, verbose=0)
    with pytest.raises(InputError, match=r"^an endless dataset needs steps_per_epoch, such as steps_per_epoch=5, "):
        model().fit(Dataset(loader(), endless=True), verbose=0)
    with pytest.raises(InputError, match=r"^an endless dataset needs steps, such as steps=5, all of"):
        model().evaluate(Dataset(loader(), endless=True), verbose=0)


def test_validation_evaluation_and_prediction_stay_at_their_epoch() -> None:
    train, valid = Dataset(loader()), Dataset(loader(), epoch=9)
    spy: list[bytes] = []
    made = model(spy)
    made.fit(train, validation_data=valid, epochs=2, verbose=0)
    first = made.evaluate(valid, verbose=0)
    assert made.evaluate(valid, verbose=0) == first
    made.predict(valid, verbose=0)
    assert (spy, valid.epoch, train.epoch) == (epochs(0, 1), 9, 2)
    made.evaluate(train, verbose=0)
    assert train.epoch == 2


def test_a_look_at_a_batch_in_a_callback_disturbs_nothing() -> None:
    dataset = Dataset(loader())
    looks: list[bytes] = []

    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            looks.append(dataset[0][0].tobytes())

    assert seen(dataset, epochs=2, callbacks=[Look()]) == epochs(0, 1)
    assert looks == [epochs(number)[0] for number in (0, 1) for _ in range(BATCHES)]


def test_a_look_back_takes_nothing_from_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, direct = loader(), []
    batch = plain.batch
    monkeypatch.setattr(plain, "batch", lambda *place: direct.append(place) or batch(*place))
    dataset = Dataset(plain)
    dataset.on_epoch_begin()
    got = [dataset[i][0].tobytes() for i in (0, 1, 0, 2, 3, 4)]
    assert got == [epochs(0)[i] for i in (0, 1, 0, 2, 3, 4)]
    assert direct == [(0, 0)]


def test_the_threads_of_the_loader_work_ahead_in_fit_and_end_with_the_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, direct = loader(), []
    batch = plain.batch
    monkeypatch.setattr(plain, "batch", lambda *place: direct.append(place) or batch(*place))
    assert seen(Dataset(plain), epochs=3) == epochs(0, 1, 2)
    model().evaluate(Dataset(plain), verbose=0)
    assert set(direct) <= {(0, 0), (0, 1)}  # Keras looks at two batches to learn their form
    assert not threads()


def stopped(model: Any, dataset: Dataset, **options: Any) -> str | None:
    """What a fit raises."""
    try:
        model.fit(dataset, **{"epochs": 2, "verbose": 0, **options})
    except BaseException as error:
        return type(error).__name__
    return None


def at_batch(number: int, act: Callable[[Any], Any]) -> keras.callbacks.Callback:
    """A callback that does something after a batch."""
    callback = keras.callbacks.Callback()
    callback.on_train_batch_end = lambda batch, logs=None: batch == number and act(callback.model)
    return callback


def raising(error: type[BaseException]) -> Callable[[Any], Any]:
    def act(model: Any) -> None:
        raise error  # one of its own, since an error keeps the frames that it went through

    return act


# Most of them end within a pass, where Keras tells a data set nothing; of MANY batches, as TensorFlow reads some ahead.
MANY = 20
WAYS_TO_STOP: dict[str, Callable[[], dict[str, Any]]] = {
    "the last epoch": dict,
    "steps_per_epoch": lambda: {"steps_per_epoch": 2},
    "stop_training": lambda: {"callbacks": [at_batch(1, lambda model: setattr(model, "stop_training", True))]},
    "EarlyStopping": lambda: {
        "steps_per_epoch": 2,
        "epochs": 9,
        "callbacks": [keras.callbacks.EarlyStopping("loss", patience=0, min_delta=99)],
    },
    "an exception": lambda: {"callbacks": [at_batch(1, raising(ZeroDivisionError))]},
    "Ctrl-C": lambda: {"callbacks": [at_batch(1, raising(KeyboardInterrupt))]},
}


@pytest.mark.parametrize("way", WAYS_TO_STOP)
def test_no_thread_is_left_however_fit_ends(way: str) -> None:
    dataset, made = Dataset(loader(MANY)), model()
    gc.collect()
    gc.disable()  # what ends, ends without the collector
    try:
        raised = stopped(made, dataset, **WAYS_TO_STOP[way]())
        left = threads()
    finally:
        gc.enable()
    assert (raised, left) == ({"an exception": "ZeroDivisionError", "Ctrl-C": "KeyboardInterrupt"}.get(way), [])
    assert seen(dataset, epochs=1) == epochs(dataset.epoch - 1, batches=MANY)


def test_no_thread_is_left_where_the_list_of_callbacks_is_the_users() -> None:
    dataset, made = Dataset(loader(MANY)), model()
    callbacks = keras.callbacks.CallbackList(add_history=True, model=made, epochs=2, steps=2)
    assert stopped(made, dataset, steps_per_epoch=2, callbacks=callbacks) is None
    assert threads() == []


def test_an_old_fit_that_goes_at_last_leaves_the_new_one_alone() -> None:
    dataset, made = Dataset(loader(MANY)), model()
    old = keras.callbacks.CallbackList([at_batch(1, raising(ZeroDivisionError))], model=made)
    assert stopped(made, dataset, callbacks=old) == "ZeroDivisionError" and threads()
    held = [old]
    del old
    at = [at_batch(1, lambda model: held.clear()), at_batch(2, lambda model: held.append(threads()))]
    assert stopped(made, dataset, callbacks=at, epochs=1) is None
    assert held and held[0]
    assert threads() == []


def test_a_pass_from_the_midst_of_an_epoch_has_threads_too(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, direct = loader(6), []
    batch = plain.batch
    monkeypatch.setattr(plain, "batch", lambda *place: direct.append(place) or batch(*place))
    row = epochs(0, 1, 2, batches=6)
    assert seen(Dataset(plain), epochs=8, steps_per_epoch=2, initial_epoch=2) == row[4:16]
    assert set(direct) <= {(0, 0), (0, 1)}  # Keras looks at two batches to learn their form


def test_no_batch_is_other_for_ranks_and_repeats() -> None:
    options = {"rank": 1, "world_size": 2, "repeats": 2, "drop_last": True}
    plain = loader(16, **options)
    row = [batch["image"].tobytes() for number in range(3) for batch in loader(16, **options).epoch(number)]
    assert len(plain) == 15
    assert seen(Dataset(plain), epochs=4, steps_per_epoch=5, initial_epoch=1) == row[5:20]
    assert len(Dataset(plain)[0]) == 2  # the column `variation` is no field


def test_a_loop_of_ones_own_ends_epochs_itself() -> None:
    dataset = Dataset(loader())
    got = []
    for _ in range(2):
        got += [image.tobytes() for image, _ in dataset]
        dataset.on_epoch_end()
    assert got == epochs(0, 1)
    dataset.epoch = 0
    assert dataset[1][0].tobytes() == epochs(0)[1]


@pytest.mark.parametrize("processes", [False, True])
def test_keras_own_workers_make_the_same_batches(processes: bool) -> None:
    dataset = Dataset(loader(workers=0), workers=2, use_multiprocessing=processes)
    assert seen(dataset, epochs=2) == epochs(0, 1)
    assert seen(dataset, epochs=4, initial_epoch=3) == epochs(3)


def test_a_source_without_labels_gives_pictures_alone() -> None:
    plain = vg.Loader(vg.Arrays(np.zeros((3, 8, 8, 3), np.uint8)), AUGMENT, batch_size=2, workers=0)
    dataset = Dataset(plain)
    assert [len(element) for element in dataset] == [1, 1]
    made = model()
    assert made.predict(dataset, verbose=0).shape == (3, 2)


def test_pictures_of_several_sizes_are_refused_with_advice() -> None:
    source = vg.Arrays([np.zeros((8, 8 + i, 3), np.uint8) for i in range(3)], labels=[0, 1, 0])
    with pytest.raises(InputError, match=r"one size, got \(8, .*end the pipeline with Resize"):
        Dataset(vg.Loader(source, vg.Compose([vg.Rotate((-9, 9))]), workers=0))[0]


def test_a_dataset_pickles_at_its_epoch() -> None:
    dataset = Dataset(loader(), epoch=4)
    copy = pickle.loads(pickle.dumps(dataset))
    assert copy.epoch == 4
    assert copy[2][0].tobytes() == dataset[2][0].tobytes()


def test_a_keras_that_hides_its_epoch_is_counted_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call, "_warned", False)
    hidden: dict[str, Any] = {"__name__": "keras.src.backend.later.trainer"}
    exec("def fit(dataset):\n    dataset.on_epoch_begin()\n    dataset.on_epoch_end()", hidden)
    dataset = Dataset(loader())
    with pytest.warns(UserWarning, match="does not show which epoch it is at"):
        hidden["fit"](dataset)
    assert dataset.epoch == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hidden["fit"](dataset)


def test_a_damaged_file_names_its_path_in_fit(tmp_path: Path) -> None:
    for i in range(3):
        Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(tmp_path / f"{i}.png")
    (tmp_path / "2.png").write_bytes((tmp_path / "2.png").read_bytes()[:40])
    source = vg.ImageFolder(tmp_path)
    source.labels = np.zeros(3, np.int64)
    dataset = Dataset(vg.Loader(source, AUGMENT, batch_size=1, shuffle=False))
    with pytest.raises(Exception, match=r"2\.png"):
        seen(dataset, epochs=1)


def test_without_keras_the_error_says_what_to_install() -> None:
    code = "import sys; sys.modules['keras'] = None; import variegate.adapters.keras"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (
        'ImportError: variegate.adapters.keras needs Keras 3 and one of its backends: pip install "variegate[keras]"'
        in (ran.stderr)
    )
