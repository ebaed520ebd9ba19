"""Loads and stores by address, in a way that LLVM can vectorise.

A kernel reads a picture through computed offsets (a gather) while it stores to another buffer. LLVM must then assume
that a store may change a later load, and gives up vectorising. So loads and stores promise which memory they touch
(`!alias.scope` and `!noalias` metadata); a promise holds for the whole compiled function, inlined callees included:

    input_*, fetch, load_word   memory that nothing in the function stores to
    load_work_*, store_work_*   scratch that only these two touch
    load_*                      no promise
    store_*                     neither an input nor scratch of `store_work_*`

Breaking a promise shows up as memory corruption.
Addresses are plain integers (`array.ctypes.data`); offsets count elements, or bytes for words.
Long, because which memory may be which is read together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.cgutils import alloca_once, raw_memcpy
from numba.extending import intrinsic

BYTE, WORD, FLOAT = ir.IntType(8), ir.IntType(32), ir.FloatType()


def scopes(builder: Any, names: tuple[str, ...]) -> Any:
    """The metadata !{scope, ...} of these names, made once a module."""
    module = builder.module
    made = module.__dict__.setdefault("_variegate_scopes", {})
    if not made:
        domain = module.add_metadata([ir.MetaDataString(module, "variegate")])
        for name in ("input", "work"):
            made[name] = module.add_metadata([ir.MetaDataString(module, f"variegate {name}"), domain])
    if names not in made:
        made[names] = module.add_metadata([made[name] for name in names])
    return made[names]


def _element(builder: Any, address: Any, offset: Any, element: Any) -> Any:
    pointer = builder.inttoptr(address, element.as_pointer())
    return builder.gep(pointer, [offset])


def _loader(number: Any, element: Any, align: int, scope: str | None = None) -> Callable[..., Any]:
    def load(typing: Any, address: Any, offset: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            value = builder.load(_element(builder, args[0], args[1], element), align=align)
            if scope is not None:
                value.set_metadata("alias.scope", scopes(builder, (scope,)))
            return value

        return number(types.intp, types.intp), codegen

    return load


def _storer(number: Any, element: Any, align: int, apart: tuple[str, ...] = ("input", "work")) -> Callable[..., Any]:
    def store(typing: Any, address: Any, offset: Any, value: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            stored = builder.store(args[2], _element(builder, args[0], args[1], element), align=align)
            stored.set_metadata("noalias", scopes(builder, apart))
            return context.get_dummy_value()

        return types.void(types.intp, types.intp, number), codegen

    return store


INT64, DOUBLE, SHORT = ir.IntType(64), ir.DoubleType(), ir.IntType(16)

load_u16 = intrinsic(_loader(types.uint16, SHORT, 2))
input_u8 = intrinsic(_loader(types.uint8, BYTE, 1, "input"))
input_f32 = intrinsic(_loader(types.float32, FLOAT, 4, "input"))
input_f64 = intrinsic(_loader(types.float64, DOUBLE, 8, "input"))
input_i64 = intrinsic(_loader(types.int64, INT64, 8, "input"))

load_u8 = intrinsic(_loader(types.uint8, BYTE, 1))
load_f32 = intrinsic(_loader(types.float32, FLOAT, 4))
load_f64 = intrinsic(_loader(types.float64, DOUBLE, 8))
load_i64 = intrinsic(_loader(types.int64, INT64, 8))

load_work_i32 = intrinsic(_loader(types.int32, WORD, 4, "work"))
load_work_f32 = intrinsic(_loader(types.float32, FLOAT, 4, "work"))
store_work_i32 = intrinsic(_storer(types.int32, WORD, 4, ("input",)))
store_work_f32 = intrinsic(_storer(types.float32, FLOAT, 4, ("input",)))

store_u8 = intrinsic(_storer(types.uint8, BYTE, 1))
store_u16 = intrinsic(_storer(types.uint16, SHORT, 2))
store_u32 = intrinsic(_storer(types.uint32, WORD, 4))
store_word = intrinsic(_storer(types.uint32, WORD, 1))  # at any address
store_f32 = intrinsic(_storer(types.float32, FLOAT, 4))
store_f64 = intrinsic(_storer(types.float64, DOUBLE, 8))
store_i64 = intrinsic(_storer(types.int64, INT64, 8))


@intrinsic
def address_of(typing, array):
    """An array's address, signed: Numba makes a float of an unsigned and a signed integer together."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ptrtoint(context.make_array(array)(context, builder, args[0]).data, INT64)

    return types.int64(array), codegen


@intrinsic
def load_word(typing, address, offset):
    """The 32 bits at a byte offset, unaligned: up to four packed channels in one gathered load.

    The offset is 32 bits wide, so that one gather serves as many pixels as a vector has lanes.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        offset64 = builder.sext(args[1], ir.IntType(64))
        pointer = builder.bitcast(_element(builder, args[0], offset64, BYTE), WORD.as_pointer())
        value = builder.load(pointer, align=1)
        value.set_metadata("alias.scope", scopes(builder, ("input",)))
        return value

    return types.uint32(types.intp, types.int32), codegen


@intrinsic
def fetch(typing, pointer, index):
    """Element `index` behind a pointer to uint8, uint16 or float32, as float32."""
    size = pointer.dtype.bitwidth // 8

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.load(builder.gep(args[0], [args[1]]), align=size)
        value.set_metadata("alias.scope", scopes(builder, ("input",)))
        return value if size == 4 else builder.uitofp(value, FLOAT)

    return types.float32(pointer, types.intp), codegen


@intrinsic
def fetch_u8(typing, pointer, index):
    """Element `index` behind a pointer to uint8, as it is."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.load(builder.gep(args[0], [args[1]]), align=1)
        value.set_metadata("alias.scope", scopes(builder, ("input",)))
        return value

    return types.uint8(pointer, types.intp), codegen


