"""ToDtype: the number format of what is written."""

from __future__ import annotations

from typing import ClassVar, Literal

from variegate.ops.base import Draws, LoweringContext, Op
from variegate.ops.effect import Effect, Ints, Output
from variegate.ops.fields import declare, option, probability


@declare
class ToDtype(Op):
    """Write the picture as another dtype, its nominal range kept.

    dtype    "uint8" (0 to 255) or "uint16" (0 to 65535), rounded half to even; "float32" or "float16": always 0 to 1
    layout   "HWC" or "CHW" of what is written; None is as it would be
    targets  image (labels stay)        effect  output: a part of the last write

    White of the one becomes white of the other. Laws: uint8 to float32 divides by 255, and back is exact. torchvision's
    `ToDtype(scale=True)` and `ToTensor` agree on floats; its way back to uint8 multiplies by 255.999 and rounds down.

    >>> ToDtype("float32", layout="CHW")
    ToDtype(dtype='float32', layout='CHW')

    Raises  FieldError if the dtype or the layout is another word, or p is not 1.
    """

    dtype: Literal["uint8", "uint16", "float16", "float32"] = option()
    layout: Literal["HWC", "CHW"] | None = option(default=None)
    p: float = probability(default=1.0, kw_only=True, certain=True)

    gives: ClassVar[type[Effect]] = Output

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Output:
        return Output(dtype=self.dtype, layout=self.layout)
