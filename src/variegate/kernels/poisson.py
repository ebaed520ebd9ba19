"""Shot noise: numbers of Poisson's law on a row of planes; see `noise`, of which this is one kind.

Below a mean of FEW a number is found by adding up the law's probabilities, in float32, until they pass a uniform number
of 24 bits: for 32 pixels at once, as vectors, since LLVM vectorises no loop whose end hangs on the data. From FEW on it
is a normal number's, by Cornish and Fisher's expansion, rounded down: n = floor(mean + sqrt(mean) z + (z^2 + 2) / 6 -
(z^3 + 2 z) / (72 sqrt(mean))). The words of the two are far apart, so that no two pixels share any.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import int64, types
from numba.extending import intrinsic

from variegate.compiled import inlined, kernel, unit
from variegate.kernels.bits import opened
from variegate.kernels.memory import (
    bits_f32,
    load_f32,
    load_f64,
    load_work_f32,
    load_work_i32,
    single_of,
    stack,
    store_f32,
    store_work_f32,
)
from variegate.kernels.noise import TILE, bells, fill, lots

f32, i32 = np.float32, np.int32
FEW, MANY = f32(20.0), f32(1e30)
NEVER = f32(2.0)  # no uniform number is as large: there is nothing to count
STEP = f32(2.0**-24 * (1 - 2.0**-18))  # so that probabilities, added up in float32, pass every uniform number
MOST = 96.0  # photons of a mean below FEW; never reached
LANES, TURNS = 32, 4
NORMAL = int64(1 << 40)  # the number of the first word of which normals are made
INVERSE_LN2, LN2_HIGH, LN2_LOW = f32(1.44269504), f32(0.693145752), f32(1.42860677e-06)
E2, E3, E4, E5, E6 = f32(1 / 2), f32(-1 / 6), f32(1 / 24), f32(-1 / 120), f32(1 / 720)
LINEAR, CUBIC = f32(2 / 72), f32(1 / 72)


@intrinsic
def count_up(typing, mean, uniform, chance, count):
    """At `uniform`: how many of the probabilities chance, chance mean, chance mean^2 / 2, ... a uniform number passes.

    mean, uniform, chance  addresses of `count` float32, whole lots of LANES
    """
    lanes, single = ir.VectorType(ir.FloatType(), LANES), ir.FloatType()

    def all_of(number: float) -> Any:
        return ir.Constant(lanes, [number] * LANES)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        def at(address: Any) -> Any:
            pointer = builder.inttoptr(address, single.as_pointer())
            return builder.bitcast(builder.gep(pointer, [place]), lanes.as_pointer())

        before = builder.block
        outer, inner, done, end = (builder.append_basic_block(name) for name in "oide")
        builder.branch(outer)
        builder.position_at_end(outer)
        place = builder.phi(args[3].type)
        place.add_incoming(args[3].type(0), before)
        given = builder.load(at(args[0]), align=4)
        first = [builder.load(at(args[n]), align=4) for n in (1, 2)]
        builder.branch(inner)

        builder.position_at_end(inner)
        states = tuple(builder.phi(kind) for kind in (lanes, lanes, lanes, single))
        for state, begin in zip(states, (*first, all_of(0.0), single(0.0)), strict=True):
            state.add_incoming(begin, outer)
        rest, chance, found, turn = states
        for _ in range(TURNS):  # what has not passed one never passes another, so nobody looks after each
            passed = builder.fcmp_ordered(">=", rest, chance)
            found = builder.select(passed, builder.fadd(found, all_of(1.0)), found)
            rest, turn = builder.fsub(rest, chance), builder.fadd(turn, single(1.0))
            part = builder.insert_element(ir.Constant(lanes, ir.Undefined), builder.fdiv(single(1.0), turn), i0)
            parts = builder.shuffle_vector(part, part, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))
            chance = builder.fmul(chance, builder.fmul(given, parts))
        for state, then in zip(states, (rest, chance, found, turn), strict=True):
            state.add_incoming(then, inner)
        passed = builder.fcmp_ordered(">=", rest, chance)
        any_passed = builder.icmp_unsigned("!=", builder.bitcast(passed, ir.IntType(LANES)), ir.IntType(LANES)(0))
        fewer = builder.fcmp_ordered("<", turn, single(MOST))
        builder.cbranch(builder.and_(any_passed, fewer), inner, done)

        builder.position_at_end(done)
        builder.store(found, at(args[1]), align=4)
        following = builder.add(place, place.type(LANES))
        place.add_incoming(following, done)
        builder.cbranch(builder.icmp_signed("<", following, args[3]), outer, end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    i0 = ir.IntType(32)(0)
    return types.void(types.int64, types.int64, types.int64, types.int64), codegen


@inlined
def decay(mean):
    """e to the power of -mean, of a mean up to FEW."""
    n = np.floor(mean * INVERSE_LN2 + f32(0.5))
    r = (mean - n * LN2_HIGH) - n * LN2_LOW
    part = f32(1.0) - r + r * r * ((((E6 * r + E5) * r + E4) * r + E3) * r + E2)
    return part * single_of(i32((int64(127) - int64(i32(n))) << 23))


@inlined
def many(mean, z):
    """The number of Poisson's law of a mean that is not small, of a normal number."""
    root, square = np.sqrt(mean), z * z
    n = mean + (root * z + ((square + f32(2.0)) * f32(1 / 6) - z * (CUBIC * square + LINEAR) / root))
    n = np.floor(n)
    return n if n > f32(0.0) else f32(0.0)


