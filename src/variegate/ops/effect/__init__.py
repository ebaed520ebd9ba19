"""What an op does, once its numbers are known: the result of `Op.lower`.

B is the batch; every array has one row a sample. Colours are in units of white: 1.0 is white, whatever number that
is in the picture (255 in uint8, 65535 in uint16, 1.0 in floats, or what `Compose(white=)` says).

effect           the class it belongs to; an op names it in `gives`
Geometric        a map of the plane and a new canvas. Map: projective; Mirror: one axis turned; Field: a displacement of
                 each point
Matrix           pointwise: an affine map of colour, which may lean on a mean of the picture
Tone             pointwise: each channel by itself, after clamping. Table: 256 levels to 256 values; Curve: by a
                 formula; Statistic: a table made of the picture's histogram
PixelFunction    pointwise: the user's function of one pixel, compiled into the fused pass
RowFunction      pointwise: a function of one row, which knows where it is, compiled into the fused pass
ColourFunction   pointwise: a function of one row that looks at colours alone, compiled alike
Noise            pointwise: noise by the key and a pixel's place, of the library's own kinds
Holes            pointwise: pixels that become a colour or noise, whatever they were
Stencil          stencil: weights of the pixels around each
LocalEqualization
                 tiles: each pixel by the histograms of the tiles around it
Median           the median of the pixels around each
LowResolution    the picture at fewer pixels, and back
Mixture          the picture averaged with what branches make of it
Colour           the class above these, from Matrix to Mixture: pixels stay in their places
PictureFunction  opaque: the user's function of the whole array
Mixing           mixing: the picture and those of other samples. Blend: two averaged within a box; Paste:
                 objects of one over another; Collage: several side by side
Output           the last write: normalisation, dtype, layout
"""

from variegate.ops.effect.base import Effect, Floats, Ints
from variegate.ops.effect.colour import Colour
from variegate.ops.effect.field import Field
from variegate.ops.effect.geometric import Geometric
from variegate.ops.effect.holes import Holes
from variegate.ops.effect.local_equalization import LocalEqualization
from variegate.ops.effect.low_resolution import LowResolution
from variegate.ops.effect.map import Map
from variegate.ops.effect.matrix import Matrix
from variegate.ops.effect.median import Median
from variegate.ops.effect.mirror import Mirror
from variegate.ops.effect.mixing import Blend, Collage, Mixing, Paste
from variegate.ops.effect.mixture import Mixture
from variegate.ops.effect.noise import Noise
from variegate.ops.effect.output import Output
from variegate.ops.effect.picture_function import PictureFunction, generator
from variegate.ops.effect.pixel_function import PixelFunction
from variegate.ops.effect.row_function import ColourFunction, RowFunction
from variegate.ops.effect.stencil import Stencil
from variegate.ops.effect.tone import Curve, Statistic, Table, Tone

__all__ = [
    "Blend",
    "Collage",
    "Colour",
    "ColourFunction",
    "Curve",
    "Effect",
    "Field",
    "Floats",
    "Geometric",
    "Holes",
    "Ints",
    "LocalEqualization",
    "LowResolution",
    "Map",
    "Matrix",
    "Median",
    "Mirror",
    "Mixing",
    "Mixture",
    "Noise",
    "Output",
    "Paste",
    "PictureFunction",
    "PixelFunction",
    "RowFunction",
    "Statistic",
    "Stencil",
    "Table",
    "Tone",
    "generator",
]
