"""Diagnosis: a loader tried in several ways, in turns, and what follows from the rates."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from statistics import mean, median
from time import perf_counter
from typing import Any

import numpy as np

from variegate.cli.trial import Consumer, Trial
from variegate.cli.ways import ways
from variegate.loader import Cache, Loader, Source, Subset
from variegate.loader.options import available_cores
from variegate.pipeline import Compose

MOST = 2000  # samples of the source that are tried
ROOM = 512 << 20  # bytes of their pixels
WALKED = 200  # of them that are walked through to their ends
FIRST = 32  # of them that are looked at before all else
ROUNDS = 3
ASKED, MORE, CACHED, SCALED, BARE = "as asked", "one worker more", "with a cache", 'decode="scaled"', "bare decoder"
LARGE = 4  # times the pixels of its result: a picture of which a decoder can halve both sides


@dataclass(frozen=True)
class TrialSettings:
    """What is to be tried: a loader of these, and a consumer that takes `step` seconds for a batch.

    seconds  that the trials take together, about
    """

    source: Source
    augment: Compose | None = None
    workers: int = 1
    batch_size: int = 64
    step: float = 0.0
    seconds: float = 20.0

    @property
    def turn(self) -> float:
        """Seconds of one trial in one round: half of all goes to the loaders, of which there are four at most."""
        return self.seconds / 2 / (ROUNDS * 4)


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    rates    samples a second, by trial; what cannot be tried is not there
    wait     the part of its time that the consumer waits for the loader as asked
    shares   of the time of its threads, by stage
    queue    batches that were ready when the consumer asked for one: a mean
    read     bytes of files a second
    first    seconds to read a file for the first time, and again
    tried    samples that were tried, of all
    batch    samples of the batches that were tried: fewer than asked for where one takes long
    pixels   bytes of all pictures of the source, decoded
    ways     of some pictures, how many go the fast way, and why others do not; see `ways`
    others   threads of other programs that ran or wanted to before the trials: the load of a minute; 0 where unknown
    """

    settings: TrialSettings
    rates: Mapping[str, float]
    wait: float
    shares: Mapping[str, float]
    queue: float
    read: float
    first: tuple[float, float]
    tried: tuple[int, int]
    batch: int
    pixels: float
    others: float = 0.0
    ways: Mapping[str, int] = field(default_factory=dict)

    def gain(self, trial: str) -> float | None:
        """How much faster a trial was than the loader as asked, as a part of it; None if it was not tried."""
        return self.rates[trial] / self.rates[ASKED] - 1 if trial in self.rates else None


def steps() -> int:
    """How often `diagnose` yields before its result, at most."""
    return 2 + ROUNDS * 5


def diagnose(settings: TrialSettings) -> Iterator[str | Diagnosis]:
    """Yields what comes next, to move a progress bar; and the Diagnosis at the end.

    Raises  DecodeError, with the path, if a picture cannot be decoded.
    """
    yield "looking at pictures"
    others = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0  # not on Windows
    look = _Look.at(settings)
    found = ways(spread(settings.source, WALKED))
    chosen, consumer = look.chosen(settings), Consumer(settings.step, settings.batch_size)
    yield "filling a cache"
    trials = {
        name: Trial(Loader(chosen, settings.augment, **options)) for name, options in _options(settings, look).items()
    }
    trials[CACHED].fill()
    bare: list[float] = []
    for _ in range(ROUNDS):  # in turns, so that a slow moment of the machine falls on all
        for name, trial in trials.items():
            yield name
            trial.turn(settings.turn, consumer)
        yield BARE
        bare.append(decoded(chosen, settings.workers, settings.turn / 2))
    plain = trials[ASKED]
    yield Diagnosis(
        settings,
        rates={**{name: median(trial.rates) for name, trial in trials.items()}, BARE: median(bare)},
        wait=median(plain.waits),
        shares=plain.shares,
        queue=plain.loader.stats()["queue"],
        read=plain.read,
        first=look.first,
        tried=(len(chosen), len(settings.source)),
        batch=plain.loader.batch_size,
        pixels=look.pixels * len(settings.source),
        others=others,
        ways=found,
    )


def _options(settings: TrialSettings, look: _Look) -> dict[str, dict[str, Any]]:
    """The loaders that are tried, by name: their options."""
    plain = {"batch_size": look.batch_size(settings), "workers": settings.workers}
    trials: dict[str, dict[str, Any]] = {ASKED: plain}
    if settings.workers < available_cores():
        trials[MORE] = plain | {"workers": settings.workers + 1}
    trials[CACHED] = plain | {"cache": Cache("memory", 4 * ROOM)}
    if settings.augment is not None and look.pixels > LARGE * look.made:
        trials[SCALED] = plain | {"decode": "scaled"}
    return trials


def decoded(source: Source, workers: int, seconds: float) -> float:
    """Pictures a second that so many threads read and decode, if they do nothing else; for so many seconds at least."""
    numbers, begun = count(), perf_counter()

    def work() -> int:
        done = 0
        while done == 0 or perf_counter() - begun < seconds:
            i = next(numbers) % len(source)
            source.header(i, bytes_of(source, i)).decode()
            done += 1
        return done

    with ThreadPoolExecutor(workers) as threads:
        done = sum(future.result() for future in [threads.submit(work) for _ in range(workers)])
        return done / (perf_counter() - begun)


def bytes_of(source: Source, i: int) -> bytes:
    """The file of a sample."""
    data = source.read(i)
    assert isinstance(data, bytes)
    return data


@dataclass(frozen=True)
class _Look:
    """A first look at some samples.

    rate    samples a second, roughly
    pixels  bytes of a decoded picture
    made    values of a result
    first   seconds to read a file for the first time, and again
    """

    rate: float
    pixels: float
    made: float
    first: tuple[float, float]

    @classmethod
    def at(cls, settings: TrialSettings) -> _Look:
        """Some files, then some small batches; the first of these compiles, and is not timed."""
        some = spread(settings.source, FIRST)
        first = _reading(some), _reading(some)
        sizes = [some.header(i, bytes_of(some, i)).nbytes for i in range(len(some))]
        loader = Loader(
            some, settings.augment, min(settings.batch_size, 4 * settings.workers), workers=settings.workers
        )
        samples, begun, made = 0, 0.0, 1.0
        for number, batch in enumerate(loader.stream()):
            if number == 0:
                begun, made = perf_counter(), mean(image.size for image in batch["image"])
                continue
            samples += len(batch["id"])
            if perf_counter() - begun > settings.turn / 2:
                break
        return cls(samples / (perf_counter() - begun), mean(sizes), made, first)

    def batch_size(self, settings: TrialSettings) -> int:
        """As asked; but less where a turn would have too few batches."""
        return min(settings.batch_size, max(settings.workers, int(self.rate * settings.turn / 4)))

    def chosen(self, settings: TrialSettings) -> Source:
        """As many samples as a tenth of the time is enough for, that fit into memory."""
        most = min(MOST, int(self.rate * settings.seconds / 10), int(ROOM / self.pixels))
        return spread(settings.source, max(most, 2 * self.batch_size(settings)))


def spread(source: Source, most: int) -> Source:
    """At most so many samples of a source, from all over it; the same ones each time, fewer of them among more."""
    return Subset(source, np.random.default_rng(0).permutation(len(source))[:most])


def _reading(source: Source) -> float:
    begun = perf_counter()
    for i in range(len(source)):
        source.read(i)
    return (perf_counter() - begun) / len(source)
