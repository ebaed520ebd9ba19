"""The TensorFlow adapter, on TensorFlow: whole batches, and maps in graphs that run in parallel."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import variegate as vg
from variegate.adapters.tensorflow import EpochCallback, dataset, keyed_mapper, mapper
from variegate.errors import InputError

AUGMENT = vg.Compose([vg.Rotate((-30, 30)), vg.RandomResizedCrop(8), vg.HorizontalFlip(p=0.5), vg.Normalize()])
PICTURES = np.random.default_rng(0).integers(0, 256, (19, 12, 10, 3), np.uint8)
LABELS = np.arange(19) % 3
AUTOTUNE = tf.data.AUTOTUNE


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> vg.ImageFolder:
    """Files of many sizes, PNG and JPEG, in two classes."""
    root = tmp_path_factory.mktemp("photos")
    for i in range(11):
        path = root / "ab"[i % 2] / f"{i:02}{('.png', '.jpg')[i // 2 % 2]}"
        path.parent.mkdir(exist_ok=True)
        small = np.random.default_rng(i).integers(0, 256, (5, 6, 3), np.uint8)
        Image.fromarray(small).resize((40 + i, 33 - i)).save(path)
    return vg.ImageFolder(root)


def plain(source: Any = None, augment: Any = AUGMENT, **options: Any) -> vg.Loader:
    source = vg.Arrays(PICTURES, LABELS) if source is None else source
    return vg.Loader(source, augment, **{"batch_size": 4, "seed": 3, "workers": 2, **options})


def in_order(source: Any, epoch: int) -> list[bytes]:
    """The pictures of an epoch in the order of the source."""
    return [image.tobytes() for batch in plain(source, shuffle=False).epoch(epoch) for image in batch["image"]]


def bytes_of(made: Any) -> list[bytes]:
    return [element[0].tobytes() for element in made.as_numpy_iterator()]


def epoch_bytes(*numbers: int) -> list[bytes]:
    return [batch["image"].tobytes() for number in numbers for batch in plain().epoch(number)]


def model(spy: list[bytes]) -> Any:
    """A tiny classifier that notes the bytes of the batches it is trained on."""

    class Spy(tf.keras.Sequential):
        def train_step(self, data: Any) -> Any:
            spy.append(data[0].numpy().tobytes())
            return super().train_step(data)

    made = Spy([tf.keras.layers.Flatten(), tf.keras.layers.Dense(3, activation="softmax")])
    made.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    return made


def test_a_dataset_gives_the_batches_of_the_next_epoch() -> None:
    made = dataset(plain())
    assert len(made) == 5
    assert bytes_of(made) == epoch_bytes(0)
    assert bytes_of(made.repeat(2)) == epoch_bytes(1, 2)
    labels = [label.tolist() for _, label in dataset(plain(), epoch=4).as_numpy_iterator()]
    assert labels == [batch["label"].tolist() for batch in plain().epoch(4)]


def test_a_dataset_of_files_gives_the_bytes_of_the_loader(photos: vg.ImageFolder) -> None:
    got = bytes_of(dataset(plain(photos), epoch=2))
    assert got == [batch["image"].tobytes() for batch in plain(photos).epoch(2)]


def test_a_variable_holds_the_epoch_of_the_next_pass() -> None:
    epoch = tf.Variable(3, dtype=tf.int64)
    made = dataset(plain(), epoch)
    assert bytes_of(made) == bytes_of(made) == epoch_bytes(3)
    epoch.assign(8)
    assert bytes_of(made) == epoch_bytes(8)


RESIZE = vg.Compose([vg.Resize(6), vg.Normalize(layout="CHW"), vg.ToDtype("float16")])
ROTATE = vg.Compose([vg.Rotate((-30, 30))])
TURN = vg.Compose([vg.Rotate90(vg.Choice([0, 1]))])


@pytest.mark.parametrize(
    ("source", "augment", "options", "shape", "dtype"),
    [
        (vg.Arrays(PICTURES), AUGMENT, {}, (None, 8, 8, 3), "float32"),
        (vg.Arrays(PICTURES), AUGMENT, {"drop_last": True}, (4, 8, 8, 3), "float32"),
        (vg.Arrays(PICTURES[:8]), RESIZE, {}, (4, 3, 6, 6), "float16"),
        (vg.Arrays(PICTURES), ROTATE, {}, (None, 12, 10, 3), "uint8"),
        (vg.Arrays(PICTURES), None, {}, (None, 12, 10, 3), "uint8"),
        (vg.Arrays(list(PICTURES)), ROTATE, {}, (None, None, None, 3), "uint8"),
        (vg.Arrays(PICTURES[..., 0]).split(0.5)[0], ROTATE, {}, (None, 12, 10, 1), "uint8"),
        (vg.Arrays(PICTURES / np.float32(255)), ROTATE, {}, (None, 12, 10, 3), "float32"),
    ],
)
def test_the_specification_is_as_static_as_the_pipeline(
    source: Any, augment: Any, options: dict[str, Any], shape: tuple[int | None, ...], dtype: str
) -> None:
    made = dataset(plain(source, augment, **options))
    assert made.element_spec == tf.TensorSpec(shape, dtype)
    assert all(made.element_spec.is_compatible_with(batch) for batch in made)


def test_labels_keep_their_form(photos: vg.ImageFolder) -> None:
    def spec(labels: Any) -> Any:
        return dataset(plain(vg.Arrays(PICTURES, labels))).element_spec[1]

    assert spec(LABELS) == tf.TensorSpec((None,), tf.int64)
    assert spec(np.eye(19, 5, dtype=np.float32)) == tf.TensorSpec((None, 5), tf.float32)
    assert dataset(plain(photos)).element_spec[0] == tf.TensorSpec((None, 8, 8, 3), tf.float32)
    names = dataset(plain(vg.Arrays(PICTURES, [f"n{i}" for i in range(19)]), shuffle=False))
    assert next(iter(names))[1].numpy().tolist() == [b"n0", b"n1", b"n2", b"n3"]


def test_pictures_of_several_sizes_are_refused_with_advice() -> None:
    ragged = vg.Arrays([np.zeros((8, 8 + i, 3), np.uint8) for i in range(3)])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"one size, got .*end the pipeline with Resize"):
        list(dataset(plain(ragged, ROTATE)))
    batches = tf.data.Dataset.from_tensors(np.concatenate([PICTURES] * 2)).map(mapper(TURN))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"several sizes, .*or map before batch"):
        list(batches)


def ended() -> bool:
    """Whether the threads of all passes end, which TensorFlow may see to a little later, in a thread of its own."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if not any(thread.name.startswith("variegate-") for thread in threading.enumerate()):
            return True
        time.sleep(0.01)
    return False


