"""Sixteen numbers of 16 bits at once, as LLVM vectors: what the transform, the upsampling and the colours are made of.

Products of 16-bit numbers are summed in pairs in 32 bits, and rounded back to 16: processors with AVX2 have one
instruction for each (as libjpeg-turbo uses them); elsewhere the same is written in LLVM's own words. Between the two,
a vector of 16 is two of 8, in the order in which AVX2 interleaves: each half of 8 lanes by itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from llvmlite import ir

from variegate.jpeg.memory import BYTE, SHORT, WORD, pointer

COUNT = 16
SHORTS, WORDS, HALF = ir.VectorType(SHORT, COUNT), ir.VectorType(WORD, 8), ir.VectorType(SHORT, 8)
BYTES = ir.VectorType(BYTE, COUNT)
LOW = [n + 8 * half + COUNT * (k % 2) for half in (0, 1) for n in range(4) for k in (0, 1)]
HIGH = [n + 4 for n in LOW]
TOGETHER = [n + 4 * half + 8 * k for half in (0, 1) for k in (0, 1) for n in range(4)]


class Wide(NamedTuple):
    """Sixteen numbers of 32 bits, in two vectors."""

    low: Any
    high: Any


class Lanes:
    """Writes vectors of a function in the making.

    able  whether the processor has AVX2
    """

    def __init__(self, context: Any, builder: Any) -> None:
        triple, _, features = context.codegen().magic_tuple()
        self.able = triple.startswith("x86_64") and "+avx2" in features.split(",")
        self.builder = builder

    def all(self, value: int, kind: Any = SHORTS) -> Any:
        """A number in every lane."""
        return ir.Constant(kind, [value] * kind.count)

    def load(self, address: Any, offset: int = 0) -> Any:
        """Sixteen numbers of 16 bits."""
        return self.builder.load(pointer(self.builder, address, offset, SHORTS), align=2)

    def load_bytes(self, address: Any, offset: int = 0) -> Any:
        """Sixteen bytes, widened."""
        return self.builder.zext(self.builder.load(pointer(self.builder, address, offset, BYTES), align=1), SHORTS)

    def store(self, value: Any, address: Any, offset: int = 0) -> None:
        """A vector of any kind, at any address."""
        self.builder.store(value, pointer(self.builder, address, offset, value.type), align=1)

    def spread(self, number: Any) -> Any:
        """One number of 16 bits in every lane."""
        one = self.builder.insert_element(ir.Constant(SHORTS, ir.Undefined), number, WORD(0))
        return self.builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(WORD, COUNT), [0] * COUNT))

    def shuffle(self, a: Any, b: Any, order: list[int]) -> Any:
        """Lanes of two vectors, one behind the other."""
        return self.builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(WORD, len(order)), order))

    def call(self, name: str, result: Any, *args: Any) -> Any:
        """An intrinsic of LLVM's."""
        kind = ir.FunctionType(result, [each.type for each in args])
        return self.builder.call(self.builder.module.declare_intrinsic(name, (), kind), args)

    def pairs(self, a: Any, b: Any) -> Wide:
        """Neighbours of two vectors: what `dot` takes."""
        return Wide(self.shuffle(a, b, LOW), self.shuffle(a, b, HIGH))

    def dot(self, pairs: Wide, weight_a: int, weight_b: int) -> Wide:
        """a * weight_a + b * weight_b."""
        return Wide(*(self._dot(half, weight_a, weight_b) for half in pairs))

    def _dot(self, pairs: Any, weight_a: int, weight_b: int) -> Any:
        if self.able:
            weights = ir.Constant(SHORTS, [weight_a, weight_b] * 8)
            return self.call("llvm.x86.avx2.pmadd.wd", WORDS, pairs, weights)
        b = self.builder
        first, second = (b.sext(self.shuffle(pairs, pairs, list(range(n, COUNT, 2))), WORDS) for n in (0, 1))
        return b.add(b.mul(first, self.all(weight_a, WORDS)), b.mul(second, self.all(weight_b, WORDS)))

    def add(self, a: Wide, b: Wide) -> Wide:
        """a + b."""
        return Wide(*(self.builder.add(x, y) for x, y in zip(a, b, strict=True)))

    def subtract(self, a: Wide, b: Wide) -> Wide:
        """a - b."""
        return Wide(*(self.builder.sub(x, y) for x, y in zip(a, b, strict=True)))

    def plus(self, a: Wide, number: int) -> Wide:
        """a + a number."""
        return Wide(*(self.builder.add(x, self.all(number, WORDS)) for x in a))

    def narrow(self, a: Wide, shift: int) -> Any:
        """Shifted right, as 16 bits; what is beyond them becomes the last that there is."""
        b = self.builder
        low, high = (b.ashr(x, self.all(shift, WORDS)) for x in a)
        if self.able:
            return self.call("llvm.x86.avx2.packssdw", SHORTS, low, high)
        both = self.clamp(self.shuffle(low, high, TOGETHER), -32768, 32767)
        return b.trunc(both, SHORTS)

    def clamp(self, value: Any, least: int, most: int) -> Any:
        """Numbers brought between two."""
        return self.most(self.least(value, self.all(most, value.type)), self.all(least, value.type))

    def least(self, a: Any, b: Any) -> Any:
        """The lesser of each two."""
        return self.builder.select(self.builder.icmp_signed("<", a, b), a, b)

    def most(self, a: Any, b: Any) -> Any:
        """The greater of each two."""
        return self.builder.select(self.builder.icmp_signed(">", a, b), a, b)

    def to_bytes(self, value: Any) -> Any:
        """Numbers of 16 bits as bytes, those beyond 0 to 255 brought to the edge."""
        return self.builder.trunc(self.clamp(value, 0, 255), ir.VectorType(BYTE, value.type.count))

    def two_to_bytes(self, a: Any, b: Any) -> Any:
        """The same of two vectors: the first halves of both, then the other halves."""
        if self.able:
            return self.call("llvm.x86.avx2.packuswb", ir.VectorType(BYTE, 2 * COUNT), a, b)
        halves = [n + 8 * half + COUNT * which for half in (0, 1) for which in (0, 1) for n in range(8)]
        return self.to_bytes(self.shuffle(a, b, halves))

    def scaled(self, value: Any, factor: int) -> Any:
        """value * factor / 65536 rounded, of values of 9 bits and factors of 16."""
        b = self.builder
        wide = ir.VectorType(WORD, COUNT)
        product = b.mul(b.sext(b.add(value, value), wide), self.all(factor, wide))
        high = b.trunc(b.ashr(product, self.all(16, wide)), SHORTS)
        return b.ashr(b.add(high, self.all(1)), self.all(1))
