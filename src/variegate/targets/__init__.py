"""Targets: what the fields of a sample are, how they are read, and how they are written back. One noun a file.

A target is declared once; `read` turns a value of one sample into a leaf (pixels, float64), which goes through the map,
and `write` gives it back in the declared format.
"""

from variegate.targets.base import Grouped, Shaped, Target
from variegate.targets.boxes import Boxes
from variegate.targets.classes import Classes
from variegate.targets.declared import Targets
from variegate.targets.image import Image
from variegate.targets.keypoints import Keypoints
from variegate.targets.leaf import BoxLeaf, Leaf, MaskLeaf, OrientedLeaf, PlainLeaf, PointLeaf, RingLeaf, RowLeaf
from variegate.targets.mask import Mask
from variegate.targets.oriented import OrientedBoxes
from variegate.targets.placed import Placed
from variegate.targets.polygons import Polygons
from variegate.targets.rows import PerInstance, PerSample

__all__ = [
    "BoxLeaf",
    "Boxes",
    "Classes",
    "Grouped",
    "Image",
    "Keypoints",
    "Leaf",
    "Mask",
    "MaskLeaf",
    "OrientedBoxes",
    "OrientedLeaf",
    "PerInstance",
    "PerSample",
    "Placed",
    "PlainLeaf",
    "PointLeaf",
    "Polygons",
    "RingLeaf",
    "RowLeaf",
    "Shaped",
    "Target",
    "Targets",
]
