"""The inverse cosine transform of sixteen blocks at once, exactly as libjpeg's `islow` rounds it.

The 8-point transform with 11 products is C. Loeffler, A. Ligtenberg and G. Moschytz, "Practical fast 1-D DCT algorithms
with 11 multiplications" (ICASSP 1989, figure 1, reversed), in whole numbers: constants times 2**13; columns first,
whose results keep 2 more bits, then rows. In the Independent JPEG Group's form its rotations share factors; here each
product of two inputs is written out, a * x + b * y, in 32 bits.

It is exact while every input of a column is at most 16383 in size, and so is every result: sums of two then fit into 16
bits, and all that follows into 32. The coefficients of a photograph are 2047 at most; what goes beyond is told, and
another decoder reads that picture.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.cgutils import alloca_once, for_range
from numba.extending import intrinsic

from variegate.compiled import unit
from variegate.jpeg.lanes import COUNT, SHORTS, Lanes, Wide
from variegate.jpeg.memory import LONG, SHORT, pointer, store_i64

BITS, KEPT = 13, 2  # of the constants; that columns keep
LARGEST = 16383
SPAN = 2 * COUNT  # bytes of one coefficient of all blocks
LIMITS = 128  # bytes behind the steps
ROOM = 64 * SPAN  # bytes of `work`


def constant(value: float) -> int:
    """A factor of the paper as a whole number."""
    return round(value * (1 << BITS))


def points(lanes: Lanes, x: list[Any], bias: int, shift: int) -> list[Any]:
    """Eight vectors transformed, then bias added and shifted right; None among them is a vector of zeros."""

    def pair(a: int, b: int) -> Wide:
        return lanes.pairs(*(lanes.all(0) if each is None else each for each in (x[a], x[b])))

    def both(a: int, b: int) -> Any:
        if x[a] is None or x[b] is None:
            return x[a] if x[b] is None else x[b]
        return lanes.builder.add(x[a], x[b])

    c = constant
    ends, middle = pair(0, 4), pair(2, 6)
    total = lanes.plus(lanes.dot(ends, c(1), c(1)), bias)
    apart = lanes.plus(lanes.dot(ends, c(1), -c(1)), bias)
    low = lanes.dot(middle, c(0.541196100) + c(0.765366865), c(0.541196100))
    high = lanes.dot(middle, c(0.541196100), c(0.541196100) - c(1.847759065))
    even = [lanes.add(total, low), lanes.add(apart, high), lanes.subtract(apart, high), lanes.subtract(total, low)]
    x = [*x, both(7, 3), both(5, 1)]
    sums, outer, inner = pair(8, 9), pair(7, 1), pair(5, 3)
    left = lanes.dot(sums, c(1.175875602) - c(1.961570560), c(1.175875602))
    right = lanes.dot(sums, c(1.175875602), c(1.175875602) - c(0.390180644))
    odd = [
        lanes.add(lanes.dot(outer, -c(0.899976223), c(1.501321110) - c(0.899976223)), right),
        lanes.add(lanes.dot(inner, -c(2.562915447), c(3.072711026) - c(2.562915447)), left),
        lanes.add(lanes.dot(inner, c(2.053119869) - c(2.562915447), -c(2.562915447)), right),
        lanes.add(lanes.dot(outer, c(0.298631336) - c(0.899976223), -c(0.899976223)), left),
    ]
    first = [lanes.narrow(lanes.add(e, o), shift) for e, o in zip(even, odd, strict=True)]
    last = [lanes.narrow(lanes.subtract(e, o), shift) for e, o in zip(even, odd, strict=True)]
    return [*first, *reversed(last)]


def transposed(lanes: Lanes, x: list[Any]) -> list[Any]:
    """Eight columns of a row of sixteen blocks as bytes, block by block: four vectors of 32 bytes.

    The first half of each is of the first eight blocks, its other half of the others: so AVX2 works.
    """

    def woven(a: Any, b: Any, size: int, upper: int) -> Any:
        order = [
            16 * half + 8 * upper + size * n + k + 32 * which
            for half in (0, 1)
            for n in range(8 // size)
            for which in (0, 1)
            for k in range(size)
        ]
        return lanes.shuffle(a, b, order)

    packed = [lanes.two_to_bytes(x[n], x[n + 4]) for n in range(4)]
    twos = [[woven(packed[n], packed[n + 1], 1, upper) for n in (0, 2)] for upper in (0, 1)]
    fours = [[woven(a, b, 2, upper) for upper in (0, 1)] for a, b in twos]
    return [woven(fours[0][n], fours[1][n], 4, upper) for n in (0, 1) for upper in (0, 1)]


def _columns(lanes: Lanes, coefficients: Any, steps: Any, work: Any, count: int) -> Any:
    """The first pass; the largest size of what was too large, in any lane."""
    b = lanes.builder
    beyond, least, most = (alloca_once(b, SHORTS) for _ in range(3))
    for each in (beyond, least, most):
        b.store(lanes.all(0), each)
    with for_range(b, LONG(count), intp=LONG) as loop:
        at, step = b.add(coefficients, b.mul(loop.index, LONG(SPAN))), b.add(steps, b.mul(loop.index, LONG(2)))
        x: list[Any] = [None] * 8
        for k in range(count):
            found = lanes.load(at, 8 * SPAN * k)
            factor, limit = (b.load(pointer(b, step, 16 * k + n, SHORT), align=2) for n in (0, LIMITS))
            size = b.select(b.icmp_signed("<", found, lanes.all(0)), b.sub(lanes.all(0), found), found)
            over = lanes.call("llvm.usub.sat.v16i16", SHORTS, size, lanes.spread(limit))
            b.store(b.or_(b.load(beyond), over), beyond)
            x[k] = b.mul(found, lanes.spread(factor))
        shift = BITS - KEPT
        goal = b.add(work, b.mul(loop.index, LONG(SPAN)))
        for k, made in enumerate(points(lanes, x, 1 << (shift - 1), shift)):
            b.store(lanes.least(b.load(least), made), least)
            b.store(lanes.most(b.load(most), made), most)
            lanes.store(made, goal, 8 * SPAN * k)
    wild = b.or_(
        b.icmp_signed(">", b.load(most), lanes.all(LARGEST)), b.icmp_signed("<", b.load(least), lanes.all(-LARGEST))
    )
    return b.or_(b.sext(wild, SHORTS), b.load(beyond))


def _rows(lanes: Lanes, work: Any, out: Any, stride: Any, count: int) -> None:
    """The second pass, and half of white added."""
    b, shift = lanes.builder, BITS + KEPT + 3
    with for_range(b, LONG(8), intp=LONG) as loop:
        at = b.add(work, b.mul(loop.index, LONG(8 * SPAN)))
        goal = b.add(out, b.mul(loop.index, stride))
        x = [lanes.load(at, SPAN * k) if k < count else None for k in range(8)]
        made = points(lanes, x, (1 << (shift - 1)) + (128 << shift), shift)
        for n, both in enumerate(transposed(lanes, made)):
            for half in (0, 1):
                part = lanes.shuffle(both, both, list(range(COUNT * half, COUNT * (half + 1))))
                lanes.store(part, goal, COUNT * n + 64 * half)


def _transform(count: int) -> Callable[..., Any]:
    """Of blocks of which only the first `count` rows and columns are not 0."""

    def transform(typing: Any, coefficients: Any, steps: Any, work: Any, out: Any, stride: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            lanes = Lanes(context, builder)
            found = _columns(lanes, args[0], args[1], args[2], count)
            _rows(lanes, args[2], args[3], args[4], count)
            whole = builder.bitcast(found, ir.IntType(SPAN * 8))
            return builder.zext(builder.icmp_unsigned("!=", whole, whole.type(0)), LONG)

        return types.int64(*[types.int64] * 5), codegen

    return transform


transform_2, transform_4, transform_6, transform_8 = (intrinsic(_transform(count)) for count in (2, 4, 6, 8))


@unit(*[types.int64] * 7)
def inverse(coefficients, last, steps, work, out, stride, beyond):
    """Sixteen blocks, dequantised and transformed, into rows of 128 bytes.

    coefficients  address of int16 (64, 16): number by number in their natural order, of each of the blocks
    last          the last place in the zigzag order that is not 0 in some block
    steps         address of int16 (2, 64): what each is multiplied by, and how large it may be
    work          address of ROOM bytes
    out           address of the first row; stride: bytes from one to the next
    beyond        address of an int64 that becomes 1 if a number was too large
    """
    if last <= 2:  # the diagonals that two, four and six rows and columns hold
        found = transform_2(coefficients, steps, work, out, stride)
    elif last <= 9:
        found = transform_4(coefficients, steps, work, out, stride)
    elif last <= 20:
        found = transform_6(coefficients, steps, work, out, stride)
    else:
        found = transform_8(coefficients, steps, work, out, stride)
    if found != 0:
        store_i64(beyond, 1)
