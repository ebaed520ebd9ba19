"""Diagnosis: a loader tried in several ways, in turns, and what follows from the rates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter, sleep
from typing import Any

import numpy as np

from variegate.cli.measure import decoding
from variegate.loader import Cache, ImageFolder, Loader, Source, Subset
from variegate.loader.options import available_cores
from variegate.pipeline import Compose

MOST = 2000  # samples of the source that are tried
ROOM = 512 << 20  # bytes of pixels of these
ROUNDS = 3
STAGES = ("read", "decode", "plan", "kernel", "carry")
ASKED, MORE, CACHED, SCALED, CEILING = "as asked", "one worker more", "with a cache", 'decode="scaled"', "bare decoder"
LARGE = 4  # times the pixels of the result: from here on a decoder can halve both sides
NOTHING = 0.03  # a gain or a wait that is none: less than what rates vary by


@dataclass(frozen=True)
class Asked:
    """What is to be tried: a loader of these, and a consumer that takes `step` seconds for a batch."""

    source: ImageFolder
    augment: Compose | None
    workers: int
    batch_size: int = 64
    step: float = 0.0
    seconds: float = 20.0
    cores: int = field(default_factory=available_cores)


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    rates    samples a second, by trial
    wait     the part of its time that the consumer waits, of the loader as asked
    shares   of the time of its threads, by stage
    queue    batches that were ready when the consumer asked for one: a mean
    read     bytes of files a second
    pixels   bytes of all decoded pictures of the source
    bound    samples a second that the consumer takes if it never waits
    """

    workers: int
    batch_size: int
    rates: Mapping[str, float]
    wait: float
    shares: Mapping[str, float]
    queue: float
    read: float
    pixels: float
    bound: float

    def gain(self, trial: str) -> float | None:
        """How much faster a trial was than the loader as asked, as a part; None if it was not tried."""
        return self.rates[trial] / self.rates[ASKED] - 1 if trial in self.rates else None


@dataclass
class _Trial:
    """A loader and what it has shown so far."""

    loader: Loader
    rates: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    spent: dict[str, float] = field(default_factory=lambda: dict.fromkeys((*STAGES, "bytes_read", "wall"), 0.0))

    def turn(self, seconds: float, consume: Callable[[Any], None]) -> None:
        """Batches for so many seconds, and two at least; the first ones come out of threads that just began."""
        batches = self.loader.stream()
        try:
            for _ in range(3):
                consume(next(batches))
            before, begun, count, samples = self.loader.stats(), perf_counter(), 0, 0
            while count < 2 or perf_counter() - begun < seconds:
                batch = next(batches)
                count, samples = count + 1, samples + len(batch["id"])
                consume(batch)
            wall, after = perf_counter() - begun, self.loader.stats()
        finally:
            batches.close()  # type: ignore[attr-defined]
        self.rates.append(samples / wall)
        self.waits.append((after["wait"] - before["wait"]) / wall)
        for name in (*STAGES, "bytes_read"):
            self.spent[name] += after[name] - before[name]
        self.spent["wall"] += wall


def steps() -> int:
    """How often `diagnose` yields before its result, at most."""
    return 2 + ROUNDS * 5


def diagnose(asked: Asked) -> Iterator[str | Diagnosis]:
    """Yields what comes next, to move a progress bar; and the Diagnosis at the end."""
    yield "looking at the pictures"
    probe = _Probe.of(asked)
    chosen, batch_size = probe.chosen(asked), probe.batch_size(asked)
    consume = _consumer(asked)
    yield "filling a cache"
    trials = {name: _Trial(Loader(chosen, asked.augment, batch_size, **options)) for name, options in probe.trials(asked)}
    for _ in trials[CACHED].loader.epoch(0):
        pass
    bare: list[float] = []
    share = asked.seconds / (2 + ROUNDS * (len(trials) + 1))
    for _ in range(ROUNDS):  # in turns, so that a slow moment of the machine falls on all
        for name, trial in trials.items():
            yield name
            trial.turn(share, consume)
        yield CEILING
        bare.append(len(chosen) / decoding(chosen, asked.workers))
    yield _concluded(asked, trials, median(bare), probe)


def _concluded(asked: Asked, trials: Mapping[str, _Trial], bare: float, probe: _Probe) -> Diagnosis:
    plain = trials[ASKED]
    busy = sum(plain.spent[name] for name in STAGES) or 1.0
    return Diagnosis(
        asked.workers,
        asked.batch_size,
        rates={**{name: median(trial.rates) for name, trial in trials.items()}, CEILING: bare},
        wait=median(plain.waits),
        shares={name: plain.spent[name] / busy for name in STAGES},
        queue=plain.loader.stats()["queue"],
        read=plain.spent["bytes_read"] / plain.spent["wall"],
        pixels=probe.pixels * len(asked.source),
        bound=asked.batch_size / asked.step if asked.step else float("inf"),
    )


@dataclass(frozen=True)
class _Probe:
    """A first look: samples a second; bytes of a decoded picture and of a result, on average."""

    rate: float
    pixels: float
    made: float

    @classmethod
    def of(cls, asked: Asked) -> _Probe:
        """Some batches of few samples; the first one compiles, and is not timed."""
        source = _spread(asked.source, MOST)
        loader = Loader(source, asked.augment, min(asked.batch_size, 4 * asked.workers), workers=asked.workers)
        samples, begun = 0, 0.0
        for number, batch in enumerate(loader.stream()):
            if number == 0:
                begun = perf_counter()
                continue
            samples += len(batch["id"])
            if perf_counter() - begun > asked.seconds / 20:
                break
        wall, stats = perf_counter() - begun, loader.stats()
        # Pictures are decoded ahead of the batch that is handed out, so their own number is not known.
        one = _decoded(source, loader)
        return cls(samples / wall, one, stats["bytes_made"] / stats["samples"])
