"""A run that is broken off anywhere and gone on with elsewhere has the same samples, with the same bytes."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from variegate import Brightness, Compose, HorizontalFlip, Opaque, RandomResizedCrop, Rotate, ToDtype
from variegate.errors import InputError
from variegate.loader import Arrays, ImageFolder, Loader

AUGMENT = Compose([Rotate((-30, 30)), RandomResizedCrop(12), HorizontalFlip(p=0.5), Brightness((0.8, 1.2))])
Sample = tuple[int, int, bytes]  # id, variation, bytes


def samples(batches: Iterator[dict[str, Any]]) -> list[Sample]:
    return [
        (int(sample), int(again), image.tobytes())
        for batch in batches
        for sample, again, image in zip(
            batch["id"], batch.get("variation", np.zeros(len(batch["id"]))), batch["image"], strict=True
        )
    ]


def loader(folder: Path, **options: Any) -> Loader:
    return Loader(ImageFolder(folder), AUGMENT, **{"batch_size": 4, "workers": 2, "seed": 3, **options})


def through_json(state: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(state))


@pytest.mark.parametrize("workers", [0, 1, 2])
@pytest.mark.parametrize("options", [{}, {"weights": "balanced", "samples_per_epoch": 30}, {"repeats": 2}])
def test_resume_at_every_step_of_two_epochs(folder: Path, workers: int, options: dict[str, Any]) -> None:
    whole = loader(folder, **options)
    expected = [samples(whole), samples(whole)]
    for step in range(2 * len(whole)):
        one = loader(folder, workers=workers, **options)
        for _ in range(step // len(one)):
            samples(one)
        seen = samples(islice(one, step % len(one)))
        other = loader(folder, workers=2 - workers, batch_size=6, prefetch=1, **options)
        other.resume(through_json(one.state()))
        epoch = step // len(whole)
        assert seen + samples(other) == expected[epoch]
        if epoch == 0:
            assert samples(other) == expected[1]


@pytest.mark.parametrize("options", [{}, {"weights": np.arange(37.0)}, {"repeats": 3, "batch_size": 6}, {"pad": True}])
def test_ranks_together_are_one(folder: Path, options: dict[str, Any]) -> None:
    alone = samples(loader(folder, **{**options, "pad": False}).epoch(2))
    ranks = [samples(loader(folder, rank=rank, world_size=3, **options).epoch(2)) for rank in range(3)]
    padding = {sample[:2] for rank in ranks for sample in rank} - {sample[:2] for sample in alone}
    assert sorted(sample for rank in ranks for sample in rank if sample[:2] not in padding) == sorted(alone)
    assert len(padding) == (2 if options.get("pad") else 0)
    assert len({sample[:2] for rank in ranks for sample in rank}) == sum(map(len, ranks))


def test_a_run_goes_on_with_other_ranks(folder: Path) -> None:
    expected = sorted(samples(loader(folder).epoch(0)))
    for steps in range(4):
        seen, states = [], []
        for rank in range(3):
            one = loader(folder, rank=rank, world_size=3)
            seen += samples(islice(one, steps))
            states.append(one.state())
        assert states[0] == states[1] == states[2]
        for rank in range(2):
            other = loader(folder, rank=rank, world_size=2, batch_size=5)
            other.resume(states[0])
            seen += samples(other)
        assert sorted(seen) == expected


def test_a_stream_is_its_epochs_without_end(folder: Path) -> None:
    one, other = loader(folder), loader(folder)
    expected = samples(one) + samples(one) + samples(one)
    stream = other.stream()
    found = samples(islice(stream, 2 * len(one) + 3))
    assert found == expected[: len(found)] and len(found) == 2 * 37 + 12
    state = other.state()
    assert (state["epoch"], state["position"]) == (2, 12)
    stream.close()  # type: ignore[attr-defined]
    again = loader(folder)
    again.resume(state)
    assert samples(islice(again.stream(), 7)) == expected[len(found) :]
    assert other.next_epoch == 3 and samples(other) == samples(other.epoch(3))


def test_an_epoch_that_is_set_begins_at_its_beginning(folder: Path) -> None:
    one = loader(folder)
    state = {**one.state(), "epoch": 2, "position": 12}
    for epoch, left in ((2, 25), (5, 37), (1, 37)):
        one.resume(state)
        one.next_epoch = epoch
        assert len(samples(one)) == left
    one.next_epoch = 4
    assert (one.state()["epoch"], one.state()["position"]) == (4, 0)


def test_an_iterator_that_is_never_begun_takes_no_epoch(folder: Path) -> None:
    one = loader(folder)
    iter(one)
    assert one.next_epoch == 0 and samples(one) == samples(one.epoch(0))


def test_state_is_small_and_counts_what_was_handed_out(folder: Path) -> None:
    one = loader(folder, prefetch=4)
    assert (one.state()["epoch"], one.state()["position"]) == (0, 0)
    for number, _ in enumerate(one, 1):
        done = number == len(one)
        assert (one.state()["epoch"], one.state()["position"]) == ((1, 0) if done else (0, 4 * number))
    assert len(json.dumps(one.state())) < 1500
    next(iter(one.epoch(7)))
    assert one.state()["epoch"] == 1  # epoch() moves nothing on


def test_a_pass_broken_off_is_not_gone_on_with_unless_resumed(folder: Path) -> None:
    one = loader(folder)
    samples(islice(one, 2))
    assert samples(one) == samples(one.epoch(1))
    one.resume(one.state())
    assert samples(one) == samples(one.epoch(2))


def test_a_pickled_loader_stands_where_it_stood(folder: Path) -> None:
    one = loader(folder)
    samples(islice(one, 2))
    copy = pickle.loads(pickle.dumps(one))
    assert copy.state() == one.state() and copy.next_epoch == 1


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"seed": 4}, "seed was 3 and is 4"),
    ({"shuffle": False}, "shuffle was True and is False"),
    ({"repeats": 2}, "repeats was 1 and is 2"),
    ({"weights": "balanced"}, "weights was None and is"),
    ({"on_error": "replace"}, "replace was False and is True"),
    ({"decode": "scaled"}, "decode was 'exact' and is 'scaled'"),
]


@pytest.mark.parametrize(("options", "said"), CHANGES)
def test_another_order_is_refused(folder: Path, options: dict[str, Any], said: str) -> None:
    state = loader(folder).state()
    with pytest.raises(InputError, match=f"this state is of another run.*{said}.*strict=False"):
        loader(folder, **options).resume(state)
    loader(folder, **options).resume(state, strict=False)


def test_another_pipeline_is_refused_by_its_op(folder: Path) -> None:
    state = loader(folder).state()
    for ops, said in [
        ([*AUGMENT.ops[:1], RandomResizedCrop(13), *AUGMENT.ops[2:]], r"op 1 .* was .*12.* and is .*13"),
        (AUGMENT.ops[:3], "the pipeline had 4 ops and has 3"),
    ]:
        with pytest.raises(InputError, match=said):
            Loader(ImageFolder(folder), Compose(ops), batch_size=4, seed=3).resume(state)
    with pytest.raises(InputError, match="options or targets, or the body"):
        Loader(ImageFolder(folder), Compose(AUGMENT.ops, antialias=False), batch_size=4, seed=3).resume(state)
    with pytest.raises(InputError, match="the pipeline had 4 ops and has 1"):
        Loader(ImageFolder(folder), Compose([ToDtype("float32")]), seed=3).resume(state)


def scaled(by: float) -> Any:
    return lambda picture: picture * np.float32(by)


def test_a_function_that_closes_over_something_else_is_refused(folder: Path) -> None:
    one, two = (Loader(ImageFolder(folder), Compose([Opaque(scaled(by))]), batch_size=4, seed=3) for by in (0.5, 1))
    with pytest.raises(InputError, match="or the body of one of its functions, changed"):
        two.resume(one.state())


def test_another_source_is_refused(folder: Path) -> None:
    source = ImageFolder(folder)
    state = loader(folder).state()
    with pytest.raises(InputError, match="the source's samples was 37 and is 26"):
        Loader(source.split(0.7)[0], AUGMENT, seed=3).resume(
            {**state, "made_of": state["made_of"] | kind("Subset", state)}
        )
    with pytest.raises(InputError, match="the source's kind was ImageFolder and is Subset"):
        Loader(source.split(0.7)[0], AUGMENT, seed=3).resume(state)
    with pytest.raises(InputError, match="the source's dtype was uint8 and is uint16"):
        Loader(ImageFolder(folder, dtype="uint16"), AUGMENT, seed=3).resume(state)
    with pytest.raises(InputError, match="other samples, or the same in another order, or decodes"):
        Loader(ImageFolder(folder, mode="L"), AUGMENT, seed=3).resume(state)


def kind(name: str, state: dict[str, Any]) -> dict[str, Any]:
    return {"source": {**state["made_of"]["source"], "kind": name}}


@pytest.mark.parametrize(
    "state",
    [
        *({}, {"epoch": 0}, [], "x", None, {"epoch": True, "position": 0, "made_of": {}}),
        *({"epoch": 0, "position": 0, "made_of": 5}, {"epoch": 2**32, "position": 0, "made_of": {}}),
        *({"epoch": 0, "position": 0.5, "made_of": {}}, {"epoch": 0, "position": -1, "made_of": {}}),
    ],
)
def test_what_is_no_state(state: Any) -> None:
    with pytest.raises(InputError, match="this is no state of a Loader"):
        Loader(Arrays(np.zeros((4, 2, 2), np.uint8))).resume(state)


def test_a_state_beyond_the_end_is_refused(folder: Path) -> None:
    state = loader(folder).state()
    loader(folder).resume({**state, "position": 37})
    with pytest.raises(InputError, match="stands at position 38 of an epoch, which has 37 places"):
        loader(folder).resume({**state, "position": 38}, strict=False)
    loader(folder, pad=True, world_size=3).resume({**state, "position": 39})
    with pytest.raises(InputError, match="which has 39 places"):
        loader(folder, pad=True, world_size=3).resume({**state, "position": 40})


def test_a_state_may_come_back_from_a_checkpoint_with_numbers_of_numpy(folder: Path) -> None:
    one = loader(folder)
    one.resume({**one.state(), "epoch": np.int64(1), "position": np.int32(8)})
    assert json.dumps(one.state()) and samples(one) == samples(one.epoch(1, 8))


def test_a_state_with_odd_parts_says_what_changed(folder: Path) -> None:
    one = loader(folder)
    made = one.state()["made_of"] | {"pipeline": {"ops": 5}, "source": "x"}
    with pytest.raises(InputError, match=r"source was 'x' and is .*the pipeline had 0 ops and has 4"):
        one.resume({**one.state(), "made_of": made})
