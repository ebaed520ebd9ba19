"""Loader: batches from a source, in order, made by threads."""

from variegate.labels.collate import Padded
from variegate.loader.loader import Loader
from variegate.loader.source import (
    Arrays,
    CocoJson,
    ImageFolder,
    ImageMaskFolder,
    Source,
    Subset,
    VocFolder,
    YoloFolder,
)

__all__ = [
    "Arrays",
    "CocoJson",
    "ImageFolder",
    "ImageMaskFolder",
    "Loader",
    "Padded",
    "Source",
    "Subset",
    "VocFolder",
    "YoloFolder",
]
