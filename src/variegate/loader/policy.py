"""OnError: what a loader does about samples that cannot be read; Faults: those it has met."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from variegate.errors import DecodeError, FieldError, VariegateError
from variegate.loader.decode import MOST_PIXELS
from variegate.loader.source.base import Source

Policy = Literal["raise", "skip", "replace"]
POLICIES = ("raise", "skip", "replace")
LISTED = 5  # bad samples that an error names


@dataclass(frozen=True)
class OnError:
    """What to do about a sample that cannot be read or decoded, or whose labels cannot be taken.

    policy      "raise": the error comes at the sample's batch. "skip": the batch has fewer samples; there are as many
                batches as ever, so ranks stay in step. "replace": another sample stands in, drawn from (seed, epoch,
                place), with numbers of its own; no other sample changes in either case. After a hundred draws of bad
                ones in a row the first error is raised
    most        how many bad samples there may be before the run stops with an error: a number, or a fraction of the
                source, 0 to 1; None: any. A sample counts once, however often it is met
    quarantine  a file to which each bad sample is added once, as a line of JSON: path, id, index, reason. Lines that
                are there already stay, and count as listed
    deadline    seconds that reading one sample may take; None: any. The thread that reads it is then left to itself,
                as nothing can stop it, and counted in `stats()["abandoned"]`
    max_pixels  beyond it a header is taken for a decompression bomb, and nothing is decoded

    >>> OnError("skip", most=0.01, quarantine="bad.jsonl")
    OnError(policy='skip', most=0.01, quarantine='bad.jsonl', deadline=None, max_pixels=178956970)

    Raises  FieldError if a value cannot be.
    """

    policy: Policy = "raise"
    most: float | None = 0.5
    quarantine: str | os.PathLike[str] | None = None
    deadline: float | None = None
    max_pixels: int = MOST_PIXELS

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise FieldError(f'Loader.on_error is "raise", "skip", "replace" or OnError(...), got {self.policy!r}')
        for name in ("most", "deadline", "max_pixels"):
            value = getattr(self, name)
            if value is None and name != "max_pixels":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
                raise FieldError(f"OnError.{name} is a number of 0 or more, got {value!r}")
        if isinstance(self.most, float) and self.most > 1:
            raise FieldError(f"OnError.most is a whole number of samples, or a fraction up to 1.0, got {self.most}")

    @classmethod
    def of(cls, value: str | OnError) -> OnError:
        """A policy by its name, or as it is."""
        return value if isinstance(value, cls) else cls(value)  # type: ignore[arg-type]


class Faults:
    """The bad samples of a run, each counted and listed once. Threads share it."""

    def __init__(self, rule: OnError, source: Source) -> None:
        self.rule, self._source = rule, source
        self.abandoned = 0
        self._seen: set[int] = set()
        self._last: list[str] = []
        self._lock = Lock()
        self._limit = self._most()
        self._listed = _listed(rule.quarantine) if rule.policy != "raise" else set()

    def __len__(self) -> int:
        return len(self._seen)

    def _most(self) -> float:
        most = self.rule.most
        if most is None:
            return float("inf")
        return most * len(self._source) if isinstance(most, float) else most

    def abandon(self) -> None:
        """Count a thread that is left to itself."""
        with self._lock:
            self.abandoned += 1

    def add(self, position: int, error: Exception) -> None:
        """Note a bad sample.

        Raises  VariegateError if there are now more than there may be; OSError if the quarantine cannot be written.
        """
        with self._lock:
            if position in self._seen:
                return
            self._seen.add(position)
            where = self._source.where(position)
            self._last = [*self._last, f"{where}: {_reason(error)}"][-LISTED:]
            self._write(position, where, error)
            if len(self._seen) > self._limit:
                raise VariegateError(self._stopped())

    def _write(self, position: int, where: str, error: Exception) -> None:
        sample = self._source.id(position)
        if self.rule.quarantine is None or sample in self._listed:
            return
        line = {"path": where, "id": sample, "index": position, "reason": _reason(error)}
        # One write to the end of the file: lines of several processes never mix.
        with open(self.rule.quarantine, "ab", buffering=0) as file:
            file.write((json.dumps(line) + "\n").encode())
        self._listed.add(sample)

    def _stopped(self) -> str:
        worst = "\n  ".join(self._last)
        whole = f", of {len(self._source)} samples" if isinstance(self.rule.most, float) else ""
        return (
            f"{len(self._seen)} samples could not be taken; OnError.most allows {self.rule.most}{whole}. The last "
            f"were\n  {worst}\nRepair or remove them, or allow more."
        )


def _reason(error: Exception) -> str:
    """What an error says, without the path."""
    if isinstance(error, DecodeError):
        return error.reason
    return f"{type(error).__name__}: {error}"


def _listed(path: str | os.PathLike[str] | None) -> set[int]:
    """The ids in a quarantine file that is there; a last line that was cut off by a kill is ended."""
    if path is None or not Path(path).exists():
        return set()
    data = Path(path).read_bytes()
    if data and not data.endswith(b"\n"):
        with open(path, "ab", buffering=0) as file:
            file.write(b"\n")
    found = set()
    for line in data.splitlines():
        try:
            found.add(int(_as_dict(json.loads(line))["id"]))
        except (ValueError, KeyError, TypeError):
            continue  # of a write that was cut off
    return found


def _as_dict(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value
