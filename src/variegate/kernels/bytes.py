"""A picture of bytes that becomes one of bytes, every pixel one of the source's: a rectangle of it is moved, what lies
around is filled, and perhaps a table of 256 bytes is applied. No number becomes a float, and what stays is copied.

`sort_out` says for which rows this is what `render` does, to the bit; `plan.bytes` why, and makes the tables.
"""

from __future__ import annotations

import numpy as np
from numba import int64

from variegate.compiled import entry, kernel, unit
from variegate.kernels.codes import (
    AFFINE,
    BOUND,
    CHW,
    FIRST_MAP,
    FIRST_SITE,
    FIRST_STEP,
    FROM_SOURCE,
    OWN_TABLES,
    POINTWISE,
    ROW_FORM,
    STEP_SORT,
    TABLE,
    TO_RESULT,
    WHITE,
)
from variegate.kernels.link import apply, is_affine, span
from variegate.kernels.memory import (
    address_of,
    copy_bytes,
    hold,
    input_u8,
    invoke,
    load_f64,
    load_i64,
    load_u8,
    load_word,
    store_i64,
    store_u8,
    store_word,
)
from variegate.kernels.row_layout import leans

BYTES, CUT, MOVED, TONED, OWN, NEVER = 1, 2, 4, 8, 16, 32  # what is so of a row, see `sort_out`
ENDS = FROM_SOURCE | TO_RESULT
BLOCK = 64  # columns of a turned picture at a time: as many lines of the source stay in the cache


@kernel
def visible_part(way, frames, state):
    """What is so of a site's geometry: its rows of `survey.Sites`, frames from the first of its windows on."""
    found = BYTES if state[9] == 1 and state[1] == 0 else NEVER
    for n in range(state[0]):
        m = frames[n]
        along, across = m[0, 1] == 0.0 and m[1, 0] == 0.0, m[0, 0] == 0.0 and m[1, 1] == 0.0
        found |= CUT if is_affine(m) and (along or across) else NEVER
    return found if way[0, 0] == 1.0 else found | MOVED


@kernel
def tuned(step):
    """What is so of an affine step."""
    found = 0
    for c in range(3):
        for j in range(3):
            weight = step[3 * c + j]
            found |= 0 if weight == (1.0 if j == c else 0.0) else TONED if j == c else NEVER
        found |= 0 if step[9 + c] == 0.0 else TONED
        found |= 0 if step[4 * c] == step[0] and step[9 + c] == step[9] else OWN
    return NEVER if leans(step) else found


@kernel
def written_as(unit, gain, shift):
    """What is so of the last write of a row with these units."""
    found, white = 0, unit[WHITE]
    for c in range(gain.size):
        as_it_is = np.float32(gain[c] / white) == np.float32(1.0) and shift[c] == 0.0
        found |= 0 if as_it_is and np.float32(unit[BOUND] * white) >= np.float32(255.0) else TONED
        found |= 0 if gain[c] == gain[0] and shift[c] == shift[0] else OWN
    return found


@entry
def sort_out(rows, units, canvas, steps, kinds, gain, shift, windows, frames, way, state, few, found):
    """Into found (R,) int64, of each row: BYTES, if bytes are enough, or 0; and then, added to it,

    CUT    if a window cuts, and there are fills
    MOVED  if there is a flip or a turn
    TONED  if levels may change, and OWN if those of channels may differ

    rows, ... shift  as in `kernels.tables`, of pictures of bytes, to bytes; windows, ... state: as in `survey.Sites`
    few              results of fewer pixels for which a table must be made are made by floats sooner
    """
    for r in range(found.size):
        row, site, found[r] = rows[r], rows[r, FIRST_SITE], 0
        # A row with a second site wants a mean, and one with none calls a function.
        if row[ROW_FORM] & ENDS != ENDS or rows[r + 1, FIRST_SITE] - site != 1:
            continue
        each = visible_part(way[site], frames[windows[site] :], state[site]) | written_as(units[r], gain, shift)
        for s in range(row[FIRST_STEP], rows[r + 1, FIRST_STEP]):
            sort = kinds[s, STEP_SORT]
            each |= tuned(steps[s]) if sort == AFFINE else NEVER if sort >= POINTWISE else TONED
            each |= OWN if sort == TABLE and steps[s, OWN_TABLES] != 0.0 else 0
        pixels = canvas[rows[r + 1, FIRST_MAP] + r, 0] * canvas[rows[r + 1, FIRST_MAP] + r, 1]
        found[r] = 0 if each & NEVER or (each & (CUT | TONED) and pixels < few) else each


