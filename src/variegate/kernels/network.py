"""Networks of comparisons: two places of a list at a time, of which the first gets the lesser, the second the greater.

A network asks nothing of the numbers, so it has no branch, and runs on whole vectors. If it is right for zeros and ones
it is right for all numbers (Knuth, The Art of Computer Programming 3, 5.3.4, the 0-1 principle).
"""

from __future__ import annotations

from itertools import combinations_with_replacement

Pairs = list[tuple[int, int]]


def sorting(count: int) -> Pairs:
    """What sorts so many numbers: Batcher's merge exchange (Knuth, 5.2.2, algorithm M)."""
    pairs: Pairs = []
    top = part = 1 << (count - 1).bit_length() - 1
    while part:
        far, step, rest = top, part, 0
        while True:
            pairs += [(n, n + step) for n in range(count - step) if n & part == rest]
            if far == part:
                break
            far, step, rest = far // 2, far - part, part
        part //= 2
    return pairs


def extremes(count: int) -> Pairs:
    """What brings the least of so many numbers to the first place, and the greatest to the last."""
    last = count - 1
    pairs = [(n, last - n) for n in range(count // 2)]
    left = (count + 1) // 2
    while left > 1:
        for n in range(left // 2):
            pairs += [(n, left - 1 - n), (last - left + 1 + n, last - n)]
        left = (left + 1) // 2
    return pairs


def choosing(size: int) -> tuple[Pairs, int]:
    """What brings the median of size x size numbers, sorted down each column, to a place; and which.

    Rows are sorted, which leaves the columns so. A number with too many others before it, or behind it, by both orders
    is not the median; of as many others as must hold it, the least and the greatest are not, and one more comes in.
    """
    rows = [(size * j + a, size * j + b) for j in range(size) for a, b in sorting(size)]
    most = (size * size + 1) // 2
    possible = [
        size * j + i
        for j in range(size)
        for i in range(size)
        if (j + 1) * (i + 1) <= most and (size - j) * (size - i) <= most
    ]
    pairs: Pairs = []
    held, waiting = possible[: len(possible) // 2 + 2], possible[len(possible) // 2 + 2 :]
    while len(held) > 1:
        pairs += [(held[a], held[b]) for a, b in extremes(len(held))]
        held = held[1:-1] + waiting[:1]
        del waiting[:1]
    return rows + needed(pairs, size), held[0]


def needed(pairs: Pairs, size: int) -> Pairs:
    """The comparisons that change anything of size x size numbers which are sorted along each row and column.

    Of zeros and ones there are few such squares. A place is an integer here, of which each bit is its number in one.
    """
    squares = list(combinations_with_replacement(range(size, -1, -1), size))  # how many zeros each row begins with
    places = [sum((i >= zeros[j]) << n for n, zeros in enumerate(squares)) for j in range(size) for i in range(size)]
    kept: Pairs = []
    for a, b in pairs:
        if places[a] & ~places[b]:
            kept.append((a, b))
            places[a], places[b] = places[a] & places[b], places[a] | places[b]
    return kept
