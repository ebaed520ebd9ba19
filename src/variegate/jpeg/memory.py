"""Loads, stores and shifts of this decoder, by address: every number is a signed 64-bit one.

Numba makes a float of an unsigned and a signed integer together, so nothing here is unsigned: what is loaded is widened
at once, and `shr` is the shift that fills with zeros. Addresses are plain integers; offsets count bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

BYTE, SHORT, WORD, LONG = ir.IntType(8), ir.IntType(16), ir.IntType(32), ir.IntType(64)
BLOCK = 32  # bytes that `carry` moves at once


def pointer(builder: Any, address: Any, offset: int, element: Any) -> Any:
    """To an element, so many bytes behind an address."""
    where = builder.add(address, LONG(offset)) if offset else address
    return builder.inttoptr(where, element.as_pointer())


def _loader(element: Any, signed: bool = False, swapped: bool = False) -> Callable[..., Any]:
    def load(typing: Any, address: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            value = builder.load(pointer(builder, args[0], 0, element), align=1)
            if swapped:
                value = builder.bswap(value)
            if element is LONG:
                return value
            return (builder.sext if signed else builder.zext)(value, LONG)

        return types.int64(types.int64), codegen

    return load


def _storer(element: Any) -> Callable[..., Any]:
    def store(typing: Any, address: Any, value: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            value = args[1] if element is LONG else builder.trunc(args[1], element)
            builder.store(value, pointer(builder, args[0], 0, element), align=1)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64), codegen

    return store


load_u8, load_u32, load_i64 = (intrinsic(_loader(element)) for element in (BYTE, WORD, LONG))
load_i16 = intrinsic(_loader(SHORT, signed=True))
load_u16 = intrinsic(_loader(SHORT))
load_swapped = intrinsic(_loader(LONG, swapped=True))  # 8 bytes, of which the first is the highest
store_u8, store_i16, store_u32, store_i64 = (intrinsic(_storer(element)) for element in (BYTE, SHORT, WORD, LONG))


@intrinsic
def shr(typing, value, count):
    """A number's 64 bits shifted right by 0 to 63, filled with zeros."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.lshr(args[0], builder.and_(args[1], LONG(63)))

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def shl(typing, value, count):
    """A number's 64 bits shifted left by the lowest 6 bits of `count`."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.shl(args[0], builder.and_(args[1], LONG(63)))

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def seldom(typing, condition):
    """The same; said to be false as a rule, so that what hangs on it is laid aside."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        bit = ir.IntType(1)
        expect = builder.module.declare_intrinsic("llvm.expect", [bit], ir.FunctionType(bit, [bit, bit]))
        return builder.call(expect, [args[0], bit(0)])

    return types.boolean(types.boolean), codegen


@intrinsic
def carry(typing, src, out):
    """Copy BLOCK bytes, and tell how many of them come before the first 255."""
    line = ir.VectorType(BYTE, BLOCK)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        found = builder.load(pointer(builder, args[0], 0, line), align=1)
        builder.store(found, pointer(builder, args[1], 0, line), align=1)
        equal = builder.icmp_unsigned("==", found, ir.Constant(line, [255] * BLOCK))
        bits = builder.zext(builder.bitcast(equal, ir.IntType(BLOCK)), LONG)
        return builder.cttz(builder.or_(bits, LONG(1 << BLOCK)), ir.IntType(1)(1))

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def clear_bytes(typing, address, count):
    """`count` bytes of 0."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [BYTE.as_pointer(), BYTE, LONG, ir.IntType(1)])
        fill = builder.module.declare_intrinsic("llvm.memset", [BYTE.as_pointer(), LONG], kind)
        builder.call(fill, [pointer(builder, args[0], 0, BYTE), BYTE(0), args[1], ir.IntType(1)(0)])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), codegen


@intrinsic
def copy_bytes(typing, src, count, out):
    """`count` bytes from one address to another; they may not overlap."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointers = [BYTE.as_pointer(), BYTE.as_pointer(), LONG]
        kind = ir.FunctionType(ir.VoidType(), [*pointers, ir.IntType(1)])
        copy = builder.module.declare_intrinsic("llvm.memcpy", pointers, kind)
        source, target = (pointer(builder, args[n], 0, BYTE) for n in (0, 2))
        builder.call(copy, [target, source, args[1], ir.IntType(1)(0)])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), codegen


@intrinsic
def invoke(typing, address, arguments):
    """Call the unit at an address with a tuple of integers; it returns nothing."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        count = len(arguments.types)
        given = [builder.extract_value(args[1], n) for n in range(count)]
        values = [context.cast(builder, v, t, types.int64) for v, t in zip(given, arguments.types, strict=True)]
        kind = ir.FunctionType(ir.VoidType(), [LONG] * count)
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), values)
        return context.get_dummy_value()

    return types.void(types.int64, arguments), codegen