@kernel
def rectangle(window, rows, count, height, width):
    """The pixels of a frame (left, top, right, bottom) whose centres a map takes into a window.

    window  address of a map (3, 3) that takes rows to rows, or rows to columns
    """
    a, b, c = load_f64(window, 0), load_f64(window, 1), load_f64(window, 2)
    d, e, f = load_f64(window, 3), load_f64(window, 4), load_f64(window, 5)
    turned = a == 0.0
    left, right = span(d if turned else a, f if turned else c, count, height if turned else width)
    top, bottom = span(b if turned else e, c if turned else f, rows, width if turned else height)
    return left, top, right, bottom


@kernel
def shared(a, b):
    """The rectangle that two have in common; one of no pixels, where the first begins, if there is none."""
    left, top, right, bottom = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    if left < right and top < bottom:
        return left, top, right, bottom
    return a[0], a[1], a[0], a[1]


@kernel
def fill(out, pitch, left, top, right, bottom, colour, apart, channels):
    """A rectangle of pixels of one colour: bytes `apart` from its address; pitch: bytes from a row to the next."""
    first, length = out + top * pitch + left * channels, (right - left) * channels
    if length <= 0 or top >= bottom:
        return
    for x in range(0, length, channels):
        for c in range(channels):
            store_u8(first, x + c, load_u8(colour, c * apart))
    for y in range(1, bottom - top):
        copy_bytes(first, length, first + y * pitch)


@unit(*[int64] * 13)
def fill_around(rows, count, cuts, frames, which, canvas, fills, apart, channels, out, planes, plane, box):
    """What each window cuts off, outermost first, in the fill of its canvas; and what is left, into box.

    cuts, frames, which   as `survey.Sites` has them, canvas as `kernels.tables`: addresses
    fills, apart          address of a byte a canvas, and from a channel's to the next one's; channels: how many
    planes, plane         how many the result has, 1 of packed pixels, and bytes from one to the next
    box                   address of 4 int64: left, top, right, bottom
    """
    nought, pixel = int64(0), channels // planes
    a, pitch = (nought, nought, count, rows), count * pixel
    for n in range(cuts):
        k = load_i64(which, n)
        height, width = float(load_i64(canvas, 2 * k)), float(load_i64(canvas, 2 * k + 1))
        b = shared(a, rectangle(frames + 72 * n, rows, count, height, width))
        around = (a[0], a[1], a[2], b[1]), (a[0], b[1], b[0], b[3]), (b[2], b[1], a[2], b[3]), (a[0], b[3], a[2], a[3])
        for each in around:
            for c in range(planes):
                fill(out + c * plane, pitch, *each, fills + k + c * apart, apart, pixel)
        a = b
    for n in range(4):
        store_i64(box, n, a[n])


@kernel
def move_row(src, step, count, channels, out, pixel, plane):
    """`count` pixels, `step` bytes apart, to bytes `pixel` apart, and their channels to bytes `plane` apart.

    A step that is written out is one of which a compiler makes shuffles.
    """
    if channels == 1 and step == -1:
        for x in range(count):
            store_u8(out, x, input_u8(src, -x))
    elif channels == 3 and pixel == 3 and step == -3:
        for x in range(count):
            for c in range(3):
                store_u8(out, 3 * x + c, input_u8(src, c - 3 * x))
    elif channels == 3 and pixel == 3:
        for x in range(count):
            for c in range(3):
                store_u8(out, 3 * x + c, input_u8(src, c + step * x))
    elif channels == 3 and step == 3:
        for x in range(count):
            for c in range(3):
                store_u8(out, x + c * plane, input_u8(src, c + 3 * x))
    elif channels == 4 and pixel == 4:
        for x in range(count):
            store_word(out, x, load_word(src + step * x, np.int32(0)))
    else:
        for c in range(channels):
            for x in range(count):
                store_u8(out, pixel * x + c * plane, input_u8(src, c + step * x))


