"""The codes and columns that kernels know: what a number in their tables stands for.

Between two segments the picture is a float32 array, neither rounded nor clamped, in units of white; a float picture
stays in its own numbers.
"""

from __future__ import annotations

DTYPES = ("uint8", "uint16", "float16", "float32")
LAYOUTS = ("HWC", "CHW")
NEAREST, BILINEAR, BICUBIC = range(3)
CONSTANT, EDGE, REFLECT, SYMMETRIC, WRAP = range(5)
KEPT_EDGE = 5  # of filters: no border at all
UINT8, UINT16, FLOAT16, FLOAT32 = range(4)
HWC, CHW = range(2)

# A colour step is a row of numbers: 9 weights, 3 offsets, the weight of the mean luminance, that of the channel's mean.
STEP = 14
# A curve is a row of numbers too: which one, its two numbers, and how many steps its input is rounded to (0: none).
AFFINE, TABLE, CURVE, POINTWISE, ROWWISE, HOLES = range(6)
LEVELS = 256  # of a table, and of a histogram
OWN_TABLES = 0  # of a step of a table, the number that is not 0 if channels have tables of their own
# An entry, as columns: what it is; where its numbers begin in the tables of its kind; of a map its border, its fill,
# and what it says about reading (UNSAID: nothing); of a step its sort and the first of its tables or draws, of a map
# how it mirrors, if it does no more, and the first of its lattices (UNSAID: none bends it); its stage.
KIND, START, BORDER, FILL, READING, FILTER, SORT, PICK, STAGE = range(9)
ENTRY = 9
MAP, COLOUR, ALONE = range(3)  # kinds of entries: a map, a step of colour, what shares its segment with nothing
UNSAID = -1
# A row, as columns: the first of its maps, steps and sites; its stage; if that is not `READ`, its entry, and which of
# the entry's samples it is; how it reads (a code, and whether it filters what shrinks); and its form.
FIRST_MAP, FIRST_STEP, FIRST_SITE, ROW_STAGE, ROW_ENTRY, ROW_PLACE, ROW_READING, ROW_FILTER, ROW_FORM = range(9)
ROW = 9
READ = 0  # the stage that every sample ends in
# A form is FROM_SOURCE, if the row reads the sample's own picture, + TO_RESULT, if it writes the result, + BY_READING
# times the code of its interpolation.
FROM_SOURCE, TO_RESULT, BY_READING, FORMS = 1, 2, 4, 12
# A step's whole numbers, as columns: its sort; how many of the row's maps precede; which table, or row of draws, it
# takes; the site, counted from the row's first, whose mean it leans on; and how the canvas on which it looks at places
# is mirrored, ACROSS and DOWN as bits.
STEP_SORT, STEP_AFTER, STEP_PICK, STEP_SITE, STEP_MIRROR = range(5)
STEP_CODES = 5
ACROSS, DOWN = 1, 2
# A row's units, as columns: what white is in the picture read and in the one written, and to what results are clamped,
# in units of white (below 0: they are not).
WHITE, GOAL, BOUND = range(3)
# A lattice's whole numbers, as columns: how its displacements are read between nodes, its rows and columns, and where
# its nodes begin. DENSE is no op's: one node a pixel of the canvas, which displaces all of it.
LATTICE_KIND, LATTICE_ROWS, LATTICE_COLUMNS, LATTICE_FIRST = range(4)
LATTICE = 4
FIELDS = ("smooth", "linear")
SMOOTH, LINEAR, DENSE = range(3)
CURVES = ("power", "posterize", "solarize", "solarize_add")
POWER, POSTERIZE, SOLARIZE, SOLARIZE_ADD = range(4)