def test_the_threads_end_with_a_pass_that_is_left_early() -> None:
    for made in (dataset(plain(batch_size=1)), dataset(plain()).repeat()):
        for _ in range(10):
            for _ in made:
                break
            batches = iter(made)
            next(batches)
            del batches
        assert ended()
        with pytest.raises(ZeroDivisionError):
            for _ in made:
                raise ZeroDivisionError
        assert ended()


def test_a_dataset_without_end_goes_from_epoch_to_epoch() -> None:
    made = dataset(plain(), epoch=2).repeat()
    assert bytes_of(made.take(12)) == epoch_bytes(2, 3, 4)[:12]
    assert ended()


def test_a_fit_within_a_pass_without_end_leaves_no_threads() -> None:
    spy: list[bytes] = []
    made = model(spy)
    made.fit(dataset(plain()).repeat(), epochs=3, steps_per_epoch=3, verbose=0)
    assert spy == epoch_bytes(0, 1)[:9]
    assert ended()


@pytest.mark.parametrize("step", range(5))
def test_a_pass_may_begin_at_any_step(step: int) -> None:
    rest = epoch_bytes(3, 4)[step:]
    made = dataset(plain(), epoch=3, position=4 * step)
    assert bytes_of(made) + bytes_of(made) == rest
    assert bytes_of(dataset(plain(), 3, 4 * step).repeat().take(len(rest))) == rest
    origin = plain()
    batches = iter(origin)
    for _ in range(step):
        next(batches)
    del batches
    assert bytes_of(dataset(plain(), state=origin.state())) == epoch_bytes(0)[step:]