@kernel
def take_means(line, count, length, inverse, means):
    """v / scale of `count` pixels, 0 below black, and zeros behind them; returns the least and the most, as bits."""
    for x in range(count):
        mean = load_f32(line, x) * inverse
        mean = mean if mean > f32(0.0) else f32(0.0)
        store_work_f32(means, x, mean if mean < MANY else MANY)
    for x in range(count, length):
        store_work_f32(means, x, f32(0.0))
    least, most = i32(0x7F000000), i32(0)
    for x in range(count):
        bits = load_work_i32(means, x)
        least, most = min(least, bits), max(most, bits)
    return least, most


@kernel
def take_chances(words, means, uniforms, chances, length):
    """A uniform number of each word of a tile, and the probability of no photon; NEVER where the mean is not small."""
    for x in range(length):
        place = f32(i32((load_work_i32(words, x) >> 8) & 0xFFFFFF))
        store_work_f32(uniforms, x, (place + f32(0.5)) * STEP)
        mean = load_work_f32(means, x)
        few = decay(mean if mean < FEW else FEW)
        store_work_f32(chances, x, few if mean < FEW else NEVER)


@kernel
def take_many(means, normals, numbers, start, stop):
    """What normal numbers, those of `start` on, make of means that are not small."""
    for x in range(start, stop):
        mean, few = load_work_f32(means, x), load_work_f32(numbers, x)
        found = many(mean if mean > FEW else FEW, load_work_f32(normals, x - start))
        store_work_f32(numbers, x, found if mean >= FEW else few)


@kernel
def show(line, count, numbers, scale):
    """What was counted, as brightness."""
    for x in range(count):
        store_f32(line, x, scale * load_work_f32(numbers, x))


@unit(int64, int64, int64, int64, int64, int64, int64)
def shot(row, count, plane, y, height, draws, report):
    """scale k, k of Poisson's law of the mean v / scale; numbers: scale."""
    words, channels, whole = stack(), int64(load_f64(draws, 0)), lots(count)
    scale, key = f32(load_f64(draws, 2)), opened(draws + 24)
    inverse = f32(1.0 / load_f64(draws, 2))
    means, numbers, chances = words + 4 * TILE, words + 8 * TILE, words + 12 * TILE
    for c in range(channels):
        for start in range(0, whole, TILE):
            length, there = min(whole - start, TILE), min(count - start, TILE)
            line, first = row + 4 * (c * plane + start), (y * channels + c) * whole + start
            least, most = take_means(line, there, length, inverse, means)
            if least < bits_f32(FEW):
                fill(key, first, length, words)
                take_chances(words, means, numbers, chances, length)
                count_up(means, numbers, chances, length)
            if most >= bits_f32(FEW):
                half = lots(length >> 1)
                fill(key, NORMAL + first, half, words)
                bells(words, half, chances)
                take_many(means, chances, numbers, int64(0), half)
                take_many(means, chances + 4 * TILE, numbers, half, length)
            show(line, there, numbers, scale)
