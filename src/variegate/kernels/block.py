"""The sum of many rows of float32, each times a number, in blocks that stay in registers until all rows are in.

Left to itself, LLVM loads and stores the sum for every few rows. A block is four vectors of sixteen, whatever the CPU
has: each element is a product and a sum of its own, one row after the other, so its bits are the same everywhere.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES, VECTORS = 16, 4
BLOCK = LANES * VECTORS
FLOAT, DOUBLE, WORD, INT64 = ir.FloatType(), ir.DoubleType(), ir.IntType(32), ir.IntType(64)
VECTOR = ir.VectorType(FLOAT, LANES)


@intrinsic
def weigh_block(typing, rows, places, weights, first, out):
    """Elements first to first + BLOCK of the sum of rows, to the same elements at address out.

    places, weights  addresses of as many addresses of rows, and float64; out overlaps none
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        count, places, weights, first, out = args
        from_rows = builder.inttoptr(places, INT64.as_pointer())
        factors = builder.inttoptr(weights, DOUBLE.as_pointer())
        start = builder.mul(first, INT64(4))
        nothing = ir.Constant(VECTOR, [0.0] * LANES)
        sums = [cgutils.alloca_once_value(builder, nothing) for _ in range(VECTORS)]
        for each in sums:
            builder.store(nothing, each)
        with cgutils.for_range(builder, count) as loop:
            row = builder.add(builder.load(builder.gep(from_rows, [loop.index])), start)
            block = builder.inttoptr(row, VECTOR.as_pointer())
            factor = builder.fptrunc(builder.load(builder.gep(factors, [loop.index])), FLOAT)
            lane = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), factor, WORD(0))
            lanes = builder.shuffle_vector(lane, lane, ir.Constant(ir.VectorType(WORD, LANES), [0] * LANES))
            for n, each in enumerate(sums):
                value = builder.load(builder.gep(block, [INT64(n)]), align=4)
                builder.store(builder.fadd(builder.load(each), builder.fmul(value, lanes)), each)
        target = builder.inttoptr(builder.add(out, start), VECTOR.as_pointer())
        for n, each in enumerate(sums):
            builder.store(builder.load(each), builder.gep(target, [INT64(n)]), align=4)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64, types.int64), codegen
