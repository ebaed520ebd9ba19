"""Draws: from keys to columns of numbers, for all ops of a pipeline in one call. Drawing sees nothing but keys."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.dist import Bits, Constant, Distribution, Uniform
from variegate.errors import PipelineError
from variegate.key import Keys
from variegate.ops.base import Draws
from variegate.ops.effect import Floats
from variegate.plan.flatten import Flat
from variegate.plan.ir import Gate, Node
from variegate.plan.share import Shares
from variegate.ramp import Ramp

Flags = NDArray[np.bool_]
Columns = Mapping[str, Draws]  # path -> field -> (B,) or (trials, B); of Bits (4, B) uint32


@dataclass(frozen=True)
class Request:
    """One field's share of the uniforms: `count` rows from `start` on, as (draws, trials)."""

    path: str
    field: str
    distribution: Distribution
    trials: int
    start: int
    count: int


class Drawing:
    """What a pipeline draws, laid out once; `columns` then draws it for any batch."""

    def __init__(self, flat: Flat) -> None:
        self.requests = tuple(_requests(flat.ops))
        self.bits = tuple(_bits(flat.ops))
        self.gated = tuple((node.path, node.op.p) for node in flat.ops if node.op.p != 1)
        self.ramps = tuple(_ramps(flat.ops))
        self.shares = Shares(flat)
        self.paths = tuple(node.path for node in flat.ops)
        self._streams = functools.lru_cache(maxsize=64)(self._make_streams)
        self._low, self._span = _ranges(self.requests, len(self.gated))

    def _make_streams(self, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Of the numbers, and of the bits."""
        from variegate.rng import streams

        names = [(r.path, r.field, n) for r in self.requests for n in range(r.count)]
        names += [(path, "p", 0) for path, _ in self.gated]
        return streams(seed, names), streams(seed, [(path, name, 0) for path, name in self.bits])

    def columns(self, keys: Keys) -> dict[str, dict[str, NDArray[Any]]]:
        """The numbers drawn for a batch of keys, by path and field.

        "p" holds the uniform that a gate compares; of a Ramp what was decided: 0 where the op applies, else 1.
        """
        from variegate.rng import blocks, uniforms

        numbers, bits = self._streams(keys.seed)
        table = uniforms(numbers, keys.id, keys.epoch, keys.variation)
        found: dict[str, dict[str, NDArray[Any]]] = {path: {} for path in self.paths}
        spread = self._low + self._span * table  # what most fields are, all at once
        for request in self.requests:
            rows = slice(request.start, request.start + request.count)
            if isinstance(request.distribution, Uniform):
                column = spread[rows] if request.trials > 1 else spread[request.start]
            else:
                column = _numbers(request, table[rows], keys.epoch)
            found[request.path][request.field] = column
        if self.bits:
            words = blocks(bits, keys.id, keys.epoch, keys.variation)
            for (path, name), column in zip(self.bits, words, strict=True):
                found[path][name] = column
        for n, (path, p) in enumerate(self.gated):
            u = table[n - len(self.gated)]
            found[path]["p"] = (u >= p.at_epoch(table[:0], keys.epoch)) * 1.0 if isinstance(p, Ramp) else u
        self.shares.fill(found)
        return found


def _ranges(requests: tuple[Request, ...], others: int) -> tuple[Floats, Floats]:
    """(n, 1) each: from where and how far the uniforms of each row spread, of those rows that are a uniform range."""
    count = sum(request.count for request in requests) + others
    low, span = np.zeros((count, 1)), np.ones((count, 1))
    for request in requests:
        if isinstance(request.distribution, Uniform):
            rows = slice(request.start, request.start + request.count)
            low[rows], span[rows] = request.distribution.low, request.distribution.high - request.distribution.low
    return low, span


def _requests(nodes: tuple[Node, ...]) -> Iterator[Request]:
    start = 0
    for node in nodes:
        for name, distribution in node.op.drawn().items():
            if isinstance(distribution, Bits):
                continue
            trials = node.op.times(name)
            count = distribution.draws * trials
            yield Request(node.path, name, distribution, trials, start, count)
            start += count


def _bits(nodes: tuple[Node, ...]) -> Iterator[tuple[str, str]]:
    """The path and the field of each draw of bits."""
    for node in nodes:
        for name, distribution in node.op.drawn().items():
            if isinstance(distribution, Bits):
                if node.op.times(name) != 1:
                    raise PipelineError(f"{node.path}.{name} is Bits, which has no trials: take other positions of it")
                yield node.path, name


def _ramps(nodes: tuple[Node, ...]) -> Iterator[str]:
    """The fields that hang on the epoch."""
    for node in nodes:
        given = {"p": node.op.p, **node.op.drawn()}
        yield from (f"{node.path}.{name}" for name, value in given.items() if isinstance(value, Ramp))


def _numbers(request: Request, u: Floats, epochs: NDArray[np.uint32]) -> Floats:
    """The column of a field that is no uniform range."""
    if request.trials > 1:
        u = u.reshape(request.distribution.draws, request.trials, len(epochs))
    if isinstance(request.distribution, Constant):
        shape = epochs.shape if request.trials == 1 else (request.trials, *epochs.shape)
        return np.full(shape, request.distribution.value)
    return request.distribution.at_epoch(u, epochs)


def applied(gates: tuple[Gate, ...], columns: Columns) -> Flags | None:
    """For which samples all gates say yes; None: for all, as there is no gate."""
    flags: Flags | None = None
    for gate in gates:
        flag = _open(gate, columns[gate.path])
        flags = flag if flags is None else flags & flag
    return flags


def _open(gate: Gate, drawn: Mapping[str, Floats]) -> Flags:
    if not gate.amount:
        return (drawn[gate.field] >= gate.low) & (drawn[gate.field] < gate.high)
    # The ops with the smallest numbers are chosen; ties, which 53 bits make next to impossible, go to the first.
    count = drawn[gate.amount]
    order = drawn[gate.field].reshape(-1, count.shape[-1])
    own = order[int(gate.low)]
    rank = (order < own).sum(axis=0) + (order[: int(gate.low)] == own).sum(axis=0)
    chosen: Flags = rank < np.minimum(np.floor(count), len(order))
    return chosen


def told(flat: Flat, columns: Columns) -> dict[str, dict[str, Any]]:
    """The numbers of the first sample by path, for people: whether the op applies, and each field."""
    found: dict[str, dict[str, Any]] = {}
    for node in flat.nodes:
        flags = applied(node.gates, columns)
        numbers = {name: column[..., 0].tolist() for name, column in columns[node.path].items() if name != "p"}
        found[node.path] = {"applied": True if flags is None else bool(flags[0]), **numbers}
    return found