@unit(*[int64] * 10)
def move(src, step, line, rows, count, channels, out, pixel, plane, pitch):
    """A rectangle of pixels: in the source `step` bytes apart, and its rows `line`; for the rest see `move_row`."""
    wide = count if abs(step) == channels else BLOCK
    for left in range(0, count, wide):
        width = min(wide, count - left)
        for y in range(rows):
            move_row(src + y * line + left * step, step, width, channels, out + y * pitch + left * pixel, pixel, plane)


@unit(*[int64] * 9)
def look_up_each(src, line, tables, apart, rows, count, channels, out, pitch):
    """Rows of packed pixels, each channel through a table of its own, `apart` from the one before; out may be src."""
    for y in range(rows):
        for c in range(channels):
            table, row, to = tables + apart * c, src + y * line + c, out + y * pitch + c
            for x in range(count):
                store_u8(to, x * channels, input_u8(table, load_u8(row, x * channels)))


@kernel
def write_rows(src, line, table, rows, count, out, pitch, look):
    """Rows of `count` bytes, as they are or through a table (address, or 0); rows that touch are one."""
    if line == count and pitch == count:
        rows, count = 1, rows * count
    for y in range(rows):
        if table == 0:
            copy_bytes(src + y * line, count, out + y * pitch)
        else:
            invoke(look, (src + y * line, table, count, out + y * pitch))


@kernel
def changes(written):
    """Whether a level becomes another one, and whether it becomes different ones of different channels."""
    changed, differ = False, False
    for c in range(written.shape[0]):
        for level in range(min(written.shape[1], 256)):
            changed = changed or written[c, level] != level
            differ = differ or written[c, level] != written[0, level]
    return changed, differ


@entry
def render_bytes(src, shape, canvas, site, written, units, out, layout):
    """One picture of bytes (height, width, channels) at address src, to address out.

    canvas   (G + 1, 2) int64, and site (frames, which, way, state): as in `kernels.tables` and `survey.Sites`
    written  (C, 256 + G) uint8: what each level becomes, and then each canvas's fill; (C, 0) if levels stay and no
             window cuts
    units    addresses: `fill_around`, if a window cuts; `move`, if there is a flip, a turn or a change of layout;
             `look_up`, if a level changes, and `look_up_each`, if channels differ in this
    """
    frames, which, way, state = site
    width, channels, top = shape[1], shape[2], canvas.shape[0] - 1
    rows, count, apart = canvas[top, 0], canvas[top, 1], written.shape[1]
    packed = layout != CHW or channels == 1
    pixel, plane, planes = (channels, int64(1), int64(1)) if packed else (int64(1), rows * count, channels)
    box, tables = np.array([0, 0, count, rows]), address_of(written)
    if state[0] > 0:
        place = address_of(frames), address_of(which), address_of(canvas), tables + 256, apart
        invoke(units[0], (rows, count, state[0], *place, channels, out, planes, plane, address_of(box)))
    left, up, wide, high, pitch = box[0], box[1], box[2] - box[0], box[3] - box[1], count * pixel
    if wide <= 0 or high <= 0:
        return
    u, v, _ = apply(way, left + 0.5, up + 0.5)
    src += (int64(v) * width + int64(u)) * channels
    step = int64(way[0, 0] + way[1, 0] * width) * channels
    line = int64(way[0, 1] + way[1, 1] * width) * channels
    out += up * pitch + left * pixel
    moved = step != channels or not packed
    if moved:
        invoke(units[1], (src, step, line, high, wide, channels, out, pixel, plane, pitch))
        src, line = out, pitch
    changed, differ = changes(written)
    if packed and differ:
        invoke(units[3], (src, line, tables, apart, high, wide, channels, out, pitch))
    elif changed or not moved:
        for c in range(planes):
            table = tables + c * apart if changed else int64(0)
            write_rows(src + c * plane, line, table, high, wide * pixel, out + c * plane, pitch, units[2])
    hold((box, frames, which, canvas, written))
