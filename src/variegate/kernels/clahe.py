"""Contrast limited adaptive histogram equalization: a table for each tile, and four of them blended at each pixel.

As OpenCV's `CLAHE`, of the same bytes where pictures are bytes. Where sides are no multiples of the tiles, the
histograms are of a picture continued to the right and below, mirrored about its last pixels.
"""

from __future__ import annotations

import numpy as np

from variegate.compiled import entry, kernel
from variegate.kernels.codes import LEVELS, REFLECT
from variegate.kernels.colour import BLUE, GREEN, RED, whole
from variegate.kernels.stencil import within

f32, i32 = np.float32, np.int32
WHITE = f32(LEVELS - 1)


@kernel
def tile_sides(height, width, rows, columns):
    """(height, width) of a tile in pixels."""
    if height % rows == 0 and width % columns == 0:
        return height // rows, width // columns
    return (height + rows - height % rows) // rows, (width + columns - width % columns) // columns


@entry
def level_plane(image, scale, channel, rounded, out):
    """A channel (-1: the luminance) of a picture (H, W, C) times scale, into out (H, W) as levels from 0 to 255.

    rounded  whether to whole levels, half to even; NaN is 0
    """
    height, width = out.shape
    factor, red, green, blue = f32(scale), f32(RED), f32(GREEN), f32(BLUE)
    numbers = np.empty(width * image.shape[2], np.float32)
    for y in range(height):
        packed, line = image[y].reshape(-1), out[y]
        for n in range(numbers.size):
            numbers[n] = f32(packed[n])
        if channel < 0:
            for x in range(width):
                line[x] = (red * numbers[3 * x] + green * numbers[3 * x + 1]) + blue * numbers[3 * x + 2]
        else:
            for x in range(width):
                line[x] = numbers[x * image.shape[2] + channel]
        for x in range(width):
            value = line[x] * factor * WHITE
            value = value if value > f32(0.0) else f32(0.0)
            value = value if value < WHITE else WHITE
            line[x] = f32(whole(value)) if rounded else value


@kernel
def clip_histogram(counts, limit):
    """Cut the counts of levels to a limit, and deal what is cut out evenly, the rest in steps from black on."""
    cut = i32(0)
    for v in range(LEVELS):
        if counts[v] > limit:
            cut += counts[v] - limit
            counts[v] = limit
    each, rest = cut // LEVELS, cut % LEVELS
    for v in range(LEVELS):
        counts[v] += each
    for n in range(rest):
        counts[n * (LEVELS // rest)] += 1


@entry
def tile_tables(levels, rows, columns, clip, rounded, tables):
    """The tables (rows columns, 256) float32 of the tiles of levels (H, W), row by row; values are levels too."""
    height, width = levels.shape
    tall, wide = tile_sides(height, width, rows, columns)
    places = np.empty(wide * columns, np.int64)
    for x in range(places.size):
        places[x] = within(np.int64(x), width, REFLECT)
    scale = WHITE / f32(tall * wide)
    limit = max(np.int64(clip * (tall * wide) / LEVELS), np.int64(1))
    counts, nearest = np.empty((columns, LEVELS), np.int32), np.empty(width, np.int32)
    for row in range(rows):
        counts[:] = 0
        for y in range(row * tall, row * tall + tall):
            line = levels[within(np.int64(y), height, REFLECT)]
            for x in range(width):
                nearest[x] = whole(line[x])
            for column in range(columns):
                own = counts[column]
                for x in range(column * wide, column * wide + wide):
                    own[nearest[places[x]]] += i32(1)
        for column in range(columns):
            own, table, total = counts[column], tables[row * columns + column], i32(0)
            if clip > 0.0:
                clip_histogram(own, limit)
            for v in range(LEVELS):
                total += own[v]
                value = f32(total) * scale
                table[v] = f32(whole(value)) if rounded else value


@kernel
def beside(place, side, count):
    """The two tiles between whose middles a pixel lies, and how far it is from the first."""
    at = f32(place) * (f32(1.0) / f32(side)) - f32(0.5)
    first = np.int64(np.floor(at))
    return max(first, 0), min(first + 1, count - 1), at - f32(first)


@kernel
def blend_row(tables, above, below, down, columns, places, out):
    """A row of pixels, each by four tables (256 values each, one after the other).

    above, below  where the tables of the two rows of tiles begin; down: how far the pixels are from the first
    columns       for each pixel, (width,): where the two tables begin within those of a row, and how far it is from one
    places        (width,) int32: which value of a table
    """
    left, right, parts = columns
    for x in range(places.size):
        k, across = places[x], parts[x]
        near, far = left[x] + k, right[x] + k
        back = f32(1.0) - across
        upper = tables[above + near] * back + tables[above + far] * across
        lower = tables[below + near] * back + tables[below + far] * across
        out[x] = upper * (f32(1.0) - down) + lower * down


@entry
def blend_tables(image, scale, channel, levels, rows, columns, tables, rounded, out):
    """What the tables make of levels (H, W), into a channel of out (H, W, C) in units of white.

    channel  -1: all three channels of the picture, times scale, and what the luminance has gained
    """
    height, width = levels.shape
    tall, wide = tile_sides(height, width, rows, columns)
    left, right, parts = np.empty(width, np.int64), np.empty(width, np.int64), np.empty(width, np.float32)
    for x in range(width):
        first, second, parts[x] = beside(x, wide, columns)
        left[x], right[x] = first * LEVELS, second * LEVELS
    places, made, next_made = np.empty(width, np.int32), np.empty(width, np.float32), np.empty(width, np.float32)
    flat, factor, unit = tables.reshape(-1), f32(scale), f32(1.0) / WHITE
    for y in range(height):
        above, below, down = beside(y, tall, rows)
        above, below, line = above * columns * LEVELS, below * columns * LEVELS, levels[y]
        for x in range(width):
            places[x] = i32(line[x])
        if rounded:
            blend_row(flat, above, below, down, (left, right, parts), places, made)
            for x in range(width):
                made[x] = f32(whole(made[x]))
        else:  # on the line between the values of two levels
            for x in range(width):
                places[x] = min(places[x], i32(LEVELS - 2))
            blend_row(flat, above, below, down, (left, right, parts), places, made)
            blend_row(flat, above + 1, below + 1, down, (left, right, parts), places, next_made)
            for x in range(width):
                part = line[x] - f32(places[x])
                made[x] = (f32(1.0) - part) * made[x] + part * next_made[x]
        if channel < 0:
            for x in range(width):
                made[x] = (made[x] - line[x]) * unit
            packed, goal = image[y].reshape(-1), out[y].reshape(-1)
            for n in range(goal.size):
                goal[n] = f32(packed[n]) * factor
            for x in range(width):
                goal[3 * x] += made[x]
                goal[3 * x + 1] += made[x]
                goal[3 * x + 2] += made[x]
        else:
            for x in range(width):
                out[y, x, channel] = made[x] * unit
