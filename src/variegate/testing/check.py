"""Check: a pipeline gives the same bytes however its stream is run, and what is to blame where it does not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.key import Key
from variegate.loader import Arrays, Loader, Source
from variegate.loader.decode import open_image
from variegate.pipeline import Compose
from variegate.testing.keyed import assert_draws_are_keyed
from variegate.testing.scene import noise
from variegate.testing.trial import Subject, pipeline_of

BATCH = 5  # so that batches, ranks and epochs end at odd places
MOST = 64  # samples of a source that are looked at
Bytes = dict[int, bytes]  # of each sample, by its id


def check(subject: Subject, source: Source | None = None, seed: int = 0) -> None:
    """The same pipeline gives the same bytes in every way of running it.

    source  pictures to try it on, at most 64 of them; None: noise of a few sizes
    seed    of the order and the draws

    First every op alone (see `assert_draws_are_keyed`), so that one with numbers of its own is named. Then a Loader:
    no worker, 1 and 3 of them; batches of 5 and of 8; three ranks; two epochs, which differ if anything is drawn;
    again after a state was saved at a random step; and, where PyTorch is installed, its DataLoader with two processes.

    >>> from variegate import Opaque, Rotate
    >>> check([Rotate((-30, 30))])
    >>> check([Rotate((-30, 30)), Opaque(lambda image: image * np.float32(np.random.rand()), name="flicker")])
    Traceback (most recent call last):
        ...
    AssertionError: flicker: the same picture and key gave other pixels ...

    Raises  AssertionError that says which op, or which way of running, gave other bytes.
    """
    for _ in checks(subject, source, seed):
        pass


def checks(subject: Subject, source: Source | None = None, seed: int = 0) -> Iterator[str]:
    """What `check` does, a step at a time: what each has shown, in words."""
    pipeline = pipeline_of(subject)
    source = pictures() if source is None else some(source)
    assert_draws_are_keyed(pipeline)
    yield "every op draws from the key alone"
    expected = [by_id(Loader(source, pipeline, BATCH, seed, workers=0).epoch(k)) for k in range(2)]
    ways: list[tuple[str, Callable[[int], Iterable[dict[str, Any]]]]] = [
        ("1 worker", lambda k: Loader(source, pipeline, BATCH, seed, workers=1).epoch(k)),
        ("3 workers and batches of 8", lambda k: Loader(source, pipeline, 8, seed, workers=3).epoch(k)),
        ("3 ranks", lambda k: _ranks(source, pipeline, seed, k)),
    ]
    for name, run in ways:
        for k in range(2):
            _same(by_id(run(k)), expected[k], name, source)
        yield f"{name}: the same bytes in two epochs"
    yield _epochs_differ(expected)
    yield _resumed(source, pipeline, seed, expected[0])
    yield _in_torch(source, pipeline, seed, expected[1])


def pictures() -> Arrays:
    """Noise of a few sizes."""
    return Arrays([noise((40 + 3 * (i % 4), 64 - 5 * (i % 3)), 3, seed=i) for i in range(23)])


def some(source: Source) -> Source:
    """At most so many samples of a source, spread over it."""
    if len(source) <= MOST:
        return source
    from variegate.loader import Subset

    return Subset(source, np.linspace(0, len(source) - 1, MOST).astype(np.int64))


def by_id(batches: Iterable[dict[str, Any]]) -> Bytes:
    """The bytes of the pictures of an epoch."""
    return {
        int(sample): np.ascontiguousarray(image).tobytes()
        for batch in batches
        for sample, image in zip(batch["id"], batch["image"], strict=True)
    }


def _ranks(source: Source, pipeline: Compose, seed: int, epoch: int) -> Iterator[dict[str, Any]]:
    for rank in range(3):
        yield from Loader(source, pipeline, BATCH, seed, workers=1, rank=rank, world=3).epoch(epoch)


def _same(found: Bytes, expected: Bytes, way: str, source: Source) -> None:
    missing = len(expected.keys() - found.keys())
    assert not missing and len(found) == len(expected), f"{way}: {missing} of {len(expected)} samples did not come"
    wrong = [sample for sample in expected if found[sample] != expected[sample]]
    if wrong:
        position = int(np.flatnonzero(source.ids == np.uint64(wrong[0]))[0])
        raise AssertionError(
            f"{way}: {len(wrong)} of {len(expected)} samples have other bytes than without workers, the first of them "
            f"{source.where(position)}. Every op alone is sound, so look for state that threads share, or that hangs "
            "on how many samples were made before"
        )


def _epochs_differ(expected: list[Bytes]) -> str:
    same = sum(expected[0][sample] == expected[1][sample] for sample in expected[0])
    if same == len(expected[0]):
        return "two epochs are alike: nothing is drawn that shows"
    return f"two epochs differ, but for {same} of {len(expected[0])} samples"


def _resumed(source: Source, pipeline: Compose, seed: int, expected: Bytes) -> str:
    """An epoch that is broken off at a random step, and gone on with by another loader."""
    first = Loader(source, pipeline, BATCH, seed, workers=2)
    step = random.randrange(len(first))
    found = by_id(islice(first, step))
    other = Loader(source, pipeline, 8, seed, workers=1)
    other.resume(first.state())
    _same({**found, **by_id(other)}, expected, f"resumed after batch {step}", source)
    return f"resumed after batch {step}, in batches of another size: the same bytes"


class _Samples:
    """Samples as a map-style data set, each drawn by its key."""

    def __init__(self, source: Source, pipeline: Compose, key: Key) -> None:
        self.source, self.pipeline, self.key = source, pipeline, key

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, i: int) -> tuple[int, NDArray[Any]]:
        sample = self.source.id(i)
        key = Key(self.key.seed, self.key.epoch, sample)
        fields = self.source.fields(i)
        made = self.pipeline(image=_picture(self.source, i), key=key, **fields)
        return sample, made["image"]


def _picture(source: Source, i: int) -> NDArray[Any]:
    data = source.read(i)
    return open_image(data, source.where(i), source.mode).decode() if isinstance(data, bytes) else data  # type: ignore[arg-type]


def _in_torch(source: Source, pipeline: Compose, seed: int, expected: Bytes) -> str:
    """The samples of epoch 1 from the worker processes of a torch DataLoader."""
    if find_spec("torch") is None:
        return "PyTorch is not installed: its DataLoader was left out"
    from torch.utils.data import DataLoader

    samples: Any = _Samples(source, pipeline, Key(seed, 1))
    loader = DataLoader(samples, batch_size=BATCH, num_workers=2, collate_fn=list)
    found = {sample: np.ascontiguousarray(image).tobytes() for batch in loader for sample, image in batch}
    _same(found, expected, "a torch DataLoader with 2 worker processes", source)
    return "a torch DataLoader with 2 worker processes: the same bytes"
