"""Sources: where samples come from."""

from variegate.loader.source.arrays import Arrays
from variegate.loader.source.base import Source
from variegate.loader.source.folder import ImageFolder
from variegate.loader.source.subset import Subset

__all__ = ["Arrays", "ImageFolder", "Source", "Subset"]
