"""From effects, op by op, to rows, sample by sample: what a segment is made of lies together, in declared order.

A *row* is a segment of a sample. Its numbers lie in tables, from its own first place up to that of the next row; so a
batch costs what its samples apply, and not what its pipeline declares.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import entry, kernel
from variegate.kernels.chain import NONE, UNBENT, Displacements, Lattices, MapChain
from variegate.kernels.codes import (
    AFFINE,
    ALONE,
    BORDER,
    BOUND,
    BY_READING,
    ENTRY,
    FILL,
    FILTER,
    FIRST_MAP,
    FIRST_SITE,
    FIRST_STEP,
    FROM_SOURCE,
    GOAL,
    KIND,
    MAP,
    PICK,
    READ,
    READING,
    ROW,
    ROW_ENTRY,
    ROW_FILTER,
    ROW_FORM,
    ROW_PLACE,
    ROW_READING,
    ROW_STAGE,
    SORT,
    STAGE,
    START,
    STEP,
    STEP_AFTER,
    STEP_CODES,
    STEP_MIRROR,
    STEP_PICK,
    STEP_SITE,
    STEP_SORT,
    TO_RESULT,
    UNSAID,
    WHITE,
)
from variegate.kernels.cut import NO
from variegate.picture import MOST_PIXELS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Entries(NamedTuple):
    """E effects, each for the samples to which it applies, one after the other.

    codes  (E, ENTRY) int64, see `kernels.codes`
    maps   (G, 3, 3) float64, and canvas (G, 2) int64, the size after each map
    steps  (S, STEP) float64
    """

    codes: Ints
    maps: Floats
    canvas: Ints
    steps: Floats


class RowLayout(NamedTuple):
    """R rows of B samples, and what they hold: G maps, S steps and K sites in all.

    first    (B + 1,) int64: the first row of each sample
    rows     (R + 1, ROW) int64, see `kernels.codes`; units: (R, 3) float64
    maps     (G, 3, 3) float64: canvas k + 1 of a row to its canvas k; borders: (G,) int64 codes; fills: (G,) int64
    fields   which of these maps are bent, and by what: see `kernels.chain`
    canvas   (G + R, 2) int64: (height, width); a row has one more than it has maps: its first is at FIRST_MAP + row
    steps    (S, STEP) float64, and kinds (S, STEP_CODES) int64
    tops     (K,) int64: the canvas of its row that a site looks at; of a row's sites the first is its last canvas
    """

    first: Ints
    rows: Ints
    units: Floats
    maps: Floats
    borders: Ints
    fills: Ints
    canvas: Ints
    steps: Floats
    kinds: Ints
    tops: Ints
    fields: Displacements

    @property
    def leading(self) -> tuple[Ints, Floats, Floats, Ints, Ints, Ints, Floats, Ints]:
        """What `kernels.tables.Tables` begins with: rows to kinds."""
        return self[1:9]


LONGEST = 1 << 20  # pixels of a side, unless a picture has more: what is prepared for a column or a row costs by it
STRETCH = 1_000_000.0  # times that an op may stretch or shrink a picture
GROWTH = 16  # as often as its own pixels a picture may come to have: RandomZoomOut makes 4 of each side
FINE, TOO_LARGE, TOO_FAR, NO_NUMBER = range(4)


@kernel
def slip(m, size, own):
    """What a map does that no picture stands; own: the size of the picture that came in, as (height, width)."""
    most = max(MOST_PIXELS, GROWTH * own[0] * own[1])
    if size[0] * float(size[1]) > most or size[0] > max(LONGEST, own[0]) or size[1] > max(LONGEST, own[1]):
        return TOO_LARGE
    far = max(max(abs(m[0, 0]), abs(m[0, 1])), max(abs(m[1, 0]), abs(m[1, 1])))
    area = abs(m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0])
    # As such, so that NaN is a slip: of a sum, because a maximum may drop it.
    finite = m[0, 0] + m[0, 1] + m[1, 0] + m[1, 1]
    if finite == finite and far <= STRETCH and area >= STRETCH**-2:
        return FINE
    return TOO_FAR


@kernel
def leans(step):
    """Whether a step needs a mean of the picture."""
    return step[12] != 0.0 or step[13] != 0.0


@kernel
def put_map(code, place, nth, maps, canvas, m, row, out_maps, borders, fills, out_canvas, bent):
    """The map at `place` of an entry's numbers, of its nth sample, as the m-th of all."""
    for k in range(3):
        for j in range(3):
            out_maps[m, k, j] = maps[place, k, j]
    borders[m], fills[m] = code[BORDER], code[FILL]
    bent[m] = UNBENT if code[PICK] == UNSAID else code[PICK] + nth
    out_canvas[m + 1 + row, 0], out_canvas[m + 1 + row, 1] = canvas[place, 0], canvas[place, 1]


