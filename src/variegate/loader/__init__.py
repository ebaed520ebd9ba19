"""Loader: batches from a source, in order, made by threads."""

from variegate.labels.collate import Padded
from variegate.loader.cache import Cache
from variegate.loader.decode import allow_formats
from variegate.loader.loader import Loader
from variegate.loader.policy import OnError
from variegate.loader.source import (
    Arrays,
    CocoJson,
    HuggingFace,
    ImageFolder,
    ImageMaskFolder,
    Items,
    Joined,
    Manifest,
    Parquet,
    Source,
    Subset,
    TFRecord,
    VocFolder,
    WebDataset,
    YoloFolder,
)

__all__ = [
    "Arrays",
    "Cache",
    "CocoJson",
    "HuggingFace",
    "ImageFolder",
    "ImageMaskFolder",
    "Items",
    "Joined",
    "Loader",
    "Manifest",
    "OnError",
    "Padded",
    "Parquet",
    "Source",
    "Subset",
    "TFRecord",
    "VocFolder",
    "WebDataset",
    "YoloFolder",
    "allow_formats",
]
