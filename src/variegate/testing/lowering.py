"""Lowering is sound: what `lower` returns is what the op declares, a row for each sample, and hangs on nothing else."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.codes import FIELDS
from variegate.key import Keys
from variegate.ops import effect as effects
from variegate.ops.base import LoweringContext, Op, VisibleInstances, VisibleMask
from variegate.plan.ir import Node
from variegate.plan.stage.filter import trimmed
from variegate.testing.trial import Subject, keys_of, middle, nodes_of, pipeline_of

DrawnNumbers = dict[str, NDArray[np.float64]]
LoweredEffects = tuple[effects.Effect, ...]
PLACES = 5  # in a cell of a field, along each side, where it is looked at


def assert_lowering_is_sound(
    subject: Subject, size: tuple[int, int] = (48, 64), channels: int = 3, tries: int = 8
) -> None:
    """What an op's `lower` returns is what the op declares, a row for each sample, and hangs on nothing else.

    size      (height, width) of the smallest picture; the others of the batch are a few pixels larger
    channels  how many they have
    tries     how many samples the batch has

    It returns effects of the class that `gives` names, with the shapes that `variegate.ops.effect` tells, and finite
    numbers; a map can be inverted (a field folds nowhere), and its sizes are whole and positive. An op that changes the
    size says so in `resizes` (or `swaps_sides`), and one whose `fixes_size()` is True gives all pictures one size. A
    sample alone gives the numbers that it gives in a batch; a second call gives them again; and the draws are left as
    they were.

    >>> from variegate import Resize, Rotate
    >>> assert_lowering_is_sound([Rotate((-30, 30)), Resize(32)])

    Raises  AssertionError that names the op and what is not as it says.
    """
    pipeline = pipeline_of(subject)
    sizes = np.array([(size[0] + 7 * (n % 2), size[1] + 3 * (n % 3)) for n in range(tries)], np.int64)
    columns = pipeline.compiler.drawing.columns(Keys.of(keys_of(tries)))
    for node in nodes_of(pipeline):
        draws = {name: column.copy() for name, column in columns[node.path].items()}
        _sound(node, draws, sizes, _facts(node.op, sizes, channels))


def _facts(op: Op, sizes: NDArray[np.int64], channels: int) -> LoweringContext:
    """What an op may look at, with one object about the middle of each picture."""
    places = [middle((height, width)) for height, width in sizes.tolist()]
    if op.looks == "boxes":
        return LoweringContext(channels, boxes=[np.array([box]) for box in places])
    if op.looks == "mask":
        return LoweringContext(
            channels, masks=[VisibleMask(np.ones(size, np.uint8), np.eye(3)) for size in sizes.tolist()]
        )
    if op.looks == "instances":
        every = [np.ones((1, *size), np.bool_) for size in sizes.tolist()]
        return LoweringContext(channels, instances=[VisibleInstances(each, "instances") for each in every])
    return LoweringContext(channels)


def _sound(node: Node, draws: DrawnNumbers, sizes: NDArray[np.int64], context: LoweringContext) -> None:
    op, before = node.op, {name: column.copy() for name, column in draws.items()}
    found = _lowered(node, draws, sizes, context)
    for effect in found:
        _shaped(node, effect, len(sizes), context.channels)
        if isinstance(effect, effects.Geometric):
            _mapped(node, effect, sizes)
    if any(not np.array_equal(draws[name], column) for name, column in before.items()):
        raise AssertionError(f"{node.path}.lower() changed its draws in place: replays need them as they were")
    if not _alike(found, _lowered(node, draws, sizes, context), slice(None)):
        raise AssertionError(
            f"{node.path}.lower() gave other numbers the second time: it may ask nothing but the draws"
        )
    for row in range(len(sizes)):
        rows = slice(row, row + 1)
        shown = context.boxes[rows], context.masks[rows], context.instances[rows]
        own = LoweringContext(context.channels, *shown)
        alone = _lowered(node, {name: column[..., rows] for name, column in draws.items()}, sizes[rows], own)
        if not _alike(found, alone, rows):
            raise AssertionError(
                f"{node.path}.lower() gives sample {row} other numbers in a batch than alone: each row of draws and "
                "sizes is a sample of its own"
            )
    _sized(op, node.path, found, sizes)


def _lowered(node: Node, draws: DrawnNumbers, sizes: NDArray[np.int64], context: LoweringContext) -> LoweredEffects:
    effect: Any = node.op.lower(draws, sizes, context)
    found = effect if isinstance(effect, tuple) else (effect,)
    kind = node.op.gives
    for each in found:
        if not isinstance(each, kind):
            raise AssertionError(
                f"{node.path} declares gives = {kind.__name__}, so lower() returns variegate.ops.effect."
                f"{kind.__name__}; got {type(each).__name__}"
            )
    return found


def _arrays(effect: effects.Effect) -> dict[str, NDArray[Any]]:
    """The arrays of an effect, by name."""
    given = {item.name: getattr(effect, item.name) for item in fields(effect)}  # type: ignore[arg-type]
    return {name: np.asarray(value) for name, value in given.items() if name in effect.shapes and value is not None}


def _shaped(node: Node, effect: effects.Effect, count: int, channels: int) -> None:
    """Arrays with a row for each sample, of finite numbers."""
    if isinstance(effect, effects.PictureFunction):
        if len(effect.draws) != count:
            raise AssertionError(
                f"{node.path}: Opaque.draws is a dict for each of {count} samples, got {len(effect.draws)}"
            )
        return
    for name, array in _arrays(effect).items():
        want = (count, *effect.shapes[name])
        if isinstance(effect, effects.Table) and array.ndim == 3:
            want = (count, channels, *effect.shapes[name])  # a table for each channel
        if len(array.shape) != len(want) or any(w not in (None, n) for w, n in zip(want, array.shape, strict=True)):
            told = ", ".join("any" if w is None else str(w) for w in want)
            raise AssertionError(f"{node.path}: {type(effect).__name__}.{name} is ({told}), got {array.shape}")
        if array.dtype.kind not in "ifb" or not np.isfinite(array).all():
            raise AssertionError(f"{node.path}: {type(effect).__name__}.{name} holds what is no finite number")


def _mapped(node: Node, map: effects.Geometric, sizes: NDArray[np.int64]) -> None:
    """Maps that can be inverted, and whole sizes."""
    size, kind = np.asarray(map.size), type(map).__name__
    if size.dtype.kind not in "iu" or size.min() < 1:
        row = int(np.argmin(size.min(axis=1)))
        raise AssertionError(
            f"{node.path}: {kind}.size is whole pixels, 1 or more, got {size.dtype} {size[row].tolist()} for a picture "
            f"of {sizes[row].tolist()} (height, width)"
        )
    if isinstance(map, effects.Field):
        _unfolded(node, map, sizes)
    for row, matrix in enumerate(np.asarray(map.matrices(sizes), np.float64)):
        if abs(np.linalg.det(matrix)) <= 1e-9 * np.abs(matrix[:2, :2]).max() ** 2:
            raise AssertionError(
                f"{node.path}: Map.matrix {np.round(matrix, 4).tolist()} of sample {row} cannot be inverted, so labels "
                "have no way through it"
            )


def _unfolded(node: Node, field: effects.Field, sizes: NDArray[np.int64]) -> None:
    """A field that folds nowhere, as far as a few places in each of its cells tell."""
    from variegate.kernels.solve import pull

    wrong = field.misfit(len(sizes))
    if wrong:
        raise AssertionError(f"{node.path}: {wrong}")
    rows, columns = field.lattice.shape[1:3]
    grid = np.array([FIELDS.index(field.kind), rows, columns, 0], np.int64)
    for row, (matrix, size) in enumerate(zip(field.matrices(sizes), field.size, strict=True)):
        y, x = np.mgrid[0 : 1 : 1j * (PLACES * rows), 0 : 1 : 1j * (PLACES * columns)]
        points = np.stack([x.ravel() * size[1], y.ravel() * size[0]], axis=1)
        out, slopes = np.empty_like(points), np.empty((len(points), 4))
        nodes = np.ascontiguousarray(field.lattice[row], np.float64).ravel()
        pull(points, matrix, grid, nodes, np.asarray(size, np.int64), out, slopes)  # type: ignore[no-untyped-call]
        area = slopes[:, 0] * slopes[:, 3] - slopes[:, 1] * slopes[:, 2]
        if area.min() <= 0:
            x, y = points[int(np.argmin(area))]
            raise AssertionError(
                f"{node.path}: the Field of sample {row} folds at ({x:.2f}, {y:.2f}) of its canvas, so labels have no "
                "one way through it: let it displace by less, or with fewer nodes"
            )


def _sized(op: Op, path: str, found: LoweredEffects, sizes: NDArray[np.int64]) -> None:
    """What the op says about sizes, as a pipeline believes it."""
    maps = [effect for effect in found if isinstance(effect, effects.Geometric)]
    if not maps:
        return
    new = np.asarray(maps[-1].size)
    swapped = op.swaps_sides and (np.sort(new, axis=1) == np.sort(sizes, axis=1)).all()
    if op.resizer() is None and not swapped and (new != sizes).any():
        row = int(np.argmax((new != sizes).any(axis=1)))
        raise AssertionError(
            f"{path} makes {sizes[row].tolist()} (height, width) to {new[row].tolist()}, but does not say so: write "
            "resizes: ClassVar[bool] = True"
        )
    if op.fixes_size() and (new != new[0]).any():
        raise AssertionError(f"{path}.fixes_size() is True, but it gives sizes from {new.min(0)} to {new.max(0)}")


def _of_samples(effect: effects.Effect, rows: slice) -> dict[str, NDArray[Any]]:
    """The arrays of an effect for some samples, without the zeros that may make them as long as others'."""
    arrays = {name: array[rows] for name, array in _arrays(effect).items()}
    if isinstance(effect, effects.Stencil):
        return {f"{name} {n}": trimmed(np.atleast_2d(own)) for name in arrays for n, own in enumerate(arrays[name])}
    if isinstance(effect, effects.Holes):
        return {f"{name} {n}": np.trim_zeros(own, "b") for name in arrays for n, own in enumerate(arrays[name])}
    return arrays


def _alike(whole: LoweredEffects, part: LoweredEffects, rows: slice) -> bool:
    """Whether effects are these rows of others, bit for bit."""
    if len(whole) != len(part):
        return False
    for one, other in zip(whole, part, strict=True):
        if isinstance(one, effects.PictureFunction) and isinstance(other, effects.PictureFunction):
            numbers = [np.empty((0, len(each.draws))) if each.rng is None else each.rng for each in (one, other)]
            if one.draws[rows] != other.draws or not np.array_equal(numbers[0][:, rows], numbers[1]):
                return False
        elif isinstance(one, effects.Output):
            if one != other:
                return False
        else:
            ours, theirs = _of_samples(one, rows), _of_samples(other, slice(None))
            if ours.keys() != theirs.keys() or not all(np.array_equal(ours[k], theirs[k]) for k in ours):
                return False
    return True
