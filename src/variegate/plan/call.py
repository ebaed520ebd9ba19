"""Call: one call of a user's function of the whole picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.ops import effect as effects
from variegate.plan.ir import DTYPES, FIRST_MAP, ROW_ENTRY, ROW_PLACE, WHITE, Node
from variegate.plan.stage import Image, Stage
from variegate.white import NOMINAL

if TYPE_CHECKING:
    from variegate.kernels.reference import Truth
    from variegate.plan.bound import Bound

Floats = NDArray[np.float64]


class Call(Stage):
    """Calls of functions, each on a float32 picture of its own in units of white, with what it returns checked."""

    alone: ClassVar[str] = "is a function of the whole array, which must exist first"

    def __init__(self, bound: Bound) -> None:
        self.kind, self._laid = bound.kind, bound.laid
        self._entries = [(effect, each.node) for effect, each in bound.gathered.effects]
        self._rows: list[list[int]] = bound.laid.rows[:-1, [ROW_ENTRY, ROW_PLACE]].tolist()
        self._whites: list[float] = bound.laid.units[:, WHITE].tolist()

    @classmethod
    def bind(cls, bound: Bound) -> Call:
        return cls(bound)

    def run(self, row: int, inputs: tuple[Image, ...], out: Image | None) -> Image:
        """See `Stage.run`; the function decides where its result is, and how large.

        Raises  InputError that names the op if it returns no picture; whatever it raises itself, with a note.
        """
        return self.call(row, inputs[0], self._whites[row])

    def call(self, row: int, image: Image, white: float) -> Image:
        """The same for a picture in which white is another number than was planned."""
        effect, node, place = self._of(row)
        given = image.astype(np.float32) if white == 1.0 else image.astype(np.float32) * np.float32(1 / white)
        try:
            result = effect.call(place, given)
        except Exception as error:
            told = ", ".join(f"{name}={value!r:.60}" for name, value in effect.draws[place].items())
            error.add_note(f"variegate: this was in {node.path}, whose function was called with ({told})")
            raise
        _check(node, result, image)
        if result.dtype.kind == "f" or self.kind.white is None:
            return np.ascontiguousarray(result, np.float32)
        return np.asarray(result.astype(np.float32) * np.float32(1 / NOMINAL[result.dtype.name]))

    def _of(self, row: int) -> tuple[effects.Opaque, Node, int]:
        """A row's effect, the node that it is of, and which of its samples it is for."""
        entry, place = self._rows[row]
        effect, node = self._entries[entry]
        assert isinstance(effect, effects.Opaque), effect
        return effect, node, place

    def shape(self, row: int) -> tuple[int, ...]:
        """That of what it is given, unless the function makes another."""
        height, width = self._laid.canvas[self._laid.rows[row, FIRST_MAP] + row].tolist()
        return height, width, self.kind.channels

    def nbytes(self, row: int) -> int:
        height, width, channels = self.shape(row)
        return 2 * 4 * height * width * channels  # what it is given, and at least as much that it makes

    def explain(self, row: int) -> Iterator[str]:
        yield from ()

    def reference(self, row: int, image: Floats, doubt: NDArray[np.bool_]) -> Truth:
        from variegate.kernels.reference import Truth

        effect, _, place = self._of(row)
        result = effect.call(place, image.astype(np.float32))
        integers = self.kind.white is not None and result.dtype.kind == "u"
        values = np.asarray(result, np.float64) / (np.iinfo(result.dtype).max if integers else 1)
        return Truth(values, np.full(values.shape, doubt.any()))


def _check(node: Node, result: object, image: Image) -> None:
    """Refuse what is no picture.

    Raises  InputError that names the op.
    """
    channels = image.shape[2]
    if not isinstance(result, np.ndarray) or result.ndim != 3 or result.shape[2] != channels or not result.size:
        told = f"shape {result.shape}" if isinstance(result, np.ndarray) else type(result).__name__
        raise InputError(f"{node.path}: the function must return an array (height, width, {channels}), got {told}")
    if not moves(node) and result.shape != image.shape:
        raise InputError(f"{node.path} is declared with moves=False, but made {image.shape[:2]} to {result.shape[:2]}")
    if result.dtype.kind != "f" and result.dtype.name not in DTYPES:
        raise InputError(f"{node.path}: the function must return float32, uint8 or uint16, got {result.dtype}")


def moves(node: Node) -> bool:
    """Whether a user's function may move pixels: yes, unless it was declared that it does not."""
    return bool(getattr(node.op, "moves", True))