@intrinsic
def bits_f32(typing, value):
    """The 32 bits of a float32, as a signed integer."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], WORD)

    return types.int32(types.float32), codegen


@intrinsic
def bits_f64(typing, value):
    """The 64 bits of a float64, as a signed integer."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], INT64)

    return types.int64(types.float64), codegen


@intrinsic
def single_of(typing, bits):
    """The float32 of 32 bits."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], FLOAT)

    return types.float32(types.int32), codegen


@intrinsic
def float_of(typing, bits):
    """The float64 of 64 bits."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], DOUBLE)

    return types.float64(types.int64), codegen


def _mixer(taps: int) -> Callable[..., Any]:
    """The weighted sum of `taps` neighbouring pixels of three float32 channels, as a tuple.

    Written as vectors of four lanes, which LLVM does not find by itself: one load, product and sum a pixel. The fourth
    lane reads the float after the pixel and is thrown away, so a row needs one float more than its pixels.
    """
    four, result = ir.VectorType(FLOAT, 4), types.UniTuple(types.float32, 3)

    def mix(typing: Any, pixels: Any, weights: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            row, factors = (builder.inttoptr(args[n], FLOAT.as_pointer()) for n in (0, 1))
            total = None
            for k in range(taps):
                pixel = builder.bitcast(builder.gep(row, [INT64(3 * k)]), four.as_pointer())
                factor = builder.load(builder.gep(factors, [INT64(k)]), align=4)
                lane = builder.insert_element(ir.Constant(four, ir.Undefined), factor, WORD(0))
                lanes = builder.shuffle_vector(lane, lane, ir.Constant(ir.VectorType(WORD, 4), [0] * 4))
                product = builder.fmul(builder.load(pixel, align=4), lanes)
                total = product if total is None else builder.fadd(total, product)
            sums = [builder.extract_element(total, WORD(n)) for n in range(3)]
            return context.make_tuple(builder, result, sums)

        return result(types.intp, types.intp), codegen

    return mix


mix_1, mix_2, mix_3, mix_4, mix_5 = (intrinsic(_mixer(taps)) for taps in range(1, 6))


@intrinsic
def touch(typing, address):
    """Load a byte and forget it, which brings its cache line near (prefetch instructions were seen to be dropped)."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.load(_element(builder, args[0], INT64(0), BYTE), align=1)
        nothing = ir.FunctionType(ir.VoidType(), [WORD])
        builder.asm(nothing, "", "r", [builder.zext(value, WORD)], side_effect=True)  # keeps the load from going away
        return context.get_dummy_value()

    return types.void(types.intp), codegen


@intrinsic
def copy_bytes(typing, src, count, out):
    """`count` bytes from one address to another; they may not overlap."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, target = (builder.inttoptr(args[n], BYTE.as_pointer()) for n in (0, 2))
        raw_memcpy(builder, target, source, args[1], 1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), codegen


@intrinsic
def invoke(typing, address, arguments):
    """Call the unit at an address with a tuple of 64-bit integers and floats; it returns nothing."""
    # Signed and unsigned mixed would have become a float on the way: then the unit would get its arguments shifted.
    wanted = [types.float64 if isinstance(t, types.Float) else types.int64 for t in arguments.types]

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        given = [builder.extract_value(args[1], n) for n in range(len(wanted))]
        values = [context.cast(builder, v, t, w) for v, t, w in zip(given, arguments.types, wanted, strict=True)]
        kind = ir.FunctionType(ir.VoidType(), [context.get_value_type(w) for w in wanted])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), values)
        return context.get_dummy_value()

    return types.void(types.intp, arguments), codegen


STACK = 5 * 1024  # numbers of 32 bits


@intrinsic
def stack(typing):
    """The address of STACK numbers of 32 bits that are the unit's own while it runs; asked for once."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        found = alloca_once(builder, FLOAT, size=INT64(STACK))
        found.align = 64
        return builder.ptrtoint(found, INT64)

    return types.int64(), codegen


@intrinsic
def borrowed(typing, array):
    """The same array without a share in its ownership, so that handing it about costs no atomic reference counts.

    Whoever borrows sees to it that the owner lives longer: an argument of the entry does, a local one needs `hold`.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        copy = context.make_array(array)(context, builder, args[0])
        copy.meminfo = ir.Constant(copy.meminfo.type, None)
        copy.parent = ir.Constant(copy.parent.type, None)
        return copy._getvalue()

    return array(array), codegen


@intrinsic
def hold(typing, owner):
    """Nothing; but what is held here lives until here."""
    return types.void(owner), lambda context, builder, signature, args: context.get_dummy_value()


@intrinsic
def channel_of(typing, word, shift, mask):
    """(word >> shift) & mask as a float32, in 32 bits: Numba's own shift of two uint32 has 64, half as many lanes."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.sitofp(builder.and_(builder.lshr(args[0], args[1]), args[2]), FLOAT)

    return types.float32(types.uint32, types.uint32, types.uint32), codegen
