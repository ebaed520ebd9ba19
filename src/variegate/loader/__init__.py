"""Loader: batches from a source, in order, made by threads."""

from variegate.loader.loader import Loader
from variegate.loader.source import Arrays, ImageFolder, Source, Subset

__all__ = ["Arrays", "ImageFolder", "Loader", "Source", "Subset"]