@kernel
def put_step(code, place, nth, steps, after, s, out_steps, kinds):
    """The step at `place` of an entry's numbers, of its nth sample, as the s-th of all; whether they are finite."""
    finite = True
    for k in range(STEP):
        out_steps[s, k] = steps[place, k]
        finite = finite and abs(steps[place, k]) < np.inf
    kinds[s, STEP_SORT], kinds[s, STEP_AFTER], kinds[s, STEP_SITE] = code[SORT], after, 0
    kinds[s, STEP_PICK], kinds[s, STEP_MIRROR] = code[PICK] + nth, 0
    return finite


@kernel
def mirror_steps(kinds, begin, end, maps, how):
    """Have a mirror image, the next of a row's maps, come before those steps begin..end that follow its last map.

    It moves whole pixels, so a colour or a mean is the same on either side of it; a step that looks at places is told.
    A mean of the source itself, which nothing but affine steps precede, stays one: it is counted faster.
    """
    bent = maps > 0
    for s in range(begin, end):
        bent = bent or kinds[s, STEP_SORT] != AFFINE
    for s in range(begin, end):
        if kinds[s, STEP_AFTER] == maps:
            kinds[s, STEP_MIRROR] ^= how
            kinds[s, STEP_AFTER] += 1 if bent else 0


@kernel
def put_sites(maps, begin, end, k, steps, kinds, tops):
    """The sites of a row with so many maps, and steps begin..end: its last canvas, and those whose mean is wanted."""
    tops[k] = maps
    count, seen = 1, -1
    for s in range(begin, end):
        after = kinds[s, STEP_AFTER]
        if kinds[s, STEP_SORT] == AFFINE and leans(steps[s]) and after < maps:
            if after != seen:
                tops[k + count] = after
                count, seen = count + 1, after
            kinds[s, STEP_SITE] = count - 1
    return count


@kernel
def is_alone(segments, codes, i):
    """Whether some effect of sample i has a segment to itself: then what lies between is in units of white."""
    found = False
    for e in range(codes.shape[0]):
        found = found or (codes[e, KIND] == ALONE and segments[e, i] != NO)
    return found


