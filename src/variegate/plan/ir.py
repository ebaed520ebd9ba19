"""The intermediate representation: what a compiled pipeline is made of, and the codes that kernels know.

The grammar, from the outside in; every name is a class here:

    Program  = Stage+                       one kernel call, or one call of a user's array function, each
    Stage    = Read | Call
    Read     = Map* Colour* Output*         one pass: the picture is read once, through all the maps together
    Call     = an opaque node               the user's array function
    Map      = a geometric node             in the order declared
    Colour   = a matrix, table or pointwise node; `after` is how many of the Read's maps come before it
    Output   = Normalize or ToDtype; only in the last Read, at the end

Between two Reads, or a Read and a Call, the picture is a float32 array, neither rounded nor clamped, in units of white;
a float picture stays in its own numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from variegate.ops.base import Op

INTERPOLATIONS = ("nearest", "bilinear", "bicubic")
BORDERS = ("constant", "edge", "reflect", "symmetric", "wrap")
DTYPES = ("uint8", "uint16", "float16", "float32")
LAYOUTS = ("HWC", "CHW")
NEAREST, BILINEAR, BICUBIC = range(3)
CONSTANT, EDGE, REFLECT, SYMMETRIC, WRAP = range(5)
UINT8, UINT16, FLOAT16, FLOAT32 = range(4)
HWC, CHW = range(2)

# A colour step is a row of numbers: 9 weights, 3 offsets, the weight of the mean luminance, that of the channel's mean.
STEP = 14
# A curve is a row of numbers too: which one, its two numbers, and how many steps its input is rounded to (0: none).
AFFINE, TABLE, CURVE, POINTWISE = range(4)
CURVES = ("power", "posterize", "solarize")
POWER, POSTERIZE, SOLARIZE = range(3)
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as every peer


@dataclass(frozen=True)
class Gate:
    """A drawn decision on which an op depends.

    path, field  whose draw decides: "p" of any op, "choice" of a OneOf, "order" of a SomeOf
    low, high    it says yes where low <= draw < high; for "order", where the op of index `low` is among the first n
    """

    path: str
    field: str
    low: float
    high: float


@dataclass(frozen=True)
class Node:
    """An op, the path that its draws, errors and records go by, and the gates that must all say yes."""

    op: Op
    path: str
    gates: tuple[Gate, ...] = ()


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

    left: str
    right: str
    reason: str


@dataclass(frozen=True)
class Defaults:
    """What a pipeline says for ops that do not: how to read between pixels, and whether to filter what shrinks."""

    interpolation: str
    antialias: bool


Stage = Read | Call


@dataclass(frozen=True)
class Program:
    """The stages in order, and every place where a run had to be cut."""

    stages: tuple[Stage, ...]
    cuts: tuple[Cut, ...] = field(default=())


def nodes_of(stage: Stage) -> tuple[Node, ...]:
    """All nodes of a stage, in the order declared."""
    if isinstance(stage, Call):
        return (stage.node,)
    ordered: list[Node] = []
    for k in range(len(stage.maps) + 1):
        ordered += [node for node, after in zip(stage.colours, stage.after, strict=True) if after == k]
        ordered += stage.maps[k : k + 1]
    return (*ordered, *stage.output)