def test_a_fit_goes_on_within_an_epoch() -> None:
    origin, spy = plain(), []
    batches = origin.stream()
    for _ in range(7):
        next(batches)
    del batches
    made = dataset(plain(), state=origin.state()).repeat()
    model(spy).fit(made, epochs=2, steps_per_epoch=4, verbose=0)
    assert spy == epoch_bytes(1, 2, 3)[2:10]
    assert ended()


def test_a_position_counts_for_the_first_pass_of_a_variable_too() -> None:
    epoch = tf.Variable(6, dtype=tf.int64)
    made = dataset(plain(), epoch, position=8)
    assert bytes_of(made) == epoch_bytes(6)[2:]
    epoch.assign(7)
    assert bytes_of(made) == epoch_bytes(7)


def places(loader: vg.Loader) -> tuple[int, int]:
    state = loader.state()
    return state["epoch"], state["position"]


def test_the_state_follows_the_batches_that_were_taken() -> None:
    loader, origin = plain(), plain()
    begun = iter(dataset(loader).repeat())
    batches = origin.stream()
    for _ in range(12):
        assert next(begun)[0].numpy().tobytes() == next(batches)["image"].tobytes()
        time.sleep(0.01)  # for what is read ahead
        assert loader.state() == origin.state()
    again = plain()
    made = dataset(again, state=loader.state())
    assert again.state() == loader.state()  # if it is saved before the first batch
    assert bytes_of(made) == epoch_bytes(2)[2:]
    assert places(again) == (3, 0) and places(pickle.loads(pickle.dumps(again))) == (3, 0)
    next(iter(again))
    assert places(again) == (3, 4)  # a pass of the loader's own has begun


@pytest.mark.parametrize("step", [0, 2])
def test_a_loader_that_was_resumed_goes_on(step: int) -> None:
    origin, rest = plain(), epoch_bytes(0, 1)[step:]
    batches = iter(origin)
    for _ in range(step):
        next(batches)
    del batches
    loader = plain()
    loader.resume(origin.state())
    made = dataset(loader)
    assert bytes_of(made) + bytes_of(made) == rest and places(loader) == (2, 0)
    assert bytes_of(dataset(loader)) == [batch["image"].tobytes() for batch in plain().epoch(2)]
    assert next(iter(loader))["image"].tobytes() == epoch_bytes(3)[0]
    loader.resume(origin.state())
    if step:  # TensorFlow knows how long a pass of this data set may be
        with pytest.raises(tf.errors.InvalidArgumentError, match="was resumed at position 8 of an epoch") as caught:
            bytes_of(dataset_before(loader, origin.state()))
        assert "call loader.resume(state) first, then dataset(loader)" in str(caught.value)
    assert bytes_of(made) == rest[: 5 - step]


def dataset_before(loader: vg.Loader, state: dict[str, Any]) -> Any:
    """A data set that is made when its loader is at the begin of an epoch, and resumed within one then."""
    loader.next_epoch = 7
    made = dataset(loader)
    loader.resume(state)
    return made


