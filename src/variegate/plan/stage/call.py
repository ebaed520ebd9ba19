"""CallStage: one call of a user's function of the whole picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.kernels.codes import DTYPES
from variegate.picture import ImageArray
from variegate.plan.ir import Node
from variegate.plan.stage.single import SingleEffectStage
from variegate.white import NOMINAL

if TYPE_CHECKING:
    from variegate.kernels.reference import Truth

Floats = NDArray[np.float64]


class CallStage(SingleEffectStage):
    """Calls of functions, each on a float32 picture of its own in units of white, with what it returns checked."""

    alone: ClassVar[str] = "is a function of the whole array, which must exist first"
    verb: ClassVar[str] = "call"
    does: ClassVar[str] = "on float32 (height, width, channels)"

    def make(self, row: int, image: ImageArray, white: float) -> NDArray[np.float32]:
        """See `SingleEffectStage.make`; the function decides where its result is, and how large.

        Raises  InputError that names the op if it returns no picture; whatever it raises itself, with a note.
        """
        effect, node, place = self.of(row)
        given = image.astype(np.float32) if white == 1.0 else image.astype(np.float32) * np.float32(1 / white)
        try:
            result = effect.call(place, given)
        except Exception as error:
            told = ", ".join(f"{name}={value!r:.60}" for name, value in effect.draws[place].items())
            error.add_note(f"variegate: this was in {node.path}, whose function was called with ({told})")
            raise
        _check(node, result, image)
        if result.dtype.kind == "f" or self.spec.white is None:
            return np.ascontiguousarray(result, np.float32)
        return np.asarray(result.astype(np.float32) * np.float32(1 / NOMINAL[result.dtype.name]))

    def nbytes(self, row: int) -> int:
        height, width, channels = self.shape(row)
        return 2 * 4 * height * width * channels  # what it is given, and at least as much that it makes

    def reference(self, row: int, image: Floats, doubt: NDArray[np.bool_]) -> Truth:
        from variegate.kernels.reference import Truth

        effect, _, place = self.of(row)
        result = effect.call(place, image.astype(np.float32))
        integers = self.spec.white is not None and result.dtype.kind == "u"
        values = np.asarray(result, np.float64) / (np.iinfo(result.dtype).max if integers else 1)
        return Truth(values, np.full(values.shape, doubt.any()))


def _check(node: Node, result: object, image: ImageArray) -> None:
    """Refuse what is no picture.

    Raises  InputError that names the op.
    """
    channels = image.shape[2]
    if not isinstance(result, np.ndarray) or result.ndim != 3 or result.shape[2] != channels or not result.size:
        told = f"shape {result.shape}" if isinstance(result, np.ndarray) else type(result).__name__
        raise InputError(f"{node.path}: the function must return an array (height, width, {channels}), got {told}")
    if not moves_pixels(node) and result.shape != image.shape:
        raise InputError(
            f"{node.path} is declared with moves_pixels=False, but made {image.shape[:2]} to {result.shape[:2]}"
        )
    if result.dtype.kind != "f" and result.dtype.name not in DTYPES:
        raise InputError(f"{node.path}: the function must return float32, uint8 or uint16, got {result.dtype}")


def moves_pixels(node: Node) -> bool:
    """Whether a user's function may move pixels: yes, unless it was declared that it does not."""
    return bool(getattr(node.op, "moves_pixels", True))
