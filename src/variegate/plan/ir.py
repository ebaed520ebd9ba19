"""The intermediate representation: what a compiled pipeline is made of, and the codes that kernels know.

The grammar, from the outside in; every name is a class here:

    Program  = Stage+                       one kernel call, or one call of a user's array function, each
    Stage    = Read | Call
    Read     = Warp* Colour* Output?        one pass: the picture is read once, through all the maps together
    Call     = an opaque node               the user's array function
    Warp     = a geometric node             (order kept)
    Colour   = a matrix, table or pointwise node; `after` is how many of the Read's maps come before it

Between two Reads, or a Read and a Call, the picture is a float32 array in units of white, neither rounded nor clamped.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from variegate.ops.base import Op

INTERPOLATIONS = ("nearest", "bilinear", "bicubic")
BORDERS = ("constant", "edge", "reflect", "symmetric", "wrap")
DTYPES = ("uint8", "float16", "float32")
LAYOUTS = ("HWC", "CHW")
NEAREST, BILINEAR, BICUBIC = range(3)
CONSTANT, EDGE, REFLECT, SYMMETRIC, WRAP = range(5)
UINT8, FLOAT16, FLOAT32 = range(3)
HWC, CHW = range(2)

# A colour step is a row of numbers: 9 weights, 3 offsets, the weight of the mean luminance, that of the channel's mean.
STEP = 14
AFFINE, TABLE, POINTWISE = range(3)
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as every peer


@dataclass(frozen=True)
class Node:
    """A leaf of the declared pipeline: an op and the path that its draws, errors and records go by.

    gate  index into the program's gates: which drawn decision says whether the op applies; -1 if it always does
    """

    op: Op
    path: str
    gate: int = -1


@dataclass(frozen=True)
class Read:
    """One pass over the pixels: maps, then colours, then perhaps the last write."""

    maps: tuple[Node, ...] = ()
    colours: tuple[Node, ...] = ()
    after: tuple[int, ...] = ()
    output: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Call:
    """One call of a user's array function."""

    node: Node


@dataclass(frozen=True)
class Cut:
    """Where a run ended, and why: the No that `fuse` answered."""

    before: str
    reason: str


Stage = Read | Call


@dataclass(frozen=True)
class Program:
    """The stages in order, and every place where a run had to be cut."""

    stages: tuple[Stage, ...]
    cuts: tuple[Cut, ...] = field(default=())
