"""Check: a pipeline gives the same bytes however its stream is run, and what is to blame where it does not."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_start_method

import numpy as np

from variegate.loader import Arrays, Source, Subset
from variegate.pipeline import Compose
from variegate.testing.haste import haste
from variegate.testing.keyed import compare
from variegate.testing.scene import noise
from variegate.testing.stream import (
    BATCH,
    PROCESS,
    BytesBySample,
    FieldBytes,
    FoundSamples,
    Stream,
    StreamCase,
    stream_cases,
    whole,
)
from variegate.testing.trial import Subject, alone, failure, labels_for, middle, nodes_of, pipeline_of

MOST = 32  # samples of a source that are looked at
KEYED = 8  # of which so many are tried op by op
EPOCHS = 2
TRIES = 3  # of an op alone: threads do not come into each other's way every time
DATALOADER = "a torch DataLoader with 2 worker processes"


def check(subject: Subject, source: Source | None = None, seed: int = 0) -> None:
    """The same pipeline gives the same bytes in every way of running it.

    source  pictures to try it on, with their fields; 32 of them, spread evenly; None: noise of a few sizes
    seed    of the order, the draws and the step of the resume: the same seed, the same check

    First by calls (see `assert_draws_are_keyed`). Then two epochs of a Loader without workers are what all else is
    compared with: 1 worker; 3 workers, in batches of another size, that change places as often as Python lets them; 3
    ranks; a resume by another loader; calls, one a sample; and, where PyTorch is installed, a DataLoader of it with two
    processes. Of a pipeline that fails, each op is tried alone, and the one that fails too is named. State that threads
    share is found if they come into each other's way, which they need not do in so few samples.

    >>> from variegate import Opaque, Rotate
    >>> check([Rotate((-30, 30))])
    >>> check([Rotate((-30, 30)), Opaque(lambda image: image * np.float32(np.random.rand()), name="flicker")])
    Traceback (most recent call last):
        ...
    AssertionError: flicker: the same picture and key gave other pixels ...

    Raises  AssertionError that says which op, or which way of running, gave other bytes; whatever an op raises.
    """
    for _ in checks(subject, source, seed):
        pass


def checks(subject: Subject, source: Source | None = None, seed: int = 0) -> Iterator[str]:
    """What `check` does, a step at a time: what each has shown, in words."""
    stream = _stream(subject, source, seed)
    samples = [whole(stream.source, int(i)) for i in spread(len(stream.source), KEYED)]
    called = BytesBySample(stream, 0).pipeline  # knows the fields of the source
    _blaming(lambda pipeline: compare(pipeline, samples), called, tries=1)
    yield "calls: the key alone decides, whatever the global generators, the clock and the calls before"
    expected = [dict(stream.epoch(k, workers=0)) for k in range(EPOCHS)]
    for case in stream_cases(seed, stream.length(2)):
        _blaming(partial(same, stream, case, expected), stream.pipeline)
        yield f"{case.name}: the same bytes in {EPOCHS} epochs"
    yield _in_torch(stream, expected)
    yield _epochs_differ(expected)


def _stream(subject: Subject, source: Source | None, seed: int) -> Stream:
    if source is not None:
        pipeline = subject if isinstance(subject, Compose) else pipeline_of(subject)
        chosen = source if len(source) <= MOST else Subset(source, spread(len(source), MOST))
        return Stream(chosen, pipeline, seed)
    pipeline = pipeline_of(subject)
    return Stream(pictures(pipeline), pipeline, seed)


def pictures(pipeline: Compose) -> Arrays:
    """Noise of a few sizes, with the labels at which the ops of a pipeline look."""
    images = [noise((40 + 3 * (i % 4), 64 - 5 * (i % 3)), 3, seed=i) for i in range(23)]
    sizes = [(image.shape[0], image.shape[1]) for image in images]
    fields = [labels_for(pipeline, size, middle(size)) for size in sizes]
    return Arrays(images, fields={name: [each[name] for each in fields] for name in fields[0]})


def spread(length: int, most: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Positions 0 to length - 1, at most so many, spread evenly."""
    return np.linspace(0, length - 1, min(length, most)).astype(np.int64)


