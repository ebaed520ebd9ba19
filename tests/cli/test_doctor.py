"""The doctor: what is measured, what follows from it, and what is said. No test is timed."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from variegate import ops
from variegate.cli import diagnosis, trial
from variegate.cli.app import app
from variegate.cli.diagnosis import ASKED, BARE, CACHED, MORE, SCALED, Diagnosis, TrialSettings, diagnose, spread
from variegate.cli.trial import STAGES, Consumer, Trial
from variegate.cli.verdict import advice, verdict
from variegate.errors import DecodeError, SourceError
from variegate.loader import Arrays, ImageFolder, Loader
from variegate.pipeline import Compose

PIPELINE = "variegate: 1\nops:\n  - Rotate: [-30, 30]\n  - RandomResizedCrop: 24\n"
SHARES = {"read": 0.05, "decode": 0.81, "plan": 0.02, "kernel": 0.12, "carry": 0.0}


def write(folder: Path, count: int, size: tuple[int, int] = (40, 30)) -> Path:
    """Pictures of noise, (width, height) or a little less."""
    folder.mkdir()
    for i in range(count):
        levels = np.random.default_rng(i).integers(0, 256, (6, 8, 3), np.uint8)
        Image.fromarray(levels).resize((size[0] - i % 3, size[1])).save(folder / f"{i}.jpg")
    return folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("doctor") / "photos", 11)


@pytest.fixture
def source(photos: Path) -> ImageFolder:
    return ImageFolder(photos)


def found(source: Any = None, **changes: Any) -> Diagnosis:
    """A diagnosis with round numbers."""
    settings = TrialSettings(
        source or Arrays(np.zeros((1, 2, 2, 3), np.uint8)), None, workers=2, batch_size=64, step=0.08
    )
    rates = {ASKED: 500.0, MORE: 690.0, CACHED: 2550.0, BARE: 550.0}
    known = Diagnosis(settings, rates, 0.12, SHARES, 0.3, 4e7, (2e-4, 1e-4), (500, 9000), 64, 5.94e10)
    return replace(known, **changes)


def rates(**changes: float | None) -> dict[str, float]:
    names = {"more": MORE, "cached": CACHED, "scaled": SCALED}
    given = {MORE: 690.0, CACHED: 2550.0} | {names[name]: rate for name, rate in changes.items()}
    return {ASKED: 500.0, BARE: 550.0, **{name: rate for name, rate in given.items() if rate is not None}}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {},
            "the consumer waits 12% of the time; decode is 81% of the threads' time; a third worker would give +38%; "
            "a cache +410%",
        ),
        (
            {"rates": rates(more=None)},
            "the consumer waits 12% of the time; decode is 81% of the threads' time; no core is left for another "
            "worker; a cache would give +410%",
        ),
        (
            {"rates": rates(more=505, cached=490, scaled=1500)},
            "the consumer waits 12% of the time; decode is 81% of the threads' time; a third worker would give "
            'nothing; a cache nothing; decode="scaled" +200%',
        ),
        (
            {"rates": rates(more=440, cached=10_000), "shares": {**SHARES, "kernel": 0.9}},
            "the consumer waits 12% of the time; kernel is 90% of the threads' time; a third worker would give -12%; "
            "a cache +1,900%",
        ),
        ({"wait": 0.029}, "the loader keeps up: the consumer waits 3% of the time; nothing to gain"),
        ({"wait": 0.0}, "the loader keeps up: the consumer waits 0% of the time; nothing to gain"),
    ],
)
def test_the_verdict_is_one_line(changes: dict[str, Any], line: str) -> None:
    assert verdict(found(**changes)) == line


@pytest.mark.parametrize(("workers", "word"), [(1, "a second"), (7, "an eighth"), (9, "a tenth"), (10, "one more")])
def test_the_worker_that_would_come_next(workers: int, word: str) -> None:
    known = found()
    assert f"; {word} worker would give +38%;" in verdict(
        replace(known, settings=replace(known.settings, workers=workers))
    )


def test_advice_is_given_where_it_is_clear() -> None:
    cache = 'cache="memory" or a folder: all pictures decoded are 59.4 GB'
    assert advice(found()) == [cache]
    assert advice(found(rates=rates(cached=510))) == []
    assert advice(found(wait=0.01)) == []
    (line,) = advice(found(rates=rates(cached=510, scaled=600)))
    assert line.startswith('decode="scaled": the pictures are much larger')
    assert advice(found(rates=rates(cached=510, scaled=510))) == []
    bound = {**SHARES, "decode": 0.4, "kernel": 0.53}
    assert advice(found(rates=rates(cached=510, scaled=600), shares=bound)) == []


def test_without_a_step_the_time_of_a_batch_is_told() -> None:
    known = found()
    told = advice(replace(known, settings=replace(known.settings, step=0.0)))
    assert told[0].startswith("A batch of 64 takes the loader 128 ms.") and "--step" in told[0] and len(told) == 2


def test_files_that_were_slow_the_first_time_are_told_even_where_nobody_waits() -> None:
    (line,) = advice(found(wait=0.0, first=(0.0084, 0.0001)))
    assert line.startswith("Reading a file took 8.4 ms for the first time and 0.1 ms again.")
    assert advice(found(wait=0.0, first=(0.00101, 0.0001))) == []  # a thread has 4 ms for a sample
    assert advice(found(wait=0.0, first=(0.0009, 0.0), rates={**rates(), ASKED: 1e5})) == []


def test_a_busy_machine_is_told() -> None:
    assert advice(found(others=0.4, wait=0.0)) == []
    (line,) = advice(found(others=2.94, wait=0.0))
    assert line.startswith("Other programs were busy here before, with a load of 2.9: ")


def test_a_gain_is_of_the_loader_as_asked() -> None:
    assert found().gain(MORE) == 690 / 500 - 1 and found().gain(ASKED) == 0 and found().gain(SCALED) is None


def test_a_trial_adds_up(source: ImageFolder) -> None:
    tried = Trial(Loader(source, batch_size=4, workers=2))
    tried.turn(0.0, Consumer(0.0, 4))
    tried.turn(0.0, Consumer(0.0, 4))
    assert len(tried.rates) == len(tried.waits) == 2
    assert all(rate > 0 for rate in tried.rates) and all(0 <= wait <= 1 for wait in tried.waits)
    assert tuple(tried.shares) == STAGES and sum(tried.shares.values()) == pytest.approx(1)
    assert tried.shares["decode"] > 0 and tried.read > 0
    assert tried.loader.stats()["batches"] == 2 * (trial.AHEAD + trial.LEAST)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("variegate")]


def test_a_turn_counts_samples_and_not_batches(source: ImageFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(trial, "perf_counter", lambda: next(clock))
    tried = Trial(Loader(source, batch_size=6, workers=1))
    tried.turn(0.0, Consumer(0.0, 6))  # batches of 6, 5, 6 before the clock is looked at, then of 5 and 6
    assert tried.rates == [11 / 2]


def test_the_trial_with_a_cache_is_filled_before_all_turns(
    source: ImageFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    class Noted(Trial):
        def fill(self) -> None:
            calls.append("fill" if self.loader.cache is not None else "fill one without a cache")

        def turn(self, seconds: float, consumer: Consumer) -> None:
            calls.append("turn")
            super().turn(seconds, consumer)

    monkeypatch.setattr(diagnosis, "Trial", Noted)
    list(diagnose(TrialSettings(source, None, workers=1, batch_size=4, seconds=1)))
    assert calls[0] == "fill" and set(calls[1:]) == {"turn"}


def test_a_cache_is_full_before_its_first_turn(source: ImageFolder) -> None:
    tried = Trial(Loader(source, batch_size=4, workers=1, cache="memory"))
    tried.fill()
    tried.turn(0.0, Consumer(0.0, 4))
    assert tried.loader.stats()["cache"]["misses"] == len(source)
    assert tried.shares["decode"] < 0.5


def test_a_consumer_takes_the_step_for_a_whole_batch_and_less_for_a_smaller_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(trial, "sleep", slept.append)
    whole = {"image": np.zeros((8, 5, 5, 3), np.float32), "id": np.arange(8)}
    several = {"image": [np.zeros((5, 5, 3), np.uint8), np.zeros((9, 4, 3), np.uint8)], "id": np.arange(2)}
    assert [Consumer(0.5, 8).take(whole), Consumer(0.5, 8).take(several), Consumer(0.0, 8).take(whole)] == [8, 2, 8]
    assert slept == [0.5, 0.125]


def test_loaders_run_in_turns(source: ImageFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "available_cores", lambda: 2)
    *told, last = diagnose(TrialSettings(source, None, workers=1, batch_size=4, seconds=1))
    assert told == ["looking at pictures", "filling a cache", *[ASKED, MORE, CACHED, BARE] * diagnosis.ROUNDS]
    assert len(told) <= diagnosis.steps()
    assert isinstance(last, Diagnosis) and set(last.rates) == {ASKED, MORE, CACHED, BARE}
    assert last.tried == (len(source), len(source)) and 0 <= last.wait <= 1 and last.read > 0
    (batch,) = Loader(source, workers=0).epoch(0)
    assert last.pixels == pytest.approx(sum(image.nbytes for image in batch["image"]))


def test_no_worker_more_than_cores_is_tried(source: ImageFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "available_cores", lambda: 2)
    *_, last = diagnose(TrialSettings(source, None, workers=2, batch_size=4, seconds=1))
    assert isinstance(last, Diagnosis) and MORE not in last.rates


def test_trials_differ_in_one_option_each(source: ImageFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "available_cores", lambda: 3)
    look = diagnosis._Look(rate=1e4, pixels=1000, made=100, first=(0, 0))
    options = diagnosis._options(TrialSettings(source, Compose([]), workers=2, batch_size=4), look)
    plain = options[ASKED]
    assert plain == {"batch_size": 4, "workers": 2} and options[MORE] == {"batch_size": 4, "workers": 3}
    assert options[SCALED] == plain | {"decode": "scaled"}
    assert options[CACHED].keys() == plain.keys() | {"cache"} and options[CACHED].items() > plain.items()
    assert SCALED not in diagnosis._options(TrialSettings(source, None, workers=2), look)


def test_scaled_decoding_is_tried_where_pictures_are_large(tmp_path: Path) -> None:
    large = ImageFolder(write(tmp_path / "large", 3, (400, 300)))
    for crop, tried in ((24, True), (400, False)):
        *_, last = diagnose(
            TrialSettings(large, Compose([ops.RandomResizedCrop(crop)]), workers=1, batch_size=2, seconds=1)
        )
        assert isinstance(last, Diagnosis) and (SCALED in last.rates) is tried


def test_batches_are_smaller_where_one_takes_long(source: ImageFolder) -> None:
    look = diagnosis._Look(rate=10, pixels=1e6, made=1e5, first=(0, 0))
    assert (
        look.batch_size(TrialSettings(source, workers=2, seconds=24)) == 2
    )  # a turn lasts a second: four batches and more
    assert look.batch_size(TrialSettings(source, workers=1, seconds=240)) == 25
    assert look.batch_size(TrialSettings(source, workers=1, seconds=2400)) == 64


def test_as_many_samples_as_there_are_time_and_memory_for() -> None:
    many = Arrays(np.zeros((5000, 1, 1, 3), np.uint8))

    def count(rate: float, pixels: float) -> int:
        return len(diagnosis._Look(rate, pixels, 1, (0, 0)).chosen(TrialSettings(many, batch_size=8, seconds=20)))

    assert count(1e6, 3) == diagnosis.MOST
    assert count(200, 3) == 400
    assert count(1e6, diagnosis.ROOM / 100) == 100
    assert count(1e6, diagnosis.ROOM) == 16  # two batches at least


def test_samples_are_spread_and_the_same_ones_each_time() -> None:
    many = Arrays(np.zeros((5000, 1, 1, 3), np.uint8))
    few, more = spread(many, 50), spread(many, 200)
    assert np.array_equal(few.ids, more.ids[:50]) and len(np.unique(more.ids)) == 200
    assert more.ids.min() < 500 and more.ids.max() > 4500
    assert len(spread(many, 10_000)) == 5000


def test_whole_decodes_say_what_they_cannot(source: ImageFolder, tmp_path: Path) -> None:
    assert diagnosis.decoded(source, 2, 0.0) > 0
    bad = write(tmp_path / "bad", 2)
    (bad / "1.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    with pytest.raises(DecodeError, match=r"1\.jpg"):
        diagnosis.decoded(ImageFolder(bad), 2, 0.0)


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_help_teaches() -> None:
    told = run("doctor", "--help").output
    for word in ("variegate doctor photos/", "Example", "--step", "--seconds", "--workers", "--batch-size", "--config"):
        assert word in told
    assert "doctor" in run("--help").output


def test_the_command_says_what_it_found(photos: Path, tmp_path: Path) -> None:
    path = tmp_path / "pipeline.yaml"
    path.write_text(PIPELINE)
    cores = diagnosis.available_cores()
    words = ("--config", path, "--workers", cores, "--batch-size", 4, "--step", 10, "--seconds", 1)
    told = run("doctor", photos, *words)
    assert told.exit_code == 0, told.output
    lines = told.output.splitlines()
    assert lines[0].startswith(f"{cores} worker{'s' * (cores > 1)}, batches of 4")  # fewer may be tried
    assert lines[0].strip().endswith(", 11 of 11 pictures")
    (consumer,) = [line for line in lines if "ceiling: the consumer" in line]
    assert "400" in consumer
    for row in (ASKED, CACHED, "nothing but whole decodes", *STAGES):
        assert [line for line in lines if row in line], row
    assert MORE not in told.output
    (line,) = [line for line in lines if re.search(r"the consumer waits \d+% of the time", line)]
    assert line.endswith("nothing to gain") or "; no core is left for another worker; a cache would give " in line
    shares = [int(re.findall(r"(\d+)%", row)[0]) for row in lines for stage in STAGES if row.startswith(f"│ {stage} ")]
    assert len(shares) == len(STAGES) and 97 <= sum(shares) <= 103


def test_errors_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    told = run("doctor", tmp_path / "empty")
    assert isinstance(told.exception, SourceError) and "empty" in str(told.exception)
    bad = write(tmp_path / "bad", 3)
    (bad / "1.jpg").write_bytes((bad / "1.jpg").read_bytes()[:300])
    told = run("doctor", bad, "--seconds", 1)
    assert isinstance(told.exception, DecodeError) and "1.jpg" in str(told.exception)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("variegate")]