def test_a_callback_of_fit_has_the_state_to_save() -> None:
    loader, seen = plain(), []

    class Save(tf.keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            time.sleep(0.01)
            seen.append(places(loader))

    spy: list[bytes] = []
    model(spy).fit(dataset(loader), epochs=2, callbacks=[Save()], verbose=0)
    assert seen == [(0, 4), (0, 8), (0, 12), (0, 16), (1, 0), (1, 4), (1, 8), (1, 12), (1, 16), (2, 0)]
    assert spy == epoch_bytes(0, 1)


def test_a_state_of_another_run_is_refused() -> None:
    state = plain().state()
    with pytest.raises(InputError, match="seed was 3 and is 4"):
        dataset(plain(seed=4), state=state)
    later = {**state, "epoch": 1, "position": 0}
    assert bytes_of(dataset(plain(seed=4), state=later, strict=False)) == bytes_of(dataset(plain(seed=4), epoch=1))
    for wrong in ({"epoch": 1}, {"position": 4}, {"epoch": tf.Variable(0)}):
        with pytest.raises(InputError, match="says itself at which epoch and position it is"):
            dataset(plain(), state=state, **wrong)


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"world_size": 2, "pad": True, "batch_size": 5}, 5),
        ({"world_size": 2, "batch_size": 5}, 5),  # rank 0 has 10 of 19 samples
        ({"world_size": 2, "rank": 1, "batch_size": 5}, None),
        ({"repeats": 2, "batch_size": 2}, 2),
        ({"weights": "balanced", "samples_per_epoch": 8}, 4),
        ({"weights": "balanced"}, None),
        ({"drop_last": True, "on_error": "skip"}, None),
        ({"drop_last": True, "on_error": "replace"}, 4),
    ],
)
def test_ranks_weights_and_repeats_come_as_pairs(options: dict[str, Any], count: int | None) -> None:
    made = dataset(plain(**options), epoch=2)
    assert made.element_spec == (tf.TensorSpec((count, 8, 8, 3), tf.float32), tf.TensorSpec((count,), tf.int64))
    want = [(batch["image"].tobytes(), batch["label"].tolist()) for batch in plain(**options).epoch(2)]
    assert [(image.tobytes(), label.tolist()) for image, label in made.as_numpy_iterator()] == want


def test_a_pass_from_within_a_batch_has_a_smaller_last_one() -> None:
    source = vg.Arrays(PICTURES[:16])
    made = dataset(plain(source), position=2)
    assert made.element_spec.shape[0] is None
    assert [len(image) for image in made.as_numpy_iterator()] == [4, 4, 4, 2]
    whole = dataset(plain(source, drop_last=True), position=2)
    assert [len(image) for image in whole.as_numpy_iterator()] == [4, 4, 4]


def test_fit_sees_the_epochs_that_the_callback_sets() -> None:
    epoch, spy = tf.Variable(0, dtype=tf.int64), []
    made, data = model(spy), dataset(plain(), epoch)
    made.fit(data, epochs=2, callbacks=[EpochCallback(epoch)], verbose=0)
    made.fit(data, epochs=6, initial_epoch=4, callbacks=[EpochCallback(epoch)], verbose=0)
    assert spy == epoch_bytes(0, 1, 4, 5)


ONE = tf.data.Dataset.from_tensors(PICTURES[0])


def test_a_mapper_draws_fresh_numbers_in_parallel() -> None:
    made = ONE.repeat(200).map(mapper(AUGMENT), num_parallel_calls=AUTOTUNE)
    got = [image.tobytes() for _ in range(2) for image in made.as_numpy_iterator()]
    assert len(set(got)) == len(got) == 400


