"""check: what passes, what is found, and who is named."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

import variegate as vg
from variegate import coords
from variegate.errors import InputError
from variegate.loader import Arrays, ImageFolder, Subset
from variegate.ops.base import Drawn
from variegate.ops.effect import Map
from variegate.ops.geometric import Bordered
from variegate.testing import check
from variegate.testing.haste import PAUSES, haste
from variegate.testing.scene import noise
from variegate.testing.stream import Stream, StreamCase, stream_cases

module = sys.modules["variegate.testing.check"]  # whose name in the package is that of the function
MAIN = os.getpid()
HERE = threading.local()
WAYS = 5  # that are no DataLoader


def fails(subject, start="", source=None):
    with pytest.raises(AssertionError) as caught:
        check(subject, source)
    message = str(caught.value)
    assert message.startswith(start), message
    return message


def images(count=9, channels=3):
    return [noise((20 + i, 30 - i), channels, seed=i) for i in range(count)]


def labelled():
    boxes = [np.array([[1, 2, 15, 19], [5, 5, 10, 11.5]][: i % 3]).reshape(-1, 4) for i in range(9)]
    ring = [[1, 2], [20, 2], [20, 15]]
    rings = [[[ring, [*ring, [3, 9]]][: 1 + i % 2]] * (i % 3) for i in range(9)]
    masks = [np.full(image.shape[:2], i, np.uint8) for i, image in enumerate(images())]
    fields = {"boxes": boxes, "polygons": rings, "mask": masks, "note": list("abcdefghi")}
    targets = {"boxes": vg.Boxes(), "polygons": vg.Polygons(), "mask": vg.Mask(), "note": vg.PerSample()}
    return Arrays(images(), labels=list("abcabcabc"), fields=fields, targets=targets)


held: dict = {}
buffer = np.zeros((200, 200, 3), np.float32)


@dataclass(frozen=True, repr=False)
class Slide(Bordered):
    """To the right by some pixels, which stand in a variable of the module meanwhile."""

    by: Drawn = 0

    def lower(self, draws, sizes, context):
        held["by"] = draws["by"], sizes
        for _ in range(50):
            time.sleep(1e-5)
        by, sizes = held["by"]
        return Map(coords.affine(1, 0, -by, 0, 1, np.zeros(len(by))), sizes)


def holds(image, by):
    held["by"] = by
    return image * np.float32(held["by"])


def fills(image):
    view = buffer[: image.shape[0], : image.shape[1]]
    view[...] = image
    view *= np.float32(0.5)
    return view.copy()


class Remembers:
    """An op that is an object, with an attribute for what it is at."""

    def __call__(self, image):
        self.image = image
        self.image = self.image + np.float32(0.1)
        return self.image


def asserts(image):
    held["shape"] = image.shape
    shape = held["shape"]
    if shape != image.shape:
        raise ValueError(f"{shape} is not {image.shape}.")
    return image


@pytest.mark.parametrize(
    ("subject", "source"),
    [
        (vg.Rotate((-30, 30)), None),
        ([vg.Rotate((-30, 30)), vg.ColorJitter((0.8, 1)), vg.Opaque(lambda i, by: i * by, by=(0, 1))], None),
        ([vg.RandomIoUCrop(), vg.CropNonEmptyMask((8, 9), border="edge")], None),
        (vg.Compose([vg.RandomResizedCrop(16), vg.Normalize(layout="CHW")]), labelled()),
        (vg.Compose([vg.Rotate((-9, 9))], targets={"boxes": vg.Boxes(min_area=60)}), labelled()),
        (vg.HorizontalFlip(p=0.5), Arrays([image / np.float32(255) for image in images(9, 1)])),
        ([vg.Rotate((-30, 30))], Arrays(images(1))),
        ([vg.Rotate((-30, 30))], Arrays(images(2))),
    ],
)
def test_what_is_sound_passes(subject, source):
    told = list(module.checks(subject, source))
    assert told[0].startswith("calls: the key alone decides")
    assert [line.endswith("the same bytes in 2 epochs") for line in told[1:-1]] == [True] * (WAYS + 1)
    assert told[-2].startswith("a torch DataLoader with 2 worker processes")
    assert told[-1].startswith("the two epochs differ")
    check(subject, source)


def test_what_draws_nothing_is_told():
    for subject in (vg.Compose([]), vg.Resize(9)):
        assert list(module.checks(subject))[-1] == "the two epochs are alike: this pipeline draws nothing that shows"
    *_, last = module.checks(vg.Opaque(lambda i, by: i if by < 0.5 else i * 0, by=(0, 1)))
    assert last.startswith("the two epochs differ, but for ") and last.endswith(" of 23 samples")


def test_the_seed_decides_the_step_and_any_step_can_be():
    def step(seed, length=12):
        (name,) = [case.name for case in stream_cases(seed, length) if "resume" in case.name]
        assert name.endswith(f" of {length}")
        return int(name.split()[4])

    assert [step(seed) for seed in range(20)] == [step(seed) for seed in range(20)]
    assert {step(seed) for seed in range(-100, 100)} == set(range(1, 12))
    assert step(3, length=1) == 0
    told = [list(module.checks(vg.Rotate((-30, 30)), Arrays(images(7)), seed)) for seed in (5, 5)]
    assert told[0] == told[1]


@pytest.mark.parametrize("name", ["flicker", ""])
@pytest.mark.parametrize("chain", [True, False])
def test_a_global_generator_is_found_and_the_op_named(name, chain):
    op = vg.Opaque(lambda image: image * np.float32(np.random.rand()), name=name or None)
    message = fails([vg.Rotate(9), op, vg.Invert()] if chain else op, f"{name or 'Opaque'}: the same picture and key ")
    assert "a global generator of NumPy or Python has a say" in message


def test_every_op_at_fault_is_named():
    count = itertools.count()
    ops = [vg.Opaque(lambda image: image * np.float32(next(count) % 7 / 7), name=name) for name in ("a", "b", "c")]
    assert fails([vg.Rotate(9), *ops[:2]], "a: the same picture").endswith(". So does b")
    assert fails([vg.Rotate(9), *ops], "a: the same picture").endswith(". So do b, c")


def test_who_fails_only_together():
    def first(image):
        held["corner"] = image[0, 0, 0]
        return image

    def second(image):
        corner = held.get("corner", 0)
        return image * np.float32(corner)

    chain = [vg.Opaque(first, name="first"), vg.Opaque(second, name="second")]
    message = fails(chain, "[first, second]: 3 workers, batches of 8: ")
    assert message.endswith("make it afresh in each call. No op fails alone")


@pytest.mark.parametrize("chain", [True, False])
@pytest.mark.parametrize("function", [holds, fills, Remembers(), asserts])
def test_what_threads_share_is_found_and_the_op_named(function, chain):
    drawn = {"by": (0.2, 1)} if function is holds else {}
    op = vg.Opaque(function, name="shares", **drawn)
    message = fails([vg.Rotate((-30, 30)), op] if chain else op, "shares: 3 workers, batches of 8: ")
    assert message.endswith("make it afresh in each call")
    if function is asserts:
        assert "ValueError: (" in message and "); without workers there is no such error; threads share" in message
    elif not isinstance(function, Remembers):  # which may end in an error or in other pixels
        assert "samples are not what they are without workers, the first of them images[" in message


def test_what_lower_shares():
    assert "3 workers, batches of 8: " in fails([vg.Rotate(5), Slide((0, 5))])


def test_what_a_thread_or_a_process_has_of_its_own():
    HERE.factor = 1
    message = fails([vg.Rotate(9), vg.Opaque(lambda i: i * np.float32(getattr(HERE, "factor", 0.5)), name="local")])
    assert message.startswith("local: 1 worker: 23 of 23 samples are not what they are without workers")
    message = fails([vg.Rotate(9), vg.Opaque(lambda i: i * HERE.factor, name="local")], "local: 1 worker: AttributeErr")
    assert "without workers there is no such error; look for what belongs to a thread" in message
    message = fails([vg.Rotate(9), vg.Opaque(lambda i: i * np.float32(os.getpid() == MAIN), name="process")])
    assert message.startswith("process: a torch DataLoader with 2 worker processes: 23 of 23 samples")
    assert message.endswith("its environment or a file's place")


def test_an_error_of_the_op_is_raised_as_it_is():
    def broken(image):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        check([vg.Rotate(9), vg.Opaque(broken)])
    with pytest.raises(InputError):
        check([vg.RandomIoUCrop()], Arrays(images()))  # which has no boxes


def test_without_pytorch_it_is_left_out(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert list(module.checks(vg.Rotate(9)))[-2].startswith("left out: a torch DataLoader with 2 worker processes, as")


def test_where_processes_are_spawned_what_cannot_be_pickled_is_told():
    usual = multiprocessing.get_start_method()
    multiprocessing.set_start_method("spawn", force=True)
    try:
        told = list(module.checks([vg.Rotate(9), vg.Opaque(lambda image: image, name="mine")], Arrays(images(6))))
    finally:
        multiprocessing.set_start_method(usual, force=True)
    assert told[-2].startswith("left out: a torch DataLoader with 2 worker processes, which spawn sends the pipeline")
    assert "and mine cannot be pickled (" in told[-2]


def same(samples, source=None):
    """What is said of a way that gives these samples of epoch 0, of (1, a), (2, b) and (3, c)."""
    stream = Stream(source or Arrays(images(3)), vg.Compose([]))
    case = StreamCase("this way", lambda stream, k: samples(dict(stream.epoch(k, workers=0))), "look here")
    try:
        module.same(stream, case, None, stream.pipeline)
    except AssertionError as error:
        return str(error)
    return ""


def test_samples_that_do_not_come_come_twice_or_differ():
    assert same(lambda made: made.items()) == ""
    assert same(lambda made: reversed(made.items())) == ""
    assert same(lambda made: list(made.items())[1:]) == "this way: 1 of 3 samples did not come"
    assert same(lambda made: [*made.items(), (2, made[2])]) == "this way: the sample with id 2 came twice in an epoch"
    message = "this way: 1 of 3 samples are not what they are without workers, the first of them images[1], in its "
    assert same(lambda made: {**made, 1: {"image": b""}}.items()) == message + "image; look here"
    assert same(lambda made: {**made, 1: {**made[1], "boxes": b""}}.items()) == message + "boxes; look here"


@pytest.mark.parametrize("epoch", range(2))
def test_both_epochs_are_compared(epoch):
    def altered(stream, k):
        return ((sample, made if k != epoch else {"image": b""}) for sample, made in stream.epoch(k, workers=0))

    stream = Stream(Arrays(images(3)), vg.Compose([]))
    with pytest.raises(AssertionError, match="this way: 3 of 3 samples are not"):
        module.same(stream, StreamCase("this way", altered, "look here"), None, stream.pipeline)


def test_fields_are_compared_too():
    told = same(lambda made: {**made, 4: {**made[4], "polygons": made[5]["polygons"]}}.items(), labelled())
    assert told.endswith("the first of them images[4], in its polygons; look here")
    assert set(next(iter(Stream(labelled(), vg.Compose([])).epoch(0, 0)))[1]) == {
        *("image", "label", "boxes", "polygons", "mask", "note")
    }


def test_samples_are_spread_over_a_source():
    assert module.spread(1000, 32)[[0, -1]].tolist() == [0, 999] and len(set(module.spread(1000, 32))) == 32
    assert module.spread(3, 32).tolist() == [0, 1, 2]
    many = Arrays(np.zeros((100, 4, 4, 3), np.uint8))
    stream = module._stream(vg.Rotate(9), many, 0)
    assert isinstance(stream.source, Subset) and len(stream.source) == module.MOST
    assert module._stream(vg.Rotate(9), Subset(many, [5, 4]), 0).source.ids.tolist() == [5, 4]


@pytest.fixture
def tracer() -> Iterator[None]:
    usual = threading.gettrace()
    yield
    threading.settrace(usual)


def test_haste_puts_everything_back(tracer):
    usual = sys.getswitchinterval()
    ours = lambda *arguments: None  # noqa: E731
    threading.settrace(ours)
    with pytest.raises(KeyError), haste():
        assert sys.getswitchinterval() < usual and threading.gettrace() is not ours
        raise KeyError
    assert sys.getswitchinterval() == usual and threading.gettrace() is ours


def test_haste_ends_after_some_pauses_and_only_in_code_of_the_users():
    seen = []

    def long():
        for _ in range(PAUSES):
            pass
        seen.append(sys.gettrace())

    def libraries():
        list(map(np.flip, [np.zeros(2)] * PAUSES))
        seen.append(sys.gettrace())

    for target in (long, libraries):
        thread = threading.Thread(target=target)
        with haste():
            thread.start()
            thread.join()
    assert seen[0] is None and seen[1] is not None


def test_a_folder(tmp_path):
    from PIL import Image

    for i, image in enumerate(images(6)):
        Image.fromarray(image).save(tmp_path / f"{i}.png")
    check([vg.Rotate((-30, 30))], ImageFolder(tmp_path))
    message = fails(vg.Opaque(fills), "fills: 3 workers", source=ImageFolder(tmp_path))
    assert ".png, in its image; threads" in message
