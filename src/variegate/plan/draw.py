"""Draws: from keys to columns of numbers, for all ops of a pipeline in one call. Drawing sees nothing but keys."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.dist import Bits, Constant, Distribution, Uniform
from variegate.errors import PipelineError
from variegate.key import Keys
from variegate.ops.base import Draws
from variegate.ops.effect import Floats
from variegate.plan.flatten import FlatPipeline
from variegate.plan.ir import Gate, Node
from variegate.plan.share import Shares
from variegate.ramp import Ramp

Flags = NDArray[np.bool_]
SPREAD, FIXED, OTHER = range(3)
DrawnColumns = Mapping[str, Draws]  # path -> field -> (B,) or (trials, B); of Bits (4, B) uint32


class Request(NamedTuple):
    """A field's share of a table's rows.

    table  SPREAD or FIXED: the rows are its numbers; OTHER: they are the uniforms, (draws, trials), to make them of
    rows   one without an axis of its own where the field is drawn once
    """

    path: str
    field: str
    distribution: Distribution
    trials: int
    table: int
    rows: int | slice


class Drawing:
    """What a pipeline draws, laid out once; `columns` then draws it for any batch."""

    def __init__(self, flat: FlatPipeline) -> None:
        self.gated = tuple((node.path, node.op.p) for node in flat.ops if node.op.p != 1)
        self.requests, self._names, self._fixed = _requests(flat.ops)
        self.bits = tuple(_bits(flat.ops))
        self.ramps = tuple(_ramps(flat.ops))
        self.shares = Shares(flat)
        self.paths = tuple(node.path for node in flat.ops)
        self._streams = functools.lru_cache(maxsize=64)(self._make_streams)
        self._low, self._span = _ranges(self.requests, len(self._names) + len(self.gated))

    def _make_streams(self, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Of the numbers, and of the bits."""
        from variegate.rng import streams

        names = [*self._names, *((path, "p", 0) for path, _ in self.gated)]
        return streams(seed, names), streams(seed, [(path, name, 0) for path, name in self.bits])

    def columns(self, keys: Keys) -> dict[str, dict[str, NDArray[Any]]]:
        """The numbers drawn for a batch of keys, by path and field.

        "p" holds the uniform that a gate compares; of a Ramp what was decided: 0 where the op applies, else 1.
        """
        from variegate.rng import blocks, uniforms

        numbers, bits = self._streams(keys.seed)
        table = uniforms(numbers, keys.id, keys.epoch, keys.variation)
        found: dict[str, dict[str, NDArray[Any]]] = {path: {} for path in self.paths}
        # Ranges and constants, which most fields are, all at once.
        tables = self._low + self._span * table, self._fixed.repeat(len(keys), axis=1)
        for request in self.requests:
            path, name, _, _, place, rows = request
            found[path][name] = _numbers(request, table, keys.epoch) if place == OTHER else tables[place][rows]
        if self.bits:
            words = blocks(bits, keys.id, keys.epoch, keys.variation)
            for (path, name), column in zip(self.bits, words, strict=True):
                found[path][name] = column
        for n, (path, p) in enumerate(self.gated):
            u = table[n - len(self.gated)]
            found[path]["p"] = (u >= p.at_epoch(table[:0], keys.epoch)) * 1.0 if isinstance(p, Ramp) else u
        self.shares.fill(found)
        return found


def _ranges(requests: Sequence[Request], count: int) -> tuple[Floats, Floats]:
    """(count, 1) each: from where and how far the uniforms of each row spread, of those that are a uniform range."""
    low, span = np.zeros((count, 1)), np.ones((count, 1))
    for request in requests:
        if isinstance(request.distribution, Uniform):
            least, most = request.distribution.bounds()
            low[request.rows], span[request.rows] = least, most - least
    return low, span


def _requests(nodes: tuple[Node, ...]) -> tuple[list[Request], list[tuple[str, str, int]], Floats]:
    """All fields but those of bits; what each row of uniforms is drawn for, and (n, 1) the rows of constants."""
    found, names, fixed = list[Request](), list[tuple[str, str, int]](), list[float]()
    for node in nodes:
        for name, distribution in node.op.drawn().items():
            if isinstance(distribution, Bits):
                continue
            trials = node.op.times(name)
            if isinstance(distribution, Constant):
                table, start, count = FIXED, len(fixed), trials
                fixed += [distribution.value] * trials
            else:
                table = SPREAD if isinstance(distribution, Uniform) else OTHER
                start, count = len(names), distribution.draws * trials
                names += [(node.path, name, n) for n in range(count)]
            rows = start if table != OTHER and trials == 1 else slice(start, start + count)
            found.append(Request(node.path, name, distribution, trials, table, rows))
    return found, names, np.array(fixed).reshape(-1, 1)


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


def _numbers(request: Request, table: Floats, epochs: NDArray[np.uint32]) -> Floats:
    """The column of a field that is neither a uniform range nor a constant."""
    u = table[request.rows]
    if request.trials > 1:
        u = u.reshape(request.distribution.draws, request.trials, len(epochs))
    return request.distribution.at_epoch(u, epochs)


def applied(gates: tuple[Gate, ...], columns: DrawnColumns) -> Flags | None:
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


def params_of(flat: FlatPipeline, columns: DrawnColumns) -> dict[str, dict[str, Any]]:
    """The numbers of the first sample by path, for people: whether the op applies, and each field."""
    found: dict[str, dict[str, Any]] = {}
    for node in flat.leaves:
        flags = applied(node.gates, columns)
        numbers = {name: column[..., 0].tolist() for name, column in columns[node.path].items() if name != "p"}
        found[node.path] = {"applied": True if flags is None else bool(flags[0]), **numbers}
    return found