def test_a_mapper_moves_the_picture_and_passes_the_rest_on() -> None:
    same = vg.Compose([vg.Normalize(0.0, 1.0)])
    want = PICTURES / np.float32(255)
    pictures = tf.data.Dataset.from_tensor_slices(PICTURES)
    both = tf.data.Dataset.from_tensor_slices((PICTURES, LABELS, LABELS / 2))
    named = tf.data.Dataset.from_tensor_slices({"image": PICTURES, "label": LABELS})

    for i, image in enumerate(pictures.map(mapper(same), AUTOTUNE).as_numpy_iterator()):
        assert np.allclose(image, want[i], atol=1e-6)
    for i, (image, label, weight) in enumerate(both.map(mapper(same), AUTOTUNE).as_numpy_iterator()):
        assert np.allclose(image, want[i], atol=1e-6) and (label, weight) == (LABELS[i], LABELS[i] / 2)
    for i, element in enumerate(named.map(mapper(same), AUTOTUNE).as_numpy_iterator()):
        assert np.allclose(element["image"], want[i], atol=1e-6) and element["label"] == LABELS[i]
    (batch,) = pictures.batch(19).map(mapper(same)).as_numpy_iterator()
    assert np.allclose(batch, want, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "augment", "want"),
    [
        ((12, 10, 3), AUGMENT, (8, 8, 3)),
        ((None, None, 3), AUGMENT, (8, 8, 3)),
        ((12, 10, 3), ROTATE, (12, 10, 3)),
        ((None, None, 3), ROTATE, (None, None, 3)),
        ((None, 10, 3), ROTATE, (None, 10, 3)),
        ((None, None, 3), RESIZE, (3, 6, 6)),
        ((12, 10, 3), TURN, (None, None, 3)),
        ((None, None, None), AUGMENT, (None, None, None)),
        (None, AUGMENT, None),
        ((None, None), ROTATE, (None, None)),
        ((12, 10), ROTATE, (12, 10)),
        ((None, None, None, 3), AUGMENT, (None, 8, 8, 3)),
        ((5, None, None, 3), AUGMENT, (5, 8, 8, 3)),
    ],
)
def test_the_static_shape_is_set_as_far_as_it_is_known(shape: Any, augment: Any, want: Any) -> None:
    traced = tf.function(mapper(augment)).get_concrete_function(tf.TensorSpec(shape, tf.uint8))
    assert traced.structured_outputs.shape == tf.TensorShape(want)
    given = np.zeros([side or 12 for side in shape or (12, 12, 3)], np.uint8)
    if shape is None or shape[-1:] != (None,):
        assert traced.structured_outputs.shape.is_compatible_with(traced(tf.constant(given)).shape)


def test_a_mapper_refuses_what_is_no_picture_when_the_graph_is_made() -> None:
    with pytest.raises(InputError, match=r"got int32; tf\.cast it first"):
        tf.data.Dataset.from_tensors(PICTURES[0].astype(np.int32)).map(mapper(AUGMENT))
    with pytest.raises(InputError, match=r"a batch \(B, H, W, C\), got the shape \(7,\)"):
        tf.data.Dataset.from_tensors(np.zeros(7, np.uint8)).map(mapper(AUGMENT))


def numbered(**options: Any) -> Any:
    """The keyed form of the data set, in the order of the source."""
    pairs = tf.data.Dataset.from_tensor_slices((PICTURES, LABELS))
    return pairs.enumerate().map(keyed_mapper(AUGMENT, seed=3, **options), num_parallel_calls=AUTOTUNE)


def test_a_keyed_mapper_gives_the_bytes_of_the_loader() -> None:
    epoch = tf.Variable(0, dtype=tf.int64)
    made = numbered(epoch=epoch)
    for number in (0, 6):
        epoch.assign(number)
        assert bytes_of(made) == in_order(vg.Arrays(PICTURES), number)
    assert bytes_of(numbered(epoch=6)) == in_order(vg.Arrays(PICTURES), 6)
    assert [int(label) for _, label in made] == LABELS.tolist()


def test_a_keyed_mapper_of_batches_shuffled_elements_or_pictures_alone_gives_the_same_bytes() -> None:
    keyed = keyed_mapper(AUGMENT, seed=3, epoch=2)
    pictures = tf.data.Dataset.from_tensor_slices(PICTURES)
    want = in_order(vg.Arrays(PICTURES), 2)
    assert [image.tobytes() for image in pictures.enumerate().map(keyed).as_numpy_iterator()] == want
    batches = pictures.enumerate().batch(8).map(keyed, AUTOTUNE).as_numpy_iterator()
    assert [image.tobytes() for batch in batches for image in batch] == want
    shuffled = pictures.enumerate().shuffle(19, seed=1).map(lambda i, image: (keyed(i, image), i), AUTOTUNE)
    assert sorted((int(i), image.tobytes()) for image, i in shuffled.as_numpy_iterator()) == list(enumerate(want))
    named = tf.data.Dataset.from_tensor_slices({"image": PICTURES, "label": LABELS}).enumerate().map(keyed)
    assert [element["image"].tobytes() for element in named.as_numpy_iterator()] == want


