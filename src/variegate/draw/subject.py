"""Subject: what a page shows, of whatever it was given: whose results, which samples, and how classes are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from variegate.errors import InputError
from variegate.pipeline.compose import Compose
from variegate.targets import Target, Targets
from variegate.targets.agreed import agreed

Made = Compose | Targets | Mapping[str, Target] | None  # what says how fields are read


@runtime_checkable
class SourceLike(Protocol):
    """What a page asks of a source; loaders live on a floor above this one."""

    targets: Targets | None

    def __len__(self) -> int: ...
    def __getitem__(self, which: Any, /) -> Any: ...
    def id(self, i: int, /) -> int: ...


@runtime_checkable
class LoaderLike(Protocol):
    """What a page asks of a loader."""

    source: SourceLike
    augment: Compose | None
    targets: Targets | None
    next_place: tuple[int, int]

    def batch(self, epoch: int, number: int, /) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Subject:
    """What a page shows.

    targets  the pipeline whose results the samples are, or that is to be looked at; or what their fields are
    samples  a batch, an array or a list
    classes  names, as far as a source has them
    ids      of the samples, where they are a source's
    """

    targets: Any
    samples: Any
    classes: Sequence[str] = ()
    ids: Sequence[int] = ()

    @classmethod
    def of(cls, targets: Any, samples: Any, most: int, variations: bool) -> Subject:
        """The subject of `sheet`'s first two arguments.

        most        samples, of a source
        variations  whether samples are to go into the pipeline, not what came out of it

        Raises  InputError if they are none.
        """
        if isinstance(samples, Compose):
            raise InputError("sheet takes the pipeline first, and then the samples: sheet(augment, samples)")
        if samples is None:
            given, targets = _unwrapped(targets), None
            if not isinstance(given, SourceLike | LoaderLike):
                raise InputError(
                    "sheet takes the pipeline and samples, sheet(augment, images), or a loader or a source alone; got "
                    f"{type(given).__name__} alone"
                )
        else:
            given = _unwrapped(samples)
        if isinstance(given, LoaderLike):
            return cls._of_loader(targets, given, most, variations)
        if isinstance(given, SourceLike):
            return cls._of_source(targets, given, most, variations)
        return cls(targets, given)

    @classmethod
    def _of_loader(cls, targets: Made, loader: LoaderLike, most: int, variations: bool) -> Subject:
        """The first batch of the loader's next epoch, which this does not begin."""
        made = loader.augment if targets is None else targets
        targets = _with(made, loader.targets) if isinstance(made, Compose) else made or loader.targets
        if variations:
            return cls._of_source(targets, loader.source, most, True)
        return cls(targets, loader.batch(loader.next_place[0], 0), _classes(loader.source))

    @classmethod
    def _of_source(cls, targets: Made, source: SourceLike, most: int, variations: bool) -> Subject:
        theirs = source.targets or Targets()
        ours = targets.known if isinstance(targets, Compose) else Targets.of(targets)
        known = agreed(theirs, ours)
        shown = range(min(most, len(source)))
        samples = [{name: value for name, value in source[n].items() if name in known} for n in shown]
        # As they are read, they have the formats that the pipeline takes, not those that it gives.
        made = _with(targets, known) if variations and isinstance(targets, Compose) else known
        return cls(made, samples, _classes(source), [source.id(n) for n in shown])


def _with(augment: Compose, known: Targets | None) -> Compose:
    return augment if known is None else replace(augment, targets=known)


def _classes(source: Any) -> Sequence[str]:
    """The names of a source's classes, if it has some."""
    return tuple(getattr(source, "classes", ()) or ())


def _unwrapped(given: Any) -> Any:
    """The loader within a framework's own; anything else as it is."""
    inner = getattr(given, "loader", None)
    return inner if isinstance(inner, LoaderLike) and not isinstance(given, np.ndarray | Mapping) else given
