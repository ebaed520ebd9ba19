"""Rules: what one field of an op takes, in every form in which that is asked for. See `variegate.ops.fields`.

read    the value that is kept, or a FieldError that names the op and the field
limits  least, most, above, below: for `help` and the schema of pipeline files
good    values at the limits, and of every form, that are taken
bad     values just beyond, and of other forms, that are refused
"""

from variegate.ops.rule.base import Checked, Limit, Limits, Rule
from variegate.ops.rule.draw import Draw, Subkey
from variegate.ops.rule.number import Certain, Channels, Count, Filling, Number, Point, Probability, Span, Wholes
from variegate.ops.rule.pixels import MOST_SIDE, Extent, Grid, Odd, Pixels
from variegate.ops.rule.word import Flag, Name, Option

__all__ = [
    "MOST_SIDE",
    "Certain",
    "Channels",
    "Checked",
    "Count",
    "Draw",
    "Extent",
    "Filling",
    "Flag",
    "Grid",
    "Limit",
    "Limits",
    "Name",
    "Number",
    "Odd",
    "Option",
    "Pixels",
    "Point",
    "Probability",
    "Rule",
    "Span",
    "Subkey",
    "Wholes",
]