def test_a_keyed_mapper_of_files_gives_the_bytes_of_the_loader(photos: vg.ImageFolder) -> None:
    def decoded(path: Any) -> Any:
        data = tf.io.read_file(path)
        if tf.strings.regex_full_match(path, r".*\.jpg"):
            image = tf.io.decode_jpeg(data, 3, dct_method="INTEGER_ACCURATE")
        else:
            image = tf.io.decode_png(data, 3)
        return tf.ensure_shape(image, (None, None, 3))

    paths = [photos.where(i) for i in range(len(photos))]
    keyed = keyed_mapper(AUGMENT, seed=3, epoch=2, ids=photos.ids)
    made = tf.data.Dataset.from_tensor_slices(paths).map(decoded).enumerate().map(keyed, num_parallel_calls=AUTOTUNE)
    assert made.element_spec == tf.TensorSpec((8, 8, 3), tf.float32)
    assert [image.tobytes() for image in made.as_numpy_iterator()] == in_order(photos, 2)


def test_fit_on_a_keyed_mapper_draws_the_epoch_it_is_at() -> None:
    epoch, spy = tf.Variable(0, dtype=tf.int64), []
    data = numbered(epoch=epoch).batch(19).prefetch(AUTOTUNE)
    made = model(spy)
    made.fit(data, epochs=3, callbacks=[EpochCallback(epoch)], verbose=0)
    made.fit(data, epochs=8, initial_epoch=7, callbacks=[EpochCallback(epoch)], verbose=0)
    assert spy == [b"".join(in_order(vg.Arrays(PICTURES), number)) for number in (0, 1, 2, 7)]


def test_a_map_of_fresh_numbers_trains_in_graph_mode() -> None:
    pairs = tf.data.Dataset.from_tensor_slices((PICTURES, LABELS))
    data = pairs.shuffle(19).map(mapper(AUGMENT), num_parallel_calls=AUTOTUNE).batch(4).prefetch(AUTOTUNE)
    made = tf.keras.Sequential([tf.keras.layers.Flatten(), tf.keras.layers.Dense(3, activation="softmax")])
    made.compile("sgd", "sparse_categorical_crossentropy")
    history = made.fit(data, epochs=2, verbose=0).history["loss"]
    assert len(history) == 2 and np.isfinite(history).all()


def test_without_tensorflow_the_error_says_what_to_install() -> None:
    code = "import sys; sys.modules['tensorflow'] = None; import variegate.adapters.tensorflow"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 'variegate.adapters.tensorflow needs TensorFlow: pip install "variegate[tensorflow]"' in ran.stderr


def test_a_damaged_file_names_its_path(tmp_path: Path) -> None:
    for i in range(2):
        Image.fromarray(PICTURES[i]).save(tmp_path / f"{i}.png")
    (tmp_path / "1.png").write_bytes((tmp_path / "1.png").read_bytes()[:60])
    with pytest.raises(tf.errors.OpError, match=r"1\.png"):
        list(dataset(plain(vg.ImageFolder(tmp_path))))


def test_a_damaged_first_file_is_borne_as_the_loader_bears_it(tmp_path: Path) -> None:
    for i in range(6):
        Image.fromarray(PICTURES[i]).save(tmp_path / f"{i}.png")
    (tmp_path / "0.png").write_bytes(b"no picture")
    with pytest.raises(vg.DecodeError, match=r"0\.png"):
        dataset(plain(vg.ImageFolder(tmp_path)))
    made = dataset(plain(vg.ImageFolder(tmp_path), on_error="skip"))
    assert sum(len(batch) for batch in made) == 5
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "0.png").write_bytes(b"no picture")
    with pytest.raises(vg.DecodeError, match=r"0\.png"):
        dataset(plain(vg.ImageFolder(tmp_path / "only"), on_error="skip"))