@entry
def lay(segments, counts, codes, maps, canvas, steps, sizes, whites, bounds, defaults, begun, row_layout):
    """Fill a `RowLayout`; returns how many sites there are, the worst slip of an effect, its entry, its sample.

    segments, counts  as `cut` left them; codes, maps, canvas, steps: `Entries`
    sizes             (B, 2) int64: of the pictures that come in
    whites            what white is in them, and between two segments where all is fused
    bounds            (B,) float64: to what results are clamped
    defaults          how the pipeline reads, and whether it filters
    begun             whether the samples' own pictures were read before
    """
    first, rows, units, out_maps, borders, fills, out_canvas, out_steps, kinds, tops, fields = row_layout
    used = np.zeros(codes.shape[0], np.int64)
    r, m, s, k = np.int64(0), np.int64(0), np.int64(0), np.int64(0)  # literals are types of their own, compiled twice
    worst, where, who = FINE, NO, NO
    for i in range(counts.size):
        first[i] = r
        e, height, width = 0, sizes[i, 0], sizes[i, 1]
        between = 1.0 if is_alone(segments, codes, i) else whites[1]
        for n in range(counts[i]):
            row, unit = rows[r], units[r]
            row[FIRST_MAP], row[FIRST_STEP], row[FIRST_SITE] = m, s, k
            row[ROW_STAGE], row[ROW_ENTRY], row[ROW_PLACE] = READ, NO, NO
            row[ROW_READING], row[ROW_FILTER] = defaults[0], defaults[1]
            out_canvas[m + r, 0], out_canvas[m + r, 1] = height, width
            begin = s
            while e < codes.shape[0] and (segments[e, i] == NO or segments[e, i] == n):
                if segments[e, i] == n:
                    code = codes[e]
                    place = code[START] + used[e]
                    if code[KIND] == MAP:
                        put_map(
                            code, place, used[e], maps, canvas, m, r, out_maps, borders, fills, out_canvas, fields.which
                        )
                        row[ROW_READING] = row[ROW_READING] if code[READING] == UNSAID else code[READING]
                        row[ROW_FILTER] = row[ROW_FILTER] if code[FILTER] == UNSAID else code[FILTER]
                        found = slip(maps[place], canvas[place], sizes[i])
                        if found != FINE and worst == FINE:
                            worst, where, who = found, e, i
                        height, width = canvas[place, 0], canvas[place, 1]
                        if code[SORT] != 0:
                            mirror_steps(kinds, begin, s, m - row[FIRST_MAP], code[SORT])
                        m += 1
                    elif code[KIND] == ALONE:
                        row[ROW_STAGE], row[ROW_ENTRY], row[ROW_PLACE] = code[STAGE], e, used[e]
                    else:
                        finite = put_step(code, place, used[e], steps, m - row[FIRST_MAP], s, out_steps, kinds)
                        if not finite and worst == FINE:
                            worst, where, who = NO_NUMBER, e, i
                        s += 1
                    used[e] += 1
                e += 1
            source, result = n == 0 and not begun, n == counts[i] - 1
            unit[WHITE], unit[GOAL] = whites[0] if source else between, between
            unit[BOUND] = bounds[i] if result else -1.0
            row[ROW_FORM] = (FROM_SOURCE if source else 0) + (TO_RESULT if result else 0)
            row[ROW_FORM] += BY_READING * row[ROW_READING]
            if row[ROW_STAGE] == READ:
                k += put_sites(m - row[FIRST_MAP], begin, s, k, out_steps, kinds, tops)
            r += 1
    first[counts.size] = r
    rows[r, FIRST_MAP], rows[r, FIRST_STEP], rows[r, FIRST_SITE] = m, s, k
    return k, worst, where, who


def room(rows: int, samples: int, maps: int, steps: int, leaning: int, lattices: Lattices = NONE) -> RowLayout:
    """A `RowLayout` to fill, for so many rows, samples, maps and steps, of which so many at most lean on a mean."""
    return RowLayout(
        np.empty(samples + 1, np.int64),
        np.empty((rows + 1, ROW), np.int64),
        np.empty((rows, 3)),
        np.empty((maps, 3, 3)),
        np.empty(maps, np.int64),
        np.empty(maps, np.int64),
        np.empty((maps + rows, 2), np.int64),
        np.empty((steps, STEP)),
        np.empty((steps, STEP_CODES), np.int64),
        np.zeros(rows + leaning, np.int64),
        Displacements(np.full(maps, UNBENT, np.int64), *lattices),
    )


def lay_chain(chain: MapChain, reading: int = 0, antialias: bool = False) -> RowLayout:
    """One sample's maps as a row that reads a picture and writes the result; a fill of its own for each."""
    maps, canvas, borders, fields = chain
    count, codes = len(maps), np.zeros((len(maps), ENTRY), np.int64)
    codes[:, START] = codes[:, FILL] = np.arange(count)
    codes[:, KIND], codes[:, BORDER], codes[:, READING], codes[:, FILTER] = MAP, borders, UNSAID, UNSAID
    codes[:, PICK] = fields.which if len(fields.which) else UNSAID
    row_layout = room(1, 1, count, 0, 0, Lattices(fields.grids, fields.nodes))
    entries = Entries(codes, np.ascontiguousarray(maps), np.ascontiguousarray(canvas[1:]), np.zeros((0, STEP)))
    segments, ones, nothing = np.zeros((count, 1), np.int64), np.ones(1, np.int64), np.full(1, -1.0)
    sizes, how = np.ascontiguousarray(canvas[:1]), (reading, int(antialias))
    lay(segments, ones, *entries, sizes, (1.0, 1.0), nothing, how, False, row_layout)
    return row_layout
