"""Arrow: the memory layout of columns, and their cells as Python's values."""

from variegate.loader.source.arrow.layout import Layout, UnreadableError, layout_of
from variegate.loader.source.arrow.row import ArrowCells, ArrowRow, FileRow, Loaded, picture_cell

__all__ = ["ArrowCells", "ArrowRow", "FileRow", "Layout", "Loaded", "UnreadableError", "layout_of", "picture_cell"]