def same(stream: Stream, case: StreamCase, expected: list[dict[int, FieldBytes]] | None, pipeline: Compose) -> None:
    """One way of running a stream gives what there is without workers.

    expected  without workers, by epoch; None: run it. It holds for the stream's own pipeline alone

    Raises  AssertionError that says how many samples differ, and where to look.
    """
    ours = Stream(stream.source, pipeline, stream.seed)
    for k in range(EPOCHS):
        known = expected is not None and pipeline is stream.pipeline
        wanted = expected[k] if known and expected is not None else dict(ours.epoch(k, workers=0))
        try:
            with haste():
                found = _once(case.epoch(ours, k))
        except AssertionError as error:
            raise AssertionError(f"{case.name}: {error}") from None
        except Exception as error:
            said = f"{type(error).__name__}: {str(error).rstrip('.')}; without workers there is no such error"
            raise AssertionError(f"{case.name}: {said}; {case.cause}") from error
        _compare(found, wanted, case, stream.source)


def _once(samples: FoundSamples) -> dict[int, FieldBytes]:
    found: dict[int, FieldBytes] = {}
    for sample, made in samples:
        assert sample not in found, f"the sample with id {sample} came twice in an epoch"
        found[sample] = made
    return found


def _compare(found: dict[int, FieldBytes], expected: dict[int, FieldBytes], case: StreamCase, source: Source) -> None:
    missing = expected.keys() - found.keys()
    assert not missing, f"{case.name}: {len(missing)} of {len(expected)} samples did not come"
    wrong = [sample for sample in expected if found[sample] != expected[sample]]
    if wrong:
        position = int(np.flatnonzero(source.ids == np.uint64(wrong[0]))[0])
        made, wanted = found[wrong[0]], expected[wrong[0]]
        names = sorted(name for name in wanted if made.get(name) != wanted[name]) or sorted(made.keys() - wanted.keys())
        raise AssertionError(
            f"{case.name}: {len(wrong)} of {len(expected)} samples are not what they are without workers, the first of "
            f"them {source.where(position)}, in its {', '.join(names)}; {case.cause}"
        )


def _blaming(test: Callable[[Compose], None], pipeline: Compose, tries: int = TRIES) -> None:
    """Test a pipeline; where that fails, say it of the ops that fail alone too.

    Raises  AssertionError that begins with the path of the op, or with those of all ops if none is found to fail alone.
    """
    try:
        test(pipeline)
    except AssertionError as error:
        paths = [node.path for node in nodes_of(pipeline)]
        if len(paths) < 2:
            raise AssertionError(": ".join([*paths, str(error)])) from error.__cause__
        found = {
            path: next(filter(None, (failure(test, op) for _ in range(tries))), None)
            for path, op in alone(pipeline).items()
        }
        guilty = {path: own for path, own in found.items() if own is not None}
        if not guilty:
            raise AssertionError(f"[{', '.join(paths)}]: {error}. No op fails alone") from error.__cause__
        first, *others = guilty
        also = f". So {'does' if len(others) == 1 else 'do'} {', '.join(others)}" if others else ""
        raise AssertionError(f"{first}: {guilty[first]}{also}") from guilty[first].__cause__


def _epochs_differ(expected: list[dict[int, FieldBytes]]) -> str:
    alike = sum(expected[0][sample] == expected[1][sample] for sample in expected[0])
    if alike == len(expected[0]):
        return "the two epochs are alike: this pipeline draws nothing that shows"
    return "the two epochs differ" + (f", but for {alike} of {len(expected[0])} samples" if alike else "")


def _in_torch(stream: Stream, expected: list[dict[int, FieldBytes]]) -> str:
    """The samples from the worker processes of a torch DataLoader."""
    if find_spec("torch") is None:
        return f"left out: {DATALOADER}, as PyTorch is not installed"
    method = get_start_method()
    if method != "fork" and (reason := _unpicklable(stream)):
        return f"left out: {DATALOADER}, which {method} sends the pipeline to by pickle, and {reason}"
    _blaming(partial(same, stream, StreamCase(DATALOADER, _loaded, PROCESS), expected), stream.pipeline, tries=1)
    return f"{DATALOADER}: the same bytes in {EPOCHS} epochs"


def _loaded(stream: Stream, epoch: int) -> FoundSamples:
    from torch.utils.data import DataLoader

    samples: DataLoader[tuple[int, FieldBytes]] = DataLoader(
        BytesBySample(stream, epoch),  # type: ignore[arg-type]
        batch_size=BATCH,
        num_workers=2,
        collate_fn=list,
    )
    for batch in samples:
        yield from batch


def _unpicklable(stream: Stream) -> str:
    """What cannot be pickled, and why; nothing if all can."""
    for path, op in {**alone(stream.pipeline), "the source": stream.source}.items():
        try:
            pickle.dumps(op)
        except Exception as error:  # pickle's own, and whatever a class of the user's raises
            return f"{path} cannot be pickled ({error}): a function at the top of a module can, a lambda cannot"
    return ""
