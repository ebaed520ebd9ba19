"""MaskDropout: objects that go, with their labels."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from variegate.dist import Bits, Distribution
from variegate.ops.base import Drawn, Draws, LoweringContext, instances_of
from variegate.ops.effect import Floats, Holes, Ints
from variegate.ops.fields import declare, drawn
from variegate.ops.holes import HoleOp


@declare
class MaskDropout(HoleOp):
    """Drop whole objects of a stack of masks: their pixels, and their rows of every label.

    objects  how many, or all if there are fewer; what a range gives is rounded down, so (1, 4) is 1 to 3
    fill     what their pixels become, in units of white: a number, one a channel, or "noise", each pixel and channel
             evenly from black to white
    targets  image, any number of channels; all fields of the masks' group (of the first `Mask(stack=True)` declared)
             lose these instances, as by a filter: masks, boxes, keypoints, polygons, `PerInstance`
    effect   holes (fuses); looks at instances

    Objects are drawn without repetition, all of those as likely that have a pixel on the picture at this point of the
    pipeline. One that is not drawn, and overlaps one that is, loses the pixels that they share and keeps its labels.
    Fields that are no rows of this group stay as they are, a mask of classes too. A mask of the numbers of objects is
    a stack as `numbers == np.unique(numbers)[1:, None, None]`. A replay needs the masks again. Laws: 0 objects are the
    identity, to the bit; no other pixel changes. albumentations' MaskDropout takes the connected parts of a mask of
    classes for objects, and zeroes them in that mask.

    >>> MaskDropout(2, fill="noise", p=0.5)
    MaskDropout(p=0.5, fill='noise', objects=Constant(2))

    Raises  FieldError if objects can be negative; InputError if the sample has no stack of masks declared, or a fill
            does not fit the picture.
    """

    objects: Drawn = drawn(default=1, whole=True, least=0)

    looks: ClassVar[Literal["", "boxes", "mask", "instances"]] = "instances"

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), "order": Bits()}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Holes:
        from variegate.rng import filled

        found = instances_of(self, sizes, context)
        most = max((len(each.masks) for each in found), default=0)
        order, gone = filled(draws["order"], most), np.zeros((len(sizes), most), np.bool_)
        pixels = list[Floats]()
        for row, (count, seen) in enumerate(zip(np.floor(draws["objects"]).tolist(), found, strict=True)):
            there = np.flatnonzero([mask.any() for mask in seen.masks])
            chosen = there[np.argsort(order[row, there], kind="stable")[: int(count)]]
            gone[row, chosen] = True
            pixels.append(spans(np.logical_or.reduce(seen.masks[chosen], axis=0)))
        numbers = np.zeros((len(sizes), max(map(len, pixels), default=0)))
        for line, own in zip(numbers, pixels, strict=True):
            line[: len(own)] = own
        return self.dropping("spans", numbers, draws, context).without(gone, found[0].group if found else "")


def spans(mask: NDArray[np.bool_]) -> Floats:
    """The pixels of a mask (H, W), as `Holes` has them: where the spans of each row begin, and their ends."""
    edge = np.zeros((mask.shape[0], mask.shape[1] + 2), np.bool_)
    edge[:, 1:-1] = mask
    rows, columns = np.nonzero(edge[:, 1:] != edge[:, :-1])  # row by row, a span's first and the one after its last
    if not len(rows):
        return np.zeros(0)
    begin = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(mask)))]) + len(mask) + 1
    return np.concatenate([begin, columns]).astype(np.float64)
