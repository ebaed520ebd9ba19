"""The labels of samples, shown on their pictures.

sample    one sample in, a PIL image out
sheet     many of them on one page
display   what a notebook shows of a source or a loader
undone    what the last write did to a picture, taken back
palette   which colours; told apart by the colour-blind too
picture   what may be drawn on, and how large
regions   where a label lies
canvas    lines, fills and dots, with smooth edges
tags      words, in places where they hide nothing
legend    the colour and the name of an instance
grid      pictures in rows, fitted into cells
layers    each kind of target on the canvas, one above the other
"""

from variegate.draw.sample import draw
from variegate.draw.sheet import sheet

__all__ = ["draw", "sheet"]
