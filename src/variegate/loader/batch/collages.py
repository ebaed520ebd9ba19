"""Collages: those of a batch's samples, planned together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from numpy.typing import NDArray

from variegate.errors import VariegateError
from variegate.loader import stats
from variegate.loader.batch.at_hand import AtHand
from variegate.loader.batch.block import Block
from variegate.loader.batch.context import LoaderContext
from variegate.loader.batch.deadline import Worker
from variegate.loader.batch.mixed import Mixed
from variegate.loader.batch.partners import Seat
from variegate.loader.stats import Counters
from variegate.pipeline import Compose
from variegate.pipeline.mix import Value, put_together
from variegate.plan.part import Part

if TYPE_CHECKING:
    from variegate.plan.collage import CollagePlan

TOGETHER = 16  # collages planned at once: NumPy's cost a call is then little a sample, and so is what they keep

Result = tuple[Block, int]  # by its number in its block


class Piece(NamedTuple):
    """A picture of a collage, its row of a plan, and its position in the source."""

    part: Part
    image: NDArray[Any]
    position: int


class Collages:
    """The results of an op that puts pictures side by side, and of all that stands beside it."""

    def __init__(self, context: LoaderContext, at_hand: AtHand) -> None:
        self._context, self._at_hand = context, at_hand
        self._planned: dict[Result, tuple[CollagePlan, int]] = {}

    def plan(self) -> None:
        """Plan those of the batch's own samples, of partners that are at hand, as if all these were good."""
        repeats = self._context.repeats
        wanted = [(block, i * repeats + repeat) for block, i in self._at_hand.own for repeat in range(repeats)]
        chosen = [(result, parts) for result in wanted if len(parts := self._expected(result)) > 1]
        for begin in range(0, len(chosen), TOGETHER):
            some = chosen[begin : begin + TOGETHER]
            try:
                plan = self._plan([parts for _, parts in some])
                plan.settle()
            except VariegateError:  # it is told of the sample that is at fault when its turn comes
                continue
            self._planned.update({result: (plan, m) for m, (result, _) in enumerate(some)})

    def _expected(self, result: Result) -> list[Part]:
        """The pictures of a collage, if all of them are at hand and good; or only its own."""
        block, n = result
        plan, row = block.row(n)
        collage, repeats = plan.collage(row), self._context.repeats
        parts, seat = [Part(plan, row)], block.seat(n // repeats)
        if collage is None:
            return parts
        for drawn in collage.partner:
            partners = self._at_hand.partners.of(seat, collage.partners, drawn)
            found = None if (first := next(partners, None)) is None else self._at_hand.known(first)
            if found is None:
                return parts[:1]
            parts.append(Part(*found.block.row(found.i * repeats + n % repeats)))
        return parts

    def _plan(self, collages: list[list[Part]]) -> CollagePlan:
        from variegate.plan.collage import CollagePlan

        augment = self._context.augment
        assert isinstance(augment, Compose)
        return CollagePlan(augment.compiler, collages)

    def made(self, block: Block, n: int, worker: Worker, counters: Counters, out: Any = None) -> Mixed | None:
        """The collage of a sample, or its result alone where it has none; None if it was skipped.

        out  where the picture may be written

        Raises  what goes wrong with a picture, with a note of whose partner it is.
        """
        i = n // self._context.repeats
        image = block.picture(i, worker, counters)
        if image is None:
            return None
        plan, row = block.row(n)
        collage, own = plan.collage(row), Piece(Part(plan, row), image, block.position(n))
        if collage is None:
            begun = stats.now()
            value = Value(plan.result(row, image, checked=True), plan.moved(row))
            counters[stats.KERNEL] += stats.now() - begun
            return Mixed(value, ((own.position, 1.0),))
        pieces = [own]
        try:
            for drawn in collage.partner:
                partners = self._at_hand.partners.of(block.seat(i), collage.partners, drawn)
                piece = next(self._pieces(partners, n % self._context.repeats, worker, counters), None)
                counters[stats.UNMIXED] += piece is None
                pieces.append(piece or own)
        except Exception as error:
            block.blame(error, n)
            raise
        return self._together((block, n), pieces, counters, out)

    def _together(self, result: Result, pieces: list[Piece], counters: Counters, out: Any) -> Mixed:
        begun = stats.now()
        parts, images, positions = zip(*pieces, strict=True)
        plan, m = self._planned.get(result, (None, 0))
        if plan is None or tuple(plan.collages[m]) != parts:  # some picture was bad, or is not at hand
            plan, m = self._plan([list(parts)]), 0
        value, shares = put_together(plan, m, images, out)
        counters[stats.KERNEL] += stats.now() - begun
        return Mixed(value, tuple(zip(positions, shares, strict=True)))

    def _pieces(self, partners: Iterator[Seat], repeat: int, worker: Worker, counters: Counters) -> Iterator[Piece]:
        """The pictures of partners, without those that are bad, or for which another stands in."""
        for partner in partners:
            block, i = self._at_hand.at(partner, worker, counters)
            image = None if i is None else block.picture(i, worker, counters)
            if i is not None and image is not None:
                n = i * self._context.repeats + repeat
                if not block.stood_in(n):
                    yield Piece(Part(*block.row(n)), image, partner.position)
